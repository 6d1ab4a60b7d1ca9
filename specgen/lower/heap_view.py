"""What outcomes compare of objects that have identity: what is in them, never who made them."""

from __future__ import annotations

from dataclasses import replace
from typing import TypeAlias

from specgen.expr import Bound, Const, Expr, Lit, Op, Var
from specgen.ir import Program, VarDecl
from specgen.lower import kinds
from specgen.lower.formulas import EMPTY, NONE, apply, call, domain, eq, ite
from specgen.lower.lowerer import Lowerer
from specgen.lower.objects import always_given
from specgen.lower.values import Val
from specgen.value_types import DictT, NoneT, RefT, SeqT, SetT, TupleT, Ty, members

EMPTY_SET = Op("set")
_NAMES = ("x", "y", "z", "u")

#: Class -> its fields: attribute, variable, and whether every object of the class has it from the start.
Fields: TypeAlias = dict[str, list[tuple[str, VarDecl, bool]]]


def views(program: Program, lw: Lowerer) -> None:
    """Let outcomes compare objects by value: what a reference leads to stands in its place.

    Which call made an object is no difference that a caller could see, so names of objects stay out; a result
    that is an object is told apart by who else got the same one and by whether the state still holds it.
    A container that is made when first needed looks like an empty one until then.
    """
    heap = {var: key.partition(".")[0] for key, var in lw.heap.items()}
    fields: Fields = {}
    for var in program.vars:
        if var.name in heap:
            attribute = next(k for k, v in lw.heap.items() if v == var.name).partition(".")[2]
            fields.setdefault(heap[var.name], []).append((attribute, var, always_given(lw, heap[var.name], attribute)))
    out: list[VarDecl] = []
    for var in program.vars:
        if var.name in heap:
            out.append(replace(var, observable=False))
        elif _is_lazy(program, var):
            out.append(replace(var, view=_made_when_needed(var, fields)))
        elif var.observable and _has_refs(var.ty):
            out.append(replace(var, view=by_value(Var(var.name), var.ty, fields)))
        else:
            out.append(var)
    program.vars = out
    if _has_refs(program.result_ty):
        program.result_view = _result_view(program, heap)


def by_value(e: Expr, ty: Ty, fields: Fields, depth: int = 0) -> Expr:
    """The value with every reference replaced by a record of the object's fields, dicts by their entries."""
    kind = next((m for m in members(ty) if not isinstance(m, NoneT)), None)
    if kind is None or len(members(ty)) > 2 or (len(members(ty)) == 2 and NoneT() not in members(ty)):
        return e
    inner = _by_value(e, kind, fields, depth)
    return inner if inner == e or NoneT() not in members(ty) else ite(eq(e, NONE), NONE, inner)


def _by_value(e: Expr, ty: Ty, fields: Fields, depth: int) -> Expr:
    x = Bound(_NAMES[depth % len(_NAMES)])
    match ty:
        case RefT(cls):
            found = fields.get(cls, [])
            if depth >= len(_NAMES) or not found:
                return Lit("object")
            parts = []
            for _, v, sure in found:
                part = by_value(apply(Var(v.name), e), _value_type(v.ty), fields, depth + 1)
                parts.append(part if sure else ite(Op("in", (e, domain(Var(v.name)))), part, NONE))
            return Op("record", tuple(parts), tuple(name.strip("_") or "it" for name, _, _ in found))
        case SeqT(item) if _has_refs(item) or isinstance(item, DictT):
            shown = Op("function", (domain(e), by_value(apply(e, x), item, fields, depth + 1)), (x.name,))
            return ite(eq(e, EMPTY), EMPTY, shown)  # TLC prints an empty function unlike an empty sequence
        case SetT(item) if _has_refs(item):
            return Op("map", (e, by_value(x, item, fields, depth + 1)), (x.name,))
        case DictT(_, value):
            return Op("map", (domain(e), Op("tuple", (x, by_value(apply(e, x), value, fields, depth + 1)))), (x.name,))
        case TupleT(items) if any(_has_refs(t) for t in items):
            return Op("tuple", tuple(by_value(apply(e, Lit(i + 1)), t, fields, depth) for i, t in enumerate(items)))
    return e


