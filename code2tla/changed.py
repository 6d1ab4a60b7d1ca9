"""Programs without one of their mechanisms: a lock, a check that history added, a step that others cannot enter.

Most of these leave no trace in a specification, since what they make atomic is one step. So it is the program that is
changed, and the specification written again from it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Literal, TypeAlias

from extractor.history.types import HistoryFinding
from extractor.types import Span
from reports.result import AuditFinding, MutantResult, Source
from specgen.expr import Lit, Var
from specgen.flow import successors
from specgen.ir import AccessMode, Node, Program, VarDecl
from specgen.steps import build
from specgen.types import Spec

Kind: TypeAlias = Literal["remove-lock", "keep-lock", "remove-check", "revert", "split-step"]
Fate: TypeAlias = Literal["killed", "survived", "not_run"]
Place: TypeAlias = tuple[str, int]
#: Mechanisms that are a check of a condition, and not something that is taken and given back.
_CHECKS = frozenset({"version", "fence", "idempotency", "lease"})
#: Mechanisms that a variable of the program stands for.
_LOCKS = frozenset({"lock", "rlock", "condition"})


@dataclass(frozen=True, slots=True)
class Change:
    """A program with one change; ``make`` gives it, None where it cannot be written.

    ``diff`` shows the change on the source lines, the first of which is at ``place``. ``about`` are the changes in the
    history that brought what it takes away. ``mechanism`` is what it takes away in words, "" where it is nothing that
    a program has to keep it safe.
    """

    kind: Kind
    subject: str
    make: Callable[[], Program | None]
    diff: str
    place: Place | None
    about: tuple[HistoryFinding, ...] = ()
    mechanism: str = ""

    def spec(self) -> Spec | None:
        """The specification of the changed program; None where it cannot be written."""
        try:
            program = self.make()
            return build(program) if program is not None else None
        except (ValueError, KeyError, AssertionError):
            return None

    def mutant(self, status: Fate, killed_by: tuple[str, ...] = ()) -> MutantResult:
        """The change to the source lines, and what came of it."""
        return MutantResult(self.kind, self.subject, self.diff, status, killed_by, self.source)

    @property
    def finding(self) -> AuditFinding:
        """What is said of a mechanism without which nothing goes wrong."""
        added = next((f for f in self.about if f.kind in ("added", "altered", "fix")), None)
        by = f", which commit {added.commit[:12]} {_DID[added.kind]} ({added.subject})," if added else ""
        text = (
            f"without {self.mechanism}{by} the specification violates nothing: it does not see what this is there for"
        )
        return AuditFinding("unexplained-mechanism", self.subject, text, self.source)

    @property
    def source(self) -> Source | None:
        """Where the change begins."""
        return Source(self.place[0], self.place[1], self.place[1]) if self.place else None


_DID = {"added": "added", "altered": "altered", "fix": "brought"}


def changes(program: Program, history: Sequence[HistoryFinding]) -> Iterator[Change]:
    """Each lock not taken, or never given back; each check that history added left out; others let into steps."""
    for var in program.vars:
        if var.lock and (taken := _places(n for n in program.nodes.values() if _touches(n, var.name, "acquire"))):
            yield _without_lock(program, var, taken, history)
            yield _keeping(program, var)
    yield from _without_checks(program, [f for f in history if f.mechanism in _CHECKS and f.kind != "removed"])
    if program.mode == "asyncio":
        yield from _split(program)


def _changed(
    kind: Kind,
    subject: str,
    program: Program,
    nodes: dict[int, Node],
    places: Sequence[Place],
    about: tuple[HistoryFinding, ...] = (),
    mechanism: str = "",
) -> Change:
    changed = replace(program, nodes=nodes)
    shown = _diff(program, kind, places)
    return Change(kind, subject, lambda: changed, shown, places[0] if places else None, about, mechanism)


def _diff(program: Program, kind: Kind, places: Sequence[Place]) -> str:
    texts = [program.sources[path][line - 1] for path, line in places if path in program.sources]
    head = [f"--- {path}:{line}" for path, line in places[:1]]
    split = kind == "split-step"
    shown = [line for text in texts for line in (("+# others run here", f" {text}") if split else (f"-{text}",))]
    return "\n".join([*head, *shown])


def _without_lock(
    program: Program, lock: VarDecl, taken: tuple[Place, ...], history: Sequence[HistoryFinding]
) -> Change:
    nodes = {number: _unlocked(node, lock.name, ("acquire", "release")) for number, node in program.nodes.items()}
    about = tuple(f for f in reversed(history) if f.mechanism in _LOCKS and f.kind == "added" and _named(f, taken))
    return _changed("remove-lock", lock.name, program, nodes, taken, about=about, mechanism=lock.name)


def _named(finding: HistoryFinding, taken: Sequence[Place]) -> bool:
    """Whether a finding is of the lock that is taken on these lines."""
    return finding.now is not None and (finding.now.path, finding.now.line) in taken


def _keeping(program: Program, lock: VarDecl) -> Change:
    given = _places(n for n in program.nodes.values() if _touches(n, lock.name, "release"))
    nodes = {number: _unlocked(node, lock.name, ("release",)) for number, node in program.nodes.items()}
    return _changed("keep-lock", lock.name, program, nodes, given)


def _unlocked(node: Node, lock: str, modes: Sequence[AccessMode]) -> Node:
    """A node without what it does to the lock in these modes: to wait for it, to take it, to give it back."""
    touched = [a for a in node.accesses if a.var == lock and a.mode in modes]
    if not touched:
        return node
    rest = tuple(a for a in node.accesses if a not in touched)
    if node.kind == "guard":
        return replace(node, cond=Lit(True), accesses=rest)
    if node.kind == "set" and node.target == Var(lock):
        return replace(node, kind="skip", target=None, value=None, accesses=rest)
    return node


def _without_checks(program: Program, history: Sequence[HistoryFinding]) -> Iterator[Change]:
    """The branches of each check always taken the way that goes on; what several findings speak of, once."""
    checks: dict[tuple[tuple[int, int], ...], list[HistoryFinding]] = {}
    for finding in history:
        if finding.now is not None and (found := _ways(program, finding.target, finding.now)):
            checks.setdefault(tuple(found.items()), []).append(finding)
    for ways, about in checks.items():
        nodes = dict(program.nodes)
        for number, onward in ways:
            nodes[number] = replace(nodes[number], kind="skip", cond=None, next=onward, other=-1)
        subject = about[0].target or about[0].mechanism
        places = _places(program.nodes[number] for number, _ in ways)
        words = f"the {about[0].mechanism} check of {subject}"
        yield _changed("remove-check", subject, program, nodes, places, about=tuple(about), mechanism=words)


def _ways(program: Program, target: str, now: Span) -> dict[int, int]:
    """The branches of a check, each with the way that goes on.

    They stand on its lines, else on lines that name it, else they decide whether it is raised.
    """
    branches = [n for n in program.nodes.values() if n.kind == "branch"]
    there = [n for n in branches if n.path == now.path and now.line <= n.line <= now.end_line]
    there = there or [n for n in branches if n.path == now.path and _names(program, n, target)]
    return {n.id: _onward(program, n) for n in there} or _not_raising(program, branches, target)


def _names(program: Program, node: Node, name: str) -> bool:
    """Whether the line of a node has the name in it."""
    line = program.sources[node.path][node.line - 1] if node.path in program.sources else ""
    return bool(name) and re.search(rf"\b{re.escape(name)}\b", line) is not None


def _onward(program: Program, branch: Node) -> int:
    """The way that changes most before the branch is met again: a check that refuses ends the call, or tries again."""

    def follows(at: int) -> tuple[int, int]:
        nodes = _ahead(program, at, branch.id)
        return sum(_writes(program.nodes[n]) for n in nodes), len(nodes)

    return max((branch.next, branch.other), key=follows)


def _not_raising(program: Program, branches: Sequence[Node], error: str) -> dict[int, int]:
    """The branches that decide whether ``error`` is raised, nothing between them and it, with the way that does not."""
    raising = re.compile(rf"\braise\s+(?:\w+\.)*{re.escape(error.rpartition('.')[2])}\b")
    lines = {
        (path, number)
        for path, text in program.sources.items()
        for number, line in enumerate(text, 1)
        if error and raising.search(line)
    }
    ends = {n.id for n in program.nodes.values() if (n.path, n.line) in lines}
    found: dict[int, int] = {}
    behind: dict[int, set[int]] = {}
    for branch in branches:
        one, other = _ahead(program, branch.next), _ahead(program, branch.other)
        if bool(one & ends) != bool(other & ends):
            found[branch.id] = branch.other if one & ends else branch.next
            behind[branch.id] = one if one & ends else other
    return {number: way for number, way in found.items() if not behind[number] & (found.keys() - {number})}


def _ahead(program: Program, at: int, until: int | None = None) -> set[int]:
    """The nodes that may follow, those behind ``until`` left out."""
    seen: set[int] = set()
    todo = [at]
    while todo:
        number = todo.pop()
        if number not in seen and number != until:
            seen.add(number)
            todo += successors(program.nodes[number])
    return seen


def _split(program: Program) -> Iterator[Change]:
    """Others let in ahead of each change to shared state, first nodes aside."""
    entries = {operation.entry for operation in program.operations}
    writes = [n for n in program.nodes.values() if n.id not in entries and _writes(n)]
    if not writes:
        return
    fresh = {n.id: max(program.nodes) + 1 + index for index, n in enumerate(writes)}
    nodes = {
        number: replace(
            node,
            next=fresh.get(node.next, node.next),
            other=fresh.get(node.other, node.other),
            alternatives=tuple(replace(a, target=fresh.get(a.target, a.target)) for a in node.alternatives),
        )
        for number, node in program.nodes.items()
    }
    for node in writes:
        nodes[fresh[node.id]] = Node(fresh[node.id], "suspend", node.path, node.line, node.function, next=node.id)
    yield _changed("split-step", program.module, program, nodes, _places(writes))


def _writes(node: Node) -> bool:
    return node.kind != "guard" and any(a.mode in ("write", "update") and not a.effect for a in node.accesses)


def _touches(node: Node, lock: str, mode: AccessMode) -> bool:
    return any(a.var == lock and a.mode == mode for a in node.accesses)


def _places(nodes: Iterator[Node] | Sequence[Node]) -> tuple[Place, ...]:
    return tuple(sorted({(n.path, n.line) for n in nodes}))
