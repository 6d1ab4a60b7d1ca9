"""Operations on values that depend on their type: truth, equality, boxing.

TLC stops when it compares values of two kinds (1 = "a"). Every comparison here is therefore decided by
type where the kinds differ, and made on boxed values where a variable may hold several kinds.
"""

from __future__ import annotations

from specgen.expr import Bound, Expr, Lit, Op
from specgen.lower.formulas import EMPTY, FALSE, NONE, TRUE, conj, const, disj, eq, ite, neg
from specgen.lower.values import Val
from specgen.value_types import (
    AtomT,
    BoolT,
    CallerT,
    DictT,
    IntT,
    NeverT,
    NoneT,
    RecordT,
    SeqT,
    SetT,
    StrT,
    TupleT,
    Ty,
    boxed_kinds,
    join,
    kind_of,
    members,
)


def plain_members(ty: Ty) -> list[Ty]:
    """Members that are model values (never boxed), in a fixed order."""
    return sorted((m for m in members(ty) if kind_of(m) is None), key=repr)


def kinds(ty: Ty) -> list[Ty]:
    """Members that have a kind, in a fixed order."""
    return sorted((m for m in members(ty) if kind_of(m) is not None), key=repr)


def is_plain(e: Expr, ty: Ty) -> Expr:
    """``e`` is one of the model values of its type (None, an atom, a caller)."""
    tests: list[Expr] = []
    for member in plain_members(ty):
        match member:
            case NoneT():
                tests.append(eq(e, NONE))
            case AtomT(name):
                tests.append(Op("in", (e, const(name))))
            case CallerT():
                tests.append(Op("in", (e, const("Everyone"))))
    if not kinds(ty):
        return TRUE
    return disj(*tests)


def unbox(value: Val, kind: str) -> Expr:
    """The value where its kind is known to be ``kind``."""
    return Op("field", (value.expr,), (kind,)) if boxed_kinds(value.ty) else value.expr


def has_kind(value: Val, kind: str) -> Expr:
    """Whether the value is of that kind, as a TLA+ condition that never stops TLC."""
    own = {kind_of(m) for m in members(value.ty)}
    if kind not in own:
        return FALSE
    if own == {kind}:
        return TRUE
    outside = neg(is_plain(value.expr, value.ty)) if plain_members(value.ty) else TRUE
    if not boxed_kinds(value.ty):
        return outside
    return conj(outside, Op("in", (Lit(kind), Op("DOMAIN", (value.expr,)))))


def member_of_kind(ty: Ty, kind: str) -> Ty:
    """The member of that kind, or NeverT."""
    return next((m for m in members(ty) if kind_of(m) == kind), NeverT())


def coerce(value: Val, to: Ty, depth: int = 0) -> Expr:
    """The value as a variable of type ``to`` holds it: boxed where ``to`` holds several kinds."""
    have, want = boxed_kinds(value.ty), boxed_kinds(to)
    own = kinds(value.ty)
    if not own or (have and not want) or fits(value.ty, to):
        return value.expr
    out: Expr | None = None
    for member in reversed(own):
        kind = str(kind_of(member))
        inner = Op("field", (value.expr,), (kind,)) if have else value.expr
        there = counterpart(member, to)
        fitted = _inside(inner, member, there, depth)
        boxed = Op("record", (fitted,), (str(kind_of(there) or kind),)) if want else fitted
        out = boxed if out is None else ite(Op("in", (Lit(kind), Op("DOMAIN", (value.expr,)))), boxed, out)
    assert out is not None
    return ite(is_plain(value.expr, value.ty), value.expr, out) if plain_members(value.ty) else out


def counterpart(member: Ty, to: Ty) -> Ty:
    """The member of a type that holds the values of another type's member: a sequence may hold those of a tuple."""
    found = member_of_kind(to, str(kind_of(member)))
    return member_of_kind(to, "seq") if isinstance(found, NeverT) and isinstance(member, TupleT) else found


def fits(have: Ty, want: Ty) -> bool:
    """Whether values of the one type stand in the other as they are."""
    boxed = bool(boxed_kinds(have))
    if boxed != bool(boxed_kinds(want)) and kinds(have):
        return False
    pairs = [(m, counterpart(m, want)) for m in kinds(have)]
    if boxed and any(kind_of(m) != kind_of(w) for m, w in pairs if not isinstance(w, NeverT)):
        return False
    return all(_fits_inside(m, w) for m, w in pairs)


def _fits_inside(have: Ty, want: Ty) -> bool:
    match have, want:
        case TupleT(a), TupleT(b) if len(a) == len(b):
            return all(fits(x, y) for x, y in zip(a, b, strict=True))
        case TupleT(a), SeqT(item):
            return all(fits(x, item) for x in a)
        case (SeqT(a1), SeqT(b1)) | (SetT(a1), SetT(b1)):
            return fits(a1, b1)
        case DictT(k1, v1), DictT(k2, v2):
            return fits(k1, k2) and fits(v1, v2)
        case RecordT(_, a1), RecordT(_, b1):
            wanted = dict(b1)
            return all(fits(t, wanted.get(n, t)) for n, t in a1)
    return True


#: Names bound by what boxes the items of a container, one per level.
_BOUND = ("e", "f", "g", "h")


