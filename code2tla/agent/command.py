"""``code2tla run --author agent`` and ``code2tla answer`` in words."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.text import Text

from code2tla.agent import job as jobs
from code2tla.agent.job import WAITING, Job
from code2tla.commands import given_settings, print_run
from code2tla.errors import InputError
from code2tla.nightly import command as nightly
from code2tla.nightly.night import Night
from code2tla.pipeline import Run
from code2tla.progress import Display
from reports.text import visible


def begin(options: argparse.Namespace, given: Mapping[str, Any], out: Console, err: Console) -> int:
    """``code2tla run --author agent``: to the first task that has no answer yet."""
    return _go_on(jobs.begin(options.repo, options.feature, given), options, out, err)


def check(spec_dir: Path, repo: Path, feature: str, options: argparse.Namespace, out: Console, err: Console) -> int:
    """``code2tla check --author agent``: to the first task that has no answer yet."""
    return _go_on(jobs.begin_check(spec_dir, repo, feature, given_settings(options)), options, out, err)


def answer(options: argparse.Namespace, out: Console, err: Console) -> int:
    """``code2tla answer``: takes one answer down and goes on; 5 while another task waits, else the run's status."""
    job = jobs.find(options.run)
    text = _read(options.file)
    job.settings  # noqa: B018 - a setting that makes no sense must not cost an answer
    jobs.take_down(job, text, options.task)
    return _go_on(job, options, out, err)


def _go_on(job: Job, options: argparse.Namespace, out: Console, err: Console) -> int:
    with Display(err, job.settings.budget, options.quiet) as display:
        done = jobs.step(job, display)
    if isinstance(done, Run):
        return print_run(done, options, out)
    if isinstance(done, Night):
        return nightly.print_night(done, options, out)
    if options.json:
        out.file.write(json.dumps(jobs.as_json(done), indent=1) + "\n")
        return WAITING
    about = f" {visible(done.subject)}" if done.subject else ""
    again = f", attempt {done.attempt}" if done.attempt > 1 else ""
    out.print(Text(f"Waiting for the answer to: {done.kind}{about}{again}", style="yellow"), soft_wrap=True)
    task = visible(str(job.spec_dir / jobs.TASK_TEXT))
    out.print(Text(f"The task is in {task}; write the answer as JSON into a file, then:"), soft_wrap=True)
    out.print(Text(f"  code2tla answer {visible(str(job.spec_dir))} FILE"), soft_wrap=True)
    return WAITING


def _read(file: Path) -> str:
    if str(file) == "-":
        return sys.stdin.read()
    try:
        return file.read_text(encoding="utf-8", errors="replace")
    except OSError as error:
        raise InputError(f"{file}: cannot be read ({error.strerror}); give a file with the answer, or -") from error
