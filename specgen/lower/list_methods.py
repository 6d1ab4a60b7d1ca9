"""Methods of lists and deques: each call one moment."""

from __future__ import annotations

from collections.abc import Callable

from specgen.expr import Bound, Lit, Op
from specgen.lower import changes, containers, kinds, membership, slices, subscripts
from specgen.lower.equality import note_equality
from specgen.lower.formulas import EMPTY, FALSE, apply, call, domain, eq, ite, neg
from specgen.lower.guards import number, raise_unless
from specgen.lower.values import Val, Value
from specgen.value_types import IntT, NeverT, SeqT, TupleT, join_all, kind_of


def _append(ch: changes.Change, args: list[Val]) -> Value:
    ch.grows(call("Append", ch.e, ch.fit(args[0])))
    return changes.NOTHING


def _appendleft(ch: changes.Change, args: list[Val]) -> Value:
    ch.grows(Op("concat", (Op("tuple", (ch.fit(args[0]),)), ch.e)), drop_last=True)
    return changes.NOTHING


def _pop(ch: changes.Change, args: list[Val]) -> Value:
    raise_unless(ch.lw, neg(eq(ch.e, EMPTY)), "IndexError")
    if args and args[0].expr == Lit(0):
        return _take_first(ch)
    if args and args[0].expr != Lit(-1):
        at = subscripts.index(ch.e, number(ch.lw, args[0]))
        raise_unless(ch.lw, Op("in", (at, domain(ch.e))), "IndexError")
        ch.becomes(call("RemoveAt", ch.e, at), ch.now.ty)
        return Val(apply(ch.e, at), ch.item)
    ch.becomes(call("Front", ch.e), ch.now.ty)
    return Val(call("Last", ch.e), ch.item)


def _popleft(ch: changes.Change, args: list[Val]) -> Value:
    raise_unless(ch.lw, neg(eq(ch.e, EMPTY)), "IndexError")
    return _take_first(ch)


def _take_first(ch: changes.Change) -> Value:
    ch.becomes(call("Tail", ch.e), ch.now.ty)
    return Val(call("Head", ch.e), ch.item)


def _list_remove(ch: changes.Change, args: list[Val]) -> Value:
    note_equality(ch.lw, args[0].ty)
    x = ch.fit(args[0])
    there = Op("in", (x, call("Items", ch.e))) if membership.comparable(args[0].ty, ch.item) else FALSE
    raise_unless(ch.lw, there, "ValueError")
    ch.becomes(call("RemoveAt", ch.e, call("FirstIndex", ch.e, x)), ch.now.ty)
    return changes.NOTHING


def _insert(ch: changes.Change, args: list[Val]) -> Value:
    x = ch.fit(args[1])
    at = number(ch.lw, args[0])
    if at == Lit(0):
        return _appendleft(ch, [args[1]])
    low = call("Min", at, call("Len", ch.e))
    if not subscripts.not_negative(at):
        low = call(
            "Max",
            Op("-", (call("Min", subscripts.index(ch.e, at), Op("+", (call("Len", ch.e), Lit(1)))), Lit(1))),
            Lit(0),
        )
    ch.becomes(
        Op(
            "concat",
            (
                call("Append", call("SubSeq", ch.e, Lit(1), low), x),
                call("SubSeq", ch.e, Op("+", (low, Lit(1))), call("Len", ch.e)),
            ),
        ),
        ch.now.ty,
    )
    return changes.NOTHING


def _extend(ch: changes.Change, args: list[Val]) -> Value:
    other = containers.container_of(args[0].ty)
    if isinstance(other, (SeqT, TupleT)):
        whole = other if isinstance(other, SeqT) else SeqT(join_all(other.items))
        ch.declare(whole)
        found = Val(kinds.unbox(args[0], str(kind_of(other))), other)
        ch.grows(Op("concat", (ch.e, kinds.coerce(found, ch.now.ty))))
        return changes.NOTHING
    if isinstance(args[0].ty, NeverT):
        return changes.NOTHING
    ch.lw.demand(args[0], "seq")
    return ch.lw.leave_out("extend by a value of unknown type", "no effect")


def _extendleft(ch: changes.Change, args: list[Val]) -> Value:
    other = containers.container_of(args[0].ty)
    if not isinstance(other, SeqT):
        return ch.lw.leave_out("extendleft", "no effect")
    ch.declare(other)
    found = kinds.coerce(Val(kinds.unbox(args[0], "seq"), other), ch.now.ty)
    ch.grows(Op("concat", (slices.backwards(found), ch.e)), drop_last=True)
    return changes.NOTHING


def _rotate(ch: changes.Change, args: list[Val]) -> Value:
    by = args[0].expr if args else Lit(1)
    if by == Lit(1):
        ch.becomes(
            ite(eq(ch.e, EMPTY), EMPTY, Op("concat", (Op("tuple", (call("Last", ch.e),)), call("Front", ch.e)))),
            ch.now.ty,
        )
    elif by == Lit(-1):
        ch.becomes(ite(eq(ch.e, EMPTY), EMPTY, call("Append", call("Tail", ch.e), call("Head", ch.e))), ch.now.ty)
    else:
        return ch.lw.leave_out("rotate", "no effect")
    return changes.NOTHING


def _reverse(ch: changes.Change, args: list[Val]) -> Value:
    ch.becomes(slices.backwards(ch.e), ch.now.ty)
    return changes.NOTHING


def _sort(ch: changes.Change, args: list[Val]) -> Value:
    if isinstance(ch.item, IntT) and not ch.kwargs:
        ch.becomes(call("Sorted", ch.e), ch.now.ty)
        return changes.NOTHING
    return ch.lw.leave_out("sort", "the order stays as it was") if not isinstance(ch.item, NeverT) else changes.NOTHING


def _list_count(ch: changes.Change, args: list[Val]) -> Value:
    note_equality(ch.lw, args[0].ty)
    membership.same_domain(ch.lw, args[0], ch.item)
    alike = kinds.equal(Val(apply(ch.e, Bound("i")), ch.item), args[0])
    return Val(call("Cardinality", Op("filter", (domain(ch.e), alike), ("i",))), IntT())


def _list_index(ch: changes.Change, args: list[Val]) -> Value:
    note_equality(ch.lw, args[0].ty)
    x = ch.fit(args[0])
    raise_unless(ch.lw, Op("in", (x, call("Items", ch.e))), "ValueError")
    return Val(Op("-", (call("FirstIndex", ch.e, x), Lit(1))), IntT())


SEQ_METHODS: dict[str, Callable[[changes.Change, list[Val]], Value]] = {
    "append": _append, "appendleft": _appendleft, "pop": _pop, "popleft": _popleft, "remove": _list_remove,
    "insert": _insert, "extend": _extend, "clear": changes.clear, "copy": changes.copy,
    "count": _list_count, "index": _list_index,
    "extendleft": _extendleft, "rotate": _rotate, "reverse": _reverse, "sort": _sort,
}  # fmt: skip