def _inside(e: Expr, have: Ty, want: Ty, depth: int) -> Expr:
    """Items of a container boxed as the wanted container boxes them."""
    if _fits_inside(have, want):
        return e
    name = _BOUND[depth % len(_BOUND)]
    x = Bound(name)
    match have, want:
        case (TupleT(a), TupleT(_)) | (TupleT(a), SeqT(_)):
            wanted = want.items if isinstance(want, TupleT) else (want.item,) * len(a) if isinstance(want, SeqT) else ()
            args = (
                e.args
                if isinstance(e, Op) and e.name == "tuple"
                else [Op("apply", (e, Lit(i + 1))) for i in range(len(a))]
            )
            return Op("tuple", tuple(coerce(Val(y, t), w, depth) for y, t, w in zip(args, a, wanted, strict=True)))
        case SeqT(a1), SeqT(b1):
            if isinstance(e, Op) and e.name == "tuple":
                return Op("tuple", tuple(coerce(Val(y, a1), b1, depth) for y in e.args))
            return Op("function", (Op("DOMAIN", (e,)), coerce(Val(Op("apply", (e, x)), a1), b1, depth + 1)), (name,))
        case SetT(a1), SetT(b1):
            return Op("map", (e, coerce(Val(x, a1), b1, depth + 1)), (name,))
        case RecordT(_, a2), RecordT(_, b2):
            wanted_fields = dict(b2)
            parts = [(n, coerce(Val(Op("field", (e,), (n,)), t), wanted_fields.get(n, t), depth)) for n, t in a2]
            return Op("record", tuple(x for _, x in parts), tuple(n for n, _ in parts))
        case DictT(k1, v1), DictT(k2, v2) if fits(k1, k2):
            return Op("function", (Op("DOMAIN", (e,)), coerce(Val(Op("apply", (e, x)), v1), v2, depth + 1)), (name,))
    return e


def truth(value: Val) -> Expr:
    """Python's truth of the value."""
    tests: list[Expr] = []
    ty = value.ty
    for member in members(ty):
        kind = kind_of(member)
        if kind is None:
            if not isinstance(member, NoneT):
                test = is_plain(value.expr, member) if len(members(ty)) > 1 else TRUE
                tests.append(neg(eq(value.expr, NONE)) if _only_none_besides(ty) else test)
            continue
        inner = unbox(value, kind)
        single = len(members(ty)) == 1
        match member:
            case BoolT():
                test = inner if single or boxed_kinds(ty) else eq(inner, TRUE)
                tests.append(test if single or not boxed_kinds(ty) else conj(has_kind(value, kind), test))
                continue
            case IntT():
                test = neg(eq(inner, Lit(0)))
            case StrT(values):
                test = neg(eq(inner, Lit(""))) if "" in values or not values else TRUE
            case SeqT() | DictT():
                test = neg(eq(inner, EMPTY))
            case TupleT(items):
                test = TRUE if items else FALSE
            case SetT():
                test = neg(eq(inner, Op("set")))
            case _:
                test = TRUE
        tests.append(conj(has_kind(value, kind), test))
    return disj(*sorted(tests, key=repr)) if tests else FALSE


def _only_none_besides(ty: Ty) -> bool:
    return all(kind_of(m) is None for m in members(ty)) and NoneT() in members(ty)


def equal(a: Val, b: Val) -> Expr:
    """Python's ``a == b``."""
    if a.expr == b.expr:
        return TRUE
    crossed = [*_bool_as_number(a, b), *_bool_as_number(b, a)]
    return disj(_equal(a, b), *crossed) if crossed else _equal(a, b)


def _bool_as_number(a: Val, b: Val) -> list[Expr]:
    """``True == 1``, where the one may be a bool and the other a number."""
    if not any(isinstance(m, BoolT) for m in members(a.ty)) or not any(isinstance(m, IntT) for m in members(b.ty)):
        return []
    same = eq(ite(unbox(a, "bool"), Lit(1), Lit(0)), unbox(b, "int"))
    found = conj(has_kind(a, "bool"), has_kind(b, "int"), same)
    return [] if found == FALSE else [found]


def true_meets_one(a: Ty, b: Ty) -> bool:
    """Whether booleans of the one type meet numbers of the other, or of its own."""
    return any(
        any(isinstance(m, BoolT) for m in members(x)) and any(isinstance(m, IntT) for m in members(y))
        for x, y in ((a, b), (b, a))
    )


def _equal(a: Val, b: Val) -> Expr:
    """Equality of values of one kind."""
    plain_both = bool(plain_members(a.ty)) and bool(plain_members(b.ty))
    shared = {kind_of(m) for m in kinds(a.ty)} & {kind_of(m) for m in kinds(b.ty)}
    if isinstance(a.ty, NeverT) or isinstance(b.ty, NeverT):
        return FALSE
    if not plain_both and not shared:
        return FALSE
    if isinstance(a.expr, Lit) and isinstance(b.expr, Lit):
        return Lit(a.expr.value == b.expr.value)
    both = join(a.ty, b.ty)
    if not boxed_kinds(both) and fits(a.ty, both) and fits(b.ty, both):
        return eq(a.expr, b.expr)
    return eq(coerce(a, both), coerce(b, both))
