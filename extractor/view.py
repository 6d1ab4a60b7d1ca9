"""One parsed file as its providers see it: captures as byte ranges, lines, and which definition owns a place.

Touching a syntax node from Python is dear, a pair of numbers is cheap: providers work on sorted byte
ranges and the source bytes, and ask for nodes only where they are few.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from functools import partial
from itertools import accumulate
from operator import attrgetter
from typing import Any

import tree_sitter

Range = tuple[int, int]

_by_start = attrgetter("start_byte")
_bounds = attrgetter("start_byte", "end_byte")


class FileView:
    """``data``: UTF-8, newline line ends. ``lengths``: of its lines. ``made``: what earlier providers made."""

    __slots__ = ("_captures", "_line_starts", "_names", "_owner_of", "_owner_starts", "_ranges", "data", "made", "root")

    def __init__(
        self, data: bytes, lengths: list[int], root: tree_sitter.Node, captures: dict[str, list[tree_sitter.Node]]
    ) -> None:
        self.data = data
        self.root = root
        self.made: dict[str, Any] = {}
        self._captures = captures
        self._ranges: dict[str, list[Range]] = {}
        self._names: dict[bytes, str] = {}
        self._line_starts = [0, *accumulate(map((1).__add__, lengths))]
        self._owner_starts: Sequence[int] = (0,)
        self._owner_of: Sequence[int] = (-1,)

    def nodes(self, capture: str) -> list[tree_sitter.Node]:
        """The captured nodes in source order."""
        return sorted(self._captures.get(capture, ()), key=_by_start)

    def ranges(self, capture: str) -> list[Range]:
        """The captured byte ranges in source order; of those with one start, the shorter first."""
        found = self._ranges.get(capture)
        if found is None:
            found = self._ranges[capture] = sorted(map(_bounds, self._captures.get(capture, ())))
        return found

    def captured(self, prefix: str) -> list[tuple[str, tree_sitter.Node]]:
        """The nodes of all captures whose name begins with ``prefix``, with the rest of that name; in no order."""
        return [
            (name.removeprefix(prefix), node)
            for name, nodes in self._captures.items()
            if name.startswith(prefix)
            for node in nodes
        ]

    def line(self, offset: int) -> int:
        """The 1-based line of a byte."""
        return bisect_right(self._line_starts, offset)

    def last_line(self, end: int) -> int:
        """The 1-based line of the last byte before ``end``."""
        return bisect_right(self._line_starts, end - 1 if end else 0)

    def span(self, start: int, end: int) -> tuple[int, int]:
        """First and last line of the bytes between two offsets."""
        return self.line(start), self.last_line(end)

    def lines(self, offsets: list[int]) -> list[int]:
        """The 1-based lines of many bytes; an offset just past the end of something is on its last line."""
        starts = self._line_starts
        return list(map(partial(bisect_right, starts), offsets))

    def owners(self, offsets: list[int]) -> list[int]:
        """``owner`` of many bytes."""
        starts, owners = self._owner_starts, self._owner_of
        if len(starts) == 1:
            return [owners[0]] * len(offsets)
        return list(map([-1, *owners].__getitem__, map(partial(bisect_right, starts), offsets)))

    def line_start(self, line: int) -> int:
        """The byte at which a 1-based line starts."""
        return self._line_starts[line - 1]

    def text_at(self, line: int) -> str:
        """A 1-based line, without what surrounds it."""
        start = self.line_start(line)
        end = self.data.find(b"\n", start)
        return self.text(start, len(self.data) if end < 0 else end).strip()

    def text(self, start: int, end: int) -> str:
        """The source between two bytes, as it stands."""
        return self.data[start:end].decode()

    def text_of(self, node: tree_sitter.Node, limit: int) -> str:
        """The first ``limit`` bytes of a node's source."""
        return self.data[node.start_byte : min(node.end_byte, node.start_byte + limit)].decode(errors="ignore")

    def name(self, start: int, end: int) -> str:
        """The source between two bytes on one line, shared between its many uses."""
        return self.spelled(self.data[start:end])

    def spelled(self, raw: bytes) -> str:
        """``raw`` on one line and at most 120 characters, shared between its many uses."""
        text = self._names.get(raw)
        if text is None:
            text = self._names[raw] = one_line(raw.decode())
        return text

    def set_owners(self, bodies: Sequence[tuple[int, int, int]]) -> None:
        """Tell which definition owns which bytes: (start, end, definition), sorted by start, properly nested."""
        starts, owners = [0], [-1]
        stack: list[tuple[int, int]] = [(len(self.data) + 1, -1)]
        for start, end, owner in bodies:
            while stack[-1][0] <= start:
                closed, _ = stack.pop()
                starts.append(closed)
                owners.append(stack[-1][1])
            starts.append(start)
            owners.append(owner)
            stack.append((end, owner))
        while len(stack) > 1:
            closed, _ = stack.pop()
            starts.append(closed)
            owners.append(stack[-1][1])
        self._owner_starts, self._owner_of = starts, owners

    def owner(self, offset: int) -> int:
        """The index of the innermost definition whose body holds a byte; -1 for the module."""
        return self._owner_of[bisect_right(self._owner_starts, offset) - 1]


def one_line(text: str, limit: int = 120) -> str:
    """``text`` with runs of white space as one blank, cut at ``limit`` characters."""
    if "\n" in text or "  " in text:
        text = " ".join(text.split())
    return text if len(text) <= limit else text[: limit - 1] + "…"
