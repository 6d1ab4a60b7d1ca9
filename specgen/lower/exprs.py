"""Expressions: Python's value semantics on TLA+ values, evaluated left to right."""

from __future__ import annotations

import ast
from collections.abc import Callable

from specgen.expr import (
    AtomT,
    BoolT,
    Bound,
    DictT,
    Expr,
    IntT,
    Lit,
    Local,
    NeverT,
    NoneT,
    Op,
    RaisedT,
    RecordT,
    RefT,
    SeqT,
    SetT,
    StrT,
    TupleT,
    Ty,
    join,
    kind_of,
    members,
)
from specgen.lower import kinds, names
from specgen.lower.graph import Edge
from specgen.lower.lowerer import ANYTHING, Lowerer
from specgen.lower.values import (
    EMPTY,
    FALSE,
    NONE,
    TRUE,
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
    apply,
    call,
    conj,
    const,
    disj,
    domain,
    eq,
    ite,
    neg,
)
from specgen.source import Class


def rv(lw: Lowerer, value: Value, want: str = "") -> Val:
    """The value as a pure TLA+ value: places are read, unknown things chosen freely."""
    match value:
        case Val():
            if want:
                lw.demand(value, want)
            return value
        case Place():
            return lw.fetch(value)[1]
        case New(ref, cls):
            return Val(ref, RefT(cls.name))
        case Unknown():
            return any_value(lw, want)
        case Exc(name, expr, found) if expr is not None and not name:
            return Val(expr, RaisedT(found))
        case Exc(name):
            return Val(Lit(name or "Exception"), RaisedT(frozenset({name or "Exception"})))
        case External(name) if name in {"Ellipsis", "NotImplemented"}:
            return Val(Lit(name), StrT(frozenset({name})))
        case Coro(start):
            lw.approximate("a coroutine that is not awaited here", "it runs at once")
            return rv(lw, start())
    return Val(Lit(_static_name(value)), StrT(frozenset({_static_name(value)})))


def _static_name(value: Value) -> str:
    match value:
        case ClassV(cls):
            return cls.name
        case Func(function):
            return function.name
        case External(name):
            return name.rpartition(".")[2]
        case Obj():
            return "self"
        case Sync():
            return value.var
        case Contract():
            return value.name
    return "function"


def any_value(lw: Lowerer, want: str = "") -> Val:
    """A value chosen by the surroundings, of the kind that the code wants."""
    if lw.hopeful and want not in {"bool", "int"}:
        return Val(NONE, NeverT())
    match want:
        case "bool":
            ty: Ty = BoolT()
            dom: Expr = const("BOOLEAN")
        case "int":
            ty, dom = IntT(), Op("..", (Lit(0), Lit(1)))
        case _:
            anything = lw.shared.domain(ANYTHING)
            ty, dom = join(AtomT(anything), NoneT()), Op("union", (const(anything), Op("set", (NONE,))))
    name = lw.temp("unknown")
    lw.active.add(name)
    lw.declare(f"l.{name}", ty)
    lw.graph.choose(Local(name), dom, "approximated")
    return Val(Local(name), ty)


