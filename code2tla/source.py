"""The target's lines, read once, for traces and reports."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from extractor.types import Facts


class Lines:
    """Lines of the feature's files by path; a file that could not be read has none."""

    def __init__(self, texts: Mapping[str, str]) -> None:
        # Only these end a line for Python and for git; str.splitlines knows more, and would shift the numbers.
        self._lines = {path: text.replace("\r\n", "\n").replace("\r", "\n").split("\n") for path, text in texts.items()}

    @classmethod
    def of(cls, facts: Facts) -> Lines:
        """The lines of every file of the feature."""
        return cls({file.path: file.text for file in facts.files})

    def at(self, path: str, line: int) -> str:
        """The line without its indent, "" where there is none; lines count from 1."""
        lines = self._lines.get(path, [])
        return lines[line - 1].strip() if 0 < line <= len(lines) else ""

    def files(self, paths: Iterable[str]) -> dict[str, list[str]]:
        """The lines of each of these files."""
        return {path: self._lines[path] for path in paths if path in self._lines}
