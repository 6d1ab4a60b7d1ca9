"""Semaphores."""

from __future__ import annotations

from collections.abc import Callable

from specgen.expr import Lit, Op
from specgen.ir import Access
from specgen.lower import primitives, suspension, unwinding
from specgen.lower.formulas import FALSE, TRUE
from specgen.lower.lowerer import Lowerer
from specgen.lower.values import Exc, Sync, Val, Value
from specgen.value_types import BoolT


def take_permit(lw: Lowerer, sync: Sync, timeout: bool) -> Value:
    """``Semaphore.acquire``."""
    var = sync.var
    if lw.in_init:
        return primitives.ANSWER
    some = Op(">", (primitives.now(sync), Lit(0)))
    less = Op("-", (primitives.now(sync), Lit(1)))
    group = lw.graph.group()
    wanted = suspension.guard_alternatives(lw, timeout)
    edges = lw.graph.guard(some, Access(var, "update", group), kinds=wanted)  # type: ignore[arg-type]
    primitives.assign(lw, sync, less, Access(var, "update", group))
    lost = primitives.alternatives(lw, wanted, edges)
    if not lost:
        return primitives.ANSWER
    return lw.join_value([(lw.graph.cursor, primitives.ANSWER), (lost, Val(FALSE, BoolT()))], "taken")


def give_permit(lw: Lowerer, sync: Sync) -> None:
    """``Semaphore.release``."""
    if not lw.graph.cursor:
        return
    group = lw.graph.group()
    found = primitives.look(lw, sync, group)
    if sync.kind == "bounded" and sync.ref is None:
        yes, no = lw.graph.branch(Op("<", (found.expr, sync.limit)))
        lw.graph.cursor = no
        unwinding.raise_(lw, Exc("ValueError"))
        lw.graph.cursor = yes
    primitives.assign(lw, sync, Op("+", (found.expr, Lit(1))), Access(sync.var, "update", group))


def _sem_acquire(lw: Lowerer, sync: Sync, args: primitives.Args) -> Value:
    flag = args.flag(0, "blocking")
    if flag == TRUE:
        return take_permit(lw, sync, args.may_time_out(1))
    group = lw.graph.group()
    found = primitives.look(lw, sync, group)
    yes, no = lw.graph.branch(Op(">", (found.expr, Lit(0))))
    lw.graph.cursor = yes
    primitives.assign(lw, sync, Op("-", (found.expr, Lit(1))), Access(sync.var, "update", group))
    return lw.join_value([(lw.graph.cursor, primitives.ANSWER), (no, Val(FALSE, BoolT()))], "taken")


def _sem_release(lw: Lowerer, sync: Sync, args: primitives.Args) -> Value:
    give_permit(lw, sync)
    return primitives.NOTHING


def _sem_locked(lw: Lowerer, sync: Sync, args: primitives.Args) -> Value:
    return Val(Op("<=", (primitives.look(lw, sync).expr, Lit(0))), BoolT())


#: (family, method) -> its rule.
METHODS: dict[tuple[str, str], Callable[[Lowerer, Sync, primitives.Args], Value]] = {
    ("semaphore", "acquire"): _sem_acquire,
    ("semaphore", "release"): _sem_release,
    ("semaphore", "locked"): _sem_locked,
}
