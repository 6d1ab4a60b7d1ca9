"""How much it saves that mutants share runs: ``python -m bench.audit``.

The mutants of a few specifications of the corpora, all together, and a sample of them each in a TLC of its own with the
same properties; the second is scaled to all. Two runs go on at a time in both ways. Seconds of the processor stand
beside those of the clock, since others may be at work on the machine.
"""

from __future__ import annotations

import resource
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
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


def _clocks() -> tuple[float, float]:
    """Seconds of the clock, and of the processor in Java processes that have ended."""
    spent = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.monotonic(), spent.ru_utime + spent.ru_stime


def main() -> int:
    """Measure and print."""
    runner = EmbeddedRunner()
    mutants, together, apart = 0, [0.0, 0.0], [0.0, 0.0]
    for subject in subjects():
        began = _clocks()
        made = audit(subject, runner, Limits(120.0))
        spent = [after - before for before, after in zip(began, _clocks(), strict=True)]
        decided = [m for m in made.mutants if m.status != "not_run"]
        sample = decided[:: max(len(decided) // _SAMPLE, 1)]
        jobs = []
        for mutant in sample:
            name = f"{mutant.mutation.module}.tla"
            text = mutated(subject.modules[name].encode(), mutant.mutation)
            jobs.append(Job({**subject.modules, name: text}, subject.root, subject.cfg, Budget(30.0)))
        began = _clocks()
        with ThreadPoolExecutor(_JOBS) as pool:
            list(pool.map(runner.check, jobs))
        scale = len(decided) / max(len(sample), 1)
        each = [(after - before) * scale for before, after in zip(began, _clocks(), strict=True)]
        print(
            f"{subject.root}: {len(decided)} mutants in {_told(spent)}, {made.runs} runs; "
            f"apart {_told(each)}, from a sample of {len(sample)}",
            flush=True,
        )
        mutants += len(decided)
        together = [a + b for a, b in zip(together, spent, strict=True)]
        apart = [a + b for a, b in zip(apart, each, strict=True)]
    hundred = [part / mutants * MUTANTS for part in together]
    print(
        f"{mutants} mutants: {_told(together)} together, {_told(apart)} apart, {apart[0] / together[0]:.1f} times "
        f"({apart[1] / together[1]:.1f} of the processor); {MUTANTS} take {_told(hundred)}, limit {AT_MOST:.0f} s"
    )
    return 0


def _told(spent: list[float]) -> str:
    return f"{spent[0]:.1f} s ({spent[1]:.1f} s of the processor)"


if __name__ == "__main__":
    raise SystemExit(main())
