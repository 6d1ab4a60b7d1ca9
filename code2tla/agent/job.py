"""One run that an agent answers: what it was asked to do, the task that waits, and answers taken down.

Everything is on the disk before anything else happens: the run is a function of its inputs and of the recorded answers,
so it may be killed between any two of them, and every step begins it again from the transcript.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError

from code2tla import output, pipeline
from code2tla.authoring.choose import TRANSCRIPT
from code2tla.errors import InputError, UsageError
from code2tla.events import OnEvent
from code2tla.nightly.night import Night, night
from code2tla.pipeline import Run
from code2tla.rundir import write_text
from code2tla.settings import Settings, load
from specgen.authoring.recording import request, response
from specgen.authoring.transcript import Transcript, TranscriptUnreadable
from specgen.authoring.types import AnswerPending, Task, Usage

#: The exit status of a run that waits for an answer.
WAITING = 5

RUN_FILE, TASK_FILE, TASK_TEXT = "run.json", "task.json", "task.md"
_AUTHOR = "agent"
#: An answer longer than this is refused before anyone reads it.
_MOST_CHARACTERS = 2_000_000


class _RunFile(BaseModel):
    model_config = ConfigDict(extra="forbid")

    repo: str
    feature: str
    options: dict[str, Any]
    check: bool = False


@dataclass(frozen=True, slots=True)
class Job:
    """A run by an agent: where, on what, and with which settings of the command line.

    With ``check`` it is one of ``code2tla check``: it brings up to date what the specification directory holds.
    """

    spec_dir: Path
    repo: Path
    feature: str
    options: Mapping[str, Any]
    check: bool = False

    @property
    def settings(self) -> Settings:
        """The settings of every step of this run. Raises SettingError."""
        given = {key: value for key, value in self.options.items() if value is not None}
        return load(self.repo, given | {"author": _AUTHOR})


def begin(repo: Path, feature: str, options: Mapping[str, Any]) -> Job:
    """Take a run down in its specification directory, so that ``answer`` finds it. Raises UsageError."""
    settings = load(repo, dict(options))
    known = pipeline.index(repo, feature, settings).feature
    spec_dir = output.directory(settings.out, repo.resolve(), known).resolve()
    job = Job(spec_dir, repo, known, dict(options))
    _write(job)
    return job


def begin_check(spec_dir: Path, repo: Path, feature: str, options: Mapping[str, Any]) -> Job:
    """Take a check down in the specification directory that it is of. Raises UsageError."""
    job = Job(spec_dir.resolve(), repo, feature, dict(options), check=True)
    _write(job)
    return job


def _write(job: Job) -> None:
    # The directory is meant to be committed: no machine's path.
    where = os.path.relpath(job.repo.resolve(), job.spec_dir)
    kept = {
        key: str(value) if isinstance(value, Path) else value for key, value in job.options.items() if value is not None
    }
    kept["out"] = os.path.relpath(job.settings.out.resolve(), job.spec_dir)
    file = {"repo": where, "feature": job.feature, "options": kept, "check": job.check}
    write_text(job.spec_dir / RUN_FILE, json.dumps(file, indent=1, sort_keys=True) + "\n")


def find(spec_dir: Path) -> Job:
    """The run of a specification directory. Raises UsageError."""
    path = spec_dir / RUN_FILE
    try:
        known = _RunFile.model_validate_json(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror}); begin with run --author agent") from error
    except (ValidationError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: is no run of this version; begin anew with run --author agent") from error
    home = spec_dir.resolve()
    options = dict(known.options)
    options["out"] = (home / str(options.get("out", "."))).resolve()
    return Job(home, (home / known.repo).resolve(), known.feature, options, known.check)


def step(job: Job, on_event: OnEvent | None = None) -> Run | Night | Task:
    """Take the run as far as the recorded answers go: to its end, or to the next task, which is then in ``task.json``.

    Raises UsageError and ToolError as the pipeline does.
    """
    try:
        done = _taken(job, on_event)
    except AnswerPending as pending:
        _leave(job.spec_dir, pending.task)
        return pending.task
    for name in (RUN_FILE, TASK_FILE, TASK_TEXT):
        (job.spec_dir / name).unlink(missing_ok=True)
    return done


def _taken(job: Job, on_event: OnEvent | None) -> Run | Night:
    if job.check:
        return night(job.spec_dir, job.repo, job.settings, on_event)
    return pipeline.run(job.repo, job.feature, job.settings, on_event)


def take_down(job: Job, text: str, digest: str | None = None) -> Task:
    """Record the answer to the task that waits, and return that task.

    ``digest`` names the task that the answer is for, if its giver knows. Raises UsageError if no task waits, another
    one does, or the answer is too long.
    """
    task = waiting(job.spec_dir)
    if task is None:
        raise UsageError(f"{job.spec_dir}: no task waits for an answer; run --author agent goes on")
    if digest is not None and digest != task.digest():
        raise UsageError(f"{job.spec_dir}: the task {digest} does not wait any more; {task.digest()} does")
    if len(text) > _MOST_CHARACTERS:
        raise UsageError(f"the answer has {len(text):,} characters; {_MOST_CHARACTERS:,} are allowed")
    try:
        transcript = Transcript(job.spec_dir / TRANSCRIPT)
    except TranscriptUnreadable as error:
        raise UsageError(str(error)) from error
    transcript.append(request(task, _AUTHOR), response(text, Usage(calls=1)))
    (job.spec_dir / TASK_FILE).unlink(missing_ok=True)
    (job.spec_dir / TASK_TEXT).unlink(missing_ok=True)
    return task


def waiting(spec_dir: Path) -> Task | None:
    """The task that waits for its answer, None where none does. Raises UsageError for one that cannot be read."""
    path = spec_dir / TASK_FILE
    try:
        known = json.loads(path.read_text(encoding="utf-8"))
        return Task(
            known["kind"],
            known["subject"],
            known["prompt"],
            known["answer_schema"],
            known["attempt"],
            known["explores"],
        )
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise UsageError(f"{path}: is no task of this version; run --author agent writes it again") from error


def as_json(task: Task) -> dict[str, Any]:
    """A task for programs (schema ``code2tla/task/1``)."""
    return {
        "schema": "code2tla/task/1",
        "digest": task.digest(),
        "kind": task.kind,
        "subject": task.subject,
        "attempt": task.attempt,
        "explores": task.explores,
        "prompt": task.prompt,
        "answer_schema": dict(task.schema),
    }


def _leave(spec_dir: Path, task: Task) -> None:
    write_text(spec_dir / TASK_TEXT, _as_text(task))
    write_text(spec_dir / TASK_FILE, json.dumps(as_json(task), indent=1, ensure_ascii=False) + "\n")


def _as_text(task: Task) -> str:
    schema = json.dumps(dict(task.schema), indent=2, ensure_ascii=False)
    return f"{task.prompt.rstrip()}\n\nAnswer with JSON of this schema:\n\n```json\n{schema}\n```\n"
