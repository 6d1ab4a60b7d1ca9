"""One lowering: its graph, names, types and variables, the stack of things to unwind, and what was approximated.

The rules for statements, expressions and calls live in the modules beside this one; each takes the
``Lowerer`` as its first argument. Types are found by lowering again until they no longer change.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from extractor.types import Span
from specgen.expr import Expr, Local, Var
from specgen.ir import Abstraction, Access, AccessMode, Assumption
from specgen.lower import kinds, outside
from specgen.lower.conversation import Log
from specgen.lower.formulas import NONE
from specgen.lower.graph import Edge, Graph, Where
from specgen.lower.state import Boundary, Checkpoint, Exit, Frame, Shared, parts_of, sizes_of
from specgen.lower.values import Behaviour, Exc, Unknown, Val, Value
from specgen.lower.world import World
from specgen.source import Function
from specgen.sources import Sources
from specgen.value_types import NeverT, NoneT, Ty, join

MAX_NODES = 600
MAX_INLINE = 12
#: What is known while one piece of code is lowered, and nothing to the next one.
_OF_AN_OPERATION = (
    "graph", "frame", "exits", "temps", "active", "origins", "held", "handled", "tied_under",
    "own_behaviours", "stack", "fresh_refs",
    "in_init", "in_loop", "awaiting", "pure_reads", "pending_counter", "pending_factory", "pending_limit", "swallows",
    "pending_attr", "in_flight", "bound_depth",
)  # fmt: skip


class TooLarge(Exception):
    """The graph of an operation outgrew its bound; the operation is left out and listed."""


class Lowerer(World):
    """One pass over all operations of one shared object."""

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

    def __init__(self, sources: Sources, mode: str, shared: Shared, log: Log) -> None:
        super().__init__(sources, mode, shared, log)
        self.graph = Graph()
        self.exits: list[Exit] = []
        self.frame: Frame | None = None
        self.stack: list[Function] = []
        self.abstractions: dict[tuple[str, int, str], Abstraction] = {}
        self.assumptions: dict[str, Assumption] = {}
        self.code_assertions: dict[str, tuple[str, Expr, Span]] = {}
        self.constants: dict[str, tuple[str, tuple[str, ...]]] = {}
        #: Whether something was approximated before the operation.
        self.noted_before = False
        self.own_behaviours: dict[str, Behaviour] = {}
        self.operation = ""
        self.in_init = False
        self.active: set[str] = set()
        self.temps: dict[str, int] = {}
        self.origins: dict[str, str] = {}
        self.held: list[str] = []
        self.fresh_refs: list[Expr] = []
        self.pending_factory: Value | None = None
        self.pending_limit: Expr | None = None
        self.pending_counter = False
        self.handled: list[Exc] = []
        self.tied_under: dict[str, tuple[frozenset[str], int, Where]] = {}

    def span(self) -> Span:
        """The place being lowered."""
        where = self.graph.where
        return Span(where.path, where.line, where.line)

    # --- notes -----------------------------------------------------------------------------------

    def approximate(self, construct: str, instead: str) -> Unknown:
        """Record an approximation at this line."""
        return self._abstract(Abstraction(self.span(), construct, instead, self.operation))

    def leave_out(self, construct: str, instead: str) -> Unknown:
        """Record an approximation of which the code may do more than the specification: nothing is proved then."""
        return self._abstract(Abstraction(self.span(), construct, instead, self.operation, leaves_out=True))

    def _abstract(self, found: Abstraction) -> Unknown:
        self.abstractions.setdefault((found.span.path, found.span.line, found.construct), found)
        return Unknown(found.construct)

    def opaque(self, text: str, handed: Iterable[Value]) -> Unknown:
        """Record a call of something that is not modelled.

        It cannot reach the object by itself; code that is handed to it may run whenever it likes, and an object or a
        container that is handed to it may be changed.
        """
        for value in handed:
            left_out = outside.reached_by(value, text.partition("(")[0])
            if left_out:
                return self.leave_out(f"call {text}", f"any value; {left_out} is left out")
        return self.approximate(f"call {text}", "any value, no effect on the state modelled here")

    def noted(self) -> bool:
        """Whether something was approximated so far."""
        if not self.abstractions:
            self.log.ask(("noted",), self.noted_before)
        return bool(self.abstractions) or self.noted_before

    def assume(self, id_: str, text: str, source: Span | None = None) -> None:
        """Record something taken for granted."""
        self.assumptions.setdefault(id_, Assumption(id_, text, source))

    # --- names -----------------------------------------------------------------------------------

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

    # --- shared variables ---------------------------------------------------------------

    def access(self, var: str, mode: AccessMode, group: int, effect: bool | None = None) -> Access:
        """An access to a shared variable in the current mode; effects exist only under asyncio."""
        info = self.vars.get(var)
        outside = (info.effect if info else False) if effect is None else effect
        return Access(var, mode, group, outside and self.mode == "asyncio" and self.awaiting)

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

    def adopt(self, root: str) -> None:
        """What was just made and assigned to the root is a defaultdict or a bounded deque: keep how it behaves."""
        new = Behaviour(self.pending_factory, self.pending_limit, self.pending_counter)
        self.pending_factory, self.pending_limit, self.pending_counter = None, None, False
        if new != Behaviour():
            (self.own_behaviours if root.startswith("l.") else self.behaviours)[root] = self.behaviour(root).and_(new)

    def behaviour(self, root: str) -> Behaviour:
        """How a variable's or a local's container behaves."""
        return (self.own_behaviours if root.startswith("l.") else self.behaviours).get(root, Behaviour())

    # --- control ---------------------------------------------------------------------------------

    def check_size(self) -> None:
        """Raise TooLarge when the operation's graph outgrows its bound."""
        if len(self.graph.nodes) > MAX_NODES:
            raise TooLarge(self.operation)

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

    @contextmanager
    def apart(self, frame: Frame, attr: str) -> Iterator[None]:
        """Lower the first value of an attribute in between, outside of the operation."""
        kept = {name: getattr(self, name) for name in _OF_AN_OPERATION}
        graph = Graph()
        graph.groups_after(self.graph)
        self.start(graph, frame)
        self.in_init, self.pending_attr = True, attr
        try:
            yield
        finally:
            for name, value in kept.items():
                setattr(self, name, value)

    def start(self, graph: Graph, frame: Frame) -> None:
        """Begin with a piece of code of which nothing is known yet."""
        self.graph, self.frame, self.exits = graph, frame, [Boundary(frame)]
        self.temps, self.active, self.origins, self.held, self.handled, self.tied_under = {}, set(), {}, [], [], {}
        self.own_behaviours = {}
        self.stack, self.fresh_refs = [], []
        self.in_init = self.in_loop = self.awaiting = self.pure_reads = self.pending_counter = False
        self.pending_factory = self.pending_limit = self.swallows = None
        self.pending_attr = self.in_flight = ""
        self.bound_depth = 0

    def checkpoint(self) -> Checkpoint:
        """A point that lowering can be rolled back to."""
        exits = [(item, sizes_of(item)) for item in self.exits]
        notes = (dict(self.abstractions), dict(self.assumptions))
        return Checkpoint(self.graph.mark(), dict(self.temps), set(self.active), list(self.held), *notes, exits)

    def untouched_since(self, point: Checkpoint) -> bool:
        """Whether the code lowered since then is a pure value: no node was made, no way out was taken."""
        same = all(sizes_of(item) == sizes for item, sizes in point.exits)
        return same and not self.graph.grown_since(point.mark) and self.graph.cursor == point.mark[1]

    def roll_back(self, point: Checkpoint) -> None:
        """Forget what was lowered since."""
        for item, sizes in point.exits:
            for number, part in enumerate(parts_of(item)):
                del part[sizes[number] if number < len(sizes) else 0 :]
        self.graph.roll_back(point.mark)
        self.temps, self.active, self.held = dict(point.temps), set(point.active), list(point.held)
        self.abstractions, self.assumptions = dict(point.abstractions), dict(point.assumptions)

    def in_scope(self, name: str) -> bool:
        """Whether the name is a local or a parameter of the current function."""
        frame = self.frame
        return frame is not None and (name in frame.names or name in frame.slots or name in frame.stored)
