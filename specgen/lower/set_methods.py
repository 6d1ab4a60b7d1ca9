"""Methods of sets: each call one moment."""

from __future__ import annotations

from collections.abc import Callable

from specgen.expr import Expr, Local, Op
from specgen.lower import changes, containers, guards, kinds, membership
from specgen.lower.formulas import FALSE, call, domain, eq, neg
from specgen.lower.values import Val, Value
from specgen.value_types import BoolT, DictT, NeverT, SeqT, SetT, TupleT, join, kind_of


def _add(ch: changes.Change, args: list[Val]) -> Value:
    x = ch.fit(args[0])
    ch.becomes(Op("union", (ch.e, Op("set", (x,)))), ch.now.ty)
    return changes.NOTHING


def _set_take(ch: changes.Change, args: list[Val]) -> Expr:
    x = ch.fit(args[0])
    ch.becomes(Op("diff", (ch.e, Op("set", (x,)))), ch.now.ty)
    return x


def _discard(ch: changes.Change, args: list[Val]) -> Value:
    _set_take(ch, args)
    return changes.NOTHING


def _set_remove(ch: changes.Change, args: list[Val]) -> Value:
    x = ch.fit(args[0])
    guards.raise_unless(ch.lw, Op("in", (x, ch.e)) if membership.comparable(args[0].ty, ch.item) else FALSE, "KeyError")
    ch.becomes(Op("diff", (ch.e, Op("set", (x,)))), ch.now.ty)
    return changes.NOTHING


def _set_pop(ch: changes.Change, args: list[Val]) -> Value:

    guards.raise_unless(ch.lw, neg(eq(ch.e, Op("set"))), "KeyError")
    name = ch.lw.temp("taken")
    ch.lw.active.add(name)
    ch.lw.declare(f"l.{name}", ch.item)
    ch.lw.graph.choose(Local(name), ch.e, "unordered")
    ch.becomes(Op("diff", (ch.e, Op("set", (Local(name),)))), ch.now.ty)
    return Val(Local(name), ch.item)


def _set_update(ch: changes.Change, args: list[Val]) -> Value:
    for arg in args:
        found = containers.container_of(arg.ty)
        item = containers.item_type(arg.ty)
        if isinstance(found, NeverT):
            return changes.NOTHING if isinstance(arg.ty, NeverT) else ch.lw.leave_out("update of a set", "no effect")
        ch.declare(SetT(item))
        inner = kinds.unbox(arg, str(kind_of(found)))
        if isinstance(found, TupleT):
            inner = kinds.coerce(Val(inner, found), SeqT(item))
        elements = (
            domain(inner) if isinstance(found, DictT) else inner if isinstance(found, SetT) else call("Items", inner)
        )
        ch.now = Val(Op("union", (ch.e, kinds.coerce(Val(elements, SetT(item)), ch.now.ty))), ch.now.ty)
    ch.becomes(ch.e, ch.now.ty)
    return changes.NOTHING


def _set_operation(name: str, in_place: bool) -> Callable[[changes.Change, list[Val]], Value]:
    """``union``, ``difference_update`` and the like, with one other set."""

    def run(ch: changes.Change, args: list[Val]) -> Value:
        if len(args) != 1 or isinstance(containers.item_type(args[0].ty), NeverT):
            return ch.now if not in_place else changes.NOTHING
        found, item = containers.container_of(args[0].ty), containers.item_type(args[0].ty)
        inner = kinds.unbox(args[0], str(kind_of(found)))
        if isinstance(found, TupleT):
            inner = kinds.coerce(Val(inner, found), SeqT(item))
        elements = (
            domain(inner) if isinstance(found, DictT) else inner if isinstance(found, SetT) else call("Items", inner)
        )
        ty = join(ch.now.ty, SetT(item))
        out = Val(Op(name, (kinds.coerce(ch.now, ty), kinds.coerce(Val(elements, SetT(item)), ty))), ty)
        if not in_place:
            return out
        ch.becomes(out.expr, ch.now.ty)
        return changes.NOTHING

    return run


def _subset(flip: bool) -> Callable[[changes.Change, list[Val]], Value]:
    def run(ch: changes.Change, args: list[Val]) -> Value:
        found = containers.container_of(args[0].ty)
        if not isinstance(found, SetT):
            return ch.lw.approximate("issubset or issuperset", "any answer")
        ty = join(ch.now.ty, found)
        a, b = kinds.coerce(ch.now, ty), kinds.coerce(Val(kinds.unbox(args[0], "set"), found), ty)
        return Val(Op("subseteq", (b, a) if flip else (a, b)), BoolT())

    return run


SET_METHODS: dict[str, Callable[[changes.Change, list[Val]], Value]] = {
    "add": _add, "discard": _discard, "remove": _set_remove, "pop": _set_pop, "update": _set_update,
    "clear": changes.clear, "copy": changes.copy,
    "union": _set_operation("union", False), "intersection": _set_operation("inter", False),
    "difference": _set_operation("diff", False), "difference_update": _set_operation("diff", True),
    "intersection_update": _set_operation("inter", True), "issubset": _subset(False), "issuperset": _subset(True),
}  # fmt: skip
