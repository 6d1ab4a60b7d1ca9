"""The result as JUnit XML: one suite a specification, one case a property.

The format has no standard; this keeps to what Jenkins, GitLab and GitHub's test reporters read alike: a violated
property is a ``failure``, one that was not checked or that people have decided on is ``skipped``, and an ``error`` is
a run that could not be made. TLC checks all properties of a specification together, so only the suite has a time.
"""

from __future__ import annotations

import io
from xml.etree import ElementTree as ET

from reports import plain, whole, wording, worth
from reports.result import PropertyResult, Result, ViolationResult
from reports.text import clip

_MESSAGE_LIMIT = 600


def dumps(result: Result) -> str:
    """Return ``result`` as an XML document; ends with a newline."""
    root = ET.Element("testsuites", name="code2tla")
    for part in whole.sections(result):
        root.append(_suite(part))
    for name in ("tests", "failures", "errors", "skipped"):
        root.set(name, str(sum(int(suite.get(name, "0")) for suite in root)))
    root.set("time", f"{sum(float(suite.get('time', '0')) for suite in root):.3f}")
    ET.indent(root)
    file = io.BytesIO()
    ET.ElementTree(root).write(file, encoding="utf-8", xml_declaration=True)
    return file.getvalue().decode("utf-8") + "\n"


def _suite(part: Result) -> ET.Element:
    module = clip(part.spec.module or wording.subject(part), 200)
    suite = ET.Element("testsuite", name=module)
    properties = ET.SubElement(suite, "properties")
    for name, value in _facts(part).items():
        ET.SubElement(properties, "property", name=name, value=clip(value, _MESSAGE_LIMIT))
    found = {violation.property: violation for violation in part.violations}
    named = {prop.name for prop in part.properties}
    for prop in part.properties:
        suite.append(_case(module, prop, found.get(prop.name) if prop.status == "violated" else None))
    for violation in part.violations:
        if violation.property not in named:
            beside = PropertyResult(violation.property, violation.kind, "violated", wording.kind_rule(violation.kind))
            suite.append(_case(module, beside, violation))
    if part.verdict in ("failed", "inconclusive"):
        case = ET.SubElement(suite, "testcase", classname=module, name="verdict")
        kind = "error" if part.verdict == "failed" else "skipped"
        ET.SubElement(case, kind, message=clip(part.reason or wording.verdict_sentence(part), _MESSAGE_LIMIT))
    suite.set("tests", str(len(suite.findall("testcase"))))
    for name, tag in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
        suite.set(name, str(len(suite.findall(f"testcase/{tag}"))))
    suite.set("time", f"{part.tlc.seconds:.3f}")
    return suite


def _case(module: str, prop: PropertyResult, violation: ViolationResult | None) -> ET.Element:
    case = ET.Element("testcase", classname=module, name=clip(prop.name, 200))
    source = (plain.main_place(violation) if violation else None) or next(iter(prop.sources), None)
    if source:
        case.set("file", clip(source.path, 400))
        case.set("line", str(source.line))
    asks = clip(prop.plain or prop.name, _MESSAGE_LIMIT)
    if violation and violation.decision and not violation.decision.expired:
        ET.SubElement(case, "skipped", message=clip(worth.decided(violation.decision), _MESSAGE_LIMIT))
    elif prop.status == "unchecked":
        ET.SubElement(case, "skipped", message=f"not checked within the bounds or the budget: {asks}")
    elif prop.status == "violated" and violation is None:
        ET.SubElement(case, "failure", message=asks, type=clip(prop.kind, 60))
    elif violation is not None:
        message = clip(violation.summary or asks, _MESSAGE_LIMIT)
        failure = ET.SubElement(case, "failure", message=message, type=clip(violation.kind, 60))
        replay = f"Replay: {clip(wording.replayed(violation.replay), _MESSAGE_LIMIT)}."
        failure.text = "\n".join(["", asks, "", *plain.trace_lines(violation), "", replay, ""])
    return case


def _facts(part: Result) -> dict[str, str]:
    """What a suite says of the run it stands for."""
    facts = {
        "verdict": part.verdict,
        "reason": part.reason,
        "commit": part.feature.commit or "",
        "bounds": wording.explored(part),
        "model checker": wording.tlc_words(part),
        "author": wording.cost_words(part),
    }
    return {name: value for name, value in facts.items() if value}
