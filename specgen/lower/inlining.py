"""Calls of functions of the feature: their bodies stand in place of the call."""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import lru_cache

from specgen.expr import Lit, Local
from specgen.lower import calls, places, second_names, singletons, unwinding
from specgen.lower.formulas import NONE
from specgen.lower.lowerer import MAX_INLINE, Lowerer
from specgen.lower.state import Boundary, Frame
from specgen.lower.values import (
    Contract,
    Exc,
    Func,
    Keywords,
    Obj,
    Packed,
    Place,
    Sync,
    Unknown,
    Val,
    Value,
    is_constant,
    is_static,
)
from specgen.source import Function, FunctionNode
from specgen.syntax import walk_shallow
from specgen.value_types import NoneT, is_container


def bind(lw: Lowerer, function: Function, frame: Frame, args: list[Value], kwargs: dict[str, Value]) -> None:
    """Bind arguments to parameters; a parameter that the body assigns becomes a local."""
    from specgen.lower.exprs import lower, rv

    spec = function.node.args
    params = [*spec.posonlyargs, *spec.args]
    if frame.me is not None and params and "staticmethod" not in function.decorators():
        frame.names[params[0].arg] = frame.me
        params = params[1:]
    defaults = dict(zip([p.arg for p in params][::-1], spec.defaults[::-1], strict=False))
    bound: dict[str, Value] = {}
    defaulted: set[str] = set()
    for param, arg in zip(params, args, strict=False):
        bound[param.arg] = arg
    rest = args[len(params) :]
    wanted = {param.arg for param in [*params, *spec.kwonlyargs]} | ({*kwargs} if spec.kwarg is None else set())
    bound |= {name: value for name, value in kwargs.items() if name in wanted}
    for param in [*params, *spec.kwonlyargs]:
        if param.arg not in bound:
            default = defaults.get(param.arg)
            if default is None and param in spec.kwonlyargs:
                default = spec.kw_defaults[spec.kwonlyargs.index(param)]
            defaulted.add(param.arg)
            saved, lw.frame = lw.frame, Frame(None, function.module, None)
            marker = (
                singletons.sentinel(lw, function.cls, default.id)
                if isinstance(default, ast.Name) and function.cls is not None
                else None
            )
            bound[param.arg] = marker or (lower(lw, default) if default is not None else Val(NONE, NoneT()))
            lw.frame = saved
    if spec.vararg is not None:
        frame.names[spec.vararg.arg] = Packed(tuple(rest))
    if spec.kwarg is not None:
        frame.names[spec.kwarg.arg] = Keywords(tuple((n, v) for n, v in kwargs.items() if n not in wanted))
    once = _assigned_once(function.node) if lw.in_init else frozenset()
    for name, value in bound.items():
        if name in once and isinstance(value, Val) and is_constant(value):
            # An argument of a constructor that is known: ``lock = lock or Lock()`` stays known too.
            frame.names[name] = value
        elif name not in frame.stored and isinstance(value, Val) and second_names.is_changed(function, name, value):
            if name in defaulted:
                lw.leave_out(f"the default of {name}, which is changed in place", "each call has one of its own")
            lw.set_local(lw.local_for(frame, name), value)
        elif name in frame.stored and isinstance(value, (Val, Place, Unknown)):
            frame.stored[name] = frame.stored.get(name, 0) + 1
            lw.set_local(lw.local_for(frame, name), rv(lw, value))
        elif isinstance(value, Unknown):
            frame.names[name] = value
        else:
            frame.names[name] = value


@lru_cache(maxsize=4096)
def _assigned_once(node: FunctionNode) -> frozenset[str]:
    """Names that the function assigns at one place, outside its loops."""
    count: dict[str, int] = {}
    for loop in walk_shallow(node.body):
        if isinstance(loop, (ast.While, ast.For, ast.AsyncFor)):
            for inner in ast.walk(loop):
                if isinstance(inner, ast.Name) and isinstance(inner.ctx, ast.Store):
                    count[inner.id] = 2
    for found in walk_shallow(node.body):
        if isinstance(found, ast.Name) and isinstance(found.ctx, ast.Store):
            count[found.id] = count.get(found.id, 0) + 1
    return frozenset(n for n, k in count.items() if k == 1)


def open_frame(function: Function, me: Value | None, outer: Frame | None) -> Frame:
    """A frame with the count of assignments to each local name."""
    stored, declared = _assignments(function.node)
    return Frame(function, function.module, me, stored=dict(stored), globals_declared=set(declared), outer=outer)


@lru_cache(maxsize=4096)
def _assignments(node: FunctionNode) -> tuple[Mapping[str, int], frozenset[str]]:
    """How often the function assigns each local name, and the names that it declares global."""
    nodes = walk_shallow(node.body)
    declared = frozenset(name for n in nodes if isinstance(n, ast.Global) for name in n.names)
    stored: dict[str, int] = {}
    for found in nodes:
        name = None
        if isinstance(found, ast.Name) and isinstance(found.ctx, ast.Store):
            name = found.id
        elif isinstance(found, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.ExceptHandler)):
            name = found.name
        if name is not None and name not in declared:
            stored[name] = stored.get(name, 0) + 1
    for found in nodes:
        if isinstance(found, ast.Nonlocal):
            for name in found.names:
                stored.pop(name, None)
    return stored, declared


