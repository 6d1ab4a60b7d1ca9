"""Loops."""

from __future__ import annotations

import ast

from specgen.expr import Bound, Expr, Local, Op
from specgen.lower import (
    assignments,
    comprehensions,
    containers,
    guards,
    kinds,
    live_loops,
    orders,
    places,
    stmts,
    suspension,
    unwinding,
)
from specgen.lower.exprs import lower, rv
from specgen.lower.formulas import EMPTY, const
from specgen.lower.formulas import call as op_call
from specgen.lower.lowerer import Lowerer
from specgen.lower.second_names import MUTATORS
from specgen.lower.state import ANYTHING, Detour, Loop
from specgen.lower.truth import split
from specgen.lower.values import Val
from specgen.value_types import AtomT, DictT, NeverT, SeqT, SetT, TupleT, Ty, is_container


def while_(lw: Lowerer, node: ast.While) -> None:
    """``while``."""
    head = lw.graph.skip()
    loop = Loop(head)
    yes, no = split(lw, node.test)
    lw.graph.cursor = yes
    saved, lw.in_loop = lw.in_loop, True
    held = list(lw.held)
    with unwinding.within(lw, loop):
        stmts.body(lw, node.body)
    lw.in_loop = saved
    lw.graph.cursor += loop.continues
    lw.graph.link(head)
    lw.held = held
    lw.graph.cursor = no
    stmts.body(lw, node.orelse)
    lw.graph.cursor = lw.graph.cursor + loop.breaks


def for_(lw: Lowerer, node: ast.For | ast.AsyncFor) -> None:
    """``for``: over a sequence in order, over anything unordered in every order."""
    iterable = node.iter
    if isinstance(node, ast.For) and (live := live_loops.of(lw, node)) is not None:
        _note_changed_items(lw, node, places.place_type(lw, live.place))
        _turns(lw, node, live_loops.begin(lw, live))
        return
    source = lower(lw, iterable)
    value = rv(lw, source)
    if comprehensions.values_of(value.expr) is not None:
        value = rv(lw, orders.list_(lw, [value]))  # values that are alike are as many as there are
    if isinstance(node, ast.AsyncFor):
        suspension.suspend(lw)
        lw.approximate("async for", "the items are there at once")
    found = guards.usable(lw, value)
    _note_changed_items(lw, node, value.ty)
    if isinstance(found, NeverT):
        if isinstance(value.ty, NeverT):
            value = Val(EMPTY, SeqT(NeverT()))
        else:
            lw.approximate(f"loop over {ast.unparse(iterable)[:40]}", "the body runs at most once, on any value")
            value = _maybe_one(lw)
        found = value.ty
    if isinstance(value.expr, Op) and value.expr.name == "tuple" and len(value.expr.args) <= 4:
        _unrolled(lw, node, value, found)
        return
    todo = lw.temp("todo")
    lw.active.add(todo)
    match found:
        case SeqT(item):
            lw.set_local(todo, Val(kinds.unbox(value, "seq"), SeqT(item)))
        case SetT(item):
            _in_any_order(lw, todo, kinds.unbox(value, "set"), item)
        case DictT(item, _):
            _in_any_order(lw, todo, Op("DOMAIN", (kinds.unbox(value, "dict"),)), item)
        case _:
            item = NeverT()
            lw.set_local(todo, Val(value.expr, SeqT(item)))
    head = lw.graph.skip()
    rest = lw.local(todo)
    yes, no = lw.graph.branch(Op("#", (rest.expr, EMPTY)))
    lw.graph.cursor = yes
    item_ty = rest.ty.item if isinstance(rest.ty, SeqT) else item
    first = lw.temp("each")
    lw.active.add(first)
    current = lw.set_local(first, Val(op_call("Head", rest.expr), item_ty))
    lw.set_local(todo, Val(op_call("Tail", rest.expr), rest.ty))
    _turns(lw, node, live_loops.Turn(head, current, no))


