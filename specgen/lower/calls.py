"""Calls: in-feature functions are inlined, built-in ones have rules, the rest is approximated."""

from __future__ import annotations

import ast
from collections.abc import Callable

from specgen.expr import IntT, Lit, Local, NeverT, NoneT, RecordT, RefT, TupleT, members
from specgen.lower import names
from specgen.lower.lowerer import MAX_INLINE, Boundary, Detour, Frame, Lowerer
from specgen.lower.values import (
    NONE,
    ClassV,
    Contract,
    Coro,
    Exc,
    External,
    Func,
    LambdaV,
    Method,
    New,
    Obj,
    Place,
    SuperV,
    Sync,
    Unknown,
    Val,
    Value,
)
from specgen.source import Function, dotted, walk_shallow

NOTHING = Val(NONE, NoneT())


def lower_await(lw: Lowerer, node: ast.expr) -> Value:
    """``await node``."""
    from specgen.lower import suspension
    from specgen.lower.exprs import lower

    if isinstance(node, ast.Call):
        saved = lw.awaiting
        lw.awaiting = True
        try:
            value = lower_call(lw, node, awaited=True)
        finally:
            lw.awaiting = saved
    else:
        value = lower(lw, node)
    if isinstance(value, Coro):
        return value.start()
    if isinstance(value, Val):
        future = next((m for m in members(value.ty) if m == RefT("Future")), None)
        if future is not None:
            from specgen.lower.kinds import unbox
            from specgen.lower.objects import await_future

            return await_future(lw, unbox(value, "ref"))
        if isinstance(value.ty, NeverT):
            suspension.suspend(lw)
            return value
    if isinstance(value, Unknown) or (isinstance(value, Val) and not isinstance(node, ast.Call)):
        suspension.suspend(lw)
        if not isinstance(node, ast.Call):
            return lw.approximate(f"await {ast.unparse(node)[:50]}", "it ends at some time, with any value")
    return value


def lower_call(lw: Lowerer, node: ast.Call, awaited: bool = False) -> Value:
    """A call expression."""
    from specgen.lower import builtin_calls
    from specgen.lower.exprs import lower, rv

    name = dotted(node.func)
    if name in {"super", "locals", "globals", "vars"}:
        return _super(lw) if name == "super" else lw.approximate(f"{name}()", "any value")
    if isinstance(node.func, ast.Attribute) and isinstance(node.func.value, ast.Name):
        special = builtin_calls.quiet_call(lw, node, name)
        if special is not None:
            return special
    func = lower(lw, node.func)
    if isinstance(func, (External, ClassV)):
        special = builtin_calls.special_form(lw, func, node, awaited)
        if special is not None:
            return special
    saved, lw.awaiting = lw.awaiting, False
    args: list[Value] = []
    for arg in node.args:
        if isinstance(arg, ast.Starred):
            value = rv(lw, lower(lw, arg.value))
            if isinstance(value.ty, TupleT):
                from specgen.lower.containers import item

                args.extend(item(lw, value, Val(Lit(i), IntT())) for i in range(len(value.ty.items)))
            continue
        args.append(lower(lw, arg))
    kwargs = {k.arg: lower(lw, k.value) for k in node.keywords if k.arg is not None}
    lw.awaiting = saved
    return call_value(lw, func, args, kwargs, node, awaited)


