"""Expressions: Python's value semantics on TLA+ values, evaluated left to right."""

from __future__ import annotations

import ast

from specgen.expr import Expr, Lit, Local, Op
from specgen.lower import attributes, comparisons, kinds, membership, names, operators, places, truth
from specgen.lower.formulas import EMPTY, NONE, call, const
from specgen.lower.lowerer import Lowerer
from specgen.lower.records import as_record, is_value_class
from specgen.lower.second_names import kept_elsewhere
from specgen.lower.state import ANYTHING
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
    Sync,
    Unknown,
    Val,
    Value,
)
from specgen.source import Class
from specgen.value_types import (
    AtomT,
    BoolT,
    DictT,
    IntT,
    NeverT,
    NoneT,
    RaisedT,
    RefT,
    SeqT,
    SetT,
    StrT,
    TupleT,
    Ty,
    join,
    join_all,
    tuple_depth,
)


def rv(lw: Lowerer, value: Value, want: str = "") -> Val:
    """The value as a pure TLA+ value: places are read, unknown things chosen freely."""
    match value:
        case Val():
            if want:
                lw.demand(value, want)
            return value
        case Place():
            return places.fetch(lw, value)[1]
        case New(ref, cls):
            return Val(ref, RefT(cls.name))
        case Unknown():
            return any_value(lw, want)
        case Exc(name, expr, found) if expr is not None and not name:
            return Val(expr, RaisedT(found))
        case Exc(name):
            return Val(Lit(name or "Exception"), RaisedT(frozenset({name or "Exception"})))
        case External(name) if want == "int" or name in _NUMBERS:
            lw.approximate(f"number {name}", "0 or 1")
            return any_value(lw, "int")
        case External(name) if name in {"Ellipsis", "NotImplemented"}:
            return Val(Lit(name), StrT(frozenset({name})))
        case Coro(start):
            lw.approximate("a coroutine that is not awaited here", "it runs at once")
            return rv(lw, start())
        case Method(_, name, _):
            return rv(lw, lw.approximate(f"attribute {name} of a value", "any value"), want)
        case Obj(cls=Class() as cls) if is_value_class(lw, cls):
            return as_record(lw, value, cls)
        case Obj() | Sync() if lw.in_init:
            lw.leave_out(f"{static_name(value)} as a value", "its name")
    return Val(Lit(static_name(value)), StrT(frozenset({static_name(value)})))


#: Numbers of the standard library that TLA+ has no like of.
_NUMBERS = {"math.inf", "math.nan", "math.pi", "math.e", "math.tau", "sys.maxsize", "inf", "nan"}


def static_name(value: Value) -> str:
    """What a value that the compiler knows whole is called where it is stored."""
    match value:
        case ClassV(cls):
            return cls.name
        case Func(function):
            return function.name
        case External(name):
            return name.rpartition(".")[2]
        case Obj():
            return value.prefix or "self"
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
            from specgen.lower.arguments import as_value

            return as_value(lw, names.lookup(lw, name))
        case ast.Attribute(attr=attr):
            found = attributes.attribute(lw, node)
            if isinstance(found, Method) and isinstance(found.owner, Val):
                return lw.approximate(f"attribute {attr} of a value", "any value")
            return found
        case ast.Call():
            from specgen.lower.calls import lower_call

            return lower_call(lw, node)
        case ast.Await(value=inner):
            from specgen.lower.calls import lower_await

            return lower_await(lw, inner)
        case ast.BoolOp():
            return truth.bool_value(lw, node)
        case ast.UnaryOp():
            return operators.unary(lw, node)
        case ast.BinOp():
            left = rv(lw, lower(lw, node.left))
            right = rv(lw, lower(lw, node.right))
            return operators.binary(lw, node.op, left, right)
        case ast.Compare():
            return Val(comparisons.compare(lw, node), BoolT())
        case ast.IfExp():
            return truth.if_expression(lw, node)
        case ast.Tuple(elts=elts) if not any(isinstance(e, ast.Starred) for e in elts):
            items = _items(lw, elts)
            return Val(Op("tuple", tuple(i.expr for i in items)), TupleT(tuple(i.ty for i in items)))
        case ast.List(elts=elts) if not any(isinstance(e, ast.Starred) for e in elts):
            return sequence(lw, _items(lw, elts))
        case ast.Set(elts=elts):
            items = _items(lw, elts)
            ty = join_all([i.ty for i in items])
            for item in items:
                membership.looked_up(lw, item, ty)
            return Val(Op("set", tuple(kinds.coerce(i, ty) for i in items)), SetT(ty))
        case ast.Dict(keys=keys, values=values):
            return dict_display(lw, keys, values)
        case ast.Subscript():
            from specgen.lower.arguments import picked
            from specgen.lower.subscripts import subscript

            return picked(lw, node) or subscript(lw, node)
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
    return lw.approximate(text_of(node), "any value")


def _items(lw: Lowerer, nodes: list[ast.expr]) -> list[Val]:
    """The items of a display, each evaluated in turn."""
    return [rv(lw, _item(lw, node)) for node in nodes]


def _item(lw: Lowerer, node: ast.expr) -> Value:
    saved = lw.in_loop
    lw.in_loop = saved or lw.in_init  # objects made for a display are many, not the one of an attribute
    try:
        value = lower(lw, node)
    finally:
        lw.in_loop = saved
    if isinstance(value, Place) and value.root.startswith("l."):
        kept_elsewhere(lw, value)
    return value


def text_of(node: ast.AST) -> str:
    """The construct as written, or its kind where that is long."""
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


def sequence(lw: Lowerer, items: list[Val]) -> Val:
    """A list display."""
    ty = join_all([i.ty for i in items])
    return Val(Op("tuple", tuple(kinds.coerce(i, ty) for i in items)), SeqT(ty))


def dict_display(lw: Lowerer, keys: list[ast.expr | None], values: list[ast.expr]) -> Value:
    """``{k: v, ...}``."""
    out: Val = Val(EMPTY, DictT(NeverT(), NeverT()))
    for key, value in zip(keys, values, strict=True):
        if key is None:
            return lw.approximate("** in a dict display", "any value")
        k, v = _items(lw, [key, value])
        assert isinstance(out.ty, DictT)
        membership.looked_up(lw, k, out.ty.key)
        ty = DictT(join(out.ty.key, k.ty), join(out.ty.value, v.ty))
        before = kinds.coerce(out, ty)
        out = Val(call("Put", before, kinds.coerce(k, ty.key), kinds.coerce(v, ty.value)), ty)
    return out


def f_string(lw: Lowerer, parts: list[ast.expr]) -> Value:
    """A formatted string: the tuple of its parts, which tells apart what the text tells apart."""
    from specgen.lower.conversions import text_of_value

    out: list[Val] = []
    for part in parts:
        if isinstance(part, ast.FormattedValue):
            value = rv(lw, lower(lw, part.value))
            out.append(text_of_value(value) if len(parts) == 1 else value)
        elif isinstance(part, ast.Constant):
            out.append(constant(lw, part.value))
    if len(out) == 1:
        return out[0]
    if any(tuple_depth(v.ty) > 4 for v in out):
        return lw.approximate("text that grows", "any value")
    return Val(Op("tuple", tuple(v.expr for v in out)), TupleT(tuple(v.ty for v in out)))
