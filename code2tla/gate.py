"""The pipeline's last gate: a pass counts only if every property noticed a mutant of the specification."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

from code2tla import auditing, locks
from code2tla.checked import Audited, Checked
from code2tla.runners import Recorded
from reports.result import AuditFinding, AuditResult, MutantResult, Source
from specgen import printing
from specgen.ir import Program
from specgen.types import Bounds, Property, Spec
from tlc_runner.audit.audit import audit
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
#: Mutants of one action that go on to larger scenarios: those that were noticed on smaller ones.
_PER_ACTION = 3
#: More steps than any scenario has.
_DEPTH = 80
#: Seconds below which another audit is not begun.
_LEAST = 2.0


def gate(
    spec: Spec, program: Program | None, checked: Checked, oracle: Recorded, seconds: float, memory_mb: int
) -> Audited:
    """Audits a specification that passed; ``program`` is what it was written from, where there is one."""
    return _Gate(spec, program, checked, oracle, seconds, memory_mb).audit()


class _Gate:
    def __init__(
        self,
        spec: Spec,
        program: Program | None,
        checked: Checked,
        oracle: Recorded,
        seconds: float,
        memory_mb: int,
    ) -> None:
        self.spec = spec
        self.program = program
        self.checked = checked
        self.oracle = oracle
        self.memory_mb = memory_mb
        self._began = time.monotonic()
        self._seconds = seconds
        self._killers: dict[str, set[str]] = {p.name: set() for p in self.holding}
        self._mutants: dict[int, Mutant] = {}
        self._findings: list[AuditFinding] = []
        self._reverted: list[MutantResult] = []

    @property
    def holding(self) -> list[Property]:
        return [p for p in self.spec.properties if self.checked.properties.get(p.name) == "holds"]

    @property
    def _left(self) -> float:
        return self._began + self._seconds - time.monotonic()

    def audit(self) -> Audited:
        with ThreadPoolExecutor(1) as pool:
            beside = pool.submit(self._without_locks, self.program) if self.program else None
            self._rung(_RUNGS[2][0], self._of(2))
            for callers in (3, 2):
                for bounds in _RUNGS[callers]:
                    self._again(bounds, [p for p in self._of(callers) if not self._killers[p.name]])
            if beside:
                beside.result()
        return self._judged()

    def _of(self, callers: int) -> list[Property]:
        """Properties that a scenario of so many overlapping calls can decide."""
        of_three = [p for p in self.holding if len(p.operations) == 3 or p.name.endswith("_of_three")]
        return of_three if callers == 3 else [p for p in self.holding if p not in of_three]

    def _rung(self, bounds: Bounds, wanted: Sequence[Property]) -> None:
        """Every mutant, to its end."""
        self._findings += self._take(self._ask(bounds, wanted, Scope(_SCAFFOLD, _ACTIVE, careful=True, depth=_DEPTH)))

    def _again(self, bounds: Bounds, silent: Sequence[Property]) -> None:
        """Some mutants in a larger scenario, until each of the properties that noticed none so far has noticed one."""
        if silent and self._left > _LEAST:
            chosen = tuple(self._telling())
            self._take(self._ask(bounds, silent, Scope(_SCAFFOLD, _ACTIVE, chosen, every=True, depth=_DEPTH)))

    def _ask(self, bounds: Bounds, wanted: Sequence[Property], scope: Scope) -> Audit | None:
        outcomes = self._serial(self.spec, bounds)
        if outcomes is None or not wanted:
            return None
        limits = Limits(max(self._left, _LEAST), self.memory_mb, jobs=1)
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

    def _telling(self) -> Iterable[Mutation]:
        """A few mutants of each definition: noticed ones first, then those that nobody tried, survivors last."""
        taken: dict[str, int] = {}
        order = {"killed": 0, "not_run": 1, "survived": 2}
        candidates = [m for m in self._mutants.values() if m.status in order and (m.killed_by or m.status != "killed")]
        for mutant in sorted(candidates, key=lambda m: (order[m.status], m.mutation.number)):
            count = taken.get(mutant.mutation.action, 0)
            if count < _PER_ACTION:
                taken[mutant.mutation.action] = count + 1
                yield mutant.mutation

    def _serial(self, spec: Spec, bounds: Bounds) -> tuple[str, ...] | None:
        """The outcomes of one call at a time; None where there was no time for all of them."""
        name, module = printing.serial_module(spec, ())
        job = Job(
            modules={f"{spec.module}.tla": printing.module_text(spec), name: module},
            root=spec.module,
            cfg=printing.cfg(spec, bounds, False),
            budget=Budget(max(self._left, _LEAST), self.memory_mb),
        )
        result = self.oracle.ask(job).result
        return tuple(sorted(set(result.prints))) if result.complete else None

    def _subject(self, spec: Spec, bounds: Bounds, outcomes: Sequence[str], wanted: Sequence[Property]) -> Subject:
        name, module = printing.serial_module(spec, outcomes)
        modules = {f"{spec.module}.tla": printing.module_text(spec), name: module}
        return Subject(modules, spec.module, printing.cfg(spec, bounds, True, wanted), deadlock=False)

    def _without_locks(self, program: Program) -> None:
        """Each lock taken out of the program: what the specification then shows says what the lock is there for."""
        bounds = _RUNGS[2][0]
        for lock in locks.of(program):
            if self._left < _LEAST:
                self._reverted.append(locks.mutant(program, lock, "not_run", ()))
                continue
            without = locks.rebuilt(program, lock)
            outcomes = self._serial(self.spec, bounds)
            if without is None or outcomes is None:
                continue
            wanted = [p.name for p in self._of(2)]
            budget = Budget(max(self._left, _LEAST), self.memory_mb)
            result = locks.violated(without, bounds, outcomes, wanted, self.oracle, budget)
            if result is None:
                continue
            for name in result:
                self._note(name, f"without {lock.name}")
            self._reverted.append(locks.mutant(program, lock, "killed" if result else "survived", result))
            if not result:
                self._findings.append(locks.unexplained(program, lock))

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
        total = decided + len(self._reverted)
        return Audited(
            verdict=verdict,
            reason=reason,
            audit=AuditResult(
                tuple(self._findings), (*mutants, *self._reverted), round(time.monotonic() - self._began, 2)
            ),
            mutants={p.name: total for p in self.holding},
            killed={name: len(by) for name, by in self._killers.items()},
        )

    def _mutant(self, mutant: Mutant) -> MutantResult:
        made = mutant.mutation
        return MutantResult(
            made.kind, made.action, mutant.diff, mutant.status, mutant.killed_by, self._source(made.action)
        )