def _value_type(ty: Ty) -> Ty:
    return ty.value if isinstance(ty, DictT) else ty


def _has_refs(ty: Ty) -> bool:
    for member in members(ty):
        match member:
            case RefT():
                return True
            case SeqT(item) | SetT(item):
                if _has_refs(item):
                    return True
            case DictT(key, value):
                if _has_refs(key) or _has_refs(value):
                    return True
            case TupleT(items):
                if any(_has_refs(t) for t in items):
                    return True
    return False


def _result_view(program: Program, heap: dict[str, str]) -> Expr:
    r, ty = Bound("r"), program.result_ty
    alike = Op("filter", (Const("Callers"), eq(apply(Bound("result"), Bound("peer")), r)), ("peer",))
    shown: Expr = r
    for member in members(ty):
        if isinstance(member, RefT):
            ref = kinds.unbox(Val(r, ty), "ref")
            roots = [v for v in program.vars if v.name not in heap and v.observable]
            held = _union([found for v in roots if (found := refs(Var(v.name), v.ty, member.cls)) is not None])
            kept = Op("in", (ref, held)) if held is not None else Lit(False)
            record = Op("record", (alike, kept), ("same", "kept"))
            shown = ite(kinds.has_kind(Val(r, ty), "ref"), record, shown)
    return shown


def _is_lazy(program: Program, var: VarDecl) -> bool:
    """None or a collection; and private, or None at first, a collection from some moment on, and never None again."""
    found = [m for m in members(var.ty) if not isinstance(m, NoneT)]
    if len(found) != 1 or NoneT() not in members(var.ty) or not isinstance(found[0], (SeqT, DictT, SetT)):
        return False
    private = var.comment.partition(":")[0].rpartition(".")[2].startswith("_")
    again = any(n.target == Var(var.name) and n.value == NONE for n in program.nodes.values())
    return private or (var.init == NONE and not again)


def _made_when_needed(var: VarDecl, fields: Fields) -> Expr:
    now = Var(var.name)
    kind = next(m for m in members(var.ty) if not isinstance(m, NoneT))
    empty = EMPTY if isinstance(kind, SeqT) else EMPTY_SET
    return ite(eq(now, NONE), empty, _by_value(now, kind, fields, 0))


def _union(parts: list[Expr]) -> Expr | None:
    if not parts:
        return None
    out = parts[0]
    for part in parts[1:]:
        out = Op("union", (out, part))
    return out


def refs(e: Expr, ty: Ty, cls: str, depth: int = 0, values_only: bool = False) -> Expr | None:
    """The references to objects of the class inside a value, as a set; None where its type holds none."""
    parts: list[Expr] = []
    for member in members(ty):
        found_here: list[Expr] = []
        match member:
            case RefT(name) if name == cls:
                one: Expr = Op("set", (e,))
                parts.append(ite(eq(e, NONE), EMPTY_SET, one) if NoneT() in members(ty) else one)
            case SeqT(item):
                found_here = _inside(call("Items", e), item, cls, depth)
            case SetT(item):
                found_here = _inside(e, item, cls, depth)
            case DictT(key, value):
                found_here = _inside(domain(e), key, cls, depth) if not values_only else []
                found_here += _inside(call("Values", e), value, cls, depth)
            case TupleT(items):
                for i, item in enumerate(items):
                    found = refs(apply(e, Lit(i + 1)), item, cls, depth)
                    if found is not None:
                        parts.append(found)
        may_be_none = NoneT() in members(ty)
        parts += [ite(eq(e, NONE), EMPTY_SET, one) if may_be_none else one for one in found_here]
    return _union(parts)


def _inside(elements: Expr, item: Ty, cls: str, depth: int) -> list[Expr]:
    if item == RefT(cls):
        return [elements]
    name = _NAMES[depth % len(_NAMES)]
    found = refs(Bound(name), item, cls, depth + 1)
    return [] if found is None else [Op("UNION", (Op("map", (elements, found), (name,)),))]
