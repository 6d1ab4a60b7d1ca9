"""Hand-built programs through the back end and the real TLC: does it parse, hold its types, and find what is there?"""

from __future__ import annotations

import importlib.util
import sys
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import pytest

from specgen import printing
from specgen.steps import build
from specgen.types import Bounds, Spec
from tlc_runner.embedded import EmbeddedRunner
from tlc_runner.types import CheckResult, Job, Outcome

_found = importlib.util.spec_from_file_location("backend_programs", Path(__file__).with_name("backend_programs.py"))
assert _found is not None and _found.loader is not None
programs = importlib.util.module_from_spec(_found)
sys.modules["backend_programs"] = programs
_found.loader.exec_module(programs)


@dataclass(frozen=True)
class Seen:
    """Outcomes of the serial run; violated properties with the actions of their traces; states of the last run."""

    outcomes: tuple[str, ...]
    violated: dict[str, list[str]]
    distinct: int


@lru_cache(maxsize=1)
def runner() -> EmbeddedRunner:
    return EmbeddedRunner()


def tlc(spec: Spec, cfg: str, outcomes: tuple[str, ...]) -> CheckResult:
    name, serial = printing.serial_module(spec, outcomes)
    modules = {f"{spec.module}.tla": printing.module_text(spec), name: serial}
    return runner().check(Job(modules=modules, root=spec.module, cfg=cfg, coverage=False))


def explore(spec: Spec, bounds: Bounds = Bounds(2, 1, 0)) -> Seen:
    serial = tlc(spec, printing.cfg(spec, bounds, False), ())
    assert serial.outcome is Outcome.PASSED, serial.reason
    outcomes = tuple(sorted(set(serial.prints)))
    left = list(spec.properties)
    violated: dict[str, list[str]] = {}
    while True:
        result = tlc(spec, printing.cfg(spec, bounds, True, left), outcomes)
        if result.outcome is Outcome.PASSED:
            return Seen(outcomes, violated, result.distinct)
        assert result.outcome is Outcome.VIOLATED, (result.reason, result.errors)
        violation = result.violations[0]
        assert violation.name != "TypeOK"
        violated[violation.name] = [s.action for s in violation.trace if s.action]
        left = [p for p in left if p.name != violation.name]


def test_seats_are_oversold_and_the_trace_names_the_lines() -> None:
    seen = explore(build(programs.seats()))
    assert set(seen.violated) == {"Serializable_hold_hold", "Serializable_cancel_cancel"}
    assert [a for a in seen.violated["Serializable_hold_hold"] if a.startswith("hold")] == [
        "hold_14", "hold_16", "hold_14", "hold_17", "hold_16", "hold_17",
    ]  # fmt: skip


def test_seats_steps_are_those_of_a_careful_colleague() -> None:
    spec = build(programs.seats())
    assert [a.name for a in spec.actions] == ["hold_14", "hold_16", "hold_17", "cancel_20", "cancel_22", "cancel_23"]
    by_name = {a.name: a for a in spec.actions}
    assert by_name["hold_16"].writes == ("store",)
    assert [(s.line, s.end_line) for s in by_name["hold_14"].sources] == [(14, 15)]
    assert "local" not in spec.text.split("VARIABLES")[1].split("vars ==")[0]


def test_counter_without_a_lock_loses_an_update() -> None:
    assert "Serializable_add_add" in explore(build(programs.counter(False))).violated


def test_counter_with_a_lock_is_one_step_without_the_lock() -> None:
    spec = build(programs.counter(True))
    assert [a.name for a in spec.actions] == ["add_3"]
    assert "lock" not in [v.name for v in spec.variables]
    assert explore(spec).violated == {}


def test_one_step_a_statement_gives_the_same_verdicts_with_more_states() -> None:
    for locked in (True, False):
        coarse = explore(build(programs.counter(locked)))
        fine = explore(build(programs.counter(locked), "statement"))
        assert set(coarse.violated) == set(fine.violated)
        assert coarse.outcomes == fine.outcomes
        assert coarse.distinct < fine.distinct or not locked


def test_locks_taken_in_two_orders_deadlock() -> None:
    seen = explore(build(programs.two_locks()))
    assert set(seen.violated) == {"NoDeadlock_one_two"}


@pytest.mark.parametrize("notify_all", [True, False])
def test_waiting_under_a_condition_folds_the_lock_away(notify_all: bool) -> None:
    spec = build(programs.buffer(notify_all))
    assert "lock" not in [v.name for v in spec.variables]
    seen = explore(spec)
    assert seen.violated == {}
    assert any("waits for ever" in o for o in seen.outcomes)


def test_a_forgotten_notification_leaves_a_call_waiting() -> None:
    seen = explore(build(programs.buffer(put_notifies=False)))
    assert set(seen.violated) == {"NoDeadlock_get_put"}
