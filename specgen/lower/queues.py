"""Queues of queue and asyncio."""

from __future__ import annotations

from specgen.expr import Expr, Lit, Local, Op
from specgen.ir import Access
from specgen.lower import kinds, primitives, suspension, unwinding
from specgen.lower.formulas import EMPTY, FALSE, TRUE, eq, neg
from specgen.lower.formulas import call as op_call
from specgen.lower.lowerer import Lowerer
from specgen.lower.values import Exc, Sync, Val, Value
from specgen.value_types import BoolT, DictT, IntT, NeverT, RefT, SeqT, Ty


def _room(sync: Sync, items: Expr) -> Expr:
    if sync.limit == Lit(0):
        return TRUE
    return Op("<", (op_call("Len", items), sync.limit))


def put(lw: Lowerer, sync: Sync, args: primitives.Args) -> Value:
    """``put``: waits for room."""
    return _queue_put(lw, sync, args, wait_=not args.is_false(1, "block"))


def put_nowait(lw: Lowerer, sync: Sync, args: primitives.Args) -> Value:
    """``put_nowait``: raises where there is no room."""
    return _queue_put(lw, sync, args, wait_=False)


def get(lw: Lowerer, sync: Sync, args: primitives.Args) -> Value:
    """``get``: waits for an item."""
    return _queue_get(lw, sync, args, wait_=not args.is_false(0, "block"))


def get_nowait(lw: Lowerer, sync: Sync, args: primitives.Args) -> Value:
    """``get_nowait``: raises where there is nothing."""
    return _queue_get(lw, sync, args, wait_=False)


def _held_type(sync: Sync, ty: Ty) -> Ty:
    return ty if sync.ref is None else DictT(RefT(primitives.DYNAMIC[sync.kind]), ty)


def _items_type(lw: Lowerer, sync: Sync) -> Ty:
    ty = lw.var_type(sync.var)
    return ty.value if sync.ref is not None and isinstance(ty, DictT) else ty


def _queue_put(lw: Lowerer, sync: Sync, args: primitives.Args, wait_: bool) -> Value:
    from specgen.lower.exprs import rv

    item = args.get(0, "item")
    value = rv(lw, item) if item is not None else primitives.NOTHING
    lw.declare(f"v.{sync.var}", _held_type(sync, SeqT(value.ty)))
    ty = _items_type(lw, sync)
    fitted = kinds.coerce(value, ty.item) if isinstance(ty, SeqT) else value.expr
    _wait_until(lw, sync, _room(sync, primitives.now(sync)), wait_, args.may_time_out(2), "Full")
    primitives.assign(
        lw, sync, op_call("Append", primitives.now(sync), fitted), Access(sync.var, "update", lw.queue_group)
    )
    return primitives.NOTHING


def _queue_get(lw: Lowerer, sync: Sync, args: primitives.Args, wait_: bool) -> Value:
    ty = _items_type(lw, sync)
    item_ty = ty.item if isinstance(ty, SeqT) else NeverT()
    _wait_until(lw, sync, neg(eq(primitives.now(sync), EMPTY)), wait_, args.may_time_out(1), "Empty")
    last = sync.kind == "lifo"
    name = lw.temp("item")
    lw.active.add(name)
    access = Access(sync.var, "update", lw.queue_group)
    lw.declare(f"l.{name}", item_ty)
    lw.graph.set(Local(name), op_call("Last" if last else "Head", primitives.now(sync)), access)
    primitives.assign(lw, sync, op_call("Front" if last else "Tail", primitives.now(sync)), access)
    return Val(Local(name), item_ty)


def _wait_until(lw: Lowerer, sync: Sync, test: Expr, wait_: bool, timeout: bool, error: str) -> None:
    error = f"Queue{error}" if lw.mode == "asyncio" else error
    lw.queue_group = lw.graph.group()
    access = Access(sync.var, "update", lw.queue_group)
    if test == TRUE:
        return
    if not wait_:
        yes, no = lw.graph.branch(test, access)
        lw.graph.cursor = no
        unwinding.raise_(lw, Exc(error))
        lw.graph.cursor = yes
        return
    wanted = suspension.guard_alternatives(lw, timeout)
    edges = lw.graph.guard(test, access, kinds=wanted)  # type: ignore[arg-type]
    lost = primitives.alternatives(lw, wanted, edges)
    after = lw.graph.cursor
    if lost:
        lw.graph.cursor = lost
        unwinding.raise_(lw, Exc(error))
    lw.graph.cursor = after


def qsize(lw: Lowerer, sync: Sync, args: primitives.Args) -> Value:
    """``qsize``."""
    return Val(op_call("Len", primitives.look(lw, sync).expr), IntT())


def empty(lw: Lowerer, sync: Sync, args: primitives.Args) -> Value:
    """``empty``."""
    return Val(eq(primitives.look(lw, sync).expr, EMPTY), BoolT())


def full(lw: Lowerer, sync: Sync, args: primitives.Args) -> Value:
    """``full``."""
    if sync.limit == Lit(0):
        return Val(FALSE, BoolT())
    return Val(Op(">=", (op_call("Len", primitives.look(lw, sync).expr), sync.limit)), BoolT())
