"""Graphs of nodes: successors, reachability, live locals."""

from __future__ import annotations

from collections.abc import Mapping

from specgen.expr import Expr, Local
from specgen.ir import Node, Operation, Program
from specgen.rewrite import walk


def successors(node: Node) -> tuple[int, ...]:
    """Ids of the nodes that may follow, alternatives last."""
    after: tuple[int, ...] = ()
    if node.kind == "branch":
        after = (node.next, node.other)
    elif node.kind != "done":
        after = (node.next,)
    return after + tuple(a.target for a in node.alternatives)


def reachable(program: Program, operation: Operation) -> list[int]:
    """Ids of the operation's nodes, in depth-first order from its entry."""
    seen: dict[int, None] = {}
    stack = [operation.entry]
    while stack:
        n = stack.pop()
        if n not in seen:
            seen[n] = None
            stack.extend(reversed(successors(program.nodes[n])))
    return list(seen)


def joins(program: Program, ids: list[int]) -> frozenset[int]:
    """Ids of the nodes that are reached from more than one node."""
    count: dict[int, int] = {}
    for n in ids:
        for m in successors(program.nodes[n]):
            count[m] = count.get(m, 0) + 1
    return frozenset(n for n, k in count.items() if k > 1)


def _uses(node: Node) -> set[str]:
    read: list[Expr] = [e for e in (node.value, node.cond) if e is not None]
    return {e.name for expr in read for e in walk(expr) if isinstance(e, Local)}


def live_locals(program: Program, ids: list[int]) -> Mapping[int, frozenset[str]]:
    """The locals whose value at the entry of each node may still be read."""
    live: dict[int, frozenset[str]] = {n: frozenset() for n in ids}
    changed = True
    while changed:
        changed = False
        for n in reversed(ids):
            node = program.nodes[n]
            out = frozenset().union(*(live[m] for m in successors(node)))
            if isinstance(node.target, Local):
                out -= {node.target.name}
            new = out | frozenset(_uses(node))
            if new != live[n]:
                live[n] = new
                changed = True
    return live
