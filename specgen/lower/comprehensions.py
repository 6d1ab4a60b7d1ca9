"""Comprehensions and the built-in functions over them, where they are pure."""

from __future__ import annotations

import ast
from collections.abc import Callable
from dataclasses import dataclass

from specgen.expr import Bound, Expr, Lit, Local, Op, Var
from specgen.lower import exprs, guards, kinds, truth
from specgen.lower.formulas import TRUE, apply, call, conj, domain, ite
from specgen.lower.lowerer import Lowerer
from specgen.lower.state import Frame
from specgen.lower.values import Val, Value
from specgen.value_types import BoolT, DictT, IntT, NeverT, NoneT, SeqT, SetT, TupleT, Ty, join, kind_of, members

Comprehension = ast.ListComp | ast.SetComp | ast.GeneratorExp | ast.DictComp


@dataclass(frozen=True, slots=True)
class Source:
    """What a comprehension runs over: a set, what element each of its members stands for, the sequence if any.

    ``member`` is the type of the set's members; ``distinct``: no two members stand for the same element.
    """

    elements: Expr
    element: Callable[[Expr], Val]
    member: Ty
    seq: Expr | None = None
    distinct: bool = True


def source_of(lw: Lowerer, node: ast.expr) -> Source | None:
    """The source that an expression gives, or None; the values and items of a dict run over its keys."""
    value = exprs.rv(lw, exprs.lower(lw, node))
    found = guards.usable(lw, value)
    by_key = values_of(value.expr)
    if by_key is not None and isinstance(found, SetT):
        behind = by_key
        return Source(domain(behind), lambda x: Val(apply(behind, x), found.item), key_type(lw, behind), distinct=False)
    paired = items_of(value.expr)
    if paired is not None and isinstance(found, SetT):
        entries = paired
        of = found.item.items[0] if isinstance(found.item, TupleT) else NeverT()
        return Source(domain(entries), lambda x: Val(Op("tuple", (x, apply(entries, x))), found.item), of)
    match found:
        case SeqT(item):
            seq = kinds.unbox(value, "seq")
            return Source(call("Items", seq), lambda x: Val(x, item), item, seq)
        case SetT(item):
            return Source(kinds.unbox(value, "set"), lambda x: Val(x, item), item)
        case DictT(key, _):
            return Source(domain(kinds.unbox(value, "dict")), lambda x: Val(x, key), key)
        case TupleT(items) if items:
            ty = next(iter(items))
            for other in items[1:]:
                ty = join(ty, other)
            whole = kinds.coerce(Val(kinds.unbox(value, str(kind_of(found))), found), SeqT(ty))
            return Source(call("Items", whole), lambda x: Val(x, ty), ty, whole)
        case NeverT() if not isinstance(value.ty, (NeverT, NoneT)):
            return None
    return Source(Op("set"), lambda x: Val(x, NeverT()), NeverT())


def key_type(lw: Lowerer, d: Expr) -> Ty:
    """The type of the keys of a dict that a local or a variable holds."""
    ty = lw.type_of(f"l.{d.name}") if isinstance(d, Local) else lw.var_type(d.name) if isinstance(d, Var) else NeverT()
    found = next((m for m in members(ty) if isinstance(m, DictT)), None)
    return found.key if found is not None else NeverT()


def values_of(e: Expr) -> Expr | None:
    """The dict whose ``values()`` the expression is."""
    return e.args[0] if isinstance(e, Op) and e.name == "call" and e.names == ("Values",) else None


def items_of(e: Expr) -> Expr | None:
    """The dict whose ``items()`` the expression is."""
    match e:
        case Op("map", (Op("DOMAIN", (d,)), Op("tuple", (Bound(x), Op("apply", (f, Bound(y)))))), (name,)) if (
            d == f and x == y == name
        ):
            return d
    return None


def _bind(frame: Frame, target: ast.expr, element: Val) -> bool:
    match target:
        case ast.Name(id=name):
            frame.names[name] = element
            return True
        case ast.Tuple(elts=elts):
            found = next((m for m in members(element.ty) if isinstance(m, TupleT)), None)
            if found is None or len(found.items) != len(elts):
                if isinstance(element.ty, NeverT):
                    return all(_bind(frame, e, Val(element.expr, NeverT())) for e in elts)
                return False
            if isinstance(element.expr, Op) and element.expr.name == "tuple":
                pairs = zip(elts, element.expr.args, found.items, strict=True)
                return all(_bind(frame, e, Val(x, t)) for e, x, t in pairs)
            parts = zip(elts, found.items, strict=True)
            return all(_bind(frame, e, Val(apply(element.expr, Lit(i + 1)), t)) for i, (e, t) in enumerate(parts))
    return False


