"""Which TLC is used here, and runs that are not done twice."""

from __future__ import annotations

from dataclasses import dataclass

from code2tla.errors import ToolError
from code2tla.rundir import RunDirectory, digest
from code2tla.settings import Settings
from tlc_runner.choose import runner
from tlc_runner.errors import TlcRunnerError
from tlc_runner.locate import find_jar
from tlc_runner.types import CheckResult, Job, OnProgress, Outcome, Runner

#: Changes when kept answers of earlier versions must not be used any more.
FORMAT = 2

#: Only these ends are worth keeping: the others depend on how much time or memory there was.
_FINAL = frozenset({Outcome.PASSED, Outcome.VIOLATED, Outcome.SPEC_ERROR})


@dataclass(frozen=True, slots=True)
class Answer:
    """A run's result; ``kept`` if an earlier run of the same job gave it."""

    result: CheckResult
    kept: bool


@dataclass(frozen=True, slots=True)
class Recorded:
    """A runner whose finished runs are kept in a run directory and not done again.

    ``identity`` names everything that may change an answer besides the job, such as the jar's digest.
    """

    runner: Runner
    directory: RunDirectory
    identity: str

    def ask(self, job: Job, on_progress: OnProgress | None = None) -> Answer:
        """The runner's result, or the kept one of an earlier run with its numbers."""
        key = digest(self.identity, sorted(job.modules.items()), job.root, job.cfg, job.workers, job.deadlock)
        known = self.directory.get("tlc", key)
        if isinstance(known, CheckResult):
            return Answer(known, kept=True)
        result = self.runner.check(job, on_progress)
        if result.outcome in _FINAL:
            self.directory.put("tlc", key, result)
        return Answer(result, kept=False)


def choose(settings: Settings) -> tuple[Runner, str]:
    """The runner to use and its identity. Raises ToolError with what is missing and how to mend it."""
    try:
        made = runner(settings.runner, settings.jar)
        return made, f"{FORMAT} {made.name} {find_jar(settings.jar).sha256}"
    except TlcRunnerError as error:
        raise ToolError(str(error)) from error


def recorded(settings: Settings, directory: RunDirectory) -> Recorded:
    """The runner to use, its finished runs kept in ``directory``. Raises ToolError."""
    made, identity = choose(settings)
    return Recorded(made, directory, identity)
