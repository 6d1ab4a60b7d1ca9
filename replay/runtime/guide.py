"""Who runs next: along the schedule of a counterexample, or through all schedules with few switches."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from replay.runtime.choices import Choices
from replay.runtime.scenario import Step


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


@dataclass(frozen=True, slots=True)
class Segment:
    """Consecutive steps of one process: what it runs, and the step before which it stops (None: it runs on)."""

    process: str
    last: Step
    goal: Step | None


def segments(schedule: Sequence[Step]) -> list[Segment]:
    """Runs of one process in the schedule, with where each of them stops."""
    out: list[Segment] = []
    for index, step in enumerate(schedule):
        if step.kind == "waits":
            continue
        goal = next((later for later in schedule[index + 1 :] if later.process == step.process), None)
        if out and out[-1].goal is step and step.kind in ("", "write") and schedule[index - 1] is out[-1].last:
            out.pop()  # nobody ran in between
        out.append(Segment(step.process, step, goal))
    return out


class Follow:
    """Takes the steps of the schedule; where lines do not tell where a step ends, ``choices`` decides.

    ``parted`` says in words where the run could not follow, "" while it does.
    """

    def __init__(self, schedule: Sequence[Step], choices: Choices) -> None:
        self.parted = ""
        self._choices = choices
        self._left = segments(schedule)
        self._acted = False
        self._moved = False
        self._seen_effect = False

    def pick(self, current: str, place: Place | None, able: Sequence[str], board: Board) -> str:
        """As Guide.pick."""
        while self._left:
            now = self._left[0]
            if now.last.kind == "tick":
                board.tick()
                self._advance(board)
                continue
            self._outside(now, board)
            if now.process == current and place is not None and self._moved and self._reached(now, place):
                self._advance(board)
                continue
            if now.process in able or board.runnable(now.process):
                self._moved = True
                return now.process
            if helping := [name for name in able if "." in name]:
                return helping[0]  # a thread that the code started, for which the call may wait
            self._part(now, board)
            self._advance(board)
        return current if current in able else able[0]

    def stuck(self, board: Board) -> bool:
        """As Guide.stuck."""
        while self._left:
            now = self._left[0]
            if now.last.kind == "tick":
                board.tick()
            elif now.last.kind in ("cancelled", "timeout") and not self._acted:
                self._outside(now, board)
                return True
            elif not self._acted:
                self._part(now, board)
            self._advance(board)
        return False

    def _outside(self, now: Segment, board: Board) -> None:
        if self._acted or now.last.kind not in ("cancelled", "timeout"):
            return
        self._acted = True
        done = board.cancel(now.process) if now.last.kind == "cancelled" else board.time_out(now.process)
        if not done:
            self.parted = self.parted or f"{now.process} did not wait where it was to be {now.last.kind}"

    def _advance(self, board: Board) -> None:
        self._left.pop(0)
        self._acted = self._moved = self._seen_effect = False
        board.between()

    def _part(self, now: Segment, board: Board) -> None:
        if board.done(now.process):
            if now.goal is not None:
                self.parted = self.parted or f"{now.process} ended before {_at(now.goal)}"
        elif now.goal is None or (now.goal.kind != "waits" and not self._at_goal(now.goal, board.stands(now.process))):
            self.parted = self.parted or f"{now.process} had to wait before {_at(now.goal or now.last)}"

    def _at_goal(self, goal: Step, place: Place | None) -> bool:
        """Whether a call that has to wait does so where its next step begins."""
        if place is None or place.path != goal.path or not goal.lines:
            return False
        return _within(place.path, place.line, goal) or place.follows == goal.lines[0][0]

    def _reached(self, now: Segment, place: Place) -> bool:
        goal = now.goal
        if goal is None:
            return False
        here = _within(place.path, place.line, now.last)
        if place.moment == "after":
            self._seen_effect = True
            return here
        if place.moment == "before":
            return _within(place.path, place.line, goal) and (not here or self._seen_effect)
        if goal.kind == "write":
            return place.stores and _within(place.path, place.line, goal)
        first = goal.lines[0][0] if goal.lines else 0
        if place.follows and place.path == goal.path and place.follows == first and place.line < first:
            return True
        if not _within(place.path, place.line, goal):
            return False
        return not here or self._choices.choose(2) == 0


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


def relocated(schedule: Sequence[Step], read: Callable[[str], Sequence[str]]) -> list[Step]:
    """The schedule on the lines of the files as they are now; a step whose text is gone has no lines."""
    return [_relocate(step, read(step.path)) if step.path else step for step in schedule]


def _relocate(step: Step, lines: Sequence[str]) -> Step:
    first = step.lines[0][0] if step.lines else 0
    if not step.text or (0 < first <= len(lines) and lines[first - 1].strip() == step.text):
        return step
    places = [number for number, line in enumerate(lines, 1) if line.strip() == step.text]
    if not places:
        return Step(step.process, step.path, (), step.text, step.kind)
    moved = min(places, key=lambda number: abs(number - first)) - first
    ranges = tuple((a + moved, b + moved) for a, b in step.lines)
    return Step(step.process, step.path, ranges, step.text, step.kind)


def read_lines(root: Path) -> Callable[[str], list[str]]:
    """Reads files below ``root``; a missing one has no lines."""

    def read(path: str) -> list[str]:
        try:
            return (root / path).read_text(encoding="utf-8", errors="replace").splitlines()
        except OSError:
            return []

    return read


def _within(path: str, line: int, step: Step) -> bool:
    return path == step.path and any(a <= line <= b for a, b in step.lines)


def _at(step: Step) -> str:
    return f"{step.path}:{step.lines[0][0]}" if step.lines else f"a line reading {step.text!r}"
