"""How long a user waits for the counterexample: ``python -m bench.demo``.

The command that ``make demo`` runs, with an empty cache, from its start until a line of the planted bug is printed.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from corpora import build, load
from corpora.demo import CASE

AT_MOST = 15.0


def seconds() -> float:
    """Seconds until the counterexample is printed. Raises AssertionError where none is."""
    case = load(CASE)
    with tempfile.TemporaryDirectory(prefix="bench-demo-") as directory:
        place = Path(directory)
        built = build(case, place / "repo", "buggy")
        words = [sys.executable, "-m", "code2tla", "run", str(built.repo), case.feature, "--out", str(place / "out")]
        environment = {**os.environ, "CODE2TLA_CACHE": str(place / "cache")}
        began = time.monotonic()
        with subprocess.Popen(
            words, env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, encoding="utf-8"
        ) as process:
            assert process.stdout is not None
            shown = None
            for line in process.stdout:  # read to the end, so that the command is not cut off
                if shown is None and any(expected.text in line for expected in case.expected.lines):
                    shown = time.monotonic() - began
    assert shown is not None, f"no line of the bug was printed, exit status {process.returncode}"
    return shown


def main() -> int:
    """Measure and print."""
    print(f"counterexample of {CASE} after {seconds():.1f} s, limit {AT_MOST:.0f} s")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