def lower(lw: Lowerer, node: ast.expr) -> Value:
    """The value of an expression; nodes are made for what it touches."""
    lw.check_size()
    match node:
        case ast.Constant(value=value):
            return constant(lw, value)
        case ast.Name(id=name):
            return names.lookup(lw, name)
        case ast.Attribute():
            return attribute(lw, node)
        case ast.Call():
            from specgen.lower.calls import lower_call

            return lower_call(lw, node)
        case ast.Await(value=inner):
            from specgen.lower.calls import lower_await

            return lower_await(lw, inner)
        case ast.BoolOp():
            return bool_value(lw, node)
        case ast.UnaryOp():
            return unary(lw, node)
        case ast.BinOp():
            left = rv(lw, lower(lw, node.left))
            right = rv(lw, lower(lw, node.right))
            return binary(lw, node.op, left, right)
        case ast.Compare():
            return Val(compare(lw, node), BoolT())
        case ast.IfExp():
            return if_expression(lw, node)
        case ast.Tuple(elts=elts) if not any(isinstance(e, ast.Starred) for e in elts):
            items = [rv(lw, lower(lw, e)) for e in elts]
            return Val(Op("tuple", tuple(i.expr for i in items)), TupleT(tuple(i.ty for i in items)))
        case ast.List(elts=elts) if not any(isinstance(e, ast.Starred) for e in elts):
            return sequence(lw, [rv(lw, lower(lw, e)) for e in elts])
        case ast.Set(elts=elts):
            items = [rv(lw, lower(lw, e)) for e in elts]
            ty = _join_all([i.ty for i in items])
            return Val(Op("set", tuple(kinds.coerce(i, ty) for i in items)), SetT(ty))
        case ast.Dict(keys=keys, values=values):
            return dict_display(lw, keys, values)
        case ast.Subscript():
            from specgen.lower.containers import subscript

            return subscript(lw, node)
        case ast.JoinedStr(values=values):
            return f_string(lw, values)
        case ast.ListComp() | ast.SetComp() | ast.GeneratorExp() | ast.DictComp():
            from specgen.lower.comprehensions import comprehension

            return comprehension(lw, node)
        case ast.Lambda():
            assert lw.frame is not None
            return LambdaV(node, lw.frame)
        case ast.NamedExpr(target=ast.Name(id=name), value=value):
            names.assign_name(lw, name, lower(lw, value))
            return names.lookup(lw, name)
        case ast.Yield() | ast.YieldFrom():
            return yielded(lw, node)
    return lw.approximate(_construct(node), "any value")


def _construct(node: ast.AST) -> str:
    text = ast.unparse(node)
    return text if len(text) < 60 else f"{type(node).__name__} expression"


def yielded(lw: Lowerer, node: ast.Yield | ast.YieldFrom) -> Value:
    """``yield``: the body of the ``with`` that this generator serves, or an approximation."""
    frame = lw.frame
    if frame is not None and frame.yield_body is not None and isinstance(node, ast.Yield):
        frame.yield_body(lower(lw, node.value) if node.value is not None else Val(NONE, NoneT()))
        return Val(NONE, NoneT())
    if node.value is not None:
        lower(lw, node.value)
    return lw.approximate("yield", "the generator runs to its end at once")


def constant(lw: Lowerer, value: object) -> Val:
    """A literal."""
    match value:
        case None:
            return Val(NONE, NoneT())
        case bool():
            return Val(Lit(value), BoolT())
        case int() if abs(value) < 2**31:
            return Val(Lit(value), IntT())
        case float() if value.is_integer() and abs(value) < 2**31:
            return Val(Lit(int(value)), IntT())
        case str():
            return Val(Lit(value), StrT(frozenset({value})))
        case bytes():
            text = value.decode("latin-1")
            return Val(Lit(text), StrT(frozenset({text})))
    if isinstance(value, (int, float)):
        lw.approximate(f"number {value}", "1" if value > 0 else "-1")
        return Val(Lit(1 if value > 0 else -1), IntT())
    return Val(Lit("..."), StrT(frozenset({"..."})))


def _join_all(types: list[Ty]) -> Ty:
    out: Ty = NeverT()
    for ty in types:
        out = join(out, ty)
    return out


def sequence(lw: Lowerer, items: list[Val]) -> Val:
    """A list display."""
    ty = _join_all([i.ty for i in items])
    return Val(Op("tuple", tuple(kinds.coerce(i, ty) for i in items)), SeqT(ty))


