"""Symbolic execution of one step: from a place in the graph to everything that may be its end.

A step grows forward from its first node as long as nobody could tell the difference. ``Executor._cut``
decides where it must end; the rest of the module carries values along.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Literal

from specgen.expr import Bound, Expr, Lit, Local, NoneE, Op, Var
from specgen.flow import joins, live_locals, reachable, successors
from specgen.infer import Infer, inference, sharpen
from specgen.ir import Node, Operation, Program
from specgen.movers import Movers, groups
from specgen.rewrite import distinct, fold, free_bounds, negate, rebuild, walk
from specgen.tree import Choose, Guard, Leaf, Place, Step, Tree, branch, expressions, leaves

Granularity = Literal["step", "statement", "plain"]

_MOST_LEAVES = 24
_MOST_PATHS = 96


class _TooLarge(Exception):
    """The tree has more leaves than a reader could take in."""


@dataclass(slots=True)
class _State:
    """What is known on one path of a step.

    ``phase`` is Lipton's: post once something that doesn't move right was done. ``touched``: something
    shared was read, changed or waited for, immutable values aside. asyncio only: ``in_turn``, an access was
    made since the last suspension; ``suspended``, others may have run since the last access.
    """

    env: dict[Expr, Expr]
    known: dict[Expr, bool]
    path: frozenset[int] = frozenset()
    group: frozenset[int] = frozenset()
    phase: Literal["pre", "post"] = "pre"
    touched: bool = False
    in_turn: bool = False
    suspended: bool = False
    first: bool = True
    decisions: int = 0
    at: tuple[str, int, str] = ("", 0, "")
    accessed: bool = False
    chosen: frozenset[str] = frozenset()

    def fork(self) -> _State:
        return replace(self, env=dict(self.env), known=dict(self.known))


@dataclass(slots=True)
class Executor:
    """Executes the steps of one operation."""

    program: Program
    operation: Operation
    movers: Movers
    granularity: Granularity
    taken: set[str]
    strict: int = 0
    ids: list[int] = field(init=False)
    joins: frozenset[int] = field(init=False)
    live: Mapping[int, frozenset[str]] = field(init=False)
    infer: Infer = field(init=False)
    lines: dict[tuple[str, int, str], None] = field(init=False)
    nodes: dict[int, None] = field(init=False)
    named: dict[Expr, str] = field(init=False)
    source: Place = field(init=False)
    paths: int = field(init=False)

    def __post_init__(self) -> None:
        self.ids = reachable(self.program, self.operation)
        self.joins = joins(self.program, self.ids)
        self.live = live_locals(self.program, self.ids)
        if self.granularity == "statement":
            own = frozenset(t.name for n in self.ids if isinstance(t := self.program.nodes[n].target, Local))
            self.live = dict.fromkeys(self.ids, own)
        elif self.granularity == "plain":
            own = frozenset(name for n in self.ids if (name := self._variable_set(self.program.nodes[n])))
            self.live = {n: names | own for n, names in self.live.items()}
        self.infer = inference(self.program, self.operation)

    def _variable_set(self, node: Node) -> str | None:
        """The local that the node's line names: a variable of the code, where others are the compiler's own."""
        if not isinstance(node.target, Local) or not re.search(rf"\b{node.target.name}\b", self._text(node)):
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
        """The step that starts at ``place``; ``entry`` is the node of an alternative to it."""
        for strict in range(4):
            self.strict, self.paths = strict, 0
            self.lines, self.nodes, self.named = {}, {}, {}
            self.source = place
            state = _State(env={}, known={}, in_turn=place.mid_turn)
            if alternative is not None:
                node = self.program.nodes[place.node]
                self.lines[node.path, node.line, node.function] = None
            try:
                tree = self._run(place.node if entry is None else entry, state)
            except _TooLarge:
                continue
            if strict < 3 and sum(1 for _ in leaves(tree)) > _MOST_LEAVES:
                continue
            return Step(self.operation.name, place, tree, self.lines, self.nodes, alternative, self.named)
        raise AssertionError("the strictest rule ends every step")

    # --- where a step ends ------------------------------------------------------------------------

    def _cut(self, n: int, node: Node, st: _State) -> Literal["no", "cut", "test"]:
        """Whether the step ends before the node; ``test``: only if the node would have to wait."""
        if n in st.path:
            return "cut"
        mine = groups(node)
        if mine & st.group:
            return "no"
        if self.strict and self._too_much(n, node, st):
            return "cut"
        mover = self.movers.of(node)
        if self.granularity != "step":
            return self._cut_statement(node, st)
        waits = node.kind == "guard"
        if self.program.mode == "asyncio" and waits and st.in_turn and not st.suspended:
            return "cut" if self._given_back(node, st) else "test"
        if node.kind in {"guard", "suspend"} and node.alternatives:
            return "cut"
        if waits and st.touched:
            return "cut"
        if self.program.mode == "asyncio" and not self._apart(node, st):
            return "no"
        match mover:
            case "N":
                return "cut" if st.phase == "post" else "no"
            case "R":
                return "cut" if st.phase == "post" or st.touched else "no"
            case "L" if self.program.mode == "asyncio" and st.phase == "post":
                return "no" if self._turn_only_releases(n) else "cut"
        return "no"

    def _given_back(self, node: Node, st: _State) -> bool:
        """asyncio: whether the lock or permit asked for was given back in this turn, having been held before it.

        Who waited for it meanwhile comes first, though it is free: asyncio's locks and semaphores are fair.
        """
        now = {Var(a.var): self._value(Var(a.var), st) for a in node.accesses}
        return any(
            (value == NoneE() and not st.known.get(Op("=", (var, value))))
            or (isinstance(value, Op) and value.name == "+" and value.args[0] == var)
            for var, value in now.items()
        )

    def _apart(self, node: Node, st: _State) -> bool:
        """asyncio: whether others may run between the last access and this one."""
        return st.suspended or _is_effect(node)

    def _too_much(self, n: int, node: Node, st: _State) -> bool:
        if self.strict == 1:
            return n in self.joins and st.decisions > 0
        return (n in self.joins and st.decisions > 0) or (
            node.kind == "branch" and st.decisions >= (4 if self.strict == 2 else 1)
        )

    def _cut_statement(self, node: Node, st: _State) -> Literal["no", "cut"]:
        here = (node.path, node.line, node.function)
        if node.kind in {"guard", "suspend"} and node.alternatives:
            return "cut"
        falls_off = node.kind == "done" and not self._text(node).startswith(("return", "raise"))
        if here != st.at and node.line > 0 and node.kind != "skip" and not falls_off:
            return "cut"
        return "cut" if st.accessed and (node.accesses or node.kind == "suspend") else "no"

    def _turn_only_releases(self, n: int) -> bool:
        """Whether only releases and both-movers follow until others may run."""
        seen: set[int] = set()
        stack = [n]
        while stack:
            m = stack.pop()
            if m in seen:
                continue
            seen.add(m)
            node = self.program.nodes[m]
            if node.kind == "suspend" or _is_effect(node):
                continue
            if self.movers.of(node) in {"N", "R"} or (node.kind == "guard" and m != n):
                return False
            stack.extend(successors(node))
        return True

    # --- execution --------------------------------------------------------------------------------

    def _run(self, n: int, st: _State) -> Tree:
        while True:
            node = self.program.nodes[n]
            if not st.first:
                verdict = self._cut(n, node, st)
                if verdict == "cut":
                    return self._leave(n, st, mid_turn=self._mid_turn(node, st))
                if verdict == "test":
                    return self._test(n, node, st)
            self._enter(n, node, st)
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
                        _learn(cond, True, st.known)
                        return Guard(cond, self._run(node.next, st))
                case "suspend":
                    st.suspended, st.in_turn = True, False
                case "done":
                    return self._leave(None, st, result=NoneE() if node.value is None else self._value(node.value, st))
            n = node.next

    def _mid_turn(self, node: Node, st: _State) -> bool:
        if self.granularity != "step" or self.program.mode == "threads":
            return bool(groups(node) & st.group)
        waits = node.kind == "suspend" or (
            node.kind == "guard" and (bool(node.alternatives) or self._given_back(node, st))
        )
        return st.in_turn and not st.suspended and not _is_effect(node) and not waits

    def _enter(self, n: int, node: Node, st: _State) -> None:
        """Books the node's accesses."""
        first, st.first = st.first, False
        st.path = st.path | {n}
        here = (node.path, node.line, node.function)
        st.at = here
        self.nodes[n] = None
        if node.line > 0 and self._worth_showing(node, first):
            self.lines[here] = None
        if not node.accesses:
            if node.kind == "suspend":
                st.group = frozenset()
            return
        st.accessed = True
        mover = self.movers.of(node)
        st.group = groups(node)
        if _is_effect(node):
            st.suspended, st.in_turn = True, False
        elif mover not in {"I", "B"}:
            st.suspended, st.in_turn = False, True
        if mover != "I":
            st.touched = True
        if mover in {"N", "L"}:
            st.phase = "post"

    def _worth_showing(self, node: Node, first: bool) -> bool:
        """Whether the node's line belongs to what the step models; not so where it only falls off the end."""
        if node.kind == "done" and not node.raised and node.value in {None, NoneE()}:
            return self._text(node).startswith("return")
        if not first and node.accesses and all(a.mode == "release" for a in node.accesses):
            return not self._text(node).startswith(("with ", "async with "))
        return first or node.kind not in {"skip", "suspend"}

    def _text(self, node: Node) -> str:
        text = self.program.sources.get(node.path, [])
        return text[node.line - 1].strip() if 0 < node.line <= len(text) else ""

    def _assign(self, target: Local | Var, value: Expr, st: _State) -> None:
        st.env[target] = value
        if isinstance(value, Op):
            self.named.setdefault(value, f"new_{target.name}" if isinstance(target, Var) else target.name)

    def _value(self, expr: Expr, st: _State) -> Expr:
        """The expression over the state before the step, with what the path knows folded in."""
        value = rebuild(expr, lambda e: st.env.get(e, e))
        return _settle(sharpen(value, self.infer), st.known)

    def _branch(self, cond: Expr, yes: int, no: int, st: _State) -> Tree:
        self.paths += 1
        if self.strict < 3 and self.paths > _MOST_PATHS:
            raise _TooLarge
        other = st.fork()
        st.decisions += 1
        other.decisions += 1
        _learn(cond, True, st.known)
        _learn(cond, False, other.known)
        return branch(cond, self._run(yes, st), self._run(no, other))

    def _test(self, n: int, node: Node, st: _State) -> Tree:
        """asyncio: go on at once where the condition holds already, else let others run and wait."""
        assert node.cond is not None
        cond = self._value(node.cond, st)
        waiting = self._leave(n, st.fork(), mid_turn=False)
        if cond == Lit(False):
            return waiting
        self._enter(n, node, st)
        if cond == Lit(True):
            return self._run(node.next, st)
        _learn(cond, True, st.known)
        st.decisions += 1
        return branch(cond, self._run(node.next, st), waiting)

    def _choose(self, node: Node, st: _State) -> Tree:
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
        st.env[node.target] = Bound(name)
        body = self._run(node.next, st)
        mentioned = any(name in free_bounds(e) for e in expressions(body))
        fixed = not any(isinstance(e, Var | Local) for e in walk(domain))
        return body if fixed and not mentioned else Choose(name, domain, body)

    def _leave(self, n: int | None, st: _State, result: Expr | None = None, mid_turn: bool = False) -> Leaf:
        order = [v.name for v in self.program.vars]
        final = {v: self._value(Var(v), st) for v in order if Var(v) in st.env}
        updates = tuple((v, e) for v, e in final.items() if e != Var(v) and not st.known.get(Op("=", (Var(v), e))))
        if n is None:
            return Leaf(updates, result=result)
        goto = self.place(n, mid_turn)
        live, before = self.live[goto.node], self._live_before()
        local: list[tuple[str, Expr]] = []
        for name in self.program.locals:
            value = self._value(Local(name), st) if Local(name) in st.env else Local(name)
            if name in live and value != Local(name):
                local.append((name, value))
            elif name not in live and name in before:
                local.append((name, NoneE()))
        return Leaf(updates, tuple(local), goto, reset=not live)

    def _live_before(self) -> frozenset[str]:
        return self.live[self.source.node]


