"""Subscripts: what ``holder[key]`` is, and what assigning and deleting it does."""

from __future__ import annotations

import ast

from specgen.expr import Arg, Expr, Lit, Op
from specgen.lower import kinds, places, slices, unwinding
from specgen.lower.containers import container_of
from specgen.lower.formulas import EMPTY, FALSE, NONE, apply, call, domain, eq, ite, neg
from specgen.lower.guards import number, raise_unless, usable
from specgen.lower.lowerer import Lowerer
from specgen.lower.membership import comparable, looked_up
from specgen.lower.places import still_there
from specgen.lower.second_names import changed_inside
from specgen.lower.values import Exc, Place, Unknown, Val, Value
from specgen.value_types import DictT, IntT, NeverT, SeqT, TupleT, Ty, is_container, kind_of


def index(seq: Expr, position: Expr) -> Expr:
    """TLA+ index of a Python index."""
    if isinstance(position, Lit) and isinstance(position.value, int):
        if position.value == -1:
            return call("Len", seq)
        return Lit(position.value + 1) if position.value >= 0 else Op("+", (call("Len", seq), Lit(position.value + 1)))
    if isinstance(position, Op) and position.name == "neg" and not_negative(position.args[0]):
        return Op("+", (Op("-", (call("Len", seq), position.args[0])), Lit(1)))
    if not_negative(position):
        return Op("+", (position, Lit(1)))
    return call("Index", seq, position)


def not_negative(e: Expr) -> bool:
    """Whether a number is certainly 0 or more: arguments are, and so are lengths."""
    match e:
        case Lit(int() as value):
            return value >= 0
        case Arg():
            return True
        case Op("call", args, (name,)):
            return name in {"Len", "Cardinality"} or (name in {"Min", "Max"} and all(map(not_negative, args)))
        case Op("+" | "*", args):
            return all(map(not_negative, args))
        case Op("%", (_, Lit(int() as value))):
            return value > 0
    return False


def subscript(lw: Lowerer, node: ast.Subscript) -> Value:
    """``holder[key]``."""
    from specgen.lower.exprs import lower, rv

    holder = lower(lw, node.value)
    if isinstance(node.slice, ast.Slice):
        return slices.slice_(lw, rv(lw, holder), node.slice)
    return item_of(lw, holder, rv(lw, lower(lw, node.slice)))


def item_of(lw: Lowerer, holder: Value, key: Val) -> Value:
    """``holder[key]`` of anything."""
    from specgen.lower.calls import call_method

    if isinstance(holder, Unknown):
        return holder
    if not isinstance(holder, (Val, Place)):
        return call_method(lw, holder, "__getitem__", [key], {})
    return item(lw, holder, key)


def item(lw: Lowerer, holder: Val | Place, key: Val) -> Value:
    """``holder[key]`` of a built-in container."""
    from specgen.lower.calls import call_value
    from specgen.lower.exprs import rv

    group = lw.graph.group()
    if isinstance(holder, Place):
        root, value = places.fetch(lw, holder, group)
    else:
        root = value = holder
    found = usable(lw, value)
    match found:
        case DictT(key_ty, value_ty):
            looked_up(lw, key, key_ty)
            if not comparable(key.ty, key_ty) and not isinstance(key_ty, NeverT):
                unwinding.raise_(lw, Exc("KeyError"))
                return Val(NONE, value_ty)
            inner = kinds.unbox(value, "dict")
            k = kinds.coerce(key, key_ty) if not isinstance(key_ty, NeverT) else key.expr
            if isinstance(holder, Place) and not holder.path and lw.behaviour(holder.root).counter:
                test = Op("in", (k, domain(inner))) if not isinstance(key_ty, NeverT) else FALSE
                return Val(ite(test, apply(inner, k), Lit(0)), IntT())
            factory = lw.behaviour(holder.root).factory if isinstance(holder, Place) and not holder.path else None
            if factory is not None and isinstance(holder, Place):
                yes, no = lw.graph.branch(Op("in", (k, domain(inner))))
                lw.graph.cursor = no
                _declare_key(lw, holder, key.ty)
                default = rv(lw, call_value(lw, factory, [], {}, None))
                places.store(lw, Place(holder.root, (k,), holder.ty), default, root, group)
                made = lw.graph.cursor
                lw.graph.cursor = yes + made
                if not is_container(value_ty) and not isinstance(value_ty, NeverT):
                    test = Op("in", (k, domain(inner)))
                    return Val(ite(test, apply(inner, k), kinds.coerce(default, value_ty)), value_ty)
                return Place(holder.root, (*holder.path, k), value_ty)
            raise_unless(lw, Op("in", (k, domain(inner))) if not isinstance(key_ty, NeverT) else FALSE, "KeyError")
            if isinstance(holder, Place) and is_container(value_ty):
                return Place(holder.root, (*holder.path, k), value_ty)
            return Val(apply(inner, k), value_ty)
        case SeqT(item_ty):
            inner = kinds.unbox(value, "seq")
            lw.demand(key, "int")
            position = index(inner, number(lw, key))
            raise_unless(lw, _within(inner, position), "IndexError")
            if isinstance(holder, Place) and is_container(item_ty):
                return Place(holder.root, (*holder.path, position), item_ty)
            return Val(apply(inner, position), item_ty)
        case TupleT(items):
            if (
                isinstance(key.expr, Lit)
                and isinstance(key.expr.value, int)
                and -len(items) <= key.expr.value < len(items)
            ):
                at = key.expr.value % len(items)
                tuple_expr = kinds.unbox(value, str(kind_of(found)))
                if isinstance(tuple_expr, Op) and tuple_expr.name == "tuple":
                    return Val(tuple_expr.args[at], items[at])
                return Val(apply(tuple_expr, Lit(at + 1)), items[at])
    if isinstance(value.ty, NeverT):
        return Val(NONE, NeverT())
    return lw.approximate("subscript of a value of unknown type", "any value")


