"""``code2tla check`` in words: what it prints and the status it ends with."""

from __future__ import annotations

import argparse
import json
from collections import Counter
from collections.abc import Iterator
from typing import Any

from rich.console import Console
from rich.text import Text

from code2tla import output
from code2tla.commands import repository, settings_of
from code2tla.errors import UsageError
from code2tla.nightly import every, kept
from code2tla.nightly.night import FailOn, Night, night
from code2tla.progress import Display
from reports.text import visible

_STYLE = {"verified": "green", "violated": "red", "inconclusive": "yellow", "failed": "red"}


def check(options: argparse.Namespace, out: Console, err: Console) -> int:
    """``code2tla check``: the status of ``code2tla run``, or what ``--fail-on`` makes of it."""
    if options.all:
        return every.check_all(options, out, err)
    found = kept.read(options.spec_dir)
    repo = repository(options.repo, options.spec_dir, found.result)
    if repo is None or not repo.is_dir():
        where = options.repo or found.result.feature.repo
        raise UsageError(f"{where}: not found from {options.spec_dir}; name the target with --repo")
    options.sweep = True  # a night goes as deep as its budget lets it
    settings = settings_of(options, repo)
    if settings.author == "agent" and found.result.author.name != "static":
        from code2tla.agent import command as agent  # noqa: PLC0415 - it prints with this module's words

        return agent.check(options.spec_dir, repo, found.result.feature.path, options, out, err)
    with Display(err, settings.budget, options.quiet) as display:
        done = night(options.spec_dir, repo, settings, display)
    return print_night(done, options, out, options.fail_on)


def print_night(done: Night, options: argparse.Namespace, out: Console, fail_on: FailOn | None = None) -> int:
    """Print what a night found; returns its exit status."""
    status = done.status(fail_on)
    if options.json:
        out.file.write(json.dumps(as_json(done, status), indent=2) + "\n")
    else:
        for line, style in told(done):
            out.print(Text(visible(line), style=style), soft_wrap=True)
    output.summarise(done.result)
    return status


def told(done: Night) -> Iterator[tuple[str, str]]:
    """The lines that tell a person about a night, each with its colour."""
    was, now = done.before, done.result
    then = f"at {was.feature.commit[:12]}" if was.feature.commit else "before"
    yield f"{now.feature.path}: {now.verdict}, {now.reason} ({then}: {was.verdict})", _STYLE[now.verdict]
    for name in done.new:
        yield f"  new finding: {name}", "red"
    for name, commit in done.since.items():
        if name not in done.new and commit:
            yield f"  known since {commit[:12]}: {name}", ""
    for name in done.gone:
        yield f"  no longer found: {name}", "green"
    counts = Counter(a.status for a in done.drift.actions)
    if set(counts) - {"same"}:
        parts = ", ".join(f"{counts[s]} {s}" for s in ("same", "moved", "changed", "gone") if counts[s])
        yield f"  the code of {len(done.drift.actions)} actions: {parts}", ""
    for action in done.drift.stale:
        place = f"{action.then.path}:{action.then.line}"
        yield f"  {action.status}: {action.module}.{action.action} models {action.function} ({place})", "yellow"
    yield from ((f"  {line}", "") for line in _extracted(done))
    for symbol in done.drift.unmodelled:
        yield f"  no action models {symbol.qualname} ({symbol.span.path}:{symbol.span.line})", "dim"
    yield f"  {done.spec_dir}: open report.html there", "dim"


def _extracted(done: Night) -> Iterator[str]:
    for module, extraction in done.extracted.items():
        yield from (f"extracted again: {module}.{name}, since {why}" for name, why in extraction.anew.items())
    anew, total = len(done.rewritten), len(done.rewritten) + done.taken_over
    yield f"{anew} of {total} actions written anew" + (", the others taken over" if anew < total else "")


def as_json(done: Night, status: int) -> dict[str, Any]:
    """The same for programs."""
    return {
        "schema": "code2tla/check/1",
        "spec_dir": str(done.spec_dir),
        "status": status,
        "verdict": done.result.verdict,
        "reason": done.result.reason,
        "before": done.before.verdict,
        "commit": done.result.feature.commit,
        "new": list(done.new),
        "gone": list(done.gone),
        "since": dict(done.since),
        "rewritten": list(done.rewritten),
        "taken_over": done.taken_over,
        "extracted": [
            {"module": module, "operation": name, "why": why}
            for module, extraction in done.extracted.items()
            for name, why in extraction.anew.items()
        ],
        "actions": [
            {"module": a.module, "action": a.action, "function": a.function, "status": a.status}
            for a in done.drift.actions
        ],
        "unmodelled": [
            {"path": s.span.path, "line": s.span.line, "function": s.qualname} for s in done.drift.unmodelled
        ],
        "bounds": done.result.bounds,
        "further_bounds": list(done.result.further_bounds),
    }
