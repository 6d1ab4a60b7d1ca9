"""Plan and Spec: what an author decides to model, and the specification as data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias

from extractor.types import Span
from specgen.ir import Abstraction, Assumption, ConstDecl

PropertyKind: TypeAlias = Literal["invariant", "assertion", "deadlock", "serializable", "temporal"]


@dataclass(frozen=True, slots=True)
class Target:
    """One shared object to model: a class, or a module with global state (``cls`` is None)."""

    path: str
    cls: str | None
    operations: tuple[str, ...]
    mode: Literal["threads", "asyncio"]
    span: Span


@dataclass(frozen=True, slots=True)
class Plan:
    """What is modelled, what is left out and why (``skipped``: name -> reason).

    ``only`` are the classes that were asked for by name, empty for all.
    """

    feature: str
    targets: tuple[Target, ...]
    skipped: Mapping[str, str]
    only: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Bounds:
    """One rung of the scenario ladder. ``level`` indexes the growing constants, clipped to their last value."""

    callers: int = 2
    before: int = 1
    level: int = 0


@dataclass(frozen=True, slots=True)
class Variable:
    """A variable of the specification. ``type_ok`` and ``init`` are TLA+ conjuncts."""

    name: str
    comment: str
    init: str
    type_ok: str
    source: Span | None
    observable: bool


@dataclass(frozen=True, slots=True)
class Action:
    """One atomic step: its TLA+ definition, and what it models.

    ``name`` is the operator's name, ``label`` the value of ``at[c]`` where it is enabled, ``text`` the whole
    definition with its comment, ``sources`` the lines it models.
    """

    name: str
    label: str
    operation: str
    function: str
    sources: tuple[Span, ...]
    reads: tuple[str, ...]
    writes: tuple[str, ...]
    text: str
    abstractions: tuple[Abstraction, ...] = ()
    author: str = "static"


@dataclass(frozen=True, slots=True)
class Property:
    """A named property. ``operations`` is the combination it speaks of, sorted, for oracle properties."""

    name: str
    kind: PropertyKind
    text: str
    plain: str
    sources: tuple[Span, ...] = ()
    operations: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Spec:
    """A specification as data; ``specgen.printing`` turns it into a module and its configurations.

    ``sections`` groups actions under a heading (``Seats.hold, seats.py:13-17``) in printing order;
    ``definitions`` are the operators printed before the actions, ``after`` those printed after Next;
    ``dict_locals`` are the locals of calls that hold a dict, which TLC prints like a list where it is empty.
    """

    module: str
    title: str
    mode: str
    constants: tuple[ConstDecl, ...]
    variables: tuple[Variable, ...]
    helpers: tuple[str, ...]
    actions: tuple[Action, ...]
    properties: tuple[Property, ...]
    abstractions: tuple[Abstraction, ...]
    assumptions: tuple[Assumption, ...]
    operations: tuple[str, ...]
    text: str
    dict_locals: tuple[str, ...] = ()
