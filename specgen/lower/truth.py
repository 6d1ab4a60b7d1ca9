"""Truth: conditions, ``and``, ``or``, and branches on expressions."""

from __future__ import annotations

import ast
from collections.abc import Callable

from specgen.expr import Expr, Op
from specgen.lower import comparisons, exprs, kinds, places
from specgen.lower.formulas import FALSE, NONE, TRUE, conj, disj, ite, neg
from specgen.lower.graph import Edge
from specgen.lower.lowerer import Lowerer
from specgen.lower.values import Coro, Exc, New, Obj, Place, Unknown, Val, Value, is_static
from specgen.source import Class
from specgen.value_types import BoolT, NoneT, RefT, join, members


def pure(lw: Lowerer, run: Callable[[], Value]) -> Value | None:
    """Run a lowering; undo it and return None if it made nodes (touched shared state, chose, raised)."""
    point = lw.checkpoint()
    value = run()
    if isinstance(value, Val) and lw.untouched_since(point):
        return value
    lw.roll_back(point)
    return None


def condition(lw: Lowerer, node: ast.expr) -> Expr:
    """Truth of an expression as one TLA+ condition (operands after the first may touch state too)."""
    match node:
        case ast.UnaryOp(op=ast.Not(), operand=inner):
            return neg(condition(lw, inner))
        case ast.Compare():
            return comparisons.compare(lw, node)
        case ast.Call():
            return kinds.truth(truthy(lw, exprs.lower(lw, node)))
    return kinds.truth(truthy(lw, exprs.lower(lw, node)))


def truthy(lw: Lowerer, value: Value) -> Val:
    """A value whose truth is the truth of the given one."""
    match value:
        case Unknown():
            return exprs.rv(lw, value, "bool")
        case Val(ty=ty) if object_class(lw, value) is not None and NoneT() in members(ty):
            there, none = lw.graph.branch(Op("#", (value.expr, NONE)))
            lw.graph.cursor = there
            answer = Val(_object_truth(lw, value), BoolT())
            return lw.join_value([(lw.graph.cursor, answer), (none, Val(FALSE, BoolT()))], "truth")
        case Obj() | New() | Val() if object_class(lw, value) is not None:
            return Val(_object_truth(lw, value), BoolT())
        case Val() | Place():
            return exprs.rv(lw, value)
        case Coro():
            return exprs.rv(lw, value)
    return Val(TRUE, BoolT())


#: Methods by which a class says how its objects compare and count.
_SPECIAL = ("__bool__", "__len__", "__eq__")


def object_class(lw: Lowerer, value: Value) -> Class | None:
    """The class of the feature whose object the value is, where it defines truth, length or equality itself."""
    cls = value.cls if isinstance(value, (Obj, New)) else None
    if isinstance(value, Val):
        refs = [m for m in members(value.ty) if not isinstance(m, NoneT)]
        if len(refs) == 1 and isinstance(refs[0], RefT):
            cls = lw.sources.find_class(refs[0].cls)
    return cls if cls is not None and any(lw.sources.method(cls, m) for m in _SPECIAL) else None


def _object_truth(lw: Lowerer, value: Value) -> Expr:
    from specgen.lower.calls import call_method

    cls = object_class(lw, value)
    for name in ("__bool__", "__len__"):
        if cls is not None and lw.sources.method(cls, name) is not None:
            return kinds.truth(exprs.rv(lw, call_method(lw, value, name, [], {}), "bool"))
    return TRUE


def split(lw: Lowerer, node: ast.expr) -> tuple[list[Edge], list[Edge]]:
    """Branch on an expression, short-circuiting: (edges where it holds, edges where it does not)."""
    match node:
        case ast.UnaryOp(op=ast.Not(), operand=inner):
            yes, no = split(lw, inner)
            return no, yes
        case ast.BoolOp(op=op, values=values):
            joined = pure(lw, lambda: Val(_joined(lw, op, values), BoolT()))
            if isinstance(joined, Val):
                return lw.graph.branch(joined.expr)
            left: list[Edge] = []
            for value in values[:-1]:
                yes, no = split(lw, value)
                if isinstance(op, ast.And):
                    left, lw.graph.cursor = left + no, yes
                else:
                    left, lw.graph.cursor = left + yes, no
            yes, no = split(lw, values[-1])
            return (yes, left + no) if isinstance(op, ast.And) else (left + yes, no)
    test = condition(lw, node)
    return lw.graph.branch(test)


