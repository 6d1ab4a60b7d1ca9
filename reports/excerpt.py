"""Which lines of a file to show around the lines that matter: whole functions where they are short."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

# A function up to this many lines is shown whole; of a longer one its head and what surrounds the lines.
_WHOLE = 36
_AROUND = 4
_HEAD_SEARCH = 400

_HEAD = re.compile(r"^\s*(?:[\w<>\[\], ]+ )?(?:async\s+)?(?:def|class|func|fn|function|impl)\b")


def excerpt(lines: Sequence[str], wanted: Iterable[int]) -> list[tuple[int, int]]:
    """Return sorted, disjoint runs of 1-based lines, both ends inclusive, that hold every ``wanted`` line."""
    shown: set[int] = set()
    for line in set(wanted):
        if not 1 <= line <= len(lines):
            continue
        first, last = _function(lines, line)
        if first and last - first < _WHOLE:
            shown.update(range(first, last + 1))
        else:
            shown.update({first} if first else set())
            shown.update(range(max(1, line - _AROUND), min(len(lines), line + _AROUND) + 1))
    runs: list[tuple[int, int]] = []
    for line in sorted(shown):
        # A gap of one or two lines costs as much room as the sign that stands for it.
        if runs and line - runs[-1][1] <= 3:
            runs[-1] = (runs[-1][0], line)
        else:
            runs.append((line, line))
    return runs


def indent(lines: Sequence[str], first: int, last: int) -> int:
    """Return how many leading columns the lines from ``first`` to ``last`` share."""
    depths = [_depth(lines[n - 1]) for n in range(first, last + 1) if lines[n - 1].strip()]
    return min(depths, default=0)


def _function(lines: Sequence[str], line: int) -> tuple[int, int]:
    """First and last line of the innermost function around ``line``, by indentation; (0, 0) if there is none."""
    if _HEAD.match(lines[line - 1]):
        head = line
    else:
        depth = _depth(lines[line - 1])
        head = 0
        for number in range(line - 1, max(0, line - _HEAD_SEARCH), -1):
            text = lines[number - 1]
            if not text.strip() or _depth(text) >= depth:
                continue
            depth = _depth(text)
            if _HEAD.match(text):
                head = number
                break
        if not head:
            return 0, 0
    depth = _depth(lines[head - 1])
    last = head
    for number in range(head + 1, min(len(lines), head + _HEAD_SEARCH) + 1):
        text = lines[number - 1]
        if text.strip():
            if _depth(text) <= depth and not text.lstrip().startswith((")", "}", "]")):
                break
            last = number
    return head, last


def _depth(text: str) -> int:
    expanded = text.expandtabs(4)
    return len(expanded) - len(expanded.lstrip())
