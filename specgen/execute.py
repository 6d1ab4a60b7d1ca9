"""Symbolic execution of one step: from a place in the graph to everything that may be its end.

A step grows forward from its first node as long as nobody could tell the difference; ``specgen.cuts`` decides where
it must end.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from specgen.cuts import Cuts, Granularity, PathState
from specgen.expr import Bound, Expr, Lit, Local, NoneE, Op, Var
from specgen.flow import joins, live_locals, reachable
from specgen.infer import Infer, inference
from specgen.ir import Node, Operation, Program
from specgen.movers import Movers
from specgen.nullness import never_none_locals
from specgen.rewrite import free_bounds, walk
from specgen.tree import Choose, Guard, Leaf, Place, Step, Tree, branch, expressions, leaves

#: The most ends that a step may have: more are more than a reader takes in.
_MOST_LEAVES = 24
#: The most branches that are gone down to find out how many ends there are.
_MOST_PATHS = 96


class _TooLarge(Exception):
    """The tree has more paths than are followed."""


@dataclass(slots=True)
class Executor:
    """Executes the steps of one operation. ``taken`` are names that a choice may not bind.

    ``live`` says by node which locals are still needed there, ``never_none`` which are not None. The last six fields
    are about the step in hand.
    """

    program: Program
    operation: Operation
    movers: Movers
    granularity: Granularity
    taken: set[str]
    ids: list[int] = field(init=False)
    live: Mapping[int, frozenset[str]] = field(init=False)
    infer: Infer = field(init=False)
    never_none: Mapping[int, frozenset[str]] = field(init=False)
    cuts: Cuts = field(init=False)
    source: Place = field(init=False)
    strictness: int = field(init=False)
    paths: int = field(init=False)
    lines: dict[tuple[str, int, str], None] = field(init=False)
    nodes: dict[int, None] = field(init=False)
    named: dict[Expr, str] = field(init=False)

    def __post_init__(self) -> None:
        self.ids = reachable(self.program, self.operation)
        self.live = live_locals(self.program, self.ids)
        if self.granularity == "statement":
            own = frozenset(t.name for n in self.ids if isinstance(t := self.program.nodes[n].target, Local))
            self.live = dict.fromkeys(self.ids, own)
        elif self.granularity == "plain":
            own = frozenset(name for n in self.ids if (name := self._variable_set(self.program.nodes[n])))
            self.live = {n: names | own for n, names in self.live.items()}
        self.infer = inference(self.program, self.operation)
        self.never_none = never_none_locals(self.program, self.ids, self.infer)
        meeting = joins(self.program, self.ids)
        self.cuts = Cuts(self.program, self.movers, self.granularity, meeting, self.infer)

    def _variable_set(self, node: Node) -> str | None:
        """The local that the node's line names: a variable of the code, where others are the compiler's own."""
        if not isinstance(node.target, Local) or not re.search(rf"\b{node.target.name}\b", self.program.text(node)):
            return None
        return node.target.name

    def place(self, node: int, mid_turn: bool = False) -> Place:
        """The place of a node, past nodes that do nothing."""
        seen: set[int] = set()
        while node not in seen and self._passes(self.program.nodes[node]):
            seen.add(node)
            node = self.program.nodes[node].next
        return Place(node, mid_turn)

    def _passes(self, node: Node) -> bool:
        """Whether a label can as well stand at the next node: nothing happens here that couldn't there."""
        if node.kind == "suspend" and node.alternatives:
            after = self.program.nodes[node.next]
            return after.kind == "guard" and {a.kind for a in node.alternatives} <= {a.kind for a in after.alternatives}
        return node.kind == "skip" and not node.accesses

    def step(self, place: Place, entry: int | None = None, alternative: str | None = None) -> Step:
        """The step that starts at ``place``; ``entry`` is the node of its alternative of this kind, if it is of one."""
        for strictness in range(4):
            self.strictness, self.paths = strictness, 0
            self.lines, self.nodes, self.named = {}, {}, {}
            self.source = place
            state = PathState(in_turn=place.mid_turn)
            for name in sorted(self.never_none[place.node] & self.live[place.node]):
                state.known.learn(Op("=", (Local(name), NoneE())), False)
            if alternative is not None:
                node = self.program.nodes[place.node]
                self.lines[node.at] = None
            try:
                tree = self._run(place.node if entry is None else entry, state)
            except _TooLarge:
                continue
            if strictness < 3 and sum(1 for _ in leaves(tree)) > _MOST_LEAVES:
                continue
            return Step(self.operation.name, place, tree, self.lines, self.nodes, alternative, self.named)
        raise AssertionError("the strictest rule ends every step")

    def _run(self, n: int, st: PathState) -> Tree:
        """What may come from node ``n`` on, along this path."""
        while True:
            node = self.program.nodes[n]
            if not st.first:
                verdict = self.cuts.before(node, st, self.strictness)
                if verdict == "cut":
                    return self._leave(n, st, mid_turn=self.cuts.mid_turn(node, st))
                if verdict == "test":
                    return self._test(n, node, st)
            self._enter(node, st)
            match node.kind:
                case "set":
                    assert node.target is not None
                    assert node.value is not None
                    self._assign(node.target, self._value(node.value, st), st)
                case "choose":
                    return self._choose(node, st)
                case "branch":
                    assert node.cond is not None
                    cond = self._value(node.cond, st)
                    if isinstance(cond, Lit):
                        n = node.next if cond.value else node.other
                        continue
                    return self._branch(cond, node.next, node.other, st)
                case "guard":
                    assert node.cond is not None
                    cond = self._value(node.cond, st)
                    st.touched = st.touched or self.movers.of(node) != "I"
                    if cond != Lit(True):
                        st.known.learn(cond, True)
                        return Guard(cond, self._run(node.next, st))
                case "suspend":
                    st.suspended, st.in_turn = True, False
                case "done":
                    return self._leave(None, st, result=NoneE() if node.value is None else self._value(node.value, st))
            n = node.next

    def _enter(self, node: Node, st: PathState) -> None:
        """Go through the node."""
        self.nodes[node.id] = None
        if node.line > 0 and self._worth_showing(node, st.first):
            self.lines[node.at] = None
        st.enter(node, self.movers.of(node))

    def _worth_showing(self, node: Node, first: bool) -> bool:
        """Whether the node's line belongs to what the step models; not so where it only falls off the end."""
        if node.kind == "done" and not node.raised and node.value in {None, NoneE()}:
            return self.program.text(node).startswith("return")
        if not first and node.accesses and all(a.mode == "release" for a in node.accesses):
            return not self.program.text(node).startswith(("with ", "async with "))
        return first or node.kind not in {"skip", "suspend"}

    def _assign(self, target: Local | Var, value: Expr, st: PathState) -> None:
        st.known.values[target] = value
        if isinstance(value, Op):
            self.named.setdefault(value, f"new_{target.name}" if isinstance(target, Var) else target.name)

    def _value(self, expr: Expr, st: PathState) -> Expr:
        return st.known.value(expr, self.infer)

    def _branch(self, cond: Expr, yes: int, no: int, st: PathState) -> Tree:
        self.paths += 1
        if self.strictness < 3 and self.paths > _MOST_PATHS:
            raise _TooLarge
        other = st.fork()
        st.decisions += 1
        other.decisions += 1
        st.known.learn(cond, True)
        other.known.learn(cond, False)
        return branch(cond, self._run(yes, st), self._run(no, other))

    def _test(self, n: int, node: Node, st: PathState) -> Tree:
        """asyncio: go on at once where the condition holds already, else let others run and wait."""
        assert node.cond is not None
        cond = self._value(node.cond, st)
        waiting = self._leave(n, st.fork(), mid_turn=False)
        if cond == Lit(False):
            return waiting
        self._enter(node, st)
        if cond == Lit(True):
            return self._run(node.next, st)
        st.known.learn(cond, True)
        st.decisions += 1
        return branch(cond, self._run(node.next, st), waiting)

    def _choose(self, node: Node, st: PathState) -> Tree:
        assert node.target is not None
        assert node.value is not None
        domain = self._value(node.value, st)
        if isinstance(domain, Op) and domain.name == "set" and len(domain.args) == 1:
            self._assign(node.target, domain.args[0], st)
            return self._run(node.next, st)
        name = node.target.name
        while name in self.taken or name in st.chosen:
            name += "_"
        st.chosen |= {name}
        st.known.values[node.target] = Bound(name)
        body = self._run(node.next, st)
        mentioned = any(name in free_bounds(e) for e in expressions(body))
        fixed = not any(isinstance(e, Var | Local) for e in walk(domain))
        return body if fixed and not mentioned else Choose(name, domain, body)

    def _leave(self, n: int | None, st: PathState, result: Expr | None = None, mid_turn: bool = False) -> Leaf:
        """The end of the step ahead of node ``n``; None where the call has ended."""
        order = [v.name for v in self.program.vars]
        final = {v: self._value(Var(v), st) for v in order if Var(v) in st.known.values}
        updates = tuple((v, e) for v, e in final.items() if e != Var(v) and not st.known.equal(Var(v), e))
        if n is None:
            return Leaf(updates, result=result)
        goto = self.place(n, mid_turn)
        live, before = self.live[goto.node], self.live[self.source.node]
        local: list[tuple[str, Expr]] = []
        for name in self.program.locals:
            value = self._value(Local(name), st) if Local(name) in st.known.values else Local(name)
            if name in live and value != Local(name):
                local.append((name, value))
            elif name not in live and name in before:
                local.append((name, NoneE()))
        return Leaf(updates, tuple(local), goto, reset=not live)
