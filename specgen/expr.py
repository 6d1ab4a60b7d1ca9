"""TLA+ expressions and the types of the values they stand for.

The front end (``specgen.lower``) builds expressions, the back end (``specgen.steps``) substitutes into
them and prints them. Nothing here knows Python source or TLC.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TypeAlias

# --- types ---------------------------------------------------------------------------------------
# A type is the set of values that a variable may hold. None, opaque values and callers are TLA+ model
# values, which TLC compares with anything; the other kinds must not meet in one comparison, so a
# variable that may hold two of them is a Union, and its values are boxed: [int |-> 3], [bool |-> TRUE].


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


# --- expressions ---------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, eq=False)
class Lit:
    """An int, bool or str literal. Unlike in Python, TRUE is not 1 and FALSE is not 0."""

    value: int | bool | str

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Lit) and type(other.value) is type(self.value) and other.value == self.value

    def __hash__(self) -> int:
        return hash((type(self.value), self.value))


@dataclass(frozen=True, slots=True)
class NoneE:
    """Python's None."""


@dataclass(frozen=True, slots=True)
class Const:
    """A declared constant, or a model value of a constant set."""

    name: str


@dataclass(frozen=True, slots=True)
class Me:
    """The caller that takes the step: ``c``."""


@dataclass(frozen=True, slots=True)
class Arg:
    """An argument of the caller's operation: ``call[c].visitor``."""

    name: str


@dataclass(frozen=True, slots=True)
class Local:
    """A local variable of the caller: ``local[c].state``."""

    name: str


@dataclass(frozen=True, slots=True)
class Var:
    """A shared variable of the specification."""

    name: str


@dataclass(frozen=True, slots=True)
class Bound:
    """A name bound by a quantifier, a set or function constructor, or LET."""

    name: str


@dataclass(frozen=True, slots=True)
class Op:
    r"""An operator applied to arguments. ``names`` are field names or bound names, where the operator has them.

    name          args                      prints as
    ------------  ------------------------  ---------------------------------------------
    + - * \div %  a, b                      infix (``neg``: -a)
    = # < <= > >= a, b                      infix
    and or        a, b, ...                 /\ \/ (printed inline)
    not           a                         ~a
    in notin      a, s                      \in \notin
    union inter diff subseteq   s, t        \cup \cap \ \subseteq
    ..            a, b                      a..b
    concat        s, t                      s \o t
    apply         f, x                      f[x]
    field         r         names=(f,)      r.f
    except        f, k, v                   [f EXCEPT ![k] = v]
    except_field  r, v      names=(f,)      [r EXCEPT !.f = v]
    tuple         a, ...                    <<a, ...>>
    set           a, ...                    {a, ...}
    record        a, ...    names           [f |-> a, ...]
    if            c, a, b                   IF c THEN a ELSE b
    filter        s, p      names=(x,)      {x \in s : p}
    map           s, e      names=(x,)      {e : x \in s}
    function      s, e      names=(x,)      [x \in s |-> e]
    exists forall s, p      names=(x,)      \E x \in s : p,  \A x \in s : p
    choose        s, p      names=(x,)      CHOOSE x \in s : p
    DOMAIN        f                         DOMAIN f
    SUBSET UNION  s                         SUBSET s, UNION s
    call          a, ...    names=(Op,)     Op(a, ...): an operator of a standard module or of ``helpers``
    """

    name: str
    args: tuple[Expr, ...] = ()
    names: tuple[str, ...] = field(default=())


Expr: TypeAlias = Lit | NoneE | Const | Me | Arg | Local | Var | Bound | Op
