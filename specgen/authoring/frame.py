"""What an action says of each variable's next value: the frame condition, and what it reads and writes.

An action is framed if on every branch every variable has a next value, by a prime or by UNCHANGED. Operators that the
action uses are looked into. TLC finds the same while it runs, but only on branches that it reaches.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from tree_sitter import Node

from specgen.authoring.tla import Definition, Module, definition, text_of, walk

_COMPARISONS = frozenset({"eq", "in"})
_BOUND = frozenset({"bounded_quantification", "unbounded_quantification"})


@dataclass(frozen=True, slots=True)
class Framing:
    """``missing``: variables without a next value on some branch; ``reads`` and ``writes``: the module's variables."""

    missing: tuple[str, ...]
    reads: frozenset[str]
    writes: frozenset[str]


def framing(module: Module, action: Definition) -> Framing:
    """What ``action`` does with the variables of ``module``, through the operators that it uses."""
    reader = _Reader(frozenset(module.variables), module.definitions)
    reader.touch(action.body, module.definitions, frozenset(action.parameters))
    assigned = reader.assigned(action.body, module.definitions)
    missing = () if assigned is None else tuple(v for v in module.variables if v not in assigned)
    return Framing(missing, frozenset(reader.reads), frozenset(reader.writes))


#: The variables with a next value; None for a formula that is never true, which has none to give.
_Assigned = frozenset[str] | None


@dataclass(slots=True)
class _Reader:
    variables: frozenset[str]
    definitions: Mapping[str, Definition]
    reads: set[str] = field(default_factory=set)
    writes: set[str] = field(default_factory=set)
    under_way: set[str] = field(default_factory=set)
    touched: set[str] = field(default_factory=set)

    def assigned(self, node: Node, scope: Mapping[str, Definition]) -> _Assigned:
        """The variables that have a next value whenever ``node`` is true."""
        children = node.named_children
        match node.type:
            case "boolean":
                return None if text_of(node) == "FALSE" else frozenset()
            case "parentheses" | "conj_item" | "disj_item" | "label" if children:
                return self.assigned(children[-1], scope)
            case "conj_list":
                return _all(self.assigned(c, scope) for c in children if c.type == "conj_item")
            case "disj_list":
                return _any(self.assigned(c, scope) for c in children if c.type == "disj_item")
            case "if_then_else":
                test, yes, no = (c for c in children if "comment" not in c.type)
                return _all([self.assigned(test, scope), _any([self.assigned(yes, scope), self.assigned(no, scope)])])
            case "case":
                arms = [c for c in children if c.type in ("case_arm", "other_arm")]
                return _any(self.assigned(a.named_children[-1], scope) for a in arms)
            case "let_in":
                local = [definition(c) for c in children if c.type == "operator_definition"]
                return self.assigned(children[-1], {**scope, **{d.name: d for d in local}})
            case "bounded_quantification":
                exists = any(c.type == "exists" for c in children)
                return self.assigned(children[-1], scope) if exists else frozenset()
            case "bound_prefix_op" if any(c.type == "unchanged" for c in children):
                return frozenset(self._named(children[-1], scope))
            case "bound_infix_op":
                return self._infix(node, scope)
            case "bound_op" | "identifier_ref":
                return self._used(node, scope)
        return frozenset()

    def _infix(self, node: Node, scope: Mapping[str, Definition]) -> _Assigned:
        left, sign, right = (c for c in node.named_children if "comment" not in c.type)
        if sign.type == "land":
            return _all([self.assigned(left, scope), self.assigned(right, scope)])
        if sign.type == "lor":
            return _any([self.assigned(left, scope), self.assigned(right, scope)])
        if sign.type in _COMPARISONS and left.type == "bound_postfix_op":
            return frozenset(self._named(left.named_children[0], scope))
        return frozenset()

    def _used(self, node: Node, scope: Mapping[str, Definition]) -> _Assigned:
        name = text_of(node.named_children[0] if node.type == "bound_op" else node)
        used = scope.get(name)
        if used is None or name in self.under_way:
            return frozenset()
        self.under_way.add(name)
        found = self.assigned(used.body, scope)
        self.under_way.discard(name)
        return found

    def _named(self, node: Node, scope: Mapping[str, Definition], depth: int = 0) -> set[str]:
        """The variables in a tuple of them, through operators that name such tuples."""
        found: set[str] = set()
        for name in (text_of(n) for n in walk(node) if n.type == "identifier_ref"):
            if name in self.variables:
                found.add(name)
            elif name in scope and depth < 20:
                found |= self._named(scope[name].body, scope, depth + 1)
        return found

    def touch(self, node: Node, scope: Mapping[str, Definition], bound: frozenset[str]) -> None:
        """Note what is read and written below ``node``; ``bound`` are names that hide a variable."""
        children = node.named_children
        if node.type == "bound_prefix_op" and any(c.type == "unchanged" for c in children):
            return
        if node.type == "bound_postfix_op" and any(c.type == "prime" for c in children):
            self.writes |= self._named(children[0], scope)
            return
        if node.type == "identifier_ref":
            name = text_of(node)
            if name in self.variables and name not in bound:
                self.reads.add(name)
            elif name in scope and name not in bound and name not in self.touched:
                self.touched.add(name)
                self.touch(scope[name].body, scope, frozenset(scope[name].parameters))
            return
        if node.type == "let_in":
            local = [definition(c) for c in children if c.type == "operator_definition"]
            scope = {**scope, **{d.name: d for d in local}}
            for made in local:
                self.touch(made.body, scope, bound | frozenset(made.parameters))
            self.touch(children[-1], scope, bound)
            return
        if node.type in ("record_value", "except_update_record_field"):  # whose last name is a field
            children = children[:-1]
        for child in children:
            self.touch(child, scope, bound)


def _all(parts: Iterable[_Assigned]) -> _Assigned:
    """Of formulas that are all true."""
    found: frozenset[str] = frozenset()
    for part in parts:
        if part is None:
            return None
        found |= part
    return found


def _any(parts: Iterable[_Assigned]) -> _Assigned:
    """Of formulas of which one is true; those that never are do not count."""
    possible = [part for part in parts if part is not None]
    return frozenset.intersection(*possible) if possible else None
