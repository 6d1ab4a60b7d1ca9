"""The types of the values that TLA+ expressions stand for.

A type is the set of values that a variable may hold. None, opaque values and callers are TLA+ model values, which TLC
compares with anything; the other kinds must not meet in one comparison, so a variable that may hold two of them is a
union, and its values are boxed: [int |-> 3], [bool |-> TRUE].
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TypeAlias


@dataclass(frozen=True, slots=True)
class NeverT:
    """No value is known to arrive here yet."""


@dataclass(frozen=True, slots=True)
class IntT:
    """Python int (and a float that only ever holds whole numbers)."""


@dataclass(frozen=True, slots=True)
class BoolT:
    """Python bool."""


@dataclass(frozen=True, slots=True)
class StrT:
    """Python str of which only the listed literals are told apart."""

    values: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class NoneT:
    """Python None: the model value ``None``."""


@dataclass(frozen=True, slots=True)
class AtomT:
    """Opaque values, only ever stored and compared: the constant set ``domain`` of model values."""

    domain: str


@dataclass(frozen=True, slots=True)
class CallerT:
    """The identity of a call (thread, task, or a token made by it): an element of ``Everyone``."""


@dataclass(frozen=True, slots=True)
class TupleT:
    """Tuple of fixed length."""

    items: tuple[Ty, ...]


@dataclass(frozen=True, slots=True)
class SeqT:
    """List or deque: a TLA+ sequence."""

    item: Ty


@dataclass(frozen=True, slots=True)
class DictT:
    """Dict: a TLA+ function whose domain is the set of keys present; the empty dict is ``<<>>``."""

    key: Ty
    value: Ty


@dataclass(frozen=True, slots=True)
class SetT:
    """Set."""

    item: Ty


@dataclass(frozen=True, slots=True)
class RecordT:
    """Object that is never mutated after it was built, or a tuple with names: a TLA+ record."""

    name: str
    fields: tuple[tuple[str, Ty], ...]


@dataclass(frozen=True, slots=True)
class RefT:
    """Reference to a mutable object of an in-feature class: ``<<caller, n>>``, the caller's n-th such object."""

    cls: str


@dataclass(frozen=True, slots=True)
class RaisedT:
    """Name of an exception, where results hold more than strings: boxed as ``[raised |-> "Full"]``."""

    values: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class UnionT:
    """Values of several kinds; see ``boxed_kinds``."""

    members: frozenset[Ty]


Ty: TypeAlias = (
    NeverT
    | IntT
    | BoolT
    | StrT
    | NoneT
    | AtomT
    | CallerT
    | TupleT
    | SeqT
    | DictT
    | SetT
    | RecordT
    | RefT
    | RaisedT
    | UnionT
)


_KINDS: dict[type, str] = {
    IntT: "int",
    BoolT: "bool",
    StrT: "str",
    SeqT: "seq",
    DictT: "dict",
    SetT: "set",
    RecordT: "record",
    RefT: "ref",
    RaisedT: "raised",
}


def kind_of(ty: Ty) -> str | None:
    """The box a value of this type would need in a union, or None where it is a model value.

    Tuples of two lengths are of two kinds, ``tuple2`` and ``tuple3``.
    """
    if isinstance(ty, TupleT):
        return f"tuple{len(ty.items)}"
    return _KINDS.get(type(ty))


def members(ty: Ty) -> frozenset[Ty]:
    """The members of a union, or the type alone; NeverT has none."""
    if isinstance(ty, UnionT):
        return ty.members
    return frozenset() if isinstance(ty, NeverT) else frozenset({ty})


def boxed_kinds(ty: Ty) -> frozenset[str]:
    """Kinds that are boxed in values of this type: empty unless two or more kinds would meet."""
    kinds = {k for m in members(ty) if (k := kind_of(m)) is not None}
    return frozenset(kinds) if len(kinds) > 1 else frozenset()


def depth(ty: Ty) -> int:
    """How many containers nest in each other in values of this type."""
    parts: list[Ty] = []
    for member in members(ty):
        match member:
            case SeqT(item) | SetT(item):
                parts.append(item)
            case DictT(key, value):
                parts += [key, value]
            case TupleT(items):
                parts += items
            case RecordT(_, fields):
                parts += [t for _, t in fields]
    held = any(kind_of(m) in {"seq", "set", "dict", "record"} or isinstance(m, TupleT) for m in members(ty))
    return (1 if held else 0) + max((depth(p) for p in parts), default=0)


def join(a: Ty, b: Ty) -> Ty:
    """Least type that holds the values of both; members of one kind are joined into one member."""
    if isinstance(a, NeverT):
        return b
    if isinstance(b, NeverT) or a == b:
        return a
    by_kind: dict[object, Ty] = {}
    found = members(a) | members(b)
    if any(isinstance(m, SeqT) for m in found):
        found -= {TupleT(())}  # both are << >>
    for member in sorted(found, key=repr):
        slot: object = kind_of(member) or member
        by_kind[slot] = _join_same(by_kind[slot], member) if slot in by_kind else member
    out = frozenset(by_kind.values())
    if not out:
        return NeverT()
    return next(iter(out)) if len(out) == 1 else UnionT(out)


def _join_same(a: Ty, b: Ty) -> Ty:
    match a, b:
        case StrT(), StrT():
            return StrT(a.values | b.values)
        case RaisedT(), RaisedT():
            return RaisedT(a.values | b.values)
        case TupleT(), TupleT():
            return TupleT(tuple(join(x, y) for x, y in zip(a.items, b.items, strict=True)))
        case SeqT(), SeqT():
            return SeqT(join(a.item, b.item))
        case SetT(), SetT():
            return SetT(join(a.item, b.item))
        case DictT(), DictT():
            return DictT(join(a.key, b.key), join(a.value, b.value))
        case RecordT(), RecordT():
            names = dict(a.fields) | {n: join(dict(a.fields).get(n, NeverT()), t) for n, t in b.fields}
            return RecordT(a.name, tuple(names.items()))
    return a


def join_all(types: Iterable[Ty]) -> Ty:
    """The type that holds the values of all of them."""
    out: Ty = NeverT()
    for ty in types:
        out = join(out, ty)
    return out


def tuple_depth(ty: Ty) -> int:
    """How deep tuples are nested in a type."""
    return max(
        (1 + max((tuple_depth(i) for i in m.items), default=0) for m in members(ty) if isinstance(m, TupleT)), default=0
    )


def is_container(ty: Ty) -> bool:
    """Whether values of the type are lists, dicts or sets (which code may mutate in place)."""
    found = [m for m in members(ty) if not isinstance(m, NoneT)]
    return bool(found) and all(isinstance(m, (SeqT, DictT, SetT)) for m in found)
