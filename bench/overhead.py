"""What everything but TLC costs on each corpora case: ``python -m bench.overhead``.

Each twin is run twice through the command, on the smallest scenario. The first run pays for TLC, and what TLC said is
kept; the second finds it kept and does all the rest: Python's start, reading, planning, writing, laying the traces on
the source, drawing the reports. The best of three such runs counts, the interpreter's start included.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from rich.console import Console
from rich.table import Table

import corpora
from corpora.check import TWINS

AT_MOST = 1.0


def main() -> int:
    """Print the table; 0 if every case stays below the limit."""
    table = Table("case", "twin", "wall clock", "limit", title="Everything but TLC, seconds", title_justify="left")
    worst = 0.0
    for name in corpora.names():
        for twin in TWINS:
            seconds = measure(name, twin)
            worst = max(worst, seconds)
            table.add_row(name, twin, f"{seconds:.2f}", f"{AT_MOST:.2f}")
    Console().print(table)
    print(f"slowest {worst:.2f} s, limit {AT_MOST:.2f} s: {'kept' if worst <= AT_MOST else 'MISSED'}")
    return 0 if worst <= AT_MOST else 1


def measure(name: str, twin: corpora.Twin) -> float:
    """Seconds of wall clock of a run whose TLC answers are kept; the best of three."""
    with tempfile.TemporaryDirectory(prefix="overhead-") as place:
        built = corpora.build(name, Path(place) / name, twin)
        words = [sys.executable, "-m", "code2tla", "run", str(built.repo), built.case.feature, "--quiet"]
        words += ["--out", place, "--callers", "2", "--before", "1"]
        times = [_timed(words, place) for _ in range(4)]
    return min(times[1:])


def _timed(words: list[str], cache: str) -> float:
    began = time.monotonic()
    subprocess.run(words, env=_environment(cache), capture_output=True, check=False)
    return time.monotonic() - began


def _environment(cache: str) -> dict[str, str]:
    return {**os.environ, "CODE2TLA_CACHE": f"{cache}/cache"}


if __name__ == "__main__":
    sys.exit(main())
