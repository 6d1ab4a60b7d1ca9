"""A specification without one of its locks: rebuilt from the program, since most locks leave no trace in the text."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Literal

from code2tla.each import Each
from code2tla.runners import Recorded
from reports.result import AuditFinding, MutantResult, Source
from specgen import printing
from specgen.expr import Lit, Var
from specgen.ir import Node, Program, VarDecl
from specgen.steps import build
from specgen.types import Bounds, Spec
from tlc_runner.types import Budget, Job

Fate = Literal["killed", "survived", "not_run"]


def of(program: Program) -> list[VarDecl]:
    """The locks of a program that some operation takes."""
    taken = {a.var for node in program.nodes.values() for a in node.accesses if a.mode == "acquire"}
    return [v for v in program.vars if v.lock and v.name in taken]


def rebuilt(program: Program, lock: VarDecl) -> Spec | None:
    """The specification of ``program`` if nobody took ``lock``; None where it cannot be written."""
    nodes = {number: _without(node, lock.name) for number, node in program.nodes.items()}
    try:
        return build(replace(program, nodes=nodes))
    except (ValueError, KeyError, AssertionError):
        return None


def _without(node: Node, lock: str) -> Node:
    """A node that neither waits for the lock nor takes it nor gives it back."""
    touched = [a for a in node.accesses if a.var == lock and a.mode in ("acquire", "release")]
    if not touched:
        return node
    rest = tuple(a for a in node.accesses if a not in touched)
    if node.kind == "guard":
        return replace(node, cond=Lit(True), accesses=rest)
    if node.kind == "set" and node.target == Var(lock):
        return replace(node, kind="skip", target=None, value=None, accesses=rest)
    return node


def violated(
    spec: Spec, bounds: Bounds, outcomes: Sequence[str], wanted: Sequence[str], oracle: Recorded, budget: Budget
) -> tuple[str, ...] | None:
    """Which of ``wanted`` a specification without a lock violates; None where TLC did not get to the end.

    ``outcomes`` are those of the specification with the lock: one call at a time, locks make no difference.
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


def mutant(program: Program, lock: VarDecl, status: Fate, killed_by: tuple[str, ...]) -> MutantResult:
    """The program without the lock, as a change to the lines that take it."""
    lines = sorted({(n.path, n.line) for n in program.nodes.values() if _takes(n, lock.name)})
    removed = [f"-{program.sources[path][number - 1]}" for path, number in lines if path in program.sources]
    source = Source(lines[0][0], lines[0][1], lines[0][1]) if lines else None
    where = f"{lines[0][0]}:{lines[0][1]}" if lines else ""
    diff = "\n".join([f"--- {where}", *removed])
    return MutantResult("remove-lock", lock.name, diff, status, killed_by, source)


def unexplained(program: Program, lock: VarDecl) -> AuditFinding:
    """What is said of a lock without which nothing goes wrong."""
    text = f"without {lock.name} the specification violates nothing: it does not see what the lock is there for"
    return AuditFinding("unexplained-mechanism", lock.name, text, mutant(program, lock, "survived", ()).source)


def _takes(node: Node, lock: str) -> bool:
    return any(a.var == lock and a.mode == "acquire" for a in node.accesses)
