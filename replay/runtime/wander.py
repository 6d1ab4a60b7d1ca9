"""A guide that lets calls take turns at random, and writes down what each turn changed."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from replay.runtime.describe import Json
from replay.runtime.guide import Board, Place

#: Chances of handing over at a point; each schedule has one of them, so that some have few switches and some many.
_RESTLESS = (0.1, 0.3, 0.6)
_CANCEL, _TICK = 0.2, 0.15


@dataclass(frozen=True, slots=True)
class Change:
    """Variables that changed, with their new values, between two places of one call: ``line`` to ``until``.

    A line is 0 where it is not known: before the first place and after the last.
    """

    values: Mapping[str, Json]
    path: str
    line: int
    until: int


@dataclass(slots=True)
class Slice:
    """One turn: what ``who`` changed until somebody else went on ("": time passed)."""

    who: str
    changes: list[Change] = field(default_factory=list)


class Wander:
    """Chooses at random with ``rng``; ``look`` gives the variables' values now, ``slices`` receives the turns.

    At most ``cancels`` of the calls ``names`` are cancelled, and time passes at most ``ticks`` times.
    """

    parted = ""

    def __init__(
        self,
        rng: random.Random,
        look: Callable[[], Mapping[str, Json]],
        slices: list[Slice],
        names: Sequence[str],
        cancels: int = 0,
        ticks: int = 0,
    ) -> None:
        self._rng = rng
        self._look = look
        self._slices = slices
        self._names = names
        self._cancels, self._ticks = cancels, ticks
        self._restless = rng.choice(_RESTLESS)
        self._last = dict(look())
        self._stood: dict[str, Place] = {}
        self._current = ""

    def pick(self, current: str, place: Place | None, able: Sequence[str], board: Board) -> str:
        """As Guide.pick."""
        self._note(current, place)
        if self._ticks and self._rng.random() < _TICK:
            self._ticks -= 1
            self._slices.append(Slice(""))
            board.tick()
            self._note("", None)
            self._current = ""
        waiting = [name for name in self._names if self._cancels and board.waiting(name)]
        if waiting and self._rng.random() < _CANCEL:
            self._cancels -= 1
            cancelled = self._rng.choice(waiting)
            board.cancel(cancelled)
            return self._turn(cancelled)
        others = [name for name in able if name != current]
        if current in able and (not others or self._rng.random() > self._restless):
            return self._turn(current)
        return self._turn(self._rng.choice(others))

    def stuck(self, board: Board) -> bool:
        """As Guide.stuck."""
        self._note(self._current, None)
        waiting = [name for name in self._names if self._cancels and board.waiting(name)]
        if not waiting or self._rng.random() < _CANCEL:
            return False
        self._cancels -= 1
        return board.cancel(self._rng.choice(waiting))

    def _turn(self, who: str) -> str:
        if who != self._current or not self._slices:
            self._slices.append(Slice(who.partition(".")[0]))  # a call answers for the threads that it started
        self._current = who
        return who

    def _note(self, who: str, place: Place | None) -> None:
        now = dict(self._look())
        changed = {name: value for name, value in now.items() if value != self._last.get(name)}
        self._last = now
        before = self._stood.get(who)
        if changed and self._slices:
            at = before or place
            self._slices[-1].changes.append(
                Change(changed, at.path if at else "", before.line if before else 0, place.line if place else 0)
            )
        if place is not None:
            self._stood[who] = place
