"""Checking a specification that an author wrote from the facts: its own constants are the ladder.

There is no serial run and no frame of calls. On each rung one run finds every invariant that is violated, and one run
a temporal property says whether it holds under the draft's fairness.
"""

from __future__ import annotations

from dataclasses import dataclass

from code2tla.bounds import Limits
from code2tla.checked import Checked, Finding, Rung
from code2tla.each import Each
from code2tla.events import Found, OnEvent
from code2tla.learnt import Learnt
from code2tla.runners import Recorded
from code2tla.tlc_runs import Clock, TlcRuns
from specgen.authoring.draft import Draft
from specgen.authoring.printing import cfg, to_spec
from specgen.types import Bounds, Property, Spec
from tlc_runner.types import Violation

#: Seconds below which a run is not worth starting.
_LEAST = 2.0


def climb(draft: Draft, oracle: Recorded, limits: Limits, on_event: OnEvent) -> Checked:
    """Check a draft without a skeleton as far up its rungs as the budget allows."""
    spec = to_spec(draft)
    runs = TlcRuns(spec.module, oracle, limits, Clock(limits.seconds), on_event)
    work = _Climb(draft, spec, runs, Learnt(spec))
    for rung in range(draft.rungs):
        if not work.rung(rung):
            break
    return work.conclude()


@dataclass(frozen=True, slots=True)
class _Climb:
    draft: Draft
    spec: Spec
    runs: TlcRuns
    learnt: Learnt

    def rung(self, number: int) -> bool:
        """Check one rung; False where the climb ends."""
        bounds = Bounds(0, 0, number)
        if self.runs.results and self.runs.clock.remaining < _LEAST:
            self.learnt.out_of_time(self._words(number))
            return False
        states = [p for p in self.spec.properties if p.kind != "temporal" and p.name not in self.learnt.found]
        each = Each(self.spec, states)
        text = cfg(self.draft, number).replace("INVARIANTS TypeOK", f"INVARIANTS {each.invariant}")
        result = self.runs.run(self._modules, text, f"{self._words(number)}, every state", each=each)
        self.learnt.take(result)
        for name, violation in each.found(result):
            self._keep(name, violation, bounds)
        if self.learnt.broken or not (result.complete or self.learnt.complete(result, self._words(number))):
            return False
        self.learnt.held.update(p.name for p in states)
        for prop in self.spec.properties:
            if prop.kind == "temporal" and prop.name not in self.learnt.found and not self._temporal(prop, bounds):
                return False
        self.learnt.rungs.append(Rung(bounds, 0, result.distinct))
        return True

    def conclude(self) -> Checked:
        """The verdict on everything seen."""
        return self.learnt.checked(self._words(self._last), self.runs.numbers, self._files())

    def _temporal(self, prop: Property, bounds: Bounds) -> bool:
        """Whether it could be told if a temporal property holds on this rung."""
        text = cfg(self.draft, bounds.level, temporal=[prop.name])
        where = self._words(bounds.level)
        result = self.runs.run(self._modules, text, f"{where}, {prop.name}")
        if result.violations:
            self._keep(prop.name, result.violations[0], bounds)
            return True
        if not self.learnt.complete(result, where):
            return False
        self.learnt.held.add(prop.name)
        return True

    def _keep(self, name: str, violation: Violation, bounds: Bounds) -> None:
        prop = next((p for p in self.spec.properties if p.name == name), None)
        if prop is None:
            self.learnt.leaves_types(violation, bounds, f"({name}) with {self._words(bounds.level)}")
            return
        self.learnt.found[name] = Finding(prop, bounds, violation.trace)
        self.runs.on_event(Found(self.spec.module, prop.plain or name, max(len(violation.trace) - 1, 0)))

    @property
    def _modules(self) -> dict[str, str]:
        return {f"{self.spec.module}.tla": self.spec.text}

    @property
    def _last(self) -> int:
        """The last rung that was explored in full, or the first one."""
        return self.learnt.rungs[-1].bounds.level if self.learnt.rungs else 0

    def _files(self) -> dict[str, str]:
        kinds = {p.name: p.kind for p in self.spec.properties}
        states = [name for name, kind in kinds.items() if kind != "temporal"]
        temporal = [name for name, kind in kinds.items() if kind == "temporal"]
        return {f"{self.spec.module}.cfg": cfg(self.draft, self._last, states, temporal)}

    def _words(self, number: int) -> str:
        values = bounds_of(self.draft, number)
        return ", ".join(f"{name} = {value}" for name, value in values.items()) or "its one size"


def bounds_of(draft: Draft, rung: int) -> dict[str, str]:
    """The constants of a draft on one rung."""
    return {c.name: c.values[min(rung, len(c.values) - 1)] for c in draft.constants}
