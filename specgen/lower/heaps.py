"""``heapq``: a heap is its list in ascending order, of which code sees the first item."""

from __future__ import annotations

from specgen.expr import Bound, Expr, Lit, Local, Op
from specgen.lower import changes, containers, list_methods, places
from specgen.lower.formulas import apply, call, domain, ite
from specgen.lower.lowerer import Lowerer
from specgen.lower.values import Place, Value
from specgen.value_types import IntT, SeqT, TupleT, Ty


def function(lw: Lowerer, name: str, args: list[Value]) -> Value | None:
    """``heappush`` or ``heappop`` of a list; None for anything else."""
    from specgen.lower.exprs import rv

    if name not in {"heapq.heappush", "heapq.heappop"} or not args or not isinstance(args[0], Place):
        return None
    item = rv(lw, args[1]) if len(args) > 1 else changes.NOTHING
    group = lw.graph.group()
    root, now = places.fetch(lw, args[0], group)
    found = containers.container_of(now.ty)
    if not isinstance(found, SeqT):
        return None
    heap = changes.Change(lw, args[0], root, now, group, {})
    if name == "heapq.heappop":
        return list_methods.SEQ_METHODS["popleft"](heap, [])
    x = heap.fit(item)
    if isinstance(item.ty, IntT) and isinstance(found.item, IntT):
        heap.becomes(call("Sorted", call("Append", heap.e, x)), found)
        return changes.NOTHING
    at = lw.temp("position")
    lw.active.add(at)
    lw.declare(f"l.{at}", IntT())
    lw.graph.choose(Local(at), _positions(lw, heap.e, x, found.item), "heap")
    before = call("SubSeq", heap.e, Lit(1), Op("-", (Local(at), Lit(1))))
    after = call("SubSeq", heap.e, Local(at), call("Len", heap.e))
    heap.becomes(Op("concat", (call("Append", before, x), after)), found)
    return changes.NOTHING


def _positions(lw: Lowerer, heap: Expr, x: Expr, item: Ty) -> Expr:
    """Where the item may go: tuples are in the order of their first numbers, alike ones in any."""
    every = Op("..", (Lit(1), Op("+", (call("Len", heap), Lit(1)))))
    if not (isinstance(item, TupleT) and item.items and isinstance(item.items[0], IntT)):
        lw.approximate("order of a heap", "any order")
        return every
    i, j = Bound("i"), Bound("j")
    mine, other = apply(x, Lit(1)), apply(apply(heap, j), Lit(1))
    fits = ite(Op("<", (j, i)), Op("<=", (other, mine)), Op("<=", (mine, other)))
    return Op("filter", (every, Op("forall", (domain(heap), fits), ("j",))), ("i",))
