"""Every finding on the corpora, replayed: seen on the buggy twin's code along its own steps, and gone on the fixed one.

The findings are those of ``make_results.py``: one run of the product on each buggy twin, stored.
"""

from __future__ import annotations

from pathlib import Path

import pytest

import corpora
from corpora.case import names
from replay import run
from replay.sandbox import ProcessSandbox
from reports import jsonio

RESULTS = Path(__file__).parent / "results"


def test_there_is_a_result_with_a_finding_for_every_case() -> None:
    for name in names():
        assert jsonio.loads((RESULTS / f"{name}.json").read_text(encoding="utf-8")).violations, name


@pytest.mark.parametrize("name", names())
def test_findings_are_seen_on_the_buggy_code_and_not_on_the_fixed(name: str, tmp_path: Path) -> None:
    result = jsonio.loads((RESULTS / f"{name}.json").read_text(encoding="utf-8"))
    buggy = corpora.build(name, tmp_path / "buggy", "buggy").repo
    fixed = corpora.build(name, tmp_path / "fixed", "fixed").repo

    prepared, made = run.prepare(result, buggy, tmp_path / "spec")
    assert {v.replay.status for v in prepared.violations} == {"not_run"}
    assert len(made.tests) == len(result.violations)

    on_buggy = run.execute(prepared, made, buggy, tmp_path / "spec", ProcessSandbox())
    assert [(v.property, v.replay.status, v.replay.exact) for v in on_buggy.violations] == [
        (v.property, "confirmed", True) for v in result.violations
    ]
    on_fixed = run.execute(prepared, made, fixed, tmp_path / "spec", ProcessSandbox())
    assert [(v.property, v.replay.status) for v in on_fixed.violations] == [
        (v.property, "not_reproduced") for v in result.violations
    ]
    assert all(v.replay.reason for v in on_fixed.violations)
