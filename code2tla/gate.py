"""The pipeline's last gate: a pass counts only if every property noticed a mutant of the specification."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import cached_property
from threading import Lock

from code2tla import auditing
from code2tla.changed import Change, Fate, changes, violated
from code2tla.checked import Audited, Checked
from code2tla.runners import Recorded
from extractor.history.types import HistoryFinding
from reports.result import AuditFinding, AuditResult, MutantResult, Source
from specgen import printing
from specgen.ir import Program
from specgen.types import Bounds, Property, Spec
from tlc_runner.audit.audit import audit, proposed
from tlc_runner.audit.types import Audit, Limits, Mutant, Mutation, Scope, Subject
from tlc_runner.types import Budget, Job

#: Definitions that say how calls begin and go on: no mistake of the code looks like a change to them.
_SCAFFOLD = frozenset(
    {"Next", "Init", "Begin", "EndSetup", "GoesOn", "GoTo", "GoToWith", "Arrive", "Everyone", "Calls", "Unborn"}
    | {"NoLocals", "MidTurn", "Busy", "View", "vars", "object", "IsDict", "Entries"}
)
#: Mutants are at work only once the calls may overlap, so that what they start from is what the code can lead to.
_ACTIVE = 'at[Setup] = "end"'
#: The scenarios on which properties of two and of three calls are asked, one after another while some noticed nothing.
_RUNGS = {2: (Bounds(2, 1, 0), Bounds(2, 2, 1)), 3: (Bounds(3, 1, 0), Bounds(3, 1, 1))}
#: Mutants of one action that are taken where the aim is that every property notices one.
_PER_ACTION = 3
#: More steps than any scenario has.
_DEPTH = 80
#: The part of the time left that a run after silent properties may take.
_SHARE = 0.5
#: Seconds below which another audit is not begun.
_LEAST = 2.0


def gate(
    spec: Spec,
    program: Program | None,
    history: Sequence[HistoryFinding],
    checked: Checked,
    oracle: Recorded,
    seconds: float,
    memory_mb: int,
) -> Audited:
    """Audits a specification that passed; ``program`` is what it was written from, where there is one."""
    return _Gate(spec, program, history, checked, oracle, seconds, memory_mb).audit()


class _Gate:
    def __init__(
        self,
        spec: Spec,
        program: Program | None,
        history: Sequence[HistoryFinding],
        checked: Checked,
        oracle: Recorded,
        seconds: float,
        memory_mb: int,
    ) -> None:
        self.spec = spec
        self.program = program
        self.history = history
        self.checked = checked
        self.oracle = oracle
        self.memory_mb = memory_mb
        self._began = time.monotonic()
        self._seconds = seconds
        self._killers: dict[str, set[str]] = {p.name: set() for p in self.holding}
        self._mutants: dict[int, Mutant] = {}
        self._findings: list[AuditFinding] = []
        self._programs: dict[tuple[str, str], MutantResult] = {}
        self._asking = Lock()

    @property
    def holding(self) -> list[Property]:
        return [p for p in self.spec.properties if self.checked.properties.get(p.name) == "holds"]

    @property
    def _left(self) -> float:
        return self._began + self._seconds - time.monotonic()

    def audit(self) -> Audited:
        """What every property needs first, beside changes of the program; then the fate of every mutant."""
        with ThreadPoolExecutor(1) as pool:
            beside = pool.submit(self._changed, self.program) if self.program else None
            for rungs in zip(_RUNGS[2], _RUNGS[3], strict=True):
                for callers, bounds in zip((2, 3), rungs, strict=True):
                    self._likely(bounds, self._silent(callers))
            self._every(_RUNGS[2][0], self._of(2))
            if beside:
                beside.result()
        return self._judged()

    def _silent(self, callers: int) -> list[Property]:
        return [p for p in self._of(callers) if not self._killers[p.name]]

    def _of(self, callers: int) -> list[Property]:
        """Properties that a scenario of so many overlapping calls can decide."""
        of_three = [p for p in self.holding if len(p.operations) == 3 or p.name.endswith("_of_three")]
        return of_three if callers == 3 else [p for p in self.holding if p not in of_three]

    def _every(self, bounds: Bounds, wanted: Sequence[Property]) -> None:
        """Every mutant, to its end."""
        known = frozenset(name for name, by in self._killers.items() if by)
        scope = Scope(_SCAFFOLD, _ACTIVE, careful=True, depth=_DEPTH, known=known)
        self._findings += self._take(self._ask(bounds, wanted, scope, self._left))

    def _likely(self, bounds: Bounds, silent: Sequence[Property]) -> None:
        """A few mutants of each action, until each of the properties that noticed none so far has noticed one."""
        if silent and self._left > _LEAST:
            chosen = tuple(self._telling(self._mutations))
            seconds = max(self._left * _SHARE, _LEAST)
            self._take(self._ask(bounds, silent, Scope(_SCAFFOLD, _ACTIVE, chosen, every=True, depth=_DEPTH), seconds))

    @cached_property
    def _mutations(self) -> tuple[Mutation, ...]:
        subject = self._subject(self.spec, _RUNGS[2][0], (), ())
        return proposed(subject, self.oracle.runner, Scope(_SCAFFOLD, _ACTIVE))

    def _ask(self, bounds: Bounds, wanted: Sequence[Property], scope: Scope, seconds: float) -> Audit | None:
        if not wanted or self._left < _LEAST:
            return None
        outcomes = self._serial(self.spec, bounds)
        if outcomes is None:
            return None
        limits = Limits(min(seconds, max(self._left, _LEAST)), self.memory_mb, jobs=1)
        return audit(self._subject(self.spec, bounds, outcomes, wanted), self.oracle.runner, limits, scope)

    def _take(self, made: Audit | None) -> list[AuditFinding]:
        """Keeps what came of each mutant; gives the findings."""
        for mutant in made.mutants if made else ():
            number = mutant.mutation.number
            for name in mutant.killed_by:
                self._note(name, f"{number}")
            known = self._mutants.get(number)
            if known is None or known.status == "not_run":
                self._mutants[number] = mutant
            elif mutant.killed_by:
                by = tuple(dict.fromkeys([*known.killed_by, *mutant.killed_by]))
                self._mutants[number] = replace(known, status="killed", killed_by=by)
        return [f for f in self._translated(made) if f.kind == "idle-guard"] if made else []

    def _note(self, name: str, mutant: str) -> None:
        if name in self._killers:
            self._killers[name].add(mutant)

    def _telling(self, mutations: Sequence[Mutation]) -> Iterator[Mutation]:
        """A few mutants of each definition: noticed ones first, then the likely ones, survivors never."""
        taken: Counter[str] = Counter()
        for mutation in sorted(mutations, key=lambda m: not self._was(m, "killed")):
            if taken[mutation.action] < _PER_ACTION and not self._was(mutation, "survived"):
                taken[mutation.action] += 1
                yield mutation

    def _was(self, mutation: Mutation, status: str) -> bool:
        known = self._mutants.get(mutation.number)
        return known is not None and known.status == status

    def _serial(self, spec: Spec, bounds: Bounds) -> tuple[str, ...] | None:
        """The outcomes of one call at a time; None where there was no time for all of them."""
        name, module = printing.serial_module(spec, ())
        job = Job(
            modules={f"{spec.module}.tla": printing.module_text(spec), name: module},
            root=spec.module,
            cfg=printing.cfg(spec, bounds, False),
            budget=Budget(max(self._left, _LEAST), self.memory_mb),
        )
        with self._asking:  # the other thread often wants the same, which then is there
            result = self.oracle.ask(job).result
        return tuple(sorted(set(result.prints))) if result.complete else None

    def _subject(self, spec: Spec, bounds: Bounds, outcomes: Sequence[str], wanted: Sequence[Property]) -> Subject:
        name, module = printing.serial_module(spec, outcomes)
        modules = {f"{spec.module}.tla": printing.module_text(spec), name: module}
        return Subject(modules, spec.module, printing.cfg(spec, bounds, True, wanted), deadlock=False)

    def _changed(self, program: Program) -> None:
        """The program without one of its mechanisms: what the specification then shows says what it is there for.

        All in the smallest scenarios first; what nobody noticed there goes on to those that the check explored.
        """
        smallest = (_RUNGS[2][0], _RUNGS[3][0])
        larger = tuple(
            rung.bounds for rung in self.checked.rungs if rung.bounds.callers in _RUNGS and rung.bounds not in smallest
        )
        unnoticed: list[tuple[Change, Spec]] = []
        for change in changes(program, self.history):
            if change.kind == "keep-lock" and not any(p.kind == "deadlock" for p in self.holding):
                continue  # those who then wait for ever end in nothing that is compared
            if (spec := change.spec()) is None:
                continue
            fate, by = self._fate(spec, [b for b in smallest if self._silent(b.callers)] or smallest[:1])
            self._keep(change, fate, by)
            if fate == "survived" and change.unexplained:
                unnoticed.append((change, spec))
        for change, spec in unnoticed:
            fate, by = self._fate(spec, larger) if larger else ("survived", ())
            self._keep(change, fate, by)
            if fate == "survived":
                self._findings.append(change.finding)

    def _keep(self, change: Change, fate: Fate, by: tuple[str, ...]) -> None:
        self._programs[change.kind, change.subject] = change.mutant(fate, by)
        for name in by:
            self._note(name, f"{change.kind} {change.subject}")

    def _fate(self, spec: Spec, scenarios: Sequence[Bounds]) -> tuple[Fate, tuple[str, ...]]:
        """Who notices a changed specification in these scenarios; it survived only if all were explored."""
        noticed: list[str] = []
        asked = [(b, [p.name for p in self._of(b.callers)]) for b in scenarios if self._of(b.callers)]
        for bounds, wanted in asked:
            outcomes = self._serial(self.spec, bounds) if self._left > _LEAST else None
            budget = Budget(max(self._left, _LEAST), self.memory_mb)
            by = None if outcomes is None else violated(spec, bounds, outcomes, wanted, self.oracle, budget)
            if by is None:
                return ("killed", tuple(noticed)) if noticed else ("not_run", ())
            noticed += by
        return "killed" if noticed else "survived" if asked else "not_run", tuple(noticed)

    def _translated(self, made: Audit) -> list[AuditFinding]:
        return [self._on_code(finding) for finding in auditing.translated(made).findings]

    def _on_code(self, finding: AuditFinding) -> AuditFinding:
        return replace(finding, source=self._source(finding.subject))

    def _source(self, action: str) -> Source | None:
        for known in self.spec.actions:
            if known.name == action and known.sources:
                span = known.sources[0]
                return Source(span.path, span.line, span.end_line)
        return None

    def _judged(self) -> Audited:
        silent = [p for p in self.holding if not self._killers[p.name]]
        decided = sum(m.status in ("killed", "survived", "equivalent") for m in self._mutants.values())
        for p in silent:
            source = Source(p.sources[0].path, p.sources[0].line, p.sources[0].end_line) if p.sources else None
            text = f"{p.name} noticed none of {decided} mutants: {p.plain}"
            self._findings.append(AuditFinding("weak-property", p.name, text, source))
        verdict, reason = self.checked.verdict, self.checked.reason
        if verdict == "verified" and silent:
            over = " in the time of the audit (--audit-budget)" if self._left < _LEAST else ""
            names = ", ".join(p.name for p in silent)
            verdict, reason = "inconclusive", f"noticed no mutant of the specification{over}: {names}"
        mutants = [self._mutant(m) for m in self._mutants.values()]
        total = decided + len(self._programs)
        return Audited(
            verdict=verdict,
            reason=reason,
            audit=AuditResult(
                tuple(self._findings), (*mutants, *self._programs.values()), round(time.monotonic() - self._began, 2)
            ),
            mutants={p.name: total for p in self.holding},
            killed={name: len(by) for name, by in self._killers.items()},
        )

    def _mutant(self, mutant: Mutant) -> MutantResult:
        made = mutant.mutation
        return MutantResult(
            made.kind, made.action, mutant.diff, mutant.status, mutant.killed_by, self._source(made.action)
        )
