"""Who runs next: what a guide is asked and may do, and those that go through schedules with few switches, or all."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from replay.runtime.choices import Choices


@dataclass(frozen=True, slots=True)
class Place:
    """Where a call stands: about to touch something on a line, or suspended there.

    ``stores``: it is about to write what the line has computed. ``moment`` is ``before`` or ``after`` the effect of
    an awaited call on a stand-in, else "". ``follows`` is the line of code after it, 0 if unknown.
    """

    path: str
    line: int
    stores: bool = False
    moment: str = ""
    follows: int = 0


class Board(Protocol):
    """What a guide may ask of the run, and what it may do to it besides choosing who runs."""

    def runnable(self, process: str) -> bool:
        """Whether the call can go on now."""
        ...

    def done(self, process: str) -> bool:
        """Whether the call has ended."""
        ...

    def waiting(self, process: str) -> bool:
        """Whether the call has begun and not ended."""
        ...

    def stands(self, process: str) -> Place | None:
        """The last line of the target that the call, which cannot go on, has come to."""
        ...

    def cancel(self, process: str) -> bool:
        """Cancel the call; False if it has ended."""
        ...

    def time_out(self, process: str) -> bool:
        """End the call's wait by its time limit; False if it does not wait with one."""
        ...

    def tick(self) -> None:
        """Let time pass."""
        ...

    def between(self) -> None:
        """Nobody is inside a step: invariants must hold."""
        ...


class Guide(Protocol):
    """Chooses who runs next."""

    def pick(self, current: str, place: Place | None, able: Sequence[str], board: Board) -> str:
        """One of ``able`` (never empty); ``current`` stands at ``place``, or cannot go on (None)."""
        ...

    def stuck(self, board: Board) -> bool:
        """Nobody can go on: whether something from outside was done about it."""
        ...


class Switch:
    """Runs each call as long as it can, but switches at the given points, counted from 1; ``order`` breaks ties.

    Few switches find most races (CHESS, Musuvathi and Qadeer, PLDI 2007). ``points`` counts them. Threads that a call
    started come right after it, or ``late``: after all calls.
    """

    parted = ""

    def __init__(self, order: Sequence[str], switches: Sequence[int] = (), late: bool = False) -> None:
        self._order = order
        self._late = late
        self._switches = frozenset(switches)
        self.points = 0

    def pick(
        self,
        current: str,
        place: Place | None,  # noqa: ARG002 - every guide is asked alike
        able: Sequence[str],
        board: Board,  # noqa: ARG002
    ) -> str:
        """As Guide.pick."""
        ranked = sorted(able, key=self._rank)
        if current not in able:
            return ranked[0]
        self.points += 1
        if self.points in self._switches:
            later = [p for p in ranked if self._rank(p) > self._rank(current)]
            return (later + [p for p in ranked if p != current] + [current])[0]
        return current

    def _rank(self, name: str) -> tuple[bool, int, str]:
        """Threads that a call started come right after it, or after all calls; those of the set-up come first."""
        call = name.partition(".")[0]
        return self._late and name != call, self._order.index(call) if call in self._order else -1, name

    def stuck(self, board: Board) -> bool:  # noqa: ARG002 - every guide is asked alike
        """As Guide.stuck."""
        return False


class Explore:
    """Every order, one a run: ``choices`` decides at each point, and when at most ``cancels`` calls are cancelled."""

    parted = ""

    def __init__(self, choices: Choices, names: Sequence[str], cancels: int = 0) -> None:
        self._choices = choices
        self._names = names
        self._cancels = cancels

    def pick(
        self,
        current: str,
        place: Place | None,  # noqa: ARG002 - every guide is asked alike
        able: Sequence[str],
        board: Board,
    ) -> str:
        """As Guide.pick."""
        ranked = sorted(able, key=lambda name: (name != current, self._names.index(name)))
        waiting = [name for name in self._names if self._cancels and board.waiting(name)]
        choice = self._choices.choose(len(ranked) + len(waiting))
        if choice < len(ranked):
            return ranked[choice]
        self._cancels -= 1
        board.cancel(waiting[choice - len(ranked)])
        return waiting[choice - len(ranked)]

    def stuck(self, board: Board) -> bool:
        """As Guide.stuck."""
        waiting = [name for name in self._names if self._cancels and board.waiting(name)]
        choice = self._choices.choose(len(waiting) + 1)
        if choice == 0:
            return False
        self._cancels -= 1
        return board.cancel(waiting[choice - 1])
