"""What the HTML page shows, put in order: lanes, states after each step, and code beside its actions."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from reports import highlight, wording
from reports.excerpt import excerpt, indent
from reports.result import ActionResult, Result, Source, Step, ViolationResult
from reports.text import clip
from reports.wording import Change

# Lanes beyond this many share the last colour.
_COLOURS = 6
_VALUE_LIMIT = 400


@dataclass(frozen=True, slots=True)
class Line:
    """One line of code. ``key`` is its id in the page, ``actions`` the ids of the actions that model it."""

    number: int
    html: Markup
    key: str
    actions: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Excerpt:
    """Lines of one file in runs, with something left out between one run and the next."""

    path: str
    runs: tuple[tuple[Line, ...], ...]


@dataclass(frozen=True, slots=True)
class Lane:
    """One process of a trace. ``colour`` numbers its hue; 0 is the set-up's grey."""

    name: str
    calls: tuple[str, ...]
    colour: int


@dataclass(frozen=True, slots=True)
class Card:
    """One step in its lane (1-based column); ``line_key`` is the id of its source line, "" where it has none."""

    step: Step
    column: int
    colour: int
    html: Markup
    changes: tuple[Change, ...]
    line_key: str


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


@dataclass(frozen=True, slots=True)
class ActionView:
    """An action with its id in the page and the id of its first source line."""

    action: ActionResult
    key: str
    html: Markup
    line_key: str
    line_keys: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Group:
    """The actions of one function beside its code."""

    function: str
    excerpts: tuple[Excerpt, ...]
    actions: tuple[ActionView, ...]


@dataclass(frozen=True, slots=True)
class PartView:
    """One part of the result, ready to draw."""

    result: Result
    key: str
    findings: tuple[Finding, ...]
    groups: tuple[Group, ...]
    module: Markup


class Files:
    """The lines of the target's files, coloured once each when first asked for."""

    def __init__(self, result: Result, sources: Mapping[str, Sequence[str]]) -> None:
        self._lines: dict[str, list[str]] = {path: list(lines) for path, lines in sources.items()}
        self._known: dict[str, dict[int, str]] = {}
        self._html: dict[str, list[Markup]] = {}
        for violation in wording.findings(result):
            for step in violation.trace:
                if step.source and step.source.path not in self._lines:
                    self._known.setdefault(step.source.path, {})[step.source.line] = step.text

    def line(self, source: Source | None, text: str) -> Markup:
        """Return ``text``, a line of ``source``, as HTML that may break after a dot or a bracket."""
        html = highlight.code(source.path if source else "", [text.strip()])[0]
        # Neither the tags nor the references in coloured code hold any of these characters.
        return Markup(re.sub(r"(?<=[.(\[_])(?=\w|<)", "<wbr>", html))  # noqa: S704

    def excerpts(
        self, wanted: Iterable[Source], prefix: str, actions: Mapping[tuple[str, int], list[str]]
    ) -> tuple[Excerpt, ...]:
        """Return the code around ``wanted``, by file, with ids that start with ``prefix``."""
        by_path: dict[str, set[int]] = {}
        for source in wanted:
            by_path.setdefault(source.path, set()).update(_span(source))
        return tuple(
            Excerpt(path, runs)
            for number, (path, lines) in enumerate(by_path.items())
            if (runs := tuple(self._runs(path, lines, f"{prefix}{number}", actions)))
        )

    def _runs(
        self, path: str, wanted: set[int], prefix: str, actions: Mapping[tuple[str, int], list[str]]
    ) -> Iterable[tuple[Line, ...]]:
        def line(number: int, html: Markup) -> Line:
            return Line(number, html, f"{prefix}-{number}", tuple(actions.get((path, number), ())))

        lines = self._lines.get(path)
        if lines is None:
            known = self._known.get(path, {})
            for number in sorted(wanted & known.keys()):
                yield (line(number, highlight.code(path, [known[number]])[0]),)
            return
        runs = excerpt(lines, wanted)
        html = self._coloured(path, lines)
        cut = indent(lines, runs)
        for first, last in runs:
            yield tuple(line(number, _dedent(html[number - 1], cut)) for number in range(first, last + 1))

    def _coloured(self, path: str, lines: Sequence[str]) -> list[Markup]:
        if path not in self._html:
            self._html[path] = highlight.code(path, lines)
        return self._html[path]


def part_view(part: Result, index: int, first: int, files: Files) -> PartView:
    """Prepare ``part``; its findings are numbered after the ``first`` ones of the parts before it."""
    key = f"p{index + 1}"
    rules = {prop.name: prop.plain for prop in part.properties}
    return PartView(
        result=part,
        key=key,
        findings=tuple(
            _finding(v, first + n, rules.get(v.property) or wording.kind_rule(v.kind), files)
            for n, v in enumerate(part.violations, 1)
        ),
        groups=_groups(part.spec.actions, key, files),
        module=Markup("\n").join(highlight.tla(part.spec.text)) if part.spec.text else Markup(""),
    )


def _finding(violation: ViolationResult, number: int, rule: str, files: Files) -> Finding:
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
    excerpts = files.excerpts((step.source for step in violation.trace if step.source), f"f{number}-c", {})
    keys = {(e.path, line.number): line.key for e in excerpts for run in e.runs for line in run}
    cards = tuple(
        Card(
            step=step,
            column=columns.get(step.process, 1),
            colour=colours.get(step.process, 0),
            html=files.line(step.source, step.text),
            changes=changed,
            line_key=keys.get((step.source.path, step.source.line), "") if step.source else "",
        )
        for step, changed in zip(violation.trace, wording.changes(violation), strict=True)
    )
    return Finding(number, violation, rule, lanes, cards, excerpts, tuple(_state(violation)))


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


def _groups(actions: Sequence[ActionResult], prefix: str, files: Files) -> tuple[Group, ...]:
    keys = {id(action): f"{prefix}-a{number}" for number, action in enumerate(actions, 1)}
    together: dict[str, list[ActionResult]] = {}
    for action in actions:
        together.setdefault(action.function or _stem(action), []).append(action)
    groups: list[Group] = []
    for number, (function, members) in enumerate(together.items(), 1):
        modelled: dict[tuple[str, int], list[str]] = {}
        for action in members:
            for source in action.sources:
                for line in _span(source):
                    modelled.setdefault((source.path, line), []).append(keys[id(action)])
        wanted = [source for action in members for source in action.sources]
        excerpts = files.excerpts(wanted, f"{prefix}-g{number}-", modelled)
        shown = {(e.path, line.number): line.key for e in excerpts for run in e.runs for line in run}
        views = []
        for action in members:
            lines = [shown[at] for source in action.sources for n in _span(source) if (at := (source.path, n)) in shown]
            html = Markup("\n").join(highlight.tla(action.text)) if action.text else Markup("")
            views.append(ActionView(action, keys[id(action)], html, lines[0] if lines else "", tuple(lines)))
        groups.append(Group(function, excerpts, tuple(views)))
    return tuple(groups)


def _stem(action: ActionResult) -> str:
    return re.sub(r"_\d+\w*$", "", action.name) or action.name


def _span(source: Source) -> range:
    # A span of a stored result may be anything; no finding needs more than a long function.
    return range(source.line, min(source.end_line, source.line + 400) + 1)


def _dedent(html: Markup, columns: int) -> Markup:
    """Cut ``columns`` leading spaces, which may stand inside the first coloured piece of a doc string."""
    return Markup(re.sub(rf"^((?:<span[^>]*>)?) {{0,{columns}}}", r"\1", html, count=1))  # noqa: S704
