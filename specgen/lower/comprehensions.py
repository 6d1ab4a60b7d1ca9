"""Comprehensions and the built-in functions over them, where they are pure."""

from __future__ import annotations

import ast

from specgen.expr import BoolT, Bound, DictT, Expr, NeverT, Op, SeqT, SetT, TupleT, Ty, Var, members
from specgen.lower import exprs, kinds
from specgen.lower.lowerer import Frame, Lowerer
from specgen.lower.values import TRUE, Val, Value, apply, call, conj, domain

Comprehension = ast.ListComp | ast.SetComp | ast.GeneratorExp | ast.DictComp


def _source(lw: Lowerer, node: ast.expr) -> tuple[Expr, Ty, Expr | None]:
    """(set of the elements, type of an element, the sequence where order is known)."""
    from specgen.lower.containers import container_of

    value = exprs.rv(lw, exprs.lower(lw, node))
    match container_of(value.ty):
        case SeqT(item):
            seq = kinds.unbox(value, "seq")
            return call("Items", seq), item, seq
        case SetT(item):
            return kinds.unbox(value, "set"), item, None
        case DictT(key, _):
            return domain(kinds.unbox(value, "dict")), key, None
        case TupleT(items) if items:
            return call("Items", value.expr), items[0], value.expr
    return Op("set"), NeverT(), None


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
            from specgen.expr import Lit

            parts = zip(elts, found.items, strict=True)
            return all(_bind(frame, e, Val(apply(element.expr, Lit(i + 1)), t)) for i, (e, t) in enumerate(parts))
    return False


def scan(lw: Lowerer, node: Comprehension) -> tuple[Expr, str, Expr, Val, Expr | None, Val | None] | None:
    """(set, bound name, condition, element, sequence, key) of a one-generator pure comprehension, or None."""
    if len(node.generators) != 1 or node.generators[0].is_async:
        return None
    gen = node.generators[0]
    assert lw.frame is not None
    elements, item, seq = _source(lw, gen.iter)
    name = _fresh(lw)
    frame = lw.frame
    saved = dict(frame.names)
    mark = lw.graph.mark()
    try:
        if not _bind(frame, gen.target, Val(Bound(name), item)):
            return None
        test = conj(*[exprs.condition(lw, c) for c in gen.ifs])
        if isinstance(node, ast.DictComp):
            key = exprs.rv(lw, exprs.lower(lw, node.key))
            value = exprs.rv(lw, exprs.lower(lw, node.value))
        else:
            key = None
            value = exprs.rv(lw, exprs.lower(lw, node.elt))
        if not _only_reads(lw, mark[0]):
            lw.graph.roll_back(mark)
            return None
        return elements, name, test, value, seq, key
    finally:
        frame.names = saved
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
        return lw.approximate("comprehension", "any value")
    elements, name, test, value, seq, key = found
    kept = Op("filter", (elements, test), (name,)) if test != TRUE else elements
    if isinstance(node, ast.DictComp):
        assert key is not None
        if key.expr == Bound(name):
            return Val(Op("function", (kept, value.expr), (name,)), DictT(key.ty, value.ty))
        return lw.approximate("dict comprehension with computed keys", "any value")
    if isinstance(node, ast.SetComp):
        return Val(kept if value.expr == Bound(name) else Op("map", (kept, value.expr), (name,)), SetT(value.ty))
    if seq is not None and test == TRUE:
        i = Bound("i")
        body = _replace(value.expr, Bound(name), apply(seq, i))
        return Val(seq if value.expr == Bound(name) else Op("function", (domain(seq), body), ("i",)), SeqT(value.ty))
    if seq is not None and value.expr == Bound(name):
        picker = Op("lambda", (test,), (name,))
        return Val(call("SelectSeq", seq, picker), SeqT(value.ty))
    inner = kept if value.expr == Bound(name) else Op("map", (kept, value.expr), (name,))
    return Val(inner, SetT(value.ty))


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
    elements, name, test, value, _, _ = found
    body = kinds.truth(value)
    if forall:
        inner = Op("or", (Op("not", (test,)), body)) if test != TRUE else body
        return Val(Op("forall", (elements, inner), (name,)), BoolT())
    return Val(Op("exists", (elements, conj(test, body)), (name,)), BoolT())
