"""Real asyncio tasks on a loop that runs whatever it is told to run next."""

from __future__ import annotations

import asyncio
import contextvars
import inspect
import os
from collections.abc import Callable, Coroutine, Mapping
from pathlib import Path
from types import CodeType
from typing import Any, Self

from replay.runtime.fakes import Moment
from replay.runtime.guide import Guide, Place

_PROCESS: contextvars.ContextVar[str] = contextvars.ContextVar("process", default="")


def who() -> str:
    """The call in whose context this runs."""
    return _PROCESS.get()


#: Callbacks of one run after which it is taken to go on for ever.
_ENDLESS = 5_000


class _Handle(asyncio.Handle):
    """A callback that is due; ``timer`` is its time, None if it is ready now."""

    __slots__ = ("owner", "timer")
    timer: float | None
    owner: str


class Loop:
    """As much of an event loop as tasks, locks, queues and time-outs need; time is virtual."""

    def __init__(self) -> None:
        self.due: list[_Handle] = []
        self.now = 0.0
        self.executing: str = ""

    def call_soon(self, callback: Callable[..., Any], *args: Any, context: Any = None) -> Any:
        """As asyncio's; the callback belongs to the call in whose context it runs."""
        return self._add(callback, args, context, None)

    call_soon_threadsafe = call_soon

    def call_later(self, delay: float, callback: Callable[..., Any], *args: Any, context: Any = None) -> Any:
        """As asyncio's, in virtual time."""
        return self._add(callback, args, context, self.now + delay)

    def call_at(self, when: float, callback: Callable[..., Any], *args: Any, context: Any = None) -> Any:
        """As asyncio's, in virtual time."""
        return self._add(callback, args, context, when)

    def _add(self, callback: Callable[..., Any], args: Any, context: Any, timer: float | None) -> _Handle:
        context = context or contextvars.copy_context()
        handle = _Handle(callback, args, self, context)  # type: ignore[arg-type]
        handle.timer = timer
        handle.owner = context.get(_PROCESS, "")
        self.due.append(handle)
        return handle

    def _timer_handle_cancelled(self, handle: object) -> None:
        """Called by asyncio; cancelled callbacks are left out when it is their turn."""

    def create_future(self) -> asyncio.Future[Any]:
        """As asyncio's."""
        return asyncio.Future(loop=self)  # type: ignore[arg-type]

    def create_task(self, coro: Any, **options: Any) -> asyncio.Task[Any]:
        """As asyncio's."""
        return asyncio.Task(coro, loop=self, **options)  # type: ignore[arg-type]

    def run_in_executor(self, _executor: Any, func: Callable[..., Any], *args: Any) -> Any:
        """Runs the function at a moment of its own."""
        future = self.create_future()

        def effect() -> None:
            try:
                future.set_result(func(*args))
            except Exception as error:  # noqa: BLE001 - it is the caller's
                future.set_exception(error)

        self.call_soon(effect)
        return future

    def time(self) -> float:
        """Virtual seconds."""
        return self.now

    def get_debug(self) -> bool:
        """Never."""
        return False

    def is_running(self) -> bool:
        """Always."""
        return True

    def is_closed(self) -> bool:
        """Never."""
        return False

    def call_exception_handler(self, context: dict[str, Any]) -> None:
        """A task that nobody asks for its exception is no error here."""

    def ready(self, owner: str) -> _Handle | None:
        """What the call would run next: what is ready, else its earliest timer."""
        mine = [h for h in self.due if h.owner == owner and not h.cancelled()]
        soon = [h for h in mine if h.timer is None]
        return soon[0] if soon else min(mine, key=lambda h: h.timer or 0.0, default=None)

    def execute(self, handle: _Handle) -> None:
        """Run one callback."""
        self.due.remove(handle)
        if handle.timer is not None:
            self.now = max(self.now, handle.timer)
        if not handle.cancelled():
            self.executing = handle.owner
            handle._run()  # noqa: SLF001 - what asyncio's own loop does