def inline(
    lw: Lowerer,
    func: Func,
    args: list[Value],
    kwargs: dict[str, Value],
    yield_body: Callable[[Value], None] | None = None,
) -> Value:
    """Lower the body of a function in place of a call."""
    from specgen.lower import decorators, stmts
    from specgen.lower.exprs import rv

    lw.sources.consult(func.function)
    if (decorated := decorators.applied(lw, func)) is not None:
        return decorators.call(lw, decorated, [*([] if func.me is None else [func.me]), *args], kwargs, yield_body)
    function = func.function
    if func.plain and func.me is None and function.cls is not None and "staticmethod" not in function.decorators():
        func, args = replace(func, me=args[0] if args else None), args[1:]
    if lw.stack.count(function) >= 2 or len(lw.stack) >= MAX_INLINE:
        how = "recursive call" if function in lw.stack else f"call, {MAX_INLINE} deep,"
        return lw.leave_out(f"{how} of {function.name}", "any value, no effect on the state modelled here")
    if function.is_generator() and yield_body is None:
        return lw.leave_out(f"generator {function.name}", "any value; what its body does is left out")
    frame = open_frame(function, func.me, func.outer)
    frame.yield_body = yield_body
    graph = lw.graph
    bind(lw, function, frame, args, kwargs)
    saved_frame, lw.frame = lw.frame, frame
    lw.stack.append(function)
    active = set(lw.active)
    where = graph.where
    saved_awaiting, lw.awaiting = lw.awaiting, False
    try:
        with unwinding.within(lw, Boundary(frame)), graph.at(function.module.path, function.node.lineno, function.name):
            stmts.body(lw, function.node.body)
            if graph.cursor:
                frame.returned.append(Val(NONE, NoneT()))
                if len(frame.returned) > 1 and frame.result:
                    lw.set_local(frame.result, calls.NOTHING)
    finally:
        lw.stack.pop()
        lw.frame = saved_frame
        lw.awaiting = saved_awaiting
        graph.where = where
    falls = bool(graph.cursor)
    graph.cursor = graph.cursor + frame.returns
    lw.active = active | ({frame.result} if frame.result else set())
    if not frame.result:
        values = frame.returned
        if not values:
            return calls.NOTHING
        static = next((v for v in values if is_static(v)), None)
        if static is not None:
            return static
        return values[0] if len(values) == 1 or not falls else rv(lw, values[0])
    result = lw.local(frame.result)
    if is_container(result.ty) and places.tie_of(lw, frame.result) is not None:
        return Place(f"l.{frame.result}", (), result.ty)
    return result


def return_value(lw: Lowerer, value: Value) -> None:
    """``return value``: out of an inlined function, or the end of the operation."""
    from specgen.lower.exprs import rv

    ends = [i for i, x in enumerate(lw.exits) if isinstance(x, Boundary)]
    # The body of a with is left through the generator that serves it, which has a boundary of its own.
    own = [i for i, x in enumerate(lw.exits) if isinstance(x, Boundary) and x.frame is lw.frame]
    at = (own or ends)[-1]
    boundary = lw.exits[at]
    assert isinstance(boundary, Boundary)
    frame = boundary.frame
    single = _returns(frame.function) <= 1
    pending = any(not isinstance(x, (Boundary,)) for x in lw.exits[at + 1 :])
    local = isinstance(value, Place) and value.root.startswith("l.")
    if isinstance(value, Place) and at != 0 and not (single and not pending and not local and value.default is None):
        frame.result = frame.result or _result_name(lw, frame)
        group = lw.graph.group()
        root, found = places.fetch(lw, value, group)
        tied = places.tie_of(lw, value.root[2:]) if local else None
        lw.set_local(frame.result, found)
        if not local:
            places.tie(lw, frame.result, value, places.present(lw, value, root))
        elif tied is not None and not value.path:
            places.tie(lw, frame.result, tied, Local(f"{value.root[2:]}_shared"))
        else:
            places.untie(lw, frame.result)
        frame.returned.append(found)
    elif is_static(value) or isinstance(value, Exc) or (isinstance(value, Place) and single and not pending):
        frame.returned.append(value)
    elif at == 0 or (single and not pending):
        val = rv(lw, value)
        if pending and not isinstance(val.expr, (Lit, type(NONE))):
            val = lw.set_local(_result_name(lw, frame), val)
            frame.result = ""
        frame.returned.append(val)
    else:
        val = rv(lw, value)
        frame.result = frame.result or _result_name(lw, frame)
        lw.set_local(frame.result, val)
        places.untie(lw, frame.result)
        frame.returned.append(val)
    _leave(lw, frame, frame.returned[-1])


def _leave(lw: Lowerer, frame: Frame, value: Value) -> None:
    ends = [i for i, x in enumerate(lw.exits) if isinstance(x, Boundary)]
    own = [i for i, x in enumerate(lw.exits) if isinstance(x, Boundary) and x.frame is frame]
    at = (own or ends)[-1]
    if not unwinding.left(lw, at, lambda: _leave(lw, frame, value)):
        return
    if at == 0:
        unwinding.finish(lw, result(lw, value))
        return
    frame.returns += lw.graph.cursor
    lw.graph.cursor = []


def result(lw: Lowerer, value: Value) -> Val:
    """What a call of an operation ends with."""
    from specgen.lower.exprs import rv

    if isinstance(value, (Obj, Sync, Contract)):
        return calls.NOTHING
    return rv(lw, value)


def _returns(function: Function | None) -> int:
    if function is None:
        return 1
    count = sum(isinstance(n, ast.Return) for n in walk_shallow(function.node.body))
    last = function.node.body[-1]
    return count if isinstance(last, (ast.Return, ast.Raise)) else count + 1


def _result_name(lw: Lowerer, frame: Frame) -> str:
    stem = frame.function.name.strip("_") if frame.function else "value"
    name = lw.temp(f"{stem}_result")
    lw.active.add(name)
    return name
