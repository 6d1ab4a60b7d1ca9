"""A file as the tokens that mean something: no comments, no docstrings, no layout but the nesting of blocks."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import PurePosixPath

import tree_sitter

from extractor.languages import SUFFIXES, language_of, reader

#: Nodes whose extent is told by layout alone in some language: without them a statement could leave a block unseen.
_BLOCKS = frozenset({"block"})
#: What stands where such a block begins and where it ends.
INDENT, DEDENT = "\x0e", "\x0f"
_STRINGS = frozenset({"string", "concatenated_string"})


def tokens(path: str, text: str) -> tuple[tuple[int, str], ...]:
    """The tokens of a file in order, each with its 1-based line.

    A file in a language without a grammar here gives its words.
    """
    suffix = PurePosixPath(path).suffix
    if suffix not in SUFFIXES:
        return tuple((number, word) for number, line in enumerate(text.split("\n"), 1) for word in line.split())
    data = text.encode("utf-8", "surrogatepass")
    return tuple(_walk(reader(language_of(suffix, data)).parser.parse(data).root_node))


def _walk(root: tree_sitter.Node) -> Iterator[tuple[int, str]]:
    """Leaves in order, without recursion: nesting is as deep as the target likes."""
    stack: list[tree_sitter.Node | tuple[int, str]] = [root]
    while stack:
        node = stack.pop()
        if isinstance(node, tuple):
            yield node
            continue
        if "comment" in node.type or _is_docstring(node):
            continue
        if not node.child_count or node.type in _STRINGS:
            if node.end_byte > node.start_byte:
                yield node.start_point.row + 1, (node.text or b"").decode("utf-8", "replace")
            continue
        if node.type in _BLOCKS:
            yield node.start_point.row + 1, INDENT
            stack.append((node.end_point.row + 1, DEDENT))
        stack.extend(reversed(node.children))


def _is_docstring(node: tree_sitter.Node) -> bool:
    """A statement that is nothing but a string: it does nothing."""
    return node.type == "expression_statement" and node.child_count == 1 and node.children[0].type in _STRINGS
