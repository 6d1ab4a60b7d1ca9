"""Builder of the control-flow graph: nodes are appended at a cursor of dangling edges."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from copy import copy
from dataclasses import dataclass, field
from typing import Literal

from specgen.expr import Expr, Local, Var
from specgen.ir import Access, Alternative, Node
from specgen.lower.formulas import FALSE, TRUE

#: An edge that has no target yet: node id and which of its edges ("next", "other", or an alternative's index).
Edge = tuple[int, str]


@dataclass(slots=True)
class Where:
    """The place in the source that nodes are made for."""

    path: str = ""
    line: int = 0
    function: str = ""


@dataclass(slots=True)
class Graph:
    """Nodes made so far and the cursor; an empty cursor means that the code here cannot be reached."""

    nodes: dict[int, Node] = field(default_factory=dict)
    cursor: list[Edge] = field(default_factory=list)
    where: Where = field(default_factory=Where)
    _next: int = 0
    _group: int = 0

    def group(self) -> int:
        """A new access group."""
        self._group += 1
        return self._group

    @property
    def made(self) -> int:
        """How many nodes there are, those of operations that were left out counted too."""
        return self._next

    def waits(self) -> int:
        """How many places there are so far at which a call waits or lets others run."""
        return sum(n.kind in {"suspend", "guard"} for n in self.nodes.values())

    @property
    def groups(self) -> int:
        """How many access groups there are."""
        return self._group

    def append(self, nodes: Iterable[Node], made: int, groups: int) -> None:
        """Take over the nodes of a graph that made so many nodes and groups, numbered on from those here."""
        first, group = self._next, self._group

        def moved(target: int) -> int:
            return target + first if target >= 0 else target

        for node in nodes:
            taken = copy(node)
            taken.id, taken.next, taken.other = node.id + first, moved(node.next), moved(node.other)
            if node.accesses:
                taken.accesses = tuple(Access(a.var, a.mode, a.group + group, a.effect) for a in node.accesses)
            if node.alternatives:
                taken.alternatives = tuple(Alternative(a.kind, moved(a.target)) for a in node.alternatives)
            self.nodes[taken.id] = taken
        self._next, self._group = first + made, group + groups

    def groups_after(self, other: Graph) -> None:
        """Number access groups on from another graph's."""
        self._group = other._group

    def mark(self) -> tuple[int, list[Edge]]:
        """A point to roll back to."""
        return self._next, list(self.cursor)

    def grown_since(self, mark: tuple[int, list[Edge]]) -> bool:
        """Whether a node was made since the mark."""
        return self._next != mark[0]

    def roll_back(self, mark: tuple[int, list[Edge]]) -> None:
        """Forget the nodes made since the mark."""
        first, cursor = mark
        for node_id in [n for n in self.nodes if n >= first]:
            del self.nodes[node_id]
        self._next = first
        self.cursor = cursor
        for node_id, edge in cursor:
            self._patch(node_id, edge, -1)

    def _patch(self, node_id: int, edge: str, target: int) -> None:
        node = self.nodes[node_id]
        if edge == "next":
            node.next = target
        elif edge == "other":
            node.other = target
        else:
            at = int(edge)
            old = node.alternatives[at]
            node.alternatives = (
                *node.alternatives[:at],
                Alternative(old.kind, target),
                *node.alternatives[at + 1 :],
            )

    def link(self, target: int) -> None:
        """Let the dangling edges lead to a node that exists; the code after is unreachable."""
        for node_id, edge in self.cursor:
            self._patch(node_id, edge, target)
        self.cursor = []

    def _add(self, node: Node, edges: list[Edge]) -> Node:
        self.nodes[node.id] = node
        for node_id, edge in self.cursor:
            self._patch(node_id, edge, node.id)
        self.cursor = edges
        return node

    def _new(self, kind: Literal["set", "branch", "choose", "guard", "suspend", "skip", "done"], **kw: object) -> Node:
        node = Node(self._next, kind, self.where.path, self.where.line, self.where.function, **kw)  # type: ignore[arg-type]
        self._next += 1
        return node

    def set(self, target: Local | Var, value: Expr, *accesses: Access) -> None:
        """``target := value``."""
        node = self._new("set", target=target, value=value, accesses=accesses)
        self._add(node, [(node.id, "next")])

    def choose(self, target: Local, domain: Expr, note: str, *accesses: Access) -> None:
        r"""``target :\in domain``."""
        node = self._new("choose", target=target, value=domain, note=note, accesses=accesses)
        self._add(node, [(node.id, "next")])

    def skip(self) -> int:
        """A place for a label; returns its id."""
        node = self._new("skip")
        self._add(node, [(node.id, "next")])
        return node.id

    def branch(self, cond: Expr, *accesses: Access) -> tuple[list[Edge], list[Edge]]:
        """Split the cursor: edges taken when ``cond`` holds, and the others. The cursor is left empty."""
        if cond == TRUE:
            taken, self.cursor = self.cursor, []
            return taken, []
        if cond == FALSE:
            taken, self.cursor = self.cursor, []
            return [], taken
        node = self._new("branch", cond=cond, accesses=accesses)
        self._add(node, [])
        return [(node.id, "next")], [(node.id, "other")]

    def guard(
        self, cond: Expr, *accesses: Access, kinds: Sequence[Literal["timeout", "cancelled"]] = ()
    ) -> list[list[Edge]]:
        """Wait until ``cond``; returns, per alternative kind, the edges taken when it happens."""
        node = self._new("guard", cond=cond, accesses=accesses, alternatives=tuple(Alternative(k, -1) for k in kinds))
        self._add(node, [(node.id, "next")])
        return [[(node.id, str(i))] for i in range(len(kinds))]

    def suspend(self, kinds: Sequence[Literal["timeout", "cancelled"]] = ()) -> list[list[Edge]]:
        """A suspension point; returns, per alternative kind, the edges taken when it happens."""
        node = self._new("suspend", alternatives=tuple(Alternative(k, -1) for k in kinds))
        self._add(node, [(node.id, "next")])
        return [[(node.id, str(i))] for i in range(len(kinds))]

    def done(self, value: Expr, raised: bool) -> None:
        """The operation ends."""
        node = self._new("done", value=value, raised=raised)
        self._add(node, [])

    @contextmanager
    def at(self, path: str, line: int, function: str) -> Iterator[None]:
        """Nodes made inside belong to this place."""
        saved = self.where
        self.where = Where(path, line, function)
        try:
            yield
        finally:
            self.where = saved
