"""Operators and comparisons."""

from __future__ import annotations

import ast

from specgen import value_types
from specgen.expr import Expr, Lit, Op
from specgen.lower import exprs, kinds, names, places, truth
from specgen.lower.graph import Edge
from specgen.lower.lowerer import Lowerer
from specgen.lower.values import (
    FALSE,
    NONE,
    TRUE,
    New,
    Place,
    Unknown,
    Val,
    Value,
    conj,
    disj,
    eq,
    ite,
    neg,
)
from specgen.value_types import AtomT, BoolT, IntT, NeverT, NoneT, SeqT, TupleT, Ty, join, kind_of, members


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


def number(lw: Lowerer, value: Val) -> Expr:
    """The value as an integer (a bool counts 0 or 1); None there raises TypeError, as in Python."""
    lw.demand(value, "int")
    own = {kind_of(m) for m in members(value.ty)}
    only_kinds(lw, value, ("int", "bool"), "TypeError")
    if {"int", "bool"} <= own:
        one = ite(kinds.unbox(value, "bool"), Lit(1), Lit(0))
        return ite(kinds.has_kind(value, "int"), kinds.unbox(value, "int"), one)
    if "int" in own:
        return kinds.unbox(value, "int")
    if "bool" in own:
        return ite(kinds.unbox(value, "bool"), Lit(1), Lit(0))
    return Lit(0) if not isinstance(value.expr, Lit) or isinstance(value.expr.value, str) else value.expr


def only_number(lw: Lowerer, value: Val) -> Val:
    """The value where numbers alone will do; TypeError where it is of another kind."""
    from specgen.lower.containers import raise_unless

    own = {kind_of(m) for m in members(value.ty)} - {None}
    if own <= {"int", "bool"} or not own & {"int", "bool"} or lw.in_init or lw.pure_reads:
        return value
    raise_unless(lw, disj(kinds.has_kind(value, "int"), kinds.has_kind(value, "bool")), "TypeError")
    return Val(number(lw, Val(value.expr, _without_none(value.ty))), IntT())


def _without_none(ty: Ty) -> Ty:
    return value_types.join_all([m for m in members(ty) if not isinstance(m, NoneT)])


def _repeated(lw: Lowerer, a: Val, b: Val) -> Val | None:
    """``[x] * n``."""
    times, one = (a, b) if isinstance(a.ty, IntT) else (b, a)
    if not isinstance(times.ty, IntT) or not isinstance(one.ty, SeqT) or not isinstance(one.expr, Op):
        return None
    if one.expr.name != "tuple" or len(one.expr.args) != 1:
        return None
    n, item = number(lw, times), one.expr.args[0]
    if isinstance(n, Lit) and isinstance(n.value, int) and n.value <= 8:
        return Val(Op("tuple", (item,) * max(n.value, 0)), one.ty)
    return Val(Op("function", (Op("..", (Lit(1), n)), item), ("i",)), one.ty)


def never_none(lw: Lowerer, value: Val, error: str) -> None:
    """Raise the exception that Python raises where a value that may be None is used as if it were not."""
    from specgen.lower.containers import raise_unless

    if NoneT() in members(value.ty) and len(members(value.ty)) > 1 and not lw.in_init and not lw.pure_reads:
        raise_unless(lw, Op("#", (value.expr, NONE)), error)


def only_kinds(lw: Lowerer, value: Val, wanted: tuple[str, ...], error: str) -> None:
    """Go on only where the value is of one of the kinds that the code can do something with.

    Python raises ``error`` on None and on values of another kind; a value that comes from code not modelled is taken
    to be one of them too, which is an approximation.
    """
    from specgen.lower.containers import raise_unless

    found = members(value.ty)
    if found == {NoneT()} and not (lw.in_init or lw.pure_reads or lw.bound_depth or lw.hopeful):
        raise_unless(lw, FALSE, error)
        return
    if not any(kind_of(m) in wanted for m in found) or lw.in_init or lw.pure_reads or lw.bound_depth:
        return
    never_none(lw, value, error)
    others = [m for m in found if kind_of(m) not in wanted and not isinstance(m, NoneT)]
    if others:
        if any(isinstance(m, AtomT) for m in others):
            lw.approximate(
                "use of a value that may come from code not modelled here", f"it raises {error} where it does"
            )
        raise_unless(lw, disj(*[kinds.has_kind(value, k) for k in wanted]), error)


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
    if isinstance(op, ast.Add) and "str" in texts and not texts & {"int", "bool"} and depth(a.ty) + depth(b.ty) <= 5:
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
        first, second = number(lw, a), number(lw, b)
        if isinstance(op, (ast.FloorDiv, ast.Mod)):
            return Val(_divide(lw, _ARITHMETIC[type(op)], first, second), IntT())
        return Val(_fold(_ARITHMETIC[type(op)], first, second), IntT())
    if isinstance(op, ast.Div) and "int" in texts:
        lw.approximate("division /", "whole-number division")
        return Val(_divide(lw, "\\div", number(lw, a), number(lw, b)), IntT())
    return lw.approximate(f"operator {type(op).__name__}", "any value")


def _divide(lw: Lowerer, op: str, x: Expr, y: Expr) -> Expr:
    """``x // y`` or ``x % y``: TLC knows both only for positive ``y``."""
    from specgen.lower.containers import not_negative, raise_unless

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
    items = [SeqT(value_types.join_all(list(m.items))) if isinstance(m, TupleT) else m for m in members(ty)]
    return value_types.join_all([m for m in items if isinstance(m, SeqT)])


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


