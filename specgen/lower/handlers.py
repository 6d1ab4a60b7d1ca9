"""raise and try."""

from __future__ import annotations

import ast
import builtins

from specgen.expr import Lit, Local
from specgen.lower import kinds, stmts, unwinding
from specgen.lower.exprs import lower, rv
from specgen.lower.guards import only_kinds
from specgen.lower.lowerer import Lowerer
from specgen.lower.state import Finally, Handlers
from specgen.lower.values import Exc, Place, Val
from specgen.source import Module
from specgen.syntax import dotted, walk
from specgen.value_types import NeverT, RaisedT, StrT, members


def raise_(lw: Lowerer, node: ast.Raise) -> None:
    """``raise``."""
    if node.exc is None:
        assert lw.frame is not None
        current = lw.handled[-1] if lw.handled else Exc("RuntimeError")
        unwinding.raise_(lw, current)
        return
    called = dotted(node.exc.func if isinstance(node.exc, ast.Call) else node.exc).rpartition(".")[2]
    if called[:1].isupper() and lw.sources.find_class(called, lw.frame.module if lw.frame else None) is None:
        # A class from elsewhere that is raised is an exception, whatever its name.
        for arg in node.exc.args if isinstance(node.exc, ast.Call) else []:
            _for_its_effects(lw, arg)
        unwinding.raise_(lw, Exc(called))
        return
    value = lower(lw, node.exc)
    if isinstance(value, Exc):
        unwinding.raise_(lw, value if value.name or value.expr is not None else Exc("Exception"))
        return
    if isinstance(value, (Val, Place)):
        held = rv(lw, value)
        known = next((m for m in members(held.ty) if isinstance(m, RaisedT)), None)
        if known is not None:
            only_kinds(lw, held, ("raised",), "TypeError")
            unwinding.raise_(lw, Exc("", kinds.unbox(held, "raised"), known.values))
            return
        if isinstance(held.ty, NeverT):
            lw.graph.cursor = []
            return
    name = dotted(node.exc.func if isinstance(node.exc, ast.Call) else node.exc).rpartition(".")[2] or "Exception"
    if not lw.sources.is_exception(name):
        lw.approximate(f"raise {name}", "an Exception is raised")
        name = "Exception"
    unwinding.raise_(lw, Exc(name))


def _for_its_effects(lw: Lowerer, node: ast.expr) -> None:
    """Evaluate what only a text is made of, where that does more than give a value."""
    if any(isinstance(n, (ast.Call, ast.Await, ast.NamedExpr)) for n in walk(node)):
        point = lw.checkpoint()
        lower(lw, node)
        if lw.untouched_since(point):
            lw.roll_back(point)


def try_(lw: Lowerer, node: ast.Try) -> None:
    """``try``: handlers are made for the exceptions that reach them; ``finally`` on each way out."""
    if node.finalbody:

        def emit() -> None:
            stmts.body(lw, node.finalbody)

        with unwinding.within(lw, Finally(emit)):
            _try_handlers(lw, node)
        if lw.graph.cursor:
            stmts.body(lw, node.finalbody)
        return
    _try_handlers(lw, node)


def _try_handlers(lw: Lowerer, node: ast.Try) -> None:
    if not node.handlers:
        stmts.body(lw, node.body)
        stmts.body(lw, node.orelse)
        return
    assert lw.frame is not None
    catches = [_caught(lw.frame.module, h.type) for h in node.handlers]
    handlers = Handlers(catches, [[] for _ in catches], lw.frame.module)
    held = list(lw.held)
    with unwinding.within(lw, handlers):
        stmts.body(lw, node.body)
    stmts.body(lw, node.orelse)
    ends = lw.graph.cursor
    held_after = list(lw.held)
    for handler, incoming in zip(node.handlers, handlers.incoming, strict=True):
        live = [(e, x) for e, x in incoming if e]
        if not live:
            continue
        lw.held = list(held)
        exc = _caught_value(lw, live, handler)
        if handler.name:
            lw.frame.names[handler.name] = exc
        lw.handled.append(exc)
        where = lw.graph.where
        with lw.graph.at(where.path, handler.lineno, where.function):
            stmts.body(lw, handler.body)
        lw.handled.pop()
        ends = ends + lw.graph.cursor
    lw.graph.cursor = ends
    lw.held = held_after


def _caught(module: Module, node: ast.expr | None) -> tuple[str, ...]:
    """Names of the classes that a handler catches, a tuple of a name at the module's level taken apart."""
    if node is None:
        return ()
    named = module.globals.get(node.id) if isinstance(node, ast.Name) else None
    if isinstance(named, ast.Tuple):
        node = named
    parts = node.elts if isinstance(node, ast.Tuple) else [node]
    return tuple(_class_name(dotted(p).rpartition(".")[2] or "Exception") for p in parts)


def _class_name(name: str) -> str:
    """The name of an exception class that a built-in name such as ``IOError`` stands for."""
    known = getattr(builtins, name, None)
    return known.__name__ if isinstance(known, type) else name


def _caught_value(lw: Lowerer, live: list[tuple[list[tuple[int, str]], Exc]], handler: ast.ExceptHandler) -> Exc:
    found = {x.name for _, x in live}
    if len(found) == 1:
        lw.graph.cursor = [e for edges, _ in live for e in edges]
        return Exc(next(iter(found)))
    needs = any(isinstance(n, ast.Raise) for n in walk(handler)) or bool(handler.name)
    if not needs:
        lw.graph.cursor = [e for edges, _ in live for e in edges]
        return Exc(min(found))
    name = lw.temp("error")
    lw.active.add(name)
    out = []
    for edges, exc in live:
        lw.graph.cursor = edges
        lw.set_local(name, Val(Lit(exc.name), StrT(frozenset({exc.name}))))
        out += lw.graph.cursor
    lw.graph.cursor = out
    return Exc("", Local(name), frozenset(found))
