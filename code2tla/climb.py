"""One specification's climb up the ladder of bounds: what is run on each rung, and which properties are asked there."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field

from code2tla.bounds import OWN_CALLERS, Limits, larger, largest, words
from code2tla.checked import Checked, Finding, Passed, Rung
from code2tla.each import Each
from code2tla.events import Found, OnEvent
from code2tla.learnt import Learnt
from code2tla.runners import Recorded
from code2tla.tlc_runs import Clock, TlcRuns
from specgen import printing
from specgen.types import Bounds, Property, Spec
from tlc_runner.types import CheckResult, Violation


@dataclass(slots=True)
class Climb:
    """One specification on its way up the ladder, and what is known of it so far."""

    spec: Spec
    oracle: Recorded
    limits: Limits
    clock: Clock
    on_event: OnEvent
    passed: Passed = field(default_factory=Passed)
    learnt: Learnt = field(init=False)
    runs: TlcRuns = field(init=False)
    files: dict[str, str] = field(init=False)
    over: bool = False

    def __post_init__(self) -> None:
        self.learnt = Learnt(self.spec, rungs=list(self.passed.rungs))
        self.learnt.fired.update(self.passed.fired)
        self.learnt.held.update(self.passed.held)
        self.runs = TlcRuns(self.spec.module, self.oracle, self.limits, self.clock, self.on_event)
        self.files = dict(self.passed.files)

    def goes_on(self, bounds: Bounds) -> bool:
        """Whether this rung is to be climbed: the ladder has not ended, and something could still be learnt here."""
        known = any(rung.bounds == bounds for rung in self.passed.rungs)
        return not self.over and not known and (not self.learnt.found or bool(self._wanted(bounds)))

    def out_of_time(self, bounds: Bounds) -> None:
        """End the ladder below this rung, for want of time."""
        self.over = True
        self.learnt.out_of_time(words(bounds))

    def serial(self, bounds: Bounds, seconds: float) -> CheckResult:
        """The run that lets one call go at a time, for its outcomes."""
        cfg = printing.cfg(self.spec, bounds, False)
        return self.runs.run(self._modules(()), cfg, f"{words(bounds)}, one at a time", seconds)

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
        if not self.learnt.complete(first, f"{words(bounds)}, one at a time"):
            self.over = True
            return
        between()
        outcomes = tuple(sorted(set(first.prints)))
        wanted = self._wanted(bounds)
        each = Each(self.spec, wanted)
        what = f"{words(bounds)}, overlapping"
        result = self.runs.run(self._modules(outcomes), each.cfg(bounds), what, end - time.monotonic(), each)
        self.learnt.take(result)
        for name, violation in each.found(result):
            self._record(name, violation, bounds, outcomes)
        if self.learnt.broken or not (result.complete or self.learnt.complete(result, what)):
            self.over = True
            return
        self.learnt.held.update(p.name for p in wanted)
        self.learnt.rungs.append(Rung(bounds, len(outcomes), result.distinct))
        self.files = dict([printing.serial_module(self.spec, outcomes)])
        self.files[f"{self.spec.module}.cfg"] = printing.cfg(self.spec, bounds, True, self.spec.properties)

    def conclude(self) -> Checked:
        """The verdict on everything seen."""
        explored = [words(bounds) for bounds in largest([rung.bounds for rung in self.learnt.rungs])]
        return self.learnt.checked(
            ", and ".join(explored),
            self.runs.numbers,
            self.files or dict([printing.serial_module(self.spec)]),
            self._more,
        )

    def _modules(self, outcomes: Sequence[str]) -> dict[str, str]:
        """The specification, and the module of these serial outcomes."""
        name, serial = printing.serial_module(self.spec, outcomes)
        return {f"{self.spec.module}.tla": printing.module_text(self.spec), name: serial}

    @property
    def _more(self) -> tuple[Property, ...]:
        """Properties of more calls than the specification's own speak of, as far as the ladder went."""
        sizes = sorted({r.bounds.callers for r in self.learnt.rungs})
        made = {p.name: p for size in sizes for p in larger(self.spec, size)}
        made |= {
            f.property.name: f.property for f in self.learnt.found.values() if f.property not in self.spec.properties
        }
        return tuple(made.values())

    def _wanted(self, bounds: Bounds) -> list[Property]:
        """Properties still to check on this rung.

        One that speaks of a number of calls is only true or false of that many. A combination of which a part
        already races is not asked about again: its trace would show the same race with a bystander.
        """
        known = (*self.spec.properties, *larger(self.spec, bounds.callers))
        return [p for p in known if p.name not in self.learnt.found and self._new_here(p, bounds)]

    def _new_here(self, prop: Property, bounds: Bounds) -> bool:
        if prop.kind not in ("serializable", "deadlock"):
            return True
        broken = [Counter(f.property.operations) for f in self.learnt.found.values() if f.property.kind == prop.kind]
        if not prop.operations:  # any calls, three of them where the specification itself speaks of them
            return bounds.callers >= OWN_CALLERS and not broken
        return len(prop.operations) == bounds.callers and not any(b <= Counter(prop.operations) for b in broken)

    def _record(self, name: str, violation: Violation, bounds: Bounds, outcomes: tuple[str, ...]) -> None:
        """Keep a violation."""
        known = (*self.spec.properties, *larger(self.spec, bounds.callers))
        prop = next((p for p in known if p.name == name), None)
        if prop is None:
            self.learnt.leaves_types(violation, bounds, f"({name}) with {words(bounds)}")
            return
        self.learnt.found[prop.name] = Finding(prop, bounds, violation.trace, outcomes)
        self.on_event(Found(self.spec.module, prop.plain or prop.name, len(violation.trace) - 1))
