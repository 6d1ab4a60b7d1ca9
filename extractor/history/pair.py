"""A file before and after a commit, line against line, and what a difference between the two is."""

from __future__ import annotations

from dataclasses import dataclass

from extractor.history.align import align
from extractor.history.types import Kind
from extractor.history.version import Use, Version


@dataclass(frozen=True, slots=True)
class Difference:
    """One change of one mechanism. ``use`` is its place after the commit; before it where ``kind`` is removed.

    ``old`` and ``new`` are the 1-based lines to quote of either version.
    """

    kind: Kind
    use: Use
    detail: str
    old: tuple[int, ...]
    new: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Pair:
    """A file before and after a commit. ``matched`` gives for each line after its index before, -1 for a new one."""

    before: Version
    after: Version
    matched: tuple[int, ...]

    @classmethod
    def of(cls, before: Version, after: Version) -> Pair:
        """The two versions with their lines aligned."""
        return cls(before, after, tuple(align(before.lines, after.lines)))

    def is_gone(self, line: int) -> bool:
        """Whether a 1-based line of the version before has no line after."""
        return line - 1 not in self.matched

    def is_new(self, line: int) -> bool:
        """Whether a 1-based line of the version after was not there before."""
        return self.matched[line - 1] < 0
