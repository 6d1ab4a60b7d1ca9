"""One specification's climb up the ladder of bounds: what was run, what was found, what may be said of it."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field

from code2tla.bounds import OWN_CALLERS, Limits, larger, largest, words
from code2tla.checked import TYPES, Checked, Finding, Passed, Rung
from code2tla.each import Each
from code2tla.events import Found, OnEvent, RunBegan, RunEnded, RunProgress
from code2tla.runners import Recorded
from reports.result import Tlc, Verdict
from specgen import printing
from specgen.types import Bounds, Property, Spec
from tlc_runner.types import Budget, CheckResult, Job, OnProgress, Outcome, Progress, Violation


class Clock:
    """The time budget of all climbs together.

    A result kept from an earlier run costs half of what it cost then, two runs going on at a time, so that a run
    that is done again gets about as far and not ever further; in a sweep it costs nothing.
    """

    def __init__(self, seconds: float, sweep: bool = False) -> None:
        self._end = time.monotonic() + seconds
        self._sweep = sweep
        self.over = threading.Event()

    @property
    def remaining(self) -> float:
        """Seconds left; below zero when the budget is overdrawn."""
        return self._end - time.monotonic()

    def charge(self, seconds: float) -> None:
        """Count time that was spent earlier."""
        if not self._sweep:
            self._end -= seconds / 2


@dataclass(slots=True)
class Climb:
    """One specification on its way up the ladder, and what is known of it so far."""

    spec: Spec
    oracle: Recorded
    limits: Limits
    clock: Clock
    on_event: OnEvent
    found: dict[str, Finding] = field(default_factory=dict)
    held: set[str] = field(default_factory=set)
    fired: Counter[str] = field(default_factory=Counter)
    rungs: list[Rung] = field(default_factory=list)
    runs: list[CheckResult] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    files: dict[str, str] = field(default_factory=dict)
    over: bool = False
    broken: str = ""
    types: Finding | None = None
    stopped: tuple[Verdict, str] | None = None
    passed: Passed = field(default_factory=Passed)

    def __post_init__(self) -> None:
        self.fired.update(self.passed.fired)
        self.held.update(self.passed.held)
        self.files.update(self.passed.files)

    def goes_on(self, bounds: Bounds) -> bool:
        """Whether this rung is to be climbed: the ladder has not ended, and something could still be learnt here."""
        known = any(rung.bounds == bounds for rung in self.passed.rungs)
        return not self.over and not known and (not self.found or bool(self._wanted(bounds)))

    def out_of_time(self, bounds: Bounds) -> None:
        """End the ladder below this rung, for want of time."""
        self.over = True
        if self.rungs or self.found:
            self.notes.append(f"The time budget ended before {words(bounds)} were explored.")

    def serial(self, bounds: Bounds, seconds: float) -> CheckResult:
        """The run that lets one call go at a time, for its outcomes."""
        return self._run(printing.cfg(self.spec, bounds, False), (), f"{words(bounds)}, one at a time", seconds)

    def rung(
        self,
        bounds: Bounds,
        seconds: float,
        serial: Future[CheckResult] | None = None,
        between: Callable[[], None] = lambda: None,
    ) -> None:
        """Check one rung in at most so many seconds.

        ``serial`` is the serial run if it was begun ahead; ``between`` is called when it is over, ahead of the
        overlapping run.
        """
        end = time.monotonic() + seconds
        first = serial.result() if serial else self.serial(bounds, seconds)
        if not self._went(first, bounds, "one at a time"):
            return
        between()
        outcomes = tuple(sorted(set(first.prints)))
        wanted = self._wanted(bounds)
        each = Each(self.spec, wanted)
        what = f"{words(bounds)}, overlapping"
        result = self._run(each.cfg(bounds), outcomes, what, end - time.monotonic(), each)
        for action, count in result.coverage.items():
            self.fired[action] += count.generated
        for name, violation in each.found(result):
            self._record(name, violation, bounds, outcomes)
        if self.broken or not (result.complete or self._went(result, bounds, "overlapping")):
            self.over = True
            return
        self.held.update(p.name for p in wanted)
        self.rungs.append(Rung(bounds, len(outcomes), result.distinct))
        self.files = dict([printing.serial_module(self.spec, outcomes)])
        self.files[f"{self.spec.module}.cfg"] = printing.cfg(self.spec, bounds, True, self.spec.properties)

    def conclude(self) -> Checked:
        """The verdict on everything seen."""
        verdict, reason = self._verdict()
        statuses = {p.name: "unchecked" for p in self.spec.properties}
        statuses |= {name: "holds" for name in self.held if verdict != "failed"}
        statuses |= dict.fromkeys(self.found, "violated")
        return Checked(
            verdict=verdict,
            reason=reason,
            findings=tuple(sorted(self.found.values(), key=rank)),
            properties=statuses,
            fired={a.name: self.fired[a.name] for a in self.spec.actions},
            rungs=self._all_rungs,
            tlc=numbers(self.runs),
            notes=tuple(self.notes),
            files=self.files or dict([printing.serial_module(self.spec)]),
            more=self._more,
            types=self.types,
        )

    @property
    def _all_rungs(self) -> tuple[Rung, ...]:
        return (*self.passed.rungs, *self.rungs)

    @property
    def _more(self) -> tuple[Property, ...]:
        """Properties of more calls than the specification's own speak of, as far as the ladder went."""
        sizes = sorted({r.bounds.callers for r in self._all_rungs})
        made = {p.name: p for size in sizes for p in larger(self.spec, size)}
        made |= {f.property.name: f.property for f in self.found.values() if f.property not in self.spec.properties}
        return tuple(made.values())

    def _wanted(self, bounds: Bounds) -> list[Property]:
        """Properties still to check on this rung.

        One that speaks of a number of calls is only true or false of that many. A combination of which a part
        already races is not asked about again: its trace would show the same race with a bystander.
        """
        known = (*self.spec.properties, *larger(self.spec, bounds.callers))
        return [p for p in known if p.name not in self.found and self._new_here(p, bounds)]

    def _new_here(self, prop: Property, bounds: Bounds) -> bool:
        if prop.kind not in ("serializable", "deadlock"):
            return True
        broken = [Counter(f.property.operations) for f in self.found.values() if f.property.kind == prop.kind]
        if not prop.operations:  # any calls, three of them where the specification itself speaks of them
            return bounds.callers >= OWN_CALLERS and not broken
        return len(prop.operations) == bounds.callers and not any(b <= Counter(prop.operations) for b in broken)

    def _record(self, name: str, violation: Violation, bounds: Bounds, outcomes: tuple[str, ...]) -> None:
        """Keep a violation. One of the types is none of the code: it says that the specification is wrong."""
        known = (*self.spec.properties, *larger(self.spec, bounds.callers))
        prop = next((p for p in known if p.name == name), None)
        if prop is None:
            self.types = Finding(TYPES, bounds, violation.trace)
            self.broken = (
                f"the specification leaves its own types ({name}) with {words(bounds)}, so its answers do not count"
            )
            return
        self.found[prop.name] = Finding(prop, bounds, violation.trace, outcomes)
        self.on_event(Found(self.spec.module, prop.plain or prop.name, len(violation.trace) - 1))

    def _went(self, result: CheckResult, bounds: Bounds, what: str) -> bool:
        """True if the run explored everything; otherwise the ladder ends here, and this says why."""
        where = f"{words(bounds)}, {what}"
        match result.outcome:
            case Outcome.PASSED:
                return True
            case Outcome.INCOMPLETE:
                if self.rungs or self.found:
                    self.notes.append(f"The search of {where} did not end within the limits: {result.reason}.")
                else:
                    self.stopped = (
                        "inconclusive",
                        f"the search of {where} did not end within the limits: {result.reason}",
                    )
            case Outcome.VIOLATED if not result.errors:
                self.notes.append(f"The search of {where} did not end within the limits; there may be more to find.")
            case Outcome.SPEC_ERROR | Outcome.VIOLATED:
                self.stopped = "inconclusive", f"TLC could not evaluate the specification: {self._complaint(result)}"
            case Outcome.TOOL_ERROR:
                self.stopped = "failed", result.reason
        self.over = True
        return False

    def _verdict(self) -> tuple[Verdict, str]:
        if self.broken:
            return "inconclusive", self.broken
        if self.stopped and not self.found:
            return self.stopped
        if self.found:
            if self.stopped:
                self.notes.append(f"The search ended early: {self.stopped[1]}.")
            return "violated", f"{len(self.found)} of {len(self.spec.properties)} properties violated"
        if not self._all_rungs:
            return (
                "inconclusive",
                "the time budget ended before the smallest scenario was explored; give a larger --budget",
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
        explored = [words(bounds) for bounds in largest([rung.bounds for rung in self._all_rungs])]
        return "verified", f"every property holds with {', and '.join(explored)}"

    def _complaint(self, result: CheckResult) -> str:
        text = " ".join((result.errors[0] if result.errors else result.reason).split())
        action = self._action_at(result.error_location.line) if result.error_location else None
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

    def _run(
        self, cfg: str, outcomes: Sequence[str], what: str, seconds: float, each: Each | None = None
    ) -> CheckResult:
        seconds = round(max(min(seconds, self.clock.remaining), 0.1), 1)
        name, serial = printing.serial_module(self.spec, outcomes)
        modules = {f"{self.spec.module}.tla": printing.module_text(self.spec), name: serial}
        job = Job(
            modules=modules | each.modules if each else modules,
            root=each.root if each else self.spec.module,
            keep_going=each is not None,
            cfg=cfg,
            budget=Budget(seconds, self.limits.memory_mb, self.limits.states),
        )
        rate = _Rate()

        def tell(progress: Progress) -> None:
            if self.clock.over.is_set():
                raise _NotNeeded
            self.on_event(RunProgress(self.spec.module, what, progress, rate(progress)))

        result = asked(job, self.spec.module, what, self.oracle, self.clock, self.on_event, tell)
        self.runs.append(result)
        return result


def asked(
    job: Job,
    module: str,
    what: str,
    oracle: Recorded,
    clock: Clock,
    on_event: OnEvent,
    on_progress: OnProgress | None = None,
) -> CheckResult:
    """One run of a climb: told when it begins and ends, and charged to the clock where an earlier run gave it."""
    on_event(RunBegan(module, what, job.budget.seconds))
    answer = oracle.ask(job, on_progress)
    result = answer.result
    if answer.kept:
        clock.charge(result.seconds)
    on_event(RunEnded(module, what, result.outcome.value, result.distinct, result.seconds, answer.kept))
    return result


class _NotNeeded(Exception):
    """The check ended while a run went on ahead of it: stops that run from inside its progress report."""


class _Rate:
    """States generated per second since the last report."""

    def __init__(self) -> None:
        self._generated, self._seconds = 0, 0.0

    def __call__(self, progress: Progress) -> float:
        span = progress.seconds - self._seconds
        rate = (progress.generated - self._generated) / span if span > 0 else 0.0
        self._generated, self._seconds = progress.generated, progress.seconds
        return max(rate, 0.0)


def rank(finding: Finding) -> tuple[int, int, str]:
    """What the code itself or its user asserts first, then wrong outcomes; the shorter trace ahead."""
    order = {"assertion": 0, "invariant": 1, "serializable": 2, "deadlock": 2, "temporal": 3}
    return order[finding.property.kind], len(finding.trace), finding.property.name


def numbers(runs: Sequence[CheckResult]) -> Tlc:
    """The numbers of all these runs together."""
    if not runs:
        return Tlc()
    return Tlc(
        version=runs[0].version,
        runner=runs[0].runner,
        distinct_states=sum(r.distinct for r in runs),
        generated_states=sum(r.generated for r in runs),
        depth=max(r.depth for r in runs),
        seconds=round(sum(r.seconds for r in runs), 3),
        jar_sha256=runs[0].jar_sha256,
    )
