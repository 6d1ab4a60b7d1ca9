"""Which locals cannot be None where: what a branch or an assignment ahead has made sure of, on every way there."""

from __future__ import annotations

from collections.abc import Mapping

from specgen.expr import Expr, Local, NoneE, Op
from specgen.flow import successors
from specgen.infer import Infer, never_none
from specgen.ir import Node, Program
from specgen.value_types import NeverT, NoneT, Ty, join, members


def never_none_locals(program: Program, ids: list[int], infer: Infer) -> Mapping[int, frozenset[str]]:
    """By node, the locals that are never None on entering it. ``ids`` are an operation's nodes, its entry first.

    The forward analysis of nullness as compilers do it: facts flow along the edges, and what meets is intersected.
    """
    optional = frozenset(name for name, ty in program.locals.items() if NoneT() in members(ty))
    known = dict.fromkeys(ids, optional)
    known[ids[0]] = frozenset()
    work = list(ids)
    while work:
        n = work.pop()
        for m, facts in _after(program.nodes[n], known[n], infer):
            fewer = known[m] & facts
            if fewer != known[m]:
                known[m] = fewer
                work.append(m)
    return known


def _after(node: Node, known: frozenset[str], infer: Infer) -> list[tuple[int, frozenset[str]]]:
    """Each node that may follow, and what is known on the way to it."""
    after = known
    if isinstance(node.target, Local):
        sure = node.kind == "set" and node.value is not None and _sure(node.value, known, infer)
        after = known | {node.target.name} if sure else known - {node.target.name}
    out = [(m, after & known) for m in successors(node)]
    if node.kind == "branch" and node.cond is not None:
        out[:2] = [(node.next, after | _said(node.cond, True)), (node.other, after | _said(node.cond, False))]
    elif node.kind == "guard" and node.cond is not None:
        out[:1] = [(node.next, after | _said(node.cond, True))]
    elif node.kind != "done":
        out[:1] = [(node.next, after)]
    return out


def _sure(value: Expr, known: frozenset[str], infer: Infer) -> bool:
    def narrowed(e: Expr) -> Ty | None:
        ty = infer(e)
        if ty is None or not isinstance(e, Local) or e.name not in known:
            return ty
        out: Ty = NeverT()
        for member in members(ty):
            out = out if member == NoneT() else join(out, member)
        return out

    return never_none(value, narrowed)


def _said(cond: Expr, truth: bool) -> frozenset[str]:
    """The locals of which a condition that is true, or false, says that they are not None."""
    match cond:
        case Op("not", (inner,)):
            return _said(inner, not truth)
        case Op("and" | "or" as name, parts) if truth == (name == "and"):
            return frozenset().union(*(_said(part, truth) for part in parts))
        case Op("=" | "#" as name, (Local(local), NoneE()) | (NoneE(), Local(local))) if truth == (name == "#"):
            return frozenset({local})
    return frozenset()
