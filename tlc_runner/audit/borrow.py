"""What definitions do and answer, as text that may stand in another definition: how a mix-up of two actions looks."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from tree_sitter import Node

from tlc_runner.audit.nodes import walk
from tlc_runner.audit.syntax import Definition, Tree

#: What may have no value where it is put: a primed variable, a field, an item, an end of a sequence.
_PARTIAL = re.compile(r"['.]|\w\[|\b(Head|Tail|Front|Last|SubSeq|CHOOSE)\b")
_BINDERS = frozenset({"quantifier_bound", "let_in"})


@dataclass(frozen=True, slots=True)
class Loan:
    """A text of one line and the names in it; ``own`` are those that its definition's parameters give a meaning."""

    text: str
    names: frozenset[str]
    own: frozenset[str]

    def fits(self, definition: Definition) -> bool:
        """Whether the text means something in ``definition``, and means there what it means where it is from."""
        bound = {definition.module.read(n) for n in walk(definition.body) if n.type == "identifier"}
        return self.own <= set(definition.parameters) and not self.names & bound


@dataclass(frozen=True, slots=True)
class Loans:
    """What may be lent: next values by variable, and what comes of a call."""

    effects: Mapping[str, tuple[Loan, ...]]
    answers: tuple[Loan, ...]

    def effect(self, variable: str, definition: Definition, but: str) -> str | None:
        """A next value that another definition gives the variable; none that reads like ``but``."""
        own = _squeezed(definition.module.read(definition.body))
        for loan in self.effects.get(variable, ()):
            if loan.text != but and loan.fits(definition) and f"{variable}'={_squeezed(loan.text)}" not in own:
                return loan.text
        return None

    def other_answers(self, definition: Definition, but: str) -> Iterator[str]:
        """What other calls end in."""
        for loan in self.answers:
            if _squeezed(loan.text) != _squeezed(but) and not loan.own and loan.fits(definition):
                yield loan.text


def loans(
    tree: Tree, definitions: Iterable[Definition], effects: Iterable[tuple[Definition, str, Node]], answering: set[str]
) -> Loans:
    """What ``definitions`` have to lend.

    ``effects`` are their effects: the definition, the variable, the expression of its next value. ``answering`` are the
    operators whose last argument is what comes of a call.
    """
    lent: dict[str, dict[str, Loan]] = {}
    for definition, variable, right in effects:
        if (loan := _loan(definition, right)) is not None and loan.text != variable:
            lent.setdefault(variable, {}).setdefault(loan.text, loan)
    answers: dict[str, Loan] = {}
    for definition in definitions:
        for node in walk(definition.body):
            answer = answered(definition, node, answering)
            loan = _loan(definition, answer) if answer is not None else None
            if loan is not None and not loan.names & set(tree.variables):
                answers.setdefault(loan.text, loan)
    return Loans({name: tuple(found.values()) for name, found in lent.items()}, tuple(answers.values()))


def answered(definition: Definition, node: Node, answering: set[str]) -> Node | None:
    """The last argument, where ``node`` applies one of the operators to some."""
    if node.type != "bound_op" or not answering:
        return None
    name = node.child_by_field_name("name")
    arguments = [n for n in node.children_by_field_name("parameter") if n.is_named]
    if name is None or definition.module.read(name) not in answering or not arguments:
        return None
    return arguments[-1]


def _loan(definition: Definition, node: Node) -> Loan | None:
    text = definition.module.read(node)
    if "\n" in text or _PARTIAL.search(text) or any(n.type in _BINDERS for n in walk(node)):
        return None
    names = frozenset(definition.module.read(n) for n in walk(node) if n.type == "identifier_ref")
    bound = {definition.module.read(n) for n in walk(definition.body) if n.type == "identifier"}
    if names & bound:
        return None
    return Loan(text, names, names & set(definition.parameters))


def _squeezed(text: str) -> str:
    return "".join(text.split())
