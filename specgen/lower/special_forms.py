"""Built-in functions whose arguments are not evaluated in the usual way."""

from __future__ import annotations

import ast
from collections.abc import Collection

from specgen.expr import Lit, Local, Op
from specgen.lower import builtin_calls, comprehensions, containers, kinds, primitives, suspension, unwinding
from specgen.lower.formulas import EMPTY, FALSE, NONE, TRUE, conj, const, disj, eq
from specgen.lower.formulas import call as op_call
from specgen.lower.guards import without_none
from specgen.lower.lowerer import Lowerer
from specgen.lower.values import Exc, External, New, Obj, Sync, Unknown, Val, Value
from specgen.syntax import dotted
from specgen.value_types import (
    AtomT,
    BoolT,
    DictT,
    NeverT,
    NoneT,
    RaisedT,
    RecordT,
    RefT,
    SeqT,
    SetT,
    TupleT,
    kind_of,
    members,
)


def special_form(lw: Lowerer, func: Value, node: ast.Call, awaited: bool) -> Value | None:
    """Calls whose arguments are not evaluated in the usual way."""
    from specgen.lower.exprs import lower, rv

    name = func.name if isinstance(func, External) else ""
    short = name.rpartition(".")[2]
    if name in {"any", "all"} and len(node.args) == 1 and isinstance(node.args[0], (ast.GeneratorExp, ast.ListComp)):
        return comprehensions.quantified(lw, node.args[0], name == "all")
    if name == "sum" and len(node.args) == 1 and isinstance(node.args[0], (ast.GeneratorExp, ast.ListComp)):
        return comprehensions.total(lw, node.args[0])
    if (
        name in {"set", "frozenset"}
        and len(node.args) == 1
        and isinstance(node.args[0], (ast.GeneratorExp, ast.ListComp))
    ):
        inside = node.args[0]
        return lower(lw, ast.copy_location(ast.SetComp(inside.elt, inside.generators), node))
    if name in {"next", "iter"} and node.args:
        return _next(lw, node, name)
    if name == "isinstance" and len(node.args) == 2:
        return _isinstance(lw, lower(lw, node.args[0]), node.args[1])
    if name == "hasattr" and len(node.args) == 2 and isinstance(node.args[1], ast.Constant):
        holder = lower(lw, node.args[0])
        wanted = str(node.args[1].value)
        if isinstance(holder, Sync):
            return Val(Lit(primitives.has_attribute(holder, wanted)), BoolT())
        if isinstance(holder, (Obj, New)) and holder.cls is not None and lw.sources.has_field(holder.cls, wanted):
            return Val(TRUE, BoolT())
    if name in {"hasattr", "callable"}:
        lw.leave_out(f"{name}()", "true")
        return Val(TRUE, BoolT())
    known = _known_text(lw, node.args[1]) if name in {"getattr", "setattr"} and len(node.args) >= 2 else None
    if known is not None:
        attr = ast.copy_location(ast.Attribute(node.args[0], known, ast.Load()), node)
        if name == "getattr":
            return _attribute_or_default(lw, attr, node.args[2]) if len(node.args) > 2 else lower(lw, attr)
        from specgen.lower.assignments import assign

        assign(
            lw, ast.copy_location(ast.Attribute(node.args[0], attr.attr, ast.Store()), node), lower(lw, node.args[2])
        )
        return builtin_calls.NOTHING
    if name in {"cast", "typing.cast"} and len(node.args) == 2:
        return lower(lw, node.args[1])
    if short in {"wait_for", "shield", "timeout"} and name.startswith("asyncio") and node.args and awaited:
        return _wait_for(lw, short, node)
    if name == "asyncio.gather" and awaited:
        lw.approximate("asyncio.gather", "its parts run one after another")
        from specgen.lower.calls import lower_await

        items = [rv(lw, lower_await(lw, a)) for a in node.args if not isinstance(a, ast.Starred)]
        return Val(Op("tuple", tuple(i.expr for i in items)), TupleT(tuple(i.ty for i in items)))
    if name in {"defaultdict", "collections.defaultdict"} and node.args:
        return _defaultdict(lw, node)
    return None