@dataclass(frozen=True, slots=True)
class Scan:
    """A pure comprehension with one generator: its source, bound name, condition, value, and key of a dict."""

    source: Source
    name: str
    test: Expr
    value: Val
    key: Val | None

    @property
    def kept(self) -> Expr:
        """The members of the source that pass the condition."""
        return (
            self.source.elements if self.test == TRUE else Op("filter", (self.source.elements, self.test), (self.name,))
        )

    def at(self, e: Expr, member: Expr) -> Expr:
        """An expression of the comprehension for one member."""
        return _replace(e, Bound(self.name), member)

    @property
    def distinct(self) -> bool:
        """No two members give the same value."""
        x = Bound(self.name)
        e = self.value.expr
        return e == x or (isinstance(e, Op) and e.name == "tuple" and x in e.args)


def scan(lw: Lowerer, node: Comprehension) -> Scan | None:
    """The parts of a pure comprehension with one generator, or None."""
    if len(node.generators) != 1 or node.generators[0].is_async:
        return None
    gen = node.generators[0]
    assert lw.frame is not None
    source = source_of(lw, gen.iter)
    if source is None:
        return None
    name = _fresh(lw)
    frame = lw.frame
    saved, slots = dict(frame.names), dict(frame.slots)
    point = lw.checkpoint()
    try:
        for target in ast.walk(gen.target):
            if isinstance(target, ast.Name):
                frame.slots.pop(target.id, None)
        if not _bind(frame, gen.target, source.element(Bound(name))):
            return None
        test = conj(*[truth.condition(lw, c) for c in gen.ifs])
        if isinstance(node, ast.DictComp):
            key = exprs.rv(lw, exprs.lower(lw, node.key))
            value = exprs.rv(lw, exprs.lower(lw, node.value))
        else:
            key = None
            value = exprs.rv(lw, exprs.lower(lw, node.elt))
        if not _only_reads(lw, point.mark[0]):
            lw.roll_back(point)
            return None
        return Scan(source, name, test, value, key)
    finally:
        frame.names, frame.slots = saved, slots
        lw.bound_depth -= 1


def _only_reads(lw: Lowerer, first: int) -> bool:
    """Whether the nodes made since only read whole variables: the same for every item, so once before the loop."""
    return all(n.kind == "set" and isinstance(n.value, Var) for i, n in lw.graph.nodes.items() if i >= first)


def _fresh(lw: Lowerer) -> str:
    lw.bound_depth += 1
    return ("x", "y", "z", "u", "v", "w")[(lw.bound_depth - 1) % 6]


def comprehension(lw: Lowerer, node: Comprehension) -> Value:
    """A comprehension as a set, sequence or function."""
    found = scan(lw, node)
    if found is None:
        return _written_out(lw, node) or lw.approximate("comprehension", "any value")
    name, value, kept, seq = found.name, found.value, found.kept, found.source.seq
    x = Bound(name)
    if isinstance(node, ast.DictComp):
        assert found.key is not None
        if found.key.expr == x:
            return Val(Op("function", (kept, value.expr), (name,)), DictT(found.key.ty, value.ty))
        return lw.approximate("dict comprehension with computed keys", "any value")
    if isinstance(node, ast.SetComp):
        return Val(kept if value.expr == x else Op("map", (kept, value.expr), (name,)), SetT(value.ty))
    if seq is not None:
        if found.test != TRUE:
            seq = call("SelectSeq", seq, Op("lambda", (found.test,), (name,)))
        if value.expr == x:
            return Val(seq, SeqT(value.ty))
        return Val(Op("function", (domain(seq), found.at(value.expr, apply(seq, Bound("i")))), ("i",)), SeqT(value.ty))
    if found.distinct and isinstance(node, ast.GeneratorExp):
        return Val(kept if value.expr == x else Op("map", (kept, value.expr), (name,)), SetT(value.ty))
    order = in_some_order(lw, kept, found.source.member)
    return Val(Op("function", (domain(order), found.at(value.expr, apply(order, Bound("i")))), ("i",)), SeqT(value.ty))


