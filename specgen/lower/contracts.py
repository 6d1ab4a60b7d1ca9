"""Collaborators that the feature does not define: what their calls are taken to do, by their names.

A collaborator whose methods all read like those of a key/value store is one: each call is atomic, succeeds
and is seen by everyone at once. Anything else returns any value and changes nothing modelled here.
"""

from __future__ import annotations

import re

from specgen.expr import Bound, Expr, Lit, Me, Op
from specgen.lower import kinds, suspension
from specgen.lower.formulas import EMPTY, FALSE, NONE, TRUE, apply, domain, ite
from specgen.lower.formulas import call as op_call
from specgen.lower.lowerer import Lowerer
from specgen.lower.state import VarInfo
from specgen.lower.values import Contract, Unknown, Val, Value
from specgen.value_types import BoolT, CallerT, DictT, IntT, NeverT, NoneT, SetT, StrT, TupleT, join

READ = re.compile(r"^(get|read|load|fetch|find|lookup|head|select|peek|retrieve|query|show)(_|$)")
WRITE = re.compile(
    r"^(put|set|write|save|store|insert|upsert|update|create|replace|assign|record|add|charge|publish|upload)(_|$)"
)
DELETE = re.compile(r"^(delete|remove|del|discard|evict|drop|purge|unset|erase)(_|$)")
EXISTS = re.compile(r"^(exists|contains|has|is)(_|$)|^__contains__$")
COUNT = re.compile(r"^(incr|increment|incrby|add_to)(_|$)")
UNCOUNT = re.compile(r"^(decr|decrement|decrby)(_|$)")
CREATE = re.compile(r"^(setnx|put_if_absent|add_if_absent|create_if_absent|insert_if_absent|set_if_absent)$")
SWAP = re.compile(
    r"^(cas|compare_and_set|compare_and_swap|replace_if|put_if_version|put_if|set_if|swap_if|write_if)(_|$)"
)
LIST = re.compile(r"^(keys|list|scan|all)(_|$)")

NOTHING = Val(NONE, NoneT())


def is_store(methods: frozenset[str]) -> bool:
    """Whether every method reads like one of a key/value store, and at least one of them writes or reads."""
    if not methods:
        return False
    known = (READ, WRITE, DELETE, EXISTS, COUNT, UNCOUNT, CREATE, SWAP, LIST)
    return all(
        any(p.match(m) for p in known) for m in methods if m not in {"__getitem__", "__setitem__", "__delitem__"}
    )


def store_var(lw: Lowerer, contract: Contract) -> str:
    """The variable that holds what a store keeps."""
    span = lw.span()
    lw.log.once("store", contract.name, contract.key, span)
    with lw.log.aside():
        if contract.key not in lw.stores:
            var = lw.fresh_var(contract.name)
            shown = f"{contract.name}: a key/value store by contract"
            lw.vars[var] = VarInfo(var, span, shown, effect=True, init=EMPTY)
            lw.declare(f"v.{var}", DictT(NeverT(), NeverT()))
            lw.stores[contract.key] = var
    lw.assume(
        f"store:{contract.name}",
        f"`{contract.name}` is a key/value store: each call on it is atomic, succeeds, and is seen by everyone at once",
        span,
    )
    return lw.stores[contract.key]


def call(
    lw: Lowerer, contract: Contract, name: str, args: list[Value], kwargs: dict[str, Value], awaited: bool
) -> Value:
    """A method of a collaborator."""
    from specgen.lower.exprs import rv

    values = [rv(lw, a) for a in args] + [
        rv(lw, v) for k, v in kwargs.items() if k in {"key", "value", "expected", "new", "version"}
    ]
    if not is_store(contract.methods):
        return call_function(
            lw, Contract(f"{contract.name}.{name}", "", frozenset()), args, f"{contract.name}.{name}", awaited
        )
    suspension.may_fail(lw, f"{contract.name}.{name}(...)")
    if awaited:
        suspension.suspend(lw)
    saved, lw.awaiting = lw.awaiting, awaited
    try:
        out = _store_call(lw, contract, name, values)
    finally:
        lw.awaiting = saved
    if awaited:
        suspension.suspend(lw)
    return out


