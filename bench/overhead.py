"""What everything but TLC costs on each corpora case: ``python -m bench.overhead``.

Each twin is run twice through the command, on the smallest scenario. The first run pays for TLC, and what TLC said is
kept; the second finds it kept and does all the rest: Python's start, reading, planning, writing, laying the traces on
the source, drawing the reports. The best of three such runs counts, the interpreter's start included. Seconds of CPU
are shown beside those of the wall clock, which grow on a machine that does other things too.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

import corpora
from corpora.check import TWINS

AT_MOST = 1.0


class Took(NamedTuple):
    """Seconds: by the wall clock, and of CPU time."""

    wall: float
    cpu: float


def main() -> int:
    """Print the table; 0 if every case stays below the limit."""
    heading()
    worst = 0.0
    for name in corpora.names():
        for twin in TWINS:
            took = measure(name, twin)
            worst = max(worst, took.wall)
            show(name, twin, took)
    print(f"slowest {worst:.2f} s, limit {AT_MOST:.2f} s: {'kept' if worst <= AT_MOST else 'MISSED'}")
    return 0 if worst <= AT_MOST else 1


def heading() -> None:
    """Print what the columns are."""
    print(f"{'case':<18}{'twin':<7}{'wall s':>8}{'CPU s':>8}")


def show(name: str, twin: corpora.Twin, took: Took) -> None:
    """Print one row."""
    print(f"{name:<18}{twin:<7}{took.wall:>8.2f}{took.cpu:>8.2f}", flush=True)


def measure(name: str, twin: corpora.Twin) -> Took:
    """A run whose TLC answers are kept; the best of three, wall clock and CPU each."""
    with tempfile.TemporaryDirectory(prefix="overhead-") as place:
        built = corpora.build(name, Path(place) / name, twin)
        words = [sys.executable, "-m", "code2tla", "run", str(built.repo), built.case.feature, "--quiet"]
        words += ["--out", place, "--callers", "2", "--before", "1"]
        runs = [_timed(words, place) for _ in range(4)][1:]
    return Took(min(run.wall for run in runs), min(run.cpu for run in runs))


def _timed(words: list[str], cache: str) -> Took:
    before, began = os.times(), time.monotonic()
    subprocess.run(words, env=_environment(cache), capture_output=True, check=False)
    wall, after = time.monotonic() - began, os.times()
    return Took(wall, after.children_user + after.children_system - before.children_user - before.children_system)


def _environment(cache: str) -> dict[str, str]:
    # Compiled modules are kept, as they are by default: it is not Python's compiler that is measured.
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    return {**kept, "CODE2TLA_CACHE": f"{cache}/cache"}


if __name__ == "__main__":
    sys.exit(main())
