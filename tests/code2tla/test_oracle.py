"""The oracle driver on specifications that are right, wrong, and not what their types say; with real TLC."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from pipeline_targets import COUNTER, LOCKED

import extractor
from code2tla import assemble
from code2tla.bounds import Limits, ladder
from code2tla.check import check, check_all
from code2tla.checked import Checked, Passed, Rung
from code2tla.events import Event, RunBegan
from code2tla.rundir import RunDirectory
from code2tla.runners import Recorded
from code2tla.source import Lines
from extractor.types import Facts
from specgen.static import StaticAuthor
from specgen.types import Bounds, Spec
from tlc_runner.choose import runner

SMALL = Limits(seconds=60, callers=2, before=1)


@pytest.fixture
def spec(tmp_path: Path) -> Spec:
    return written(COUNTER, tmp_path)


def read(source: str, tmp_path: Path) -> Facts:
    (tmp_path / "a.py").write_text(source)
    return extractor.index(tmp_path, "a.py", tmp_path / "index.sqlite")


def written(source: str, tmp_path: Path) -> Spec:
    author = StaticAuthor(read(source, tmp_path))
    return author.write(author.plan().targets[0])


def checked(spec: Spec, where: Path, limits: Limits = SMALL) -> tuple[Checked, list[Event]]:
    events: list[Event] = []
    oracle = Recorded(runner(), RunDirectory(where), "test")
    return check(spec, oracle, limits, events.append), events


def changed(spec: Spec, old: str, new: str) -> Spec:
    """The specification with some text of an action replaced, in the module and in the action."""
    assert spec.text.count(old) == 1
    actions = tuple(replace(a, text=a.text.replace(old, new)) for a in spec.actions)
    return replace(spec, text=spec.text.replace(old, new), actions=actions)


@pytest.mark.parametrize("source", [COUNTER, LOCKED], ids=["racy", "locked"])
def test_several_workers_end_in_the_same_answer(source: str, tmp_path: Path) -> None:
    target = written(source, tmp_path)
    alone, _ = checked(target, tmp_path / "one")
    together, events = checked(target, tmp_path / "three", replace(SMALL, workers=3))
    assert (together.verdict, together.findings) == (alone.verdict, alone.findings)
    assert (together.properties, together.fired) == (alone.properties, alone.fired)
    assert together.rungs == alone.rungs
    begun = [event.what.endswith("3 workers") for event in events if isinstance(event, RunBegan)]
    # The serial run has one; where something is violated, one worker says what.
    assert begun == ([False, True, False] if alone.findings else [False, True])


def test_race_is_found_once_with_a_shortest_trace_and_its_triple_is_not_asked_about(spec: Spec, tmp_path: Path) -> None:
    result, events = checked(spec, tmp_path, replace(SMALL, callers=3))
    assert result.verdict == "violated"
    (finding,) = result.findings
    assert finding.property.operations == ("add", "add")
    # Read, write and read again, twice, with no call before them: nothing shorter shows it.
    assert len([s for s in finding.trace if s.action and s.action.startswith("add_")]) == 6
    assert result.properties == {"Serializable_add_add": "violated", "Serializable_add_add_add": "unchecked"}
    assert "3 calls after at most 1 earlier call, overlapping" not in [
        e.what for e in events if isinstance(e, RunBegan)
    ]


def test_evaluation_error_names_the_action_and_its_line(spec: Spec, tmp_path: Path) -> None:
    result, _ = checked(changed(spec, "n' = local[c].seen + 1", 'n\' = local[c].seen + "one"'), tmp_path)
    assert result.verdict == "inconclusive"
    assert "add_10 (a.py:10)" in result.reason
    assert not result.findings


def test_text_that_is_no_tla_names_the_action_too(spec: Spec, tmp_path: Path) -> None:
    result, _ = checked(changed(spec, "n' = local[c].seen + 1", "n' = local[c].seen + nowhere"), tmp_path)
    assert result.verdict == "inconclusive"
    assert "add_10 (a.py:10)" in result.reason


def test_left_types_are_a_mistake_of_the_specification_not_a_finding(spec: Spec, tmp_path: Path) -> None:
    result, _ = checked(changed(spec, "n' = local[c].seen + 1", "n' = {local[c].seen}"), tmp_path)
    assert result.verdict == "inconclusive"
    assert not result.findings


def test_action_that_is_never_taken_keeps_a_pass_from_counting(tmp_path: Path) -> None:
    method = "    def trim(self):\n        if self.n > 100:\n            with self.lock:\n                self.n = 0\n"
    result, _ = checked(written(LOCKED + "\n" + method, tmp_path), tmp_path)
    assert result.verdict == "inconclusive"
    assert "never taken within the bounds" in result.reason
    assert "a.py:18" in result.reason
    assert set(result.properties.values()) == {"holds", "unchecked"}


def test_every_largest_scenario_explored_is_in_the_result(tmp_path: Path) -> None:
    facts = read(LOCKED, tmp_path)
    author = StaticAuthor(facts)
    (target,) = author.plan().targets
    explored = [Bounds(2, 1, 0), Bounds(2, 2, 1), Bounds(3, 1, 1)]
    seen = Checked("verified", "", rungs=tuple(Rung(bounds, 1, 1) for bounds in explored))
    part = assemble.part(facts, target, author.write(target), seen, Lines.of(facts))
    assert part.bounds == {"callers": 3, "before": 1}
    assert part.further_bounds == ({"callers": 2, "before": 2},)


def test_what_an_earlier_check_passed_is_still_passed_where_the_next_rung_is_cut_short(tmp_path: Path) -> None:
    spec = written(LOCKED, tmp_path)
    first, _ = checked(spec, tmp_path)
    assert first.verdict == "verified"
    passed = {spec.module: Passed(first.rungs, first.fired, tuple(p.name for p in spec.properties), first.files)}
    oracle, limits = Recorded(runner(), RunDirectory(tmp_path), "test"), Limits(seconds=60, callers=2, states=10)
    (again,) = check_all([spec], oracle, limits, [].append, passed)
    assert again.verdict == "verified"
    assert again.rungs == first.rungs
    assert any("2 calls after at most 2 earlier calls" in note for note in again.notes)


def test_ladder_is_cut_to_the_limits() -> None:
    assert ladder(Limits()) == (Bounds(2, 1, 0), Bounds(2, 2, 1), Bounds(3, 1, 1), Bounds(3, 2, 2))
    assert ladder(Limits(callers=2, before=1)) == (Bounds(2, 1, 0),)
    assert ladder(Limits(callers=2, before=0)) == (Bounds(2, 0, 0),)
