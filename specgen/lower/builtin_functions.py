"""Built-in functions with a rule: len, min, sorted, zip and their like."""

from __future__ import annotations

from collections.abc import Callable

from specgen.expr import Bound, Expr, Lit, Op
from specgen.lower import comprehensions, containers, conversions, guards, kinds, orders
from specgen.lower.formulas import EMPTY, FALSE, NONE, apply, domain
from specgen.lower.formulas import call as op_call
from specgen.lower.guards import number
from specgen.lower.lowerer import Lowerer
from specgen.lower.second_names import kept_elsewhere
from specgen.lower.values import Val, Value
from specgen.value_types import BoolT, DictT, IntT, NeverT, SeqT, SetT, StrT, TupleT, join, kind_of


def _len(lw: Lowerer, args: list[Val]) -> Value:
    if args and isinstance(containers.container_of(args[0].ty), NeverT) and not isinstance(args[0].ty, NeverT):
        return lw.approximate("len of a value of unknown type", "0 or 1")
    if args:
        guards.usable(lw, args[0])
    return Val(containers.size(args[0]), IntT())


def _sum(lw: Lowerer, args: list[Val]) -> Value:
    first = number(lw, args[1]) if len(args) > 1 else Lit(0)
    behind = comprehensions.values_of(args[0].expr)
    item = containers.item_type(args[0].ty)
    found = containers.container_of(args[0].ty)
    if isinstance(item, NeverT):
        return Val(first, IntT())
    if not isinstance(item, IntT):
        return lw.approximate("sum", "any number")
    if behind is not None:
        out = op_call("SumOver", behind, domain(behind))
    elif isinstance(found, (SeqT, TupleT)):
        seq = kinds.unbox(args[0], str(kind_of(found)))
        out = op_call("SumOver", seq, domain(seq))
    else:
        numbers = orders.numbers_of(args[0])
        assert numbers is not None
        out = op_call("SumOver", Op("function", (numbers, Bound("x")), ("x",)), numbers)
    return Val(out if first == Lit(0) else Op("+", (first, out)), IntT())


def _set(lw: Lowerer, args: list[Val]) -> Value:
    if not args:
        return Val(Op("set"), SetT(NeverT()))
    match containers.container_of(args[0].ty):
        case SeqT(item):
            return Val(op_call("Items", kinds.unbox(args[0], "seq")), SetT(item))
        case SetT() as ty:
            return Val(kinds.unbox(args[0], "set"), ty)
        case DictT(key, _):
            return Val(Op("DOMAIN", (kinds.unbox(args[0], "dict"),)), SetT(key))
        case TupleT() as found:
            items = SeqT(containers.item_type(found))
            whole = Val(kinds.unbox(args[0], str(kind_of(found))), found)
            return Val(op_call("Items", kinds.coerce(whole, items)), SetT(items.item))
    if isinstance(args[0].ty, NeverT):
        return Val(Op("set"), SetT(NeverT()))
    return lw.approximate("set of what is no known collection", "any value")


def _dict(lw: Lowerer, args: list[Val]) -> Value:
    if args and isinstance(containers.container_of(args[0].ty), DictT):
        return Val(kinds.unbox(args[0], "dict"), containers.container_of(args[0].ty))
    if args and not isinstance(containers.item_type(args[0].ty), NeverT):
        return lw.approximate("dict of pairs", "any value")
    return Val(EMPTY, DictT(NeverT(), NeverT()))


def _bool(lw: Lowerer, args: list[Val]) -> Value:
    return Val(kinds.truth(args[0]) if args else FALSE, BoolT())


def _abs(lw: Lowerer, args: list[Val]) -> Value:
    e = number(lw, args[0])
    return Val(op_call("Max", e, Op("-", (Lit(0), e))), IntT())


def _range(lw: Lowerer, args: list[Val]) -> Value:
    if len(args) > 2:
        return lw.approximate("range with a step", "any value")
    low = number(lw, args[0]) if len(args) == 2 else Lit(0)
    high = number(lw, args[-1])
    if isinstance(low, Lit) and isinstance(high, Lit) and int(high.value) - int(low.value) <= 8:
        return Val(Op("tuple", tuple(Lit(i) for i in range(int(low.value), int(high.value)))), SeqT(IntT()))
    count = Op("..", (Lit(1), high if low == Lit(0) else Op("-", (high, low))))
    offset = Op("-", (Bound("i"), Lit(1)))
    return Val(Op("function", (count, offset if low == Lit(0) else Op("+", (low, offset))), ("i",)), SeqT(IntT()))


def _enumerate_named(lw: Lowerer, args: list[Val], kwargs: dict[str, Value]) -> Value | None:
    from specgen.lower.exprs import rv

    return _enumerate(lw, [*args, rv(lw, kwargs["start"])]) if set(kwargs) == {"start"} else None


def _dict_named(lw: Lowerer, args: list[Val], kwargs: dict[str, Value]) -> Value | None:
    from specgen.lower.exprs import rv

    out = _dict(lw, args)
    assert isinstance(out, Val)
    for name, value in kwargs.items():
        kept_elsewhere(lw, value)
        v = rv(lw, value)
        assert isinstance(out.ty, DictT)
        ty = DictT(join(out.ty.key, StrT(frozenset({name}))), join(out.ty.value, v.ty))
        out = Val(op_call("Put", out.expr, Lit(name), kinds.coerce(v, ty.value)), ty)
    return out


