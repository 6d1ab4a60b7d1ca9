"""The audit as a stage of the pipeline: what stands of each pass, kept between runs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from code2tla import auditing
from code2tla.assemble import NOT_AUDITED
from code2tla.changed import changes
from code2tla.checked import Audited, Checked
from code2tla.gate import gate
from code2tla.rundir import digest
from code2tla.runners import Recorded
from code2tla.settings import Settings
from code2tla.undone import undone
from extractor.history.types import HistoryFinding
from extractor.types import Facts
from reports.result import Result
from specgen import printing
from specgen.ir import Program
from specgen.types import Spec
from tlc_runner.audit.audit import audit
from tlc_runner.audit.types import Limits, Subject


def _not_written(_: Facts) -> None:
    """Of what others wrote, no program is known."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A specification and what checking it gave.

    ``program`` gives what it was written from, where a compiler wrote it; ``write`` gives the program of the same
    object where the feature's facts are others.
    """

    spec: Spec
    checked: Checked
    program: Callable[[], Program] | None = None
    write: Callable[[Facts], Program | None] = _not_written


#: The part of its time that an audit gets beside a violation, which is what the reader came for.
_BESIDE_VIOLATION = 0.25


def through(
    result: Result,
    checked: Sequence[Candidate],
    facts: Facts,
    history: Sequence[HistoryFinding],
    oracle: Recorded,
    settings: Settings,
) -> Result:
    """The result with every pass audited; passes share the audit's time."""
    seconds = settings.audit_budget * (_BESIDE_VIOLATION if result.verdict == "violated" else 1)
    share = seconds / max(sum(c.checked.verdict == "verified" for c in checked), 1)
    parts = list(result.parts or (result,))
    for at, one in enumerate(checked):
        if one.checked.verdict == "verified" and parts[at].verdict == "verified":
            parts[at] = _with(parts[at], _kept(one, facts, history, oracle, share, settings.memory_mb))
    if not result.parts:
        return parts[0]
    notes = tuple(n for n in result.notes if n != NOT_AUDITED or any(NOT_AUDITED in p.notes for p in parts))
    weaker = [p for p in parts if p.verdict == "inconclusive"]
    properties = tuple(x for p in parts for x in p.properties)
    result = replace(result, parts=tuple(parts), properties=properties, notes=notes)
    if result.verdict == "verified" and weaker:
        reason = f"{len(parts)} shared objects: {len(weaker)} inconclusive, {len(parts) - len(weaker)} verified"
        return replace(result, verdict="inconclusive", reason=reason)
    return result


def _kept(
    one: Candidate,
    facts: Facts,
    history: Sequence[HistoryFinding],
    oracle: Recorded,
    seconds: float,
    memory_mb: int,
) -> Audited:
    """The audit of one pass, or an earlier run's that got to its end."""
    key = digest(oracle.identity, one.spec, one.checked.properties, one.checked.verdict, history)
    known = oracle.directory.get("audit", key)
    if isinstance(known, Audited):
        return known
    if one.program is None:
        made = _written_by_others(one, oracle, seconds, memory_mb)
    else:
        tried = (*changes(one.program(), history), *undone(facts, history, one.write))
        made = gate(one.spec, tried, one.checked, oracle, seconds, memory_mb)
    if made.verdict == "verified":
        oracle.directory.put("audit", key, made)
    return made


def _written_by_others(one: Candidate, oracle: Recorded, seconds: float, memory_mb: int) -> Audited:
    """A specification of a form of its author's own: audited like anybody's, with the configuration it came with."""
    modules = {name: text for name, text in one.checked.files.items() if name.endswith(".tla")}
    modules[f"{one.spec.module}.tla"] = printing.module_text(one.spec)
    cfg = one.checked.files.get(f"{one.spec.module}.cfg", "")
    made = audit(Subject(modules, one.spec.module, cfg, deadlock=False), oracle.runner, Limits(seconds, memory_mb))
    verdict, reason = auditing.judged(made)
    return Audited(
        verdict="inconclusive" if verdict != "verified" else one.checked.verdict,
        reason=reason if verdict != "verified" else one.checked.reason,
        audit=auditing.translated(made),
        mutants={p.name: p.mutants for p in made.properties},
        killed={p.name: p.killed for p in made.properties},
    )


def _with(part: Result, audited: Audited) -> Result:
    properties = tuple(
        replace(p, mutants=audited.mutants.get(p.name, 0), killed=audited.killed.get(p.name, 0))
        for p in part.properties
    )
    return replace(
        part,
        verdict=audited.verdict,
        reason=audited.reason,
        audit=audited.audit,
        properties=properties,
        notes=tuple(note for note in part.notes if note != NOT_AUDITED),
    )
