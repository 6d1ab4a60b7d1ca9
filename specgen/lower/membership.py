"""Membership: ``in``, and which values meet as keys, members or items of one container."""

from __future__ import annotations

from specgen.expr import Bound, Expr, Op
from specgen.lower import kinds
from specgen.lower.containers import item_type
from specgen.lower.equality import note_equality
from specgen.lower.formulas import FALSE, NONE, call, disj, domain
from specgen.lower.guards import usable
from specgen.lower.lowerer import Lowerer
from specgen.lower.values import Place, Val, Value
from specgen.value_types import DictT, NeverT, SeqT, SetT, TupleT, Ty, kind_of, members


def contains(lw: Lowerer, item: Val, holder: Value) -> Expr:
    """``item in holder``."""
    from specgen.lower.calls import call_method
    from specgen.lower.exprs import any_value, rv

    if not isinstance(holder, (Val, Place)):
        found = call_method(lw, holder, "__contains__", [item], {})
        return kinds.truth(rv(lw, found, "bool"))
    value = rv(lw, holder, "seq")
    found_in = usable(lw, value)
    if comparable(item.ty, item_type(found_in)):
        note_equality(lw, item.ty)
    if kinds.true_meets_one(item.ty, item_type(found_in)):
        return _contains_number(item, value, found_in)
    match found_in:
        case SeqT(inner):
            same_domain(lw, item, inner)
            return (
                Op("in", (kinds.coerce(item, inner), call("Items", kinds.unbox(value, "seq"))))
                if comparable(item.ty, inner)
                else FALSE
            )
        case SetT(inner):
            same_domain(lw, item, inner)
            return (
                Op("in", (kinds.coerce(item, inner), kinds.unbox(value, "set")))
                if comparable(item.ty, inner)
                else FALSE
            )
        case DictT(key, _):
            same_domain(lw, item, key)
            return (
                Op("in", (kinds.coerce(item, key), domain(kinds.unbox(value, "dict"))))
                if comparable(item.ty, key)
                else FALSE
            )
        case TupleT(items):
            if isinstance(value.expr, Op) and value.expr.name == "tuple":
                return disj(*[kinds.equal(item, Val(e, t)) for e, t in zip(value.expr.args, items, strict=True)])
    if isinstance(value.ty, NeverT):
        return FALSE
    lw.approximate("membership in a value of unknown type", "any answer")
    return rv(lw, any_value(lw, "bool")).expr


def _contains_number(item: Val, value: Val, ty: Ty) -> Expr:
    """``in`` where numbers and booleans meet: True is 1 there."""
    inner, x = kinds.unbox(value, str(kind_of(ty))), Bound("x")
    of = item_type(ty)
    match ty:
        case TupleT(items) if isinstance(inner, Op) and inner.name == "tuple":
            return disj(*[kinds.equal(item, Val(e, t)) for e, t in zip(inner.args, items, strict=True)])
        case TupleT():
            members_of = call("Items", kinds.coerce(Val(inner, ty), SeqT(of)))
        case SeqT():
            members_of = call("Items", inner)
        case DictT():
            members_of = domain(inner)
        case _:
            members_of = inner
    return Op("exists", (members_of, kinds.equal(item, Val(x, of))), ("x",))


def comparable(a: Ty, b: Ty) -> bool:
    """Whether values of the two types can be equal at all."""
    if isinstance(b, NeverT):
        return False
    ka, kb = {kind_of(m) for m in members(a)}, {kind_of(m) for m in members(b)}
    return bool(ka & kb) or (None in ka and None in kb)


def same_domain(lw: Lowerer, a: Val, b: Ty) -> None:
    """The value is looked up among values of the type."""
    lw.meet(a, b)
    if isinstance(a.ty, TupleT) and isinstance(b, TupleT):
        for x, y in zip(a.ty.items, b.items, strict=False):
            lw.meet(Val(NONE, x), y)


def looked_up(lw: Lowerer, key: Val, among: Ty) -> None:
    """The value is a key among keys, or a member among members, of the type."""
    same_domain(lw, key, among)
    note_equality(lw, key.ty)
    if kinds.true_meets_one(key.ty, among):
        lw.approximate("True and 1, or False and 0, as keys or members of one collection", "they are two keys")
