"""The runs that an agent has in hand: each goes on by itself until it needs an answer or has ended."""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from code2tla.agent import job as jobs
from code2tla.agent.job import Job
from code2tla.errors import ToolError, UsageError
from code2tla.events import Event, Found, RunBegan, RunEnded, RunProgress, StageBegan
from code2tla.nightly import every
from code2tla.nightly.night import Night
from code2tla.pipeline import Run
from specgen.authoring.types import Task

#: What is written beside a specification for people to read.
_BESIDE = frozenset({"architecture.md", "properties.md", "ledger.jsonl"})


@dataclass(slots=True)
class _Going:
    """A run on its way: the step that is being taken, and what it last said."""

    job: Job
    step: Future[Run | Night | Task]
    began: float = field(default_factory=time.monotonic)
    said: str = ""

    def hear(self, event: Event) -> None:
        """Keep the last thing worth telling."""
        match event:
            case StageBegan(text=text):
                self.said = text
            case RunBegan(module=module, what=what) | RunEnded(module=module, what=what):
                self.said = f"TLC: {module}, {what}"
            case RunProgress(module=module, what=what, progress=seen):
                self.said = f"TLC: {module}, {what}: {seen.distinct:,} distinct states, {seen.queue:,} on the queue"
            case Found(module=module):
                self.said = f"TLC: {module}: a violation"


class Runs:
    """Runs by the name of their specification directory. Nothing outside ``repo`` and ``out`` is read or written."""

    def __init__(self, repo: Path, out: Path) -> None:
        self.repo = repo.resolve()
        self._out = out.resolve()
        self._going: dict[str, _Going] = {}
        self._lock = threading.Lock()
        # One at a time: a step uses all cores by itself.
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="run")

    def start(self, feature: str, options: Mapping[str, Any]) -> str:
        """Begin a run, or take up one that was interrupted; returns its name. Raises UsageError."""
        job = jobs.begin(self.repo, feature, {**options, "author": "agent", "out": self._out})
        self._take(job)
        return job.spec_dir.name

    def answer(self, name: str, text: str, digest: str | None) -> None:
        """Take an answer down and let the run go on. Raises UsageError."""
        job = self._job(name)
        going = self._going.get(name)
        if going is not None and not going.step.done():
            raise UsageError(f"{name}: still at work on the last answer; ask for its status")
        jobs.take_down(job, text, digest)
        self._take(job)

    def status(self, name: str, wait: float = 0.0) -> dict[str, Any]:
        """What a run is doing: ``working``, ``waiting`` with its task, ``ended`` with its result, or ``failed``."""
        going = self._going.get(name)
        if going is None:
            task = jobs.waiting(self._job(name).spec_dir)
            return {"run": name, "state": "waiting", "task": jobs.as_json(task)} if task else self._known(name)
        try:
            done = going.step.result(wait)
        except TimeoutError:
            seconds = round(time.monotonic() - going.began, 1)
            return {"run": name, "state": "working", "doing": going.said, "seconds": seconds}
        except (UsageError, ToolError) as error:
            return {"run": name, "state": "failed", "reason": str(error)}
        if isinstance(done, Task):
            return {"run": name, "state": "waiting", "task": jobs.as_json(done)}
        return {"run": name, "state": "ended", "verdict": done.result.verdict, "reason": done.result.reason}

    def report(self, name: str) -> tuple[str, str]:
        """The result as JSON and the report as Markdown. Raises UsageError before the run has ended."""
        home = self._home(name)
        try:
            return (home / "result.json").read_text(encoding="utf-8"), (home / "report.md").read_text(encoding="utf-8")
        except OSError as error:
            raise UsageError(f"{name}: has no report yet; take its next task") from error

    def specification(self, name: str) -> dict[str, str]:
        """The modules and configurations as they are now, their documents and ledgers, by path."""
        home = self._home(name)
        found = [p for p in sorted(home.rglob("*")) if p.suffix in (".tla", ".cfg") or p.name in _BESIDE]
        return {str(p.relative_to(home)): p.read_text(encoding="utf-8") for p in found}

    def names(self) -> list[str]:
        """Every run that there is or was."""
        try:
            found = {directory.name for directory in every.spec_dirs(self._out / "specs")}
        except UsageError:
            found = set()
        return sorted(found | {p.parent.name for p in (self._out / "specs").glob(f"*/{jobs.RUN_FILE}")})

    def _take(self, job: Job) -> None:
        """Take the next step in the background."""
        with self._lock:
            name = job.spec_dir.name
            going = self._going.get(name)
            if going is not None and not going.step.done():
                return
            made = _Going(job, Future())
            made.step = self._pool.submit(jobs.step, job, made.hear)
            self._going[name] = made

    def _known(self, name: str) -> dict[str, Any]:
        job = self._job(name)
        self._take(job)
        return {"run": name, "state": "working", "doing": "taking the run up again", "seconds": 0.0}

    def _job(self, name: str) -> Job:
        return jobs.find(self._home(name))

    def _home(self, name: str) -> Path:
        if name not in self.names():
            raise UsageError(f"{name}: no such run; there are {', '.join(self.names()) or 'none'}")
        return self._out / "specs" / name
