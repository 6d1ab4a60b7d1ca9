"""Loops over a container that may change on the way: each turn looks at what it is by then."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from specgen.expr import Expr, Lit, Local, Op
from specgen.lower import comprehensions, containers, disturbance, guards, kinds, places
from specgen.lower.exprs import lower
from specgen.lower.formulas import EMPTY, apply, domain, eq
from specgen.lower.formulas import call as op_call
from specgen.lower.graph import Edge
from specgen.lower.lowerer import Lowerer
from specgen.lower.values import Obj, Place, Val
from specgen.syntax import walk
from specgen.usage import ADDERS, REMOVERS, spelled
from specgen.value_types import DictT, IntT, SeqT, SetT, TupleT, Ty

_VIEWS = ("keys", "values", "items")


@dataclass(frozen=True, slots=True)
class Live:
    """The container that a loop goes over itself; ``view`` is the dict method that the loop calls on it, if any."""

    place: Place
    view: str = "keys"


@dataclass(frozen=True, slots=True)
class Turn:
    """Where a turn of the loop begins, the item it has, and the ways on when there is none left."""

    head: int
    item: Val
    over: list[Edge]


def of(lw: Lowerer, node: ast.For) -> Live | None:
    """The container of the loop where others, or the body, may change it before the loop ends."""
    match node.iter:
        case ast.Call(func=ast.Attribute(value=holder, attr=view), args=[], keywords=[]) if view in _VIEWS:
            pass
        case holder:
            view = "keys"
    if isinstance(holder, ast.Call) and not _looks_up(holder):
        return None
    point = lw.checkpoint()
    place = lower(lw, holder)
    if isinstance(place, Place):
        kind = containers.container_of(places.place_type(lw, place))
        if isinstance(kind, (DictT, SeqT, SetT) if holder is node.iter else DictT) and _may_change(lw, node, place):
            return Live(place, view)
    lw.roll_back(point)
    return None


def _looks_up(node: ast.Call) -> bool:
    return isinstance(node.func, ast.Attribute) and node.func.attr in {"get", "setdefault"}


def begin(lw: Lowerer, live: Live) -> Turn:
    """The head of the loop; what follows is the body, with the item of this turn."""
    place = _followed(lw, live.place)
    value = places.fetch(lw, place, lw.graph.group())[1]
    match containers.container_of(places.place_type(lw, live.place)):
        case SeqT(item):
            return _by_position(lw, place, item)
        case SetT(member):
            return _by_member(lw, place, "keys", value, member, kinds.unbox(value, "set"))
        case DictT(key, _):
            return _by_member(lw, place, live.view, value, key, domain(kinds.unbox(value, "dict")))
    raise AssertionError(live)  # ``of`` gives no other


def _by_position(lw: Lowerer, place: Place, item: Ty) -> Turn:
    """A list: the loop counts, and ends where the list ends by then."""
    position = lw.temp("position")
    lw.active.add(position)
    lw.set_local(position, Val(Lit(1), IntT()))
    head = lw.graph.skip()
    now = kinds.unbox(places.fetch(lw, place, lw.graph.group())[1], "seq")
    some, over = lw.graph.branch(Op("<=", (Local(position), op_call("Len", now))))
    lw.graph.cursor = some
    each = _item(lw, Val(apply(now, Local(position)), item))
    lw.set_local(position, Val(Op("+", (Local(position), Lit(1))), IntT()))
    return Turn(head, each, over)


def _by_member(lw: Lowerer, place: Place, view: str, value: Val, key: Ty, members: Expr) -> Turn:
    """A dict or set: RuntimeError where its size is another than when the loop began."""
    size, todo = lw.temp("size"), lw.temp("todo")
    lw.active |= {size, todo}
    lw.set_local(size, Val(containers.size(value), IntT()))
    comprehensions.note_order(lw, members)
    lw.declare(f"l.{todo}", SeqT(key))
    lw.graph.choose(Local(todo), op_call("Orders", members), "unordered")
    head = lw.graph.skip()
    now = places.fetch(lw, place, lw.graph.group())[1]
    guards.raise_unless(lw, eq(containers.size(now), Local(size)), "RuntimeError")
    some, over = lw.graph.branch(Op("#", (Local(todo), EMPTY)))
    lw.graph.cursor = some
    name = lw.temp("each")
    first = lw.set_local(name, Val(op_call("Head", Local(todo)), key))
    lw.set_local(todo, Val(op_call("Tail", Local(todo)), SeqT(key)))
    found = containers.container_of(now.ty)
    inside = kinds.unbox(now, "dict") if isinstance(found, DictT) else kinds.unbox(now, "set")
    there, gone = lw.graph.branch(Op("in", (first.expr, domain(inside) if isinstance(found, DictT) else inside)))
    lw.graph.cursor = gone
    lw.graph.link(head)
    lw.graph.cursor = there
    if isinstance(found, DictT) and view != "keys":
        entry = Val(apply(inside, first.expr), found.value)
        if view == "items":
            entry = Val(Op("tuple", (first.expr, entry.expr)), TupleT((key, found.value)))
        first = _item(lw, entry)
    return Turn(head, first, over)


def _item(lw: Lowerer, value: Val) -> Val:
    name = lw.temp("each")
    lw.active.add(name)
    return lw.set_local(name, value)


def _followed(lw: Lowerer, place: Place) -> Place:
    """The loop's own hold on the container: it goes on with the same one where another is put in its place."""
    if place.root.startswith("l.") and not place.path:
        return place
    if not place.path and not lw.sources.is_assigned(places.attribute_of(lw, place.root)):
        return place
    name = lw.temp("looped")
    lw.active.add(name)
    root, found = places.fetch(lw, place, lw.graph.group())
    lw.set_local(name, found)
    if not place.root.startswith("l."):
        places.tie(lw, name, place, places.present(lw, place, root))
    return Place(f"l.{name}", (), found.ty)


def _may_change(lw: Lowerer, node: ast.For, place: Place) -> bool:
    body = [inner for statement in node.body for inner in ast.walk(statement)]
    name = spelled(node.iter)
    if any(_changes(inner, name) for inner in (*body, *_of_methods(lw, body))):
        return True
    local = place.root.startswith("l.")
    stored = places.tie_of(lw, place.root[2:]) if local else place
    if stored is None:
        return False
    grows_on_sight = not stored.path and lw.behaviour(stored.root).factory is not None
    if not grows_on_sight and not lw.sources.is_changed(places.attribute_of(lw, stored.root)):
        return False
    if lw.mode == "asyncio":
        return any(isinstance(inner, (ast.Await, ast.AsyncFor, ast.AsyncWith)) for inner in body)
    return not lw.held or any(disturbance.lets_go(inner) for inner in body)


def _of_methods(lw: Lowerer, body: list[ast.AST]) -> Iterator[ast.AST]:
    """The code of the methods of ``self`` that are called there."""
    me = lw.frame.me if lw.frame is not None else None
    for inner in body:
        match inner:
            case ast.Call(func=ast.Attribute(value=ast.Name(), attr=attr)) if (
                isinstance(me, Obj) and me.cls is not None
            ):
                method = lw.sources.method(me.cls, attr)
                if method is not None:
                    yield from walk(method.node)


def _changes(node: ast.AST, name: str) -> bool:
    """Whether items go into the container of that name, or out of it, there."""
    match node:
        case ast.Call(func=ast.Attribute(value=holder, attr=method)):
            return method in REMOVERS | ADDERS and spelled(holder) == name
        case ast.Subscript(value=holder, ctx=ast.Store() | ast.Del()):
            return spelled(holder) == name
    return False
