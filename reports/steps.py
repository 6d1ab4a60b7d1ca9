"""A counterexample as the page draws it: a lane for each process, a card for each step, the state after each."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass, replace

from markupsafe import Markup

from reports import trace
from reports.files import Excerpt, Files
from reports.result import Step, ViolationResult
from reports.trace import Change

# Lanes beyond this many share the last colour.
_COLOURS = 6
# So many findings are in the page as they are shown. Of later ones, of which there may be a hundred, lines and steps
# that an earlier one has are only referred to, and the page's script puts copies there.
_WHOLE = 10


@dataclass(frozen=True, slots=True)
class Lane:
    """One process of a trace. ``colour`` numbers its hue; 0 is the set-up's grey."""

    name: str
    calls: tuple[str, ...]
    colour: int


@dataclass(frozen=True, slots=True)
class Card:
    """One step in its lane (1-based column).

    ``action_key`` is the id of its action in the specification, "" where there is none; ``same`` the id of an earlier
    finding's step that looks the same, "" where this one is shown itself.
    """

    step: Step
    column: int
    colour: int
    html: Markup
    changes: tuple[Change, ...]
    action_key: str
    same: str = ""


@dataclass(frozen=True, slots=True)
class Row:
    """A variable of the state table: its value before step 1 (None where it has none yet) and after the last step.

    ``gone`` numbers the steps after which it exists no more, as a call's own variable (``c1.state``) with its call.
    """

    name: str
    first: str | None
    last: str
    gone: tuple[int, ...]


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


def finding(
    number: int,
    violation: ViolationResult,
    rule: str,
    actions: Mapping[str, str],
    files: Files,
    drawn: dict[Hashable, str],
) -> Finding:
    """Prepare the ``number``-th finding of the page.

    ``actions`` are the ids of the part's actions by name, ``drawn`` those of the steps that are in the page so far.
    """
    names = trace.processes(violation)
    callers = [name for name in names if name != "set-up"]
    lanes = tuple(
        Lane(
            name,
            trace.calls(violation, name),
            min(callers.index(name) + 1, _COLOURS) if name in callers else 0,
        )
        for name in names
    )
    columns = {lane.name: at for at, lane in enumerate(lanes, 1)}
    colours = {lane.name: lane.colour for lane in lanes}
    whole = number <= _WHOLE
    excerpts = files.beside_steps((step.source for step in violation.trace if step.source), whole=whole)
    cards = [
        Card(
            step=step,
            column=columns.get(step.process, 1),
            colour=colours.get(step.process, 0),
            html=files.line(step.source, step.text),
            changes=changed,
            action_key=actions.get(step.action, ""),
        )
        for step, changed in zip(violation.trace, trace.changes(violation), strict=True)
    ]
    for at, card in enumerate(cards[:-1]):  # the last one says that the rule is broken
        step, key = card.step, f"f{number}-s{at + 1}"
        code = (card.html, step.source, card.action_key)
        same = drawn.setdefault((step.process, card.column, code, card.changes, step.outcome), key)
        if not whole and same != key:
            cards[at] = replace(card, same=same)
    return Finding(number, violation, rule, lanes, tuple(cards), excerpts, tuple(_state(violation)))


def _state(violation: ViolationResult) -> Iterable[Row]:
    values: dict[str, str | None] = dict(violation.initial)
    gone: dict[str, list[int]] = {}
    for index, step in enumerate(violation.trace, 1):
        values.update(step.changed)
        # The set-up is over, and a call that ended too: what was theirs alone exists no more.
        over = ["set-up."] if step.process != "set-up" else []
        over += [f"{step.process}."] if step.outcome is not None else []
        for name, value in values.items():
            if name.startswith(tuple(over)) and value is not None:
                values[name] = None
                gone.setdefault(name, []).append(index)
    for name, last in values.items():
        yield Row(name, violation.initial.get(name), "–" if last is None else last, tuple(gone.get(name, ())))
