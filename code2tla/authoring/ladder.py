"""Checking a specification that an author wrote from the facts: its own constants are the ladder.

There is no serial run and no frame of calls. On each rung one run finds every invariant that is violated, and one run
a temporal property says whether it holds under the draft's fairness.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from code2tla.bounds import Limits
from code2tla.checked import TYPES, Checked, Finding, Rung
from code2tla.climb import Clock, asked, numbers, rank
from code2tla.each import Each
from code2tla.events import Found, OnEvent
from code2tla.runners import Recorded
from reports.result import Verdict
from specgen.authoring.draft import Draft
from specgen.authoring.printing import cfg, to_spec
from specgen.types import Bounds, Property, Spec
from tlc_runner.types import Budget, CheckResult, Job, Outcome

#: Seconds below which a run is not worth starting.
_LEAST = 2.0


def climb(draft: Draft, oracle: Recorded, limits: Limits, on_event: OnEvent) -> Checked:
    """Check a draft without a skeleton as far up its rungs as the budget allows."""
    work = _Climb(draft, to_spec(draft), oracle, limits, Clock(limits.seconds), on_event)
    for rung in range(draft.rungs):
        if not work.rung(rung):
            break
    return work.conclude()


@dataclass(slots=True)
class _Climb:
    draft: Draft
    spec: Spec
    oracle: Recorded
    limits: Limits
    clock: Clock
    on_event: OnEvent
    found: dict[str, Finding] = field(default_factory=dict)
    fired: Counter[str] = field(default_factory=Counter)
    rungs: list[Rung] = field(default_factory=list)
    runs: list[CheckResult] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    held: set[str] = field(default_factory=set)
    stopped: tuple[Verdict, str] | None = None

    def rung(self, number: int) -> bool:
        """Check one rung; False where the climb ends."""
        bounds = Bounds(0, 0, number)
        if self.runs and self.clock.remaining < _LEAST:
            self.notes.append(f"The time budget ended before {self._words(number)} was explored.")
            return False
        states = [p for p in self.spec.properties if p.kind != "temporal" and p.name not in self.found]
        each = Each(self.spec, states)
        text = cfg(self.draft, number).replace("INVARIANTS TypeOK", f"INVARIANTS {each.invariant}")
        result = self._run(text, f"{self._words(number)}, every state", each)
        for action, count in result.coverage.items():
            self.fired[action] += count.generated
        for name, violation in each.found(result):
            prop = next((p for p in self.spec.properties if p.name == name), TYPES)
            self._keep(Finding(prop, bounds, violation.trace))
        if not (result.complete or self._went(result, number)):
            return False
        self.held.update(p.name for p in states)
        if TYPES.name in self.found:
            return False
        for prop in self.spec.properties:
            if prop.kind == "temporal" and prop.name not in self.found and not self._temporal(prop, number):
                return False
        self.rungs.append(Rung(bounds, 0, result.distinct))
        return True

    def conclude(self) -> Checked:
        """The verdict on everything seen."""
        verdict, reason = self._verdict()
        types = self.found.pop(TYPES.name, None)
        statuses = {p.name: "holds" if p.name in self.held else "unchecked" for p in self.spec.properties}
        statuses |= dict.fromkeys(self.found, "violated")
        findings = sorted(self.found.values(), key=rank)
        return Checked(
            verdict=verdict,
            reason=reason,
            findings=tuple(findings),
            properties=statuses,
            fired={a.name: self.fired[a.name] for a in self.spec.actions},
            rungs=tuple(self.rungs),
            tlc=numbers(self.runs),
            notes=tuple(self.notes),
            files=self._files(),
            types=types,
        )

    def _verdict(self) -> tuple[Verdict, str]:
        if TYPES.name in self.found:
            return "inconclusive", "the specification leaves its own types (TypeOK), so its answers do not count"
        if self.found:
            return "violated", f"{len(self.found)} of {len(self.spec.properties)} properties violated"
        if self.stopped:
            return self.stopped
        if not self.rungs:
            return (
                "inconclusive",
                "the time budget ended before the smallest bounds were explored; give a larger --budget",
            )
        never = [a.name for a in self.spec.actions if not self.fired[a.name]]
        if never:
            return "inconclusive", f"never taken within the bounds, so nothing was learnt about: {', '.join(never)}"
        return "verified", f"every property holds with {self._words(self.rungs[-1].bounds.level)}"

    def _temporal(self, prop: Property, number: int) -> bool:
        text = cfg(self.draft, number, temporal=[prop.name])
        result = self._run(text, f"{self._words(number)}, {prop.name}", None)
        if result.violations:
            self._keep(Finding(prop, Bounds(0, 0, number), result.violations[0].trace))
            return True
        if not self._went(result, number):
            return False
        self.held.add(prop.name)
        return True

    def _keep(self, finding: Finding) -> None:
        self.found[finding.property.name] = finding
        said = finding.property.plain or finding.property.name
        self.on_event(Found(self.spec.module, said, max(len(finding.trace) - 1, 0)))

    def _went(self, result: CheckResult, number: int) -> bool:
        match result.outcome:
            case Outcome.PASSED:
                return True
            case Outcome.TOOL_ERROR:
                self.stopped = "failed", result.reason
            case Outcome.SPEC_ERROR:
                self.stopped = "inconclusive", f"TLC could not evaluate the specification: {result.reason}"
            case _ if self.rungs or self.found:
                self.notes.append(
                    f"The search of {self._words(number)} did not end within the limits: {result.reason}."
                )
            case _:
                self.stopped = (
                    "inconclusive",
                    f"the search of {self._words(number)} did not end within the limits: {result.reason}",
                )
        return False

    def _run(self, text: str, what: str, each: Each | None) -> CheckResult:
        seconds = round(max(self.clock.remaining, 0.1), 1)
        modules = {f"{self.spec.module}.tla": self.spec.text}
        job = Job(
            modules=modules | each.modules if each else modules,
            root=each.root if each else self.spec.module,
            cfg=text,
            budget=Budget(seconds, self.limits.memory_mb, self.limits.states),
            keep_going=each is not None,
        )
        result = asked(job, self.spec.module, what, self.oracle, self.clock, self.on_event)
        self.runs.append(result)
        return result

    def _files(self) -> dict[str, str]:
        rung = self.rungs[-1].bounds.level if self.rungs else 0
        kinds = {p.name: p.kind for p in self.spec.properties}
        states = [name for name, kind in kinds.items() if kind != "temporal"]
        temporal = [name for name, kind in kinds.items() if kind == "temporal"]
        return {f"{self.spec.module}.cfg": cfg(self.draft, rung, states, temporal)}

    def _words(self, number: int) -> str:
        values = bounds_of(self.draft, number)
        return ", ".join(f"{name} = {value}" for name, value in values.items()) or "its one size"


def bounds_of(draft: Draft, rung: int) -> dict[str, str]:
    """The constants of a draft on one rung."""
    return {c.name: c.values[min(rung, len(c.values) - 1)] for c in draft.constants}
