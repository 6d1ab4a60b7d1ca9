"""How deep a file's syntax is nested: too deep, and whoever reads the text recursively runs out of stack.

Walking every node would cost as much as the parse. A nesting needs text: brackets inside brackets, indentation, or a
long chain of operators or calls; so first the bytes are looked at, and only a suspicious file's tree is walked,
leaving out every subtree with fewer bytes than the levels it would need.
"""

from __future__ import annotations

import tree_sitter

_BRACKETS = b"()[]{}"
_OTHERS = bytes(set(range(256)) - set(_BRACKETS))
# A chain of operators or calls on one line makes the line long; over many lines, these begin or end them.
_GOING_ON = (b"\n+", b"+\n", b"\nor", b"or\n", b"\nand", b"and\n", b"\n.")

#: Levels beyond which tree-sitter's query cursor, which counts them in 16 bits, goes astray.
UNREADABLE = 60_000


def too_deep(source: bytes, longest: int, root: tree_sitter.Node, bound: int) -> tuple[int, int] | None:
    """(line, levels) where syntax first goes deeper than ``bound`` levels, and how deep it gets; else None.

    ``longest`` is the length of the longest line in bytes.
    """
    if not _suspicious(source, longest, bound):
        return None
    cursor = root.walk()
    level = 0
    deepest: tuple[int, int] | None = None
    while True:
        node = cursor.node
        assert node is not None
        if level > bound and (deepest is None or level > deepest[1]):
            line = deepest[0] if deepest else node.start_point[0] + 1
            deepest = (line, level)
        worth = node.end_byte - node.start_byte >= bound - level
        if worth and cursor.goto_first_child():
            level += 1
            continue
        while not cursor.goto_next_sibling():
            if not cursor.goto_parent():
                return deepest
            level -= 1


def _suspicious(source: bytes, longest: int, bound: int) -> bool:
    if len(source) < bound:
        return False
    if longest > 2 * bound:
        return True
    some = bound // 4
    if b"\n" + b" " * some in source or b"\n" + b"\t" * some in source:
        return True
    brackets = source.translate(None, _OTHERS)
    for _ in range(some):
        smaller = brackets.replace(b"()", b"").replace(b"[]", b"").replace(b"{}", b"")
        if len(smaller) == len(brackets):
            break
        brackets = smaller
    if len(brackets) > some:  # still nested, or too many in strings and comments to tell
        return True
    unindented = source.translate(None, b" \t\\")
    return any(unindented.count(sign) > bound // 8 for sign in _GOING_ON)
