"""How much it saves that mutants share runs: ``python -m bench.audit``.

The mutants of a few specifications of the corpora, all together, and a sample of them each in a TLC of its own with the
same properties; the second is scaled to all. Two runs go on at a time in both ways.
"""

from __future__ import annotations

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


def main() -> int:
    """Measure and print."""
    runner = EmbeddedRunner()
    mutants, seconds, apart = 0, 0.0, 0.0
    for subject in subjects():
        made = audit(subject, runner, Limits(120.0))
        decided = [m for m in made.mutants if m.status != "not_run"]
        sample = decided[:: max(len(decided) // _SAMPLE, 1)]
        jobs = []
        for mutant in sample:
            name = f"{mutant.mutation.module}.tla"
            text = mutated(subject.modules[name].encode(), mutant.mutation)
            jobs.append(Job({**subject.modules, name: text}, subject.root, subject.cfg, Budget(30.0)))
        began = time.monotonic()
        with ThreadPoolExecutor(_JOBS) as pool:
            list(pool.map(runner.check, jobs))
        each = (time.monotonic() - began) / max(len(sample), 1)
        print(
            f"{subject.root}: {len(decided)} mutants in {made.seconds:.1f} s, {made.runs} runs; "
            f"apart {each * len(decided):.1f} s, from a sample of {len(sample)}",
            flush=True,
        )
        mutants, seconds, apart = mutants + len(decided), seconds + made.seconds, apart + each * len(decided)
    print(
        f"{mutants} mutants: {seconds:.1f} s together, {apart:.1f} s apart, {apart / seconds:.1f} times; "
        f"{MUTANTS} take {seconds / mutants * MUTANTS:.1f} s, limit {AT_MOST:.0f} s"
    )
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
