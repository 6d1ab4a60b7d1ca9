"""What is the same for every runner: the files of a run and the command line of Java and TLC."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from tlc_runner.errors import BadJob
from tlc_runner.modules import check_modules
from tlc_runner.types import Job
from tlc_runner.watch import add_watch

#: How long a run may go on after its time budget to print its statistics and coverage, in seconds.
GRACE = 1.5
#: How much longer a run may take for Java's start, in seconds and as a part of its time: TLC's own clock, by which it
#: stops, begins only then, and a run that is killed first prints neither statistics nor coverage.
_START = 4.0
_START_SHARE = 0.1
#: TLC's heap below this many megabytes does not start.
MIN_MEMORY_MB = 16
#: Up to this time budget in seconds Java's quick compiler alone does better than both together, which compete with
#: TLC for the processor (a million small states: 6.0 s, not 8.6, on two cores; nothing to explore: 0.8 s, not 1.0). The
#: two are level after about a minute, which few runs take of the two that they may.
SHORT_RUN = 120.0
CFG_NAME = "MC.cfg"

#: Stands for the scratch directory in a launch's arguments.
_SCRATCH = "@scratch@"
_SANY_MEMORY_MB = 256
_SANY_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Launch:
    """One start of Java: the files of its working directory, what to run there, and the limits to keep.

    ``arguments`` come after Java's own and the class path; ``limit`` is when to kill it, in seconds.
    """

    files: Mapping[str, str]
    arguments: tuple[str, ...]
    memory_mb: int
    workers: int
    short: bool
    limit: float


def check_launch(job: Job) -> Launch:
    """How to check ``job``, with what makes TLC report and stop; raises BadJob or UnsafeModule."""
    check_modules(job)
    budget = job.budget
    if not 0 < budget.seconds < math.inf or budget.memory_mb < MIN_MEMORY_MB or job.workers < 1:
        raise BadJob(
            f"budget of {budget.seconds:g} s, {budget.memory_mb} MB and {job.workers} workers: "
            f"give more than 0 s, at least {MIN_MEMORY_MB} MB and 1 worker"
        )
    if budget.states is not None and budget.states < 1:
        raise BadJob(f"budget of {budget.states} states: give at least 1, or none")
    watched = add_watch(job)
    return Launch(
        files={**watched.modules, CFG_NAME: watched.cfg},
        arguments=_tlc_arguments(watched),
        memory_mb=budget.memory_mb,
        workers=job.workers,
        short=budget.seconds <= SHORT_RUN,
        limit=budget.seconds + (_late(budget.seconds) if watched is not job else 0.0),
    )


def _late(seconds: float) -> float:
    """How long after its time a run that stops itself is killed."""
    return GRACE + min(_START, _START_SHARE * seconds)


def sany_launch(modules: Mapping[str, str], root: str) -> Launch:
    """How to parse module ``root`` of ``modules``; raises BadJob or UnsafeModule."""
    check_modules(Job(modules=modules, root=root, cfg=""))
    return Launch(
        files=modules,
        arguments=("tla2sany.SANY", f"{root}.tla"),
        memory_mb=_SANY_MEMORY_MB,
        workers=1,
        short=True,
        limit=_SANY_SECONDS,
    )


def java_arguments(launch: Launch, *, jar: str, scratch: str) -> list[str]:
    """All arguments of Java: heap, collector, a locale in which numbers read the same everywhere, and the launch's.

    ``scratch`` is a directory to write to: TLC keeps its states there, and unpacks the standard modules, which it
    otherwise leaves in the machine's own temporary directory.
    """
    flags = [
        f"-Xmx{launch.memory_mb}m",
        "-Xss8m",
        "-XX:+UseParallelGC" if launch.workers > 1 else "-XX:+UseSerialGC",
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
    if launch.short:
        flags.append("-XX:TieredStopAtLevel=1")
    return [*flags, "-cp", jar, *(argument.replace(_SCRATCH, scratch) for argument in launch.arguments)]


def _tlc_arguments(job: Job) -> tuple[str, ...]:
    states = f"{_SCRATCH}/states"
    arguments = ["tlc2.TLC", "-tool", "-fp", "0", "-seed", "1", "-workers", str(job.workers), "-metadir", states]
    if not job.deadlock:  # TLC's -deadlock means: do not check for it
        arguments.append("-deadlock")
    if job.keep_going:
        arguments.append("-continue")
    if job.coverage:
        arguments += ["-coverage", "1"]
    return (*arguments, "-config", CFG_NAME, f"{job.root}.tla")
