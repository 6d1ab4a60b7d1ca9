"""The target's files as a page shows them: coloured lines in excerpts, each line with an id to link to."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from reports import highlight, whole
from reports.excerpt import excerpt, indent
from reports.result import Result, Source

_ID_LIMIT = 160


@dataclass(frozen=True, slots=True)
class Line:
    """One line of code. ``key`` is its id in the page, "" for none; ``actions`` the ids of those that model it."""

    number: int
    html: Markup
    key: str = ""
    actions: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Run:
    """Lines without a gap. ``key`` is the run's id in the page, ``again`` whether the page has shown it before."""

    lines: tuple[Line, ...]
    key: str = ""
    again: bool = False


@dataclass(frozen=True, slots=True)
class Excerpt:
    """Lines of one file in runs, with something left out between one run and the next."""

    path: str
    runs: tuple[Run, ...]


class Anchors:
    """Ids of one page that people can guess and keep: ``action-hold_14``, ``booking/seats.py-14``."""

    def __init__(self) -> None:
        self._taken: set[str] = set()

    def take(self, wanted: str) -> str:
        """Return ``wanted`` as an id, with a number behind it where it is taken already."""
        plain = re.sub(r"[^\w./-]", "_", wanted.encode("ascii", "replace").decode())[:_ID_LIMIT]
        key, number = plain, 1
        while key in self._taken:
            number += 1
            key = f"{plain}~{number}"
        self._taken.add(key)
        return key


class Files:
    """The lines of the target's files, coloured once each when first asked for."""

    def __init__(self, result: Result, sources: Mapping[str, Sequence[str]]) -> None:
        self._lines: dict[str, list[str]] = {path: list(lines) for path, lines in sources.items()}
        self._known: dict[str, dict[int, str]] = {}
        self._html: dict[str, list[Markup]] = {}
        self._shown: dict[tuple[str, int], str] = {}
        self._runs: dict[tuple[str, int, int], str] = {}
        self.anchors = Anchors()
        for violation in whole.findings(result):
            for step in violation.trace:
                if step.source and step.source.path not in self._lines:
                    self._known.setdefault(step.source.path, {})[step.source.line] = step.text

    def line(self, source: Source | None, text: str) -> Markup:
        """Return ``text``, a line of ``source``, as HTML that may break after a dot or a bracket."""
        html = highlight.code(source.path if source else "", [text.strip()])[0]
        # Neither the tags nor the references in coloured code hold any of these characters.
        return Markup(re.sub(r"(?<=[.(\[])(?=\w|<)", "<wbr>", html))  # noqa: S704

    def link(self, source: Source) -> str:
        """Return the id of the first line of ``source`` beside the specification, "" where it is not shown."""
        return self._shown.get((source.path, source.line), "")

    def beside_steps(self, wanted: Iterable[Source], *, whole: bool) -> tuple[Excerpt, ...]:
        """Return the code around ``wanted``, by file, for a finding.

        Unless it is to be ``whole``, a run that an earlier finding has is marked as such.
        """
        return tuple(
            Excerpt(path, tuple(self._told(path, run, whole) for run in runs)) for path, runs in self._excerpts(wanted)
        )

    def beside_actions(self, modelled: Mapping[tuple[str, int], Sequence[str]]) -> tuple[Excerpt, ...]:
        """Return the code around ``modelled``, by file, every line with an id where it is first shown.

        ``modelled`` gives the ids of the actions for a path and a line of it.
        """

        def named(path: str, line: Line) -> Line:
            at = (path, line.number)
            if at in self._shown and at not in modelled:
                return line  # there is one of that name already, and nothing leads to this one
            key = self.anchors.take(f"{path}-{line.number}")
            self._shown.setdefault(at, key)
            return Line(line.number, line.html, key, tuple(modelled.get(at, ())))

        wanted = (Source(path, line, line) for path, line in modelled)
        return tuple(
            Excerpt(path, tuple(Run(tuple(named(path, line) for line in run)) for run in runs))
            for path, runs in self._excerpts(wanted)
        )

    def _told(self, path: str, run: tuple[Line, ...], whole: bool) -> Run:
        at = (path, run[0].number, run[-1].number)
        if key := self._runs.get(at):
            return Run(run) if whole else Run(run, key, again=True)
        self._runs[at] = self.anchors.take(f"lines-{len(self._runs) + 1}")
        return Run(run, self._runs[at])

    def _excerpts(self, wanted: Iterable[Source]) -> Iterable[tuple[str, list[tuple[Line, ...]]]]:
        by_path: dict[str, set[int]] = {}
        for source in wanted:
            by_path.setdefault(source.path, set()).update(span(source))
        for path, lines in by_path.items():
            if runs := list(self._lines_around(path, lines)):
                yield path, runs

    def _lines_around(self, path: str, wanted: set[int]) -> Iterable[tuple[Line, ...]]:
        lines = self._lines.get(path)
        if lines is None:
            known = self._known.get(path, {})
            for number in sorted(wanted & known.keys()):
                yield (Line(number, highlight.code(path, [known[number]])[0]),)
            return
        html = self._coloured(path, lines)
        for first, last in excerpt(lines, wanted):
            cut = indent(lines, first, last)
            yield tuple(Line(number, _dedent(html[number - 1], cut)) for number in range(first, last + 1))

    def _coloured(self, path: str, lines: Sequence[str]) -> list[Markup]:
        if path not in self._html:
            self._html[path] = highlight.code(path, lines)
        return self._html[path]


def span(source: Source) -> range:
    """Return the lines of ``source``."""
    # A span of a stored result may be anything; no finding needs more than a long function.
    return range(source.line, min(source.end_line, source.line + 400) + 1)


def _dedent(html: Markup, columns: int) -> Markup:
    """Cut ``columns`` leading spaces, which may stand inside the first coloured piece of a doc string."""
    return Markup(re.sub(rf"^((?:<i[^>]*>)?) {{0,{columns}}}", r"\1", html, count=1))  # noqa: S704
