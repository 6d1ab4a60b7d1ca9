"""Runs of a scenario on the real code: one call after another in every order, and overlapping as a guide says."""

from __future__ import annotations

import inspect
import itertools
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractAsyncContextManager, AbstractContextManager, suppress
from types import ModuleType
from typing import Any

from replay.runtime.chance import Chance
from replay.runtime.choices import Choices
from replay.runtime.clock import Clock
from replay.runtime.fakes import Answers
from replay.runtime.guide import Guide, Switch
from replay.runtime.scenario import Call, Ending, Scenario
from replay.runtime.target import Target, changing
from replay.runtime.tasks import Tasks, outcomes
from replay.runtime.threads import Threads
from replay.runtime.view import View

STUCK = "waits for ever"

#: Runs of one order of the calls, when what fakes answer leaves open how they end.
_SERIAL = 500


class SetUpWaits(Exception):
    """A set-up call does not come to an end in this version of the code, so the scenario does not exist."""


class Player:
    """Plays a scenario. ``build`` makes the object, or gives the module whose functions are called.

    ``first`` is what it makes; ``begun`` counts, over all runs, the threads that the target started itself and the
    turns of tasks that outlived their call.
    """

    def __init__(
        self, scenario: Scenario, target: Target, clock: Clock, chance: Chance, build: Callable[[], Any], first: Any
    ) -> None:
        self.begun = 0
        self._globals = changing(first) if isinstance(first, ModuleType) else frozenset()
        self._scenario = scenario
        self._target = target
        self._clock = clock
        self._chance = chance
        self._build = build
        self._view = View(target.root)
        self._names = list(scenario.calls)
        self._start = ""

    def serial(self, order: Sequence[str]) -> Iterator[Ending]:
        """The endings of the calls in this order; several where time passes, a call is cancelled or a fake may choose.

        A call that waits until a later one helps it did overlap with that one; such an ending is none of these. Raises
        RuntimeError where there are too many.
        """
        for late in (False, True):
            before = self.begun
            yield from self._serial(order, late)
            if self.begun == before:
                return

    def _serial(self, order: Sequence[str], late: bool) -> Iterator[Ending]:
        """The same, where threads and tasks that outlive their call go on right after it, or ``late``: after all."""
        choices = Choices()
        for _ in range(_SERIAL):
            self._clock.start(self._scenario.ticks, choices.choose)
            Answers.choose = choices.choose
            if self._scenario.mode == "asyncio":
                ending = self._tasks_in_turn(order, choices, late)
            else:
                ending = self._threads(Switch(order, late=late), tuple(order))
            if not ending.helped:
                yield ending
            if not choices.next():
                return
        raise RuntimeError(f"the calls, one after another, have more than {_SERIAL} ways to end, by what fakes answer")

    def overlapping(self, guide: Guide, choices: Choices | None, answers: Callable[[int], int]) -> Ending:
        """How the calls end when ``guide`` chooses who runs and ``answers`` what fakes answer.

        Without ``choices``, the guide also says when time passes.
        """
        self._clock.start(self._scenario.ticks, choices.choose if choices else None)
        Answers.choose = answers
        if self._scenario.mode == "threads":
            return self._threads(guide, tuple(self._names))
        with Tasks(self._target.root) as tasks:
            thing = self._begin_tasks(tasks)
            watch = _Watch(self._scenario, thing)
            made = {name: tasks.start(name, body_of(thing, call)) for name, call in self._scenario.calls.items()}
            tasks.run(self._names, guide, watch, self._clock.tick)
            return self._ending(thing, outcomes(made), watch, getattr(guide, "parted", ""))

    def orders(self) -> Iterator[Sequence[str]]:
        """Every order of the calls."""
        return iter(itertools.permutations(self._names))

    # Tasks.

    def _begin_tasks(self, tasks: Tasks) -> Any:
        thing = self._make()
        for number, call in enumerate(self._scenario.setup):
            name = f"set-up {number}"
            task = tasks.start(name, body_of(thing, call))
            if not tasks.alone(name):
                raise SetUpWaits(str(call))
            tasks.background.add(name)
            if not task.cancelled():
                task.exception()
        self._start = self._state(thing)
        return thing

    def _tasks_in_turn(self, order: Sequence[str], choices: Choices, late: bool) -> Ending:
        with Tasks(self._target.root) as tasks:
            thing = self._begin_tasks(tasks)
            made = {}
            waits: list[str] = []
            left = self._scenario.cancels
            for name in order:
                made[name] = tasks.start(name, body_of(thing, self._scenario.calls[name]))
                while not made[name].done():
                    if left and tasks.waiting(name) and choices.choose(2):
                        left -= 1
                        made[name].cancel()
                        tasks.alone(name)
                        break
                    handle = tasks.loop.ready(name)
                    if handle is None:
                        break
                    tasks.step(handle)
                if not made[name].done():
                    waits.append(name)
                for waiting in waits:
                    tasks.alone(waiting)
                if not late:
                    self.begun += tasks.outlived(name)
            for name in waits:
                if left and tasks.waiting(name) and choices.choose(2):
                    left -= 1
                    made[name].cancel()
                    tasks.alone(name)
                    waits = [w for w in waits if w != name]
            for name in order:
                self.begun += tasks.outlived(name)
            watch = _Watch(self._scenario, thing)
            ending = self._ending(thing, outcomes(made), watch, "")
            ending.helped = any(made[name].done() for name in waits)
            return ending

    # Threads.

    def _threads(self, guide: Guide, names: Sequence[str]) -> Ending:
        made: list[Any] = []
        waiting = ["the constructor"]
        found: dict[str, object] = {}
        rested: list[Ending] = []

        def prepare() -> None:
            thing = self._make()
            for call in self._scenario.setup:
                waiting[0] = str(call)
                with suppress(Exception):  # a call that fails has set up what it did until then
                    call_of(thing, call)
            self._start = self._state(thing)
            watches.append(_Watch(self._scenario, thing))
            made.append(thing)

        def body(name: str, call: Call) -> Callable[[], None]:
            def run() -> None:
                try:
                    found[name] = call_of(made[0], call)
                except Exception as error:  # noqa: BLE001 - whatever the code raises is the outcome
                    found[name] = error

            return run

        def at_rest() -> None:
            rested.append(self._ending(made[0], dict(found), watches[0], getattr(guide, "parted", "")))

        watches: list[_Watch] = []
        bodies = {name: body(name, self._scenario.calls[name]) for name in names}
        run = Threads(self._target.root, guide, self._globals)
        ended = run.run(
            bodies,
            at_rest,
            lambda: watches[0](),  # noqa: PLW0108 - there is none yet
            self._clock.tick,
            prepare,
        )
        if not rested:
            raise SetUpWaits(waiting[0])
        self.begun += run.begun.total()
        rested[0].helped = bool(run.overlapped & ended)
        return rested[0]

    # Both.

    def _make(self) -> Any:
        self._target.restore()
        self._chance.start()
        thing = self._build()
        if isinstance(thing, ModuleType):
            self._target.fresh(thing)
        return thing

    def _ending(self, thing: Any, found: Any, watch: _Watch, parted: str) -> Ending:
        results = tuple(self._said(found[name]) if name in found else STUCK for name in self._names)
        if len(found) == len(self._names):
            watch(quiet=True)
        if self._scenario.kind == "assertion":
            failed = [n for n, value in found.items() if isinstance(value, AssertionError)]
            if failed:
                watch.broken = watch.broken or f"{self._scenario.calls[failed[0]]} failed an assertion of the code"
        return Ending(self._start, results, self._state(thing), parted, watch.broken)

    def _state(self, thing: Any) -> str:
        return self._view.module(thing) if isinstance(thing, ModuleType) else self._view(thing)

    def _said(self, value: object) -> str:
        verb = "raised" if isinstance(value, BaseException) else "returned"
        return f"{verb} {self._view(value)}"


class _Watch:
    """Looks at the invariant."""

    def __init__(self, scenario: Scenario, thing: Any) -> None:
        self._invariant = scenario.invariant
        self._always = scenario.when == "always"
        self._thing = thing
        self.broken = ""

    def __call__(self, quiet: bool = False) -> None:
        if self._invariant is None or self.broken or not (quiet or self._always):
            return
        if not self._invariant(self._thing):
            self.broken = "the invariant does not hold" + (
                " once the calls have ended" if quiet else " between two steps"
            )


def call_of(thing: Any, call: Call) -> Any:
    """Make the call; a context manager is entered and left at once."""
    answer = getattr(thing, call.op)(*call.args, **call.kwargs)
    if isinstance(answer, AbstractContextManager) and type(answer).__module__ == "contextlib":
        with answer as inside:
            return inside
    return answer


def body_of(thing: Any, call: Call) -> Callable[[], Any]:
    """The call as a coroutine function, whether or not it is one."""

    async def run() -> Any:
        answer = call_of(thing, call)
        if isinstance(answer, AbstractAsyncContextManager) and type(answer).__module__ == "contextlib":
            async with answer as inside:
                return inside
        return await answer if inspect.isawaitable(answer) else answer

    return run
