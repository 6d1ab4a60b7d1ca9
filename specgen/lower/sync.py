"""Locks, conditions, semaphores, events and queues of ``threading``, ``queue`` and ``asyncio``."""

from __future__ import annotations

from collections.abc import Callable

from specgen.lower import events, locks, primitives, queues, semaphores
from specgen.lower.lowerer import Lowerer
from specgen.lower.values import Sync, Value


def call(lw: Lowerer, sync: Sync, name: str, args: list[Value], kwargs: dict[str, Value], awaited: bool) -> Value:
    """A method of a synchronisation object."""
    handler = _METHODS.get((primitives.family(sync.kind), name))
    if handler is None:
        return lw.approximate(f"{sync.var}.{name}", "any value")
    return handler(lw, sync, primitives.Args(lw, args, kwargs))


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
