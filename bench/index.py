"""How long indexing takes beside the bare tree-sitter parse of the same files: ``python -m bench.index``.

Tree: the standard library of the running Python, its tests included. Bare parse: find each file, read it, decode it as
Python would, parse it, in one process. First index: an empty cache; on a large tree it shares the work out to all
cores, so it is shown in one process too, and CPU time (children included) beside the wall clock. Again: the same
tree, unchanged. "Every fact read" adds the time of turning each stored fact into an object, which otherwise
happens when a kind of fact is first looked at. Rounds alternate between the stages, and the best of each counts.
"""

from __future__ import annotations

import argparse
import os
import sysconfig
import tempfile
import time
from collections.abc import Callable
from dataclasses import fields
from pathlib import Path
from typing import NamedTuple

from extractor import Facts, index
from extractor.decode import Undecodable
from extractor.languages import SUFFIXES, language_of, reader
from extractor.walk import Limits, locate, walk
from extractor.workers import available

FIRST_AT_MOST = 2.0
AGAIN_AT_MOST = 1 / 20
BARE, FIRST, AGAIN = "bare parse, 1 process", "first index", "again, unchanged"


def bare_parse(tree: Path) -> int:
    """Parse every file of the tree and keep nothing; the number of bytes parsed."""
    root, place = locate(tree, ".")
    total = 0
    for found in walk(root, place, SUFFIXES, Limits()).files:
        data = Path(found.absolute).read_bytes()
        language = language_of(found.suffix, data)
        try:
            source = language.decode(data).encode()
        except Undecodable:
            continue
        reader(language).parser.parse(source)
        total += len(source)
    return total


def read_all(facts: Facts) -> int:
    """Look at every kind of fact; the number of facts."""
    kinds = [getattr(facts, field.name) for field in fields(facts)]
    return sum(len(kind) for kind in kinds if isinstance(kind, tuple))


class Best(NamedTuple):
    """Seconds: by the wall clock, and of CPU time, children included."""

    wall: float = float("inf")
    cpu: float = float("inf")


def timed(work: Callable[[], object]) -> Best:
    """One call."""
    before, start = os.times(), time.perf_counter()
    work()
    wall, after = time.perf_counter() - start, os.times()
    return Best(wall, sum(after[:4]) - sum(before[:4]))


def measure(tree: Path, rounds: int) -> dict[str, Best]:
    """The best of each stage over the rounds."""
    best: dict[str, Best] = {}

    def note(stage: str, work: Callable[[], object]) -> None:
        old, new = best.get(stage, Best()), timed(work)
        best[stage] = Best(min(old.wall, new.wall), min(old.cpu, new.cpu))

    for _ in range(rounds):
        with tempfile.TemporaryDirectory() as directory:
            one, all_cores = Path(directory) / "one.sqlite", Path(directory) / "all.sqlite"
            note(BARE, lambda: bare_parse(tree))
            note(FIRST, lambda: index(tree, ".", cache=all_cores))  # noqa: B023 - called at once
            note(AGAIN, lambda: index(tree, ".", cache=all_cores))  # noqa: B023
            note("first index, 1 process", lambda: index(tree, ".", cache=one, limits=Limits(processes=1)))  # noqa: B023
            note("again, every fact read", lambda: read_all(index(tree, ".", cache=one)))  # noqa: B023
    return best


def main() -> int:
    """Print the table; status 1 when a goal is missed."""
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    arguments.add_argument("--tree", type=Path, default=Path(sysconfig.get_path("stdlib")))
    arguments.add_argument("--rounds", type=int, default=3)
    chosen = arguments.parse_args()
    best = measure(chosen.tree, chosen.rounds)
    with tempfile.TemporaryDirectory() as directory:
        facts = index(chosen.tree, ".", cache=Path(directory) / "index.sqlite")
        size = sum(file.size for file in facts.files) / 1e6
        print(f"{len(facts.files)} files, {size:.1f} MB, {read_all(facts):,} facts; {available()} cores")
    print(f"{'stage':<28}{'wall s':>9}{'CPU s':>9}{'wall x bare':>13}{'CPU x bare':>13}{'wall x first':>14}")
    bare, first = best[BARE], best[FIRST]
    for stage, took in best.items():
        ratios = f"{took.wall / bare.wall:>13.2f}{took.cpu / bare.cpu:>13.2f}{took.wall / first.wall:>14.3f}"
        print(f"{stage:<28}{took.wall:>9.2f}{took.cpu:>9.2f}{ratios}")
    met = first.wall / bare.wall <= FIRST_AT_MOST and best[AGAIN].wall / first.wall <= AGAIN_AT_MOST
    goals = f"first <= {FIRST_AT_MOST} x bare parse, again <= {AGAIN_AT_MOST} x first, by the wall clock"
    print(f"goals ({goals}): {'met' if met else 'MISSED'}")
    return 0 if met else 1


if __name__ == "__main__":
    raise SystemExit(main())