def call_value(
    lw: Lowerer, func: Value, args: list[Value], kwargs: dict[str, Value], node: ast.Call | None, awaited: bool = False
) -> Value:
    """Call a value."""
    from specgen.lower import builtin_calls, contracts, objects, suspension, sync
    from specgen.lower.exprs import lower

    text = ast.unparse(node)[:60] if node is not None else "call"
    match func:
        case Func(function):
            if function.is_async and not awaited:
                return Coro(lambda: inline(lw, func, args, kwargs), text)
            return inline(lw, func, args, kwargs)
        case LambdaV(lam, outer):
            frame = Frame(None, outer.module, outer.me, outer=outer)
            for param, arg in zip(lam.args.args, args, strict=False):
                frame.names[param.arg] = arg
            saved, lw.frame = lw.frame, frame
            try:
                return lower(lw, lam.body)
            finally:
                lw.frame = saved
        case ClassV(cls):
            return objects.construct(lw, cls, args, kwargs)
        case Exc(name):
            return Exc(name)
        case Method(owner, name, _):
            return call_method(lw, owner, name, args, kwargs, awaited)
        case External(name):
            return builtin_calls.call_external(lw, name, args, kwargs, text, awaited)
        case Obj() | New():
            return call_method(lw, func, "__call__", args, kwargs, awaited)
        case Contract():
            return contracts.call_function(lw, func, args, text, awaited)
        case Sync():
            return sync.construct_again(lw, func)
    if isinstance(func, Val) and func.origin is not None:
        return contracts.call_function(lw, Contract(func.origin, "", frozenset(), 0), args, text, awaited)
    if awaited:
        suspension.suspend(lw)
    suspension.may_fail(lw, text)
    return lw.approximate(f"call {text}", "any value, no effect on the state modelled here")


def call_method(
    lw: Lowerer,
    owner: Value,
    name: str,
    args: list[Value] | list[Val],
    kwargs: dict[str, Value] | dict[str, Val],
    awaited: bool = False,
) -> Value:
    """``owner.name(...)``."""
    from specgen.lower import builtin_calls, container_methods, contracts, suspension, sync
    from specgen.lower.exprs import rv

    match owner:
        case Sync():
            return sync.call(lw, owner, name, list(args), dict(kwargs), awaited)
        case SuperV(me, above):
            inherited = next((c.methods[name] for c in above if name in c.methods), None)
            if inherited is not None:
                return _bound(lw, Func(inherited, me), list(args), dict(kwargs), awaited)
            if name in {"__init__", "__init_subclass__", "__enter__", "__exit__", "__post_init__"}:
                return NOTHING
        case Contract():
            return contracts.call(lw, owner, name, list(args), dict(kwargs), awaited)
        case Obj() if owner.cls is not None:
            found = lw.sources.method(owner.cls, name)
            if found is not None:
                return _bound(lw, Func(found, owner), list(args), dict(kwargs), awaited)
        case New(_, cls):
            found = lw.sources.method(cls, name)
            if found is not None:
                return _bound(lw, Func(found, owner), list(args), dict(kwargs), awaited)
        case Val(ty=ty) if any(isinstance(m, RefT) for m in members(ty)):
            from specgen.lower.kinds import unbox
            from specgen.lower.operators import only_kinds

            only_kinds(lw, owner, ("ref",), "AttributeError")
            ref = next(m for m in members(ty) if isinstance(m, RefT))
            cls_found = lw.sources.find_class(ref.cls)
            if cls_found is not None:
                return call_method(lw, New(unbox(owner, "ref"), cls_found), name, args, kwargs, awaited)
            from specgen.lower.objects import builtin_object_call

            out = builtin_object_call(lw, owner, ref.cls, name, list(args), dict(kwargs), awaited)
            if out is not None:
                return out
        case Val(ty=RecordT(cls_name)):
            cls_of = lw.sources.find_class(cls_name)
            method = lw.sources.method(cls_of, name) if cls_of is not None else None
            if method is not None:
                return _bound(lw, Func(method, owner), list(args), dict(kwargs), awaited)
            if name == "_replace":
                from specgen.lower.objects import replaced

                return replaced(lw, owner, {k: rv(lw, v) for k, v in kwargs.items()})
            return lw.approximate(f"call of method {name}", "any value, no effect on the state modelled here")
        case Val() | Place():
            values = [rv(lw, a) for a in args]
            named = {k: rv(lw, v) for k, v in kwargs.items()}
            out = container_methods.method(lw, owner, name, values, named)
            if out is not None:
                return out
            out = builtin_calls.text_method(lw, owner, name, values)
            if out is not None:
                return out
            value = rv(lw, owner) if isinstance(owner, Place) else owner
            if isinstance(value.ty, NeverT) or (isinstance(value.ty, NoneT) and not settled(lw)):
                return Val(NONE, NeverT())
            if value.origin is not None:
                return contracts.call_function(
                    lw, Contract(f"{value.origin}.{name}", "", frozenset(), 0), list(args), name, awaited
                )
    if awaited:
        suspension.suspend(lw)
    suspension.may_fail(lw, f"{name}(...)")
    if isinstance(owner, Unknown) and lw.abstractions:
        return owner
    return lw.approximate(f"call of method {name}", "any value, no effect on the state modelled here")


