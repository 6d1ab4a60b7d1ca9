"""Random schedules of the real code, written down step by step for a comparison with a specification."""

from __future__ import annotations

import json
import os
import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from types import ModuleType
from typing import Any

from replay.runtime import standins
from replay.runtime.describe import Json, describe
from replay.runtime.fakes import Answers
from replay.runtime.play import body_of, call_of
from replay.runtime.scenario import Call, Mode
from replay.runtime.stage import Stage, opened
from replay.runtime.standins import Alone
from replay.runtime.target import changing
from replay.runtime.tasks import Tasks, outcomes
from replay.runtime.threads import Threads
from replay.runtime.wander import Slice, Wander

SETUP = "Setup"

#: An expression over the object and the module that its code lies in.
Look = Callable[[Any, ModuleType], Any]


@dataclass(frozen=True, slots=True)
class Plan:
    """What to record: ``schedules`` runs of 2 to ``callers`` calls after 0 to ``before`` others, from ``seed`` on.

    ``calls`` are the calls to choose from, ``state`` what to look at, ``path`` the file that the object's code lies in,
    ``clock`` the name under which the time is written down ("": it is not).
    """

    mode: Mode
    path: str
    calls: Sequence[Call]
    state: Mapping[str, Look]
    schedules: int = 50
    seed: int = 0
    callers: int = 3
    before: int = 2
    cancels: int = 0
    ticks: int = 0
    clock: str = ""


@dataclass(slots=True)
class _Run:
    """One schedule: indices of its calls, the first state, the turns of the set-up calls and then of all others."""

    setup: list[int]
    calls: dict[str, int]
    first: Mapping[str, Json] = field(default_factory=dict)
    before: list[list[Slice]] = field(default_factory=list)
    slices: list[Slice] = field(default_factory=list)
    ended: dict[str, Json] = field(default_factory=dict)


def record(plan: Plan, build: Callable[[Callable[[str], ModuleType]], Any], repo: str | None = None) -> None:
    """Run the schedules and append each as a line of JSON to the file that ``CODE2TLA_REPLAY_OUT`` names.

    A schedule in which a set-up call waits for ever is left out. Raises whatever importing the code raises.
    """
    with opened(plan.mode, repo) as stage:
        build(stage.target.load)
        stage.target.keep()
        for number in range(plan.schedules):
            rng = random.Random(f"{plan.seed}.{number}")  # noqa: S311 - for sameness, not secrets
            run = _chosen(plan, rng)
            if _Recorder(plan, stage, build, rng).run(run):
                with open(os.environ["CODE2TLA_REPLAY_OUT"], "a", encoding="utf-8") as file:  # noqa: PTH123
                    file.write(json.dumps(asdict(run)) + "\n")


def _chosen(plan: Plan, rng: random.Random) -> _Run:
    operations = sorted({call.op for call in plan.calls})

    def one() -> int:
        op = rng.choice(operations)
        return rng.choice([n for n, call in enumerate(plan.calls) if call.op == op])

    setup = [one() for _ in range(rng.randint(0, plan.before))]
    return _Run(setup, {f"c{n + 1}": one() for n in range(rng.randint(2, plan.callers))})


class _Recorder:
    """Runs one schedule."""

    def __init__(self, plan: Plan, stage: Stage, build: Callable[..., Any], rng: random.Random) -> None:
        self._plan = plan
        self._stage = stage
        self._build = build
        self._rng = rng

    def run(self, run: _Run) -> bool:
        """Fill in what happened; False if a set-up call waits for ever."""
        self._stage.clock.start(self._plan.ticks, None)
        Answers.choose = self._rng.randrange
        if self._plan.mode == "threads":
            return self._threads(run)
        with Tasks(self._stage.target.root) as tasks:
            return self._tasks(tasks, run)

    def _threads(self, run: _Run) -> bool:
        standins.scheduler = Alone()
        thing = self._make()
        run.first = self._look(thing)
        for number in run.setup:
            found: dict[str, object] = {}
            run.before.append([])
            if SETUP not in self._overlap(thing, {SETUP: number}, found, run.before[-1], alone=True):
                return False
        found = {}
        self._overlap(thing, run.calls, found, run.slices)
        run.ended = {name: describe(value) for name, value in found.items()}
        return True

    def _overlap(
        self, thing: Any, calls: Mapping[str, int], found: dict[str, object], slices: list[Slice], alone: bool = False
    ) -> frozenset[str]:
        def body(name: str, number: int) -> Callable[[], None]:
            def run() -> None:
                try:
                    found[name] = call_of(thing, self._plan.calls[number])
                except Exception as error:  # noqa: BLE001 - whatever the code raises is the outcome
                    found[name] = error

            return run

        globals_ = changing(thing) if isinstance(thing, ModuleType) else frozenset()
        threads = Threads(self._stage.target.root, self._wander(thing, slices, list(calls), alone), globals_)
        bodies = {name: body(name, number) for name, number in calls.items()}
        return threads.run(bodies, lambda: None, lambda: None, self._stage.clock.tick)

    def _tasks(self, tasks: Tasks, run: _Run) -> bool:
        thing = self._make()
        run.first = self._look(thing)
        for number in run.setup:
            run.before.append([])
            tasks.background.discard(SETUP)
            made = tasks.start(SETUP, body_of(thing, self._plan.calls[number]))
            tasks.run([SETUP], self._wander(thing, run.before[-1], [SETUP], alone=True), lambda: None, lambda: None)
            if not made.done():
                return False
            tasks.background.add(SETUP)
            if not made.cancelled():
                made.exception()
        started = {name: tasks.start(name, body_of(thing, self._plan.calls[n])) for name, n in run.calls.items()}
        guide = self._wander(thing, run.slices, list(started))
        tasks.run(list(started), guide, lambda: None, self._stage.clock.tick)
        run.ended = {name: describe(value) for name, value in outcomes(started).items()}
        return True

    def _wander(self, thing: Any, slices: list[Slice], names: Sequence[str], alone: bool = False) -> Wander:
        cancels, ticks = (0, 0) if alone else (self._plan.cancels, self._plan.ticks)
        return Wander(self._rng, lambda: self._look(thing), slices, names, cancels, ticks)

    def _make(self) -> Any:
        self._stage.target.restore()
        self._stage.chance.start()
        thing = self._build(self._stage.target.load)
        if isinstance(thing, ModuleType):
            self._stage.target.fresh(thing)
        return thing

    def _look(self, thing: Any) -> Mapping[str, Json]:
        module = self._stage.target.load(self._plan.path)
        seen = {name: _seen(look, thing, module) for name, look in self._plan.state.items()}
        return seen | ({self._plan.clock: self._stage.clock.now} if self._plan.clock else {})


def _seen(look: Look, thing: Any, module: ModuleType) -> Json:
    try:
        return describe(look(thing, module))
    except AttributeError:
        return {"opaque": "not there yet"}
