"""What a generated test needs: the scenario's words, stand-ins, and ``check``, which runs it on the real code.

``check`` passes if every run ended as some order of the calls does, and fails with what happened and what the
orders give. The repository is looked for in ``CODE2TLA_REPO``. Where ``CODE2TLA_REPLAY_OUT`` names a file, what came
of it is appended there as a line of JSON.
"""

from __future__ import annotations

import json
import os
import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import combinations, permutations
from types import ModuleType
from typing import Any

from replay.runtime.choices import Choices
from replay.runtime.describe import held
from replay.runtime.fakes import Anything, Collaborator, Store
from replay.runtime.follow import Follow
from replay.runtime.guide import Explore, Switch
from replay.runtime.play import Player, SetUpWaits
from replay.runtime.record import Plan, record
from replay.runtime.relocate import read_lines, relocated
from replay.runtime.scenario import Call, Ending, Scenario, Step
from replay.runtime.stage import opened

__all__ = ["Anything", "Call", "Collaborator", "Plan", "Scenario", "Step", "Store", "check", "held", "record"]

#: Runs along the schedule, where lines leave open where a step ends, and runs near it.
_ALONG = 200
_NEARBY = 400

Load = Callable[[str], ModuleType]


def check(scenario: Scenario, build: Callable[[Load], Any], name: str = "", repo: str | None = None) -> None:
    """Run the scenario on the code; raises AssertionError if it ends as no order of the calls does.

    Raises RuntimeError where the code cannot be replayed, and whatever importing it raises.

    ``build`` makes the object with what ``load(path)`` imports; ``repo`` is the repository where ``CODE2TLA_REPO``
    does not say.
    """
    with opened(scenario.mode, repo) as stage:
        target = stage.target
        first = build(target.load)
        target.keep()
        here = replace(scenario, schedule=relocated(scenario.schedule, read_lines(target.root)))
        player = Player(here, target, stage.clock, stage.chance, lambda: build(target.load), first)
        try:
            found = _search(player, here)
        except SetUpWaits as waits:
            _note(name, {"status": "passed", "why": f"the set-up call {waits} waits for ever here"})
            return
    if found.ending is None:
        _note(
            name,
            {
                "status": "passed",
                "why": "every run ended as some order of the calls does",
                "parted": found.parted,
                "begun": player.begun > 0,
            },
        )
        return
    _note(
        name,
        {
            "status": "failed",
            "exact": found.exact,
            "parted": found.parted,
            "begun": player.begun > 0,
            "outcome": _tell(here, found.ending),
        },
    )
    raise AssertionError(_message(here, found))


@dataclass(frozen=True, slots=True)
class _Found:
    """The first run that is not as it should be (None: there is none), and what serial orders give.

    ``exact``: it followed the schedule; ``parted`` is where runs left the schedule otherwise.
    """

    ending: Ending | None
    serial: list[Ending]
    exact: bool
    parted: str


def _search(player: Player, scenario: Scenario) -> _Found:
    serial = [ending for order in player.orders() for ending in player.serial(order)]
    if [e.key for order in player.orders() for e in player.serial(order)] != [e.key for e in serial]:
        raise RuntimeError("the same calls one after another end differently each time, so endings cannot be compared")
    allowed = {ending.key for ending in serial}

    def wrong(ending: Ending) -> bool:
        if scenario.kind in ("invariant", "assertion"):
            return bool(ending.broken)
        return ending.key not in allowed

    if scenario.kind in ("invariant", "assertion"):
        for ending in serial:
            if wrong(ending):  # a single call at a time is enough
                return _Found(ending, serial, len(scenario.calls) == 1, "it takes no overlap")
    loose: Ending | None = None
    parted = ""
    for number, ending in enumerate(_along(player, scenario)):
        if number == 0 or not ending.parted:
            parted = ending.parted
        if wrong(ending):
            if not ending.parted:
                return _Found(ending, serial, exact=True, parted="")
            loose = loose or ending
    if loose:
        return _Found(loose, serial, exact=False, parted=loose.parted)
    parted = parted or "the real code went along the steps, but ended as an order of the calls does"
    for ending in _nearby(player, scenario):
        if wrong(ending):
            return _Found(ending, serial, exact=False, parted=parted)
    return _Found(None, serial, exact=False, parted=parted)


def _along(player: Player, scenario: Scenario) -> Iterator[Ending]:
    choices = Choices()
    for _ in range(_ALONG):
        guide = Follow(scenario.schedule, choices)
        # what is answered once the run has left the schedule is of no interest
        yield player.overlapping(guide, None, lambda n, guide=guide: 0 if guide.parted else choices.choose(n))  # type: ignore[misc]
        if not choices.next():
            return


def _nearby(player: Player, scenario: Scenario) -> Iterator[Ending]:
    """Other schedules of the same calls: for tasks all, for threads those with few switches and answers at random."""
    names = list(scenario.calls)
    if scenario.mode == "asyncio":
        choices = Choices()
        for _ in range(_NEARBY):
            yield player.overlapping(Explore(choices, names, scenario.cancels), choices, choices.choose)
            if not choices.next():
                return
        return
    answers = random.Random(0)  # noqa: S311 - for sameness, not secrets
    for switches in _switches(player, names):
        for order in permutations(names):
            yield player.overlapping(Switch(order, switches), None, answers.randrange)


def _switches(player: Player, names: Sequence[str]) -> Iterator[Sequence[int]]:
    plain = Switch(names)
    player.overlapping(plain, None, lambda _: 0)
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


def _message(scenario: Scenario, found: _Found) -> str:
    ending = found.ending
    assert ending is not None
    how = "along the counterexample's steps" if found.exact else f"in another order of steps ({found.parted})"
    lines = [f"overlapping, {how}:", f"    {_tell(scenario, ending)}"]
    if ending.broken and scenario.kind in ("invariant", "assertion"):
        lines.append(f"    {ending.broken}")
    lines.append("one after another, the same calls end so:")
    lines += dict.fromkeys(f"    {_tell(scenario, other)}" for other in found.serial)
    return "\n".join(lines)


def _note(name: str, what: dict[str, Any]) -> None:
    if out := os.environ.get("CODE2TLA_REPLAY_OUT"):
        with open(out, "a", encoding="utf-8") as file:  # noqa: PTH123 - appending
            file.write(json.dumps({"test": name, **what}) + "\n")