def dict_display(lw: Lowerer, keys: list[ast.expr | None], values: list[ast.expr]) -> Value:
    """``{k: v, ...}``."""
    out: Val = Val(EMPTY, DictT(NeverT(), NeverT()))
    for key, value in zip(keys, values, strict=True):
        if key is None:
            return lw.approximate("** in a dict display", "any value")
        k, v = rv(lw, lower(lw, key)), rv(lw, lower(lw, value))
        assert isinstance(out.ty, DictT)
        ty = DictT(join(out.ty.key, k.ty), join(out.ty.value, v.ty))
        before = kinds.coerce(out, ty)
        out = Val(call("Put", before, kinds.coerce(k, ty.key), kinds.coerce(v, ty.value)), ty)
    return out


def f_string(lw: Lowerer, parts: list[ast.expr]) -> Value:
    """A formatted string: the tuple of its parts, which tells apart what the text tells apart."""
    out: list[Val] = []
    for part in parts:
        if isinstance(part, ast.FormattedValue):
            out.append(rv(lw, lower(lw, part.value)))
        elif isinstance(part, ast.Constant):
            out.append(constant(lw, part.value))
    if len(out) == 1:
        return out[0]
    if any(_depth(v.ty) > 4 for v in out):
        return lw.approximate("text that grows", "any value")
    return Val(Op("tuple", tuple(v.expr for v in out)), TupleT(tuple(v.ty for v in out)))


# --- truth ---------------------------------------------------------------------------------------


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
            return compare(lw, node)
        case ast.Call():
            return kinds.truth(_truthy(lw, lower(lw, node)))
    return kinds.truth(_truthy(lw, lower(lw, node)))


def _truthy(lw: Lowerer, value: Value) -> Val:
    match value:
        case Unknown():
            return rv(lw, value, "bool")
        case Val(ty=ty) if object_class(lw, value) is not None and NoneT() in members(ty):
            there, none = lw.graph.branch(Op("#", (value.expr, NONE)))
            lw.graph.cursor = there
            answer = Val(_object_truth(lw, value), BoolT())
            return lw.join_value([(lw.graph.cursor, answer), (none, Val(FALSE, BoolT()))], "truth")
        case Obj() | New() | Val() if object_class(lw, value) is not None:
            return Val(_object_truth(lw, value), BoolT())
        case Val() | Place():
            return rv(lw, value)
        case Coro():
            return rv(lw, value)
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
            return kinds.truth(rv(lw, call_method(lw, value, name, [], {}), "bool"))
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
    first = lower(lw, node.values[0])
    rest = node.values[1:]
    if names.is_static(first) or isinstance(first, Exc):
        if object_class(lw, first) is not None:
            lw.approximate("an object that may count as false, as a value of `and` or `or`", "it counts as true")
        return first if stop_if_true else lower(lw, rest[-1])
    if isinstance(first, Val) and first.expr == NONE and stop_if_true:
        return lower(lw, rest[0]) if len(rest) == 1 else bool_value(lw, ast.BoolOp(node.op, rest))
    if isinstance(first, Unknown) and stop_if_true:
        point = lw.checkpoint()
        other = lower(lw, rest[-1])
        if names.is_static(other):
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
    value = _truthy(lw, first) if isinstance(first, (Val, Place)) else rv(lw, first, "bool")
    test = kinds.truth(value)
    tail = rest[0] if len(rest) == 1 else ast.BoolOp(node.op, rest)
    other_pure = pure(lw, lambda: _as_val(lower(lw, tail)))
    if isinstance(other_pure, Val):
        a, b = (value, other_pure) if stop_if_true else (other_pure, value)
        return choose_between(test, a, b)
    yes, no = lw.graph.branch(test)
    ends: list[tuple[list[Edge], Val]] = []
    lw.graph.cursor = no if stop_if_true else yes
    second = rv(lw, lower(lw, tail))
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
    _, found = lw.fetch(place, group)
    fresh = rv(lw, lower(lw, other))
    both = join(found.ty, fresh.ty)
    test = kinds.truth(found)
    name = lw.temp("either")
    lw.active.add(name)
    lw.set_local(name, Val(ite(test, kinds.coerce(found, both), kinds.coerce(fresh, both)), both))
    lw.tie(name, place, test)
    return Place(f"l.{name}", (), both)