def _within(seq: Expr, position: Expr) -> Expr:
    if position in (Lit(1), call("Len", seq)):
        return neg(eq(seq, EMPTY))
    return Op("in", (position, domain(seq)))


def set_item(lw: Lowerer, holder: Value, key: Val, value: Val) -> None:
    """``holder[key] = value``."""
    from specgen.lower.calls import call_method

    if not isinstance(holder, Place):
        if not isinstance(holder, (Val, Unknown)):
            call_method(lw, holder, "__setitem__", [key, value], {})
        else:
            lw.leave_out("assignment into a value", "no effect")
        return
    ty = container_of(places.place_type(lw, holder))
    changed_inside(lw, holder)
    group = lw.graph.group()
    root, current = places.fetch(lw, holder, group)

    def put() -> None:
        if isinstance(ty, SeqT):
            seq = kinds.unbox(current, "seq")
            position = index(seq, number(lw, key))
            raise_unless(lw, _within(seq, position), "IndexError")
            places.store(lw, Place(holder.root, (*holder.path, position), ty), value, root, group)
        else:
            looked_up(lw, key, ty.key if isinstance(ty, DictT) else NeverT())
            key_ty = ty.key if isinstance(ty, DictT) else NeverT()
            k = kinds.coerce(key, key_ty) if not isinstance(key_ty, NeverT) else key.expr
            wrapped = Place(holder.root, (*holder.path, k), ty)
            _declare_key(lw, holder, key.ty)
            places.detach(lw, holder.root, wrapped.path)
            places.store(lw, wrapped, value, root, group)

    still_there(lw, holder, root, put)


def place_key(lw: Lowerer, holder: Place, key: Val) -> Expr:
    """A key or index as the last step of a place inside the holder."""
    ty = container_of(places.place_type(lw, holder))
    if isinstance(ty, SeqT):
        return index(places.fetch(lw, holder)[1].expr, number(lw, key))
    return kinds.coerce(key, ty.key) if isinstance(ty, DictT) and not isinstance(ty.key, NeverT) else key.expr


def _declare_key(lw: Lowerer, holder: Place, key: Ty) -> None:
    ty: Ty = DictT(key, NeverT())
    base = places.place_type(lw, Place(holder.root, (), holder.ty))
    for depth in range(len(holder.path), 0, -1):
        outer = container_of(base) if depth == 1 else base
        ty = SeqT(ty) if isinstance(outer, SeqT) else DictT(outer.key if isinstance(outer, DictT) else NeverT(), ty)
    lw.declare(holder.root if holder.root.startswith("l.") else f"v.{holder.root}", ty)


def del_item(lw: Lowerer, holder: Value, key: Val) -> None:
    """``del holder[key]``."""
    from specgen.lower.calls import call_method

    if not isinstance(holder, Place):
        if not isinstance(holder, (Val, Unknown)):
            call_method(lw, holder, "__delitem__", [key], {})
        else:
            lw.leave_out("del of an item of a value", "no effect")
        return
    group = lw.graph.group()
    root, current = places.fetch(lw, holder, group)
    ty = usable(lw, current)
    if isinstance(ty, SeqT):
        seq = kinds.unbox(current, "seq")
        position = index(seq, number(lw, key))
        raise_unless(lw, _within(seq, position), "IndexError")
        places.store(lw, holder, Val(call("RemoveAt", seq, position), ty), root, group)
        return
    inner = kinds.unbox(current, "dict")
    if isinstance(ty, DictT):
        looked_up(lw, key, ty.key)
    k = kinds.coerce(key, ty.key) if isinstance(ty, DictT) else key.expr
    raise_unless(lw, Op("in", (k, domain(inner))), "KeyError")
    places.store(lw, holder, Val(call("Without", inner, k), ty), root, group)