def _store_call(lw: Lowerer, contract: Contract, name: str, args: list[Val]) -> Value:
    var = store_var(lw, contract)
    group = lw.graph.group()
    if LIST.match(name) and not args:
        now = lw.read(var, group)
        return Val(domain(now.expr), SetT(now.ty.key if isinstance(now.ty, DictT) else NeverT()))
    key = args[0] if args else Val(Lit("it"), NoneT())
    if not args:
        key = Val(Lit(name), _str(name))
    now = lw.read(var, group)
    ty = now.ty if isinstance(now.ty, DictT) else DictT(NeverT(), NeverT())
    lw.declare(f"v.{var}", DictT(key.ty, NeverT()))
    k = kinds.coerce(key, ty.key) if not isinstance(ty.key, NeverT) else key.expr
    there: Expr = Op("in", (k, domain(now.expr))) if not isinstance(ty.key, NeverT) else FALSE
    held = Val(apply(now.expr, k), ty.value)

    def write(value: Val) -> None:
        lw.declare(f"v.{var}", DictT(key.ty, value.ty))
        boxed = kinds.coerce(value, ty.value) if not isinstance(ty.value, NeverT) else value.expr
        lw.write(
            var,
            Val(op_call("Put", now.expr, k, boxed), DictT(join(ty.key, key.ty), join(ty.value, value.ty))),
            group,
            "update",
        )

    if CREATE.match(name) and len(args) >= 2:
        yes, no = lw.graph.branch(there)
        lw.graph.cursor = no
        write(args[1])
        return lw.join_value([(lw.graph.cursor, Val(TRUE, BoolT())), (yes, Val(FALSE, BoolT()))], "created")
    if SWAP.match(name) and len(args) >= 3:
        same = (
            kinds.equal(Val(ite(there, held.expr, NONE), join(held.ty, NoneT())), args[1])
            if there != FALSE
            else kinds.equal(NOTHING, args[1])
        )
        yes, no = lw.graph.branch(same)
        lw.graph.cursor = yes
        write(args[2])
        return lw.join_value([(lw.graph.cursor, Val(TRUE, BoolT())), (no, Val(FALSE, BoolT()))], "swapped")
    if COUNT.match(name) or UNCOUNT.match(name):
        amount = args[1].expr if len(args) > 1 else Lit(1)
        old = ite(there, held.expr, Lit(0)) if isinstance(ty.value, IntT) else Lit(0)
        new = Val(Op("-" if UNCOUNT.match(name) else "+", (old, amount)), IntT())
        write(new)
        return new
    if DELETE.match(name):
        lw.write(var, Val(op_call("Without", now.expr, k), ty), group, "update")
        return NOTHING
    if EXISTS.match(name):
        return Val(there, BoolT())
    if WRITE.match(name):
        write(args[1] if len(args) > 1 else Val(TRUE, BoolT()))
        return NOTHING
    both = join(ty.value, NoneT())
    if there == FALSE:
        return Val(NONE, both)
    default = args[1] if len(args) > 1 and not isinstance(args[1].ty, NeverT) else NOTHING
    both = join(ty.value, default.ty)
    return Val(ite(there, kinds.coerce(held, both), kinds.coerce(default, both)), both)


def _str(name: str):  # type: ignore[no-untyped-def]
    return StrT(frozenset({name}))


def call_function(lw: Lowerer, contract: Contract, args: list[Value], text: str, awaited: bool) -> Value:
    """A call of something unknown that the caller handed in: any value comes back, at some time."""
    from specgen.lower.exprs import rv

    for arg in args:
        if isinstance(arg, Val):
            rv(lw, arg)
    if awaited:
        suspension.suspend(lw)
    suspension.may_fail(lw, text)
    lw.assume(f"call:{text}", f"`{text}` returns any value and touches nothing that is modelled here", lw.span())
    return Unknown(text)


def fresh_token(lw: Lowerer) -> Val:
    """A value nobody else has: uuid4() and the like. One per call."""
    return Val(Op("tuple", (Me(), Bound("before"))), TupleT((CallerT(), IntT())))
