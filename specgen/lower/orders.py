"""Built-in functions about order: min, max, sorted, reversed."""

from __future__ import annotations

from collections.abc import Callable

from specgen.expr import Bound, Expr, Lit, Local, Op
from specgen.lower import comprehensions, containers, exprs, guards, kinds, slices
from specgen.lower.formulas import EMPTY, FALSE, NONE, TRUE, apply, domain
from specgen.lower.formulas import call as op_call
from specgen.lower.guards import number
from specgen.lower.lowerer import Lowerer
from specgen.lower.values import Val, Value
from specgen.value_types import DictT, IntT, NeverT, SeqT, SetT, TupleT, join_all, kind_of, members


def numbers_of(value: Val) -> Expr | None:
    """The set of the items of a collection of numbers."""
    match containers.container_of(value.ty):
        case SeqT(IntT()):
            return op_call("Items", kinds.unbox(value, "seq"))
        case SetT(IntT()):
            return kinds.unbox(value, "set")
        case DictT(IntT(), _):
            return Op("DOMAIN", (kinds.unbox(value, "dict"),))
        case TupleT(items) if items and all(isinstance(i, IntT) for i in items):
            return op_call("Items", kinds.unbox(value, str(kind_of(containers.container_of(value.ty)))))
    return None


def _may_be_number(value: Val) -> bool:
    found = {kind_of(m) for m in members(value.ty)}
    return value.origin is not None or not found or bool(found & {"int", "bool", None})


def extreme(smallest: bool) -> Callable[[Lowerer, list[Val]], Value]:
    """``min`` or ``max``."""

    def run(lw: Lowerer, args: list[Val]) -> Value:
        if len(args) == 1:
            found = numbers_of(args[0])
            if found is not None:
                guards.raise_unless(lw, Op("#", (containers.size(args[0]), Lit(0))), "ValueError")
                return Val(op_call("MinOf" if smallest else "MaxOf", found), IntT())
            if isinstance(containers.item_type(args[0].ty), NeverT):
                if not isinstance(containers.container_of(args[0].ty), NeverT):
                    guards.raise_unless(lw, FALSE, "ValueError")  # nothing is ever in it
                return Val(NONE, NeverT())
            return _one_of(lw, args[0], "min or max of a collection")
        if any(not _may_be_number(arg) for arg in args):
            return _one_of(lw, exprs.sequence(lw, args), "min or max of values without a known order")
        out = number(lw, args[0])
        for other in args[1:]:
            right = number(lw, other)
            if isinstance(out, Lit) and isinstance(right, Lit):
                pick = min if smallest else max
                out = Lit(pick(int(out.value), int(right.value)))
                continue
            out = op_call("Min" if smallest else "Max", out, right)
        return Val(out, IntT())

    return run


def _one_of(lw: Lowerer, holder: Val, what: str) -> Value:
    """Any element of a collection, for what picks one by an order that is not modelled."""
    found = containers.container_of(holder.ty)
    item = containers.item_type(holder.ty)
    if not isinstance(found, (SeqT, SetT, DictT)) or isinstance(item, NeverT):
        return lw.approximate(what, "any value")
    lw.approximate(what, "any item")
    guards.raise_unless(lw, Op("#", (containers.size(holder), Lit(0))), "ValueError")
    name = lw.temp("picked")
    lw.active.add(name)
    lw.declare(f"l.{name}", item)
    match found:
        case SeqT():
            source = op_call("Items", kinds.unbox(holder, "seq"))
        case DictT():
            source = Op("DOMAIN", (kinds.unbox(holder, "dict"),))
        case _:
            source = kinds.unbox(holder, "set")
    lw.graph.choose(Local(name), source, "any item")
    return Val(Local(name), item)


def extreme_named(name: str) -> Callable[[Lowerer, list[Val], dict[str, Value]], Value | None]:
    """``min`` or ``max`` with ``key`` or ``default``."""

    def run(lw: Lowerer, args: list[Val], kwargs: dict[str, Value]) -> Value | None:
        from specgen.lower.exprs import rv

        if len(args) != 1 or set(kwargs) - {"default", "key"}:
            return None

        def by_key(lw: Lowerer, args: list[Val]) -> Value:
            return _one_of(lw, args[0], f"{name} by a key")

        choose = by_key if "key" in kwargs else extreme(name == "min")
        if "default" not in kwargs:
            return choose(lw, args)
        some, none = lw.graph.branch(Op("#", (containers.size(args[0]), Lit(0))))
        lw.graph.cursor = none
        ends = [(lw.graph.cursor, rv(lw, kwargs["default"]))]
        lw.graph.cursor = some
        if some:
            found = rv(lw, choose(lw, args))
            ends.append((lw.graph.cursor, found))
        return lw.join_value(ends, "extreme")

    return run


