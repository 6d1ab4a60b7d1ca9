"""What outcomes compare of objects that have identity: those that can still be reached, nothing of the others."""

from __future__ import annotations

from dataclasses import replace

from specgen.expr import Bound, DictT, Expr, NoneT, Op, RefT, SeqT, SetT, TupleT, Ty, Var, members
from specgen.ir import Program, VarDecl
from specgen.lower.lowerer import Lowerer
from specgen.lower.values import EMPTY, NONE, apply, call, domain, eq, ite

EMPTY_SET = Op("set")
_NAMES = ("x", "y", "z", "u")


def views(program: Program, lw: Lowerer) -> None:
    """Give each variable that holds a field of many objects a view restricted to the objects in reach.

    A container that is made when first needed looks like an empty one until then.
    """
    heap = {var: key.partition(".")[0] for key, var in lw.heap.items()}
    roots = [v for v in program.vars if v.name not in heap and v.observable]
    tables = [v for v in program.vars if v.name in heap]
    reached: dict[str, Expr] = {}
    for _ in tables:
        for cls in sorted(set(heap.values())):
            found = _union([r for v in roots if (r := refs(Var(v.name), v.ty, cls)) is not None])
            for table in tables:
                owner = heap[table.name]
                if owner != cls and owner in reached:
                    inner = refs(_kept_function(table, reached[owner]), table.ty, cls, values_only=True)
                    found = _union([e for e in (found, inner) if e is not None])
            if found is not None:
                reached[cls] = found
    out: list[VarDecl] = []
    for var in program.vars:
        if var.name not in heap:
            out.append(replace(var, view=_made_when_needed(var)) if _is_lazy(program, var) else var)
        elif heap[var.name] in reached:
            out.append(replace(var, view=_kept(var, reached[heap[var.name]])))
        else:
            out.append(replace(var, observable=False))
    program.vars = out


def _is_lazy(program: Program, var: VarDecl) -> bool:
    """None at first, a container from some moment on, and never None again."""
    if var.init != NONE or not any(isinstance(m, (SeqT, DictT, SetT)) for m in members(var.ty)) or len(members(var.ty)) != 2:
        return False
    return not any(n.target == Var(var.name) and n.value == NONE for n in program.nodes.values())


def _made_when_needed(var: VarDecl) -> Expr:
    now = Var(var.name)
    kind = next(m for m in members(var.ty) if not isinstance(m, NoneT))
    if isinstance(kind, DictT):
        entries = Op("map", (domain(now), Op("tuple", (Bound("x"), apply(now, Bound("x"))))), ("x",))
        return ite(eq(now, NONE), EMPTY_SET, entries)
    return ite(eq(now, NONE), EMPTY_SET if isinstance(kind, SetT) else EMPTY, now)


def _kept_function(var: VarDecl, reach: Expr) -> Expr:
    both = Op("inter", (domain(Var(var.name)), reach))
    return Op("function", (both, apply(Var(var.name), Bound("r"))), ("r",))


def _kept(var: VarDecl, reach: Expr) -> Expr:
    both = Op("inter", (domain(Var(var.name)), reach))
    return Op("map", (both, Op("tuple", (Bound("r"), apply(Var(var.name), Bound("r"))))), ("r",))


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
                from specgen.expr import Lit

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
