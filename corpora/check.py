"""Runs the product on a twin of a case and compares what it says with what the case expects."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path

from code2tla.errors import ToolError, UsageError
from code2tla.pipeline import run
from code2tla.settings import load as load_settings
from corpora.case import Case, Line, Twin, load
from corpora.history import BuiltCase, build
from reports.result import Result, ViolationResult

TWINS: tuple[Twin, ...] = ("buggy", "fixed")


@dataclass(frozen=True, slots=True)
class Options:
    """How each run is done: ``runner`` as for the command, ``budget`` in seconds of model checking a twin."""

    runner: str = "auto"
    budget: float = 20.0


@dataclass(frozen=True, slots=True)
class Row:
    """What came of one twin. ``property``, ``kind`` and ``line`` belong to the finding that matched, else are "".

    ``why`` says in one line what was missing where ``ok`` is False; ``holes`` counts the constructs that the
    specification only approximates; ``seconds`` is the wall clock of the whole run.
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
    states: int = 0
    seconds: float = 0.0
    why: str = ""


def check(name: str, twin: Twin, options: Options = Options()) -> Row:
    """Build ``twin`` of the case ``name`` in a temporary directory, run the product on it, and judge the result.

    Raises CaseError and BuildError; an error of the product is a row with the verdict ``failed``.
    """
    case = load(name)
    with tempfile.TemporaryDirectory(prefix=f"corpora-{name}-") as place:
        built = build(case, Path(place) / name, twin)
        started = time.monotonic()
        result = _run(built, Path(place), options)
        seconds = time.monotonic() - started
        if isinstance(result, str):
            return Row(case.name, twin, _expected(twin), "failed", ok=False, seconds=seconds, why=result)
        return judge(built, twin, result, seconds)


def check_all(names: Sequence[str], options: Options = Options(), jobs: int = 1) -> Iterator[Row]:
    """The rows of both twins of every case, in order, as soon as they are there; ``jobs`` run at the same time."""
    todo = [(name, twin) for name in names for twin in TWINS]
    if jobs <= 1:
        for name, twin in todo:
            yield check(name, twin, options)
        return
    with ProcessPoolExecutor(jobs, mp_context=get_context("spawn")) as pool:
        yield from pool.map(check, *zip(*todo, strict=True), [options] * len(todo))


def judge(built: BuiltCase, twin: Twin, result: Result, seconds: float = 0.0) -> Row:
    """Compare ``result`` with the expectations of the case; ``built`` must be checked out at ``twin``."""
    case = built.case
    finding, line = (None, "") if twin == "fixed" else _match(built, result.violations)
    why = _objection(case, twin, result, finding)
    return Row(
        case=case.name,
        twin=twin,
        expected=_expected(twin),
        verdict=result.verdict,
        ok=not why,
        property=finding.property if finding else "",
        kind=finding.kind if finding else "",
        line=line,
        findings=len(result.violations),
        holes=len(result.spec.approximations) or sum(len(action.abstractions) for action in result.spec.actions),
        states=result.tlc.distinct_states,
        seconds=seconds,
        why=why,
    )


def _expected(twin: Twin) -> str:
    return "violated" if twin == "buggy" else "no violation"


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


def _run(built: BuiltCase, place: Path, options: Options) -> Result | str:
    wanted = {
        "out": str(place / "out"),
        "cache": str(place / "cache"),
        "budget": str(options.budget),
        "runner": options.runner,
    }
    try:
        settings = load_settings(built.repo, wanted, environ={})
        return run(built.repo, built.case.feature, settings).result
    except (ToolError, UsageError) as error:
        return str(error)