def _joined(lw: Lowerer, op: ast.boolop, values: list[ast.expr]) -> Expr:
    parts = [condition(lw, v) for v in values]
    return conj(*parts) if isinstance(op, ast.And) else disj(*parts)


def bool_value(lw: Lowerer, node: ast.BoolOp) -> Value:
    """``a and b`` / ``a or b`` as a value."""
    stop_if_true = isinstance(node.op, ast.Or)
    first = exprs.lower(lw, node.values[0])
    rest = node.values[1:]
    tail = rest[0] if len(rest) == 1 else ast.copy_location(ast.BoolOp(node.op, rest), node)
    if is_static(first) or isinstance(first, Exc):
        if object_class(lw, first) is not None:
            lw.approximate("an object that may count as false, as a value of `and` or `or`", "it counts as true")
        return first if stop_if_true else exprs.lower(lw, tail)
    if isinstance(first, Val) and first.expr == NONE and stop_if_true:
        return exprs.lower(lw, tail)
    if isinstance(first, Unknown) and stop_if_true:
        point = lw.checkpoint()
        other = exprs.lower(lw, rest[-1])
        if is_static(other):
            return other
        lw.roll_back(point)
    if (
        isinstance(first, Place)
        and not first.root.startswith("l.")
        and stop_if_true
        and len(rest) == 1
        and _is_display(rest[0])
    ):
        return _stored_or_new(lw, first, rest[0])
    value = truthy(lw, first) if isinstance(first, (Val, Place)) else exprs.rv(lw, first, "bool")
    test = kinds.truth(value)
    other_pure = pure(lw, lambda: exprs.lower(lw, tail))
    if isinstance(other_pure, Val):
        a, b = (value, other_pure) if stop_if_true else (other_pure, value)
        return choose_between(test, a, b)
    yes, no = lw.graph.branch(test)
    ends: list[tuple[list[Edge], Val]] = []
    lw.graph.cursor = no if stop_if_true else yes
    second = exprs.rv(lw, exprs.lower(lw, tail))
    ends.append((lw.graph.cursor, second))
    ends.append((yes if stop_if_true else no, value))
    return lw.join_value(ends, "either")


def _is_display(node: ast.expr) -> bool:
    """A container made on the spot."""
    if isinstance(node, ast.Call):
        return not node.args and isinstance(node.func, ast.Name) and node.func.id in {"list", "dict", "set", "deque"}
    return isinstance(node, (ast.List, ast.Dict, ast.Set))


def _stored_or_new(lw: Lowerer, place: Place, other: ast.expr) -> Value:
    """``self.d.get(k) or []``: the stored container, or a new one."""
    group = lw.graph.group()
    _, found = places.fetch(lw, place, group)
    fresh = exprs.rv(lw, exprs.lower(lw, other))
    both = join(found.ty, fresh.ty)
    test = kinds.truth(found)
    name = lw.temp("either")
    lw.active.add(name)
    lw.set_local(name, Val(ite(test, kinds.coerce(found, both), kinds.coerce(fresh, both)), both))
    places.tie(lw, name, place, test)
    return Place(f"l.{name}", (), both)


def choose_between(test: Expr, a: Val, b: Val) -> Val:
    """``a if test else b`` of pure values."""
    if test == TRUE:
        return a
    if test == FALSE:
        return b
    both = join(a.ty, b.ty)
    if isinstance(a.ty, BoolT) and isinstance(b.ty, BoolT):
        if a.expr == test:
            return Val(disj(test, b.expr), both)
        if b.expr == test:
            return Val(conj(test, a.expr), both)
    return Val(ite(test, kinds.coerce(a, both), kinds.coerce(b, both)), both)


def if_expression(lw: Lowerer, node: ast.IfExp) -> Value:
    """``a if c else b``."""
    yes, no = split(lw, node.test)
    ends: list[tuple[list[Edge], Val]] = []
    statics: list[Value] = []
    for edges, branch in ((yes, node.body), (no, node.orelse)):
        if not edges:
            continue
        lw.graph.cursor = edges
        value = exprs.lower(lw, branch)
        known = is_static(value) and not isinstance(value, New)
        made = Val(NONE, NoneT()) if known else exprs.rv(lw, value)
        statics += [value] if known else []
        ends.append((lw.graph.cursor, made))
    if statics:
        lw.graph.cursor = [e for edges, _ in ends for e in edges]
        if len(statics) < len(ends) or any(s != statics[0] for s in statics):
            lw.leave_out(exprs.text_of(node), f"always {exprs.static_name(statics[0])}")
        return statics[0]
    return lw.join_value(ends, "either")
