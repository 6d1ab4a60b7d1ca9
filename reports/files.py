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
        self.anchors = Anchors()
        for violation in whole.findings(result):
            for step in violation.trace:
                if step.source and step.source.path not in self._lines:
                    self._known.setdefault(step.source.path, {})[step.source.line] = step.text

    def line(self, source: Source | None, text: str) -> Markup:
        """Return ``text``, a line of ``source``, as HTML that may break after a dot or a bracket."""
        html = highlight.code(source.path if source else "", [text.strip()])[0]
        # Neither the tags nor the references in coloured code hold any of these characters.
        return Markup(re.sub(r"(?<=[.(\[_])(?=\w|<)", "<wbr>", html))  # noqa: S704

    def link(self, source: Source) -> str:
        """Return the id of the first line of ``source`` beside the specification, "" where it is not shown."""
        return self._shown.get((source.path, source.line), "")

    def excerpts(
        self, wanted: Iterable[Source], prefix: str = "", actions: Mapping[tuple[str, int], list[str]] | None = None
    ) -> tuple[Excerpt, ...]:
        """Return the code around ``wanted``, by file; the lines' ids are ``prefix``, the path and the number."""
        by_path: dict[str, set[int]] = {}
        for source in wanted:
            by_path.setdefault(source.path, set()).update(span(source))
        return tuple(
            Excerpt(path, runs)
            for path, lines in by_path.items()
            if (runs := tuple(self._runs(path, lines, prefix, actions or {})))
        )

    def _runs(
        self, path: str, wanted: set[int], prefix: str, actions: Mapping[tuple[str, int], list[str]]
    ) -> Iterable[tuple[Line, ...]]:
        def line(number: int, html: Markup) -> Line:
            key = self.anchors.take(f"{prefix}{path}-{number}")
            if not prefix:
                self._shown.setdefault((path, number), key)
            return Line(number, html, key, tuple(actions.get((path, number), ())))

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


def span(source: Source) -> range:
    """Return the lines of ``source``."""
    # A span of a stored result may be anything; no finding needs more than a long function.
    return range(source.line, min(source.end_line, source.line + 400) + 1)


def _dedent(html: Markup, columns: int) -> Markup:
    """Cut ``columns`` leading spaces, which may stand inside the first coloured piece of a doc string."""
    return Markup(re.sub(rf"^((?:<span[^>]*>)?) {{0,{columns}}}", r"\1", html, count=1))  # noqa: S704