def _attribute_or_default(lw: Lowerer, node: ast.Attribute, default: ast.expr) -> Value:
    """``getattr(owner, name, default)``: the default where the owner is None."""
    from specgen.lower.attributes import attribute_of
    from specgen.lower.exprs import lower, rv

    owner = lower(lw, node.value)
    if not isinstance(owner, Val) or NoneT() not in members(owner.ty):
        return attribute_of(lw, owner, node)
    there, none = lw.graph.branch(Op("#", (owner.expr, NONE)))
    lw.graph.cursor = none
    other = rv(lw, lower(lw, default))
    ends = [(lw.graph.cursor, other)]
    lw.graph.cursor = there
    found = rv(lw, attribute_of(lw, Val(owner.expr, without_none(owner.ty)), node))
    return lw.join_value([*ends, (lw.graph.cursor, found)], node.attr)


def _known_text(lw: Lowerer, node: ast.expr) -> str | None:
    """The text of a literal, or of a name that stands for one, as in a closure over it."""
    from specgen.lower.names import lookup

    value = lookup(lw, node.id) if isinstance(node, ast.Name) else None
    match node, value:
        case ast.Constant(value=text), _:
            return str(text)
        case _, Val(expr=Lit(value=str(text))):
            return text
    return None


def _defaultdict(lw: Lowerer, node: ast.Call) -> Value:
    from specgen.lower.calls import call_value
    from specgen.lower.exprs import lower, rv

    factory = lower(lw, node.args[0])
    if len(node.args) > 1 or node.keywords:
        lw.approximate("first items of a defaultdict", "it starts empty")
    lw.pending_factory = factory
    # Only what it makes is of interest here: an object of the kind that code makes while it runs.
    point, saved, lw.in_loop = lw.checkpoint(), lw.in_loop, True
    made = rv(lw, call_value(lw, factory, [], {}, None))
    lw.in_loop = saved
    lw.roll_back(point)
    return Val(EMPTY, DictT(NeverT(), made.ty))


def _wait_for(lw: Lowerer, short: str, node: ast.Call) -> Value:
    from specgen.lower.calls import lower_await
    from specgen.lower.exprs import lower

    timed = short == "wait_for" and not (
        len(node.args) > 1
        and isinstance(lower(lw, node.args[1]), Val)
        and lower(lw, node.args[1]) == builtin_calls.NOTHING
    )
    if timed:
        lw.approximate("asyncio.wait_for", "the time-out may strike before the call starts, and not in its middle")
        suspension.suspend(lw)
        name = lw.temp("timed_out")
        lw.active.add(name)
        lw.declare(f"l.{name}", BoolT())
        lw.graph.choose(Local(name), const("BOOLEAN"), "time-out")
        yes, no = lw.graph.branch(Local(name))
        lw.graph.cursor = yes
        unwinding.raise_(lw, Exc("TimeoutError"))
        lw.graph.cursor = no
    return lower_await(lw, node.args[0])


def _next(lw: Lowerer, node: ast.Call, name: str) -> Value | None:
    from specgen.lower.exprs import lower, rv

    inner = node.args[0]
    if name == "iter":
        return lower(lw, inner) if len(node.args) == 1 else None
    if isinstance(inner, ast.Call) and dotted(inner.func) in {"iter", "reversed"} and inner.args:
        inner = inner.args[0]
    holder = rv(lw, lower(lw, inner))
    found = containers.container_of(holder.ty)
    if isinstance(found, NeverT):
        base = dotted(inner)
        if "count" in base or "counter" in base.lower() or isinstance(lower(lw, inner), Unknown):
            return lw.approximate("next()", "any value")
        return Val(NONE, NeverT()) if isinstance(holder.ty, NeverT) else lw.approximate("next()", "any value")
    empty = Op("=", (containers.size(holder), Lit(0)))
    yes, no = lw.graph.branch(empty)
    ends = []
    if len(node.args) > 1:
        lw.graph.cursor = yes
        default = rv(lw, lower(lw, node.args[1]))
        ends.append((lw.graph.cursor, default))
    else:
        lw.graph.cursor = yes
        unwinding.raise_(lw, Exc("StopIteration"))
    lw.graph.cursor = no
    if isinstance(found, SeqT):
        first = Val(op_call("Head", holder.expr), found.item)
    else:
        item = found.key if isinstance(found, DictT) else found.item if isinstance(found, SetT) else NeverT()
        source = Op("DOMAIN", (holder.expr,)) if isinstance(found, DictT) else holder.expr
        lw.approximate("the first item of an unordered or insertion-ordered collection", "any item")
        local = lw.temp("first")
        lw.active.add(local)
        lw.declare(f"l.{local}", item)
        lw.graph.choose(Local(local), source, "any item")
        first = Val(Local(local), item)
    if not ends:
        return first
    ends.append((lw.graph.cursor, first))
    return lw.join_value(ends, "first")


