"""What goes into an audit and what comes out of it, as frozen data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias

from tlc_runner.types import Location

Status: TypeAlias = Literal["killed", "survived", "equivalent", "invalid", "not_run"]


@dataclass(frozen=True, slots=True)
class Subject:
    """A specification to audit: modules by file name, the root module's name, the text of TLC's configuration.

    ``deadlock``: whether TLC is to look for deadlocks, the configuration's CHECK_DEADLOCK aside.
    """

    modules: Mapping[str, str]
    root: str
    cfg: str
    deadlock: bool = True


@dataclass(frozen=True, slots=True)
class Limits:
    """``seconds`` of wall clock for the whole audit, ``memory_mb`` of heap for each run, ``mutants`` at most.

    ``jobs`` runs of TLC go on at the same time.
    """

    seconds: float = 60.0
    memory_mb: int = 1024
    mutants: int = 300
    jobs: int = 2


@dataclass(frozen=True, slots=True)
class Mutation:
    """One change: bytes ``start`` to ``end`` of ``module``, in the definition ``action``, become ``pieces``.

    A piece is text, or a pair of byte offsets: that part of the module as it was. ``dropped`` is the text that is lost.
    """

    number: int
    kind: str
    module: str
    action: str
    start: int
    end: int
    pieces: tuple[str | tuple[int, int], ...]
    dropped: str
    line: int


@dataclass(frozen=True, slots=True)
class Scope:
    """What may be mutated: the definitions named in ``only``, or all, where the state predicate ``active`` holds.

    ``active`` is TLA+ over the root module's variables, or "" for everywhere. ``chosen`` are the mutations to take,
    where an audit of the same modules with another configuration has made them; None: make them. With ``every``,
    mutants go on after they were noticed, for the sake of properties that notice few. ``depth``, if given, says that
    the specification itself was checked before, and how deep its mutants are to be followed. With ``careful``,
    mutants that TLC may fail to evaluate are left out: each that does costs another start of TLC. ``known`` are the
    properties that are known to notice mutants: no run is spent on them alone. ``states``, if given, are the most that
    each mutant may have. ``answering`` are the operators whose last argument is what comes of a call.
    """

    only: frozenset[str] = frozenset()
    active: str = ""
    chosen: tuple[Mutation, ...] | None = None
    every: bool = False
    careful: bool = False
    depth: int = 0
    known: frozenset[str] = frozenset()
    states: int = 0
    answering: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Mutant:
    """A mutation and who noticed it. ``reason`` is a sentence where the status needs one."""

    mutation: Mutation
    diff: str
    status: Status
    killed_by: tuple[str, ...] = ()
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Finding:
    """A reason to trust a pass less; ``subject`` is the action, variable, property or setting it speaks of."""

    kind: str
    subject: str
    text: str
    location: Location | None = None


@dataclass(frozen=True, slots=True)
class ActionCount:
    """An action as TLC names it: new distinct states and states it generated; ``line`` is 0 where it is not known."""

    name: str
    distinct: int
    generated: int
    module: str = ""
    line: int = 0


@dataclass(frozen=True, slots=True)
class PropertyAudit:
    """A property, whether it holds, how many mutants were decided with it in view and how many it noticed."""

    name: str
    kind: Literal["invariant", "deadlock", "temporal"]
    status: Literal["holds", "violated", "unchecked"]
    mutants: int = 0
    killed: int = 0


@dataclass(frozen=True, slots=True)
class Audit:
    """All of one audit. ``unreadable`` says why there is none of the rest.

    ``distinct``, ``generated`` and ``own_depth`` are the specification's own numbers; ``complete``: all its states were
    explored. ``depth`` is how deep its mutants were taken; ``runs`` counts starts of TLC.
    """

    actions: tuple[ActionCount, ...] = ()
    variables: tuple[str, ...] = ()
    properties: tuple[PropertyAudit, ...] = ()
    findings: tuple[Finding, ...] = ()
    mutants: tuple[Mutant, ...] = ()
    notes: tuple[str, ...] = ()
    distinct: int = 0
    generated: int = 0
    own_depth: int = 0
    complete: bool = False
    depth: int = 0
    version: str = ""
    runner: str = ""
    jar_sha256: str = ""
    runs: int = 0
    seconds: float = 0.0
    unreadable: str = ""