#: Of how many items a comprehension may be written out.
_FEW = 8


def _written_out(lw: Lowerer, node: Comprehension) -> Val | None:
    """A list made item by item, where it is known over which few: what makes one may do anything."""
    gen = node.generators[0]
    if not isinstance(node, ast.ListComp) or len(node.generators) > 1 or gen.ifs or gen.is_async:
        return None
    point = lw.checkpoint()
    source = exprs.rv(lw, exprs.lower(lw, gen.iter))
    items = source.expr.args if isinstance(source.expr, Op) and source.expr.name == "tuple" else ()
    if not 0 < len(items) <= _FEW:
        lw.roll_back(point)
        return None
    assert lw.frame is not None
    found = next(m for m in members(source.ty) if isinstance(m, (TupleT, SeqT)))
    types = found.items if isinstance(found, TupleT) else (found.item,) * len(items)
    saved, slots = dict(lw.frame.names), dict(lw.frame.slots)
    in_loop, lw.in_loop = lw.in_loop, True
    out: list[Val] = []
    try:
        for item, ty in zip(items, types, strict=True):
            if not _bind(lw.frame, gen.target, Val(item, ty)):
                lw.roll_back(point)
                return None
            out.append(exprs.rv(lw, exprs.lower(lw, node.elt)))
    finally:
        lw.frame.names, lw.frame.slots, lw.in_loop = saved, slots, in_loop
    return exprs.sequence(lw, out)


def in_some_order(lw: Lowerer, elements: Expr, item: Ty) -> Expr:
    """A sequence of the members, each once, in an order that is chosen freely."""
    note_order(lw, elements)
    name = lw.temp("order")
    lw.active.add(name)
    lw.declare(f"l.{name}", SeqT(item))
    lw.graph.choose(Local(name), call("Orders", elements), "unordered")
    return Local(name)


def note_order(lw: Lowerer, elements: Expr) -> None:
    """Say that an order is any where Python has the order of insertion: of a dict, its keys, values or items."""
    match elements:
        case Op("filter", (inner, _)):
            note_order(lw, inner)
        case Op("DOMAIN") | Op("call", _, ("Values",)):
            lw.approximate("the order of a dict", "any order: that of insertion is not kept")
        case Op() if items_of(elements) is not None:
            lw.approximate("the order of a dict", "any order: that of insertion is not kept")


def _replace(e: Expr, old: Expr, new: Expr) -> Expr:
    if e == old:
        return new
    if isinstance(e, Op):
        return Op(e.name, tuple(_replace(a, old, new) for a in e.args), e.names)
    return e


def quantified(lw: Lowerer, node: ast.GeneratorExp | ast.ListComp, forall: bool) -> Value | None:
    """``any(...)`` / ``all(...)`` over a comprehension, or None."""
    found = scan(lw, node)
    if found is None:
        return None
    body, test = kinds.truth(found.value), found.test
    if forall:
        inner = Op("or", (Op("not", (test,)), body)) if test != TRUE else body
        return Val(Op("forall", (found.source.elements, inner), (found.name,)), BoolT())
    return Val(Op("exists", (found.source.elements, conj(test, body)), (found.name,)), BoolT())


def total(lw: Lowerer, node: ast.GeneratorExp | ast.ListComp) -> Value:
    """``sum(...)`` over a comprehension."""
    found = scan(lw, node)
    if found is None or not isinstance(found.value.ty, (IntT, BoolT, NeverT)):
        return lw.approximate("sum over a comprehension", "any number")
    seq, value = found.source.seq, guards.number(lw, found.value)
    if seq is not None:
        at = apply(seq, Bound("i"))
        if value == Lit(1):
            return Val(call("Cardinality", Op("filter", (domain(seq), found.at(found.test, at)), ("i",))), IntT())
        f = Op("function", (domain(seq), ite(found.at(found.test, at), found.at(value, at), Lit(0))), ("i",))
        return Val(call("SumOver", f, domain(seq)), IntT())
    if value == Lit(1):
        return Val(call("Cardinality", found.kept), IntT())
    return Val(call("SumOver", Op("function", (found.kept, value), (found.name,)), found.kept), IntT())
