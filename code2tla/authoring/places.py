"""Where lines of an earlier commit are now, for places that are known by their lines alone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from pathlib import Path

from extractor import git
from extractor.types import Facts, Span


@dataclass(slots=True)
class Places:
    """Follows lines of the feature from ``commit`` (None: not known) to the files as they are now.

    Lines are the same if they read the same, however far indented. Where git has no such file, places stay.
    """

    facts: Facts
    commit: str | None
    _by_path: dict[str, Mapping[int, int]] = field(default_factory=dict)

    def now(self, span: Span) -> Span | None:
        """From the first to the last of the lines that are still there; None where none is."""
        if span.path not in self._by_path:
            self._by_path[span.path] = self._followed(span.path)
        lines = self._by_path[span.path]
        there = [lines[line] for line in range(span.line, span.end_line + 1) if line in lines]
        return Span(span.path, there[0], there[-1]) if there else None

    def _followed(self, path: str) -> Mapping[int, int]:
        """The number that each line has now, by the number that it had."""
        now = next((_lines(f.text) for f in self.facts.files if f.path == path), [])
        then = git.run(Path(self.facts.repo), "cat-file", "blob", f"{self.commit}:./{path}") if self.commit else ""
        if isinstance(then, str):
            return {line: line for line in range(1, len(now) + 1)}
        matched = SequenceMatcher(None, _lines(then.decode("utf-8", "surrogateescape")), now, autojunk=False)
        return {a + i + 1: b + i + 1 for a, b, size in matched.get_matching_blocks() for i in range(size)}


def _lines(text: str) -> list[str]:
    return [line.strip() for line in text.replace("\r\n", "\n").split("\n")]
