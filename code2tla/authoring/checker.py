"""TLC as the writing loop asks it: small trials at the gate, whole checks in the rounds, none of them run twice."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise

from code2tla import pytext, trace
from code2tla.authoring import ladder as rungs
from code2tla.bounds import Limits, ladder
from code2tla.check import check_all
from code2tla.checked import Checked, Finding, rank
from code2tla.events import OnEvent
from code2tla.rundir import digest
from code2tla.runners import Recorded
from code2tla.source import Lines
from code2tla.trace import Context
from extractor.types import Facts
from specgen import printing
from specgen.authoring.checker import Complaint, TraceStep, Trial, Verification, Violated
from specgen.authoring.draft import Draft
from specgen.authoring.printing import cfg, fair_cfg, to_spec
from specgen.types import Property, Spec
from tlc_runner.errors import BadJob, UnsafeModule
from tlc_runner.types import Budget, CheckResult, Job, Location, Outcome, State

#: A trial explores so many states, which is the same on every machine; the seconds only stop what explodes.
TRIAL = Budget(seconds=30.0, memory_mb=1024, states=3_000)
_NAMED = re.compile(r"^(\w+)(?:\([^)]*\))? ==", re.MULTILINE)


@dataclass(slots=True)
class TlcChecker:
    """Implements ``specgen.authoring.checker.Checker``; what it was asked before it answers from the run directory."""

    facts: Facts
    oracle: Recorded
    limits: Limits
    on_event: OnEvent
    small: Budget = TRIAL
    checked: dict[str, Checked] = field(default_factory=dict)

    def trial(self, draft: Draft, properties: Sequence[str] = ()) -> Trial:
        """Try what is written so far on the smallest bounds, a few thousand states at most."""
        spec = to_spec(draft)
        text = _smallest(draft, spec, properties)
        key = digest(self.oracle.identity, spec.text, text, self.small)
        kept = self.oracle.directory.get("trial", key)
        if isinstance(kept, tuple):
            said, name, fired, complete = kept
            return Trial(Complaint(said, name) if said else None, frozenset(fired), complete)
        job = Job(modules=_modules(spec, draft), root=spec.module, cfg=text, budget=self.small)
        try:
            made = _tried(spec, self.oracle.runner.check(job))
        except (BadJob, UnsafeModule) as error:
            made = Trial(Complaint(str(error)))
        complaint = made.complaint or Complaint("")
        self.oracle.directory.put(
            "trial", key, (complaint.text, complaint.name, tuple(sorted(made.fired)), made.complete)
        )
        return made

    def check(self, draft: Draft) -> Verification:
        """Check the specification as far as its bounds and the budget go."""
        spec = to_spec(draft)
        checked = self.verify(draft)
        context = Context.of(spec, self.facts, Lines.of(self.facts))
        broken = checked.verdict == "inconclusive" and "could not evaluate" in checked.reason
        complaint = None
        if broken:
            named = next((a.name for a in spec.actions if f"in {a.name} (" in checked.reason), "")
            named = named or self._failing(draft, spec)
            complaint = Complaint(checked.reason, named)
        return Verification(
            complaint=complaint,
            violated=tuple(_violated(context, f) for f in (checked.types, *checked.findings) if f is not None),
            never=tuple(name for name, count in checked.fired.items() if not count) if checked.rungs else (),
            reason=checked.reason,
        )

    def verify(self, draft: Draft) -> Checked:
        """What the check of a draft gave, in the pipeline's own words."""
        spec = to_spec(draft)
        key = digest(self.oracle.identity, spec, draft.fairness, self.limits)
        if key not in self.checked:
            kept = self.oracle.directory.get("check", key)
            checked = kept if isinstance(kept, Checked) else self._checked(draft, spec)
            if checked.rungs or checked.findings or checked.types:
                self.oracle.directory.put("check", key, checked)
            self.checked[key] = checked
        return self.checked[key]

    def _checked(self, draft: Draft, spec: Spec) -> Checked:
        if draft.skeleton is None:
            return rungs.climb(draft, self.oracle, self.limits, self.on_event)
        temporal = [p for p in spec.properties if p.kind == "temporal"]
        states = replace(spec, properties=tuple(p for p in spec.properties if p.kind != "temporal"))
        (checked,) = check_all([states], self.oracle, self.limits, self.on_event)
        for prop in temporal if checked.rungs else ():
            checked = self._with_temporal(spec, prop, checked)
        return checked

    def _with_temporal(self, spec: Spec, prop: Property, checked: Checked) -> Checked:
        """The check with the answer on one temporal property, on the smallest scenario."""
        bounds = ladder(self.limits)[0]
        text = fair_cfg(printing.cfg(spec, bounds, True, ()), [prop.name])
        budget = Budget(self.limits.seconds, self.limits.memory_mb, self.limits.states)
        job = Job(modules=_modules(spec, None), root=spec.module, cfg=text, budget=budget)
        result = self.oracle.ask(job).result
        if result.violations:
            findings = sorted((*checked.findings, Finding(prop, bounds, result.violations[0].trace)), key=rank)
            reason = f"{len(findings)} of {len(spec.properties)} properties violated"
            status = {**checked.properties, prop.name: "violated"}
            return replace(checked, verdict="violated", reason=reason, findings=tuple(findings), properties=status)
        holds = result.outcome is Outcome.PASSED
        status = {**checked.properties, prop.name: "holds" if holds else "unchecked"}
        if holds or checked.verdict != "verified":
            return replace(checked, properties=status)
        reason = f"TLC could not evaluate {prop.name}: {result.reason}"
        return replace(checked, verdict="inconclusive", reason=reason, properties=status)

    def _failing(self, draft: Draft, spec: Spec) -> str:
        """The property whose evaluation fails, by trying each alone."""
        for prop in spec.properties:
            if draft.property_named(prop.name) is not None:
                trial = self.trial(draft, (prop.name,))
                if trial.complaint is not None:
                    return trial.complaint.name or prop.name
        return ""


