"""The thread cases on the targets' real code: two calls, switched at every touch of an attribute or container.

Real threads run one at a time; the interpreter's opcode trace says where another one may take over. Schedules
have at most two switches that nothing forces (CHESS, Musuvathi and Qadeer, PLDI 2007). An outcome is suspect if no
serial order of the same calls gives it (Line-Up's oracle).
"""

from __future__ import annotations

import dis
import importlib
import itertools
import sys
import threading
from collections.abc import Callable, Iterator
from functools import cache
from types import CodeType, FrameType, ModuleType, SimpleNamespace
from typing import Any

import pytest

Call = tuple[str, tuple[Any, ...]]

#: case -> (module, class or "" for the module itself, calls to combine)
CASES: dict[str, tuple[str, str, list[Call]]] = {
    "bounded_queue": ("thumbs.jobs", "JobQueue", [("submit", ("a",)), ("take", ())]),
    "check_then_act": ("plugdesk.registry", "Registry", [("register", ("c", "p")), ("unregister", ("c", "p"))]),
    "double_checked": ("pricelist.book", "PriceBook", [("size", ()), ("price", ("team",))]),
    "leaking_pool": ("ldapbridge.pool", "SessionPool", [("acquire", ()), ("release", (1,)), ("close", ())]),
    "lock_order": ("pots.pots", "Pots", [("save", (1,)), ("fetch", (1,)), ("audit", ())]),
    "lost_update": ("prepaid.balance", "Balance", [("top_up", (1,)), ("spend", (1,))]),
    "module_counter": ("counterd.tickets", "", [("draw", ()), ("call", ()), ("start_over", ())]),
    "shared_records": ("stockroom.stock.stock", "Stock", [("deliver", ("a",)), ("promise", ("a",))]),
    "single_slot": ("weighbridge.handover", "Slot", [("put", (1,)), ("put", (2,)), ("take", ())]),
    "stolen_wakeup": ("faxgate.tray", "Tray", [("put", ("x",)), ("take", ())]),
    "lost_wakeup": ("mailroom.switch", "PauseSwitch", [("pause", ()), ("resume", ()), ("wait_until_running", ())]),
}
#: What it takes to see the bug, where two calls are not enough.
NEEDS_THREE = frozenset({"stolen_wakeup"})
TOUCHES = frozenset(
    (
        "LOAD_ATTR",
        "LOAD_METHOD",
        "STORE_ATTR",
        "BINARY_SUBSCR",
        "STORE_SUBSCR",
        "DELETE_SUBSCR",
        "CONTAINS_OP",
        "CALL",
        "STORE_GLOBAL",
    )
)


@cache
def touches(code: CodeType) -> frozenset[int]:
    return frozenset(i.offset for i in dis.get_instructions(code) if i.opname in TOUCHES)


class GiveUp(BaseException):
    """Ends a thread that would wait for ever."""


class Schedule:
    """Runs threads one at a time; ``switches`` are the points, counted from 1, at which another one takes over."""

    def __init__(self, root: str, switches: tuple[int, ...]) -> None:
        self.root, self.switches = root, switches
        self.points = 0
        self.turns: list[threading.Semaphore] = []
        self.blocked: dict[int, Callable[[], bool]] = {}
        self.done: set[int] = set()
        self.waited: set[int] = set()
        self.over = threading.Event()
        self.giving_up = False
        self.me = threading.local()

    def run(self, bodies: list[Callable[[], None]]) -> None:
        self.turns = [threading.Semaphore(0) for _ in bodies]
        threads = [threading.Thread(target=self._body, args=(i, b), daemon=True) for i, b in enumerate(bodies)]
        for thread in threads:
            thread.start()
        self.turns[0].release()
        assert self.over.wait(60)
        self.giving_up = True
        for turn in self.turns:
            turn.release()
        for thread in threads:
            thread.join()

    def _body(self, index: int, body: Callable[[], None]) -> None:
        self.me.index = index
        try:
            self._sleep(index)
            sys.settrace(self._trace)
            body()
        except GiveUp:
            return
        finally:
            sys.settrace(None)
        self.done.add(index)
        self._wake_another(index)

    def _trace(self, frame: FrameType, event: str, arg: object) -> Any:
        if not frame.f_code.co_filename.startswith(self.root):
            return None
        frame.f_trace_lines, frame.f_trace_opcodes = False, True
        return self._touch

    def _touch(self, frame: FrameType, event: str, arg: object) -> Any:
        if event == "opcode" and frame.f_lasti in touches(frame.f_code):
            self.points += 1
            if self.points in self.switches and self._wake_another(self.me.index):
                self._sleep(self.me.index)
        return self._touch

    def wait_for(self, ready: Callable[[], bool]) -> None:
        """Another thread's turn until ``ready``; called by the stand-ins for locks."""
        while not ready():
            if self.giving_up:
                raise GiveUp
            index = self.me.index
            self.blocked[index] = ready
            self.waited.add(index)
            if not self._wake_another(index):
                self.over.set()
            self._sleep(index)
            del self.blocked[index]

    def _wake_another(self, index: int) -> bool:
        count = len(self.turns)
        for other in ((index + step) % count for step in range(1, count)):
            if other not in self.done and self.blocked.get(other, lambda: True)():
                self.turns[other].release()
                return True
        if index in self.done:
            self.over.set()
        return False

    def _sleep(self, index: int) -> None:
        self.turns[index].acquire()
        if self.giving_up:
            raise GiveUp


