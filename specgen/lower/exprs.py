"""Expressions: Python's value semantics on TLA+ values, evaluated left to right."""

from __future__ import annotations

import ast
from collections.abc import Callable

from specgen.expr import (
    AtomT,
    BoolT,
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
    members,
)
from specgen.lower import kinds, names, operators
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
    call,
    conj,
    const,
    disj,
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
            return operators.unary(lw, node)
        case ast.BinOp():
            left = rv(lw, lower(lw, node.left))
            right = rv(lw, lower(lw, node.right))
            return operators.binary(lw, node.op, left, right)
        case ast.Compare():
            return Val(operators.compare(lw, node), BoolT())
        case ast.IfExp():
            return if_expression(lw, node)
        case ast.Tuple(elts=elts) if not any(isinstance(e, ast.Starred) for e in elts):
            items = [rv(lw, lower(lw, e)) for e in elts]
            return Val(Op("tuple", tuple(i.expr for i in items)), TupleT(tuple(i.ty for i in items)))
        case ast.List(elts=elts) if not any(isinstance(e, ast.Starred) for e in elts):
            return sequence(lw, [rv(lw, lower(lw, e)) for e in elts])
        case ast.Set(elts=elts):
            from specgen.lower import containers

            items = [rv(lw, lower(lw, e)) for e in elts]
            ty = join_all([i.ty for i in items])
            for item in items:
                containers.looked_up(lw, item, ty)
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
    return lw.approximate(text_of(node), "any value")


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


def join_all(types: list[Ty]) -> Ty:
    """The type that holds the values of all of them."""
    out: Ty = NeverT()
    for ty in types:
        out = join(out, ty)
    return out


def sequence(lw: Lowerer, items: list[Val]) -> Val:
    """A list display."""
    ty = join_all([i.ty for i in items])
    return Val(Op("tuple", tuple(kinds.coerce(i, ty) for i in items)), SeqT(ty))


def dict_display(lw: Lowerer, keys: list[ast.expr | None], values: list[ast.expr]) -> Value:
    """``{k: v, ...}``."""
    from specgen.lower import containers

    out: Val = Val(EMPTY, DictT(NeverT(), NeverT()))
    for key, value in zip(keys, values, strict=True):
        if key is None:
            return lw.approximate("** in a dict display", "any value")
        k, v = rv(lw, lower(lw, key)), rv(lw, lower(lw, value))
        assert isinstance(out.ty, DictT)
        containers.looked_up(lw, k, out.ty.key)
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
    if any(operators.depth(v.ty) > 4 for v in out):
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
            return operators.compare(lw, node)
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
    other_pure = pure(lw, lambda: lower(lw, tail))
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
            lw.approximate(text_of(node), f"always {_static_name(found[0])}")
        return found[0]
    return lw.join_value(ends, "either")


# --- operators -----------------------------------------------------------------------------------


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
                    operators.only_kinds(lw, owner, ("record",), "AttributeError")
                    if attr in dict(member.fields):
                        return Val(Op("field", (record.expr,), (attr,)), dict(member.fields)[attr])
                    return _of_record(lw, record, member.name, node)
                if isinstance(member, RefT):
                    found = lw.sources.find_class(member.cls)
                    if found is not None:
                        operators.only_kinds(lw, owner, ("ref",), "AttributeError")
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
