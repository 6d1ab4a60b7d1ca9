"""Replay in the pipeline's words: which sandbox the target's code runs in, and the tests of a run's findings."""

from __future__ import annotations

from pathlib import Path

from code2tla.errors import InputError, ToolError
from code2tla.settings import Settings
from replay import choose, run
from replay.sandbox import ContainerUnavailable, Sandbox
from reports.result import Result


def sandbox(settings: Settings) -> Sandbox:
    """Where the target's code runs. Raises ToolError where the one that was asked for cannot be had."""
    try:
        return choose.sandbox(settings.sandbox)
    except ContainerUnavailable as error:
        raise ToolError(f"--sandbox docker: {error}; start Docker, or give --sandbox process") from error


def replay(result: Result, repo: Path, spec_dir: Path, settings: Settings) -> Result:
    """Write each finding as a test of the real code and, with ``execute``, run the tests.

    Raises InputError if the tests cannot be written, ToolError for a sandbox that is missing.
    """
    try:
        result, made = run.prepare(result, repo, spec_dir)
    except OSError as error:
        where = error.filename or spec_dir
        raise InputError(f"{where}: cannot be written ({error.strerror}); choose another directory") from error
    if not (settings.execute and made.tests):
        return result
    return run.execute(result, made, repo, spec_dir, sandbox(settings))
