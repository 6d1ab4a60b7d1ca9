"""Who runs next along the schedule of a counterexample."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from replay.runtime.choices import Choices
from replay.runtime.guide import Board, Place
from replay.runtime.scenario import Step


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


def _within(path: str, line: int, step: Step) -> bool:
    return path == step.path and any(a <= line <= b for a, b in step.lines)


def _at(step: Step) -> str:
    return f"{step.path}:{step.lines[0][0]}" if step.lines else f"a line reading {step.text!r}"