_TYPE_KINDS = {
    "int": "int",
    "float": "int",
    "bool": "bool",
    "str": "str",
    "bytes": "str",
    "list": "seq",
    "deque": "seq",
    "dict": "dict",
    "set": "set",
}


def _known_class(lw: Lowerer, name: str) -> bool:
    """Whether the values of the class can be told from all others."""
    if name in _TYPE_KINDS or name == "tuple" or lw.sources.is_exception(name):
        return True
    cls = lw.sources.find_class(name)
    return cls is not None and not any("Enum" in base for base in cls.bases)


def _is_one_of(lw: Lowerer, name: str, wanted: Collection[str]) -> bool:
    """Whether the class, or one that it is derived from, is among the wanted ones."""
    cls = lw.sources.find_class(name)
    return not {c.name for c in lw.sources.mro(cls)}.isdisjoint(wanted) if cls else name in wanted


def _isinstance(lw: Lowerer, value: Value, node: ast.expr) -> Value:
    from specgen.lower.exprs import any_value, rv

    wanted = [dotted(e).rpartition(".")[2] for e in (node.elts if isinstance(node, ast.Tuple) else [node])]
    if "object" in wanted:
        return Val(TRUE, BoolT())
    if isinstance(value, (Obj, New)) and value.cls is not None:
        mine = {c.name for c in lw.sources.mro(value.cls)}
        return Val(Lit(bool(mine & set(wanted))), BoolT())
    if isinstance(value, Exc) and value.name:
        return Val(Lit(bool(set(lw.sources.exception_ancestors(value.name)) & set(wanted))), BoolT())
    if isinstance(value, Unknown):
        return Val(rv(lw, value, "bool").expr, BoolT())
    val = rv(lw, value)
    if isinstance(val.ty, NeverT):
        return Val(FALSE, BoolT())
    if any(not _known_class(lw, w) for w in wanted) or ("float" in wanted and "int" not in wanted):
        lw.approximate(f"isinstance of {ast.unparse(node)}", "any answer")
        return Val(any_value(lw, "bool").expr, BoolT())
    tests = [kinds.has_kind(val, _TYPE_KINDS[w]) for w in wanted if w in _TYPE_KINDS]
    if "int" in wanted and "bool" not in wanted:  # a bool is an int
        tests.append(kinds.has_kind(val, "bool"))
    if "tuple" in wanted:
        tests += [kinds.has_kind(val, str(kind_of(m))) for m in kinds.kinds(val.ty) if isinstance(m, TupleT)]
    for member in members(val.ty):
        if isinstance(member, RefT):
            tests.append(kinds.has_kind(val, "ref") if _is_one_of(lw, member.cls, wanted) else FALSE)
        if isinstance(member, RecordT):
            tests.append(kinds.has_kind(val, "record") if _is_one_of(lw, member.name, wanted) else FALSE)
        if isinstance(member, RaisedT):
            those = [n for n in sorted(member.values) if set(lw.sources.exception_ancestors(n)) & set(wanted)]
            text = kinds.unbox(val, "raised")
            tests.append(conj(kinds.has_kind(val, "raised"), disj(*[eq(text, Lit(n)) for n in those])))
        if isinstance(member, AtomT) and {"str", "bytes"} & set(wanted):
            tests.append(Op("in", (val.expr, const(member.domain))))
    return Val(disj(*tests) if tests else FALSE, BoolT())
