"""What a lowering keeps beside its graph: types found so far, activations, and the stack of things to unwind."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from extractor.types import Span
from specgen.expr import Expr
from specgen.ir import Abstraction, Assumption
from specgen.lower.graph import Edge, Where
from specgen.lower.values import Exc, Value
from specgen.source import Function, Module
from specgen.value_types import AtomT, DictT, NeverT, SeqT, SetT, TupleT, Ty, UnionT, join

ANYTHING = "Anything"


@dataclass(slots=True)
class Shared:
    """What is kept from one lowering to the next until nothing changes: types, domains, demands."""

    types: dict[str, Ty] = field(default_factory=dict)
    domains: dict[str, str] = field(default_factory=dict)
    demands: dict[str, str] = field(default_factory=dict)
    split: set[str] = field(default_factory=set)
    literals: dict[str, frozenset[str]] = field(default_factory=dict)
    opaque: set[str] = field(default_factory=set)
    #: Variables of events that some code clears.
    cleared: set[str] = field(default_factory=set)
    ties: dict[str, tuple[str, tuple[Expr, ...]]] = field(default_factory=dict)
    static_fields: dict[str, Value] = field(default_factory=dict)

    def domain(self, name: str) -> str:
        """The representative of a domain of opaque values."""
        while name in self.domains:
            name = self.domains[name]
        return name

    def unify(self, a: str, b: str) -> None:
        """Opaque values of both domains meet in one variable: make them one domain."""
        a, b = self.domain(a), self.domain(b)
        if a != b:
            gone, kept = (a, b) if a == ANYTHING else (b, a) if b == ANYTHING else (max(a, b), min(a, b))
            self.domains[gone] = kept

    def canonical(self, ty: Ty) -> Ty:
        """The type with every domain replaced by its representative."""
        if not self.domains:
            return ty
        match ty:
            case AtomT(name):
                return AtomT(self.domain(name))
            case SeqT(item):
                return SeqT(self.canonical(item))
            case SetT(item):
                return SetT(self.canonical(item))
            case DictT(key, value):
                return DictT(self.canonical(key), self.canonical(value))
            case UnionT(inner):
                out: Ty = NeverT()
                for member in sorted(inner, key=repr):
                    out = join(out, self.canonical(member))
                return out
            case TupleT(items):
                return TupleT(tuple(self.canonical(t) for t in items))
        return ty


@dataclass(eq=False, slots=True)
class Frame:
    """One activation of a function: its names, and where its result goes."""

    function: Function | None
    module: Module
    me: Value | None
    names: dict[str, Value] = field(default_factory=dict)
    slots: dict[str, str] = field(default_factory=dict)
    stored: dict[str, int] = field(default_factory=dict)
    globals_declared: set[str] = field(default_factory=set)
    outer: Frame | None = None
    result: str = ""
    returns: list[Edge] = field(default_factory=list)
    returned: list[Value] = field(default_factory=list)
    yield_body: Callable[[Value], None] | None = None


@dataclass(slots=True)
class Pending:
    """The ways on which one exception reaches a ``finally``: it is done once for all of them."""

    edges: list[Edge]
    held: list[str]
    where: Where


@dataclass(slots=True)
class Finally:
    """Something to do on every way out: a ``finally`` body, or the end of a ``with``.

    ``swallowed`` are the ways on after an exception that it ended.
    """

    emit: Callable[[], None]
    held: str = ""
    implied: bool = False
    pending: dict[str, Pending] = field(default_factory=dict)
    swallowed: list[Edge] = field(default_factory=list)


@dataclass(slots=True)
class Handlers:
    """The handlers of a ``try``: the class names each catches, and the edges that reach it with which exception."""

    catches: list[tuple[str, ...]]
    incoming: list[list[tuple[list[Edge], Exc]]]
    module: Module


@dataclass(slots=True)
class Loop:
    """An enclosing loop: where ``continue`` goes and what ``break`` leaves."""

    head: int
    breaks: list[Edge] = field(default_factory=list)
    continues: list[Edge] = field(default_factory=list)


@dataclass(slots=True)
class Boundary:
    """The end of a function that was inlined."""

    frame: Frame


@dataclass(slots=True)
class Detour:
    """The body of a ``with`` that a generator serves: who leaves it by ``return`` runs the rest of the generator first.

    ``below`` is the height of the stack outside the generator; ``ways`` are edges and how to go on from them later.
    """

    below: int
    ways: list[tuple[list[Edge], Callable[[], None]]] = field(default_factory=list)


Exit = Finally | Handlers | Loop | Boundary | Detour


@dataclass(frozen=True, slots=True)
class VarInfo:
    """A shared variable in the making."""

    name: str
    source: Span | None
    comment: str
    effect: bool = False
    lock: bool = False
    observable: bool = True
    init: Expr | None = None


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """All that lowering a piece of code may add to, as it was before."""

    mark: tuple[int, list[Edge]]
    temps: dict[str, int]
    active: set[str]
    held: list[str]
    abstractions: dict[tuple[str, int, str], Abstraction]
    assumptions: dict[str, Assumption]
    exits: list[tuple[Exit, tuple[int, ...]]]


def sizes_of(item: Exit) -> tuple[int, ...]:
    """How many ways out code inside the construct has added."""
    return tuple(len(part) for part in parts_of(item))


def parts_of(item: Exit) -> list[list[Any]]:
    """The lists that code inside an enclosing construct adds its ways out to."""
    match item:
        case Handlers():
            return [*item.incoming]
        case Finally():
            return [p.edges for p in item.pending.values()]
        case Loop():
            return [item.breaks, item.continues]
        case Boundary():
            return [item.frame.returns, item.frame.returned]
    return []
