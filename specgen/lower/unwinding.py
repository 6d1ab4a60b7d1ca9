"""Ways out of a piece of code: exceptions, results, and what is run on the way."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from specgen.expr import Lit, Op
from specgen.lower import kinds
from specgen.lower.formulas import NONE
from specgen.lower.lowerer import Lowerer
from specgen.lower.state import Detour, Exit, Finally, Handlers, Pending
from specgen.lower.values import Exc, Val
from specgen.value_types import NeverT, RaisedT, StrT, Ty, kind_of, members


def _unwind(lw: Lowerer, down_to: int) -> None:
    """Run the pending ``finally`` bodies above that height of the stack, innermost first."""
    saved, held = lw.exits, list(lw.held)
    for index in range(len(saved) - 1, down_to - 1, -1):
        item = saved[index]
        if isinstance(item, Finally):
            lw.exits = saved[:index]
            item.emit()
    lw.exits, lw.held = saved, held


def left(lw: Lowerer, at: int, again: Callable[[], None]) -> bool:
    """Leave all above that place of the stack; False where a generator that serves a ``with`` lies between.

    The way out then goes through the generator, and ``again`` is how it goes on after that.
    """
    detours = [i for i, x in enumerate(lw.exits) if i > at and isinstance(x, Detour) and at < x.below]
    if not detours:
        _unwind(lw, at + 1)
        return True
    _unwind(lw, detours[-1] + 1)
    detour = lw.exits[detours[-1]]
    assert isinstance(detour, Detour)
    detour.ways.append((lw.graph.cursor, again))
    lw.graph.cursor = []
    return False


def raise_(lw: Lowerer, exc: Exc) -> None:
    """Leave by an exception: to the first handler that catches it, or out of the operation."""
    if exc.expr is not None and not exc.name:
        _raise_one_of(lw, exc)
        return
    saved = lw.exits
    for index in range(len(saved) - 1, -1, -1):
        if not lw.graph.cursor:
            break
        item = saved[index]
        if isinstance(item, Finally):
            known = item.pending.setdefault(exc.name, Pending([], list(lw.held), lw.graph.where))
            known.held = [h for h in known.held if h in lw.held]
            known.edges += lw.graph.cursor
            lw.graph.cursor = []
        elif isinstance(item, Handlers):
            ancestors = lw.sources.exception_ancestors(exc.name, item.module)
            for number, names in enumerate(item.catches):
                if not names or any(n in ancestors for n in names):
                    item.incoming[number].append((lw.graph.cursor, exc))
                    lw.graph.cursor = []
                    break
    if lw.graph.cursor:
        finish_raised(lw, exc.name)


def _raise_one_of(lw: Lowerer, exc: Exc) -> None:
    names = sorted(exc.names)
    for name in names[:-1]:
        assert exc.expr is not None
        yes, no = lw.graph.branch(Op("=", (exc.expr, Lit(name))))
        lw.graph.cursor = yes
        raise_(lw, Exc(name))
        lw.graph.cursor = no
    raise_(lw, Exc(names[-1] if names else "Exception"))


def finish_raised(lw: Lowerer, name: str) -> None:
    """End the operation with an exception as its result."""
    if lw.in_init:
        lw.graph.done(NONE, raised=True)
        return
    lw.declare("r", raised_type(lw, name))
    lw.graph.done(kinds.coerce(Val(Lit(name), raised_type(lw, name)), lw.type_of("r")), raised=True)


def raised_type(lw: Lowerer, name: str) -> Ty:
    """The type of an exception as a result: a string where results hold nothing but strings and None."""
    ty = lw.type_of("r")
    others = {kind_of(m) for m in members(ty) if not isinstance(m, (RaisedT, StrT))} - {None}
    returned_str = any(isinstance(m, StrT) for m in members(lw.shared.types.get("r.returned", NeverT())))
    return RaisedT(frozenset({name})) if others or returned_str else StrT(frozenset({name}))


def finish(lw: Lowerer, value: Val) -> None:
    """End the operation with a result."""
    lw.declare("r.returned", value.ty)
    lw.declare("r", value.ty)
    lw.graph.done(kinds.coerce(value, lw.type_of("r")), raised=False)


@contextmanager
def within(lw: Lowerer, item: Exit) -> Iterator[None]:
    """Code inside has one more thing to unwind."""
    lw.exits.append(item)
    height = len(lw.exits)
    try:
        yield
    finally:
        del lw.exits[height - 1 :]
    if isinstance(item, Finally):
        _leave_by_exceptions(lw, item)


def _leave_by_exceptions(lw: Lowerer, item: Finally) -> None:
    after, held, where = lw.graph.cursor, lw.held, lw.graph.where
    for name, found in item.pending.items():
        if not found.edges:
            continue
        lw.graph.cursor, lw.held, lw.graph.where = found.edges, list(found.held), found.where
        saved, lw.in_flight, lw.swallows = (lw.in_flight, lw.swallows), name, None
        item.emit()
        swallows, (lw.in_flight, lw.swallows) = lw.swallows, saved
        if swallows is not None:
            # ``__exit__`` gave back something true: the exception ends here.
            swallowed, lw.graph.cursor = lw.graph.branch(swallows)
            item.swallowed += swallowed
        raise_(lw, Exc(name))
    lw.graph.cursor, lw.held, lw.graph.where = after, held, where
