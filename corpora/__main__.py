"""``python -m corpora``: every case, both twins, through the product; exit status 0 only if all is as expected."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from rich.console import Console
from rich.table import Table
from rich.text import Text

from corpora import BuildError, CaseError, build, load, names
from corpora.check import BUDGET, Options, check_all
from corpora.judge import Row


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; 0: all as expected, 1: something was not, 2: wrong use."""
    options = _parser().parse_args(argv)
    try:
        chosen = [load(name).name for name in options.case] if options.case else list(names())
        if options.build:
            return _build(chosen, options.build)
        rows = []
        progress = Console(stderr=True, highlight=False)
        for row in check_all(chosen, Options(options.runner, options.budget, options.keep), options.jobs):
            rows.append(row)
            if not options.json:
                progress.print(
                    f"{'ok  ' if row.ok else 'MISS'} {row.case} {row.twin} {row.seconds:.1f} s", markup=False
                )
    except (CaseError, BuildError) as error:
        sys.stderr.write(f"corpora: {error}\n")
        return 2
    if options.json:
        print(json.dumps([asdict(row) for row in rows], indent=2))
    else:
        # A table for a file or a pipe is as wide as it needs to be.
        _show(rows, Console(highlight=False, width=None if sys.stdout.isatty() else 190))
    return 0 if all(row.ok for row in rows) else 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m corpora", description=__doc__)
    parser.add_argument("--case", action="append", metavar="NAME", help=f"one of {', '.join(names())}; repeatable")
    parser.add_argument("--jobs", type=int, default=1, metavar="N", help="runs at the same time (default: 1)")
    parser.add_argument(
        "--budget", type=float, default=BUDGET, metavar="SECONDS", help=f"model checking a twin (default: {BUDGET:g})"
    )
    parser.add_argument("--runner", default="auto", choices=("auto", "embedded", "docker"))
    parser.add_argument("--keep", type=Path, metavar="DIR", help="leave repositories and results in DIR/NAME-TWIN")
    parser.add_argument("--json", action="store_true", help="print the rows as JSON")
    parser.add_argument("--build", type=Path, metavar="DIR", help="only make the repositories, in DIR/NAME-TWIN")
    return parser


def _build(chosen: Sequence[str], where: Path) -> int:
    for name in chosen:
        for twin in ("buggy", "fixed"):
            built = build(name, where / f"{name}-{twin}", "buggy" if twin == "buggy" else "fixed")
            print(f"{built.repo} {built.head} {built.case.feature}")
    return 0


def _show(rows: Sequence[Row], console: Console) -> None:
    table = Table(title="Planted bugs and their fixed twins", title_justify="left")
    for heading in ("case", "twin", "expected", "verdict", "property"):
        table.add_column(heading, no_wrap=True)
    table.add_column("matched line", overflow="fold")
    for heading in ("findings", "holes", "bounds", "states", "seconds"):
        table.add_column(heading, justify="right", no_wrap=True)
    for row in rows:
        cells = (row.case, row.twin, row.expected, row.verdict, row.property, row.line or row.why)
        numbers = (str(row.findings), str(row.holes), row.bounds, f"{row.states:,}", f"{row.seconds:.1f}")
        table.add_row(*(Text(cell) for cell in (*cells, *numbers)), style="" if row.ok else "bold red")
    console.print(table)
    right = sum(row.ok for row in rows)
    passed = [row.verdict for row in rows if row.twin == "fixed" and row.ok]
    slowest = max(rows, key=lambda row: row.seconds)
    console.print(
        f"{right} of {len(rows)} as expected; {passed.count('verified')} of {len(passed)} fixed twins verified, "
        f"the rest inconclusive; {sum(row.seconds for row in rows):.0f} s in all, "
        f"the slowest {slowest.seconds:.1f} s ({slowest.case}, {slowest.twin})",
        markup=False,
    )
    for row in rows:
        if not row.ok:
            console.print(f"{row.case} {row.twin}: {row.why}", markup=False)


if __name__ == "__main__":
    sys.exit(main())
