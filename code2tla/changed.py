"""Programs without one of their mechanisms: a lock, a check that history added, a step that others cannot enter.

Most of these leave no trace in a specification, since what they make atomic is one step. So it is the program that is
changed, and the specification written again from it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Literal, TypeAlias

from code2tla.each import Each
from code2tla.runners import Recorded
from extractor.history.types import HistoryFinding
from extractor.types import Span
from reports.result import AuditFinding, MutantResult, Source
from specgen import printing
from specgen.expr import Lit, Var
from specgen.flow import reachable
from specgen.ir import AccessMode, Node, Operation, Program, VarDecl
from specgen.steps import build
from specgen.types import Bounds, Spec
from tlc_runner.types import Budget, Job

Fate: TypeAlias = Literal["killed", "survived", "not_run"]
#: Mechanisms that are a check of a condition, and not something that is taken and given back.
_CHECKS = frozenset({"version", "fence", "idempotency", "lease"})


@dataclass(frozen=True, slots=True)
class Change:
    """A program with one change. ``lines`` are the (path, number) that it takes away, or splits before.

    ``unexplained`` is what is said where nothing notices it, "" where that says nothing of the specification.
    """

    kind: Literal["remove-lock", "keep-lock", "revert", "split-step"]
    subject: str
    program: Program
    lines: tuple[tuple[str, int], ...]
    unexplained: str = ""

    def spec(self) -> Spec | None:
        """The specification of the changed program; None where it cannot be written."""
        try:
            return build(self.program)
        except (ValueError, KeyError, AssertionError):
            return None

    def mutant(self, status: Fate, killed_by: tuple[str, ...] = ()) -> MutantResult:
        """The change to the source lines, and what came of it."""
        texts = [self.program.sources[path][number - 1] for path, number in self.lines if path in self.program.sources]
        head = [f"--- {path}:{number}" for path, number in self.lines[:1]]
        split = self.kind == "split-step"
        shown = [line for text in texts for line in (("+# others run here", f" {text}") if split else (f"-{text}",))]
        return MutantResult(self.kind, self.subject, "\n".join([*head, *shown]), status, killed_by, self.source)

    @property
    def finding(self) -> AuditFinding:
        """What is said of a mechanism without which nothing goes wrong."""
        return AuditFinding("unexplained-mechanism", self.subject, self.unexplained, self.source)

    @property
    def source(self) -> Source | None:
        """The first of the lines."""
        return Source(self.lines[0][0], self.lines[0][1], self.lines[0][1]) if self.lines else None


def changes(program: Program, history: Sequence[HistoryFinding]) -> Iterator[Change]:
    """Each lock not taken, or never given back; each check that history added left out; others let into steps."""
    for var in program.vars:
        if var.lock and (taken := _lines(n for n in program.nodes.values() if _takes(n, var.name))):
            yield _without_lock(program, var, taken, history)
            yield _keeping(program, var)
    for finding in history:
        if finding.mechanism in _CHECKS and finding.kind != "removed" and finding.now:
            yield from _without_check(program, finding, finding.now)
    if program.mode == "asyncio":
        yield from _split(program)


def violated(
    spec: Spec, bounds: Bounds, outcomes: Sequence[str], wanted: Sequence[str], oracle: Recorded, budget: Budget
) -> tuple[str, ...] | None:
    """Which of ``wanted`` a changed specification violates; None where TLC did not get to the end.

    ``outcomes`` are those of the specification as it is: to one call at a time, locks make no difference.
    """
    each = Each(spec, [p for p in spec.properties if p.name in wanted])
    name, serial = printing.serial_module(spec, outcomes)
    job = Job(
        modules={f"{spec.module}.tla": printing.module_text(spec), name: serial, **each.modules},
        root=each.root,
        cfg=each.cfg(bounds),
        budget=budget,
        keep_going=True,
    )
    result = oracle.ask(job).result
    found = tuple(dict.fromkeys(name for name, _ in each.found(result)))
    return found if found or result.complete else None


def _without_lock(
    program: Program, lock: VarDecl, taken: tuple[tuple[str, int], ...], history: Sequence[HistoryFinding]
) -> Change:
    nodes = {number: _unlocked(node, lock.name, ("acquire", "release")) for number, node in program.nodes.items()}
    added = next((f for f in reversed(history) if f.kind == "added" and _named(f, taken)), None)
    text = f"without {lock.name}{_told(added)} the specification violates nothing: {_BLIND}"
    return Change("remove-lock", lock.name, replace(program, nodes=nodes), taken, text)


_BLIND = "it does not see what this is there for"


def _named(finding: HistoryFinding, taken: Sequence[tuple[str, int]]) -> bool:
    """Whether a finding is of the lock that is taken on these lines."""
    if finding.now is None or finding.mechanism == "ordering" or not finding.mechanism:
        return False
    return (finding.now.path, finding.now.line) in taken


def _told(finding: HistoryFinding | None) -> str:
    return f", which commit {finding.commit[:12]} added ({finding.subject})," if finding else ""


def _keeping(program: Program, lock: VarDecl) -> Change:
    given = _lines(
        n for n in program.nodes.values() if any(a.var == lock.name and a.mode == "release" for a in n.accesses)
    )
    nodes = {number: _unlocked(node, lock.name, ("release",)) for number, node in program.nodes.items()}
    return Change("keep-lock", lock.name, replace(program, nodes=nodes), given)


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


def _without_check(program: Program, finding: HistoryFinding, now: Span) -> Iterator[Change]:
    """The branches on the lines of a check, each always taken the way that goes on."""
    checks = [
        n
        for n in program.nodes.values()
        if n.kind == "branch" and n.path == now.path and now.line <= n.line <= now.end_line
    ]
    if not checks:
        return
    nodes = dict(program.nodes)
    for node in checks:
        onward = max((node.next, node.other), key=lambda at: _ahead(program, at))
        nodes[node.id] = replace(node, kind="skip", cond=None, next=onward, other=-1)
    subject = finding.target or finding.mechanism
    text = f"without {subject}{_told(finding)} the specification violates nothing: {_BLIND}"
    yield Change("revert", subject, replace(program, nodes=nodes), _lines(checks), text)


def _ahead(program: Program, at: int) -> int:
    """How many nodes may follow: fewer where a check has refused."""
    return len(reachable(program, Operation("", "", (), at, Span("", 0, 0))))


def _split(program: Program) -> Iterator[Change]:
    """Others let in ahead of each change to shared state, first nodes aside."""
    entries = {operation.entry for operation in program.operations}
    writes = [n for n in program.nodes.values() if n.id not in entries and _changes(n)]
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
    yield Change("split-step", program.module, replace(program, nodes=nodes), _lines(writes))


def _changes(node: Node) -> bool:
    return node.kind != "guard" and any(a.mode in ("write", "update") and not a.effect for a in node.accesses)


def _takes(node: Node, lock: str) -> bool:
    return any(a.var == lock and a.mode == "acquire" for a in node.accesses)


def _lines(nodes: Iterator[Node] | Sequence[Node]) -> tuple[tuple[str, int], ...]:
    return tuple(sorted({(n.path, n.line) for n in nodes}))