def _turns(lw: Lowerer, node: ast.For | ast.AsyncFor, turn: live_loops.Turn) -> None:
    """What every turn does, and the code after the loop."""
    assignments.assign(lw, node.target, turn.item)
    loop = Loop(turn.head)
    saved, lw.in_loop = lw.in_loop, True
    with unwinding.within(lw, loop):
        stmts.body(lw, node.body)
    lw.in_loop = saved
    lw.graph.cursor += loop.continues
    lw.graph.link(turn.head)
    lw.graph.cursor = turn.over
    stmts.body(lw, node.orelse)
    lw.graph.cursor = lw.graph.cursor + loop.breaks


def _note_changed_items(lw: Lowerer, node: ast.For | ast.AsyncFor, ty: Ty) -> None:
    held = containers.container_of(ty)
    if _changes_items(node) and is_container(held.value if isinstance(held, DictT) else containers.item_type(ty)):
        lw.leave_out("change of an item that a loop goes over", "the collection keeps the item as it was")


def _changes_items(node: ast.For | ast.AsyncFor) -> bool:
    """Whether the body of a loop changes the item in place."""
    bound = {n.id for n in ast.walk(node.target) if isinstance(n, ast.Name)}
    for inner in node.body:
        for found in ast.walk(inner):
            match found:
                case ast.Call(func=ast.Attribute(value=ast.Name(id=name), attr=attr)) if (
                    name in bound and attr in MUTATORS
                ):
                    return True
                case ast.Subscript(value=ast.Name(id=name), ctx=ast.Store() | ast.Del()) if name in bound:
                    return True
    return False


def _unrolled(lw: Lowerer, node: ast.For | ast.AsyncFor, value: Val, found: object) -> None:
    assert isinstance(value.expr, Op)
    breaks = []
    types = (
        found.items
        if isinstance(found, TupleT)
        else [found.item if isinstance(found, SeqT) else NeverT()] * len(value.expr.args)
    )
    for item, ty in zip(value.expr.args, types, strict=True):
        if not lw.graph.cursor:
            break
        assignments.assign(lw, node.target, Val(item, ty))
        loop = Loop(-1)
        saved, lw.in_loop = lw.in_loop, True
        with unwinding.within(lw, loop):
            stmts.body(lw, node.body)
        lw.in_loop = saved
        lw.graph.cursor = lw.graph.cursor + loop.continues
        breaks += loop.breaks
    stmts.body(lw, node.orelse)
    lw.graph.cursor = lw.graph.cursor + breaks


def _maybe_one(lw: Lowerer) -> Val:
    name = lw.temp("unknown_items")
    lw.active.add(name)
    anything = lw.shared.domain(ANYTHING)
    ty = SeqT(AtomT(anything))
    lw.declare(f"l.{name}", ty)
    one = Op("map", (const(anything), Op("tuple", (Bound("x"),))), ("x",))
    lw.graph.choose(Local(name), Op("union", (one, Op("set", (EMPTY,)))), "approximated")
    return Val(Local(name), ty)


def _in_any_order(lw: Lowerer, todo: str, source: Expr, item: object) -> None:
    comprehensions.note_order(lw, source)
    lw.declare(f"l.{todo}", SeqT(item))  # type: ignore[arg-type]
    lw.graph.choose(Local(todo), op_call("Orders", source), "unordered")


def leave_loop(lw: Lowerer, where: str) -> None:
    """``break`` and ``continue``."""
    # Loops of a generator that serves the ``with`` around are not those of its body.
    inside = next((x.below for x in reversed(lw.exits) if isinstance(x, Detour)), len(lw.exits))
    top = next((i for i in range(len(lw.exits) - 1, -1, -1) if isinstance(lw.exits[i], Detour)), -1)
    found = [i for i, x in enumerate(lw.exits) if isinstance(x, Loop) and (i < inside or i > top)]
    if found:
        loop = lw.exits[found[-1]]
        assert isinstance(loop, Loop)
        _leave_to(lw, loop, where)


def _leave_to(lw: Lowerer, loop: Loop, where: str) -> None:
    at = next(i for i, x in enumerate(lw.exits) if x is loop)
    if unwinding.left(lw, at, lambda: _leave_to(lw, loop, where)):
        getattr(loop, where).extend(lw.graph.cursor)
        lw.graph.cursor = []
