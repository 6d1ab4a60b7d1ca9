"""Operators on numbers, sequences and sets."""

from __future__ import annotations

import ast

from specgen.expr import Expr, Lit, Op
from specgen.lower import exprs, kinds, truth
from specgen.lower.formulas import NONE, eq, ite, neg
from specgen.lower.guards import never_none, number, only_number, raise_unless
from specgen.lower.lowerer import Lowerer
from specgen.lower.values import Val, Value
from specgen.value_types import (
    AtomT,
    BoolT,
    IntT,
    NeverT,
    SeqT,
    TupleT,
    Ty,
    is_container,
    join,
    join_all,
    kind_of,
    members,
    tuple_depth,
)


def unary(lw: Lowerer, node: ast.UnaryOp) -> Value:
    """``not a``, ``-a``, ``+a``."""
    if isinstance(node.op, ast.Not):
        return Val(neg(truth.condition(lw, node.operand)), BoolT())
    value = exprs.rv(lw, exprs.lower(lw, node.operand), "int")
    if isinstance(node.op, ast.UAdd):
        return value
    if isinstance(node.op, ast.USub):
        if isinstance(value.expr, Lit) and isinstance(value.expr.value, int):
            return Val(Lit(-value.expr.value), IntT())
        if kind_of(kinds.member_of_kind(value.ty, "int")) == "int":
            return Val(_negated(number(lw, value)), IntT())
    return lw.approximate(exprs.text_of(node), "any value")


def _repeated(lw: Lowerer, a: Val, b: Val) -> Val | None:
    """``[x] * n``."""
    times, one = (a, b) if isinstance(a.ty, IntT) else (b, a)
    if not isinstance(times.ty, IntT) or not isinstance(one.ty, SeqT) or not isinstance(one.expr, Op):
        return None
    if one.expr.name != "tuple" or len(one.expr.args) != 1:
        return None
    if is_container(one.ty.item):
        lw.leave_out("one container repeated in a list", "each item is one of its own")
    n, item = number(lw, times), one.expr.args[0]
    if isinstance(n, Lit) and isinstance(n.value, int) and n.value <= 8:
        return Val(Op("tuple", (item,) * max(n.value, 0)), one.ty)
    return Val(Op("function", (Op("..", (Lit(1), n)), item), ("i",)), one.ty)


_ARITHMETIC = {ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.FloorDiv: "\\div", ast.Mod: "%"}


def binary(lw: Lowerer, op: ast.operator, a: Val, b: Val) -> Value:
    """Arithmetic on whole numbers; ``+`` on sequences; ``| & -`` on sets."""
    if isinstance(a.ty, NeverT) or isinstance(b.ty, NeverT):
        return Val(NONE, NeverT())
    left, right = {kind_of(m) for m in members(a.ty)}, {kind_of(m) for m in members(b.ty)}
    if isinstance(op, ast.Add) and all(any(isinstance(m, (SeqT, TupleT)) for m in members(v.ty)) for v in (a, b)):
        if isinstance(a.ty, TupleT) and isinstance(b.ty, TupleT) and len(a.ty.items + b.ty.items) <= 6:
            return Val(Op("concat", (a.expr, b.expr)), TupleT(a.ty.items + b.ty.items))
        never_none(lw, a, "TypeError")
        never_none(lw, b, "TypeError")
        ty = join(_as_seq(a.ty), _as_seq(b.ty))
        return Val(Op("concat", (_sequence_of(a, ty), _sequence_of(b, ty))), ty)
    if "set" in left and "set" in right:
        found = {ast.BitOr: "union", ast.BitAnd: "inter", ast.Sub: "diff"}.get(type(op))
        if found:
            x, y = kinds.member_of_kind(a.ty, "set"), kinds.member_of_kind(b.ty, "set")
            ty = join(x, y)
            sides = [kinds.coerce(Val(kinds.unbox(v, "set"), t), ty) for v, t in ((a, x), (b, y))]
            return Val(Op(found, tuple(sides)), ty)
    texts = left | right
    if (
        isinstance(op, ast.Add)
        and "str" in texts
        and not texts & {"int", "bool"}
        and tuple_depth(a.ty) + tuple_depth(b.ty) <= 5
    ):
        return Val(Op("tuple", (a.expr, b.expr)), TupleT((a.ty, b.ty)))
    if isinstance(op, ast.Mult) and (repeated := _repeated(lw, a, b)) is not None:
        return repeated
    numbers: set[str | None] = {"int", "bool"}
    if (
        type(op) in _ARITHMETIC
        and left & numbers
        and right & numbers
        and (left <= {*numbers, None} or right <= {*numbers, None})
    ):
        a, b = only_number(lw, a), only_number(lw, b)
        texts = {*numbers}
    if type(op) in _ARITHMETIC and not any(k not in {"int", "bool", None} for k in texts):
        lw.demand(a, "int")
        lw.demand(b, "int")
        if not (texts & {"int", "bool"}) and not (a.origin or b.origin):
            return lw.approximate("arithmetic on values of unknown type", "any value")
        a, b = _some_number(lw, a), _some_number(lw, b)
        first, second = number(lw, a), number(lw, b)
        if isinstance(op, (ast.FloorDiv, ast.Mod)):
            return Val(_divide(lw, _ARITHMETIC[type(op)], first, second), IntT())
        return Val(_fold(_ARITHMETIC[type(op)], first, second), IntT())
    if isinstance(op, ast.Div) and "int" in texts:
        lw.approximate("division /", "whole-number division")
        return Val(_divide(lw, "\\div", number(lw, a), number(lw, b)), IntT())
    return lw.approximate(f"operator {type(op).__name__}", "any value")


