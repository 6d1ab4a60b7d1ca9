"""Events. ``set`` lets go whoever waits at that moment for good, even where it is cleared before they run."""

from __future__ import annotations

from collections.abc import Callable

from specgen.expr import Me, Op
from specgen.ir import Access
from specgen.lower import primitives, suspension
from specgen.lower.formulas import FALSE, NOBODY, TRUE
from specgen.lower.graph import Edge
from specgen.lower.lowerer import Lowerer
from specgen.lower.values import Sync, Val, Value
from specgen.value_types import BoolT


def _set(lw: Lowerer, sync: Sync, args: primitives.Args) -> Value:
    group = lw.graph.group()
    primitives.assign(lw, sync, TRUE, Access(sync.var, "write", group))
    if sync.waiting:
        primitives.assign(lw, sync, NOBODY, Access(sync.waiting, "write", group), var=sync.waiting)
    return primitives.NOTHING


def _clear(lw: Lowerer, sync: Sync, args: primitives.Args) -> Value:
    lw.shared.cleared.add(sync.var)
    primitives.assign(lw, sync, FALSE, Access(sync.var, "write", lw.graph.group()))
    return primitives.NOTHING


def _is_set(lw: Lowerer, sync: Sync, args: primitives.Args) -> Value:
    return primitives.look(lw, sync)


def _wait(lw: Lowerer, sync: Sync, args: primitives.Args) -> Value:
    """What stays set is waited for as it is; else who waits is written down, and goes on once ``set`` struck it off."""
    at_once: list[Edge] = []
    let_go, looked_at = primitives.now(sync), sync.var
    if sync.waiting:
        group = lw.graph.group()
        at_once, lw.graph.cursor = lw.graph.branch(let_go, Access(sync.var, "read", group))
        queued = Op("union", (primitives.now(sync, sync.waiting), Op("set", (Me(),))))
        primitives.assign(lw, sync, queued, Access(sync.waiting, "update", group), var=sync.waiting)
        let_go, looked_at = Op("notin", (Me(), primitives.now(sync, sync.waiting))), sync.waiting
    wanted = suspension.guard_alternatives(lw, args.may_time_out(0))
    access = Access(looked_at, "read", lw.graph.group())
    edges = lw.graph.guard(let_go, access, kinds=wanted)  # type: ignore[arg-type]
    if sync.waiting:
        edges = [_gives_up(lw, sync, found) for found in edges]
    lost = primitives.alternatives(lw, wanted, edges)
    lw.graph.cursor = at_once + lw.graph.cursor
    if not lost:
        return primitives.ANSWER
    return lw.join_value([(lw.graph.cursor, primitives.ANSWER), (lost, Val(FALSE, BoolT()))], "set_in_time")


def _gives_up(lw: Lowerer, sync: Sync, edges: list[Edge]) -> list[Edge]:
    """The edges after the caller has taken itself off those who wait."""
    after, lw.graph.cursor = lw.graph.cursor, edges
    fewer = Op("diff", (primitives.now(sync, sync.waiting), Op("set", (Me(),))))
    primitives.assign(lw, sync, fewer, Access(sync.waiting, "update", lw.graph.group()), var=sync.waiting)
    out, lw.graph.cursor = lw.graph.cursor, after
    return out


#: (family, method) -> its rule.
METHODS: dict[tuple[str, str], Callable[[Lowerer, Sync, primitives.Args], Value]] = {
    ("event", "set"): _set,
    ("event", "clear"): _clear,
    ("event", "is_set"): _is_set,
    ("event", "wait"): _wait,
}