def _as_val(value: Value) -> Value:
    return value


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
        value = lower(lw, branch)
        statics.append(value)
        ends.append((lw.graph.cursor, rv(lw, value) if not names.is_static(value) else Val(NONE, NoneT())))
        ends[-1] = (lw.graph.cursor, ends[-1][1])
    found = [s for s in statics if names.is_static(s)]
    if found:
        lw.graph.cursor = [e for edges, _ in ends for e in edges]
        if len(statics) > 1 and len(found) == len(statics):
            lw.approximate(_construct(node), f"always {_static_name(found[0])}")
        return found[0]
    return lw.join_value(ends, "either")


# --- operators -----------------------------------------------------------------------------------


def unary(lw: Lowerer, node: ast.UnaryOp) -> Value:
    """``not a``, ``-a``, ``+a``."""
    if isinstance(node.op, ast.Not):
        return Val(neg(condition(lw, node.operand)), BoolT())
    value = rv(lw, lower(lw, node.operand), "int")
    if isinstance(node.op, ast.UAdd):
        return value
    if isinstance(node.op, ast.USub):
        if isinstance(value.expr, Lit) and isinstance(value.expr.value, int):
            return Val(Lit(-value.expr.value), IntT())
        if kind_of(kinds.member_of_kind(value.ty, "int")) == "int":
            return Val(_negated(number(lw, value)), IntT())
    return lw.approximate(_construct(node), "any value")


def number(lw: Lowerer, value: Val) -> Expr:
    """The value as an integer (a bool counts 0 or 1); None there raises TypeError, as in Python."""
    lw.demand(value, "int")
    own = {kind_of(m) for m in members(value.ty)}
    only_kinds(lw, value, ("int", "bool"), "TypeError")
    if {"int", "bool"} <= own:
        one = ite(kinds.unbox(value, "bool"), Lit(1), Lit(0))
        return ite(kinds.has_kind(value, "int"), kinds.unbox(value, "int"), one)
    if "int" in own:
        return kinds.unbox(value, "int")
    if "bool" in own:
        return ite(kinds.unbox(value, "bool"), Lit(1), Lit(0))
    return Lit(0) if not isinstance(value.expr, Lit) or isinstance(value.expr.value, str) else value.expr


def only_number(lw: Lowerer, value: Val) -> Val:
    """The value where numbers alone will do; TypeError where it is of another kind."""
    from specgen.lower.containers import raise_unless

    own = {kind_of(m) for m in members(value.ty)} - {None}
    if own <= {"int", "bool"} or not own & {"int", "bool"} or lw.in_init or lw.pure_reads:
        return value
    raise_unless(lw, disj(kinds.has_kind(value, "int"), kinds.has_kind(value, "bool")), "TypeError")
    return Val(number(lw, Val(value.expr, _without_none(value.ty))), IntT())


def _without_none(ty: Ty) -> Ty:
    return _join_all([m for m in members(ty) if not isinstance(m, NoneT)])


def _repeated(lw: Lowerer, a: Val, b: Val) -> Val | None:
    """``[x] * n``."""
    times, one = (a, b) if isinstance(a.ty, IntT) else (b, a)
    if not isinstance(times.ty, IntT) or not isinstance(one.ty, SeqT) or not isinstance(one.expr, Op):
        return None
    if one.expr.name != "tuple" or len(one.expr.args) != 1:
        return None
    n, item = number(lw, times), one.expr.args[0]
    if isinstance(n, Lit) and isinstance(n.value, int) and n.value <= 8:
        return Val(Op("tuple", (item,) * max(n.value, 0)), one.ty)
    return Val(Op("function", (Op("..", (Lit(1), n)), item), ("i",)), one.ty)


