"""Locks, conditions, semaphores, events and queues of ``threading``, ``queue`` and ``asyncio``."""

from __future__ import annotations

from collections.abc import Callable

from specgen.lower import events, locks, primitives, queues, semaphores
from specgen.lower.formulas import NONE, eq
from specgen.lower.lowerer import Lowerer
from specgen.lower.values import Sync, Val, Value
from specgen.value_types import IntT, NoneT, members


def call(lw: Lowerer, sync: Sync, name: str, args: list[Value], kwargs: dict[str, Value], awaited: bool) -> Value:
    """A method of a synchronisation object."""
    handler = _METHODS.get((primitives.family(sync.kind), name))
    if handler is None:
        if name == "task_done":  # counts for `join` alone
            return lw.approximate(f"{sync.var}.{name}", "any value")
        return lw.leave_out(f"{sync.var}.{name}", "any value; that it may wait or change something is left out")
    given = primitives.Args(lw, args, kwargs)
    limit = given.get(_TIMEOUTS.get(name, len(args)), "timeout")
    if isinstance(limit, Val) and limit.origin is None and NoneT() in members(limit.ty) and limit.expr != NONE:
        return _with_or_without(lw, limit, lambda told: handler(lw, sync, _limited(given, name, told)))
    return handler(lw, sync, given)


def _with_or_without(lw: Lowerer, limit: Val, run: Callable[[Val], Value]) -> Value:
    """A time-out that may be None: only where it is not does one strike."""
    from specgen.lower.exprs import rv

    held = list(lw.held)
    none, some = lw.graph.branch(eq(limit.expr, NONE))
    ends = []
    for cursor, told in ((none, Val(NONE, NoneT())), (some, Val(limit.expr, IntT()))):
        lw.graph.cursor, lw.held = cursor, list(held)
        value = rv(lw, run(told)) if cursor else Val(NONE, NoneT())
        ends.append((lw.graph.cursor, value))
    return lw.join_value(ends, "waited")


def _limited(given: primitives.Args, name: str, limit: Val) -> primitives.Args:
    if "timeout" in given.kwargs:
        return primitives.Args(given.lw, given.args, {**given.kwargs, "timeout": limit})
    at = _TIMEOUTS[name]
    return primitives.Args(given.lw, [*given.args[:at], limit, *given.args[at + 1 :]], given.kwargs)


#: Where a time-out stands among the arguments.
_TIMEOUTS = {"wait": 0, "wait_for": 1, "acquire": 1, "get": 1, "put": 2}

_METHODS: dict[tuple[str, str], Callable[[Lowerer, Sync, primitives.Args], Value]] = {
    **locks.METHODS,
    **semaphores.METHODS,
    **events.METHODS,
    ("queue", "put"): queues.put,
    ("queue", "put_nowait"): queues.put_nowait,
    ("queue", "get"): queues.get,
    ("queue", "get_nowait"): queues.get_nowait,
    ("queue", "qsize"): queues.qsize,
    ("queue", "empty"): queues.empty,
    ("queue", "full"): queues.full,
}
