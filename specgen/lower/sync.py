"""Locks, conditions, semaphores, events and queues of ``threading``, ``queue`` and ``asyncio``."""

from __future__ import annotations

from collections.abc import Callable

from specgen.expr import BoolT, Lit
from specgen.ir import Access
from specgen.lower import locks, primitives, queues, semaphores, suspension
from specgen.lower.lowerer import Lowerer
from specgen.lower.values import FALSE, Sync, Val, Value


def call(lw: Lowerer, sync: Sync, name: str, args: list[Value], kwargs: dict[str, Value], awaited: bool) -> Value:
    """A method of a synchronisation object."""
    handler = _METHODS.get((primitives.family(sync.kind), name))
    if handler is None:
        return lw.approximate(f"{sync.var}.{name}", "any value")
    return handler(lw, sync, primitives.Args(lw, args, kwargs))


def _set(value: bool) -> Callable[[Lowerer, Sync, primitives.Args], Value]:
    def run(lw: Lowerer, sync: Sync, args: primitives.Args) -> Value:
        primitives.assign(lw, sync, Lit(value), Access(sync.var, "write", lw.graph.group()))
        return primitives.NOTHING

    return run


def _is_set(lw: Lowerer, sync: Sync, args: primitives.Args) -> Value:
    return primitives.look(lw, sync)


def _event_wait(lw: Lowerer, sync: Sync, args: primitives.Args) -> Value:
    group = lw.graph.group()
    wanted = suspension.guard_alternatives(lw, args.may_time_out(0))
    edges = lw.graph.guard(primitives.now(sync), Access(sync.var, "read", group), kinds=wanted)  # type: ignore[arg-type]
    lost = primitives.alternatives(lw, wanted, edges)
    if not lost:
        return primitives.ANSWER
    return lw.join_value([(lw.graph.cursor, primitives.ANSWER), (lost, Val(FALSE, BoolT()))], "set_in_time")


_METHODS: dict[tuple[str, str], Callable[[Lowerer, Sync, primitives.Args], Value]] = {
    **locks.METHODS,
    **semaphores.METHODS,
    ("event", "set"): _set(True),
    ("event", "clear"): _set(False),
    ("event", "is_set"): _is_set,
    ("event", "wait"): _event_wait,
    ("queue", "put"): queues.put,
    ("queue", "put_nowait"): queues.put_nowait,
    ("queue", "get"): queues.get,
    ("queue", "get_nowait"): queues.get_nowait,
    ("queue", "qsize"): queues.qsize,
    ("queue", "empty"): queues.empty,
    ("queue", "full"): queues.full,
}
