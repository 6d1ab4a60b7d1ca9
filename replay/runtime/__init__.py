"""What a generated test needs: the scenario's words, stand-ins, and ``check``, which runs it on the real code.

``check`` passes if every run ended as some order of the calls does, and fails with what happened and what the
orders give. The repository is looked for in ``CODE2TLA_REPO``. Where ``CODE2TLA_REPLAY_OUT`` names a file, what came
of it is appended there as a line of JSON.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from itertools import combinations, permutations
from pathlib import Path
from types import ModuleType
from typing import Any

from replay.runtime import standins
from replay.runtime.choices import Choices
from replay.runtime.clock import Clock, TimeModule
from replay.runtime.fakes import Anything, Store
from replay.runtime.guide import Explore, Follow, Switch, read_lines, relocated
from replay.runtime.play import STUCK, Player, SetUpWaits
from replay.runtime.scenario import Call, Ending, Scenario, Step
from replay.runtime.target import Target

__all__ = ["Anything", "Call", "Scenario", "Step", "Store", "check"]

#: Runs along the schedule, where lines leave open where a step ends, and runs near it.
_ALONG = 200
_NEARBY = 400

Load = Callable[[str], ModuleType]


def check(scenario: Scenario, build: Callable[[Load], Any], name: str = "", repo: str | None = None) -> None:
    """Run the scenario on the code; raises AssertionError if it ends as no order of the calls does.

    ``build`` makes the object with what ``load(path)`` imports; ``repo`` is the repository where ``CODE2TLA_REPO``
    does not say.
    """
    root = Path(os.environ.get("CODE2TLA_REPO") or repo or ".").resolve()
    clock = Clock()
    ours = standins.modules() if scenario.mode == "threads" else {}
    target = Target(root, {**ours, "time": TimeModule(clock, lambda seconds: None)})
    with target.open():
        build(target.load)
        target.keep()
        here = replace(scenario, schedule=relocated(scenario.schedule, read_lines(root)))
        player = Player(here, target, clock, lambda: build(target.load))
        try:
            found = _search(player, here)
        except SetUpWaits as waits:
            _note(name, {"status": "passed", "why": f"the set-up call {waits} waits for ever here"})
            return
    if found is None:
        _note(name, {"status": "passed", "why": "every run ended as some order of the calls does"})
        return
    ending, serial, exact, why = found
    _note(name, {"status": "failed", "exact": exact, "parted": why, "outcome": _tell(here, ending)})
    raise AssertionError(_message(here, ending, serial, exact, why))


def _search(player: Player, scenario: Scenario) -> tuple[Ending, list[Ending], bool, str] | None:
    """The first run that is not as it should be; whether it followed the schedule, and where the schedule parted."""
    serial = [ending for order in player.orders() for ending in player.serial(order)]
    allowed = {ending.key for ending in serial}

    def wrong(ending: Ending) -> bool:
        if scenario.kind in ("invariant", "assertion"):
            return bool(ending.broken)
        return ending.key not in allowed

    first: tuple[Ending, str] | None = None
    parted = ""
    for number, ending in enumerate(_along(player, scenario)):
        if number == 0:
            parted = ending.parted
        if wrong(ending):
            if not ending.parted:
                return ending, serial, True, ""
            first = first or (ending, ending.parted)
    if first:
        return first[0], serial, False, first[1]
    for ending in _nearby(player, scenario):
        if wrong(ending):
            return ending, serial, False, parted or "the steps ended as an order of the calls does"
    return None


def _along(player: Player, scenario: Scenario) -> Iterator[Ending]:
    choices = Choices()
    for _ in range(_ALONG):
        yield player.overlapping(Follow(scenario.schedule, choices), None)
        if not choices.next():
            return


def _nearby(player: Player, scenario: Scenario) -> Iterator[Ending]:
    """Other schedules of the same calls: for tasks all, for threads those with few switches."""
    names = list(scenario.calls)
    if scenario.mode == "asyncio":
        choices = Choices()
        for _ in range(_NEARBY):
            yield player.overlapping(Explore(choices, names, scenario.cancels), choices)
            if not choices.next():
                return
        return
    for switches in _switches(player, names):
        for order in permutations(names):
            yield player.overlapping(Switch(order, switches), None)


def _switches(player: Player, names: Sequence[str]) -> Iterator[Sequence[int]]:
    plain = Switch(names)
    player.overlapping(plain, None)
    points = range(1, plain.points + 1)
    made = 0
    for count in (1, 2):
        for switches in combinations(points, count):
            made += 1
            if made * len(names) > _NEARBY:
                return
            yield switches


def _tell(scenario: Scenario, ending: Ending) -> str:
    calls = ", ".join(f"{call} {r}" for call, r in zip(scenario.calls.values(), ending.results, strict=True))
    return f"{calls}; leaving {ending.state}"


def _message(scenario: Scenario, ending: Ending, serial: Sequence[Ending], exact: bool, why: str) -> str:
    how = "along the counterexample's schedule" if exact else f"near the counterexample's schedule ({why})"
    lines = [f"overlapping, {how}:", f"    {_tell(scenario, ending)}"]
    if ending.broken and scenario.kind in ("invariant", "assertion"):
        lines.append(f"    {ending.broken}")
    lines.append("one after another, the same calls end so:")
    lines += dict.fromkeys(f"    {_tell(scenario, other)}" for other in serial)
    return "\n".join(lines)


def _note(name: str, what: dict[str, Any]) -> None:
    if out := os.environ.get("CODE2TLA_REPLAY_OUT"):
        with open(out, "a", encoding="utf-8") as file:  # noqa: PTH123 - appending
            file.write(json.dumps({"test": name, **what}) + "\n")


_ = STUCK
