"""Comparisons, and when two values are equal or the same."""

from __future__ import annotations

import ast

from specgen.expr import Expr, Lit, Op
from specgen.lower import exprs, kinds, places, truth
from specgen.lower.equality import compared_by_fields, note_equality
from specgen.lower.formulas import FALSE, NONE, TRUE, conj, eq, neg
from specgen.lower.graph import Edge
from specgen.lower.guards import number, only_number
from specgen.lower.lowerer import Lowerer
from specgen.lower.records import field_names
from specgen.lower.values import New, Place, Unknown, Val, Value, is_static
from specgen.source import Class
from specgen.value_types import BoolT, DictT, NeverT, NoneT, SeqT, SetT, StrT, TupleT, join, kind_of, members


def compare(lw: Lowerer, node: ast.Compare) -> Expr:
    """Comparison chains."""
    return _chain(lw, exprs.lower(lw, node.left), list(zip(node.ops, node.comparators, strict=True)))


def _chain(lw: Lowerer, left: Value, links: list[tuple[ast.cmpop, ast.expr]]) -> Expr:
    """The comparisons of a chain; an operand is evaluated only where what stands before it holds."""
    (op, node), rest = links[0], links[1:]
    right = exprs.lower(lw, node)
    test = compare_two(lw, op, left, right)
    if not rest:
        return test
    more = truth.pure(lw, lambda: Val(_chain(lw, right, rest), BoolT()))
    if isinstance(more, Val):
        return conj(test, more.expr)
    yes, no = lw.graph.branch(test)
    lw.graph.cursor = yes
    others = Val(_chain(lw, right, rest), BoolT())
    return lw.join_value([(lw.graph.cursor, others), (no, Val(FALSE, BoolT()))], "compared").expr


def compare_two(lw: Lowerer, op: ast.cmpop, left: Value, right: Value) -> Expr:
    """One comparison."""
    if isinstance(op, (ast.Is, ast.IsNot, ast.Eq, ast.NotEq)):
        same = _same(lw, left, right, identity=isinstance(op, (ast.Is, ast.IsNot)))
        return neg(same) if isinstance(op, (ast.IsNot, ast.NotEq)) else same
    if isinstance(op, (ast.In, ast.NotIn)):
        from specgen.lower.membership import contains

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
    statics = [v for v in (left, right) if is_static(v) and not isinstance(v, New)]
    if statics and (identity or truth.object_class(lw, left) is None):
        if len(statics) == 2:
            return TRUE if left is right or left == right else FALSE
        other = right if is_static(left) else left
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
    if identity and left == right and isinstance(left, Place):
        return TRUE
    a, b = exprs.rv(lw, left), exprs.rv(lw, right)
    if identity and _containers(a) and _containers(b):
        lw.approximate("`is` between containers", "they are one where they are equal, or not")
        return conj(kinds.equal(a, b), exprs.any_value(lw, "bool").expr)
    if _text_meets_parts(a, b) or _text_meets_parts(b, a):
        lw.approximate("comparison with a text that is put together", "any answer")
        return exprs.any_value(lw, "bool").expr
    if not identity and a.expr != b.expr and NONE not in (a.expr, b.expr):
        if (cls := compared_by_fields(lw, a, b)) is not None:
            return _equal_fields(lw, a, b, cls)
        note_equality(lw, a.ty, b.ty)
    _meet(lw, a, b)
    return kinds.equal(a, b)


def _equal_fields(lw: Lowerer, a: Val, b: Val, cls: Class) -> Expr:
    """``==`` of two objects of a dataclass."""
    from specgen.lower.objects import get_field

    parts = []
    for field in field_names(lw, cls):
        x, y = (exprs.rv(lw, get_field(lw, New(v.expr, cls), field)) for v in (a, b))
        parts.append(kinds.equal(x, y))
    return conj(*parts)


def _containers(value: Val) -> bool:
    return any(isinstance(m, (SeqT, SetT, DictT)) for m in members(value.ty))


def _text_meets_parts(a: Val, b: Val) -> bool:
    """Whether a text meets what may be the parts of one, so that their kinds do not tell whether they are equal."""
    texts, parts = ([m for m in members(v.ty) if not isinstance(m, NoneT)] for v in (a, b))
    return (
        bool(texts)
        and all(isinstance(m, StrT) for m in texts)
        and any(isinstance(m, TupleT) for m in parts)
        and not any(isinstance(m, StrT) for m in parts)
    )


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
