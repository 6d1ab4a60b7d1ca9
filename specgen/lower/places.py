"""Places: containers in variables and locals, read and changed whole, and locals that name one stored elsewhere."""

from __future__ import annotations

from collections.abc import Callable

from specgen.expr import Expr, Lit, Local, Op
from specgen.lower import kinds
from specgen.lower.formulas import apply, call, conj, domain, eq, ite, neg
from specgen.lower.lowerer import Lowerer
from specgen.lower.values import Place, Val, Value
from specgen.value_types import BoolT, DictT, NeverT, SeqT, Ty, boxed_kinds, join, kind_of, members


def place_type(lw: Lowerer, place: Place) -> Ty:
    """The type of what stands at a place."""
    ty = lw.type_of(f"v.{place.root}") if not place.root.startswith("l.") else lw.type_of(place.root)
    return _descend(ty, len(place.path)) if place.path else ty


def fetch(lw: Lowerer, place: Place, group: int | None = None) -> tuple[Val, Val]:
    """Read the whole root of a place; returns (root, what stands at the place), keys assumed present."""
    is_local = place.root.startswith("l.")
    root = _effective(lw, place.root[2:], group) if is_local else lw.read(place.root, group)
    value = _at(lw, place.path, root)
    if place.default is not None:
        both = join(value.ty, place.default.ty)
        here, other = kinds.coerce(value, both), kinds.coerce(place.default, both)
        value = Val(ite(present(lw, place, root), here, other), both)
    return root, value


def _at(lw: Lowerer, path: tuple[Expr, ...], root: Val) -> Val:
    expr, ty = root.expr, root.ty
    for key in path:
        container = _container(ty)
        expr = kinds.unbox(Val(expr, ty), str(kind_of(container))) if boxed_kinds(ty) else expr
        expr, ty = apply(expr, key), _descend(container, 1)
    return Val(expr, ty)


def store(lw: Lowerer, place: Place, value: Val, root: Val, group: int) -> None:
    """Write a new value at a place whose root was fetched in the same group."""
    expr = _rebuild(lw, root.expr, root.ty, place.path, value)
    # Items are boxed as the root's are; what the new one adds to the type is declared beside it.
    wider = _wrap_type(lw, place, value.ty)
    lw.declare(place.root if place.root.startswith("l.") else f"v.{place.root}", wider)
    whole = Val(expr, root.ty if place.path and not isinstance(root.ty, NeverT) else wider)
    if not place.root.startswith("l."):
        _note_moment(lw, place.root)
        lw.write(place.root, whole, group, "update")
        return
    name = place.root[2:]
    tied = tie_of(lw, name)
    if tied is None:
        lw.set_local(name, whole)
        return
    shared = lw.read(tied.root, group)
    yes, no = lw.graph.branch(_still_tied(lw, name, tied, shared))
    lw.graph.cursor = yes
    store(lw, tied, whole, shared, group)
    lw.graph.cursor = lw.graph.cursor + no
    lw.set_local(name, whole)


def _note_moment(lw: Lowerer, root: str) -> None:
    """Say so where another thread may put another container there between finding this one and changing it."""
    if lw.mode == "threads" and not lw.held and not lw.in_init and lw.sources.is_assigned(attribute_of(lw, root)):
        lw.leave_out("change of a container that another thread may replace", "it is found and changed at one moment")


def tie_of(lw: Lowerer, name: str) -> Place | None:
    """The place where the container that a local holds may also be stored."""
    found = lw.ties.get(name) or lw.shared.ties.get(name)
    return Place(found[0], found[1], NeverT()) if found is not None and found[0] in lw.vars else None


def tie(lw: Lowerer, name: str, place: Place, flag: Expr) -> None:
    """The container that the local holds is, where the flag holds, the one that is stored at the place."""
    here = (place.root, place.path)
    if lw.ties.setdefault(name, here) != here:
        lw.approximate("one container stored in two places", "changes through a name reach only the first")
        return
    lw.tied_under[name] = (frozenset(lw.held), lw.graph.waits(), lw.graph.where)
    lw.set_local(f"{name}_shared", Val(flag, BoolT()))


def untie(lw: Lowerer, name: str) -> None:
    """The local holds a container of its own."""
    if tie_of(lw, name) is not None:
        lw.set_local(f"{name}_shared", Val(Lit(False), BoolT()))


def detach(lw: Lowerer, root: str, path: tuple[Expr, ...] = ()) -> None:
    """Let locals go on with the container that was at the place, where this call now puts another one."""
    for name in sorted({*lw.ties, *lw.shared.ties} & lw.active):
        tied = tie_of(lw, name)
        inside = tied is not None and tied.root == root and len(tied.path) >= len(path)
        if tied is None or not inside or isinstance(lw.type_of(f"l.{name}_shared"), NeverT):
            continue
        same = conj(*[eq(a, b) for a, b in zip(path, tied.path, strict=False)])
        lw.set_local(name, _effective(lw, name, lw.graph.group()))
        lw.set_local(f"{name}_shared", Val(conj(Local(f"{name}_shared"), neg(same)), BoolT()))