def never_none(lw: Lowerer, value: Val, error: str) -> None:
    """Raise the exception that Python raises where a value that may be None is used as if it were not."""
    from specgen.lower.containers import raise_unless

    if NoneT() in members(value.ty) and len(members(value.ty)) > 1 and not lw.in_init and not lw.pure_reads:
        raise_unless(lw, Op("#", (value.expr, NONE)), error)


def only_kinds(lw: Lowerer, value: Val, wanted: tuple[str, ...], error: str) -> None:
    """Go on only where the value is of one of the kinds that the code can do something with.

    Python raises ``error`` on None and on values of another kind; a value that comes from code not modelled is taken
    to be one of them too, which is an approximation.
    """
    from specgen.lower.containers import raise_unless

    found = members(value.ty)
    if not any(kind_of(m) in wanted for m in found) or lw.in_init or lw.pure_reads or lw.bound_depth:
        return
    never_none(lw, value, error)
    others = [m for m in found if kind_of(m) not in wanted and not isinstance(m, NoneT)]
    if others:
        if any(isinstance(m, AtomT) for m in others):
            lw.approximate(
                "use of a value that may come from code not modelled here", f"it raises {error} where it does"
            )
        raise_unless(lw, disj(*[kinds.has_kind(value, k) for k in wanted]), error)


_ARITHMETIC = {ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.FloorDiv: "\\div", ast.Mod: "%"}


def binary(lw: Lowerer, op: ast.operator, a: Val, b: Val) -> Value:
    """Arithmetic on whole numbers; ``+`` on sequences; ``| & -`` on sets."""
    if isinstance(a.ty, NeverT) or isinstance(b.ty, NeverT):
        return Val(NONE, NeverT())
    left, right = {kind_of(m) for m in members(a.ty)}, {kind_of(m) for m in members(b.ty)}
    if isinstance(op, ast.Add) and all(any(isinstance(m, (SeqT, TupleT)) for m in members(v.ty)) for v in (a, b)):
        if isinstance(a.ty, TupleT) and isinstance(b.ty, TupleT) and len(a.ty.items + b.ty.items) <= 6:
            return Val(Op("concat", (a.expr, b.expr)), TupleT(a.ty.items + b.ty.items))
        never_none(lw, a, "TypeError")
        never_none(lw, b, "TypeError")
        ty = join(_as_seq(a.ty), _as_seq(b.ty))
        return Val(Op("concat", (_sequence_of(a, ty), _sequence_of(b, ty))), ty)
    if "set" in left and "set" in right:
        found = {ast.BitOr: "union", ast.BitAnd: "inter", ast.Sub: "diff"}.get(type(op))
        if found:
            x, y = kinds.member_of_kind(a.ty, "set"), kinds.member_of_kind(b.ty, "set")
            ty = join(x, y)
            sides = [kinds.coerce(Val(kinds.unbox(v, "set"), t), ty) for v, t in ((a, x), (b, y))]
            return Val(Op(found, tuple(sides)), ty)
    texts = left | right
    if isinstance(op, ast.Add) and "str" in texts and not texts & {"int", "bool"} and _depth(a.ty) + _depth(b.ty) <= 5:
        return Val(Op("tuple", (a.expr, b.expr)), TupleT((a.ty, b.ty)))
    if isinstance(op, ast.Mult) and (repeated := _repeated(lw, a, b)) is not None:
        return repeated
    numbers: set[str | None] = {"int", "bool"}
    if (
        type(op) in _ARITHMETIC
        and left & numbers
        and right & numbers
        and (left <= {*numbers, None} or right <= {*numbers, None})
    ):
        a, b = only_number(lw, a), only_number(lw, b)
        texts = {*numbers}
    if type(op) in _ARITHMETIC and not any(k not in {"int", "bool", None} for k in texts):
        lw.demand(a, "int")
        lw.demand(b, "int")
        if not (texts & {"int", "bool"}) and not (a.origin or b.origin):
            return lw.approximate("arithmetic on values of unknown type", "any value")
        first, second = number(lw, a), number(lw, b)
        if isinstance(op, (ast.FloorDiv, ast.Mod)):
            return Val(_divide(lw, _ARITHMETIC[type(op)], first, second), IntT())
        return Val(_fold(_ARITHMETIC[type(op)], first, second), IntT())
    if isinstance(op, ast.Div) and "int" in texts:
        lw.approximate("division /", "whole-number division")
        return Val(_divide(lw, "\\div", number(lw, a), number(lw, b)), IntT())
    return lw.approximate(f"operator {type(op).__name__}", "any value")


