"""Starts of TLC within one audit's time, and what the kit's modules printed in them."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence

from tlc_runner.audit.kit import TAG, Prepared
from tlc_runner.audit.types import Limits
from tlc_runner.types import Budget, CheckResult, Job, Runner
from tlc_runner.values import parse_value

#: Seconds below which another start of TLC is not worth it.
LEAST = 1.5

_NOW = f'<<"{TAG}", "now", '


class Session:
    """The runs of one audit: ``seconds_left`` of its time, and how many there were."""

    def __init__(self, runner: Runner, limits: Limits) -> None:
        self._runner = runner
        self.limits = limits
        self._end = time.monotonic() + limits.seconds
        self.runs = 0

    @property
    def seconds_left(self) -> float:
        """Seconds until the audit must end."""
        return self._end - time.monotonic()

    @property
    def over(self) -> bool:
        """Whether there is no time for another run."""
        return self.seconds_left < LEAST

    def run(
        self, prepared: Prepared, *, seconds: float | None = None, coverage: bool = False, deadlock: bool = False
    ) -> CheckResult:
        """One run of at most so many seconds and never beyond the audit's end."""
        self.runs += 1
        left = max(self.seconds_left, LEAST)
        job = Job(
            modules=prepared.modules,
            root=prepared.root,
            cfg=prepared.cfg,
            budget=Budget(min(left, seconds or left), self.limits.memory_mb),
            coverage=coverage,
            deadlock=deadlock,
        )
        return self._runner.check(job)


def printed(result: CheckResult) -> Iterator[Sequence[object]]:
    """What the kit printed: each tuple without its tag."""
    for line in result.prints:
        if line.startswith(f'<<"{TAG}", ') and not line.startswith(_NOW):
            value = parse_value(line)
            if isinstance(value, tuple):
                yield value[1:]


def last_at_work(result: CheckResult) -> int | None:
    """The mutant whose states TLC was at when the run ended."""
    for line in reversed(result.prints):
        if line.startswith(_NOW):
            return int(line.removeprefix(_NOW).removesuffix(">>"))
    return None
