"""The program between Python and TLA+: a control-flow graph of small nodes per operation.

The front end (``specgen.lower``) makes a ``Program`` from source; the back end (``specgen.steps``) groups
its nodes into atomic steps and prints one TLA+ action a step. Both treat a Program as finished data.

Shared variables appear only in nodes that carry an ``Access`` to them, so a reader of the graph sees every
touch of shared state. Nodes whose accesses have one ``group`` happen at one moment (``d.pop()`` looks and
changes at once); two groups may be interleaved by others unless a lock or the event loop forbids it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from extractor.types import Span
from specgen.expr import Expr, Local, Var
from specgen.value_types import NeverT, Ty

#: read, write and update touch data; acquire and release are the lock operations of the Lipton calculus; fresh
#: touches only an object that no other call can reach yet, so it commutes with everything others do.
AccessMode: TypeAlias = Literal["read", "write", "update", "acquire", "release", "fresh"]


@dataclass(frozen=True, slots=True)
class Access:
    """One touch of a shared variable.

    ``effect`` marks a call on an outside collaborator: under asyncio it happens at a moment of its own,
    some time between the suspension and the resumption of the awaiting call.
    """

    var: str
    mode: AccessMode
    group: int
    effect: bool = False


@dataclass(frozen=True, slots=True)
class Alternative:
    """What may happen instead of going on at a node that waits: a time-out, or cancellation from outside.

    Only concurrent callers take alternatives, never the set-up calls.
    """

    kind: Literal["timeout", "cancelled"]
    target: int


@dataclass(slots=True)
class Node:
    """One node. ``line``/``path``/``function`` say what it models; ``accesses`` what it touches.

    kind      fields used                    meaning
    --------  -----------------------------  ----------------------------------------------------------
    set       target, value, next            target (Local or Var) becomes value
    branch    cond, next, other              to ``next`` if cond, else to ``other``
    choose    target, value, next, note      target becomes any element of the set ``value``
    guard     cond, next, alternatives       wait until cond holds, at one moment with the following nodes
                                             of the same access group
    suspend   next, alternatives             asyncio: others may run here
    skip      next                           nothing; a place for a label
    done      value, raised                  the operation ends with result ``value``; ``raised``: by exception
    """

    id: int
    kind: Literal["set", "branch", "choose", "guard", "suspend", "skip", "done"]
    path: str
    line: int
    function: str
    accesses: tuple[Access, ...] = ()
    target: Local | Var | None = None
    value: Expr | None = None
    cond: Expr | None = None
    next: int = -1
    other: int = -1
    alternatives: tuple[Alternative, ...] = ()
    raised: bool = False
    note: str | None = None

    @property
    def at(self) -> tuple[str, int, str]:
        """The source line that it models: path, line, function."""
        return self.path, self.line, self.function


@dataclass(frozen=True, slots=True)
class ConstDecl:
    """A constant: a set of model values (``size`` elements named ``stem``1..n), or a plain value.

    ``size`` and ``value``, the text of it, are given per level of the ladder; the last one is of all levels above too.
    """

    name: str
    comment: str
    stem: str = ""
    size: tuple[int, ...] = ()
    value: tuple[str, ...] = ()

    def is_set(self) -> bool:
        """True for a set of model values."""
        return bool(self.size)


@dataclass(frozen=True, slots=True)
class VarDecl:
    """A shared variable. ``init`` is its first value; ``init_set``, if given, the set of its first values.

    ``observable``: part of the final state that outcomes compare. ``lock``: only acquired and released;
    the back end leaves it out of the specification when it is never held between two steps.
    ``view``: what outcomes compare in its place (references followed), if not the variable itself.
    """

    name: str
    ty: Ty
    init: Expr
    comment: str
    source: Span | None = None
    init_set: Expr | None = None
    observable: bool = True
    lock: bool = False
    view: Expr | None = None


@dataclass(frozen=True, slots=True)
class ParamDecl:
    """An argument of an operation and the set its values are chosen from."""

    name: str
    domain: Expr
    ty: Ty


@dataclass(frozen=True, slots=True)
class Operation:
    """A public operation. ``entry`` is the id of its first node; ``name`` is a TLA+ identifier."""

    name: str
    qualname: str
    params: tuple[ParamDecl, ...]
    entry: int
    span: Span


@dataclass(frozen=True, slots=True)
class EnvAction:
    """Something that the surroundings do, such as the passing of time: guard and new values."""

    name: str
    comment: str
    guard: Expr
    updates: tuple[tuple[str, Expr], ...]


@dataclass(frozen=True, slots=True)
class UserInvariant:
    """An invariant written in Python by the user. ``when`` is always, or quiescent: no call in progress."""

    name: str
    text: str
    expr: Expr
    when: Literal["always", "quiescent"] = "always"
    source: Span | None = None


@dataclass(frozen=True, slots=True)
class CodeAssertion:
    """An ``assert`` of the code; its failure ends the operation with the result ``failure``."""

    name: str
    text: str
    failure: Expr
    source: Span


@dataclass(frozen=True, slots=True)
class Abstraction:
    """A construct beyond the subset and what the specification does in its place.

    ``leaves_out`` where the code may do more than the specification lets it, so that nothing is proved of it.
    """

    span: Span
    construct: str
    instead: str
    operation: str = ""
    leaves_out: bool = False


@dataclass(frozen=True, slots=True)
class Assumption:
    """Something ordinary code leaves unsaid that the specification takes for granted."""

    id: str
    text: str
    source: Span | None = None


@dataclass(slots=True)
class Program:
    """All of one shared object: state, operations, and what was assumed about its surroundings.

    ``sources`` maps path to the lines of the file (index 0 is line 1). ``result_ty`` is the join of what
    operations return and, as ``StrT`` or ``RaisedT``, raise; every ``done`` value already has that form.
    ``result_view``, if given, is what outcomes compare in place of the result ``Bound("r")``.
    ``pending`` is the value of ``result[c]`` before the call has ended, of a kind that fits.
    """

    module: str
    title: str
    mode: Literal["threads", "asyncio"]
    consts: list[ConstDecl] = field(default_factory=list)
    vars: list[VarDecl] = field(default_factory=list)
    locals: dict[str, Ty] = field(default_factory=dict)
    operations: list[Operation] = field(default_factory=list)
    nodes: dict[int, Node] = field(default_factory=dict)
    result_ty: Ty = field(default_factory=NeverT)
    result_view: Expr | None = None
    env: list[EnvAction] = field(default_factory=list)
    invariants: list[UserInvariant] = field(default_factory=list)
    code_assertions: list[CodeAssertion] = field(default_factory=list)
    abstractions: list[Abstraction] = field(default_factory=list)
    assumptions: list[Assumption] = field(default_factory=list)
    sources: dict[str, list[str]] = field(default_factory=dict)

    def source_line(self, path: str, line: int) -> str:
        """The text of a line (1 is the first one), with its indent; empty where there is none."""
        lines = self.sources.get(path, [])
        return lines[line - 1].rstrip().expandtabs(4) if 0 < line <= len(lines) else ""

    def text(self, node: Node) -> str:
        """The source line that a node models, without its indent."""
        return self.source_line(node.path, node.line).strip()