def _counter(lw: Lowerer, args: list[Val]) -> Value:
    """``Counter()``: what is not there counts 0."""
    if args:
        return lw.approximate("Counter of a collection", "any value")
    lw.pending_counter = True
    return Val(EMPTY, DictT(NeverT(), IntT()))


def _deque(lw: Lowerer, args: list[Val]) -> Value:
    return orders.list_(lw, args[:1]) if len(args) < 2 else _bounded(lw, args[:1], args[1])


def _deque_named(lw: Lowerer, args: list[Val], kwargs: dict[str, Value]) -> Value | None:
    from specgen.lower.exprs import rv

    return _bounded(lw, args, rv(lw, kwargs["maxlen"])) if set(kwargs) == {"maxlen"} else None


def _bounded(lw: Lowerer, args: list[Val], limit: Val) -> Value:
    """``deque(maxlen=n)``: whoever assigns it learns the limit."""
    if limit.expr != NONE:
        lw.demand(limit, "int")
        lw.pending_limit = number(lw, limit)
    return orders.list_(lw, args)


def _zip(lw: Lowerer, args: list[Val]) -> Value:
    types = [containers.container_of(a.ty) for a in args]
    if not args or not all(isinstance(t, SeqT) for t in types):
        return lw.approximate("zip", "any value")
    seqs = [kinds.unbox(a, "seq") for a in args]
    shortest = op_call("Len", seqs[0])
    for other in seqs[1:]:
        shortest = op_call("Min", shortest, op_call("Len", other))
    pair = Op("tuple", tuple(apply(s, Bound("i")) for s in seqs))
    keys = domain(seqs[0]) if len(seqs) == 1 else Op("..", (Lit(1), shortest))
    return Val(Op("function", (keys, pair), ("i",)), SeqT(TupleT(tuple(t.item for t in types if isinstance(t, SeqT)))))


def _some(every: bool) -> Callable[[Lowerer, list[Val]], Value]:
    def run(lw: Lowerer, args: list[Val]) -> Value:
        from specgen.lower import truth

        item = containers.item_type(args[0].ty)
        found = containers.container_of(args[0].ty)
        if isinstance(item, NeverT):
            return Val(Lit(every), BoolT())
        if truth.object_class(lw, Val(Bound("x"), item)) is not None:
            lw.leave_out("objects that may count as false, in a collection", "they count as true")
        inner = kinds.unbox(args[0], str(kind_of(found)))
        if isinstance(found, TupleT):
            inner = kinds.coerce(Val(inner, found), SeqT(item))
        whole = (
            inner
            if isinstance(found, SetT)
            else Op("DOMAIN", (inner,))
            if isinstance(found, DictT)
            else op_call("Items", inner)
        )
        test = kinds.truth(Val(Bound("x"), item))
        return Val(Op("forall" if every else "exists", (whole, test), ("x",)), BoolT())

    return run


NAMED: dict[str, Callable[[Lowerer, list[Val], dict[str, Value]], Value | None]] = {
    "min": orders.extreme_named("min"),
    "max": orders.extreme_named("max"),
    "sorted": orders.sorted_named,
    "enumerate": _enumerate_named,
    "dict": _dict_named,
    "deque": _deque_named,
}


def _enumerate(lw: Lowerer, args: list[Val]) -> Value:
    found = containers.container_of(args[0].ty)
    if isinstance(found, SeqT):
        i = Bound("i")
        first = number(lw, args[1]) if len(args) > 1 else Lit(0)
        at: Expr = (
            Op("-", (i, Lit(1)))
            if first == Lit(0)
            else i
            if first == Lit(1)
            else Op("+", (Op("-", (i, Lit(1))), first))
        )
        seq = kinds.unbox(args[0], "seq")
        pair = Op("tuple", (at, apply(seq, i)))
        return Val(Op("function", (domain(seq), pair), ("i",)), SeqT(TupleT((IntT(), found.item))))
    return lw.approximate("enumerate", "any value")


def _partial(lw: Lowerer, args: list[Val]) -> Value:
    return lw.approximate("functools.partial", "any value")


def _token(lw: Lowerer, args: list[Val]) -> Value:
    from specgen.lower.contracts import fresh_token

    if lw.in_init:
        from specgen.lower.singletons import of_sentinel

        return of_sentinel(lw.pending_attr or "sentinel")
    return fresh_token(lw)


FUNCTIONS: dict[str, Callable[[Lowerer, list[Val]], Value]] = {
    "len": _len,
    "min": orders.extreme(True),
    "max": orders.extreme(False),
    "sum": _sum,
    "list": orders.list_,
    "deque": _deque,
    "any": _some(False),
    "all": _some(True),
    "zip": _zip,
    "set": _set,
    "frozenset": _set,
    "dict": _dict,
    "OrderedDict": _dict,
    "bool": _bool,
    "int": conversions.int_,
    "float": conversions.float_,
    "str": conversions.str_,
    "repr": conversions.str_,
    "abs": _abs,
    "range": _range,
    "reversed": orders.reversed_,
    "sorted": orders.sorted_,
    "copy": conversions.copied,
    "deepcopy": conversions.copied,
    "tuple": conversions.tuple_,
    "Counter": _counter,
    "ceil": conversions.int_,
    "floor": conversions.int_,
    "round": conversions.int_,
    "bytes": conversions.str_,
    "object": _token,
    "WeakValueDictionary": _dict,
    "WeakKeyDictionary": _dict,
    "weakref.WeakValueDictionary": _dict,
    "weakref.WeakKeyDictionary": _dict,
    "weakref.WeakSet": _set,
    "enumerate": _enumerate,
    "functools.partial": _partial,
}
