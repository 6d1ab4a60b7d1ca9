"""A counterexample as the page draws it: a lane for each process, a card for each step, the state after each."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from markupsafe import Markup

from reports import wording
from reports.files import Excerpt, Files, span
from reports.result import Step, ViolationResult
from reports.text import clip
from reports.wording import Change

# Lanes beyond this many share the last colour.
_COLOURS = 6
_VALUE_LIMIT = 400


@dataclass(frozen=True, slots=True)
class Lane:
    """One process of a trace. ``colour`` numbers its hue; 0 is the set-up's grey."""

    name: str
    calls: tuple[str, ...]
    colour: int


@dataclass(frozen=True, slots=True)
class Card:
    """One step in its lane (1-based column).

    ``line_keys`` are the ids of its source lines beside the trace, ``action_key`` that of its action in the
    specification, "" where there is none.
    """

    step: Step
    column: int
    colour: int
    html: Markup
    changes: tuple[Change, ...]
    line_keys: tuple[str, ...]
    action_key: str


@dataclass(frozen=True, slots=True)
class Row:
    """A variable of the state table.

    ``history`` is JSON: ``[[step index, value], ...]``, index 0 before step 1; the value is null from where a call's
    own variable (``c1.state``) is gone with its call.
    """

    name: str
    last: str
    history: str


@dataclass(frozen=True, slots=True)
class Finding:
    """One violation, ready to draw. ``rule`` says in plain words what it breaks."""

    number: int
    violation: ViolationResult
    rule: str
    lanes: tuple[Lane, ...]
    cards: tuple[Card, ...]
    excerpts: tuple[Excerpt, ...]
    state: tuple[Row, ...]


def finding(number: int, violation: ViolationResult, rule: str, actions: Mapping[str, str], files: Files) -> Finding:
    """Prepare the ``number``-th finding of the page; ``actions`` are the ids of the part's actions by name."""
    names = wording.processes(violation)
    callers = [name for name in names if name != "set-up"]
    lanes = tuple(
        Lane(
            name,
            wording.calls(violation, name),
            min(callers.index(name) + 1, _COLOURS) if name in callers else 0,
        )
        for name in names
    )
    columns = {lane.name: at for at, lane in enumerate(lanes, 1)}
    colours = {lane.name: lane.colour for lane in lanes}
    excerpts = files.excerpts((step.source for step in violation.trace if step.source), f"f{number}-")
    keys = {(e.path, line.number): line.key for e in excerpts for run in e.runs for line in run}
    cards = tuple(
        Card(
            step=step,
            column=columns.get(step.process, 1),
            colour=colours.get(step.process, 0),
            html=files.line(step.source, step.text),
            changes=changed,
            line_keys=_line_keys(step, keys),
            action_key=actions.get(step.action, ""),
        )
        for step, changed in zip(violation.trace, wording.changes(violation), strict=True)
    )
    return Finding(number, violation, rule, lanes, cards, excerpts, tuple(_state(violation)))


def _line_keys(step: Step, keys: Mapping[tuple[str, int], str]) -> tuple[str, ...]:
    source = step.source
    return tuple(keys[source.path, n] for n in span(source) if (source.path, n) in keys) if source else ()


def _state(violation: ViolationResult) -> Iterable[Row]:
    history: dict[str, list[tuple[int, str | None]]] = {
        name: [(0, clip(value, _VALUE_LIMIT))] for name, value in violation.initial.items()
    }
    for index, step in enumerate(violation.trace, 1):
        for name, value in step.changed.items():
            history.setdefault(name, []).append((index, clip(value, _VALUE_LIMIT)))
        # The set-up is over, and a call that ended too: what was theirs alone exists no more.
        over = ["set-up."] if step.process != "set-up" else []
        over += [f"{step.process}."] if step.outcome is not None else []
        for name, values in history.items():
            if name.startswith(tuple(over)) and values[-1][1] is not None:
                values.append((index, None))
    for name, values in history.items():
        yield Row(name, values[-1][1] or "–", json.dumps(values))
