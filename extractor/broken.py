"""What a parse could not make sense of, and how to read the rest.

tree-sitter puts what it can't parse into ERROR nodes. Unbalanced brackets by the thousand make one flat node with as
many children, on which a query takes time with the square of their number: such a node is stepped over.
"""

from __future__ import annotations

from collections.abc import Iterator

import tree_sitter

_FLAT = 1_000


def faults(root: tree_sitter.Node) -> Iterator[tuple[int, int, str | None]]:
    """(start, end, None) of each outermost ERROR, and (start, end, what) where something is missing; any order."""
    stack = [root] if root.has_error else []
    while stack:
        node = stack.pop()
        if node.type == "ERROR":
            yield node.start_byte, node.end_byte, None
        elif node.is_missing:
            yield node.start_byte, node.end_byte, node.type
        else:
            stack.extend(child for child in node.children if child.has_error or child.is_missing)


def readable_parts(root: tree_sitter.Node) -> list[tree_sitter.Node]:
    """The nodes that hold all that a query can read in good time: the root, or what is around flat ERRORs."""
    if not root.has_error:
        return [root]
    parts = _parts(root)
    return [root] if parts is None else parts


def _parts(root: tree_sitter.Node) -> list[tree_sitter.Node] | None:
    """The parts around flat ERROR nodes; None when there is none."""
    around: list[tree_sitter.Node] = []
    path_of: list[tuple[tree_sitter.Node, int]] = [(root, -1)]
    spoilt: set[int] = set()
    order: list[int] = [0]
    while order:
        place = order.pop()
        node, _ = path_of[place]
        if node.type == "ERROR" and node.child_count > _FLAT:
            while place >= 0 and place not in spoilt:
                spoilt.add(place)
                place = path_of[place][1]
            continue
        for child in node.children:
            if child.has_error:
                path_of.append((child, place))
                order.append(len(path_of) - 1)
    if not spoilt:
        return None
    for place in sorted(spoilt):
        node, _ = path_of[place]
        inner = {path_of[other][0].id for other in spoilt if path_of[other][1] == place}
        around.extend(child for child in node.named_children if child.id not in inner and not _is_flat(child))
    return around


def _is_flat(node: tree_sitter.Node) -> bool:
    return node.type == "ERROR" and node.child_count > _FLAT
