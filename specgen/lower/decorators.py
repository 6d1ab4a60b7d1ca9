"""Decorators: what a decorator of the feature makes of a function is called in the function's place."""

from __future__ import annotations

import ast
from collections.abc import Callable
from dataclasses import replace

from specgen.lower import calls, exprs, inlining, names, unwinding
from specgen.lower.lowerer import Lowerer
from specgen.lower.state import Frame
from specgen.lower.values import Coro, Func, LambdaV, Value
from specgen.source import Function
from specgen.syntax import dotted

#: Decorators that leave alone what a call does, or whose meaning is known where the function is looked up.
KNOWN = frozenset(
    {
        "abstractmethod",
        "asynccontextmanager",
        "cached_property",
        "classmethod",
        "contextmanager",
        "deleter",
        "deprecated",
        "final",
        "getter",
        "no_type_check",
        "overload",
        "override",
        "property",
        "setter",
        "staticmethod",
        "wraps",
    }
)


def changing(function: Function) -> list[ast.expr]:
    """The decorators that may change what a call of the function does, as written."""
    return [
        node
        for node in function.node.decorator_list
        if dotted(node.func if isinstance(node, ast.Call) else node).rpartition(".")[2] not in KNOWN
    ]


def applied(lw: Lowerer, func: Func) -> Func | LambdaV | None:
    """What stands under the function's name; None where that is the function itself.

    A decorator that is not a function of the feature, or does more than return another function, is left out.
    """
    function = func.function
    plain = replace(func, me=None, plain=True)
    decorated: Func | LambdaV = plain
    for node in () if func.plain else reversed(changing(function)):
        made = _decorated(lw, func, node, decorated)
        if made is None:
            with lw.graph.at(function.module.path, node.lineno, function.name):
                what = f"decorator {ast.unparse(node)[:50]}"
                lw.leave_out(what, f"left out: {function.name} runs as it is written")
        else:
            decorated = made
    return None if decorated == plain else decorated


def call(
    lw: Lowerer,
    decorated: Func | LambdaV,
    args: list[Value],
    kwargs: dict[str, Value],
    yield_body: Callable[[Value], None] | None = None,
) -> Value:
    """Call what decorators made; the body of a coroutine function runs at once, as its caller awaits it."""
    if isinstance(decorated, LambdaV):
        value = calls.call_value(lw, decorated, args, kwargs, None)
    else:
        value = inlining.inline(lw, decorated, args, kwargs, yield_body)
    return value.start() if isinstance(value, Coro) else value


def run(lw: Lowerer, function: Function) -> bool:
    """Lower an operation that has decorators as a call of what they make of it; False where they make nothing."""
    decorated = applied(lw, Func(function))
    if decorated is None:
        return False
    spec = function.node.args
    args = [names.lookup(lw, param.arg) for param in [*spec.posonlyargs, *spec.args]]
    kwargs = {param.arg: names.lookup(lw, param.arg) for param in spec.kwonlyargs}
    value = call(lw, decorated, args, kwargs)
    lw.graph.where.line = function.node.body[-1].lineno
    if lw.graph.cursor:
        unwinding.finish(lw, inlining.result(lw, value))
    return True


def _decorated(lw: Lowerer, func: Func, node: ast.expr, inner: Func | LambdaV) -> Func | LambdaV | None:
    function = func.function
    point, saved = lw.checkpoint(), lw.frame
    lw.frame = func.outer or Frame(None, function.module, None)
    try:
        decorator = _of_the_class(lw, function, node) or exprs.lower(lw, node)
        made = calls.call_value(lw, decorator, [inner], {}, None) if isinstance(decorator, Func) else None
    finally:
        lw.frame = saved
    if not isinstance(made, (Func, LambdaV)) or not lw.untouched_since(point):
        lw.roll_back(point)
        return None
    if isinstance(made, Func) and made != inner:
        # As functools.wraps has it; and so one wrapper around two functions does not look like a recursion.
        return replace(made, function=replace(made.function, name=function.name))
    return made


def _of_the_class(lw: Lowerer, function: Function, node: ast.expr) -> Func | None:
    """A decorator that stands in the body of the class itself."""
    if function.cls is None or not isinstance(node, ast.Name):
        return None
    found = lw.sources.own_method(function.cls, node.id)
    return None if found is None else Func(found, plain=True)
