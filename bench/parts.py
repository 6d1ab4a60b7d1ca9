"""The parts of ``make bench``: what each measures, its table, and which promises the numbers keep."""

from __future__ import annotations

import sysconfig
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from bench import audit, demo, handwritten, index, nights, overhead, prompts, report
from corpora import names
from corpora.check import BUDGET, TWINS, Options, check_all
from corpora.demo import CASE
from corpora.judge import Row

TWIN_BELOW = 20.0


@dataclass(frozen=True, slots=True)
class Goal:
    """One promise: what, how much at most, what came out."""

    text: str
    measured: str
    met: bool


class Runs:
    """Every case's twins through the product with the embedded TLC, once for all parts; they stay below ``home``."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self._rows: list[Row] = []

    def __iter__(self) -> Iterator[Row]:
        """The rows as soon as they are there, or again."""
        if not self._rows:
            for row in check_all(names(), Options(runner="embedded", keep=self.home)):
                self._rows.append(row)
                yield row
            return
        yield from self._rows


def corpora_goals(runs: Runs) -> list[Goal]:
    """Every case's twins: the bug found, the fix clean, in time."""
    print(f"Corpora: embedded TLC, at most {BUDGET:.0f} s of model checking a twin\n")
    print(
        f"{'case':<18}{'twin':<7}{'verdict':<14}{'findings':>9}{'states':>9}{'seconds':>9}  property and line, or miss"
    )
    rows = []
    for row in runs:
        rows.append(row)
        said = f"{row.property}: {row.line}" if row.ok and row.line else row.why
        print(
            f"{row.case:<18}{row.twin:<7}{row.verdict:<14}{row.findings:>9}{row.states:>9,}{row.seconds:>9.1f}  {said}",
            flush=True,
        )
    right = sum(row.ok for row in rows)
    worst = max(rows, key=lambda row: row.seconds)
    return [
        Goal(
            f"corpora: bug found with its property on its line, fixed twin clean, {len(rows)} of {len(rows)}",
            f"{right} of {len(rows)}",
            right == len(rows),
        ),
        Goal(
            f"corpora: every twin below {TWIN_BELOW:.0f} s",
            f"slowest {worst.seconds:.1f} s ({worst.case} {worst.twin})",
            worst.seconds < TWIN_BELOW,
        ),
    ]


def index_goals() -> list[Goal]:
    """The standard library beside its bare parse."""
    tree = Path(sysconfig.get_path("stdlib"))
    print("Indexing the standard library, best of three rounds\n")
    best = index.measure(tree, rounds=3)
    bare, first, again = best[index.BARE], best[index.FIRST], best[index.AGAIN]
    print(f"{'stage':<28}{'wall s':>9}{'CPU s':>9}{'wall x bare':>13}{'CPU x bare':>13}{'wall x first':>14}")
    for stage, took in best.items():
        ratios = f"{took.wall / bare.wall:>13.2f}{took.cpu / bare.cpu:>13.2f}{took.wall / first.wall:>14.3f}"
        print(f"{stage:<28}{took.wall:>9.2f}{took.cpu:>9.2f}{ratios}")
    grows, rest = first.wall / bare.wall, again.wall / first.wall
    return [
        Goal(
            f"index: first time <= {index.FIRST_AT_MOST:g} x bare parse", f"{grows:.2f} x", grows <= index.FIRST_AT_MOST
        ),
        Goal(f"index: unchanged <= {index.AGAIN_AT_MOST:g} x first time", f"{rest:.3f} x", rest <= index.AGAIN_AT_MOST),
    ]


def overhead_goals() -> list[Goal]:
    """Everything but TLC: a run that finds every answer of TLC kept, from the start of Python to its end."""
    print("Everything but TLC: the whole command, answers of TLC kept from a run before, best of three\n")
    overhead.heading()
    took = {}
    for name in names():
        for twin in TWINS:
            took[f"{name} {twin}"] = overhead.measure(name, twin)
            overhead.show(name, twin, took[f"{name} {twin}"])
    slowest = max(took, key=lambda twin: took[twin].wall)
    cpu = max(each.cpu for each in took.values())
    return [
        Goal(
            f"everything but TLC below {overhead.AT_MOST:g} s, every case",
            f"slowest {took[slowest].wall:.2f} s ({slowest}); most CPU {cpu:.2f} s",
            took[slowest].wall < overhead.AT_MOST,
        )
    ]


def state_goals() -> list[Goal]:
    """Distinct states beside hand-written specifications and beside one step per statement."""
    print("Distinct states, explored to the end at the same bounds; symmetry only where a column says as run\n")
    handwritten.heading()
    rows = []
    for row in handwritten.measure():
        rows.append(row)
        handwritten.show(row)
    out = [
        _ratio(
            f"states <= {handwritten.HAND_AT_MOST:g} x hand-written, symmetry off",
            handwritten.HAND_AT_MOST,
            [row.to_hand for row in rows],
        )
    ]
    for callers in sorted({row.bounds.callers for row in rows}):
        here = [row for row in rows if row.bounds.callers == callers]
        text = f"states <= {handwritten.STATEMENT_AT_MOST:g} x one step per statement, {callers} calls"
        out.append(_ratio(f"{text}, as run", handwritten.STATEMENT_AT_MOST, [row.run_to_plain for row in here]))
        out.append(_ratio(f"{text}, steps alone", handwritten.STATEMENT_AT_MOST, [row.to_plain for row in here]))
    return out


