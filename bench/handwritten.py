"""Distinct states: a generated specification beside one written by hand and beside one step per statement, twice.

``python -m bench.handwritten``. ``bench/hand/*.tla`` were written from the Python of three corpora cases, without a
look at what the compiler makes of it: the same scenario (calls before, then overlapping calls, the same arguments),
steps cut by thought, and variables for what outcomes compare. TLC explores each of them to its end at the same
bounds, with no property that could end it early.

The generated specification is measured twice. ``as run`` is what the product has TLC explore: its configuration as it
is, which declares the calls and arguments symmetric. For ``steps alone`` symmetry is off, as it is in all the others,
which declare none: what is left is what the cut of the steps makes. By hand is compared with this stricter count.

By hand and per statement, to begin a call is a step of its own; the compiler lets it begin with its first step.

One step per statement is measured twice. The column ``plain`` is what a plain translation gives (PlusCal's
conventions): each statement is a step of its own, others may run between any two, locks are variables, and a call keeps
the code's own variables from their assignment on, after its end too, as the set-up keeps its last call and its count.
For the column ``tidied`` two reductions of the compiler's are left in: what a call that ended leaves behind is dropped,
and so is what the set-up leaves behind. The goal is about the plain one, and about the specification as run; what the
stricter count makes of it is told beside it.
"""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

import extractor
from corpora import Twin, build, load
from specgen import printing, steps
from specgen.ir import Program
from specgen.static import StaticAuthor
from specgen.types import Bounds, Spec
from tlc_runner.embedded import EmbeddedRunner
from tlc_runner.types import Budget, Job, Outcome

HAND_AT_MOST = 3.0
STATEMENT_AT_MOST = 1 / 5

HOME = Path(__file__).resolve().parent / "hand"
TWINS: tuple[Twin, ...] = ("buggy", "fixed")
RUNGS = (Bounds(2, 1, 0), Bounds(2, 2, 1), Bounds(3, 1, 1))
#: The longest that one exploration may take, in seconds.
PATIENCE = 120.0


@dataclass(frozen=True, slots=True)
class Hand:
    """A hand-written module. ``sets`` are its growing constants: name, stem of the elements, sizes by level."""

    case: str
    module: str
    sets: tuple[tuple[str, str, tuple[int, ...]], ...] = ()

    @property
    def text(self) -> str:
        """The module."""
        return (HOME / f"{self.module}.tla").read_text(encoding="utf-8")

    def cfg(self, twin: Twin, bounds: Bounds, invariants: Sequence[str], overlap: bool = True) -> str:
        """Its configuration, changed to these bounds."""
        text = (HOME / f"{self.module}.cfg").read_text(encoding="utf-8")
        new = {
            "Callers": _elements("c", bounds.callers),
            "Before": str(bounds.before),
            "Overlap": str(overlap).upper(),
            "Mended": str(twin == "fixed").upper(),
            **{name: _elements(stem, sizes[min(bounds.level, len(sizes) - 1)]) for name, stem, sizes in self.sets},
        }
        for name, value in new.items():
            text, times = re.subn(rf"(?m)^(    {name} =) .*$", rf"\1 {value}", text)
            assert times == 1, f"{self.module}.cfg must give {name} once"
        return re.sub(r"(?m)^INVARIANTS .*$", f"INVARIANTS {' '.join(invariants)}", text)

    def job(self, cfg: str, outcomes: Sequence[str] = ()) -> Job:
        """A run of it that knows these serial outcomes."""
        return Job(modules=_modules(self.module, self.text, outcomes), root=self.module, cfg=cfg, coverage=False)


HANDS = (
    Hand("stale_cache", "StaleCache", (("Users", "user", (1, 2)), ("Profiles", "profile", (2, 2)))),
    Hand("lost_wakeup", "LostWakeup"),
    Hand("bounded_queue", "BoundedQueue", (("Jobs", "job", (2, 2)),)),
)


@dataclass(frozen=True, slots=True)
class States:
    """Distinct states of one twin at one bound; None where the exploration did not end in time."""

    case: str
    twin: Twin
    bounds: Bounds
    as_run: int | None
    steps_alone: int | None
    hand: int | None
    tidied: int | None
    plain: int | None

    @property
    def to_hand(self) -> float | None:
        """Steps alone by hand-written; None where one is missing."""
        return _ratio(self.steps_alone, self.hand)

    @property
    def to_tidied(self) -> float | None:
        """Steps alone by one step per statement, where calls that ended leave nothing behind."""
        return _ratio(self.steps_alone, self.tidied)

    @property
    def to_plain(self) -> float | None:
        """Steps alone by one step per statement."""
        return _ratio(self.steps_alone, self.plain)

    @property
    def run_to_plain(self) -> float | None:
        """As run by one step per statement."""
        return _ratio(self.as_run, self.plain)


