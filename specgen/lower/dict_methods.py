"""Methods of dicts: each call one moment."""

from __future__ import annotations

from collections.abc import Callable

from specgen.expr import Bound, Local, Op
from specgen.lower import changes, containers, guards, kinds, membership
from specgen.lower.formulas import EMPTY, apply, call, domain, eq, ite, neg
from specgen.lower.values import Place, Val, Value
from specgen.value_types import DictT, NeverT, SetT, TupleT, is_container, join


def _get(ch: changes.Change, args: list[Val]) -> Value:
    default = args[1] if len(args) > 1 else ch.kwargs.get("default", changes.NOTHING)
    ty = join(ch.item, default.ty)
    if isinstance(ch.item, NeverT):
        return default
    if is_container(ch.item) and isinstance(ch.owner, Place):
        return _get_place(ch, args[0], default)
    found = Val(apply(ch.e, ch.key(args[0])), ch.item)
    return Val(ite(ch.has_key(args[0]), kinds.coerce(found, ty), kinds.coerce(default, ty)), ty)


def _get_place(ch: changes.Change, key: Val, default: Val) -> Value:
    assert isinstance(ch.owner, Place)
    if not membership.comparable(key.ty, ch.now.ty.key if isinstance(ch.now.ty, DictT) else NeverT()):
        return default
    return Place(ch.owner.root, (*ch.owner.path, ch.key(key)), join(ch.item, default.ty), default=default)


def _dict_pop(ch: changes.Change, args: list[Val]) -> Value:
    test = ch.has_key(args[0])
    if len(args) == 1:
        guards.raise_unless(ch.lw, test, "KeyError")
        ch.becomes(call("Without", ch.e, ch.key(args[0])), ch.now.ty)
        return Val(apply(ch.e, ch.key(args[0])), ch.item)
    ty = join(ch.item, args[1].ty)
    value = Val(ite(test, kinds.coerce(Val(apply(ch.e, ch.key(args[0])), ch.item), ty), kinds.coerce(args[1], ty)), ty)
    ch.becomes(call("Without", ch.e, ch.key(args[0])), ch.now.ty)
    return value


def _setdefault(ch: changes.Change, args: list[Val]) -> Value:
    default = args[1] if len(args) > 1 else changes.NOTHING
    assert isinstance(ch.now.ty, DictT)
    ch.declare(DictT(args[0].ty, default.ty))
    test = ch.has_key(args[0])
    k = ch.key(args[0])
    value_ty = join(ch.item, default.ty)
    boxed = kinds.coerce(default, value_ty)
    yes, no = ch.lw.graph.branch(test)
    ch.lw.graph.cursor = no
    ch.becomes(call("Put", ch.e, k, boxed), DictT(join(ch.now.ty.key, args[0].ty), value_ty))
    ch.lw.graph.cursor = ch.lw.graph.cursor + yes
    if isinstance(ch.owner, Place) and is_container(value_ty):
        return Place(ch.owner.root, (*ch.owner.path, k), value_ty)
    return Val(ite(test, apply(ch.e, k), boxed), value_ty)


def _update(ch: changes.Change, args: list[Val]) -> Value:
    if ch.kwargs:
        return ch.lw.leave_out("update of a dict by names", "no effect")
    if args and isinstance(containers.container_of(args[0].ty), DictT):
        ch.declare(containers.container_of(args[0].ty))
        other = kinds.coerce(Val(kinds.unbox(args[0], "dict"), containers.container_of(args[0].ty)), ch.now.ty)
        x = Bound("x")
        keys = Op("union", (domain(ch.e), domain(other)))
        merged = Op("function", (keys, ite(Op("in", (x, domain(other))), apply(other, x), apply(ch.e, x))), ("x",))
        ch.becomes(merged, ch.now.ty)
        return changes.NOTHING
    if args and isinstance(args[0].ty, NeverT):
        return changes.NOTHING
    return ch.lw.leave_out("update of a dict", "no effect")


def _keys(ch: changes.Change, args: list[Val]) -> Value:
    assert isinstance(ch.now.ty, DictT)
    return Val(domain(ch.e), SetT(ch.now.ty.key))


def _values(ch: changes.Change, args: list[Val]) -> Value:
    return Val(call("Values", ch.e), SetT(ch.item))


def _items(ch: changes.Change, args: list[Val]) -> Value:
    assert isinstance(ch.now.ty, DictT)
    x = Bound("x")
    pairs = Op("map", (domain(ch.e), Op("tuple", (x, apply(ch.e, x)))), ("x",))
    return Val(pairs, SetT(TupleT((ch.now.ty.key, ch.now.ty.value))))


def _popitem(ch: changes.Change, args: list[Val]) -> Value:

    lw = ch.lw
    assert isinstance(ch.now.ty, DictT)
    guards.raise_unless(lw, neg(eq(ch.e, EMPTY)), "KeyError")
    lw.approximate("popitem", "any entry may be the one taken: the order of insertion is not kept")
    name = lw.temp("taken")
    lw.active.add(name)
    lw.declare(f"l.{name}", ch.now.ty.key)
    lw.graph.choose(Local(name), domain(ch.e), "any entry")
    taken = Local(name)
    ch.becomes(call("Without", ch.e, taken), ch.now.ty)
    return Val(Op("tuple", (taken, apply(ch.e, taken))), TupleT((ch.now.ty.key, ch.now.ty.value)))


def _move_to_end(ch: changes.Change, args: list[Val]) -> Value:
    guards.raise_unless(ch.lw, ch.has_key(args[0]), "KeyError")
    return changes.NOTHING


DICT_METHODS: dict[str, Callable[[changes.Change, list[Val]], Value]] = {
    "get": _get, "pop": _dict_pop, "setdefault": _setdefault, "update": _update, "keys": _keys, "values": _values,
    "items": _items, "popitem": _popitem, "clear": changes.clear, "copy": changes.copy, "move_to_end": _move_to_end,
}  # fmt: skip