def _is_effect(node: Node) -> bool:
    return any(a.effect for a in node.accesses)


def _learn(cond: Expr, truth: bool, known: dict[Expr, bool]) -> None:
    """Remembers what a decided condition says about itself and its parts."""
    if isinstance(cond, Op):
        if cond.name == "not":
            _learn(cond.args[0], not truth, known)
            return
        if (cond.name, truth) in {("and", True), ("or", False)}:
            for part in cond.args:
                _learn(part, truth, known)
    known[cond] = truth
    known[negate(cond)] = not truth


def _settle(expr: Expr, known: Mapping[Expr, bool]) -> Expr:
    """The expression with decided conditions replaced by their truth."""
    if not known:
        return expr
    if isinstance(expr, Op):
        if expr in known:
            return Lit(known[expr])
        if expr.name == "=" and _contradicted(expr, known):
            return Lit(False)
        if expr.name == "#" and _contradicted(Op("=", expr.args), known):
            return Lit(True)
        args = tuple(_settle(a, known) for a in expr.args)
        return expr if args == expr.args else fold(Op(expr.name, args, expr.names))
    return Lit(known[expr]) if expr in known else expr


def _contradicted(equation: Op, known: Mapping[Expr, bool]) -> bool:
    """Whether ``a = 1`` is known where ``a = 2`` is asked."""
    a, b = equation.args
    for fact, truth in known.items():
        if truth and isinstance(fact, Op) and fact.name == "=":
            x, y = fact.args
            if any(p == q and distinct(r, s) for p, r in ((x, y), (y, x)) for q, s in ((a, b), (b, a))):
                return True
    return False
