"""What counts as having found a planted bug."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

import corpora
from corpora.judge import judge
from reports.result import Author, Feature, Result, Source, SpecResult, Step, Tlc, ViolationResult

LINE = Source("desk/booking/seats.py", 22, 22)


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> corpora.BuiltCase:
    return corpora.build("seats", tmp_path_factory.mktemp("judge") / "seats", "buggy")


def step(operation: str, source: Source | None) -> Step:
    return Step(1, "c1", operation, "hold_22", "Seats.hold", source, "self.left -= 1", {})


FOUND = ViolationResult(
    "Serializable_hold_hold", "serializable", "The last seat is held twice.", (step("hold('v1')", LINE),)
)
RESULT = Result(
    verdict="violated",
    reason="",
    feature=Feature("seats", "desk/booking", None, ("Seats",)),
    author=Author(),
    spec=SpecResult("Seats", (), ()),
    violations=(FOUND,),
    tlc=Tlc(distinct_states=1974),
)


def test_the_bug_is_found_by_kind_operation_and_line(built: corpora.BuiltCase) -> None:
    row = judge(built, "buggy", RESULT, 1.5)
    assert row.ok, row.why
    assert (row.property, row.kind, row.states, row.seconds) == (FOUND.property, "serializable", 1974, 1.5)
    assert row.line == "desk/booking/seats.py:22 self.left -= 1"


def test_a_later_finding_may_be_the_bug(built: corpora.BuiltCase) -> None:
    other = replace(FOUND, kind="deadlock")
    assert judge(built, "buggy", replace(RESULT, violations=(other, FOUND))).ok


@pytest.mark.parametrize(
    "finding",
    [
        replace(FOUND, kind="deadlock"),
        replace(FOUND, trace=(step("hold('v1')", Source("desk/booking/seats.py", 1, 1)),)),
        replace(FOUND, trace=(step("hold('v1')", Source("desk/pricing.py", 22, 22)),)),
        replace(FOUND, trace=(step("hold('v1')", None),)),
        replace(FOUND, trace=(step("refund('v1')", LINE),)),
    ],
)
def test_another_finding_is_not_the_bug(built: corpora.BuiltCase, finding: ViolationResult) -> None:
    row = judge(built, "buggy", replace(RESULT, violations=(finding,)))
    assert not row.ok
    assert row.why.startswith("none of 1 findings")


@pytest.mark.parametrize(
    ("twin", "change", "why"),
    [
        ("buggy", {"verdict": "verified", "violations": ()}, "the bug was not found"),
        ("buggy", {"feature": Feature("seats", "desk", None, ())}, "Seats was not modelled"),
        ("fixed", {}, "The last seat is held twice"),
        ("fixed", {"verdict": "failed", "violations": (), "reason": "TLC died"}, "TLC died"),
        ("fixed", {"verdict": "verified", "violations": (), "tlc": Tlc()}, "nothing was checked"),
    ],
)
def test_what_was_missing_is_said(
    built: corpora.BuiltCase, twin: corpora.Twin, change: dict[str, object], why: str
) -> None:
    row = judge(built, twin, replace(RESULT, **change))  # type: ignore[arg-type]
    assert not row.ok
    assert why in row.why


@pytest.mark.parametrize("verdict", ["verified", "inconclusive"])
def test_a_fixed_twin_is_free_of_violations(built: corpora.BuiltCase, verdict: str) -> None:
    result = replace(RESULT, verdict=verdict, violations=())  # type: ignore[arg-type]
    assert judge(built, "fixed", result).ok


@pytest.mark.parametrize("twin", ["buggy", "fixed"])
def test_the_targets_own_tests_pass(twin: corpora.Twin, tmp_path: Path) -> None:
    roots = [str(corpora.build(name, tmp_path / name, twin).repo) for name in corpora.names()]
    words = [sys.executable, "-B", "-m", "pytest", "-q", "-p", "no:cacheprovider", "--import-mode=importlib"]
    done = subprocess.run(
        [*words, "--rootdir", str(tmp_path), *roots],
        env={"PYTHONPATH": ":".join(roots)},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout


def test_the_readme_has_a_row_for_every_case() -> None:
    text = (Path(corpora.__file__).parent / "README.md").read_text()
    rows = [line.split("`")[1] for line in text.splitlines() if line.startswith("| `")]
    assert tuple(rows) == corpora.names()
