"""The pipeline's last gate: a pass counts only if every property noticed a mutant of the specification."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import cached_property

from code2tla import auditing
from code2tla.asked import Asked
from code2tla.changed import Change
from code2tla.checked import Audited, Checked
from code2tla.mechanisms import Mechanisms
from code2tla.runners import Recorded
from reports.result import AuditFinding, AuditResult, MutantResult, Source
from specgen import printing
from specgen.types import Bounds, Property, Spec
from tlc_runner.audit.audit import audit, proposed
from tlc_runner.audit.hunt import risky
from tlc_runner.audit.types import Audit, Limits, Mutant, Mutation, Scope, Subject

#: What ends a call: its last argument is what came of it.
_ANSWERING = frozenset({"Finish"})
#: Mutants are at work only once the calls may overlap, so that what they start from is what the code can lead to.
_ACTIVE = 'at[Setup] = "end"'
#: The scenarios in which properties are asked, one after another while some noticed nothing.
_SMALLEST = Bounds(2, 1, 0)
_SCENARIOS = (_SMALLEST, Bounds(3, 0, 0), Bounds(2, 2, 1), Bounds(3, 1, 0), Bounds(3, 1, 1))
#: Mutants of one action that share a run, at least; states that those of a run have together, if they are as the
#: specification itself; and the fewest that one of them is taken to have.
_PER_ACTION = 3
_TOGETHER = 12_000
_FEWEST = 50
#: More steps than any scenario has.
_DEPTH = 80


def gate(
    spec: Spec, changes: Sequence[Change], checked: Checked, oracle: Recorded, seconds: float, memory_mb: int
) -> Audited:
    """Audits a specification that passed; ``changes`` take a mechanism each away from what it was written from."""
    return _Gate(Asked(spec, checked, oracle, seconds, memory_mb), changes).audit()


class _Gate:
    def __init__(self, asked: Asked, changes: Sequence[Change]) -> None:
        self._began = time.monotonic()
        self.asked = asked
        self.spec = asked.spec
        self._mechanisms = Mechanisms(asked, changes)
        self._mutants: dict[int, Mutant] = {}
        self._findings: list[AuditFinding] = []
        self._scope = Scope(frozenset(a.name for a in self.spec.actions), _ACTIVE, depth=_DEPTH, answering=_ANSWERING)

    def audit(self) -> Audited:
        """What every property needs first, beside changes of the program; then the fate of every mutant."""
        with ThreadPoolExecutor(1) as pool:
            beside = pool.submit(self._mechanisms.try_all)
            for doubtful in (False, True):
                for bounds in _SCENARIOS:
                    self._likely(bounds, [m for m in self._mutations if risky(m) is doubtful])
            self._every(_SMALLEST)
            beside.result()
        return self._judged()

    def _likely(self, bounds: Bounds, untried: Sequence[Mutation]) -> None:
        """Some mutants at a time, until each of the properties that noticed none so far has noticed one."""
        while untried:
            silent = self.asked.silent(bounds.callers)
            chosen = tuple(self._telling(untried, silent, bounds))
            scope = replace(self._scope, chosen=chosen, every=True, states=self.asked.states(bounds))
            made = self._ask(bounds, silent, scope, self.asked.share) if chosen else None
            if made is None:
                return
            self._take(made)
            untried = [m for m in untried if m not in chosen]

    def _every(self, bounds: Bounds) -> None:
        """Every mutant, to its end."""
        known = frozenset(name for name, by in self.asked.killers.items() if by)
        scope = replace(self._scope, chosen=self._mutations, careful=True, known=known)
        made = self._ask(bounds, self.asked.of(bounds.callers), scope, self.asked.left)
        if made is not None:
            self._take(made)
            found = auditing.translated(made).findings
            self._findings += [replace(f, source=self._source(f.subject)) for f in found if f.kind == "idle-guard"]

    @cached_property
    def _mutations(self) -> tuple[Mutation, ...]:
        return proposed(self._subject(_SMALLEST, (), ()), self.asked.oracle.runner, self._scope)

    def _telling(self, untried: Sequence[Mutation], silent: Sequence[Property], bounds: Bounds) -> Iterator[Mutation]:
        """Mutants of what silent properties speak of, as many of each action: noticed ones first, then likely ones."""
        spoken = {name for p in silent for name in p.operations or self.spec.operations}
        actions = {a.name for a in self.spec.actions if not a.operation or a.operation in spoken}
        fitting = _TOGETHER // (max(self.asked.size(bounds), _FEWEST) * max(len(actions), 1))
        taken: Counter[str] = Counter()
        for mutation in sorted(untried, key=lambda m: not self._noticed(m)):
            fits = mutation.action in actions and taken[mutation.action] < max(fitting, _PER_ACTION)
            if fits and self._noticed(mutation) is not False:
                taken[mutation.action] += 1
                yield mutation

    def _noticed(self, mutation: Mutation) -> bool | None:
        """Whether a property has noticed a mutant; False where TLC cannot evaluate it, None where nothing is known."""
        known = self._mutants.get(mutation.number)
        if known is None or known.status not in ("killed", "invalid"):
            return None
        return bool(known.killed_by)

    def _ask(self, bounds: Bounds, wanted: Sequence[Property], scope: Scope, seconds: float) -> Audit | None:
        outcomes = self.asked.outcomes(self.spec, bounds) if wanted else None
        if outcomes is None:
            return None
        limits = Limits(min(seconds, self.asked.left), self.asked.memory_mb, jobs=1)
        return audit(self._subject(bounds, outcomes, wanted), self.asked.oracle.runner, limits, scope)

    def _subject(self, bounds: Bounds, outcomes: Sequence[str], wanted: Sequence[Property]) -> Subject:
        name, module = printing.serial_module(self.spec, outcomes)
        modules = {f"{self.spec.module}.tla": printing.module_text(self.spec), name: module}
        return Subject(modules, self.spec.module, printing.cfg(self.spec, bounds, True, wanted), deadlock=False)

    def _take(self, made: Audit) -> None:
        """Keeps what came of each mutant."""
        for mutant in made.mutants:
            number = mutant.mutation.number
            for name in mutant.killed_by:
                self.asked.note(name, f"{number}")
            known = self._mutants.get(number)
            if known is None or known.status == "not_run":
                self._mutants[number] = mutant
            elif mutant.killed_by:
                by = tuple(dict.fromkeys([*known.killed_by, *mutant.killed_by]))
                self._mutants[number] = replace(known, status="killed", killed_by=by)

    def _source(self, action: str) -> Source | None:
        for known in self.spec.actions:
            if known.name == action and known.sources:
                span = known.sources[0]
                return Source(span.path, span.line, span.end_line)
        return None

    def _judged(self) -> Audited:
        asked = self.asked
        silent = [p for p in asked.holding if not asked.killers[p.name]]
        tried = sum(m.status in ("killed", "survived", "equivalent") for m in self._mutants.values())
        decided = tried + sum(m.status != "not_run" for m in self._mechanisms.mutants)
        for p in silent:
            source = Source(p.sources[0].path, p.sources[0].line, p.sources[0].end_line) if p.sources else None
            text = f"{p.name} noticed none of {decided} mutants: {p.plain}"
            self._findings.append(AuditFinding("weak-property", p.name, text, source))
        verdict, reason = asked.checked.verdict, asked.checked.reason
        if verdict == "verified" and silent:
            over = " in the time of the audit (--audit-budget)" if asked.over else ""
            verdict = "inconclusive"
            reason = f"noticed no mutant of the specification{over}: {', '.join(p.name for p in silent)}"
        mutants = tuple(self._mutant(m) for m in self._mutants.values())
        return Audited(
            verdict=verdict,
            reason=reason,
            audit=AuditResult(
                (*self._findings, *self._mechanisms.findings),
                (*mutants, *self._mechanisms.mutants),
                round(time.monotonic() - self._began, 2),
            ),
            mutants={p.name: decided for p in asked.holding},
            killed={name: len(by) for name, by in asked.killers.items()},
        )

    def _mutant(self, mutant: Mutant) -> MutantResult:
        made = mutant.mutation
        return MutantResult(
            made.kind, made.action, mutant.diff, mutant.status, mutant.killed_by, self._source(made.action)
        )
