"""The report in a terminal: verdict, every finding as a table of steps, and what the verdict leans on."""

from __future__ import annotations

from collections.abc import Iterable

from rich import box
from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from reports import trace, whole, wording, worth
from reports.result import Result, ViolationResult
from reports.text import clip, visible
from reports.trace import Change

# Below this many columns a table's cells get too narrow to read; steps are then printed one below the other.
_TABLE_WIDTH = 96

_VALUE_LIMIT = 120
_LIST_LIMIT = 12

_COLOURS = {"verified": "green", "violated": "red", "inconclusive": "yellow", "failed": "magenta"}


def render(result: Result, console: Console) -> None:
    """Print ``result`` to ``console``; text of the target is shown, never obeyed."""
    console.print(_text(wording.verdict_sentence(result), f"bold {_COLOURS[result.verdict]}"))
    if result.reason:
        console.print(_text(result.reason))
    parts = whole.sections(result)
    number = 0
    for part in parts:
        if len(parts) > 1:
            console.print()
            console.rule(_text(_part_title(part), "bold"), align="left", style="dim")
            if part.reason:
                console.print(_text(part.reason))
        for violation in part.violations:
            number += 1
            _finding(violation, number, console)
    for part in parts:
        _leans_on(part, _part_title(part) if len(parts) > 1 else "", console)
    _bullets("Not covered", wording.not_covered(result), console)
    console.print()
    for line in (wording.tlc_words(result), wording.cost_words(result)):
        if line:
            console.print(_text(line, "dim"))


def _part_title(part: Result) -> str:
    return f"{wording.subject(part)}: {wording.VERDICT_WORDS[part.verdict].lower()}"


def _finding(violation: ViolationResult, number: int, console: Console) -> None:
    console.print()
    heading = _text(f"{number}. ", "bold")
    heading.append_text(_text(violation.summary or violation.property, "bold"))
    console.print(heading)
    replay = wording.replayed(violation.replay)
    console.print(_text(f"{wording.kind_name(violation.kind)}: {violation.property}, {replay}", "dim"))
    if violation.trace:
        console.print()
        if number == 1:
            console.print(
                _text("Step by step; c1, c2, ... are calls that overlap, set-up are calls made before.", "dim")
            )
        draw = _table if console.width >= _TABLE_WIDTH else _stack
        draw(violation, console)
    if violation.outcome:
        console.print(Text.assemble(("\nHere: ", "bold"), _text(violation.outcome, "red", limit=2000)))
    if violation.serial:
        console.print(_text("One call at a time gives:", "bold"))
        for outcome in violation.serial[:_LIST_LIMIT]:
            console.print(Padding(_text(outcome, "green", limit=2000), (0, 0, 0, 2)))
        if len(violation.serial) > _LIST_LIMIT:
            console.print(_text(f"  and {len(violation.serial) - _LIST_LIMIT:,} more", "dim"))


def _table(violation: ViolationResult, console: Console) -> None:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, expand=False)
    table.add_column("Step", justify="right", no_wrap=True)
    table.add_column("Process", overflow="fold")
    table.add_column("Where", overflow="fold")
    table.add_column("Source line", overflow="fold", ratio=3)
    table.add_column("What changed", overflow="fold", ratio=2)
    for step, changed in zip(violation.trace, trace.changes(violation), strict=True):
        who = _text(step.process, "bold")
        if step.operation:
            who.append_text(_text(f"\n{visible(step.operation)}", "dim"))
        where = _text(step.function or step.action)
        if step.source:
            where.append_text(_text(f"\n{visible(wording.place(step.source))}", "cyan"))
        table.add_row(str(step.step), who, where, _text(step.text), _changed(changed, step.outcome))
    console.print(table)


def _stack(violation: ViolationResult, console: Console) -> None:
    for step, changed in zip(violation.trace, trace.changes(violation), strict=True):
        who = _text(step.process, "bold")
        console.print(Text.assemble((f"{step.step:>3} ", "dim"), who, " ", _text(step.operation, "dim")))
        where = Text.assemble(_text(step.function or step.action), " ", _text(wording.place(step.source), "cyan"))
        for line in (where, _text(step.text), _changed(changed, step.outcome)):
            if line.plain.strip():
                console.print(Padding(line, (0, 0, 0, 4)))


def _changed(changed: Iterable[Change], outcome: str | None) -> Text:
    lines: list[Text] = []
    for change in changed:
        line = Text.assemble(_text(change.name), " ")
        if change.old is not None:
            line.append_text(_text(f"{clip(change.old, _VALUE_LIMIT)} → ", "dim"))
        line.append_text(_text(change.new, "yellow", limit=_VALUE_LIMIT))
        lines.append(line)
    if outcome is not None:
        lines.append(Text.assemble("ends: ", _text(outcome, "magenta", limit=_VALUE_LIMIT)))
    return Text("\n").join(lines)


def _leans_on(part: Result, title: str, console: Console) -> None:
    suffix = f" ({title})" if title else ""
    _bullets(f"Properties that were checked{suffix}", wording.checked(part), console)
    _bullets(f"What a pass is worth{suffix}", worth.worthy(part), console)
    _bullets(f"Open questions{suffix}", wording.open_questions(part), console)
    assumed = [
        f"{item.text}{_at(wording.place(item.source))}" + (f" [{item.status}]" if item.status != "assumed" else "")
        for item in part.assumptions
    ]
    _bullets(f"Taken for granted{suffix}", assumed, console)
    approximated = [f"{item.text}{_at(wording.place(item.source))}" for item in wording.approximations(part.spec)]
    _bullets(f"Approximated: here the specification is not exactly the code{suffix}", approximated, console)
    _bullets(f"More in report.html{suffix}", worth.beside(part), console)
    if title:
        _bullets(f"Not covered{suffix}", wording.gaps(part), console)


def _bullets(title: str, items: Iterable[str], console: Console) -> None:
    lines = list(items)
    if not lines:
        return
    console.print()
    console.print(_text(title, "bold"))
    for item in lines:
        console.print(Padding(Text.assemble("- ", _text(item, limit=1000)), (0, 0, 0, 2)))


def _at(where: str) -> str:
    return f" ({where})" if where else ""


def _text(text: str, style: str = "", limit: int = 400) -> Text:
    # Line ends that this module put in itself stand; clip() makes every other one visible.
    lines = text.split("\n") if text.startswith("\n") else [text]
    return Text("\n".join(clip(line, limit) for line in lines), style=style)
