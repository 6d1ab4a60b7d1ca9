"""with and async with: locks, objects with __enter__, and generators that serve one."""

from __future__ import annotations

import ast
from collections.abc import Callable

from specgen.expr import Lit, Local
from specgen.lower import arguments, assignments, kinds, locks, primitives, stmts, suspension, unwinding
from specgen.lower.calls import call_method, lower_await
from specgen.lower.exprs import lower, rv
from specgen.lower.formulas import NONE, eq
from specgen.lower.guards import only_kinds
from specgen.lower.inlining import inline
from specgen.lower.lowerer import Lowerer
from specgen.lower.state import Detour, Finally, Handlers
from specgen.lower.values import Exc, Func, Generated, New, Obj, Place, Sync, Unknown, Val, Value
from specgen.syntax import dotted, walk_shallow
from specgen.value_types import IntT, NoneT, RefT, StrT, members


def with_(lw: Lowerer, node: ast.With | ast.AsyncWith, items: list[ast.withitem]) -> None:
    """``with`` and ``async with``, item by item."""
    if not items:
        stmts.body(lw, node.body)
        return
    item, rest = items[0], items[1:]

    def inner() -> None:
        with_(lw, node, rest)

    context = item.context_expr
    if isinstance(context, ast.Call) and _is_timeout(context):
        lw.approximate("timeout()", "no time-out strikes inside")
        inner()
        return
    if isinstance(context, ast.Call) and dotted(context.func).rpartition(".")[2] == "suppress":
        catches = tuple(dotted(a).rpartition(".")[2] for a in context.args)
        assert lw.frame is not None
        handlers = Handlers([catches], [[]], lw.frame.module)
        with unwinding.within(lw, handlers):
            inner()
        lw.graph.cursor = lw.graph.cursor + [e for edges, _ in handlers.incoming[0] for e in edges]
        return
    manager = _manager(lw, context)
    _enter(lw, node, manager, item, inner)


def _is_timeout(node: ast.Call) -> bool:
    return dotted(node.func) in {
        "asyncio.timeout",
        "asyncio.timeout_at",
        "async_timeout.timeout",
        "anyio.move_on_after",
        "anyio.fail_after",
    }


def _manager(lw: Lowerer, context: ast.expr) -> Value:
    if isinstance(context, ast.Call):
        func = lower(lw, context.func)
        if isinstance(func, Func) and {"contextmanager", "asynccontextmanager"} & func.function.decorators():
            args, kwargs = arguments.given(lw, context)
            return Generated(func, tuple(args), kwargs)
    return lower_await(lw, context.value) if isinstance(context, ast.Await) else lower(lw, context)


def _served_by_generator(
    lw: Lowerer, node: ast.With | ast.AsyncWith, manager: Generated, item: ast.withitem, inner: Callable[[], None]
) -> None:
    outer, path = lw.frame, lw.graph.where.path
    detour = Detour(len(lw.exits))
    leaving = ""
    if any(isinstance(n, (ast.Return, ast.Break, ast.Continue)) for n in walk_shallow(node.body)):
        leaving = lw.temp("leaving")
        lw.active.add(leaving)
        lw.set_local(leaving, Val(Lit(0), IntT()))

    def around(value: Value) -> None:
        saved, lw.frame = lw.frame, outer
        where = lw.graph.where
        lw.graph.where = type(where)(path, node.lineno, outer.function.name if outer and outer.function else "")
        with unwinding.within(lw, detour):
            if item.optional_vars is not None:
                assignments.assign(lw, item.optional_vars, value)
            inner()
        lw.frame = saved
        after = lw.graph.cursor
        only.append(not after and sum(bool(e) for e, _ in detour.ways) == 1)
        for number, (edges, _) in enumerate(detour.ways, 1):
            lw.graph.cursor = edges
            if edges:
                lw.set_local(leaving, Val(Lit(number), IntT()))
            after = after + lw.graph.cursor
        lw.graph.cursor = after
        lw.graph.where = where

    only: list[bool] = []
    inline(lw, manager.func, list(manager.args), manager.kwargs, yield_body=around)
    swallows = any(isinstance(n, ast.ExceptHandler) for n in ast.walk(manager.func.function.node))
    for number, (edges, go_on) in enumerate(detour.ways, 1):
        if not edges or not lw.graph.cursor:
            continue
        if all(only) and not swallows:
            go_on()
            return
        yes, no = lw.graph.branch(eq(Local(leaving), Lit(number)))
        lw.graph.cursor = yes
        go_on()
        lw.graph.cursor = no


def _enter(
    lw: Lowerer, node: ast.With | ast.AsyncWith, manager: Value, item: ast.withitem, inner: Callable[[], None]
) -> None:
    if isinstance(manager, Generated):
        _served_by_generator(lw, node, manager, item, inner)
        return
    if isinstance(manager, Sync):
        if item.optional_vars is not None:
            assignments.assign(lw, item.optional_vars, Val(NONE, NoneT()))
        locks.with_lock(lw, manager, inner)
        return
    if isinstance(manager, (Val, Place)):
        value = rv(lw, manager)
        ref = next((m for m in members(value.ty) if isinstance(m, RefT)), None)
        only_kinds(lw, value, ("ref",), "AttributeError")
        one = primitives.dynamic(lw, ref.cls, kinds.unbox(value, "ref")) if ref is not None else None
        if one is not None:
            if item.optional_vars is not None:
                assignments.assign(lw, item.optional_vars, Val(NONE, NoneT()))
            locks.with_lock(lw, one, inner)
            return
        found = lw.sources.find_class(ref.cls) if ref is not None else None
        if found is not None:
            manager = New(kinds.unbox(value, "ref"), found)
    prefix = "a" if isinstance(node, ast.AsyncWith) else ""
    if (
        isinstance(manager, (Obj, New))
        and manager.cls is not None
        and lw.sources.method(manager.cls, f"__{prefix}enter__")
    ):
        entered = call_method(lw, manager, f"__{prefix}enter__", [], {}, True)
        if item.optional_vars is not None:
            assignments.assign(lw, item.optional_vars, entered)
        nothing: list[Value] = [Val(NONE, NoneT())] * 3

        def leave() -> None:
            name, lw.in_flight = lw.in_flight, ""
            told: list[Value] = [Exc(name), Exc(name), Val(Lit("traceback"), StrT(frozenset({"traceback"})))]
            got = call_method(lw, manager, f"__{prefix}exit__", told if name else nothing, {}, True)
            if name:
                test = kinds.truth(rv(lw, got, "bool"))
                lw.swallows = None if test == Lit(False) else test

        end = Finally(leave)
        with unwinding.within(lw, end):
            inner()
        if lw.graph.cursor:
            leave()
        lw.graph.cursor = lw.graph.cursor + end.swallowed
        return
    if isinstance(node, ast.AsyncWith):
        suspension.suspend(lw)
    lw.approximate(f"with {ast.unparse(item.context_expr)[:50]}", "only the body")
    if item.optional_vars is not None:
        assignments.assign(lw, item.optional_vars, manager if isinstance(manager, Unknown) else Unknown("context"))
    inner()
