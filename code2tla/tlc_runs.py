"""The runs of TLC that a climb makes: within one time budget, told of while they go on, and counted."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from code2tla.bounds import Limits
from code2tla.each import Each
from code2tla.events import OnEvent, RunBegan, RunEnded, RunProgress
from code2tla.runners import Recorded
from reports.result import Tlc
from tlc_runner.types import Budget, CheckResult, Job, Outcome, Progress


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
class TlcRuns:
    """The runs of one module, and what they gave in the order in which they ended."""

    module: str
    oracle: Recorded
    limits: Limits
    clock: Clock
    on_event: OnEvent
    results: list[CheckResult] = field(default_factory=list)

    def run(
        self, modules: Mapping[str, str], cfg: str, what: str, seconds: float = math.inf, each: Each | None = None
    ) -> CheckResult:
        """One run in at most so many seconds, as far as the clock has them; with ``each`` it finds every violation.

        ``modules`` are file name and text; ``what`` says to people what is explored. Several workers of TLC do not
        search breadth first and have registers of their own, so that with ``each`` they only find out whether anything
        is violated at all: where something is, one worker does it again.
        """
        end = time.monotonic() + seconds
        job = Job(
            modules={**modules, **each.modules} if each else modules,
            root=each.root if each else self.module,
            keep_going=each is not None,
            cfg=cfg,
        )
        if each and self.limits.workers > 1:
            several = replace(job, workers=self.limits.workers, keep_going=False)
            result = self._ask(several, f"{what}, {self.limits.workers} workers", seconds)
            if result.outcome not in (Outcome.VIOLATED, Outcome.SPEC_ERROR):
                return result
        return self._ask(job, what, end - time.monotonic())

    def _ask(self, job: Job, what: str, seconds: float) -> CheckResult:
        budget = Budget(
            round(max(min(seconds, self.clock.remaining), 0.1), 1), self.limits.memory_mb, self.limits.states
        )
        job = replace(job, budget=budget)
        rate = _Rate()

        def tell(progress: Progress) -> None:
            if self.clock.over.is_set():
                raise _NotNeeded
            self.on_event(RunProgress(self.module, what, progress, rate(progress)))

        self.on_event(RunBegan(self.module, what, job.budget.seconds))
        answer = self.oracle.ask(job, tell)
        result = answer.result
        if answer.kept:
            self.clock.charge(result.seconds)
        self.on_event(RunEnded(self.module, what, result.outcome.value, result.distinct, result.seconds, answer.kept))
        self.results.append(result)
        return result

    @property
    def numbers(self) -> Tlc:
        """The numbers of all runs together."""
        runs = self.results
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
