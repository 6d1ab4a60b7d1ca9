"""Arguments of calls: those written out, and those handed on with ``*args`` and ``**kwargs``."""

from __future__ import annotations

import ast

from specgen.expr import Lit, Op
from specgen.lower import exprs, names, subscripts
from specgen.lower.formulas import EMPTY
from specgen.lower.lowerer import Lowerer
from specgen.lower.values import Keywords, Packed, Val, Value
from specgen.value_types import DictT, IntT, NeverT, TupleT


def given(lw: Lowerer, node: ast.Call) -> tuple[list[Value], dict[str, Value]]:
    """The positional and the named arguments of a call, each once, left to right."""
    args: list[Value] = []
    for arg in node.args:
        args += _spread(lw, arg.value) if isinstance(arg, ast.Starred) else [exprs.lower(lw, arg)]
    kwargs: dict[str, Value] = {}
    for keyword in node.keywords:
        if keyword.arg is None:
            kwargs |= _spread_named(lw, keyword.value)
        else:
            kwargs[keyword.arg] = exprs.lower(lw, keyword.value)
    return args, kwargs


def _spread(lw: Lowerer, node: ast.expr) -> list[Value]:
    """``*node``."""
    packed = rest(lw, node)
    if isinstance(packed, Packed):
        return list(packed.items)
    value = exprs.rv(lw, exprs.lower(lw, node))
    if isinstance(value.ty, TupleT):
        return [subscripts.item(lw, value, Val(Lit(i), IntT())) for i in range(len(value.ty.items))]
    if not isinstance(value.ty, NeverT):  # before its type is known nothing is
        lw.approximate(f"arguments *{ast.unparse(node)[:40]}", "none of them are handed on")
    return []


def _spread_named(lw: Lowerer, node: ast.expr) -> dict[str, Value]:
    """``**node``."""
    packed = rest(lw, node)
    if isinstance(packed, Keywords):
        return dict(packed.items)
    value = exprs.rv(lw, exprs.lower(lw, node))
    if value.ty != DictT(NeverT(), NeverT()) and not isinstance(value.ty, NeverT):
        lw.approximate(f"arguments **{ast.unparse(node)[:40]}", "none of them are handed on")
    return {}


def picked(lw: Lowerer, node: ast.Subscript) -> Value | None:
    """``args[0]`` of what ``*args`` took up; None for any other subscript."""
    match node.slice, rest(lw, node.value):
        case ast.Constant(value=int(at)), Packed(items) if -len(items) <= at < len(items):
            return items[at]
    return None


def rest(lw: Lowerer, node: ast.expr) -> Packed | Keywords | None:
    """What ``*args`` or ``**kwargs`` of an inlined function stands for, where the expression is that name."""
    value = names.lookup(lw, node.id) if isinstance(node, ast.Name) and lw.in_scope(node.id) else None
    return value if isinstance(value, (Packed, Keywords)) else None


def as_value(lw: Lowerer, value: Value) -> Value:
    """``args`` as a tuple and ``kwargs`` as a dict, where they are looked at rather than handed on."""
    match value:
        case Packed(items):
            found = [exprs.rv(lw, item) for item in items]
            return Val(Op("tuple", tuple(i.expr for i in found)), TupleT(tuple(i.ty for i in found)))
        case Keywords(items=()):
            return Val(EMPTY, DictT(NeverT(), NeverT()))
        case Keywords():
            return lw.approximate("keyword arguments as a dict", "any value")
    return value