def primitives(current: Callable[[], Schedule]) -> Any:
    """Stand-ins for what the targets use of ``threading``, whose waiting the schedule sees."""

    class Lock:
        def __init__(self) -> None:
            self.held = False

        def __enter__(self) -> None:
            current().wait_for(lambda: not self.held)
            self.held = True

        def __exit__(self, *error: object) -> None:
            self.held = False

    class RLock:
        def __init__(self) -> None:
            self.owner, self.depth = 0, 0

        def __enter__(self) -> None:
            me = threading.get_ident()
            current().wait_for(lambda: self.owner in {0, me})
            self.owner, self.depth = me, self.depth + 1

        def __exit__(self, *error: object) -> None:
            self.depth -= 1
            if self.depth == 0:
                self.owner = 0

    class Event:
        def __init__(self) -> None:
            self.is_set = False

        def set(self) -> None:
            self.is_set = True

        def clear(self) -> None:
            self.is_set = False

        def wait(self) -> None:
            current().wait_for(lambda: self.is_set)

    class Condition(Lock):
        def __init__(self) -> None:
            super().__init__()
            self.asleep: list[object] = []

        def wait(self) -> None:
            me = object()
            self.asleep.append(me)
            self.held = False
            current().wait_for(lambda: me not in self.asleep and not self.held)
            self.held = True

        def notify(self) -> None:
            del self.asleep[:1]

        def notify_all(self) -> None:
            self.asleep.clear()

    return SimpleNamespace(Lock=Lock, RLock=RLock, Event=Event, Condition=Condition)


class Driver:
    def __init__(self, code: ModuleType, cls: str, root: str, view: Callable[[Any], str], switches: int) -> None:
        self.code, self.cls, self.root, self.view, self.switches = code, cls, root, view, switches
        self.schedule = Schedule(root, ())
        self.stand_ins = primitives(lambda: self.schedule)
        code.threading = self.stand_ins  # type: ignore[attr-defined]

    def _make(self) -> tuple[Any, Callable[[], Any]]:
        """What the calls are made on, and how to look at its state."""
        if self.cls:
            target = getattr(self.code, self.cls)()
            return target, lambda: target
        importlib.reload(self.code)
        if hasattr(self.code, "_lock"):
            self.code._lock = self.stand_ins.Lock()
        return self.code, lambda: {k: v for k, v in vars(self.code).items() if isinstance(v, int)}

    def serial(self, setup: tuple[Call, ...], calls: tuple[Call, ...]) -> Iterator[Any]:
        outcome = self._run(setup, calls, ())
        if outcome is not None and not self.schedule.waited & self.schedule.done:
            yield outcome  # else one call helped another on: they did overlap

    def overlapping(self, setup: tuple[Call, ...], calls: tuple[Call, ...]) -> Iterator[Any]:
        for order in itertools.permutations(range(len(calls))):
            for results, state in self._switched(setup, tuple(calls[i] for i in order), (), self.switches):
                yield tuple(results[order.index(i)] for i in range(len(calls))), state

    def _switched(
        self, setup: tuple[Call, ...], calls: tuple[Call, ...], switches: tuple[int, ...], more: int
    ) -> Iterator[Any]:
        outcome = self._run(setup, calls, switches)
        if outcome is None:
            return
        yield outcome
        if more:
            for point in range(max(switches, default=0) + 1, self.schedule.points + 1):
                yield from self._switched(setup, calls, (*switches, point), more - 1)

    def _run(self, setup: tuple[Call, ...], calls: tuple[Call, ...], switches: tuple[int, ...]) -> Any:
        target, state = self._make()
        if not self._set_up(target, setup):
            return None
        results = self._together(target, calls, switches)
        return tuple(results), self.view(state())

    def _set_up(self, target: Any, setup: tuple[Call, ...]) -> bool:
        self.schedule = Schedule(self.root, ())
        self.schedule.giving_up = True  # whoever has to wait here waits for ever
        for call in setup:
            try:
                getattr(target, call[0])(*call[1])
            except GiveUp:
                return False
            except Exception:  # noqa: BLE001 - a call that fails sets up what it did until then
                continue
        return True

    def _together(self, target: Any, calls: tuple[Call, ...], switches: tuple[int, ...]) -> list[str]:
        results = ["stuck"] * len(calls)

        def body(index: int, call: Call) -> Callable[[], None]:
            def run() -> None:
                try:
                    results[index] = self.view(getattr(target, call[0])(*call[1]))
                except Exception as error:  # noqa: BLE001 - whatever the target raises is the outcome
                    results[index] = self.view(error)

            return run

        self.schedule = Schedule(self.root, switches)
        self.schedule.run([body(i, call) for i, call in enumerate(calls)])
        return results


@pytest.mark.parametrize("name", CASES)
def test_two_calls_give_an_outcome_that_no_serial_order_gives_until_fixed(
    name: str, checkout: Any, unexplained: Any
) -> None:
    module, cls, calls = CASES[name]
    target = checkout(name, "buggy")
    driver = Driver(target.module(module), cls, str(target.root), target.view, 1)
    callers = 3 if name in NEEDS_THREE else 2
    assert unexplained(calls, 1, callers, driver.overlapping, driver.serial)

    target = checkout(name, "fixed")
    driver = Driver(target.module(module), cls, str(target.root), target.view, 2)
    assert unexplained(calls, 1, 2, driver.overlapping, driver.serial) == {}
    driver.switches = 0
    assert unexplained(calls, 1, 3, driver.overlapping, driver.serial) == {}
