"""How large reports are and how fast they open and step: ``python -m bench.report [DIRECTORY]``.

Each ``report.html`` below DIRECTORY is opened in headless Chromium, and the finding with the most steps is walked
through by key; without DIRECTORY, the twins of every corpora case are run first. A page counts as open once everything
in it is laid out and its script has run, by the clock on the wall. A step is counted in the processor time of the page,
since a frame comes when the machine gets to it. Of each the best of three counts.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Browser, CDPSession

from bench.browser import NoBrowser, chromium
from corpora import names
from corpora.check import Options, check_all
from corpora.judge import Row

SMALLER_THAN = 1_000_000
OPENS_BELOW = 1.0
STEPS_BELOW = 0.1

_ROUNDS = 3
_STEPS = 40

# Walks through the finding with the most steps; the number of steps it took.
_WALK = """async (most) => {
  const findings = [...document.querySelectorAll(".finding")];
  const steps = (finding) => finding.querySelectorAll(".cards > li").length;
  const longest = findings.sort((a, b) => steps(b) - steps(a))[0];
  if (!longest || !steps(longest)) return 0;
  longest.querySelector(".card").focus();
  let taken = 0;
  for (; taken + 1 < Math.min(steps(longest), most); taken++) {
    const key = new KeyboardEvent("keydown", { key: "ArrowRight", bubbles: true, cancelable: true });
    document.activeElement.dispatchEvent(key);
    await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
  }
  return taken;
}"""


@dataclass(frozen=True, slots=True)
class Opened:
    """One report: bytes, findings, seconds until it was open and of a step, and what the console said."""

    name: str
    size: int
    findings: int
    opens: float
    step: float
    complaints: tuple[str, ...]


def measure(reports: Iterable[tuple[str, Path]]) -> Iterator[Opened]:
    """Open each report, by the name to call it. Raises NoBrowser."""
    with chromium() as browser:
        for name, report in reports:
            yield _open(browser, name, report)


def below(directory: Path) -> list[tuple[str, Path]]:
    """The reports below a directory, each named by the directories that lead to it."""
    found = sorted(directory.rglob("report.html"))
    return [(str(report.parent.relative_to(directory)), report) for report in found]


def of_corpora(home: Path, rows: Iterable[Row]) -> list[tuple[str, Path]]:
    """The reports that runs of both twins of corpora cases left below ``home``."""
    return [
        (f"{row.case} {row.twin}", report)
        for row in rows
        for report in sorted((home / f"{row.case}-{row.twin}").glob("out/specs/*/report.html"))
    ]


def show(rows: Iterable[Opened]) -> list[Opened]:
    """Print a row as soon as it is there, then which is the largest; return them all."""
    print(f"{'report':<44}{'KB':>8}{'findings':>10}{'opens ms':>10}{'step ms':>9}  console")
    out = []
    for row in rows:
        out.append(row)
        said = "; ".join(row.complaints) or "-"
        print(
            f"{row.name[-43:]:<44}{row.size / 1000:>8,.0f}{row.findings:>10}{row.opens * 1000:>10,.0f}"
            f"{row.step * 1000:>9,.0f}  {said}",
            flush=True,
        )
    if out:
        print(f"\nlargest: {largest(out).name}, {largest(out).size / 1000:,.0f} KB")
    return out


def largest(rows: Sequence[Opened]) -> Opened:
    """The report with the most bytes."""
    return max(rows, key=lambda row: row.size)


def _open(browser: Browser, name: str, report: Path) -> Opened:
    complaints: list[str] = []
    opens: list[float] = []
    steps: list[float] = []
    findings = 0
    for _ in range(_ROUNDS):
        page = browser.new_page(viewport={"width": 1280, "height": 900}, reduced_motion="reduce")
        page.on("console", lambda message: complaints.append(f"{message.type}: {message.text}"))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.goto(report.resolve().as_uri())
        opens.append(page.evaluate("performance.getEntriesByType('navigation')[0].loadEventEnd") / 1000)
        findings = page.locator(".finding").count()
        session = page.context.new_cdp_session(page)
        session.send("Performance.enable", {"timeDomain": "threadTicks"})
        before = _busy(session)
        taken = page.evaluate(_WALK, _STEPS)
        steps.append((_busy(session) - before) / taken if taken else 0.0)
        page.close()
    return Opened(name, report.stat().st_size, findings, min(opens), min(steps), tuple(dict.fromkeys(complaints)))


def _busy(session: CDPSession) -> float:
    """Seconds of processor time that the page's main thread has had."""
    return float({m["name"]: m["value"] for m in session.send("Performance.getMetrics")["metrics"]}["TaskDuration"])


def main() -> int:
    """Measure and print; 2 where there is no report, 4 where there is no browser."""
    parser = argparse.ArgumentParser(prog="python -m bench.report", description="How fast reports open and step.")
    parser.add_argument("directory", type=Path, nargs="?", help="where reports lie (default: run the corpora)")
    directory = parser.parse_args().directory
    try:
        with tempfile.TemporaryDirectory(prefix="bench-report-") as home:
            runs = check_all(names(), Options(keep=Path(home))) if directory is None else []
            rows = show(measure(below(directory) if directory else of_corpora(Path(home), runs)))
    except NoBrowser as error:
        print(f"report: {error}", file=sys.stderr)
        return 4
    if not rows:
        print(f"report: there is no report.html below {directory}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