def settled(lw: Lowerer) -> bool:
    """Whether a first round has found types; before that, nothing is known of any variable."""
    return bool(lw.shared.types)


def _bound(lw: Lowerer, func: Func, args: list[Value], kwargs: dict[str, Value], awaited: bool) -> Value:
    if func.function.is_async and not awaited:
        return Coro(lambda: inline(lw, func, args, kwargs), func.function.name)
    return inline(lw, func, args, kwargs)


def _super(lw: Lowerer) -> Value:
    frame = lw.frame
    while frame is not None and frame.function is not None and frame.function.cls is None:
        frame = frame.outer
    if frame is None or frame.function is None or frame.function.cls is None or not isinstance(frame.me, (Obj, New)):
        return Unknown("super()")
    order = lw.sources.mro(frame.me.cls) if frame.me.cls is not None else []
    here = order.index(frame.function.cls) if frame.function.cls in order else -1
    return SuperV(frame.me, tuple(order[here + 1 :]))


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
    for param, arg in zip(params, args, strict=False):
        bound[param.arg] = arg
    rest = args[len(params) :]
    bound |= kwargs
    for param in [*params, *spec.kwonlyargs]:
        if param.arg not in bound:
            default = defaults.get(param.arg)
            if default is None and param in spec.kwonlyargs:
                default = spec.kw_defaults[spec.kwonlyargs.index(param)]
            saved, lw.frame = lw.frame, Frame(None, function.module, None)
            marker = (
                names.sentinel(lw, function.cls, default.id)
                if isinstance(default, ast.Name) and function.cls is not None
                else None
            )
            bound[param.arg] = marker or (lower(lw, default) if default is not None else Val(NONE, NoneT()))
            lw.frame = saved
    if spec.vararg is not None:
        items = [rv(lw, a) for a in rest]
        from specgen.expr import Op

        frame.names[spec.vararg.arg] = Val(
            Op("tuple", tuple(i.expr for i in items)), TupleT(tuple(i.ty for i in items))
        )
    if spec.kwarg is not None:
        from specgen.expr import DictT, NeverT
        from specgen.lower.values import EMPTY

        frame.names[spec.kwarg.arg] = Val(EMPTY, DictT(NeverT(), NeverT()))
    once = _assigned_once(function) if lw.in_init else frozenset()
    for name, value in bound.items():
        if name in once and isinstance(value, Val) and names.is_constant(value):
            # An argument of a constructor that is known: ``lock = lock or Lock()`` stays known too.
            frame.names[name] = value
        elif name in frame.stored and isinstance(value, (Val, Place, Unknown)):
            frame.stored[name] = frame.stored.get(name, 0) + 1
            lw.set_local(lw.local_for(frame, name), rv(lw, value))
        elif isinstance(value, Unknown):
            frame.names[name] = value
        else:
            frame.names[name] = value


def _assigned_once(function: Function) -> frozenset[str]:
    """Names that the function assigns at one place, outside its loops."""
    count: dict[str, int] = {}
    for node in walk_shallow(function.node.body):
        if isinstance(node, (ast.While, ast.For, ast.AsyncFor)):
            for inner in ast.walk(node):
                if isinstance(inner, ast.Name) and isinstance(inner.ctx, ast.Store):
                    count[inner.id] = 2
    for node in walk_shallow(function.node.body):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            count[node.id] = count.get(node.id, 0) + 1
    return frozenset(n for n, k in count.items() if k == 1)