def list_(lw: Lowerer, args: list[Val]) -> Value:
    """``list(...)``; of anything without an order, in every one."""
    if not args:
        return Val(EMPTY, SeqT(NeverT()))
    behind = comprehensions.values_of(args[0].expr)
    match containers.container_of(args[0].ty):
        case SetT(item) if behind is not None:
            return Val(_values_in_some_order(lw, behind), SeqT(item))
        case SeqT() as ty:
            return Val(kinds.unbox(args[0], "seq"), ty)
        case SetT(item):
            members_of = kinds.unbox(args[0], "set")
            return Val(comprehensions.in_some_order(lw, members_of, item), SeqT(item))
        case DictT(key, _):
            keys = Op("DOMAIN", (kinds.unbox(args[0], "dict"),))
            return Val(comprehensions.in_some_order(lw, keys, key), SeqT(key))
        case TupleT() as ty:
            whole = SeqT(join_all(ty.items))
            return Val(kinds.coerce(args[0], whole), whole)
    return args[0]


def _values_in_some_order(lw: Lowerer, d: Expr) -> Expr:
    order = comprehensions.in_some_order(lw, domain(d), comprehensions.key_type(lw, d))
    return Op("function", (domain(order), apply(d, apply(order, Bound("i")))), ("i",))


def reversed_(lw: Lowerer, args: list[Val]) -> Value:
    """``reversed``."""
    if isinstance(args[0].ty, NeverT):
        return args[0]
    items = list_(lw, args)
    assert isinstance(items, Val)
    if not isinstance(items.ty, SeqT):
        return lw.approximate("reversed", "any value")
    return Val(slices.backwards(items.expr), items.ty)


def sorted_(lw: Lowerer, args: list[Val]) -> Value:
    """``sorted``; exact for numbers."""
    value = args[0]
    found = containers.container_of(value.ty)
    item = containers.item_type(value.ty)
    if isinstance(item, NeverT):
        return Val(EMPTY, SeqT(NeverT()))
    behind = comprehensions.values_of(value.expr)
    if isinstance(item, IntT) and behind is not None:
        keys = op_call("SeqOf", domain(behind))
        each = Op("function", (domain(keys), apply(behind, apply(keys, Bound("i")))), ("i",))
        return Val(op_call("Sorted", each), SeqT(IntT()))
    if isinstance(item, IntT) and isinstance(found, SeqT):
        return Val(op_call("Sorted", kinds.unbox(value, "seq")), SeqT(IntT()))
    numbers = numbers_of(value)
    if numbers is not None:
        return Val(op_call("Ascending", numbers), SeqT(IntT()))
    lw.approximate("sorted", "any order")
    if isinstance(found, SeqT):
        seq = kinds.unbox(value, "seq")
        name = lw.temp("order")
        lw.active.add(name)
        lw.declare(f"l.{name}", SeqT(IntT()))
        lw.graph.choose(Local(name), op_call("Orders", domain(seq)), "any order")
        at = apply(seq, apply(Local(name), Bound("i")))
        return Val(Op("function", (domain(seq), at), ("i",)), found)
    return list_(lw, args)


def sorted_named(lw: Lowerer, args: list[Val], kwargs: dict[str, Value]) -> Value | None:
    """``sorted`` with ``reverse`` or ``key``."""
    if len(args) != 1 or set(kwargs) - {"reverse", "key"}:
        return None
    if "key" in kwargs:
        whole = containers.container_of(args[0].ty)
        if isinstance(whole, SeqT) and isinstance(whole.item, IntT):
            return None
        return sorted_(lw, args)
    reverse = kwargs["reverse"]
    out = sorted_(lw, args)
    if isinstance(reverse, Val) and reverse.expr == TRUE and isinstance(out, Val) and isinstance(out.ty, SeqT):
        return Val(slices.backwards(out.expr), out.ty)
    return out if isinstance(reverse, Val) and reverse.expr == FALSE else None
