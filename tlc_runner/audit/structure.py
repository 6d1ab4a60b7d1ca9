"""What can be said of a specification from its text and its configuration alone, and where it stands."""

from __future__ import annotations

from collections.abc import Sequence

from tree_sitter import Node

from tlc_runner.audit.cfg import Cfg
from tlc_runner.audit.nodes import conjuncts, expression, meant, one_line, symbol, walk
from tlc_runner.audit.syntax import Definition, Tree
from tlc_runner.audit.types import Finding, PropertyAudit
from tlc_runner.types import Evaluated, Location

_OPEN = frozenset({"bounded_quantification", "let_in", "parentheses"})


def findings(tree: Tree, cfg: Cfg, *, deadlock: bool) -> list[Finding]:
    """Settings that make a pass say less than it seems to, and properties that say nothing by their very form."""
    found: list[Finding] = []
    if cfg.symmetry and any(tree.is_temporal(name) for name in cfg.properties):
        text = f"{cfg.symmetry} is used while liveness is checked: TLC may then miss violations"
        found.append(Finding("symmetry-with-liveness", cfg.symmetry, text, place(tree, cfg.symmetry)))
    if not deadlock:
        text = "TLC was told not to look for deadlocks: a specification that stops too early passes"
        found.append(Finding("deadlock-off", "CHECK_DEADLOCK", text))
    for name in [*cfg.invariants, *cfg.properties]:
        definition = tree.scope.get(name)
        if definition is not None and (why := _says_nothing(tree, definition)):
            found.append(Finding("tautology", name, f"{name} says nothing: {why}", place(tree, name)))
    return found


def weak(tree: Tree, properties: Sequence[PropertyAudit], implied: Sequence[str]) -> list[Finding]:
    """Properties that hold and noticed none of the mutants; TLC's own look for deadlocks was nobody's to write.

    ``implied`` are those of them that hold wherever the types do.
    """
    found: list[Finding] = []
    for p in properties:
        if p.name in implied:
            text = f"{p.name} holds in every state that the types allow: it says no more than they do"
            found.append(Finding("implied-by-typeok", p.name, text, place(tree, p.name)))
        elif p.status == "holds" and p.mutants and not p.killed and p.kind != "deadlock":
            found.append(
                Finding("weak-property", p.name, f"{p.name} noticed none of {p.mutants} mutants", place(tree, p.name))
            )
    return found


def dead_action(definition: Definition, evaluated: Sequence[Evaluated], states: str) -> Finding:
    """An action that never was taken, with the guard that never held: the last of its conjuncts that TLC came to."""
    text = f"{definition.name} is never taken {states}"
    reached = {(e.location.line, e.location.column): e.count for e in evaluated if e.count}
    guard = None
    for node in _guards(definition.body):
        first = (node.start_point[0] + 1, node.start_point[1] + 1)
        last = (node.end_point[0] + 1, node.end_point[1] + 1)
        if any(first <= at < last for at in reached):
            guard = node
    if guard is not None:
        said = one_line(definition.module.read(guard))
        line_number = guard.start_point[0] + 1
        text += f": the guard `{said}` (line {line_number}) never holds where TLC comes to it"
        return Finding("dead-action", definition.name, text, line(definition.module.name, line_number))
    return Finding("dead-action", definition.name, text, line(definition.module.name, definition.line))


def _guards(node: Node) -> list[Node]:
    """The conjuncts of an action's body, in the order in which TLC comes to them."""
    if node.type in _OPEN:
        inner = node.child_by_field_name("expression") or expression(node)
        return _guards(inner)
    parts = list(conjuncts(node))
    if len(parts) == 1 and parts[0] is node:
        return [node]
    out: list[Node] = []
    for part in parts:
        out += _guards(part) if part.type in _OPEN and _holds_step(part) else [part]
    return out


def _holds_step(node: Node) -> bool:
    return any(n.type in ("prime", "unchanged") for n in walk(node))


def _says_nothing(tree: Tree, definition: Definition) -> str:
    """Why a property is true whatever the state is, "" where its form does not show it."""
    variables = set(tree.variables)
    mentioned = {
        d.module.read(n) for d in tree.reachable([definition]) for n in walk(d.body) if n.type == "identifier_ref"
    }
    if not mentioned & variables:
        return "it speaks of no variable"
    return _trivial(definition, definition.body)


def _trivial(definition: Definition, node: Node) -> str:
    read = definition.module.read
    if node.type == "parentheses":
        return _trivial(definition, meant(node)[0])
    if node.type != "bound_infix_op":
        return ""
    left, right = node.child_by_field_name("lhs"), node.child_by_field_name("rhs")
    if left is None or right is None:
        return ""
    same = "".join(read(left).split()) == "".join(read(right).split())
    if same and symbol(node) in ("eq", "implies", "iff", "leq", "geq", "subseteq"):
        return "both of its sides are the same"
    return ""


def place(tree: Tree, name: str) -> Location | None:
    """Where the root's definition ``name`` begins."""
    definition = tree.scope.get(name)
    return line(definition.module.name, definition.line) if definition else None


def whereabouts(tree: Tree, name: str) -> tuple[str, int]:
    """Module and line of a definition, "" and 0 where the root sees none of that name."""
    definition = tree.scope.get(name)
    return (definition.module.name, definition.line) if definition else ("", 0)


def variable(tree: Tree, name: str) -> Location | None:
    """Where a variable is declared."""
    for module in tree.modules.values():
        for node in module.node.named_children:
            if node.type == "variable_declaration":
                for child in node.named_children:
                    if child.type == "identifier" and module.read(child) == name:
                        return line(module.name, child.start_point[0] + 1)
    return None


def line(module: str, number: int) -> Location:
    """The whole of a line, as a place."""
    return Location(module, number, 1, number, 1)
