"""What is the same for every runner: the files of a run and the command line of Java and TLC."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from tlc_runner.errors import BadJob
from tlc_runner.modules import check_modules
from tlc_runner.types import Job
from tlc_runner.watch import add_watch

#: How long a run may go on after its time budget to print its statistics and coverage, in seconds.
GRACE = 1.5
#: TLC's heap below this many megabytes does not start.
MIN_MEMORY_MB = 16
CFG_NAME = "MC.cfg"


@dataclass(frozen=True, slots=True)
class Prepared:
    """The files to put into the directory of the specification, and the arguments after Java's own."""

    files: Mapping[str, str]
    root: str
    watched: bool


def prepare(job: Job) -> Prepared:
    """Checks ``job`` and adds what makes TLC report and stop; raises BadJob or UnsafeModule."""
    check_modules(job)
    budget = job.budget
    if budget.seconds <= 0 or budget.memory_mb < MIN_MEMORY_MB or job.workers < 1:
        raise BadJob(
            f"budget of {budget.seconds:g} s, {budget.memory_mb} MB and {job.workers} workers: "
            f"give more than 0 s, at least {MIN_MEMORY_MB} MB and 1 worker"
        )
    if budget.states is not None and budget.states < 1:
        raise BadJob(f"budget of {budget.states} states: give at least 1, or none")
    watched = add_watch(job)
    return Prepared({**watched.modules, CFG_NAME: watched.cfg}, watched.root, watched is not job)


def java_flags(*, memory_mb: int, workers: int, seconds: float, scratch: str) -> list[str]:
    """Java's own arguments: heap, collector, and a locale in which numbers read the same everywhere.

    ``scratch`` is where TLC unpacks the standard modules, which it otherwise leaves in the machine's own
    temporary directory.
    """
    flags = [
        f"-Xmx{memory_mb}m",
        "-Xss8m",
        "-XX:+UseParallelGC" if workers > 1 else "-XX:+UseSerialGC",
        "-XX:+DisplayVMOutputToStderr",
        "-XX:-UsePerfData",
        "-Xshare:auto",
        "-Dfile.encoding=UTF-8",
        "-Dstdout.encoding=UTF-8",
        "-Duser.language=en",
        "-Duser.country=US",
        "-Djava.awt.headless=true",
        f"-Djava.io.tmpdir={scratch}",
    ]
    if seconds <= SHORT_RUN:
        flags.append("-XX:TieredStopAtLevel=1")
    return flags


#: Up to this time budget in seconds Java's quick compiler alone does better than both together, which compete with
#: TLC for the processor (a million small states: 6.0 s against 8.6 s on two cores, nothing to explore: 0.8 against 1.0).
SHORT_RUN = 60.0


def tlc_arguments(job: Job, prepared: Prepared, *, metadir: str) -> list[str]:
    """TLC's class and arguments, to be run in the directory of the specification."""
    arguments = ["tlc2.TLC", "-tool", "-fp", "0", "-seed", "1", "-workers", str(job.workers), "-metadir", metadir]
    if not job.deadlock:  # TLC's -deadlock means: do not check for it
        arguments.append("-deadlock")
    if job.coverage:
        arguments += ["-coverage", "1"]
    return [*arguments, "-config", CFG_NAME, f"{prepared.root}.tla"]