def depth(ty: Ty) -> int:
    """How deep tuples are nested in a type."""
    return max(
        (1 + max((depth(i) for i in m.items), default=0) for m in members(ty) if isinstance(m, TupleT)), default=0
    )


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


def compare(lw: Lowerer, node: ast.Compare) -> Expr:
    """Comparison chains."""
    left = exprs.lower(lw, node.left)
    parts: list[Expr] = []
    for op, right_node in zip(node.ops, node.comparators, strict=True):
        right = exprs.lower(lw, right_node)
        parts.append(compare_two(lw, op, left, right))
        left = right
    return conj(*parts)


def compare_two(lw: Lowerer, op: ast.cmpop, left: Value, right: Value) -> Expr:
    """One comparison."""
    if isinstance(op, (ast.Is, ast.IsNot, ast.Eq, ast.NotEq)):
        same = _same(lw, left, right, identity=isinstance(op, (ast.Is, ast.IsNot)))
        return neg(same) if isinstance(op, (ast.IsNot, ast.NotEq)) else same
    if isinstance(op, (ast.In, ast.NotIn)):
        from specgen.lower.containers import contains

        found = contains(lw, exprs.rv(lw, left), right)
        return neg(found) if isinstance(op, ast.NotIn) else found
    a, b = exprs.rv(lw, left, "int"), exprs.rv(lw, right, "int")
    name = {ast.Lt: "<", ast.LtE: "<=", ast.Gt: ">", ast.GtE: ">="}[type(op)]
    if {kind_of(m) for m in members(a.ty)} & {"set"} and {kind_of(m) for m in members(b.ty)} & {"set"}:
        both = join(kinds.member_of_kind(a.ty, "set"), kinds.member_of_kind(b.ty, "set"))
        s, t = (kinds.coerce(Val(kinds.unbox(v, "set"), kinds.member_of_kind(v.ty, "set")), both) for v in (a, b))
        small, large = (s, t) if name in {"<", "<="} else (t, s)
        inside = Op("subseteq", (small, large))
        return inside if name in {"<=", ">="} else conj(inside, neg(eq(s, t)))
    known = {kind_of(m) for t in (a.ty, b.ty) for m in members(t)}
    if not known & {"int", "bool"} and not (a.origin or b.origin) and not isinstance(a.ty, NeverT):
        lw.approximate("order of values of unknown type", "any answer")
        return exprs.rv(lw, exprs.any_value(lw, "bool")).expr
    x, y = (number(lw, only_number(lw, v)) for v in (a, b))
    if isinstance(x, Lit) and isinstance(y, Lit):
        p, q = int(x.value), int(y.value)
        return Lit({"<": p < q, "<=": p <= q, ">": p > q, ">=": p >= q}[name])
    return Op(name, (x, y))


def _same(lw: Lowerer, left: Value, right: Value, identity: bool) -> Expr:
    if isinstance(left, Unknown) or isinstance(right, Unknown):
        return exprs.rv(lw, exprs.any_value(lw, "bool")).expr
    statics = [v for v in (left, right) if names.is_static(v) and not isinstance(v, New)]
    if statics and (identity or truth.object_class(lw, left) is None):
        if len(statics) == 2:
            return TRUE if left is right or left == right else FALSE
        other = right if names.is_static(left) else left
        if isinstance(other, Val) and other.expr == NONE:
            return FALSE
    if identity and isinstance(left, Place) and left.default is None and isinstance(right, Val) and right.expr == NONE:
        return (
            FALSE
            if not any(isinstance(m, NoneT) for m in members(places.place_type(lw, left)))
            else eq(exprs.rv(lw, left).expr, NONE)
        )
    if (
        not identity
        and (cls := truth.object_class(lw, left)) is not None
        and lw.sources.method(cls, "__eq__") is not None
    ):
        return _equal_objects(lw, left, right)
    a, b = exprs.rv(lw, left), exprs.rv(lw, right)
    _meet(lw, a, b)
    return kinds.equal(a, b)


def _equal_objects(lw: Lowerer, left: Value, right: Value) -> Expr:
    from specgen.lower.calls import call_method

    if isinstance(right, Val) and right.expr == NONE and not isinstance(left, Val):
        return FALSE
    ends: list[tuple[list[Edge], Val]] = []
    if isinstance(left, Val) and NoneT() in members(left.ty):
        there, none = lw.graph.branch(Op("#", (left.expr, NONE)))
        lw.graph.cursor = none
        both_none = kinds.equal(Val(NONE, NoneT()), exprs.rv(lw, right))
        ends.append((lw.graph.cursor, Val(both_none, BoolT())))
        lw.graph.cursor = there
    answer = Val(kinds.truth(exprs.rv(lw, call_method(lw, left, "__eq__", [right], {}), "bool")), BoolT())
    if not ends:
        return answer.expr
    return lw.join_value([*ends, (lw.graph.cursor, answer)], "equal").expr


def _meet(lw: Lowerer, a: Val, b: Val) -> None:
    """Opaque values that are compared belong to one domain; a compared integer makes a parameter one."""
    lw.meet(a, b.ty)
    lw.meet(b, a.ty)