class Tasks:
    """One run of several calls as tasks of one loop.

    Tasks that a call makes belong to it: they run in asyncio's own order when it is the call's turn, after its end too.
    Those of calls in ``background`` go on as soon as they can.
    """

    def __init__(self, root: Path) -> None:
        self._root = f"{root}{os.sep}"
        self.loop = Loop()
        self._tasks: dict[str, asyncio.Task[Any]] = {}
        self._moments: dict[str, str] = {}
        self.background = {""}
        self._watch: Callable[[], None] = lambda: None
        self._pass_time: Callable[[], None] = lambda: None

    def __enter__(self) -> Self:
        asyncio._set_running_loop(self.loop)  # type: ignore[arg-type]  # noqa: SLF001
        Moment.tell = staticmethod(lambda moment: self._moments.__setitem__(self.loop.executing, moment))
        return self

    def __exit__(self, *error: object) -> None:
        for task in self._tasks.values():
            task.cancel()
        for _ in range(_ENDLESS):
            left = [h for h in self.loop.due if not h.cancelled() and h.timer is None]
            if not left:
                break
            self.loop.execute(left[0])
        asyncio._set_running_loop(None)  # noqa: SLF001

    def start(self, name: str, body: Callable[[], Coroutine[Any, Any, Any]]) -> asyncio.Task[Any]:
        """Make the call ``name``; it runs when it is stepped."""
        context = contextvars.copy_context()
        context.run(_PROCESS.set, name)
        task = context.run(lambda: asyncio.Task(body(), loop=self.loop))  # type: ignore[arg-type]
        self._tasks[name] = task
        return task

    def alone(self, name: str) -> bool:
        """Run one call as far as it goes; whether it ended."""
        for _ in range(_ENDLESS):
            handle = self.loop.ready(name)
            if handle is None:
                break
            self.step(handle)
        return self._tasks[name].done()

    def step(self, handle: asyncio.Handle) -> None:
        """Run one callback, and after it whatever runs at once."""
        self.loop.execute(handle)  # type: ignore[arg-type]
        self._others()

    def outlived(self, name: str) -> int:
        """Let the tasks that outlived the call go on while no time passes; how many turns that took."""
        turns = 0
        while self.done(name) and self.runnable(name) and turns < _ENDLESS:
            self.step(self.loop.ready(name))  # type: ignore[arg-type]
            turns += 1
        return turns

    def run(
        self, names: list[str], guide: Guide, watch: Callable[[], None], pass_time: Callable[[], None]
    ) -> frozenset[str]:
        """Step the calls until none can go on; returns those that have ended."""
        self._watch, self._pass_time = watch, pass_time
        current = ""
        for _ in range(_ENDLESS):
            able = [name for name in names if self.runnable(name)]
            place = self._place(current) if current in able else None
            if not able:
                if guide.stuck(self):
                    continue
                break
            following = guide.pick(current, place, able, self)
            handle = self.loop.ready(following)
            if handle is None:
                break
            self.step(handle)
            current = following
        return frozenset(name for name in names if self._tasks[name].done())

    def _others(self) -> None:
        """Callbacks of no call, or of one in the background, are run at once."""
        for _ in range(_ENDLESS):
            ready = (self.loop.ready(owner) for owner in sorted(self.background))
            handle = next((h for h in ready if h is not None and (h.timer is None or not h.owner)), None)
            if handle is None:
                return
            self.loop.execute(handle)

    def _place(self, name: str) -> Place | None:
        """The innermost line of the target at which the call is suspended."""
        coro: Any = self._tasks[name].get_coro()
        found: tuple[CodeType, int] | None = None
        while coro is not None:
            frame = getattr(coro, "cr_frame", None) or getattr(coro, "gi_frame", None)
            if frame is not None and frame.f_code.co_filename.startswith(self._root):
                found = frame.f_code, frame.f_lineno
            coro = getattr(coro, "cr_await", None) or getattr(coro, "gi_yieldfrom", None)
        if found is None:
            return None
        code, line = found
        path = code.co_filename[len(self._root) :].lstrip("/\\").replace("\\", "/")
        later = [n for _, _, n in code.co_lines() if n is not None and n > line]
        return Place(path, line, moment=self._moments.get(name, ""), follows=min(later, default=0))

    def waiting(self, name: str) -> bool:
        """Whether the call has begun and not ended."""
        task = self._tasks[name]
        coro = task.get_coro()
        return not task.done() and inspect.iscoroutine(coro) and inspect.getcoroutinestate(coro) != "CORO_CREATED"

    # What the guide asks.

    def runnable(self, process: str) -> bool:
        """Whether it can go on."""
        handle = self.loop.ready(process)
        return handle is not None and (handle.timer is None or not self.done(process))

    def done(self, process: str) -> bool:
        """Whether it has ended."""
        return process in self._tasks and self._tasks[process].done()

    def stands(self, process: str) -> Place | None:
        """Where it is suspended."""
        return self._place(process)

    def cancel(self, process: str) -> bool:
        """Cancel it."""
        return self._tasks[process].cancel()

    def time_out(self, process: str) -> bool:
        """Let its earliest timer run next."""
        timers = [h for h in self.loop.due if h.owner == process and h.timer is not None and not h.cancelled()]
        if not timers:
            return False
        first = min(timers, key=lambda h: h.timer or 0.0)
        self.loop.execute(first)
        return True

    def tick(self) -> None:
        """Let time pass."""
        self._pass_time()

    def between(self) -> None:
        """Look at the invariant."""
        self._watch()


def outcomes(tasks: Mapping[str, asyncio.Task[Any]]) -> Mapping[str, object]:
    """What each call came to: its result or exception; calls that have not ended are left out."""
    out: dict[str, object] = {}
    for name, task in tasks.items():
        if task.done():
            out[name] = asyncio.CancelledError() if task.cancelled() else task.exception() or task.result()
    return out
