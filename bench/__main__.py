"""``make bench``: everything the project promises in numbers, measured in one run, and whether each promise is kept.

A missed goal is said and does not fail the run. Seconds depend on the machine and on what else it does, whose load is
printed; ratios are of two things measured side by side.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from pathlib import Path

from bench.parts import Goal, parts
from extractor.workers import available


def main() -> int:
    """Measure, print each part's table, then all goals. Status 0, whatever was missed."""
    goals: list[Goal] = []
    with tempfile.TemporaryDirectory(prefix="bench-") as home:
        known = parts(Path(home) / "runs")
        parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
        parser.add_argument("parts", nargs="*", metavar="PART", help=f"of {', '.join(known)}; default: all")
        chosen = parser.parse_args().parts or list(known)
        if unknown := [part for part in chosen if part not in known]:
            parser.error(f"no part {unknown[0]!r}; there are {', '.join(known)}")
        os.environ["CODE2TLA_CACHE"] = f"{home}/cache"  # nothing kept by an earlier run may help
        for part in chosen:
            print(f"{_load()}\n", flush=True)
            began = time.monotonic()
            goals += known[part]()
            print(f"\n({part}: {time.monotonic() - began:.0f} s)\n", flush=True)
    print(_load())
    print(f"\n{'goal':<78}{'':<8}measured")
    for goal in goals:
        print(f"{goal.text:<78}{'met' if goal.met else 'MISSED':<8}{goal.measured}")
    missed = sum(not goal.met for goal in goals)
    print(f"\n{len(goals) - missed} of {len(goals)} goals met" + (f", {missed} MISSED" if missed else ""))
    return 0


def _load() -> str:
    return f"load {os.getloadavg()[0]:.1f} on {available()} cores" if hasattr(os, "getloadavg") else ""


if __name__ == "__main__":
    raise SystemExit(main())