def _modules(spec: Spec, draft: Draft | None) -> dict[str, str]:
    modules = {f"{spec.module}.tla": spec.text}
    if draft is None or draft.skeleton is not None:
        modules |= [printing.serial_module(spec)]
    return modules


def _smallest(draft: Draft, spec: Spec, properties: Sequence[str]) -> str:
    """The configuration of a trial."""
    kinds = {p.name: p.kind for p in spec.properties}
    states = [name for name in properties if kinds.get(name) != "temporal"]
    temporal = [name for name in properties if kinds.get(name) == "temporal"]
    if draft.skeleton is None:
        return cfg(draft, 0, states, temporal)
    text = printing.cfg(spec, ladder(Limits())[0], True, states)
    return fair_cfg(text, temporal) if temporal else text


def _tried(spec: Spec, result: CheckResult) -> Trial:
    fired = frozenset(name for name, count in result.coverage.items() if count.generated)
    if result.outcome in (Outcome.PASSED, Outcome.VIOLATED):
        return Trial(None, fired, result.complete)
    if result.outcome is Outcome.INCOMPLETE and "distinct states" in result.reason:
        return Trial(None, fired)
    said = result.errors[0] if result.errors else result.reason
    return Trial(Complaint(" ".join(said.split()), _definition_at(spec, result.error_location)), fired)


def _definition_at(spec: Spec, place: Location | None) -> str:
    """The operator whose definition covers a place of the module."""
    if place is None or place.module != spec.module:
        return ""
    before = "\n".join(spec.text.split("\n")[: place.line])
    names = _NAMED.findall(before)
    return names[-1] if names else ""


def _violated(context: Context, finding: Finding) -> Violated:
    first = finding.trace[0].values if finding.trace else {}
    return Violated(
        property=finding.property.name,
        kind=finding.property.kind,
        words=finding.property.plain or finding.property.name,
        initial={name: context.show(name, first[name]) for name in context.object if name in first},
        steps=tuple(_step(context, before, after) for before, after in pairwise(finding.trace)),
    )


def _step(context: Context, before: State, after: State) -> TraceStep:
    move = trace.transition(context, before, after)
    action = context.action(after.action, None) or (move.action if move else None)
    changed = {n: context.show(n, v) for n, v in after.values.items() if before.values.get(n) != v}
    who = "" if move is None or move.process == trace.ENVIRONMENT else pytext.text(move.process)
    return TraceStep(action.name if action else after.action or "", who, action.sources if action else (), changed)
