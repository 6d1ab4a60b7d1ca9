"""Small changes to a specification, made on its parse tree: what a mistake, or a mechanism left out, looks like."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import zip_longest

from tree_sitter import Node

from tlc_runner.audit.borrow import Loans, answered, loans
from tlc_runner.audit.nodes import Module, conjuncts, expression, meant, symbol, walk
from tlc_runner.audit.syntax import Definition, Tree
from tlc_runner.audit.types import Mutation

#: Each kind, those that tell most first.
KINDS = (
    "remove-lock",
    "drop-guard",
    "drop-effect",
    "negate-condition",
    "swap-effect",
    "shift-constant",
    "add-effect",
)
_LOCKS = re.compile(r"(?<![bc])lock|mutex|latch|semaphore|lease|owner|holder|held|permit|token", re.IGNORECASE)
_SWAPS = {"plus": "-", "minus": "+", "cup": "\\", "setminus": "\\cup", "cap": "\\cup"}
_BORDERS = {"lt": "<=", "leq": "<", "gt": ">=", "geq": ">"}
_WORD = re.compile(r"[A-Za-z_]\w*")


def mutations(
    tree: Tree,
    definitions: Iterable[Definition],
    first: Mapping[str, str],
    at_most: int,
    answering: frozenset[str] = frozenset(),
) -> list[Mutation]:
    """Mutations of ``definitions``, numbered from 1: at most so many, taken in turn from each kind and definition.

    ``first`` are the first values of variables, as text; ``answering`` the operators whose last argument is what comes
    of a call.
    """
    found: dict[tuple[str, str, str], list[Mutation]] = {}
    chosen_from = sorted(definitions, key=lambda d: (d.module.name, d.node.start_byte))
    effects = [
        (d, name, right)
        for d in chosen_from
        for part in walk(d.body)
        if (name := assigned(tree, d.module, part)) and (right := part.child_by_field_name("rhs"))
    ]
    again = {name: text for name, text in first.items() if name in {name for _, name, _ in effects}}
    lent = loans(tree, chosen_from, effects, set(answering))
    for definition in chosen_from:
        for made in _Finder(tree, definition, again, lent, answering).all():
            found.setdefault((made.kind, made.module, made.action), []).append(made)
    order = sorted(found, key=lambda key: KINDS.index(key[0]))
    chosen: list[Mutation] = []
    for turn in zip_longest(*(found[key] for key in order)):
        chosen += [made for made in turn if made is not None]
    distinct = {(m.module, m.start, m.end, m.pieces): m for m in reversed(chosen[: at_most * 2])}
    kept = sorted(list(distinct.values())[::-1][:at_most], key=lambda m: (m.module, m.start, -m.end))
    return [replace(made, number=number) for number, made in enumerate(kept, 1)]


@dataclass(frozen=True)
class _Finder:
    """The mutations of one definition."""

    tree: Tree
    definition: Definition
    first: Mapping[str, str]
    lent: Loans
    answering: frozenset[str]

    @property
    def module(self) -> Module:
        return self.definition.module

    def all(self) -> Iterator[Mutation]:
        if self.tree.is_step(self.module, self.definition.body):
            yield from self._formula(self.definition.body)
        else:
            yield from self._value(self.definition.body)

    def _formula(self, node: Node, *, lone: bool = True) -> Iterator[Mutation]:
        """A formula about a step; ``lone``: not one of several conjuncts."""
        if not self.tree.is_step(self.module, node):
            for part in conjuncts(node):
                yield from self._guard(part, lone=lone and part is node)
        elif node.type == "if_then_else":
            yield from self._branches(node)
        elif node.type in ("bounded_quantification", "let_in", "parentheses"):
            inner = node.child_by_field_name("expression")
            yield from self._formula(inner or expression(node), lone=lone or inner is not None)
        elif (parts := _parts(node)) is not None:
            for part in parts:
                yield from self._formula(part, lone=node.type == "disj_list" or symbol(node) == "lor")
        elif (variable := assigned(self.tree, self.module, node)) is not None:
            yield from self._effect(node, variable)
        elif symbol(node) == "unchanged":
            yield from self._spurious(node)
        elif node.type == "bound_op":
            for argument in node.children_by_field_name("parameter"):
                if argument.is_named:
                    yield from self._value(argument)
            yield from self._answer(node)

    def _guard(self, node: Node, *, lone: bool) -> Iterator[Mutation]:
        if node.type == "boolean":
            return
        if not lone:
            yield self._make(self._guard_kind(node), node, ("TRUE",))
        yield self._make("negate-condition", node, ("~(", (node.start_byte, node.end_byte), ")"))
        yield from self._value(node)

    def _branches(self, node: Node) -> Iterator[Mutation]:
        condition = node.child_by_field_name("if")
        if condition is not None:
            yield self._make("negate-condition", condition, ("~(", (condition.start_byte, condition.end_byte), ")"))
            yield from self._value(condition)
        for branch in ("then", "else"):
            if (part := node.child_by_field_name(branch)) is not None:
                yield from self._formula(part)

    def _answer(self, node: Node) -> Iterator[Mutation]:
        """A call ends in what another one ends in."""
        answer = answered(self.definition, node, set(self.answering))
        if answer is not None:
            for other in self.lent.other_answers(self.definition, self.module.read(answer)):
                yield self._make("swap-effect", answer, (other,))

    def _spurious(self, node: Node) -> Iterator[Mutation]:
        """A step that should leave a variable alone sets it to its first value, or does to it what another does."""
        kept = self._kept(node)
        again = [(name, self.first[name]) for name in kept if name in self.first][:1]
        for name in kept:
            if (text := self.lent.effect(name, self.definition, self.first.get(name, ""))) is not None:
                again.append((name, text))
        for name, text in again:
            others = ", ".join(other for other in kept if other != name)
            frame = f" /\\ UNCHANGED <<{others}>>" if others else ""
            yield self._make("add-effect", node, (f"({name}' = ({text}){frame})",))

    def _kept(self, node: Node) -> list[str]:
        """The variables that an UNCHANGED names, itself or through one definition."""
        names: list[str] = []
        scope = self.tree.seen_from(self.module.name)
        for part in walk(node):
            if part.type == "identifier_ref":
                name = self.module.read(part)
                inner = scope.get(name)
                names += [name] if inner is None else [inner.module.read(n) for n in walk(inner.body)]
        return [name for name in dict.fromkeys(names) if name in self.tree.variables]

    def _effect(self, node: Node, variable: str) -> Iterator[Mutation]:
        right = node.child_by_field_name("rhs")
        if right is None or self.module.read(right).strip() == variable:
            return
        yield self._make("drop-effect", node, (f"{variable}' = {variable}",))
        yield from self._value(right, effect=True)

    def _value(self, node: Node, *, effect: bool = False) -> Iterator[Mutation]:
        """An expression within a formula; ``effect``: of a variable's next value."""
        for part in walk(node):
            kind = symbol(part) if part.type == "bound_infix_op" else part.type
            if kind == "nat_number" and not _is_index(part):
                yield self._make("shift-constant", part, (str(int(self.module.read(part)) + 1),))
            elif kind == "boolean":
                turned = "FALSE" if self.module.read(part) == "TRUE" else "TRUE"
                yield self._make("shift-constant", part, (turned,))
            elif kind == "string" and effect and (other := self._other_string(part)):
                yield self._make("swap-effect", part, (other,))
            elif kind in _SWAPS or kind in _BORDERS:
                sign = part.child_by_field_name("symbol")
                if sign is not None:
                    made = "swap-effect" if kind in _SWAPS else "shift-constant"
                    yield self._make(made, sign, (_SWAPS.get(kind) or _BORDERS[kind],), whole=part)
            elif kind == "if_then_else" and (condition := part.child_by_field_name("if")) is not None:
                span = (condition.start_byte, condition.end_byte)
                yield self._make("negate-condition", condition, ("~(", span, ")"))
            elif kind == "bound_op" and (turned := self._turned_append(part)):
                yield self._make("swap-effect", part, (turned,))

    def _other_string(self, node: Node) -> str:
        """Another string literal of the module, the next one in alphabetical order."""
        literals = sorted({self.module.read(n) for n in walk(self.module.node) if n.type == "string"})
        mine = self.module.read(node)
        return literals[(literals.index(mine) + 1) % len(literals)] if len(literals) > 1 else ""

    def _turned_append(self, node: Node) -> str:
        name = node.child_by_field_name("name")
        arguments = [n for n in node.children_by_field_name("parameter") if n.is_named]
        if name is None or self.module.read(name) != "Append" or len(arguments) != 2:
            return ""
        sequence, item = (" ".join(self.module.read(n).split()) for n in arguments)
        return f"(<<{item}>> \\o {sequence})"

    def _guard_kind(self, node: Node) -> str:
        """``remove-lock`` for what waits for a variable that this definition also takes: a lock by name or by use."""
        words = set(_WORD.findall(self.module.read(node)))
        for variable in words & set(self.tree.variables):
            if not _LOCKS.search(variable):
                continue
            for part in walk(self.definition.body):
                if assigned(self.tree, self.module, part) == variable:
                    return "remove-lock"
        return "drop-guard"

    def _make(
        self, kind: str, node: Node, pieces: tuple[str | tuple[int, int], ...], whole: Node | None = None
    ) -> Mutation:
        if whole is not None:  # only a whole expression can be replaced by a choice between two
            pieces = (
                "(",
                (whole.start_byte, node.start_byte),
                *pieces,
                (node.end_byte, whole.end_byte),
                ")",
            )
            node = whole
        return Mutation(
            number=0,
            kind=kind,
            module=self.module.name,
            action=self.definition.name,
            start=node.start_byte,
            end=node.end_byte,
            pieces=pieces,
            dropped=self.module.read(node),
            line=node.start_point[0] + 1,
        )