def _some_number(lw: Lowerer, value: Val) -> Val:
    """The operand, or 0 or 1 where it comes from code that is not modelled."""
    if value.origin is not None or not any(isinstance(m, AtomT) for m in members(value.ty)) or _is_number(value):
        return value
    lw.approximate("arithmetic on a value of unknown type", "it is 0 or 1")
    return exprs.any_value(lw, "int")


def _is_number(value: Val) -> bool:
    return bool({kind_of(m) for m in members(value.ty)} & {"int", "bool"})


def _divide(lw: Lowerer, op: str, x: Expr, y: Expr) -> Expr:
    """``x // y`` or ``x % y``: TLC knows both only for positive ``y``."""
    from specgen.lower.subscripts import not_negative

    if not lw.in_init and not lw.pure_reads and not (isinstance(y, Lit) and y.value != 0):
        raise_unless(lw, neg(eq(y, Lit(0))), "ZeroDivisionError")
    if not_negative(y):
        return _fold(op, x, y)
    minus_x, minus_y = _negated(x), _negated(y)
    other = Op(op, (minus_x, minus_y))
    return ite(Op(">", (y, Lit(0))), Op(op, (x, y)), other if op == "\\div" else Op("neg", (other,)))


def _negated(e: Expr) -> Expr:
    if isinstance(e, Op) and e.name == "neg":
        return e.args[0]
    return Lit(-e.value) if isinstance(e, Lit) and isinstance(e.value, int) else Op("neg", (e,))


def _as_seq(ty: Ty) -> Ty:
    items = [SeqT(join_all(list(m.items))) if isinstance(m, TupleT) else m for m in members(ty)]
    return join_all([m for m in items if isinstance(m, SeqT)])


def _sequence_of(value: Val, ty: Ty) -> Expr:
    """A list or tuple as a sequence of that type."""
    found = [m for m in kinds.kinds(value.ty) if isinstance(m, (SeqT, TupleT))]
    parts = [
        (kinds.has_kind(value, str(kind_of(m))), kinds.coerce(Val(kinds.unbox(value, str(kind_of(m))), m), ty))
        for m in found
    ]
    out = parts[-1][1]
    for test, expr in reversed(parts[:-1]):
        out = ite(test, expr, out)
    return out


def _fold(op: str, a: Expr, b: Expr) -> Expr:
    if isinstance(a, Lit) and isinstance(b, Lit) and isinstance(a.value, int) and isinstance(b.value, int):
        match op:
            case "+":
                return Lit(a.value + b.value)
            case "-":
                return Lit(a.value - b.value)
            case "*":
                return Lit(a.value * b.value)
            case "\\div" if b.value > 0:
                return Lit(a.value // b.value)
            case "%" if b.value > 0:
                return Lit(a.value % b.value)
    return Op(op, (a, b))
