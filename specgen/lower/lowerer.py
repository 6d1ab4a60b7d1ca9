"""State of one lowering: names, types, places, the stack of things to unwind, and what was approximated.

The rules for statements, expressions and calls live in the modules beside this one; each takes the
``Lowerer`` as its first argument. Types are found by lowering again until they no longer change.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from extractor.types import Span
from specgen.expr import (
    AtomT,
    BoolT,
    DictT,
    Expr,
    IntT,
    Lit,
    Local,
    NeverT,
    NoneT,
    Op,
    RaisedT,
    SeqT,
    SetT,
    StrT,
    Ty,
    UnionT,
    Var,
    boxed_kinds,
    join,
    kind_of,
    members,
)
from specgen.ir import Abstraction, Access, AccessMode, Assumption
from specgen.lower import kinds
from specgen.lower.graph import Edge, Graph, Where
from specgen.lower.values import NONE, Exc, Obj, Place, Unknown, Val, Value, apply, call, conj, domain, eq, ite, neg
from specgen.source import Class, Function, Module, Sources

MAX_NODES = 600
MAX_INLINE = 12
ANYTHING = "Anything"
RESERVED = {
    "call", "at", "local", "result", "start", "before", "vars", "object", "Init", "Next", "Spec", "None", "Setup",
    "Callers", "Before", "Overlap", "Everyone", "Calls", "Unborn", "TypeOK", "Begin", "EndSetup", "GoTo", "Finish",
    "Busy", "Stuck", "Waiting", "Quiescent", "Outcome", "Report", "Step", "c", "d", "k", "r", "x", "i", "j", "s",
    "y", "z", "u", "v", "w", "e", "f", "g", "h",
    "Len", "Head", "Tail", "Append", "Seq", "SubSeq", "Cardinality", "Nat", "Int", "Symmetry", "Turn", "MidTurn",
}  # fmt: skip


class TooLarge(Exception):
    """The graph of an operation outgrew its bound; the operation is left out and listed."""


@dataclass(slots=True)
class Shared:
    """What is kept from one lowering to the next until nothing changes: types, domains, demands."""

    types: dict[str, Ty] = field(default_factory=dict)
    domains: dict[str, str] = field(default_factory=dict)
    demands: dict[str, str] = field(default_factory=dict)
    split: set[str] = field(default_factory=set)
    literals: dict[str, set[str]] = field(default_factory=dict)
    opaque: set[str] = field(default_factory=set)
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
        from specgen.expr import TupleT

        if isinstance(ty, TupleT):
            return TupleT(tuple(self.canonical(t) for t in ty.items))
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
    """Something to do on every way out: a ``finally`` body, or the end of a ``with``."""

    emit: Callable[[], None]
    held: str = ""
    implied: bool = False
    pending: dict[str, Pending] = field(default_factory=dict)


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


@dataclass(slots=True)
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


def _sizes(item: Exit) -> tuple[int, ...]:
    return tuple(len(part) for part in _parts(item))


def _parts(item: Exit) -> list[list[Any]]:
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


class Lowerer:
    """One pass over all operations of one shared object."""

    def __init__(self, sources: Sources, mode: str, shared: Shared) -> None:
        self.sources = sources
        self.mode = mode
        self.shared = shared
        self.graph = Graph()
        self.exits: list[Exit] = []
        self.frame: Frame | None = None
        self.stack: list[Function] = []
        self.vars: dict[str, VarInfo] = {}
        self.new_types: dict[str, Ty] = {}
        self.abstractions: dict[tuple[str, int, str], Abstraction] = {}
        self.assumptions: dict[str, Assumption] = {}
        self.code_assertions: dict[str, tuple[str, Expr, Span]] = {}
        self.constants: dict[str, tuple[str, tuple[str, ...]]] = {}
        self.factories: dict[str, Callable[[], Val]] = {}
        self.modules_as_objects: dict[str, Obj] = {}
        self.operation = ""
        self.in_init = False
        self.uses_clock = False
        self.uses_fresh = False
        self.active: set[str] = set()
        self.temps: dict[str, int] = {}
        self.origins: dict[str, str] = {}
        self.held: list[str] = []
        self.heap: dict[str, str] = {}
        self.static_fields: dict[str, Value] = {}
        self.fresh_refs: list[Expr] = []
        self.pending_factory: Callable[[], Val] | None = None
        self.pending_limit: Expr | None = None
        self.pending_counter = False
        self.counters: set[str] = set()
        self.limits: dict[str, Expr] = {}
        self.handled: list[Exc] = []
        self.globals_begun: set[str] = set()
        self.inits: dict[str, Expr] = {}
        self.ties: dict[str, tuple[str, tuple[Expr, ...]]] = {}
        self.tied_under: dict[str, tuple[frozenset[str], int, Where]] = {}
        self.first_node = 0

    # --- types -----------------------------------------------------------------------------------

    def type_of(self, key: str) -> Ty:
        """The type found so far for a variable (``v.left``), a local (``l.state``) or the result (``r``)."""
        return self.shared.canonical(self.shared.types.get(key, NeverT()))

    def declare(self, key: str, ty: Ty) -> None:
        """A value of this type arrives there."""
        # Results start afresh in every round: how exceptions are written depends on what else is returned.
        again = self.afresh or key in {"r", "r.returned"}
        earlier = NeverT() if again else self.shared.types.get(key, NeverT())
        self.new_types[key] = join(self.new_types.get(key, earlier), ty)
        if not key.startswith("r"):
            self._unify_inside(self.new_types[key])

    def _unify_inside(self, ty: Ty) -> None:
        atoms = sorted(m.domain for m in members(ty) if isinstance(m, AtomT))
        for other in atoms[1:]:
            self.shared.unify(atoms[0], other)
        for member in members(ty):
            match member:
                case SeqT(item) | SetT(item):
                    self._unify_inside(item)
                case DictT(key, value):
                    self._unify_inside(key)
                    self._unify_inside(value)

    def demand(self, value: Value, kind: str) -> None:
        """The code needs this value to be of that kind; parameters of unknown type become it."""
        if isinstance(value, Val) and value.origin is not None:
            self.shared.demands.setdefault(value.origin, kind)

    def meet(self, value: Val, other: Ty) -> None:
        """The value is compared with values of a type: one domain, or a parameter that is one of some literals."""
        atoms = [m.domain for t in (value.ty, other) for m in members(t) if isinstance(m, AtomT)]
        for name in atoms[1:]:
            self.shared.unify(atoms[0], name)
        for member in members(other):
            if isinstance(member, IntT):
                self.demand(value, "int")
            elif isinstance(member, BoolT) and isinstance(other, BoolT):
                self.demand(value, "bool")
            elif isinstance(member, StrT) and value.origin is not None and member.values and len(member.values) <= 4:
                self.shared.literals.setdefault(value.origin, set()).update(member.values - {"other"})

    # --- notes -----------------------------------------------------------------------------------

    def span(self) -> Span:
        """The place being lowered."""
        where = self.graph.where
        return Span(where.path, where.line, where.line)

    def approximate(self, construct: str, instead: str) -> Unknown:
        """Record an over-approximation at this line."""
        where = self.graph.where
        key = (where.path, where.line, construct)
        self.abstractions.setdefault(key, Abstraction(self.span(), construct, instead, self.operation))
        return Unknown(construct)

    def assume(self, id_: str, text: str, source: Span | None = None) -> None:
        """Record something taken for granted."""
        self.assumptions.setdefault(id_, Assumption(id_, text, source))

    # --- names -----------------------------------------------------------------------------------

    def fresh_var(self, name: str) -> str:
        """A name for a shared variable that collides with nothing."""
        name = name.strip("_") or "value"
        while name in RESERVED or name in self.vars or name == "c":
            name += "_"
        return name

    def local_for(self, frame: Frame, name: str) -> str:
        """The TLA+ local for a Python local of this frame."""
        if name not in frame.slots:
            plain = name.strip("_") or "it"
            candidate = plain
            if plain in self.shared.split:
                candidate = f"{plain}_{self.operation}"
            if candidate in self.active and frame.function is not None:
                candidate = f"{plain}_{frame.function.name.strip('_')}"
            stem, n = candidate, 2
            while candidate in self.active:
                candidate, n = f"{stem}{n}", n + 1
            self.active.add(candidate)
            frame.slots[name] = candidate
        return frame.slots[name]

    def temp(self, stem: str) -> str:
        """A local for an intermediate value."""
        stem = stem.strip("_")
        if stem in self.shared.split:
            stem = f"{stem}_{self.operation}"
        n = self.temps[stem] = self.temps.get(stem, 0) + 1
        name = stem if n == 1 else f"{stem}{n}"
        if name in self.active:
            return self.temp(stem)
        return name

    def set_local(self, name: str, value: Val, *accesses: Access) -> Val:
        """``local := value``; returns the local as a value."""
        key = f"l.{name}"
        value = self.clear_of(key, value)
        self.declare(key, value.ty)
        ty = self.type_of(key)
        self.graph.set(Local(name), kinds.coerce(value, ty), *accesses)
        if value.origin:
            self.origins[name] = value.origin
        return Val(Local(name), join(ty, value.ty) if isinstance(ty, NeverT) else ty, value.origin)

    def clear_of(self, key: str, value: Val) -> Val:
        """The value, or any value where the variable's values turned out to nest in each other without end."""
        if key not in self.shared.opaque or isinstance(value.ty, (NeverT, NoneT)):
            return value
        self.approximate(f"what {key[2:]} holds, which nests in itself", "any value")
        if self.in_init:
            return Val(NONE, NoneT())
        from specgen.lower.exprs import any_value

        return any_value(self)

    def local(self, name: str) -> Val:
        """A local as a value."""
        return Val(Local(name), self.type_of(f"l.{name}"), self.origins.get(name))

    # --- shared variables and places ---------------------------------------------------------------

    def access(self, var: str, mode: AccessMode, group: int, effect: bool | None = None) -> Access:
        """An access to a shared variable in the current mode; effects exist only under asyncio."""
        info = self.vars.get(var)
        outside = (info.effect if info else False) if effect is None else effect
        return Access(var, mode, group, outside and self.mode == "asyncio" and self.awaiting)

    #: Types of an earlier round say how values look, and are not kept.
    afresh = False
    #: A value beyond the subset is taken for none at all, until the types of the others are known.
    hopeful = False
    awaiting = False
    #: The exception that a ``with`` is being left by, and when its ``__exit__`` swallows it.
    in_flight = ""
    swallows: Expr | None = None
    bound_depth = 0
    queue_group = 0
    pure_reads = False
    in_loop = False
    pending_attr = ""

    def var_type(self, var: str) -> Ty:
        """The type of a shared variable."""
        return self.type_of(f"v.{var}")

    def read(self, var: str, group: int | None = None, stem: str | None = None) -> Val:
        """Read a shared variable into a local, at one moment."""
        if self.pure_reads:
            return Val(Var(var), self.var_type(var))
        if group is None:
            group = self.graph.group()
        name = self.temp(stem or f"{var}_seen")
        self.declare(f"l.{name}", self.var_type(var))
        self.graph.set(Local(name), Var(var), self.access(var, "read", group))
        self.active.add(name)
        return Val(Local(name), self.var_type(var), None)

    def write(self, var: str, value: Val, group: int | None = None, mode: AccessMode = "write") -> None:
        """Assign a shared variable at one moment."""
        value = self.clear_of(f"v.{var}", value)
        self.declare(f"v.{var}", value.ty)
        if group is None:
            group = self.graph.group()
        self.graph.set(Var(var), kinds.coerce(value, self.var_type(var)), self.access(var, mode, group))

    def place_type(self, place: Place) -> Ty:
        """The type of what stands at a place."""
        ty = self.type_of(f"v.{place.root}") if not place.root.startswith("l.") else self.type_of(place.root)
        return _descend(ty, len(place.path)) if place.path else ty

    def fetch(self, place: Place, group: int | None = None) -> tuple[Val, Val]:
        """Read the whole root of a place; returns (root, what stands at the place), keys assumed present."""
        is_local = place.root.startswith("l.")
        root = self._effective(place.root[2:], group) if is_local else self.read(place.root, group)
        value = self._at(place.path, root)
        if place.default is not None:
            both = join(value.ty, place.default.ty)
            here, other = kinds.coerce(value, both), kinds.coerce(place.default, both)
            value = Val(ite(self.present(place, root), here, other), both)
        return root, value

    def _at(self, path: tuple[Expr, ...], root: Val) -> Val:
        expr, ty = root.expr, root.ty
        for key in path:
            container = _container(ty)
            expr = kinds.unbox(Val(expr, ty), str(kind_of(container))) if boxed_kinds(ty) else expr
            expr, ty = apply(expr, key), _descend(container, 1)
        return Val(expr, ty)

    def store(self, place: Place, value: Val, root: Val, group: int) -> None:
        """Write a new value at a place whose root was fetched in the same group."""
        expr = self._rebuild(root.expr, root.ty, place.path, value)
        # Items are boxed as the root's are; what the new one adds to the type is declared beside it.
        wider = self._wrap_type(place, value.ty)
        self.declare(place.root if place.root.startswith("l.") else f"v.{place.root}", wider)
        whole = Val(expr, root.ty if place.path and not isinstance(root.ty, NeverT) else wider)
        if not place.root.startswith("l."):
            self.write(place.root, whole, group, "update")
            return
        name = place.root[2:]
        tied = self.tied(name)
        if tied is None:
            self.set_local(name, whole)
            return
        shared = self.read(tied.root, group)
        yes, no = self.graph.branch(self._still_tied(name, tied, shared))
        self.graph.cursor = yes
        self.store(tied, whole, shared, group)
        self.graph.cursor = self.graph.cursor + no
        self.set_local(name, whole)

    # --- locals that hold a container which is also stored elsewhere ------------------------------

    def tied(self, name: str) -> Place | None:
        """The place where the container that a local holds may also be stored."""
        found = self.ties.get(name) or self.shared.ties.get(name)
        return Place(found[0], found[1], NeverT()) if found is not None and found[0] in self.vars else None

    def tie(self, name: str, place: Place, flag: Expr) -> None:
        """The container that the local holds is, where the flag holds, the one that is stored at the place."""
        here = (place.root, place.path)
        if self.ties.setdefault(name, here) != here:
            self.approximate("one container stored in two places", "changes through a name reach only the first")
            return
        self.tied_under[name] = (frozenset(self.held), self.graph.waits(), self.graph.where)
        self.set_local(f"{name}_shared", Val(flag, BoolT()))

    def untie(self, name: str) -> None:
        """The local holds a container of its own."""
        if self.tied(name) is not None:
            self.set_local(f"{name}_shared", Val(Lit(False), BoolT()))

    def detach(self, root: str, path: tuple[Expr, ...] = ()) -> None:
        """Let locals go on with the container that was at the place, where this call now puts another one."""
        for name in sorted({*self.ties, *self.shared.ties} & self.active):
            tied = self.tied(name)
            inside = tied is not None and tied.root == root and len(tied.path) >= len(path)
            if tied is None or not inside or isinstance(self.type_of(f"l.{name}_shared"), NeverT):
                continue
            same = conj(*[eq(a, b) for a, b in zip(path, tied.path, strict=False)])
            self.set_local(name, self._effective(name, self.graph.group()))
            self.set_local(f"{name}_shared", Val(conj(Local(f"{name}_shared"), neg(same)), BoolT()))

    def _note_replacement(self, name: str, tied: Place) -> None:
        """Say so where another call may have put another container there since the local became its name."""
        if tied.path or self.in_init or self.attribute_of(tied.root) not in self.sources.usage.assigned:
            return
        here = (frozenset(self.held), self.graph.waits(), self.graph.where)
        held, waits, where = self.tied_under.get(name, here)
        if (waits != here[1]) if self.mode == "asyncio" else not held & here[0]:
            saved, self.graph.where = self.graph.where, where
            what = f"{name}, a name for a container that another call may replace"
            self.approximate(what, "it follows what stands there now")
            self.graph.where = saved

    def attribute_of(self, var: str) -> str:
        """The attribute or global that a variable stands for."""
        return self.vars[var].comment.partition(":")[0].partition(" of each ")[0].rpartition(".")[2]

    def _still_tied(self, name: str, tied: Place, root: Val) -> Expr:
        return conj(Local(f"{name}_shared"), self.present(tied, root))

    def _effective(self, name: str, group: int | None) -> Val:
        mine = self.local(name)
        tied = self.tied(name)
        if tied is None or isinstance(self.type_of(f"l.{name}_shared"), NeverT):
            return mine
        self._note_replacement(name, tied)
        root = self.read(tied.root, group)
        there = self._at(tied.path, root)
        both = join(mine.ty, there.ty)
        if isinstance(there.ty, NeverT):
            return mine
        return Val(ite(self._still_tied(name, tied, root), kinds.coerce(there, both), kinds.coerce(mine, both)), both)

    def _rebuild(self, expr: Expr, ty: Ty, path: tuple[Expr, ...], value: Val) -> Expr:
        if not path:
            return value.expr
        container = _container(ty)
        item_ty = _descend(container, 1)
        deeper = len(path) > 1
        new = Val(self._rebuild(apply(expr, path[0]), item_ty, path[1:], value), item_ty) if deeper else value
        boxed = kinds.coerce(new, item_ty) if not isinstance(item_ty, NeverT) else new.expr
        if isinstance(container, SeqT):
            return Op("except", (expr, path[0], boxed))
        return call("Put", expr, path[0], boxed)

    def _wrap_type(self, place: Place, ty: Ty) -> Ty:
        base = self.type_of(place.root) if place.root.startswith("l.") else self.type_of(f"v.{place.root}")
        for depth in range(len(place.path), 0, -1):
            outer = _container(_descend(base, depth - 1)) if depth > 1 else _container(base)
            ty = SeqT(ty) if isinstance(outer, SeqT) else DictT(outer.key if isinstance(outer, DictT) else NeverT(), ty)
        return ty

    def present(self, place: Place, root: Val) -> Expr:
        """Whether every key on the way to the place is (still) there."""
        tests: list[Expr] = []
        expr, ty = root.expr, root.ty
        for key in place.path:
            container = _container(ty)
            tests.append(Op("in", (key, domain(expr))))
            expr, ty = apply(expr, key), _descend(container, 1)
        return conj(*tests)

    def adopt(self, root: str) -> None:
        """What was just made and assigned to the root is a defaultdict or a bounded deque: keep how it behaves."""
        factory, self.pending_factory = self.pending_factory, None
        limit, self.pending_limit = self.pending_limit, None
        if factory is not None:
            self.factories[root] = factory
        if limit is not None:
            self.limits[root] = limit
        if self.pending_counter:
            self.counters.add(root)
        self.pending_counter = False

    # --- control ---------------------------------------------------------------------------------

    def check_size(self) -> None:
        """Raise TooLarge when the operation's graph outgrows its bound."""
        if len(self.graph.nodes) - self.first_node > MAX_NODES:
            raise TooLarge(self.operation)

    def unwind(self, down_to: int) -> None:
        """Run the pending ``finally`` bodies above that height of the stack, innermost first."""
        saved, held = self.exits, list(self.held)
        for index in range(len(saved) - 1, down_to - 1, -1):
            item = saved[index]
            if isinstance(item, Finally):
                self.exits = saved[:index]
                item.emit()
        self.exits, self.held = saved, held

    def detour_above(self, at: int) -> int | None:
        """The height of the generator-served ``with`` that lies between here and that place of the stack."""
        found = [i for i, x in enumerate(self.exits) if i > at and isinstance(x, Detour) and at < x.below]
        return found[-1] if found else None

    def raise_(self, exc: Exc) -> None:
        """Leave by an exception: to the first handler that catches it, or out of the operation."""
        if exc.expr is not None and not exc.name:
            self._raise_one_of(exc)
            return
        saved = self.exits
        for index in range(len(saved) - 1, -1, -1):
            if not self.graph.cursor:
                break
            item = saved[index]
            if isinstance(item, Finally):
                known = item.pending.setdefault(exc.name, Pending([], list(self.held), self.graph.where))
                known.held = [h for h in known.held if h in self.held]
                known.edges += self.graph.cursor
                self.graph.cursor = []
            elif isinstance(item, Handlers):
                ancestors = self.sources.exception_ancestors(exc.name, item.module)
                for number, names in enumerate(item.catches):
                    if not names or any(n in ancestors for n in names):
                        item.incoming[number].append((self.graph.cursor, exc))
                        self.graph.cursor = []
                        break
        if self.graph.cursor:
            self.finish_raised(exc.name)

    def _raise_one_of(self, exc: Exc) -> None:
        names = sorted(exc.names)
        for name in names[:-1]:
            assert exc.expr is not None
            yes, no = self.graph.branch(Op("=", (exc.expr, Lit(name))))
            self.graph.cursor = yes
            self.raise_(Exc(name))
            self.graph.cursor = no
        self.raise_(Exc(names[-1] if names else "Exception"))

    def finish_raised(self, name: str) -> None:
        """End the operation with an exception as its result."""
        if self.in_init:
            self.graph.done(NONE, raised=True)
            return
        self.declare("r", self.raised_type(name))
        self.graph.done(kinds.coerce(Val(Lit(name), self.raised_type(name)), self.type_of("r")), raised=True)

    def raised_type(self, name: str) -> Ty:
        """The type of an exception as a result: a string where results hold nothing but strings and None."""
        ty = self.type_of("r")
        others = {kind_of(m) for m in members(ty) if not isinstance(m, (RaisedT, StrT))} - {None}
        returned_str = any(isinstance(m, StrT) for m in members(self.shared.types.get("r.returned", NeverT())))
        return RaisedT(frozenset({name})) if others or returned_str else StrT(frozenset({name}))

    def finish(self, value: Val) -> None:
        """End the operation with a result."""
        self.declare("r.returned", value.ty)
        self.declare("r", value.ty)
        self.graph.done(kinds.coerce(value, self.type_of("r")), raised=False)

    @contextmanager
    def within(self, item: Exit) -> Iterator[None]:
        """Code inside has one more thing to unwind."""
        self.exits.append(item)
        height = len(self.exits)
        try:
            yield
        finally:
            del self.exits[height - 1 :]
        if isinstance(item, Finally):
            self._leave_by_exceptions(item)

    def _leave_by_exceptions(self, item: Finally) -> None:
        after, held, where = self.graph.cursor, self.held, self.graph.where
        for name, found in item.pending.items():
            if not found.edges:
                continue
            self.graph.cursor, self.held, self.graph.where = found.edges, list(found.held), found.where
            saved, self.in_flight, self.swallows = (self.in_flight, self.swallows), name, None
            item.emit()
            swallows, (self.in_flight, self.swallows) = self.swallows, saved
            if swallows is not None:
                # ``__exit__`` gave back something true: the exception ends here.
                swallowed, self.graph.cursor = self.graph.branch(swallows)
                after = after + swallowed
            self.raise_(Exc(name))
        self.graph.cursor, self.held, self.graph.where = after, held, where

    def join_value(self, branches: list[tuple[list[Edge], Val]], stem: str) -> Val:
        """Bring several ends with a value each together into one local."""
        live = [(edges, value) for edges, value in branches if edges]
        if not live:
            self.graph.cursor = []
            return Val(NONE, NoneT())
        name = self.temp(stem)
        self.active.add(name)
        out: list[Edge] = []
        result = live[0][1]
        for edges, value in live:
            self.graph.cursor = edges
            result = self.set_local(name, value)
            out += self.graph.cursor
        self.graph.cursor = out
        return Val(result.expr, self.type_of(f"l.{name}"), result.origin)

    def written_outside_init(self, obj: Obj) -> set[str]:
        """Attributes that a method other than ``__init__`` assigns, on ``self`` or on any other name."""
        usage = self.sources.usage
        return usage.globals_assigned[obj.module.path] if obj.cls is None else usage.assigned

    def known_field(self, cls: Class, attr: str) -> bool:
        """Whether instances of the class are given that attribute somewhere."""
        return any(attr in self.sources.usage.fields(owner) for owner in self.sources.mro(cls))

    def methods_called_on(self, attr: str) -> frozenset[str]:
        """Names of the methods that the feature calls on ``self.attr``."""
        return frozenset(self.sources.usage.methods_on.get(attr, ()))

    def checkpoint(self) -> Checkpoint:
        """A point that lowering can be rolled back to."""
        exits = [(item, _sizes(item)) for item in self.exits]
        notes = (dict(self.abstractions), dict(self.assumptions))
        return Checkpoint(self.graph.mark(), dict(self.temps), set(self.active), list(self.held), *notes, exits)

    def untouched_since(self, point: Checkpoint) -> bool:
        """Whether the code lowered since then is a pure value: no node was made, no way out was taken."""
        same = all(_sizes(item) == sizes for item, sizes in point.exits)
        return same and not self.graph.grown_since(point.mark) and self.graph.cursor == point.mark[1]

    def roll_back(self, point: Checkpoint) -> None:
        """Forget what was lowered since."""
        for item, sizes in point.exits:
            for number, part in enumerate(_parts(item)):
                del part[sizes[number] if number < len(sizes) else 0 :]
        self.graph.roll_back(point.mark)
        self.temps, self.active, self.held = dict(point.temps), set(point.active), list(point.held)
        self.abstractions, self.assumptions = dict(point.abstractions), dict(point.assumptions)

    def in_scope(self, name: str) -> bool:
        """Whether the name is a local or a parameter of the current function."""
        frame = self.frame
        return frame is not None and (name in frame.names or name in frame.slots or name in frame.stored)


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
