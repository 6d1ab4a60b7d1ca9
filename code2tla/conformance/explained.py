"""What TLC made of recorded schedules: how many windows each action explained, and which steps none did."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from code2tla import pytext
from code2tla.conformance.windows import Follower, Trace, Turn
from reports.result import ActionConformance, ConformanceResult
from specgen.types import Spec
from tlc_runner.values import parse_value

#: Refusals that are told one by one.
_TOLD = 10

#: Where TLC stands in a trace: the turn, and how many records of each process it has explained.
_Node = tuple[int, tuple[int, ...]]


@dataclass(frozen=True, slots=True)
class _Edge:
    """A step that TLC took from a node: ``process`` moved by ``action`` (0: on to the next turn)."""

    start: _Node
    end: _Node
    process: int
    action: str


class Judge:
    """Counts the windows that were explained, and words those that were not."""

    def __init__(self, spec: Spec, follower: Follower, traces: Sequence[Trace], prints: Iterable[str]) -> None:
        self._spec = spec
        self._follower = follower
        self._traces = traces
        self._edges: dict[int, set[_Edge]] = defaultdict(set)
        for line in prints:
            value = parse_value(line)
            match value:
                case int() as trace, int() as time, tuple() as place, int() as process, int() as to, str() as action:
                    explained = tuple(n for n in place if isinstance(n, int))
                    self._edges[trace].add(_edge(time, explained, process, to, action))

    def verdict(self) -> ConformanceResult:
        """The counts and the refusals."""
        seen: dict[str, int] = defaultdict(int)
        agreed: dict[str, int] = defaultdict(int)
        refused: dict[str, int] = defaultdict(int)
        for number, trace in enumerate(self._traces, 1):
            edges = self._edges[number]
            whole = [e.end for e in edges if not e.process and e.end[0] > len(trace.turns)]
            ends = whole or [self._furthest(edges)]
            for edge in _leading_to(edges, ends):
                if edge.process and edge.action:
                    seen[edge.action] += 1
                    agreed[edge.action] += 1
            if not whole:
                said, suspects = self._refused(trace, ends[0])
                refused[said] += 1
                for name in suspects:
                    seen[name] += 1
        actions = tuple(ActionConformance(a.name, seen[a.name], agreed[a.name]) for a in self._spec.actions)
        told = [f"{said} ({n} schedules)" if n > 1 else said for said, n in refused.items()]
        more = [f"and {len(told) - _TOLD} more"] if len(told) > _TOLD else []
        return ConformanceResult(actions, len(self._traces), tuple(told[:_TOLD] + more), free=self._free())

    def _free(self) -> tuple[str, ...]:
        """Variables that were compared in no schedule."""
        compared = {name for trace in self._traces for name in self._follower.mapped if name not in trace.free}
        return tuple(v.name for v in self._spec.variables if v.name not in compared)

    def _furthest(self, edges: set[_Edge]) -> _Node:
        start: _Node = (1, (0,) * len(self._follower.everyone))
        return max((n for e in edges for n in (e.start, e.end)), key=lambda n: (n[0], sum(n[1])), default=start)

    def _refused(self, trace: Trace, node: _Node) -> tuple[str, list[str]]:
        """The step that nothing explains, in words, and the actions that model its line."""
        time, place = node
        turn = trace.turns[time - 1]
        who = self._follower.everyone.index(turn.who)
        records = [r for t in trace.turns[:time] if t.who == turn.who for r in t.records]
        call = f" in {_shown_call(turn.call)}" if turn.call else ""
        if place[who] < len(records):
            record = records[place[who]]
            changed = ", ".join(f"{name} {text or 'to something unknown'}" for name, text in record.values.items())
            said = f"{record.place}: {turn.who}{call} made {changed}, which no action of the specification allows there"
            return said, self._suspects(record.place, turn)
        if turn.ends:
            came = trace.results.get(turn.who, "that is not compared")
            said = f"{turn.who}{call} ended with a result {came}, which the specification does not reach"
            return said, self._suspects("", turn)
        return f"{turn.who}{call} went on where the specification has no step", self._suspects("", turn)

    def _suspects(self, place: str, turn: Turn) -> list[str]:
        """The action that models the line, else the first one of the operation."""
        path, _, lines = place.partition(":")
        first = int(lines.partition("-")[0] or 0)
        op = pytext.get(parse_value(turn.call), "op") if turn.call else None
        mine = [a for a in self._spec.actions if a.operation == op]
        there = [a for a in mine if any(s.path == path and s.line <= first <= s.end_line for s in a.sources)]
        return [a.name for a in (there or mine)[:1]]


def _edge(time: int, place: tuple[int, ...], process: int, to: int, action: str) -> _Edge:
    if process == 0:
        return _Edge((time, place), (time + 1, place), 0, "")
    after = (*place[: process - 1], to, *place[process:])
    return _Edge((time, place), (time, after), process, action)


def _leading_to(edges: set[_Edge], ends: Iterable[_Node]) -> set[_Edge]:
    """The edges on ways to one of these nodes."""
    into: dict[_Node, list[_Edge]] = defaultdict(list)
    for edge in edges:
        into[edge.end].append(edge)
    found: set[_Edge] = set()
    left, seen = list(ends), set(ends)
    while left:
        for edge in into[left.pop()]:
            found.add(edge)
            if edge.start not in seen:
                seen.add(edge.start)
                left.append(edge.start)
    return found


def _shown_call(text: str) -> str:
    return pytext.call(parse_value(text), {})