def open_frame(function: Function, me: Value | None, outer: Frame | None) -> Frame:
    """A frame with the count of assignments to each local name."""
    frame = Frame(function, function.module, me, outer=outer)
    in_loop: set[int] = set()
    nodes = walk_shallow(function.node.body)
    for node in nodes:
        if isinstance(node, (ast.While, ast.For, ast.AsyncFor)):
            in_loop |= {id(n) for n in ast.walk(node)}
        if isinstance(node, ast.Global):
            frame.globals_declared |= set(node.names)
    for node in nodes:
        name = None
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            name = node.id
        elif isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.ExceptHandler)):
            name = node.name
        if name is not None and name not in frame.globals_declared:
            frame.stored[name] = frame.stored.get(name, 0) + 1
    for node in nodes:
        if isinstance(node, ast.Nonlocal):
            for name in node.names:
                frame.stored.pop(name, None)
    return frame


def inline(
    lw: Lowerer,
    func: Func,
    args: list[Value],
    kwargs: dict[str, Value],
    yield_body: Callable[[Value], None] | None = None,
) -> Value:
    """Lower the body of a function in place of a call."""
    from specgen.lower import stmts
    from specgen.lower.exprs import rv

    function = func.function
    if lw.stack.count(function) >= 2 or len(lw.stack) >= MAX_INLINE:
        return lw.approximate(f"recursive call of {function.name}", "any value, no effect on the state modelled here")
    if function.is_generator() and yield_body is None:
        return lw.approximate(f"generator {function.name}", "any value")
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
        with lw.within(Boundary(frame)), graph.at(function.module.path, function.node.lineno, function.name):
            stmts.body(lw, function.node.body)
            if graph.cursor:
                frame.returned.append(Val(NONE, NoneT()))
                if len(frame.returned) > 1 and frame.result:
                    lw.set_local(frame.result, NOTHING)
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
            return NOTHING
        static = next((v for v in values if names.is_static(v)), None)
        if static is not None:
            return static
        return values[0] if len(values) == 1 or not falls else rv(lw, values[0])
    result = lw.local(frame.result)
    if names.is_container(result.ty) and lw.tied(frame.result) is not None:
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
        root, found = lw.fetch(value, group)
        tied = lw.tied(value.root[2:]) if local else None
        lw.set_local(frame.result, found)
        if not local:
            lw.tie(frame.result, value, lw.present(value, root))
        elif tied is not None and not value.path:
            lw.tie(frame.result, tied, Local(f"{value.root[2:]}_shared"))
        else:
            lw.untie(frame.result)
        frame.returned.append(found)
    elif names.is_static(value) or isinstance(value, Exc) or (isinstance(value, Place) and single and not pending):
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
        lw.untie(frame.result)
        frame.returned.append(val)
    _leave(lw, frame, frame.returned[-1])


def _leave(lw: Lowerer, frame: Frame, value: Value) -> None:
    ends = [i for i, x in enumerate(lw.exits) if isinstance(x, Boundary)]
    own = [i for i, x in enumerate(lw.exits) if isinstance(x, Boundary) and x.frame is frame]
    at = (own or ends)[-1]
    height = lw.detour_above(at)
    if height is not None:
        lw.unwind(height + 1)
        detour = lw.exits[height]
        assert isinstance(detour, Detour)
        detour.ways.append((lw.graph.cursor, lambda: _leave(lw, frame, value)))
        lw.graph.cursor = []
        return
    lw.unwind(at + 1)
    if at == 0:
        lw.finish(_final(lw, value))
        return
    frame.returns += lw.graph.cursor
    lw.graph.cursor = []


def _final(lw: Lowerer, value: Value) -> Val:
    from specgen.lower.exprs import rv

    if isinstance(value, (Obj, Sync, Contract)):
        return NOTHING
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
