"""Nodes of a parse tree: what is below one, the parts that mean something, and a formula's text."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from tree_sitter import Node

_ORNAMENTS = frozenset({"comment", "block_comment", "bullet_conj", "bullet_disj"})


@dataclass(frozen=True, eq=False)
class Module:
    """One module: its text as bytes, and its tree."""

    name: str
    text: bytes
    node: Node

    def read(self, node: Node) -> str:
        """The text of a node."""
        return self.text[node.start_byte : node.end_byte].decode("utf-8", "replace")


def walk(node: Node) -> Iterator[Node]:
    """``node`` and everything below it, in the order of the text, comments left out."""
    todo = [node]
    while todo:
        current = todo.pop()
        if current.type in ("comment", "block_comment"):
            continue
        yield current
        todo += reversed(current.children)


def conjuncts(node: Node) -> Iterator[Node]:
    """The conjuncts of a formula, however they are written; a formula that is none is its own only one."""
    if node.type == "conj_list":
        for item in node.named_children:
            if item.type == "conj_item":
                yield from conjuncts(expression(item))
    elif node.type == "bound_infix_op" and symbol(node) == "land":
        for side in ("lhs", "rhs"):
            if (part := node.child_by_field_name(side)) is not None:
                yield from conjuncts(part)
    elif node.type == "parentheses" and len(meant(node)) == 1:
        yield from conjuncts(meant(node)[0])
    else:
        yield node


def expression(item: Node) -> Node:
    """The formula of an item of a conjunction or disjunction list."""
    return meant(item)[-1]


def symbol(node: Node) -> str:
    """The kind of an operator application's symbol (``land``, ``eq``, ``prime``), "" where it has none."""
    found = node.child_by_field_name("symbol")
    return found.type if found is not None else ""


def meant(node: Node) -> list[Node]:
    """The parts of a node that mean something: no comments, no bullets."""
    return [n for n in node.named_children if n.type not in _ORNAMENTS]


def one_line(text: str) -> str:
    """``text`` on one line, to be shown."""
    return " ".join(text.split())


def in_place(module: Module, node: Node) -> str:
    """A formula's text so that it can stand anywhere: one of several lines keeps its columns, which lists lean on."""
    text = module.read(node)
    return f"\n{margin(module, node.start_byte)}{text}\n" if "\n" in text else text


def margin(module: Module, at: int) -> str:
    """White space as wide as what stands before byte ``at`` on its line; tabs stay tabs."""
    start = module.text.rfind(b"\n", 0, at) + 1
    before = module.text[start:at].decode("utf-8", "replace")
    return "".join("\t" if character == "\t" else " " for character in before)
