"""The asyncio cases on the targets' real code: every interleaving of two calls, buggy and fixed.

A loop that lets the search choose which ready callback runs next (and when one call is cancelled) drives real
tasks, locks and events; an outcome is suspect if no serial order of the same calls gives it (Line-Up's oracle).
"""

from __future__ import annotations

import asyncio
import contextvars
import inspect
from collections.abc import Callable, Iterator
from types import ModuleType
from typing import Any

import pytest

Call = tuple[str, tuple[Any, ...]]


class Store:
    """A remote table: a call takes effect at a moment of its own, between asking and hearing of it."""

    is_stand_in = True

    def __init__(self) -> None:
        self.rows: dict[Any, Any] = {}

    async def _at_its_own_time(self, effect: Callable[[], Any]) -> Any:
        await asyncio.sleep(0)
        answer = effect()
        await asyncio.sleep(0)
        return answer

    async def get(self, key: Any) -> Any:
        return await self._at_its_own_time(lambda: self.rows.get(key))

    async def put(self, key: Any, value: Any) -> None:
        await self._at_its_own_time(lambda: self.rows.__setitem__(key, value))

    async def delete(self, key: Any) -> None:
        await self._at_its_own_time(lambda: self.rows.pop(key, None))

    async def charge(self, cents: int) -> str:
        def effect() -> str:
            self.rows[len(self.rows)] = cents
            return f"receipt {len(self.rows)}"

        return str(await self._at_its_own_time(effect))


class StandStill:
    """A clock for targets that read one."""

    @staticmethod
    def monotonic() -> int:
        return 0


#: case -> (module, how to make the object, calls to combine, whether a call may be cancelled)
CASES: dict[str, tuple[str, Callable[[ModuleType], Any], list[Call], bool]] = {
    "cancelled_waiter": ("scanner.slots", lambda m: m.Slots(), [("acquire", ()), ("release", ())], True),
    "double_release": (
        *("fitting.rooms", lambda m: m.Rooms(Store())),
        *([("enter", ("a",)), ("enter", ("b",)), ("leave", ("a",))], False),
    ),
    "idempotency": (
        *("till.charging", lambda m: m.Payments(Store())),
        *([("pay", ("k", 1)), ("pay", ("l", 1)), ("receipt", ("k",))], False),
    ),
    "lease": (
        *("nightly.jobs", lambda m: m.Checkpoints(m.checkpoints.CheckpointStore())),
        *([("take_over", ()), ("save", (1, "p")), ("save", (2, "q"))], False),
    ),
    "refcount": (
        *("blobkeeper.references", lambda m: m.References(Store())),
        *([("add", ("a",)), ("delete", ("a",)), ("add", ("b",))], False),
    ),
    "seats": (
        *("desk.booking.seats", lambda m: m.Seats(Store())),
        *([("hold", ("a",)), ("hold", ("b",)), ("cancel", ("a",))], False),
    ),
    "stale_cache": (
        *("profiles.service", lambda m: m.Profiles(Store())),
        *([("find", ("a",)), ("change", ("a", "x")), ("change", ("a", "y"))], False),
    ),
    "token_bucket": ("gatekeeper.limit", lambda m: m.TokenBucket(Store()), [("take", ("a",)), ("take", ("b",))], False),
}


class Loop:
    """As much of an event loop as tasks, locks and events need; what is ready runs when it is told to."""

    def __init__(self) -> None:
        self.ready: list[tuple[Callable[..., Any], tuple[Any, ...], contextvars.Context]] = []

    def call_soon(self, callback: Callable[..., Any], *args: Any, context: contextvars.Context | None = None) -> None:
        self.ready.append((callback, args, context or contextvars.copy_context()))

    def create_future(self) -> asyncio.Future[Any]:
        return asyncio.Future(loop=self)  # type: ignore[arg-type]

    def get_debug(self) -> bool:
        return False

    def call_exception_handler(self, context: dict[str, Any]) -> None:
        raise AssertionError(context)

    def step(self, index: int = 0) -> None:
        callback, args, context = self.ready.pop(index)
        context.run(callback, *args)