def _note_replacement(lw: Lowerer, name: str, tied: Place) -> None:
    """Say so where another call may have put another container there since the local became its name."""
    if tied.path or lw.in_init or not lw.sources.is_assigned(attribute_of(lw, tied.root)):
        return
    here = (frozenset(lw.held), lw.graph.waits(), lw.graph.where)
    held, waits, where = lw.tied_under.get(name, here)
    if (waits != here[1]) if lw.mode == "asyncio" else not held & here[0]:
        saved, lw.graph.where = lw.graph.where, where
        what = f"{name}, a name for a container that another call may replace"
        lw.approximate(what, "it follows what stands there now")
        lw.graph.where = saved


def attribute_of(lw: Lowerer, var: str) -> str:
    """The attribute or global that a variable stands for."""
    return lw.vars[var].comment.partition(":")[0].partition(" of each ")[0].rpartition(".")[2]


def _still_tied(lw: Lowerer, name: str, tied: Place, root: Val) -> Expr:
    return conj(Local(f"{name}_shared"), present(lw, tied, root))


def _effective(lw: Lowerer, name: str, group: int | None) -> Val:
    mine = lw.local(name)
    tied = tie_of(lw, name)
    if tied is None or isinstance(lw.type_of(f"l.{name}_shared"), NeverT):
        return mine
    _note_replacement(lw, name, tied)
    root = lw.read(tied.root, group)
    there = _at(lw, tied.path, root)
    both = join(mine.ty, there.ty)
    if isinstance(there.ty, NeverT):
        return mine
    return Val(ite(_still_tied(lw, name, tied, root), kinds.coerce(there, both), kinds.coerce(mine, both)), both)


def _rebuild(lw: Lowerer, expr: Expr, ty: Ty, path: tuple[Expr, ...], value: Val) -> Expr:
    if not path:
        return value.expr
    container = _container(ty)
    item_ty = _descend(container, 1)
    deeper = len(path) > 1
    new = Val(_rebuild(lw, apply(expr, path[0]), item_ty, path[1:], value), item_ty) if deeper else value
    boxed = kinds.coerce(new, item_ty) if not isinstance(item_ty, NeverT) else new.expr
    if isinstance(container, SeqT):
        return Op("except", (expr, path[0], boxed))
    return call("Put", expr, path[0], boxed)


def _wrap_type(lw: Lowerer, place: Place, ty: Ty) -> Ty:
    base = lw.type_of(place.root) if place.root.startswith("l.") else lw.type_of(f"v.{place.root}")
    for depth in range(len(place.path), 0, -1):
        outer = _container(_descend(base, depth - 1)) if depth > 1 else _container(base)
        ty = SeqT(ty) if isinstance(outer, SeqT) else DictT(outer.key if isinstance(outer, DictT) else NeverT(), ty)
    return ty


def present(lw: Lowerer, place: Place, root: Val) -> Expr:
    """Whether every key on the way to the place is (still) there."""
    tests: list[Expr] = []
    expr, ty = root.expr, root.ty
    for key in place.path:
        container = _container(ty)
        tests.append(Op("in", (key, domain(expr))))
        expr, ty = apply(expr, key), _descend(container, 1)
    return conj(*tests)


def still_there(lw: Lowerer, place: Place, root: Val, run: Callable[[], None]) -> None:
    """Run where the keys that lead to the place are present; where they are gone, nothing shared changes."""
    if not place.path:
        run()
        return
    yes, no = lw.graph.branch(present(lw, place, root))
    lw.graph.cursor = yes
    run()
    lw.graph.cursor = lw.graph.cursor + no


def _container(ty: Ty) -> Ty:
    return next((m for m in sorted(members(ty), key=repr) if isinstance(m, (DictT, SeqT))), ty)


def _descend(ty: Ty, depth: int) -> Ty:
    for _ in range(depth):
        match _container(ty):
            case DictT(_, value):
                ty = value
            case SeqT(item):
                ty = item
            case _:
                return NeverT()
    return ty


def stored(lw: Lowerer, value: Value, place: Place) -> None:
    """A value was stored at a place: a container that has a name already has a second one now."""
    if not isinstance(value, Place) or lw.in_init or lw.pure_reads:
        return
    if value.root.startswith("l.") and not value.path:
        tie(lw, value.root[2:], place, Lit(True))
    elif (value.root, value.path) != (place.root, place.path):
        lw.approximate("one container stored in two places", "each place keeps a copy")