def assigned(tree: Tree, module: Module, node: Node) -> str | None:
    """The variable that a formula gives its next value, by equality or as a member of a set."""
    left = node.child_by_field_name("lhs") if node.type == "bound_infix_op" else None
    if left is None or symbol(node) not in ("eq", "in") or left.type != "bound_postfix_op":
        return None
    name = module.read(left.child_by_field_name("lhs") or left)
    return name if symbol(left) == "prime" and name in tree.variables else None


def first_values(tree: Tree, definitions: Iterable[Definition]) -> dict[str, str]:
    """The text of what each variable equals in the initial predicate, on one line and without names of its own.

    A name that it binds could be taken where the text is put.
    """
    found: dict[str, str] = {}
    for definition in definitions:
        for part in conjuncts(definition.body):
            left, right = part.child_by_field_name("lhs"), part.child_by_field_name("rhs")
            if symbol(part) == "eq" and left is not None and right is not None and left.type == "identifier_ref":
                text = definition.module.read(right)
                binds = any(n.type == "quantifier_bound" for n in walk(right))
                if definition.module.read(left) in tree.variables and "\n" not in text and not binds:
                    found.setdefault(definition.module.read(left), text)
    return found


def _parts(node: Node) -> list[Node] | None:
    """The formulas that a conjunction, disjunction or CASE joins; None for anything else."""
    if node.type in ("conj_list", "disj_list"):
        return [expression(item) for item in meant(node)]
    if node.type == "bound_infix_op" and symbol(node) in ("land", "lor"):
        return [part for side in ("lhs", "rhs") if (part := node.child_by_field_name(side)) is not None]
    if node.type == "case":
        return [expression(arm) for arm in meant(node) if arm.type in ("case_arm", "other_arm")]
    return None


def _is_index(node: Node) -> bool:
    """Whether a number picks an item: of a tuple that is known to have it, but not one more."""
    parent = node.parent
    return parent is not None and parent.type in ("except_update_fn_appl", "function_evaluation")


def mutated(text: bytes, mutation: Mutation) -> str:
    """The module with this one change, as a person would make it."""
    made = b"".join(p.encode() if isinstance(p, str) else text[p[0] : p[1]] for p in mutation.pieces)
    return (text[: mutation.start] + made + text[mutation.end :]).decode("utf-8", "replace")


def diff(text: bytes, mutation: Mutation) -> str:
    """The change as a unified diff of the module, without lines around it."""
    before, after = text.decode("utf-8", "replace").splitlines(), mutated(text, mutation).splitlines()
    name = f"{mutation.module}.tla"
    return "\n".join(line.rstrip() for line in difflib.unified_diff(before, after, name, name, n=0, lineterm=""))
