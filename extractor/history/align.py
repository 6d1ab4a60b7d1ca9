"""Which line of one version of a file is which line of another: patience diff (Bram Cohen), on lines without indent.

Lines that occur once on both sides are the anchors; between them the same again. Nothing is quadratic in the length
of a file: only short stretches without an anchor are compared line by line.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Sequence
from difflib import SequenceMatcher

_SHORT = 10_000

_Stretch = tuple[int, int, int, int]


def align(before: Sequence[str], after: Sequence[str]) -> list[int]:
    """For each line of ``after`` its index in ``before``, -1 for a new one; indexes only grow. White space is ignored.

    Empty lines are only paired next to others that are.
    """
    old, new = [line.strip() for line in before], [line.strip() for line in after]
    out = [-1] * len(new)
    stack: list[_Stretch] = [(0, len(old), 0, len(new))]
    while stack:
        b0, b1, a0, a1 = stack.pop()
        while b0 < b1 and a0 < a1 and old[b0] == new[a0]:
            out[a0] = b0
            b0, a0 = b0 + 1, a0 + 1
        while b0 < b1 and a0 < a1 and old[b1 - 1] == new[a1 - 1]:
            b1, a1 = b1 - 1, a1 - 1
            out[a1] = b1
        if b0 == b1 or a0 == a1:
            continue
        anchors = _anchors(old, new, (b0, b1, a0, a1))
        if anchors:
            for b, a in anchors:
                out[a] = b
                stack.append((b0, b, a0, a))
                b0, a0 = b + 1, a + 1
            stack.append((b0, b1, a0, a1))
        elif (b1 - b0) * (a1 - a0) <= _SHORT:
            for block in SequenceMatcher(None, old[b0:b1], new[a0:a1], autojunk=False).get_matching_blocks():
                for at in range(block.size):
                    out[a0 + block.b + at] = b0 + block.a + at
    return out


def _anchors(old: Sequence[str], new: Sequence[str], stretch: _Stretch) -> list[tuple[int, int]]:
    """Pairs of lines that occur once on each side, as many as keep their order (longest increasing subsequence)."""
    b0, b1, a0, a1 = stretch
    once_old, once_new = Counter(old[b0:b1]), Counter(new[a0:a1])
    place = {new[a]: a for a in range(a0, a1) if new[a] and once_new[new[a]] == 1}
    pairs = [(b, place[old[b]]) for b in range(b0, b1) if once_old[old[b]] == 1 and old[b] in place]
    tops: list[int] = []
    at: list[int] = []
    back: list[int] = []
    for index, (_, a) in enumerate(pairs):
        where = bisect_left(tops, a)
        tops[where : where + 1] = [a]
        at[where : where + 1] = [index]
        back.append(at[where - 1] if where else -1)
    chosen = []
    index = at[-1] if at else -1
    while index >= 0:
        chosen.append(pairs[index])
        index = back[index]
    return chosen[::-1]
