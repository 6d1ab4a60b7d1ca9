"""What the runs of one specification have shown so far, and the verdict that follows from it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

from code2tla.checked import TYPES, Checked, Finding, Rung, rank
from reports.result import Tlc, Verdict
from specgen.types import Bounds, Property, Spec
from tlc_runner.types import CheckResult, Outcome, Violation


@dataclass(slots=True)
class Learnt:
    """Findings by property, properties that held, how often each action was taken, and the rungs explored in full.

    ``broken`` says why no answer counts, with the trace to it in ``types``; ``stopped`` the verdict and reason of a
    climb that ended early with nothing found.
    """

    spec: Spec
    found: dict[str, Finding] = field(default_factory=dict)
    held: set[str] = field(default_factory=set)
    fired: Counter[str] = field(default_factory=Counter)
    rungs: list[Rung] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    broken: str = ""
    types: Finding | None = None
    stopped: tuple[Verdict, str] | None = None

    @property
    def anything(self) -> bool:
        """Whether there is something to say beside why the climb ended."""
        return bool(self.rungs or self.found)

    def take(self, result: CheckResult) -> None:
        """Count the actions taken in a run."""
        for action, count in result.coverage.items():
            self.fired[action] += count.generated

    def leaves_types(self, violation: Violation, bounds: Bounds, where: str) -> None:
        """Take back all answers: a violation of the types is none of the code, it says the specification is wrong."""
        self.types = Finding(TYPES, bounds, violation.trace)
        self.broken = f"the specification leaves its own types {where}, so its answers do not count"

    def out_of_time(self, where: str) -> None:
        """Say that this was not begun; where nothing is known yet, the verdict says so."""
        if self.anything:
            self.notes.append(f"The time budget ended before {where} were explored.")

    def complete(self, result: CheckResult, where: str) -> bool:
        """True if the run explored everything; otherwise this says why it did not."""
        match result.outcome:
            case Outcome.PASSED:
                return True
            case Outcome.INCOMPLETE:
                short = f"he search of {where} did not end within the limits: {result.reason}"
                if self.anything:
                    self.notes.append(f"T{short}.")
                else:
                    self.stopped = "inconclusive", f"t{short}"
            case Outcome.VIOLATED if not result.errors:
                self.notes.append(f"The search of {where} did not end within the limits; there may be more to find.")
            case Outcome.SPEC_ERROR | Outcome.VIOLATED:
                self.stopped = "inconclusive", f"TLC could not evaluate the specification: {self._complaint(result)}"
            case Outcome.TOOL_ERROR:
                self.stopped = "failed", result.reason
        return False

    def checked(self, explored: str, tlc: Tlc, files: Mapping[str, str], more: tuple[Property, ...] = ()) -> Checked:
        """Everything learnt with its verdict; ``explored`` are the rungs in words, as a pass says them."""
        verdict, reason = self._verdict(explored)
        statuses = {p.name: "unchecked" for p in self.spec.properties}
        statuses |= {name: "holds" for name in self.held if verdict != "failed"}
        statuses |= dict.fromkeys(self.found, "violated")
        return Checked(
            verdict=verdict,
            reason=reason,
            findings=tuple(sorted(self.found.values(), key=rank)),
            properties=statuses,
            fired={a.name: self.fired[a.name] for a in self.spec.actions},
            rungs=tuple(self.rungs),
            tlc=tlc,
            notes=tuple(self.notes),
            files=files,
            more=more,
            types=self.types,
        )

    def _verdict(self, explored: str) -> tuple[Verdict, str]:
        if self.broken:
            return "inconclusive", self.broken
        if self.stopped and not self.found:
            return self.stopped
        if self.found:
            if self.stopped:
                self.notes.append(f"The search ended early: {self.stopped[1]}.")
            return "violated", f"{len(self.found)} of {len(self.spec.properties)} properties violated"
        if not self.rungs:
            return (
                "inconclusive",
                "the time budget ended before the smallest bounds were explored; give a larger --budget",
            )
        left_out = [a for a in self.spec.abstractions if a.leaves_out]
        if left_out:
            named = "; ".join(f"{a.span.path}:{a.span.line} {a.construct}" for a in left_out[:3])
            return "inconclusive", f"no violation was found, but a part of what the code does is left out: {named}"
        never = [a for a in self.spec.actions if not self.fired[a.name]]
        if never:
            named = ", ".join(
                f"{a.name} ({a.sources[0].path}:{a.sources[0].line})" if a.sources else a.name for a in never
            )
            return "inconclusive", f"never taken within the bounds, so nothing was learnt about: {named}"
        return "verified", f"every property holds with {explored}"

    def _complaint(self, result: CheckResult) -> str:
        text = " ".join((result.errors[0] if result.errors else result.reason).split())
        at = result.error_location
        action = self._action_at(at.line) if at and at.module == self.spec.module else None
        return f"in {action}: {text}" if action else text

    def _action_at(self, line: int) -> str | None:
        """The action whose definition covers this line of the module, with the source line it models."""
        for action in self.spec.actions:
            start = self.spec.text.find(action.text)
            if start < 0:
                continue
            first = self.spec.text.count("\n", 0, start) + 1
            if first <= line <= first + action.text.count("\n"):
                source = action.sources[0] if action.sources else None
                return f"{action.name} ({source.path}:{source.line})" if source else action.name
        return None
