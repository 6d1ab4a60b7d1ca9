"""Hand-built programs through the back end and the real TLC: does it parse, hold its types, and find what is there?"""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest

from specgen.steps import build
from specgen.types import Bounds

Explore = Callable[..., Any]


def test_seats_are_oversold_and_the_trace_names_the_lines(programs: ModuleType, explore: Explore) -> None:
    seen = explore(build(programs.seats()))
    assert set(seen.violated) == {"Serializable_hold_hold", "Serializable_cancel_cancel"}
    assert [a for a in seen.violated["Serializable_hold_hold"] if a.startswith("hold")] == [
        "hold_14", "hold_16", "hold_14", "hold_17", "hold_16", "hold_17",
    ]  # fmt: skip


def test_counter_without_a_lock_loses_an_update(programs: ModuleType, explore: Explore) -> None:
    assert "Serializable_add_add" in explore(build(programs.counter(False)), Bounds(2, 0, 0)).violated


def test_counter_with_a_lock_saves_states_and_says_the_same(programs: ModuleType, explore: Explore) -> None:
    coarse = explore(build(programs.counter(True)))
    fine = explore(build(programs.counter(True), "statement"))
    assert coarse.violated == fine.violated == {}
    assert coarse.outcomes == fine.outcomes
    assert coarse.distinct * 2 < fine.distinct


def test_locks_taken_in_two_orders_deadlock(programs: ModuleType, explore: Explore) -> None:
    assert set(explore(build(programs.two_locks()), Bounds(2, 0, 0)).violated) == {"NoDeadlock_one_two"}


def test_waiting_where_a_serial_order_waits_too_is_no_deadlock(programs: ModuleType, explore: Explore) -> None:
    seen = explore(build(programs.buffer()))
    assert seen.violated == {}
    assert any("waits for ever" in o for o in seen.outcomes)


def test_a_forgotten_notification_leaves_a_call_waiting(programs: ModuleType, explore: Explore) -> None:
    assert set(explore(build(programs.buffer(put_notifies=False))).violated) == {"NoDeadlock_get_put"}


@pytest.mark.parametrize(("mode", "violated"), [("asyncio", set()), ("threads", {"Serializable_fill_total"})])
def test_a_loop_is_left_alone_within_a_turn_only(
    programs: ModuleType, explore: Explore, mode: str, violated: set[str]
) -> None:
    assert set(explore(build(programs.scan(mode)), Bounds(2, 0, 0)).violated) == violated


def test_assertions_and_invariants_of_the_code_are_checked(programs: ModuleType, explore: Explore) -> None:
    seen = explore(build(programs.gate("timeout")), Bounds(2, 1, 0))
    assert {"FewInside", "Assertion_8"} <= set(seen.violated)
    assert "NobodyBefore" not in seen.violated


def test_a_call_that_may_be_cancelled_can_still_be_stuck(programs: ModuleType, explore: Explore) -> None:
    outcomes = explore(build(programs.gate("cancelled")), Bounds(2, 0, 0)).outcomes
    assert any("CancelledError" in o for o in outcomes)
    assert any("waits for ever" in o for o in outcomes)


def test_clashing_names_and_mixed_kinds_run_through(programs: ModuleType, explore: Explore) -> None:
    assert "Serializable_put_put" in explore(build(programs.clashing()), Bounds(2, 0, 0)).violated
