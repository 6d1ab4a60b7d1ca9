"""Every finding on the corpora, replayed: seen on the buggy twin's code along its own steps, and gone on the fixed one.

The findings are those of ``make_results.py``: one run of the product on each buggy twin, stored.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pytest

import corpora
from corpora.case import names
from replay import run
from replay.sandbox import ProcessSandbox
from reports import jsonio
from reports.result import Result

RESULTS = Path(__file__).parent / "results"


def test_there_is_a_result_with_a_finding_for_every_case() -> None:
    for name in names():
        assert jsonio.loads((RESULTS / f"{name}.json").read_text(encoding="utf-8")).violations, name


@dataclass(frozen=True)
class Replayed:
    """A stored result: made ready for replay, replayed on the buggy twin's code, and on the fixed one's."""

    prepared: Result
    tests: int
    on_buggy: Result
    on_fixed: Result


def replayed(name: str, place: Path) -> Replayed:
    result = jsonio.loads((RESULTS / f"{name}.json").read_text(encoding="utf-8"))
    buggy = corpora.build(name, place / "buggy", "buggy").repo
    fixed = corpora.build(name, place / "fixed", "fixed").repo
    prepared, made = run.prepare(result, buggy, place / "spec")
    on_buggy, on_fixed = (
        run.execute(prepared, made, repo, place / "spec", ProcessSandbox()) for repo in (buggy, fixed)
    )
    return Replayed(prepared, len(made.tests), on_buggy, on_fixed)


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mapping[str, Future[Replayed]]]:
    """All cases, two at a time."""
    home = tmp_path_factory.mktemp("cases")
    with ThreadPoolExecutor(2) as pool:
        yield {name: pool.submit(replayed, name, home / name) for name in names()}


@pytest.mark.parametrize("name", names())
def test_findings_are_seen_on_the_buggy_code_and_not_on_the_fixed(
    name: str, found: Mapping[str, Future[Replayed]]
) -> None:
    one = found[name].result()
    findings = [v.property for v in one.prepared.violations]
    assert {v.replay.status for v in one.prepared.violations} == {"not_run"}
    assert one.tests == len(findings)
    assert [(v.property, v.replay.status, v.replay.exact) for v in one.on_buggy.violations] == [
        (prop, "confirmed", True) for prop in findings
    ]
    assert [(v.property, v.replay.status) for v in one.on_fixed.violations] == [
        (prop, "not_reproduced") for prop in findings
    ]
    assert all(v.replay.reason for v in one.on_fixed.violations)
