"""Where a step ends: before the node at which somebody else could tell that it went on.

To measure what that saves, steps can be made to end by the statements of the source instead (``Granularity``).
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from typing import Literal, TypeAlias

from specgen.expr import NoneE, Op, Var
from specgen.flow import successors
from specgen.infer import Infer
from specgen.ir import Node, Program
from specgen.knowledge import Knowledge
from specgen.movers import Mover, Movers, groups

Granularity: TypeAlias = Literal["step", "statement", "plain"]
#: Decisions from which on a step ends at a branch, by strictness.
_MOST_DECISIONS = {1: math.inf, 2: 4, 3: 1}


@dataclass(slots=True)
class PathState:
    """What one path of a step has met so far.

    ``phase`` is Lipton's: post once something that doesn't move right was done. ``touched``: something
    shared was read, changed or waited for, immutable values aside. asyncio only: ``in_turn``, an access was
    made since the last suspension; ``suspended``, others may have run since the last access.
    """

    known: Knowledge = field(default_factory=Knowledge)
    nodes: frozenset[int] = frozenset()
    group: frozenset[int] = frozenset()
    phase: Literal["pre", "post"] = "pre"
    touched: bool = False
    in_turn: bool = False
    suspended: bool = False
    decisions: int = 0
    at: tuple[str, int, str] = ("", 0, "")
    accessed: bool = False
    chosen: frozenset[str] = frozenset()

    @property
    def first(self) -> bool:
        """Whether no node was entered yet."""
        return not self.nodes

    def fork(self) -> PathState:
        """The same, to go on from apart."""
        return replace(self, known=self.known.fork())

    def enter(self, node: Node, mover: Mover | None) -> None:
        """Go through a node of this class."""
        self.nodes |= {node.id}
        self.at = node.at
        if not node.accesses:
            if node.kind == "suspend":
                self.group = frozenset()
            return
        self.accessed = True
        self.group = groups(node)
        if _is_effect(node):
            self.suspended, self.in_turn = True, False
        elif mover not in {"I", "B"}:
            self.suspended, self.in_turn = False, True
        if mover != "I":
            self.touched = True
        if mover in {"N", "L"}:
            self.phase = "post"


@dataclass(frozen=True, slots=True)
class Cuts:
    """Decides for one operation where its steps end. ``joins`` are the nodes that several nodes lead to."""

    program: Program
    movers: Movers
    granularity: Granularity
    joins: frozenset[int]
    infer: Infer

    def before(self, node: Node, st: PathState, strictness: int) -> Literal["no", "cut", "test"]:
        """Whether the step ends before the node; ``test``: only if the node would have to wait.

        ``strictness``, 0 to 3, says how readily a step ends for no other reason than that its tree stays small.
        """
        if node.id in st.nodes:
            return "cut"
        if groups(node) & st.group:
            return "no"
        if strictness and self._too_much(node, st, strictness):
            return "cut"
        if self.granularity != "step":
            return self._statement(node, st)
        waits = node.kind == "guard"
        if self.program.mode == "asyncio" and waits and st.in_turn and not st.suspended:
            return "cut" if self._given_back(node, st) else "test"
        if node.kind in {"guard", "suspend"} and node.alternatives:
            return "cut"
        if waits and st.touched:
            return "cut"
        if self.program.mode == "asyncio" and not self._apart(node, st):
            return "no"
        match self.movers.of(node):
            case "N":
                return "cut" if st.phase == "post" else "no"
            case "R":
                return "cut" if st.phase == "post" or st.touched else "no"
            case "L" if self.program.mode == "asyncio" and st.phase == "post":
                return "no" if self._turn_only_releases(node) else "cut"
        return "no"

    def mid_turn(self, node: Node, st: PathState) -> bool:
        """Whether nobody else may run between a step that ends before the node and the one that begins there."""
        if self.granularity != "step" or self.program.mode == "threads":
            return bool(groups(node) & st.group)
        waits = node.kind == "suspend" or (
            node.kind == "guard" and (bool(node.alternatives) or self._given_back(node, st))
        )
        return st.in_turn and not st.suspended and not _is_effect(node) and not waits

    def _given_back(self, node: Node, st: PathState) -> bool:
        """asyncio: whether the lock or permit asked for was given back in this turn, having been held before it.

        Who waited for it meanwhile comes first, though it is free: asyncio's locks and semaphores are fair.
        """
        now = {Var(a.var): st.known.value(Var(a.var), self.infer) for a in node.accesses}
        return any(
            (value == NoneE() and not st.known.equal(var, value))
            or (isinstance(value, Op) and value.name == "+" and value.args[0] == var)
            for var, value in now.items()
        )

    def _apart(self, node: Node, st: PathState) -> bool:
        """asyncio: whether others may run between the last access and this one."""
        return st.suspended or _is_effect(node)

    def _too_much(self, node: Node, st: PathState, strictness: int) -> bool:
        if node.id in self.joins and st.decisions > 0:
            return True
        return node.kind == "branch" and st.decisions >= _MOST_DECISIONS[strictness]

    def _statement(self, node: Node, st: PathState) -> Literal["no", "cut"]:
        """Whether a step of one statement ends before the node."""
        if node.kind in {"guard", "suspend"} and node.alternatives:
            return "cut"
        falls_off = node.kind == "done" and not self.program.text(node).startswith(("return", "raise"))
        if node.at != st.at and node.line > 0 and node.kind != "skip" and not falls_off:
            return "cut"
        return "cut" if st.accessed and (node.accesses or node.kind == "suspend") else "no"

    def _turn_only_releases(self, start: Node) -> bool:
        """Whether only releases and both-movers follow until others may run."""
        seen: set[int] = set()
        stack = [start.id]
        while stack:
            n = stack.pop()
            if n in seen:
                continue
            seen.add(n)
            node = self.program.nodes[n]
            if node.kind == "suspend" or _is_effect(node):
                continue
            if self.movers.of(node) in {"N", "R"} or (node.kind == "guard" and node is not start):
                return False
            stack.extend(successors(node))
        return True


def _is_effect(node: Node) -> bool:
    return any(a.effect for a in node.accesses)
