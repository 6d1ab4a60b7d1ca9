"""Slices of lists and tuples."""

from __future__ import annotations

import ast

from specgen.expr import Bound, Expr, Lit, Op
from specgen.lower import containers, guards, kinds, places, subscripts
from specgen.lower.formulas import EMPTY, apply, call, domain
from specgen.lower.guards import number
from specgen.lower.lowerer import Lowerer
from specgen.lower.values import Place, Val, Value
from specgen.value_types import NeverT, SeqT, TupleT, kind_of


def slice_(lw: Lowerer, value: Val, node: ast.Slice) -> Value:
    """``s[a:b]``, and ``s[::-1]``."""
    found = containers.container_of(value.ty)
    if isinstance(found, TupleT):
        part = _tuple_slice(value, found, node)
        if part is not None:
            return part
    if isinstance(found, SeqT) and node.step is None:
        seq = kinds.unbox(value, "seq")
        low, high = slice_ends(lw, seq, node)
        return Val(call("SubSeq", seq, low, high), found)
    if isinstance(found, SeqT) and node.lower is None and node.upper is None and _literal(node.step) == -1:
        return Val(backwards(kinds.unbox(value, "seq")), found)
    return value if isinstance(value.ty, NeverT) else lw.approximate("slice", "any value")


def backwards(seq: Expr) -> Expr:
    """The sequence from its end."""
    at = Op("-", (Op("+", (call("Len", seq), Lit(1))), Bound("i")))
    return Op("function", (domain(seq), apply(seq, at)), ("i",))


def slice_ends(lw: Lowerer, seq: Expr, node: ast.Slice) -> tuple[Expr, Expr]:
    """First and last TLA+ index of a slice; the last is below the first where the slice is empty."""
    from specgen.lower.exprs import lower, rv

    low: Expr = Lit(1)
    high: Expr = call("Len", seq)
    if node.lower is not None:
        low = subscripts.index(seq, number(lw, rv(lw, lower(lw, node.lower))))
        if not (
            isinstance(low, Lit)
            or (
                isinstance(low, Op)
                and low.name == "+"
                and subscripts.not_negative(low.args[0])
                and low.args[0] != call("Len", seq)
            )
        ):
            low = call("Max", low, Lit(1))
    if node.upper is not None:
        end = number(lw, rv(lw, lower(lw, node.upper)))
        if isinstance(end, Lit) and isinstance(end.value, int) and end.value < 0:
            high = Op("-", (call("Len", seq), Lit(-end.value)))
        elif subscripts.not_negative(end):
            high = call("Min", end, call("Len", seq))
        else:
            high = call("Min", Op("-", (call("Index", seq, end), Lit(1))), call("Len", seq))
    return low, high


def _literal(node: ast.expr | None) -> int | None:
    try:
        found = ast.literal_eval(node) if node is not None else None
    except ValueError:
        return None
    return found if type(found) is int else None


def _tuple_slice(value: Val, ty: TupleT, node: ast.Slice) -> Val | None:
    ends = [None if e is None else _literal(e) for e in (node.lower, node.upper, node.step)]
    if any(e is not None and n is None for e, n in zip((node.lower, node.upper, node.step), ends, strict=True)):
        return None
    expr = kinds.unbox(value, str(kind_of(ty)))
    kept = range(len(ty.items))[slice(*ends)]
    items = [expr.args[i] if isinstance(expr, Op) and expr.name == "tuple" else apply(expr, Lit(i + 1)) for i in kept]
    return Val(Op("tuple", tuple(items)), TupleT(tuple(ty.items[i] for i in kept)))


def del_slice(lw: Lowerer, holder: Value, node: ast.Slice) -> None:
    """``del holder[a:b]``."""
    if not isinstance(holder, Place) or node.step is not None:
        lw.leave_out("del of a slice", "no effect")
        return
    group = lw.graph.group()
    root, current = places.fetch(lw, holder, group)
    ty = guards.usable(lw, current)
    if not isinstance(ty, SeqT):
        return
    seq = kinds.unbox(current, "seq")
    low, high = slice_ends(lw, seq, node)
    if (low, high) == (Lit(1), call("Len", seq)):
        places.store(lw, holder, Val(EMPTY, ty), root, group)
        return
    front = call("SubSeq", seq, Lit(1), call("Min", Op("-", (low, Lit(1))), call("Len", seq)))
    rest = call("SubSeq", seq, call("Max", low, Op("+", (high, Lit(1)))), call("Len", seq))
    if low == Lit(1):
        places.store(lw, holder, Val(rest, ty), root, group)
    elif high == call("Len", seq):
        places.store(lw, holder, Val(front, ty), root, group)
    else:
        places.store(lw, holder, Val(Op("concat", (front, rest)), ty), root, group)
