"""Compares what the product says of a twin with what the case expects."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from corpora.case import Case, Line, Twin
from corpora.history import BuiltCase
from reports.result import Result, ViolationResult


@dataclass(frozen=True, slots=True)
class Row:
    """What came of one twin. ``property``, ``kind`` and ``line`` belong to the finding that matched, else are "".

    ``why`` says in one line what was missing where ``ok`` is False; ``holes`` counts the constructs that the
    specification only approximates; ``seconds`` is the wall clock of the whole run;
    ``bounds`` the largest scenario searched to its end, overlapping calls + earlier ones, of each shared object.
    """

    case: str
    twin: Twin
    expected: str
    verdict: str
    ok: bool
    property: str = ""
    kind: str = ""
    line: str = ""
    findings: int = 0
    holes: int = 0
    bounds: str = ""
    states: int = 0
    seconds: float = 0.0
    why: str = ""


def judge(built: BuiltCase, twin: Twin, result: Result, seconds: float = 0.0) -> Row:
    """Compare ``result`` with the expectations of the case; ``built`` must be checked out at ``twin``."""
    case = built.case
    finding, line = (None, "") if twin == "fixed" else _match(built, result.violations)
    why = _objection(case, twin, result, finding)
    return Row(
        case=case.name,
        twin=twin,
        expected=expected(twin),
        verdict=result.verdict,
        ok=not why,
        property=finding.property if finding else "",
        kind=finding.kind if finding else "",
        line=line,
        findings=len(result.violations),
        holes=len(result.spec.approximations) or sum(len(action.abstractions) for action in result.spec.actions),
        bounds=" ".join(_bounds(part) for part in result.parts or (result,)),
        states=result.tlc.distinct_states,
        seconds=seconds,
        why=why,
    )


def expected(twin: Twin) -> str:
    """What a table says is expected of ``twin``."""
    return "violated" if twin == "buggy" else "no violation"


def _bounds(result: Result) -> str:
    return f"{result.bounds['callers']}+{result.bounds['before']}" if "callers" in result.bounds else "-"


def _objection(case: Case, twin: Twin, result: Result, finding: ViolationResult | None) -> str:
    missing = sorted(set(case.classes) - set(result.feature.classes))
    if missing:
        return f"{', '.join(missing)} was not modelled: {result.reason}"
    if result.tlc.distinct_states == 0:
        return f"nothing was checked: {result.reason}"
    if twin == "fixed":
        if result.violations:
            return f"{result.violations[0].property}: {result.violations[0].summary}"
        return "" if result.verdict in {"verified", "inconclusive"} else result.reason
    if result.verdict != case.expected.verdict:
        return f"the bug was not found: {result.reason}"
    if finding is None:
        return f"none of {len(result.violations)} findings has the expected kind, operations and a line of the bug"
    return ""


def _match(built: BuiltCase, violations: Sequence[ViolationResult]) -> tuple[ViolationResult | None, str]:
    expected = built.case.expected
    for violation in violations:
        operations = {step.operation.partition("(")[0].rpartition(".")[2] for step in violation.trace}
        if violation.kind not in expected.kinds or operations.isdisjoint(expected.operations):
            continue
        for line in expected.lines:
            number = _reached(built.repo, line, violation)
            if number:
                return violation, f"{line.path}:{number} {line.text}"
    return None, ""


def _reached(repo: Path, line: Line, violation: ViolationResult) -> int | None:
    for number in line.numbers(repo):
        for step in violation.trace:
            source = step.source
            if source and source.path == line.path and source.line <= number <= source.end_line:
                return number
    return None