def _divide(lw: Lowerer, op: str, x: Expr, y: Expr) -> Expr:
    """``x // y`` or ``x % y``: TLC knows both only for positive ``y``."""
    from specgen.lower.containers import not_negative, raise_unless

    if not lw.in_init and not lw.pure_reads and not (isinstance(y, Lit) and y.value != 0):
        raise_unless(lw, neg(eq(y, Lit(0))), "ZeroDivisionError")
    if not_negative(y):
        return _fold(op, x, y)
    minus_x, minus_y = _negated(x), _negated(y)
    other = Op(op, (minus_x, minus_y))
    return ite(Op(">", (y, Lit(0))), Op(op, (x, y)), other if op == "\\div" else Op("neg", (other,)))


def _negated(e: Expr) -> Expr:
    if isinstance(e, Op) and e.name == "neg":
        return e.args[0]
    return Lit(-e.value) if isinstance(e, Lit) and isinstance(e.value, int) else Op("neg", (e,))


def _as_seq(ty: Ty) -> Ty:
    items = [SeqT(_join_all(list(m.items))) if isinstance(m, TupleT) else m for m in members(ty)]
    return _join_all([m for m in items if isinstance(m, SeqT)])


def _sequence_of(value: Val, ty: Ty) -> Expr:
    """A list or tuple as a sequence of that type."""
    found = [m for m in kinds.kinds(value.ty) if isinstance(m, (SeqT, TupleT))]
    parts = [
        (kinds.has_kind(value, str(kind_of(m))), kinds.coerce(Val(kinds.unbox(value, str(kind_of(m))), m), ty))
        for m in found
    ]
    out = parts[-1][1]
    for test, expr in reversed(parts[:-1]):
        out = ite(test, expr, out)
    return out


def _depth(ty: Ty) -> int:
    """How deep tuples are nested in a type."""
    return max(
        (1 + max((_depth(i) for i in m.items), default=0) for m in members(ty) if isinstance(m, TupleT)), default=0
    )


