"""The findings as SARIF 2.1.0, within what GitHub code scanning takes in.

https://docs.oasis-open.org/sarif/sarif/v2.1.0/ has the format. GitHub refuses a file of more than 10 MB gzipped,
shows 5,000 results of a run and 1,000 steps of a result, and tells alerts apart by ``primaryLocationLineHash``.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from importlib import metadata
from typing import Any
from urllib.parse import quote

from reports import plain, trace, whole, wording
from reports.markdown import prose
from reports.result import AuditFinding, Feature, Result, Source, ViolationResult
from reports.text import clip, visible

RESULTS_LIMIT = 5_000
STEPS_LIMIT = 1_000
_BYTES_LIMIT = 10_000_000
# GitHub takes in 1,024 characters of a text; the note of what is cut off goes behind these.
_TEXT_LIMIT = 960
_LEVELS = {"code": "error", "unclassified": "error", "spec": "note", "environment": "note"}

_SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
_SRCROOT = "%SRCROOT%"
_AUDIT = "audit"

#: What the help of a rule says below its sentence.
_HELP = (
    "The steps of the finding show one order in which the calls can take turns, line by line. "
    "report.html in the specification directory steps through it with the values of all variables."
)

# A plain-text message makes a link of [words](place) and a placeholder of {0}; text of the target makes neither.
_LINK = re.compile(r"\](?=\()")
_HALF = re.compile("[\ud800-\udc7f\udd00-\udfff]")
_PLACEHOLDER = re.compile(r"\{(?=\d+\})")


def dumps(result: Result) -> str:
    """Return ``result`` as a SARIF log with one run; ends with a newline."""
    flows = RESULTS_LIMIT
    while True:
        text = json.dumps(_log(result, flows), indent=1, ensure_ascii=True) + "\n"
        if not flows or len(text) <= _BYTES_LIMIT or len(gzip.compress(text.encode(), 1)) <= _BYTES_LIMIT:
            return text
        # Too much: the later half of the findings then says what it found without its steps.
        flows = min(flows, len(whole.findings(result))) // 2


def fingerprint(part: Result, name: str) -> str:
    """Return what a finding is known by from run to run: lines may move, its property and module may not."""
    known = (part.feature.path, *part.feature.classes, part.spec.module, name)
    return hashlib.sha256("\0".join(known).encode("utf-8", "surrogatepass")).hexdigest()[:32]


def _log(result: Result, flows: int) -> dict[str, Any]:
    results = list(_results(result, flows))
    notifications = [{"level": "note", "message": {"text": _text(note)}} for note in wording.not_covered(result)]
    if len(results) > RESULTS_LIMIT:
        left = f"{len(results) - RESULTS_LIMIT:,} results are left out here; result.json has all."
        notifications.append({"level": "warning", "message": {"text": left}})
    return {
        "$schema": _SCHEMA,
        "version": "2.1.0",
        "runs": [
            {
                "tool": {
                    "driver": {
                        "name": "code2tla",
                        "version": _version(),
                        "rules": list(map(_rule, _kinds(result))),
                    }
                },
                "automationDetails": {"id": f"code2tla/{_text(result.feature.path)}/"},
                "invocations": [
                    {
                        "executionSuccessful": result.verdict != "failed",
                        "exitCodeDescription": _text(wording.verdict_sentence(result)),
                        "toolExecutionNotifications": notifications,
                    }
                ],
                "originalUriBaseIds": {_SRCROOT: {"description": {"text": "The root of the repository."}}},
                "columnKind": "unicodeCodePoints",
                "results": results[:RESULTS_LIMIT],
            }
        ],
    }


def _version() -> str:
    try:
        return metadata.version("code2tla")
    except metadata.PackageNotFoundError:  # a bare checkout
        return "unknown"


def _kinds(result: Result) -> tuple[str, ...]:
    """Return the rules that the results refer to, in the order of the first use."""
    kinds = dict.fromkeys(violation.kind for violation in whole.findings(result))
    audited = [_AUDIT] if any(part.audit and part.audit.findings for part in whole.sections(result)) else []
    return (*kinds, *audited)


def _rule(kind: str) -> dict[str, Any]:
    audit = kind == _AUDIT
    name = "Audit of the specification" if audit else wording.kind_name(kind)
    asks = "Reasons to trust a pass less." if audit else wording.kind_rule(kind) or name
    return {
        "id": _rule_id(kind),
        "name": "".join(word.capitalize() for word in re.findall(r"[A-Za-z]+", name[:80])) or "Property",
        "shortDescription": {"text": _text(name)},
        "fullDescription": {"text": _text(asks)},
        "help": {"text": f"{_text(asks)} {_HELP}", "markdown": f"{prose(asks)} {_HELP}"},
        "defaultConfiguration": {"level": "note" if audit else "error"},
        "properties": {"tags": ["concurrency", "model-checking"], "precision": "high"},
    }


def _rule_id(kind: str) -> str:
    return "code2tla/" + (re.sub(r"[^A-Za-z0-9-]", "-", kind)[:60] or "property")


def _results(result: Result, flows: int) -> Iterator[dict[str, Any]]:
    rules = {kind: index for index, kind in enumerate(_kinds(result))}
    number = 0
    for part in whole.sections(result):
        for violation in part.violations:
            number += 1
            yield _violation(part, violation, rules[violation.kind], with_steps=number <= flows)
    for part in whole.sections(result):
        for finding in part.audit.findings if part.audit else ():
            yield _audit(part, finding, rules[_AUDIT])


def _violation(part: Result, violation: ViolationResult, rule: int, *, with_steps: bool) -> dict[str, Any]:
    level = _LEVELS[violation.classification]
    if level == "error" and violation.replay.status == "not_reproduced":
        level = "warning"
    words = f"{violation.summary or violation.property} ({wording.replayed(violation.replay)})"
    places = (
        plain.main_place(violation),
        *(s for p in part.properties if p.name == violation.property for s in p.sources),
    )
    made: dict[str, Any] = {
        "ruleId": _rule_id(violation.kind),
        "ruleIndex": rule,
        "level": level,
        "message": {"text": _text(words)},
        "locations": [_location(next(filter(None, places), None), part.feature)],
        "partialFingerprints": _fingerprints(fingerprint(part, violation.property)),
        "properties": {
            "property": _text(violation.property),
            "replay": violation.replay.status,
            "classification": violation.classification,
        },
    }
    if violation.decision and not violation.decision.expired:
        made["suppressions"] = [
            {"kind": "external", "status": "accepted", "justification": _text(violation.decision.reason)}
        ]
    if with_steps and violation.trace:
        made["codeFlows"] = [_flow(violation, part.feature)]
    return made


def _audit(part: Result, finding: AuditFinding, rule: int) -> dict[str, Any]:
    return {
        "ruleId": _rule_id(_AUDIT),
        "ruleIndex": rule,
        "level": "note",
        "message": {"text": _text(finding.text)},
        "locations": [_location(finding.source, part.feature)],
        "partialFingerprints": _fingerprints(fingerprint(part, f"{finding.kind}\0{finding.subject}")),
    }


def _flow(violation: ViolationResult, feature: Feature) -> dict[str, Any]:
    """The steps as one flow: the order in which the calls take turns is the finding, so no step leaves its turn."""
    steps = list(zip(violation.trace, trace.changes(violation), strict=True))[:STEPS_LIMIT]
    left = len(violation.trace) - len(steps)
    message = f"{violation.property}, step by step" + (f"; the last {left:,} steps are left out" if left else "")
    values = dict(violation.initial)
    locations: list[dict[str, Any]] = []
    for step, changed in steps:
        values.update(step.changed)
        words = {"text": _text(plain.step_words(step, changed))}
        location: dict[str, Any] = {
            "location": {**_location(step.source, feature, step.text), "message": words},
            "executionOrder": len(locations) + 1,
            "importance": "essential" if changed or step.outcome is not None else "important",
        }
        if values:
            location["state"] = _state(values)
        locations.append(location)
    return {"threadFlows": [{"message": {"text": _text(message)}, "locations": locations}]}


def _state(values: Mapping[str, str]) -> dict[str, Any]:
    return {clip(name, 80): {"text": _text(value, 200)} for name, value in values.items()}


def _location(source: Source | None, feature: Feature, snippet: str = "") -> dict[str, Any]:
    """A place in a file; where there is none, the first line of the feature, since GitHub shows nothing without."""
    path = source.path if source else feature.path
    region: dict[str, Any] = {"startLine": max(source.line, 1) if source else 1}
    if source and source.end_line > source.line:
        region["endLine"] = source.end_line
    if source and snippet:
        region["snippet"] = {"text": clip(snippet)}
    return {"physicalLocation": {"artifactLocation": {"uri": _uri(path), "uriBaseId": _SRCROOT}, "region": region}}


def _uri(path: str) -> str:
    """A relative path as a relative URI that cannot leave its base or name a scheme."""
    parts: Iterable[str] = (part for part in path.replace("\\", "/").split("/") if part not in ("", ".", ".."))
    # A byte that is no UTF-8 comes back as that byte; any other half of a pair never was part of a path.
    whole = (_HALF.sub("\ufffd", part).encode("utf-8", "surrogateescape") for part in parts)
    return "/".join(quote(part, safe="") for part in whole) or "."


def _fingerprints(known: str) -> dict[str, str]:
    return {"primaryLocationLineHash": f"{known[:16]}:1", "code2tla/v1": known}


def _text(text: str, limit: int = _TEXT_LIMIT) -> str:
    # Visible first: one character may become ten.
    return clip(_PLACEHOLDER.sub("{ ", _LINK.sub("] ", visible(text))), limit) or "–"
