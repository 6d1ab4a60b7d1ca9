"""Calls: in-feature functions are inlined, built-in ones have rules, the rest is approximated."""

from __future__ import annotations

import ast

from specgen.lower import attributes, inlining, primitives, special_forms
from specgen.lower.formulas import NONE
from specgen.lower.guards import only_kinds
from specgen.lower.kinds import unbox
from specgen.lower.lowerer import Lowerer
from specgen.lower.second_names import KEEPERS, kept_elsewhere
from specgen.lower.state import Frame
from specgen.lower.values import (
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
from specgen.syntax import dotted
from specgen.value_types import NeverT, NoneT, RecordT, RefT, StrT, kind_of, members

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
            from specgen.lower.futures import await_future

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
    from specgen.lower import arguments, builtin_calls
    from specgen.lower.exprs import lower

    name = dotted(node.func)
    if name in {"super", "locals", "globals", "vars"}:
        return _super(lw) if name == "super" else lw.approximate(f"{name}()", "any value")
    if isinstance(node.func, ast.Attribute) and isinstance(node.func.value, ast.Name):
        special = builtin_calls.quiet_call(lw, node, name)
        if special is not None:
            return special
    func = attributes.attribute(lw, node.func) if isinstance(node.func, ast.Attribute) else lower(lw, node.func)
    if isinstance(func, (External, ClassV)):
        special = special_forms.special_form(lw, func, node, awaited)
        if special is not None:
            return special
    saved, lw.awaiting = lw.awaiting, False
    args, kwargs = arguments.given(lw, node)
    lw.awaiting = saved
    return call_value(lw, func, args, kwargs, node, awaited)


def call_value(
    lw: Lowerer, func: Value, args: list[Value], kwargs: dict[str, Value], node: ast.Call | None, awaited: bool = False
) -> Value:
    """Call a value."""
    from specgen.lower import builtin_calls, contracts, objects, suspension
    from specgen.lower.exprs import lower

    text = ast.unparse(node)[:60] if node is not None else "call"
    match func:
        case Func(function):
            if function.is_async and not awaited:
                return Coro(lambda: inlining.inline(lw, func, args, kwargs), text)
            return inlining.inline(lw, func, args, kwargs)
        case LambdaV(lam, outer):
            frame = Frame(None, outer.module, outer.me, outer=outer)
            params, defaults = lam.args.args, lam.args.defaults
            for param, default in zip(params[len(params) - len(defaults) :], defaults, strict=True):
                frame.names[param.arg] = lower(lw, default)
            for param, arg in zip(params, args, strict=False):
                frame.names[param.arg] = arg
            frame.names |= kwargs
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
            return primitives.construct_again(lw, func)
    if isinstance(func, Val) and func.origin is not None:
        return contracts.call_function(lw, Contract(func.origin, "", frozenset()), args, text, awaited)
    if isinstance(func, Val) and any(isinstance(m, RefT) for m in members(func.ty)):
        return call_method(lw, func, "__call__", args, kwargs, awaited)
    if awaited:
        suspension.suspend(lw)
    suspension.may_fail(lw, text)
    if isinstance(func, Val) and any(isinstance(m, StrT) for m in members(func.ty)):
        return lw.leave_out(f"call {text}", "any value; what the function does that was kept there is left out")
    return lw.opaque(text, [*args, *kwargs.values()])


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
            inherited = lw.sources.inherited(above, name)
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
            only_kinds(lw, owner, ("ref",), "AttributeError")
            ref = next(m for m in members(ty) if isinstance(m, RefT))
            cls_found = lw.sources.find_class(ref.cls)
            if cls_found is not None:
                return call_method(lw, New(unbox(owner, "ref"), cls_found), name, args, kwargs, awaited)
            from specgen.lower.futures import builtin_object_call

            out = builtin_object_call(lw, owner, ref.cls, name, list(args), dict(kwargs), awaited)
            if out is not None:
                return out
        case Val(ty=RecordT(cls_name)):
            cls_of = lw.sources.find_class(cls_name)
            method = lw.sources.method(cls_of, name) if cls_of is not None else None
            if method is not None:
                return _bound(lw, Func(method, owner), list(args), dict(kwargs), awaited)
            if name == "_replace":
                from specgen.lower.records import replaced

                return replaced(lw, owner, {k: rv(lw, v) for k, v in kwargs.items()})
            return lw.approximate(f"call of method {name}", "any value, no effect on the state modelled here")
        case Val() | Place():
            for kept in args if name in KEEPERS else []:
                kept_elsewhere(lw, kept)
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
                    lw, Contract(f"{value.origin}.{name}", "", frozenset()), list(args), name, awaited
                )
    if awaited:
        suspension.suspend(lw)
    suspension.may_fail(lw, f"{name}(...)")
    if isinstance(owner, Unknown) and lw.noted():
        return owner
    if isinstance(owner, Val) and {kind_of(m) for m in members(owner.ty)} == {"str"}:
        return lw.opaque(f"of method {name}", [])  # texts only read what they are given
    return lw.opaque(f"of method {name}", [owner, *args, *kwargs.values()])


def settled(lw: Lowerer) -> bool:
    """Whether a first round has found types; before that, nothing is known of any variable."""
    return bool(lw.shared.types)


def _bound(lw: Lowerer, func: Func, args: list[Value], kwargs: dict[str, Value], awaited: bool) -> Value:
    if func.function.is_async and not awaited:
        return Coro(lambda: inlining.inline(lw, func, args, kwargs), func.function.name)
    return inlining.inline(lw, func, args, kwargs)


def _super(lw: Lowerer) -> Value:
    frame = lw.frame
    while frame is not None and frame.function is not None and frame.function.cls is None:
        frame = frame.outer
    if frame is None or frame.function is None or frame.function.cls is None or not isinstance(frame.me, (Obj, New)):
        return Unknown("super()")
    order = lw.sources.mro(frame.me.cls) if frame.me.cls is not None else []
    here = order.index(frame.function.cls) if frame.function.cls in order else -1
    return SuperV(frame.me, tuple(order[here + 1 :]))