def _ratio(states: int | None, base: int | None) -> float | None:
    return states / base if states and base else None


@cache
def program(case: str, twin: Twin) -> Program:
    """What the compiler made of the case's class, ahead of being cut into steps."""
    with tempfile.TemporaryDirectory(prefix="bench-") as directory:
        place = Path(directory)
        built = build(load(case), place / "repo", twin)
        facts = extractor.index(built.repo, built.case.feature, place / "index.sqlite")
        author = StaticAuthor(facts)
        (target,) = (t for t in author.plan().targets if t.cls in built.case.classes)
        return author.program(target)


def explored(runner: EmbeddedRunner, job: Job) -> int | None:
    """Distinct states, None where the time ended first. Raises AssertionError where TLC objects."""
    result = runner.check(replace(job, budget=Budget(PATIENCE)))
    if result.outcome is Outcome.INCOMPLETE:
        return None
    assert result.outcome is Outcome.PASSED, (job.root, result.reason, result.errors)
    return result.distinct


def measure(rungs: Sequence[Bounds] = RUNGS, twins: Sequence[Twin] = TWINS) -> Iterator[States]:
    """All numbers, side by side."""
    runner = EmbeddedRunner()
    for hand in HANDS:
        for twin in twins:
            made = program(hand.case, twin)
            spec, tidied, plain = (steps.build(made, how) for how in ("step", "statement", "plain"))
            for bounds in rungs:
                yield States(
                    hand.case,
                    twin,
                    bounds,
                    as_run=explored(runner, generated(spec, bounds, symmetry=True)),
                    steps_alone=explored(runner, generated(spec, bounds)),
                    hand=explored(runner, hand.job(hand.cfg(twin, bounds, ["TypeOK"]))),
                    tidied=explored(runner, generated(tidied, bounds)),
                    plain=explored(runner, generated(plain, bounds)),
                )


def _elements(stem: str, size: int) -> str:
    return "{" + ", ".join(f"{stem}{n}" for n in range(1, size + 1)) + "}"


def _modules(name: str, text: str, outcomes: Sequence[str]) -> dict[str, str]:
    shell = Spec(name, "", "", (), (), (), (), (), (), (), (), text)
    file, serial = printing.serial_module(shell, outcomes)
    return {f"{name}.tla": text, file: serial}


def generated(spec: Spec, bounds: Bounds, symmetry: bool = False) -> Job:
    """A run of a generated specification to its end; ``symmetry`` as its configuration declares it, or without."""
    cfg = printing.cfg(spec, bounds, True)
    if not symmetry:
        cfg = cfg.replace("SYMMETRY Symmetry\n", "")
    return Job(modules=_modules(spec.module, spec.text, ()), root=spec.module, cfg=cfg, coverage=False)


def heading() -> None:
    """Print what the columns are; the first three ratios are of the steps alone."""
    print(
        f"{'case':<15}{'twin':<7}{'calls':>6}{'before':>7}{'as run':>9}{'steps alone':>13}{'by hand':>9}{'tidied':>10}"
        f"{'plain':>10}{'x hand':>8}{'x tidied':>10}{'x plain':>9}{'as run x plain':>16}"
    )


def show(row: States) -> None:
    """Print one row."""
    counts = (row.as_run, row.steps_alone, row.hand, row.tidied, row.plain)
    sizes = [f"{n:,}" if n is not None else f"> {PATIENCE:.0f} s" for n in counts]
    ratios = [
        f"{r:.2f}" if r is not None else "-" for r in (row.to_hand, row.to_tidied, row.to_plain, row.run_to_plain)
    ]
    print(
        f"{row.case:<15}{row.twin:<7}{row.bounds.callers:>6}{row.bounds.before:>7}"
        f"{sizes[0]:>9}{sizes[1]:>13}{sizes[2]:>9}{sizes[3]:>10}{sizes[4]:>10}"
        f"{ratios[0]:>8}{ratios[1]:>10}{ratios[2]:>9}{ratios[3]:>16}",
        flush=True,
    )


def main() -> int:
    """Measure and print."""
    heading()
    for row in measure():
        show(row)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
