"""The audit in the pipeline's words: what a pass of a specification means, and what is missing to one."""

from __future__ import annotations

from collections import Counter

from reports.result import AuditFinding, AuditResult, MutantResult, Source, Verdict
from tlc_runner.audit.types import Audit, Finding, Mutant

#: Findings that keep a pass from counting, and what is said of them.
_GRAVE = {
    "dead-action": "never taken",
    "tautology": "says nothing",
    "implied-by-typeok": "says no more than the types",
    "weak-property": "noticed no mutant",
}


def judged(audit: Audit) -> tuple[Verdict, str]:
    """The verdict on a specification that someone else wrote, and the reason."""
    if audit.unreadable:
        return "inconclusive", f"TLC cannot check it: {audit.unreadable}"
    if violated := [p.name for p in audit.properties if p.status == "violated"]:
        return "violated", f"violated: {', '.join(violated)}"
    if not audit.properties:
        return "inconclusive", "the configuration names no property to check"
    lacking = [f"{_GRAVE[kind]}: {', '.join(subjects)}" for kind, subjects in _grave(audit)]
    if not audit.complete:
        lacking.insert(0, "not all states were explored")
    if unchecked := [p.name for p in audit.properties if p.status == "unchecked"]:
        lacking.append(f"not checked: {', '.join(unchecked)}")
    if untried := [p.name for p in audit.properties if p.status == "holds" and not p.mutants and p.kind != "deadlock"]:
        lacking.append(f"no mutant was tried against: {', '.join(untried)}")
    if lacking:
        return "inconclusive", "; ".join(lacking)
    return "verified", "every property holds and noticed a mutant, every action was taken"


def _grave(audit: Audit) -> list[tuple[str, list[str]]]:
    found: dict[str, list[str]] = {}
    for finding in audit.findings:
        if finding.kind in _GRAVE:
            found.setdefault(finding.kind, []).append(finding.subject)
    return list(found.items())


def fates(audit: Audit) -> str:
    """How many mutants met with which fate, in one sentence."""
    counts = Counter(m.status for m in audit.mutants)
    told = ", ".join(f"{counts[status]} {status.replace('_', ' ')}" for status in counts)
    return f"{len(audit.mutants)} mutants: {told}." if told else "No mutants."


def translated(audit: Audit) -> AuditResult:
    """An audit as part of a result; lines are those of the modules."""
    return AuditResult(
        findings=tuple(_finding(f) for f in audit.findings),
        mutants=tuple(_mutant(m) for m in audit.mutants),
        seconds=audit.seconds,
    )


def _finding(finding: Finding) -> AuditFinding:
    place = finding.location
    source = Source(f"{place.module}.tla", place.line, place.end_line) if place else None
    return AuditFinding(finding.kind, finding.subject, finding.text, source)


def _mutant(mutant: Mutant) -> MutantResult:
    made = mutant.mutation
    source = Source(f"{made.module}.tla", made.line, made.line)
    return MutantResult(made.kind, made.action, mutant.diff, mutant.status, mutant.killed_by, source)
