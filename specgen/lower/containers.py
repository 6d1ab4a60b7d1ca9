"""Lists, deques, dicts and sets: subscripts, membership and methods, each one moment of time.

A method that changes its container reads and writes the whole shared variable in one access group, which
is what a call into a built-in type is: no other thread runs in the middle.
"""

from __future__ import annotations

import ast
from collections.abc import Callable

from specgen.expr import Arg, Bound, Expr, Lit, Op
from specgen.lower import changes, kinds, names, places, slices, unwinding
from specgen.lower.lowerer import Lowerer
from specgen.lower.values import (
    EMPTY,
    FALSE,
    NONE,
    Exc,
    Place,
    Unknown,
    Val,
    Value,
    apply,
    call,
    disj,
    domain,
    eq,
    ite,
    neg,
)
from specgen.value_types import DictT, IntT, NeverT, SeqT, SetT, TupleT, Ty, kind_of, members


def container_of(ty: Ty) -> Ty:
    """The list, dict, set or tuple among the members of a type, or NeverT."""
    found = [m for m in sorted(members(ty), key=repr) if isinstance(m, (SeqT, DictT, SetT, TupleT))]
    return found[0] if found else NeverT()


def item_type(ty: Ty) -> Ty:
    """The type of the items that a loop over the container meets."""
    match container_of(ty):
        case SeqT(item) | SetT(item):
            return item
        case DictT(key, _):
            return key
        case TupleT() as found:
            return changes.tuple_item(found)
    return NeverT()


def usable(lw: Lowerer, value: Val, error: str = "TypeError") -> Ty:
    """The container that a value is used as; ``error`` is raised where it is None or of another kind."""
    from specgen.lower.operators import only_kinds

    found = container_of(value.ty)
    if not isinstance(found, NeverT):
        only_kinds(lw, value, (str(kind_of(found)),), error)
    return found


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


def size(value: Val) -> Expr:
    """``len``."""
    match container_of(value.ty):
        case SeqT():
            return call("Len", kinds.unbox(value, "seq"))
        case TupleT(items):
            return Lit(len(items))
        case SetT() if isinstance(value.expr, Op) and value.expr.names == ("Values",):
            return call("Cardinality", domain(value.expr.args[0]))
        case SetT():
            return call("Cardinality", kinds.unbox(value, "set"))
        case DictT():
            return call("Cardinality", domain(kinds.unbox(value, "dict")))
    return Lit(0)


def contains(lw: Lowerer, item: Val, holder: Value) -> Expr:
    """``item in holder``."""
    from specgen.lower.calls import call_method
    from specgen.lower.exprs import any_value, rv

    if not isinstance(holder, (Val, Place)):
        found = call_method(lw, holder, "__contains__", [item], {})
        return kinds.truth(rv(lw, found, "bool"))
    value = rv(lw, holder, "seq")
    found_in = usable(lw, value)
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
    if kinds.true_meets_one(key.ty, among):
        lw.approximate("True and 1, or False and 0, as keys or members of one collection", "they are two keys")


def raise_unless(lw: Lowerer, test: Expr, name: str) -> None:
    """Raise the exception where the test fails; go on where it holds."""
    yes, no = lw.graph.branch(test)
    if no:
        lw.graph.cursor = no
        unwinding.raise_(lw, Exc(name))
    lw.graph.cursor = yes


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
    from specgen.lower.operators import number

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
                if not names.is_container(value_ty) and not isinstance(value_ty, NeverT):
                    test = Op("in", (k, domain(inner)))
                    return Val(ite(test, apply(inner, k), kinds.coerce(default, value_ty)), value_ty)
                return Place(holder.root, (*holder.path, k), value_ty)
            raise_unless(lw, Op("in", (k, domain(inner))) if not isinstance(key_ty, NeverT) else FALSE, "KeyError")
            if isinstance(holder, Place) and names.is_container(value_ty):
                return Place(holder.root, (*holder.path, k), value_ty)
            return Val(apply(inner, k), value_ty)
        case SeqT(item_ty):
            inner = kinds.unbox(value, "seq")
            lw.demand(key, "int")
            position = index(inner, number(lw, key))
            raise_unless(lw, _within(inner, position), "IndexError")
            if isinstance(holder, Place) and names.is_container(item_ty):
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
            lw.approximate("assignment into a value", "no effect")
        return
    from specgen.lower.operators import number

    ty = container_of(places.place_type(lw, holder))
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
    from specgen.lower.operators import number

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


def still_there(lw: Lowerer, place: Place, root: Val, run: Callable[[], None]) -> None:
    """Run where the keys that lead to the place are present; where they are gone, nothing shared changes."""
    if not place.path:
        run()
        return
    yes, no = lw.graph.branch(places.present(lw, place, root))
    lw.graph.cursor = yes
    run()
    lw.graph.cursor = lw.graph.cursor + no


def del_item(lw: Lowerer, holder: Value, key: Val) -> None:
    """``del holder[key]``."""
    from specgen.lower.calls import call_method

    if not isinstance(holder, Place):
        if not isinstance(holder, (Val, Unknown)):
            call_method(lw, holder, "__delitem__", [key], {})
        return
    group = lw.graph.group()
    root, current = places.fetch(lw, holder, group)
    ty = usable(lw, current)
    if isinstance(ty, SeqT):
        from specgen.lower.operators import number

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
