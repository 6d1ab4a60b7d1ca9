"""``code2tla history``, and what git tells of a feature held against its specifications."""

from __future__ import annotations

import argparse
import dataclasses
import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

import extractor
from code2tla.errors import UsageError
from code2tla.rundir import RunDirectory, digest
from extractor.errors import ExtractorError
from extractor.history.types import History, HistoryFinding, HistoryLimits
from extractor.languages import fingerprint
from extractor.types import Facts, Span
from reports.result import HistoryResult, Source
from reports.text import clip, visible
from specgen.types import Spec

SCHEMA = "code2tla/history/1"
#: What a run takes: it has a specification to check, and the command alone is there for the rest.
IN_A_RUN = HistoryLimits(seconds=5.0, findings=200)
#: Mechanisms that have a variable of their own in a specification, or are folded into one step.
_HELD = frozenset({"lock", "rlock", "condition", "semaphore", "event", "queue"})
_QUOTED = 6
_WIDTH = 120


def read(repo: Path, feature: str, limits: HistoryLimits) -> History:
    """The history of a feature. Raises UsageError."""
    try:
        return extractor.history(repo, feature, limits)
    except ExtractorError as error:
        raise UsageError(str(error)) from error


def in_a_run(facts: Facts, directory: RunDirectory) -> History:
    """The history within a run's few seconds; one that was read whole is kept for the next run at this commit."""
    key = digest(facts.commit, facts.feature, fingerprint(), IN_A_RUN)
    kept = directory.get("history", key) if facts.commit else None
    if isinstance(kept, History):
        return kept
    made = read(Path(facts.repo), facts.feature, IN_A_RUN)
    if facts.commit and made.whole:
        directory.put("history", key, made)
    return made


def notes(history: History) -> list[str]:
    """What a reader of a run has to know of its history: why there is none, what was cut."""
    if history.head is None:
        return [f"No history was read: {history.reason}."]
    return [f"History: {note}" for note in history.notes]


def modelled(findings: Sequence[HistoryFinding], specs: Sequence[Spec]) -> tuple[HistoryResult, ...]:
    """The findings as a result tells them, with the actions that model what stands there today.

    ``modelled`` is None where nothing stands there any more, or there is no specification to look into. A lock or its
    like is modelled where an action takes it, by a variable or folded into the step. Anything else is where an action
    covers its first line and does not list it among its approximations.
    """
    return tuple(_result(finding, specs) for finding in findings)


def _result(finding: HistoryFinding, specs: Sequence[Spec]) -> HistoryResult:
    places = [] if finding.now is None else [finding.now, *finding.also]
    actions = tuple(dict.fromkeys(name for place in places for name in _actions_at(place, finding.mechanism, specs)))
    return HistoryResult(
        commit=finding.commit,
        date=finding.date,
        subject=finding.subject,
        kind=finding.kind,
        mechanism=finding.mechanism,
        then=_source(finding.then),
        now=None if finding.now is None else _source(finding.now),
        quote=finding.quote,
        modelled=bool(actions) if specs and places else None,
        actions=actions,
    )


def _actions_at(place: Span, mechanism: str, specs: Sequence[Spec]) -> Iterator[str]:
    """The actions that model what stands at a place."""
    # A lock's own line says that it is taken; the lines it guards are modelled with or without it.
    wanted = Span(place.path, place.line, place.line) if mechanism in _HELD else place
    for spec in specs:
        if mechanism and any(_overlap(a.span, Span(place.path, place.line, place.line)) for a in spec.abstractions):
            continue
        yield from (action.name for action in spec.actions if any(_overlap(s, wanted) for s in action.sources))


def _overlap(one: Span, other: Span) -> bool:
    return one.path == other.path and one.line <= other.end_line and other.line <= one.end_line


def _source(span: Span) -> Source:
    return Source(span.path, span.line, span.end_line)


def command(options: argparse.Namespace, out: Console, err: Console) -> int:  # noqa: ARG001 - as every command
    """``code2tla history``: 0 when there is a history, 3 when there is none to read."""
    limits = HistoryLimits() if options.limit is None else HistoryLimits(findings=_count(options.limit))
    history = read(options.repo, options.feature, limits)
    if options.json:
        out.file.write(json.dumps(to_json(history), indent=2).replace("\x7f", "\\u007f") + "\n")
        out.file.flush()
    else:
        _print(history, out)
    return 3 if history.head is None else 0


def _count(text: str) -> int:
    if not text.isascii() or not text.isdigit() or int(text) == 0:
        raise UsageError(f"--limit: {text!r} is not allowed; give how many findings to show, 1 or more")
    return int(text)


def to_json(history: History) -> dict[str, Any]:
    """The history as dicts, lists, strings and numbers."""
    return {
        "schema": SCHEMA,
        **{field.name: _plain(getattr(history, field.name)) for field in dataclasses.fields(history)},
    }


def _plain(value: object) -> Any:
    if dataclasses.is_dataclass(value):
        return {field.name: _plain(getattr(value, field.name)) for field in dataclasses.fields(value)}
    if isinstance(value, tuple):
        return [_plain(part) for part in value]
    # A path that is no UTF-8 has halves of surrogate pairs, which no reader of JSON takes.
    return value.encode("utf-8", "backslashreplace").decode("utf-8") if isinstance(value, str) else value


def _print(history: History, out: Console) -> None:
    feature = visible(history.feature)
    if history.head is None:
        out.print(Text(f"{feature} has no history: {visible(history.reason)}"), soft_wrap=True)
        return
    counts = f"{_many(len(history.findings), 'finding')} in {_many(history.commits, 'commit')}"
    out.print(Text(f"{feature} at {history.head[:12]}: {counts}"), soft_wrap=True)
    if history.findings:
        table = Table("date", "commit", "change", "what, and where it stands today", box=None, pad_edge=False)
        for finding in history.findings:
            table.add_row(*_cells(finding))
        out.print(table)
    for note in history.notes:
        out.print(Text(visible(note), style="yellow"), soft_wrap=True)


def _many(count: int, noun: str) -> str:
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"


def _cells(finding: HistoryFinding) -> tuple[Text, ...]:
    change = f"{finding.kind} {finding.mechanism}".strip()
    what = Text(clip(finding.subject, _WIDTH))
    where = "gone" if finding.now is None else f"now {finding.now.path}:{finding.now.line}"
    for line in (finding.detail, where, f"with {', '.join(finding.tests)}" if finding.tests else ""):
        if line:
            what.append(f"\n{clip(line, _WIDTH)}", style="dim")
    quoted = finding.quote.split("\n")
    for line in quoted[:_QUOTED]:
        what.append(f"\n{clip(line, _WIDTH)}", style={"+": "green", "-": "red"}.get(line[:1], "dim"))
    if len(quoted) > _QUOTED:
        what.append(f"\n… ({len(quoted) - _QUOTED} more lines)", style="dim")
    mends = "\nmends a fault" if finding.fix and finding.kind != "fix" else ""
    return Text(finding.date[:10]), Text(finding.commit[:8]), Text(f"{change}{mends}"), what
