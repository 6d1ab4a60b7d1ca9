"""A schedule on the lines of the files as they are now, which may have moved since it was found."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from replay.runtime.scenario import Step


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