def _fold(op: str, a: Expr, b: Expr) -> Expr:
    if isinstance(a, Lit) and isinstance(b, Lit) and isinstance(a.value, int) and isinstance(b.value, int):
        match op:
            case "+":
                return Lit(a.value + b.value)
            case "-":
                return Lit(a.value - b.value)
            case "*":
                return Lit(a.value * b.value)
            case "\\div" if b.value > 0:
                return Lit(a.value // b.value)
            case "%" if b.value > 0:
                return Lit(a.value % b.value)
    return Op(op, (a, b))


def compare(lw: Lowerer, node: ast.Compare) -> Expr:
    """Comparison chains."""
    left = lower(lw, node.left)
    parts: list[Expr] = []
    for op, right_node in zip(node.ops, node.comparators, strict=True):
        right = lower(lw, right_node)
        parts.append(compare_two(lw, op, left, right))
        left = right
    return conj(*parts)


def compare_two(lw: Lowerer, op: ast.cmpop, left: Value, right: Value) -> Expr:
    """One comparison."""
    if isinstance(op, (ast.Is, ast.IsNot, ast.Eq, ast.NotEq)):
        same = _same(lw, left, right, identity=isinstance(op, (ast.Is, ast.IsNot)))
        return neg(same) if isinstance(op, (ast.IsNot, ast.NotEq)) else same
    if isinstance(op, (ast.In, ast.NotIn)):
        from specgen.lower.containers import contains

        found = contains(lw, rv(lw, left), right)
        return neg(found) if isinstance(op, ast.NotIn) else found
    a, b = rv(lw, left, "int"), rv(lw, right, "int")
    name = {ast.Lt: "<", ast.LtE: "<=", ast.Gt: ">", ast.GtE: ">="}[type(op)]
    if {kind_of(m) for m in members(a.ty)} & {"set"} and {kind_of(m) for m in members(b.ty)} & {"set"}:
        both = join(kinds.member_of_kind(a.ty, "set"), kinds.member_of_kind(b.ty, "set"))
        s, t = (kinds.coerce(Val(kinds.unbox(v, "set"), kinds.member_of_kind(v.ty, "set")), both) for v in (a, b))
        small, large = (s, t) if name in {"<", "<="} else (t, s)
        inside = Op("subseteq", (small, large))
        return inside if name in {"<=", ">="} else conj(inside, neg(eq(s, t)))
    known = {kind_of(m) for t in (a.ty, b.ty) for m in members(t)}
    if not known & {"int", "bool"} and not (a.origin or b.origin) and not isinstance(a.ty, NeverT):
        lw.approximate("order of values of unknown type", "any answer")
        return rv(lw, any_value(lw, "bool")).expr
    x, y = (number(lw, only_number(lw, v)) for v in (a, b))
    if isinstance(x, Lit) and isinstance(y, Lit):
        p, q = int(x.value), int(y.value)
        return Lit({"<": p < q, "<=": p <= q, ">": p > q, ">=": p >= q}[name])
    return Op(name, (x, y))


def _same(lw: Lowerer, left: Value, right: Value, identity: bool) -> Expr:
    if isinstance(left, Unknown) or isinstance(right, Unknown):
        return rv(lw, any_value(lw, "bool")).expr
    statics = [v for v in (left, right) if names.is_static(v) and not isinstance(v, New)]
    if statics and (identity or object_class(lw, left) is None):
        if len(statics) == 2:
            return TRUE if left is right or left == right else FALSE
        other = right if names.is_static(left) else left
        if isinstance(other, Val) and other.expr == NONE:
            return FALSE
    if identity and isinstance(left, Place) and left.default is None and isinstance(right, Val) and right.expr == NONE:
        return (
            FALSE
            if not any(isinstance(m, NoneT) for m in members(lw.place_type(left)))
            else eq(rv(lw, left).expr, NONE)
        )
    if not identity and (cls := object_class(lw, left)) is not None and lw.sources.method(cls, "__eq__") is not None:
        return _equal_objects(lw, left, right)
    a, b = rv(lw, left), rv(lw, right)
    _meet(lw, a, b)
    return kinds.equal(a, b)


def _equal_objects(lw: Lowerer, left: Value, right: Value) -> Expr:
    from specgen.lower.calls import call_method

    if isinstance(right, Val) and right.expr == NONE and not isinstance(left, Val):
        return FALSE
    ends: list[tuple[list[Edge], Val]] = []
    if isinstance(left, Val) and NoneT() in members(left.ty):
        there, none = lw.graph.branch(Op("#", (left.expr, NONE)))
        lw.graph.cursor = none
        both_none = kinds.equal(Val(NONE, NoneT()), rv(lw, right))
        ends.append((lw.graph.cursor, Val(both_none, BoolT())))
        lw.graph.cursor = there
    answer = Val(kinds.truth(rv(lw, call_method(lw, left, "__eq__", [right], {}), "bool")), BoolT())
    if not ends:
        return answer.expr
    return lw.join_value([*ends, (lw.graph.cursor, answer)], "equal").expr


def _meet(lw: Lowerer, a: Val, b: Val) -> None:
    """Opaque values that are compared belong to one domain; a compared integer makes a parameter one."""
    lw.meet(a, b.ty)
    lw.meet(b, a.ty)


# --- attributes ----------------------------------------------------------------------------------


def attribute(lw: Lowerer, node: ast.Attribute) -> Value:
    """``value.attr``."""
    owner = lower(lw, node.value)
    return attribute_of(lw, owner, node)


def attribute_of(lw: Lowerer, owner: Value, node: ast.Attribute) -> Value:
    """``owner.attr``."""
    from specgen.lower.sync import has_attribute

    attr = node.attr
    if attr == "create_future" and lw.mode == "asyncio" and not isinstance(owner, Obj):
        return External("loop.create_future")
    match owner:
        case Obj():
            return names.get_attribute(lw, owner, attr)
        case New():
            from specgen.lower.objects import get_field

            return get_field(lw, owner, attr)
        case SuperV(me, above):
            inherited = next((c.methods[attr] for c in above if attr in c.methods), None)
            if inherited is not None and "property" in inherited.decorators():
                from specgen.lower.calls import inline

                return inline(lw, Func(inherited, me), [], {})
            return Func(inherited, me) if inherited is not None else Method(owner, attr, node)
        case Sync() if not has_attribute(owner, attr):
            lw.raise_(Exc("AttributeError"))
            return Val(NONE, NeverT())
        case External(name):
            return External(f"{name}.{attr}")
        case ClassV(cls):
            method = lw.sources.method(cls, attr)
            if method is not None:
                return Func(method)
            return _class_constant(lw, cls, attr)
        case Val(ty=RefT(cls_name)):
            found = lw.sources.find_class(cls_name)
            if found is not None:
                from specgen.lower.objects import get_field

                return get_field(lw, New(owner.expr, found), attr)
        case Val(ty=ty):
            for member in members(ty):
                if isinstance(member, RecordT):
                    record = Val(kinds.unbox(owner, "record"), member)
                    only_kinds(lw, owner, ("record",), "AttributeError")
                    if attr in dict(member.fields):
                        return Val(Op("field", (record.expr,), (attr,)), dict(member.fields)[attr])
                    return _of_record(lw, record, member.name, node)
                if isinstance(member, RefT):
                    found = lw.sources.find_class(member.cls)
                    if found is not None:
                        only_kinds(lw, owner, ("ref",), "AttributeError")
                        from specgen.lower.objects import get_field

                        return get_field(lw, New(kinds.unbox(owner, "ref"), found), attr)
            if isinstance(ty, NeverT):
                return Val(NONE, NeverT())
        case Exc():
            return lw.approximate(f"attribute {attr} of an exception", "any value")
        case Unknown():
            return owner
    return Method(owner, attr, node)


def _of_record(lw: Lowerer, record: Val, cls_name: str, node: ast.Attribute) -> Value:
    cls = lw.sources.find_class(cls_name)
    method = lw.sources.method(cls, node.attr) if cls is not None else None
    if method is not None and "property" in method.decorators():
        from specgen.lower.calls import inline

        return inline(lw, Func(method, record), [], {})
    return Method(record, node.attr, node)


def _class_constant(lw: Lowerer, cls: object, attr: str) -> Value:
    assert isinstance(cls, Class)
    if any(b.rpartition(".")[2] in {"Enum", "IntEnum", "StrEnum", "Flag"} for b in cls.bases):
        return Val(Lit(attr), StrT(frozenset({attr})))
    obj = lw.modules_as_objects.setdefault(f"class {cls.name}", Obj(cls, cls.module, ""))
    return names.get_attribute(lw, obj, attr)


__all__ = ["Bound", "apply", "choose_between", "condition", "domain", "lower", "rv", "split"]
