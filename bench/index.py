"""How long indexing takes beside the bare tree-sitter parse of the same files: ``python -m bench.index``.

Target: the standard library of the running Python, tests included. Bare parse: read each file, decode it as Python
would, parse it. First index: an empty cache. Again: the same tree, unchanged. "facts read" adds the time of turning
every stored fact into objects, which otherwise happens when a kind of fact is first looked at. Rounds alternate
and the best of each counts; times are CPU seconds of this one process, so that a busy machine doesn't distort them.
"""

from __future__ import annotations

import argparse
import sysconfig
import tempfile
import time
from collections.abc import Callable
from dataclasses import fields
from pathlib import Path

from extractor import Facts, index
from extractor.decode import Undecodable
from extractor.languages import SUFFIXES, language_of, reader
from extractor.walk import Limits, locate, walk

FIRST_AT_MOST = 2.0
AGAIN_AT_MOST = 1 / 20


def bare_parse(tree: Path) -> int:
    """Parse every file of the tree and keep nothing; the number of bytes parsed."""
    root, place = locate(tree, ".")
    total = 0
    for found in walk(root, place, SUFFIXES, Limits()).files:
        language = language_of(found.suffix)
        try:
            source = language.decode(Path(found.absolute).read_bytes()).encode()
        except Undecodable:
            continue
        reader(language).parser.parse(source)
        total += len(source)
    return total


def read_all(facts: Facts) -> int:
    """Look at every kind of fact; the number of facts."""
    kinds = [getattr(facts, field.name) for field in fields(facts)]
    return sum(len(kind) for kind in kinds if isinstance(kind, tuple))


def timed(work: Callable[[], object]) -> float:
    """CPU seconds of one call."""
    start = time.process_time()
    work()
    return time.process_time() - start


def measure(tree: Path, rounds: int) -> dict[str, float]:
    """Best CPU seconds of each stage over the rounds."""
    best: dict[str, float] = {}

    def note(stage: str, work: Callable[[], object]) -> None:
        best[stage] = min(best.get(stage, float("inf")), timed(work))

    for _ in range(rounds):
        with tempfile.TemporaryDirectory() as directory:
            cache = Path(directory) / "index.sqlite"
            note("bare parse", lambda: bare_parse(tree))
            note("first index", lambda: index(tree, ".", cache=cache))  # noqa: B023 - called at once
            note("again, unchanged", lambda: index(tree, ".", cache=cache))  # noqa: B023
            note("again, every fact read", lambda: read_all(index(tree, ".", cache=cache)))  # noqa: B023
    best["first index, every fact read"] = best["first index"] + best["again, every fact read"] - best["again, unchanged"]
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
        print(f"{len(facts.files)} files, {size:.1f} MB, {read_all(facts):,} facts; one process, CPU seconds")
    bare, first = best["bare parse"], best["first index"]
    print(f"{'stage':<32}{'seconds':>9}{'x bare parse':>14}{'x first index':>15}")
    for stage, seconds in best.items():
        print(f"{stage:<32}{seconds:>9.2f}{seconds / bare:>14.2f}{seconds / first:>15.3f}")
    met = first / bare <= FIRST_AT_MOST and best["again, unchanged"] / first <= AGAIN_AT_MOST
    print(f"goals: first <= {FIRST_AT_MOST} x bare parse, again <= {AGAIN_AT_MOST} x first: {'met' if met else 'MISSED'}")
    return 0 if met else 1


if __name__ == "__main__":
    raise SystemExit(main())
