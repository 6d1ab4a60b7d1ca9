"""How much it saves that mutants share runs: ``python -m bench.audit``.

The mutants of a few specifications of the corpora, all together, and a sample of them each in a TLC of its own with the
same properties; the second is scaled to all. Two runs go on at a time in both ways. Seconds of the processor stand
beside those of the clock, since others may be at work on the machine.
"""

from __future__ import annotations

import resource
import tempfile
import time
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from corpora import build, load
from extractor import index
from specgen import printing
from specgen.static import StaticAuthor
from specgen.types import Bounds, Spec
from tlc_runner.audit.audit import audit
from tlc_runner.audit.mutate import mutated
from tlc_runner.audit.types import Limits, Subject
from tlc_runner.embedded import EmbeddedRunner
from tlc_runner.types import Budget, Job

CASES = ("double_checked", "leaking_pool", "cancelled_waiter")
#: How many times cheaper mutants are together than apart, at least.
CHEAPER = 3.0
#: Seconds that so many mutants may take.
AT_MOST = 30.0
MUTANTS = 100
_BOUNDS = Bounds(2, 1, 0)
_SAMPLE = 12
_JOBS = 2


def subjects() -> Iterator[Subject]:
    """A specification of each case with its serial outcomes."""
    runner = EmbeddedRunner()
    with tempfile.TemporaryDirectory(prefix="bench-audit-") as directory:
        for name in CASES:
            built = build(name, Path(directory) / name, "fixed")
            author = StaticAuthor(index(built.repo, load(name).feature, Path(directory) / "index.sqlite"))
            for target in author.plan().targets:
                yield _subject(author.write(target), runner)


def _subject(spec: Spec, runner: EmbeddedRunner) -> Subject:
    serial = dict([printing.serial_module(spec)])
    modules = {f"{spec.module}.tla": printing.module_text(spec)}
    alone = runner.check(Job(modules | serial, spec.module, printing.cfg(spec, _BOUNDS, False)))
    modules |= dict([printing.serial_module(spec, alone.prints)])
    wanted = [p for p in spec.properties if len(p.operations) == _BOUNDS.callers]
    return Subject(modules, spec.module, printing.cfg(spec, _BOUNDS, True, wanted), deadlock=False)


@dataclass(frozen=True, slots=True)
class Spent:
    """Seconds of the clock, and of the processor in Java processes that have ended."""

    clock: float
    processor: float

    @classmethod
    def so_far(cls) -> Spent:
        """Since some moment that stays the same."""
        used = resource.getrusage(resource.RUSAGE_CHILDREN)
        return cls(time.monotonic(), used.ru_utime + used.ru_stime)

    def __sub__(self, earlier: Spent) -> Spent:
        return Spent(self.clock - earlier.clock, self.processor - earlier.processor)

    def __add__(self, other: Spent) -> Spent:
        return Spent(self.clock + other.clock, self.processor + other.processor)

    def __mul__(self, factor: float) -> Spent:
        return Spent(self.clock * factor, self.processor * factor)

    def __str__(self) -> str:
        return f"{self.clock:.1f} s ({self.processor:.1f} s of the processor)"


@dataclass(frozen=True, slots=True)
class Audited:
    """Mutants that were decided, in how many runs, what that took, and what it takes them apart, scaled."""

    name: str
    mutants: int
    runs: int
    sample: int
    together: Spent
    apart: Spent


def measure() -> Iterator[Audited]:
    """Audit the specification of each case, then run a sample of its mutants each in a TLC of its own."""
    runner = EmbeddedRunner()
    for subject in subjects():
        began = Spent.so_far()
        made = audit(subject, runner, Limits(120.0))
        together = Spent.so_far() - began
        decided = [m for m in made.mutants if m.status != "not_run"]
        sample = decided[:: max(len(decided) // _SAMPLE, 1)]
        jobs = []
        for mutant in sample:
            name = f"{mutant.mutation.module}.tla"
            text = mutated(subject.modules[name].encode(), mutant.mutation)
            jobs.append(Job({**subject.modules, name: text}, subject.root, subject.cfg, Budget(30.0)))
        began = Spent.so_far()
        with ThreadPoolExecutor(_JOBS) as pool:
            list(pool.map(runner.check, jobs))
        apart = (Spent.so_far() - began) * (len(decided) / max(len(sample), 1))
        yield Audited(subject.root, len(decided), made.runs, len(sample), together, apart)


def show(rows: Iterable[Audited]) -> Audited:
    """Print a row as soon as it is there, then all of them as one; return that."""
    print(f"{'specification':<16}{'mutants':>8}{'runs':>6}  {'together':<40}{'apart, from a sample':<44}")
    total = Audited("all", 0, 0, 0, Spent(0.0, 0.0), Spent(0.0, 0.0))
    for row in rows:
        _print(row)
        total = Audited(
            total.name,
            total.mutants + row.mutants,
            total.runs + row.runs,
            total.sample + row.sample,
            total.together + row.together,
            total.apart + row.apart,
        )
    _print(total)
    return total


def _print(row: Audited) -> None:
    apart = f"{row.apart}, of {row.sample}"
    print(f"{row.name:<16}{row.mutants:>8}{row.runs:>6}  {row.together!s:<40}{apart:<44}", flush=True)


def hundred(row: Audited) -> Spent:
    """What a hundred of its mutants took, together."""
    return row.together * (MUTANTS / row.mutants)


def main() -> int:
    """Measure and print."""
    total = show(measure())
    print(
        f"\n{total.apart.clock / total.together.clock:.1f} times cheaper together "
        f"({total.apart.processor / total.together.processor:.1f} of the processor); "
        f"{MUTANTS} take {hundred(total)}, limit {AT_MOST:.0f} s"
    )
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