def _ratio(text: str, limit: float, ratios: Sequence[float | None]) -> Goal:
    """The goal that every ratio is at most ``limit``; None is one that could not be measured."""
    known = sorted(r for r in ratios if r is not None)
    kept = sum(r <= limit for r in known)
    spread = f"{known[0]:.2f} to {known[-1]:.2f}, median {known[len(known) // 2]:.2f}, " if known else ""
    return Goal(text, f"{spread}{kept} of {len(ratios)}", kept == len(ratios))


def demo_goals() -> list[Goal]:
    """The command of ``make demo`` on a fresh cache."""
    seconds = demo.seconds()
    print(f"code2tla run on the case {CASE}, fresh cache: counterexample printed after {seconds:.1f} s")
    return [
        Goal(f"demo: counterexample within {demo.AT_MOST:.0f} s", f"{seconds:.1f} s", seconds < demo.AT_MOST),
    ]


def prompt_goals() -> list[Goal]:
    """The tokens of the largest tasks of an author that writes."""
    print("Tokens of the largest tasks, schema included, by a real tokenizer\n")
    rows = prompts.measure()
    prompts.show(rows)
    most = {"plan": prompts.PLAN_AT_MOST, "action": prompts.ACTION_AT_MOST}
    return [
        Goal(
            f"prompts: {kind} task <= {limit:,} tokens",
            f"{(top := max(r.tokens for r in rows if r.kind == kind)):,}",
            top <= limit,
        )
        for kind, limit in most.items()
    ]


def night_goals() -> list[Goal]:
    """Thirty commits as thirty nights."""
    print(f"{'night':>5} {'commit':<40}{'status':>7}{'new':>5}{'rewritten':>11}{'taken over':>12}{'seconds':>9}")
    rows = []
    with tempfile.TemporaryDirectory(prefix="bench-nights-") as home:
        for row in nights.live(Path(home), nights.commits()):
            rows.append(row)
            print(
                f"{row.number:>5} {row.message:<40}{row.status:>7}{row.new:>5}{row.rewritten:>11}{row.taken_over:>12}"
                f"{row.seconds:>9.1f}{'' if row.right else '  WRONG'}",
                flush=True,
            )
    broken = [row for row in rows if row.breaks]
    quiet = [row for row in rows if not row.breaks]
    flagged, silent = sum(row.right for row in broken), sum(row.right for row in quiet)
    return [
        Goal("nights: every regression flagged on its night", f"{flagged} of {len(broken)}", flagged == len(broken)),
        Goal("nights: no alarm on any other commit", f"{silent} of {len(quiet)} quiet", silent == len(quiet)),
    ]


def audit_goals() -> list[Goal]:
    """Mutants that share runs beside mutants that do not."""
    print("Audit: the mutants of a few specifications together, beside each in a TLC of its own\n")
    total = audit.show(audit.measure())
    cheaper = total.apart.clock / total.together.clock
    hundred = audit.hundred(total)
    return [
        Goal(
            f"audit: mutants >= {audit.CHEAPER:g} x cheaper together than apart",
            f"{cheaper:.1f} x, {total.mutants} mutants",
            cheaper >= audit.CHEAPER,
        ),
        Goal(
            f"audit: {audit.MUTANTS} mutants within {audit.AT_MOST:.0f} s",
            f"{hundred}",
            hundred.clock <= audit.AT_MOST,
        ),
    ]


def report_goals(runs: Runs) -> list[Goal]:
    """The reports of every case's twins in headless Chromium."""
    print("Reports: both twins of every corpora case, opened and stepped through\n")
    rows = report.show(report.measure(report.of_corpora(runs.home, runs)))
    largest, slowest = report.largest(rows), max(rows, key=lambda row: row.step)
    loud = [row.name for row in rows if row.complaints]
    return [
        Goal(
            f"reports: largest below {report.SMALLER_THAN / 1000:,.0f} KB",
            f"{largest.size / 1000:,.0f} KB ({largest.name})",
            largest.size < report.SMALLER_THAN,
        ),
        Goal(
            f"reports: largest opens in under {report.OPENS_BELOW:g} s",
            f"{largest.opens:.2f} s",
            largest.opens < report.OPENS_BELOW,
        ),
        Goal(
            f"reports: a step within {report.STEPS_BELOW * 1000:.0f} ms",
            f"slowest {slowest.step * 1000:.0f} ms ({slowest.name})",
            slowest.step < report.STEPS_BELOW,
        ),
        Goal("reports: nothing on the console", ", ".join(loud) or f"nothing, {len(rows)} reports", not loud),
    ]


def parts(home: Path) -> dict[str, Callable[[], list[Goal]]]:
    """Every part by its name, in the order to measure them; runs that several look at stay below ``home``."""
    runs = Runs(home)
    return {
        "corpora": partial(corpora_goals, runs),
        "index": index_goals,
        "overhead": overhead_goals,
        "states": state_goals,
        "demo": demo_goals,
        "audit": audit_goals,
        "nights": night_goals,
        "prompts": prompt_goals,
        "reports": partial(report_goals, runs),
    }
