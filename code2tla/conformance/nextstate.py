"""The actions of a module's next-state relation, whoever wrote it, each as a formula over the process that moves."""

from __future__ import annotations

import warnings
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import TypeAlias

import tree_sitter_tlaplus
from tree_sitter import Language, Node, Parser

#: Names that quantifiers bind, each with the set that it is from, the outermost first.
Bounds: TypeAlias = tuple[tuple[str, str], ...]

_DEEPEST = 6


@dataclass(frozen=True, slots=True)
class Act:
    """An action where the next-state relation takes it: its text there, and the quantifiers around it."""

    name: str
    text: str
    bounds: Bounds = ()

    def of(self, who: str, surroundings: str, processes: str) -> str:
        """The formula that the process ``who`` takes the action.

        ``who`` is one of the bound names' values. Where none of these is in ``processes``, or there are none, it is the
        surroundings that act.
        """
        nobody = " /\\ ".join([f"{who} = {surroundings}", *(f"{x} \\notin {processes}" for x, _ in self.bounds)])
        mover = " \\/ ".join([*(f"{x} = {who}" for x, _ in self.bounds), f"({nobody})"])
        quantified = "".join(f"\\E {x} \\in {of} : " for x, of in self.bounds)
        return f"{quantified}({mover}) /\\ {self.text}"


def acts(module: str, known: Collection[str], relation: str = "Next") -> tuple[Act, ...]:
    """The actions that ``relation`` is a disjunction of; operators that only lead to ``known`` ones are looked into."""
    definitions = _definitions(module)
    return tuple(dict.fromkeys(_acts(definitions, relation, frozenset(known), (), 0)))


def variables(module: str) -> tuple[str, ...]:
    """The variables that the module declares, in its order."""
    declared = _all(_parsed(module), "variable_declaration")
    return tuple(_text(name) for node in declared for name in node.named_children if name.type == "identifier")


def _definitions(module: str) -> Mapping[str, Node]:
    found = {}
    for node in _all(_parsed(module), "operator_definition"):
        name = next((child for child in node.named_children if child.type == "identifier"), None)
        if name is not None:
            found[_text(name)] = node
    return found


def _acts(
    definitions: Mapping[str, Node], name: str, known: frozenset[str], bounds: Bounds, depth: int
) -> Iterator[Act]:
    body = definitions[name].named_children[-1] if name in definitions else None
    for ref, text, around in _references(body, bounds) if body is not None else ():
        if ref not in definitions:
            continue
        if ref not in known and depth < _DEEPEST and _mentions(definitions[ref], known):
            yield from _acts(definitions, ref, known, around, depth + 1)
        else:
            yield Act(ref, text, around)


def _references(node: Node, bounds: Bounds) -> Iterator[tuple[str, str, Bounds]]:
    """Operators that the formula is made of, with their text and the quantifiers around them."""
    if node.type == "bound_op":
        yield _text(node.named_children[0]), _text(node), bounds
        return
    if node.type == "identifier_ref":
        yield _text(node), _text(node), bounds
        return
    if node.type == "bounded_quantification":
        *heads, body = [child for child in node.named_children if child.type not in ("exists", "forall")]
        for head in heads:
            if head.type == "quantifier_bound":
                of = _text(head.named_children[-1])
                bounds += tuple((_text(x), of) for x in head.named_children if x.type == "identifier")
        yield from _references(body, bounds)
        return
    for child in node.named_children:
        yield from _references(child, bounds)


def _mentions(node: Node, known: frozenset[str]) -> bool:
    return any(_text(ref) in known for ref in _all(node, "identifier_ref"))


def _all(node: Node, kind: str) -> Iterator[Node]:
    if node.type == kind:
        yield node
    for child in node.named_children:
        yield from _all(child, kind)


def _text(node: Node) -> str:
    return (node.text or b"").decode("utf-8")


def _parsed(module: str) -> Node:
    return Parser(_language()).parse(module.encode("utf-8")).root_node


@lru_cache(maxsize=1)
def _language() -> Language:
    with warnings.catch_warnings():  # the grammar's wheel still hands out a number, which the library warns of
        warnings.simplefilter("ignore", DeprecationWarning)
        return Language(tree_sitter_tlaplus.language())
