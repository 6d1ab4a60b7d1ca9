"""The oracle driver: climbs a ladder of bounds with TLC, and collects every distinct race with its shortest trace.

A rung is two runs of one specification. The serial run lets one call go at a time and prints every outcome it
ends in; the overlapping run lets calls interleave and must end in no other outcome (the deterministic
linearizability of Line-Up, Burckhardt et al., PLDI 2010). The overlapping run goes on after a violation and reports
each property once. TLC searches breadth first with one worker, so each trace is a shortest one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from types import MappingProxyType

from code2tla.bounds import Limits, ladder
from code2tla.checked import Checked, Passed
from code2tla.climb import Climb
from code2tla.events import OnEvent
from code2tla.rundir import digest
from code2tla.runners import Recorded
from code2tla.tlc_runs import Clock
from specgen.types import Bounds, Spec
from tlc_runner.types import CheckResult

#: Runs of TLC at the same time; each is one thread and Java's own.
_AT_A_TIME = 2
#: Seconds below which a run is not worth starting: Java itself needs about one.
_LEAST = 2.0
#: Seconds that a rung of one specification may take however many others wait: some answers are better than none.
_SHARE = 10.0


def check(spec: Spec, oracle: Recorded, limits: Limits, on_event: OnEvent) -> Checked:
    """Check one specification as far up the ladder as the budget allows."""
    return check_all([spec], oracle, limits, on_event)[0]


def check_all(
    specs: Sequence[Spec],
    oracle: Recorded,
    limits: Limits,
    on_event: OnEvent,
    passed: Mapping[str, Passed] = MappingProxyType({}),
) -> list[Checked]:
    """Check specifications together: all on one rung before any on the next.

    ``passed`` says, by module, which rungs need no climbing any more.

    Two runs go on at a time: those of two specifications or, where there is but one left, the next rung's
    serial run beside this rung's overlapping one.
    """
    clock = Clock(limits.seconds, limits.sweep)
    nothing = Passed()
    climbs = [Climb(s, oracle, limits, clock, on_event, passed=passed.get(s.module, nothing)) for s in specs]
    rungs = ladder(limits)
    with ThreadPoolExecutor(_AT_A_TIME, thread_name_prefix="check") as pool:
        party = _Party(climbs, clock, pool)
        try:
            for bounds, later in zip(rungs, (*rungs[1:], None), strict=True):
                party.climb(bounds, later)
        finally:
            clock.over.set()
    return [climb.conclude() for climb in climbs]


def check_kept(
    specs: Sequence[Spec], oracle: Recorded, limits: Limits, on_event: OnEvent, earlier: Mapping[str, Passed]
) -> list[Checked]:
    """As ``check_all``, of those specifications that no earlier run has an answer on; answers are kept.

    ``earlier`` says, by the digest of a specification's text, which rungs need no climbing any more.
    """
    keys = [digest(oracle.identity, spec, limits, len(specs)) for spec in specs]
    known = {key: kept for key in keys if isinstance(kept := oracle.directory.get("check", key), Checked)}
    if limits.sweep:  # what an earlier sweep found is only where this one begins
        known = {}
    new = {key: spec for key, spec in zip(keys, specs, strict=True) if key not in known}
    passed = {spec.module: found for spec in new.values() if (found := earlier.get(digest(spec.text)))}
    made = check_all(list(new.values()), oracle, limits, on_event, passed)
    for key, checked in zip(new, made, strict=True):
        known[key] = checked
        # One that had no time to learn anything may have it next time.
        if checked.rungs or checked.findings:
            oracle.directory.put("check", key, checked)
    return [known[key] for key in keys]


class _Party:
    """All climbs, and the threads that they share."""

    def __init__(self, climbs: Sequence[Climb], clock: Clock, pool: ThreadPoolExecutor) -> None:
        self._climbs = climbs
        self._clock = clock
        self._pool = pool
        self._ahead: dict[tuple[int, Bounds], Future[CheckResult]] = {}
        self._begun = False

    def climb(self, bounds: Bounds, later: Bounds | None) -> None:
        """Take every climb that goes on up one rung; ``later`` is the rung above it."""
        going = [climb for climb in self._climbs if climb.goes_on(bounds)]
        share = max(_SHARE, self._clock.remaining * _AT_A_TIME / max(len(going), 1))
        alone = len(going) == 1
        tasks = [self._pool.submit(self._one, c, bounds, share, later if alone else None) for c in going]
        for task in tasks:
            task.result()

    def _one(self, climb: Climb, bounds: Bounds, seconds: float, later: Bounds | None) -> None:
        if self._begun and self._clock.remaining < _LEAST:
            climb.out_of_time(bounds)
            return
        self._begun = True
        serial = self._ahead.get((id(climb), bounds))
        climb.rung(bounds, seconds, serial, lambda: self._look_ahead(climb, later))

    def _look_ahead(self, climb: Climb, later: Bounds | None) -> None:
        """Begin the serial run of the rung above, beside the overlapping run of this one."""
        if later and self._clock.remaining > _LEAST and climb.goes_on(later):
            self._ahead[id(climb), later] = self._pool.submit(climb.serial, later, self._clock.remaining)