class Search:
    """Depth-first over the choices of one scenario: each run replays a prefix and then takes the first choice."""

    def __init__(self) -> None:
        self.prefix: list[int] = []
        self.taken: list[tuple[int, int]] = []

    def choose(self, options: int) -> int:
        if options == 1:
            return 0
        depth = len(self.taken)
        choice = self.prefix[depth] if depth < len(self.prefix) else 0
        self.taken.append((choice, options))
        return choice

    def next(self) -> bool:
        while self.taken and self.taken[-1][0] + 1 == self.taken[-1][1]:
            self.taken.pop()
        if not self.taken:
            return False
        self.prefix = [choice for choice, _ in self.taken[:-1]] + [self.taken[-1][0] + 1]
        self.taken = []
        return True


class Driver:
    def __init__(self, make: Callable[[], Any], view: Callable[[Any], str], cancels: bool) -> None:
        self.make, self.view, self.cancels = make, view, cancels

    def overlapping(self, setup: tuple[Call, ...], calls: tuple[Call, ...]) -> Iterator[Any]:
        return self._all(setup, calls, overlap=True)

    def serial(self, setup: tuple[Call, ...], calls: tuple[Call, ...]) -> Iterator[Any]:
        return self._all(setup, calls, overlap=False)

    def _all(self, setup: tuple[Call, ...], calls: tuple[Call, ...], overlap: bool) -> Iterator[Any]:
        search = Search()
        while True:
            outcome = self._run(search, setup, calls, overlap)
            if outcome is not None:
                yield outcome
            if not search.next():
                return

    def _run(self, search: Search, setup: tuple[Call, ...], calls: tuple[Call, ...], overlap: bool) -> Any:
        loop = Loop()
        tasks: list[asyncio.Task[Any]] = []
        asyncio._set_running_loop(loop)  # type: ignore[arg-type]
        try:
            target = self.make()
            for call in setup:
                tasks = [self._start(loop, target, call)]
                while loop.ready:
                    loop.step()
                if not tasks[0].done():
                    return None  # a set-up call that waits for another one sets nothing up
                tasks[0].exception()
            tasks = [self._start(loop, target, call) for call in calls if overlap]
            stuck: list[asyncio.Task[Any]] = []
            cancelled = not self.cancels
            while True:
                waiting = [] if cancelled else [t for t in tasks if not t.done() and self._has_begun(t)]
                rest = [] if loop.ready else [None]  # leave it at that
                choice = search.choose(len(loop.ready) + len(rest) + len(waiting))
                if choice < len(loop.ready):
                    loop.step(choice)
                elif choice >= len(loop.ready) + len(rest):
                    waiting[choice - len(loop.ready) - len(rest)].cancel()
                    cancelled = True
                elif len(tasks) < len(calls):
                    stuck = [task for task in tasks if not task.done()]
                    tasks.append(self._start(loop, target, calls[len(tasks)]))
                else:
                    break
            if any(task.done() for task in stuck):
                return None  # one call helped another on: they did overlap
            return tuple(self._result(task) for task in tasks), self.view(target)
        finally:
            for task in tasks:
                task.cancel()
            while loop.ready:
                loop.step()
            asyncio._set_running_loop(None)

    @staticmethod
    def _start(loop: Loop, target: Any, call: Call) -> asyncio.Task[Any]:
        async def run() -> Any:
            answer = getattr(target, call[0])(*call[1])
            return await answer if inspect.isawaitable(answer) else answer

        return asyncio.Task(run(), loop=loop)  # type: ignore[arg-type]

    @staticmethod
    def _has_begun(task: asyncio.Task[Any]) -> bool:
        coroutine = task.get_coro()
        assert inspect.iscoroutine(coroutine)
        return inspect.getcoroutinestate(coroutine) != inspect.CORO_CREATED

    def _result(self, task: asyncio.Task[Any]) -> str:
        if not task.done():
            return "stuck"
        if task.cancelled():
            return "cancelled"
        return self.view(task.exception() or task.result())


@pytest.mark.parametrize("name", CASES)
def test_two_calls_give_an_outcome_that_no_serial_order_gives_until_fixed(
    name: str, checkout: Any, unexplained: Any
) -> None:
    module, make, calls, cancels = CASES[name]
    found = {}
    for twin in ("buggy", "fixed"):
        target = checkout(name, twin)
        code = target.module(module)
        if hasattr(code, "time"):
            code.time = StandStill
        driver = Driver(lambda make=make, code=code: make(code), target.view, cancels)
        for callers in (2,) if twin == "buggy" else (2, 3):
            before = 2 if callers == 2 else 1
            found[twin, callers] = unexplained(calls, before, callers, driver.overlapping, driver.serial)
    assert found["buggy", 2]
    assert found["fixed", 2] == {}
    assert found["fixed", 3] == {}
