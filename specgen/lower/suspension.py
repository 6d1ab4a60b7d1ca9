"""Suspension points of asyncio, cancellation at them, and failures of calls that leave the feature."""

from __future__ import annotations

from specgen.expr import Local
from specgen.lower import unwinding
from specgen.lower.formulas import const
from specgen.lower.lowerer import Lowerer
from specgen.lower.state import Boundary, Finally, Handlers
from specgen.lower.values import Exc
from specgen.value_types import BoolT


def cancellable(lw: Lowerer) -> bool:
    """Whether the code around handles cancellation: a ``finally``, or a handler that catches it.

    A plain ``async with lock`` does not count: it gives the lock back on every way out anyway.
    """
    if lw.mode != "asyncio":
        return False
    for item in lw.exits:
        if isinstance(item, Finally) and not item.implied:
            return True
        if isinstance(item, Handlers):
            for names in item.catches:
                if not names or any(n in {"CancelledError", "BaseException"} for n in names):
                    return True
    return False


def suspend(lw: Lowerer) -> None:
    """A suspension point: others may run; where the code handles cancellation, it may arrive here."""
    if lw.mode != "asyncio" or lw.in_init or not lw.graph.cursor:
        return
    if not cancellable(lw):
        lw.graph.suspend()
        return
    edges = lw.graph.suspend(["cancelled"])[0]
    after = lw.graph.cursor
    lw.graph.cursor = edges
    unwinding.raise_(lw, Exc("CancelledError"))
    lw.graph.cursor = after


def guard_alternatives(lw: Lowerer, timeout: bool) -> list[str]:
    """Kinds of alternatives a blocked call has here."""
    out = ["timeout"] if timeout else []
    if lw.mode == "asyncio" and cancellable(lw):
        out.append("cancelled")
    return out


def may_fail(lw: Lowerer, what: str) -> None:
    """A call that leaves the feature may raise what the code around it is ready to catch."""
    if lw.in_init or not lw.graph.cursor:
        return
    expected: str | None = None
    for item in reversed(lw.exits):
        if isinstance(item, Boundary) and item is lw.exits[0]:
            break
        if isinstance(item, Handlers):
            for names in item.catches:
                chosen = next((n for n in names if n not in {"CancelledError", "BaseException"}), None)
                if chosen is None and not names:
                    chosen = "Exception"
                if chosen is not None:
                    expected = chosen
                    break
        if expected:
            break
    if expected is None:
        return
    lw.assume(
        f"may-raise:{lw.graph.where.path}:{lw.graph.where.line}",
        f"{what} may raise {expected}, which the code around it catches",
        lw.span(),
    )
    name = lw.temp("fails")
    lw.active.add(name)
    lw.declare(f"l.{name}", BoolT())
    lw.graph.choose(Local(name), const("BOOLEAN"), "the call may fail")
    yes, no = lw.graph.branch(Local(name))
    lw.graph.cursor = yes
    unwinding.raise_(lw, Exc(expected))
    lw.graph.cursor = no
