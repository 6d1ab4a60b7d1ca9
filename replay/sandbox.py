"""Where code of the target runs: a process of its own with limits and next to no environment."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Limits:
    """For each test: seconds of wall clock and of processor, and megabytes of address space."""

    seconds: int = 30
    memory_mb: int = 2048


@dataclass(frozen=True, slots=True)
class Told:
    """What a test left: ``notes``, the lines of JSON that it noted down, ``text`` what it printed.

    ``late``: it did not end in time. The code under test may have written notes of its own; nothing in them is more
    than a claim.
    """

    notes: tuple[Mapping[str, object], ...]
    text: str
    late: bool = False


class Sandbox(Protocol):
    """Runs a test file on a repository, both of which it only reads."""

    name: str

    def run(self, test: Path, repo: Path, limits: Limits) -> Told:
        """Run it to its end or its limits."""
        ...


class ContainerUnavailable(Exception):
    """No container can be made here; one line says why."""


class ProcessSandbox:
    """A child process, limited in time, memory and what it may write; without a network where the system allows."""

    name = "process"

    def run(self, test: Path, repo: Path, limits: Limits) -> Told:
        """As Sandbox.run."""
        with tempfile.TemporaryDirectory(prefix="replay-") as place:
            out = Path(place) / "out.jsonl"
            arguments = [str(limits.seconds), str(limits.memory_mb), str(test)]
            with subprocess.Popen(
                [sys.executable, "-I", "-B", "-m", "replay.child", *arguments],
                cwd=place,
                env=environment(str(repo), str(out), place),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            ) as child:
                late = False
                try:
                    printed = child.communicate(timeout=limits.seconds)[0]
                except subprocess.TimeoutExpired:
                    os.killpg(child.pid, signal.SIGKILL)
                    printed, late = child.communicate()[0], True
            return Told(parsed(_read(out)), printed.decode("utf-8", "replace"), late)


def environment(repo: str, out: str, home: str) -> dict[str, str]:
    """All that a test gets of the environment."""
    return {
        "CODE2TLA_REPO": repo,
        "CODE2TLA_REPLAY_OUT": out,
        "HOME": home,
        "TMPDIR": home,
        "PATH": os.defpath,
        "LC_ALL": "C.UTF-8",
        "PYTHONHASHSEED": "0",
    }


def parsed(text: str) -> tuple[Mapping[str, object], ...]:
    """The objects that a test noted down, up to the first line that is none."""
    found: list[Mapping[str, object]] = []
    for line in text.splitlines():
        try:
            value = json.loads(line)
        except ValueError:
            break
        if not isinstance(value, dict):
            break
        found.append(value)
    return tuple(found)


def _read(out: Path) -> str:
    try:
        return out.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
