"""Depth-first search over the choices of one run: replay a prefix, then take the first option of each choice."""

from __future__ import annotations


class Choices:
    """The choices of the run in progress; ``next`` prepares the following run."""

    def __init__(self) -> None:
        self._prefix: list[int] = []
        self._taken: list[tuple[int, int]] = []

    def choose(self, options: int) -> int:
        """One of ``options`` alternatives, counted from 0."""
        if options <= 1:
            return 0
        depth = len(self._taken)
        choice = self._prefix[depth] if depth < len(self._prefix) else 0
        choice = min(choice, options - 1)
        self._taken.append((choice, options))
        return choice

    def next(self) -> bool:
        """Whether a run is left that differs from all so far."""
        while self._taken and self._taken[-1][0] + 1 == self._taken[-1][1]:
            self._taken.pop()
        if not self._taken:
            return False
        self._prefix = [choice for choice, _ in self._taken[:-1]] + [self._taken[-1][0] + 1]
        self._taken = []
        return True
