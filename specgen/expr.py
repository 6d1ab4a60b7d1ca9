"""TLA+ expressions.

The front end (``specgen.lower``) builds expressions, the back end (``specgen.steps``) substitutes into
them and prints them. Nothing here knows Python source or TLC.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TypeAlias


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
