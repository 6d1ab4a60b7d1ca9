"""Looking at files: what is in a directory, the lines of a file, and where a pattern occurs."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar

from extractor.explore.place import Place
from extractor.explore.tool import Argument, Explorer, bounded

_LINES = 400
_HITS = 200
_SECONDS = 10


class ListDirectory(Explorer):
    """``list_directory``."""

    name = "list_directory"
    description = "The files and directories in one directory of the repository, with sizes in bytes."
    arguments: ClassVar[Mapping[str, Argument]] = {
        "path": Argument("string", "a directory, relative to the root of the repository", ".")
    }

    def __init__(self, place: Place) -> None:
        self._place = place

    def _answer(self, given: Mapping[str, Any]) -> str:
        """One entry a line: directories end in a slash, links are named and not followed."""
        directory = self._place.find(given["path"])
        if not directory.is_dir():
            return f"{given['path']!r} is a file; read it instead"
        try:
            with os.scandir(directory) as entries:
                lines = [_entry(entry) for entry in sorted(entries, key=lambda entry: entry.name)]
        except OSError as error:
            return f"{given['path']!r} cannot be listed: {error.strerror or error}"
        return bounded([line for line in lines if line] or ["(empty)"], "list a directory inside it")


def _entry(entry: os.DirEntry[str]) -> str:
    name = entry.name.encode("utf-8", "backslashreplace").decode()
    if name in (".git", ".hg", ".svn"):
        return ""
    if entry.is_symlink():
        return f"{name} (a link, not followed)"
    if entry.is_dir(follow_symlinks=False):
        return f"{name}/"
    return f"{name} {entry.stat(follow_symlinks=False).st_size}"


class ReadLines(Explorer):
    """``read_file``."""

    name = "read_file"
    description = f"Lines of one file with their numbers, at most {_LINES} at a time."
    arguments: ClassVar[Mapping[str, Argument]] = {
        "path": Argument("string", "a file, relative to the root of the repository"),
        "line": Argument("integer", "the first line to show", 1, minimum=1),
        "end_line": Argument("integer", f"the last line to show; at most {_LINES} are shown", 1_000_000, minimum=1),
    }

    def __init__(self, place: Place) -> None:
        self._place = place

    def _answer(self, given: Mapping[str, Any]) -> str:
        """The lines as ``number: text``, under a line that says which of how many they are."""
        lines = self._place.text(given["path"]).split("\n")
        first = given["line"]
        last = min(given["end_line"], len(lines), first + _LINES - 1)
        if first > len(lines) or last < first:
            return f"{given['path']} has {len(lines)} lines; ask for some of them"
        head = f"{given['path']}, lines {first} to {last} of {len(lines)}"
        shown = [f"{number}: {lines[number - 1][:500]}" for number in range(first, last + 1)]
        return bounded([head, *shown], "ask for the lines after the last one shown")


class Search(Explorer):
    """``search_text``. A pattern can take forever on some text, so a child process searches, and has its time."""

    name = "search_text"
    description = "Where a regular expression occurs in the text files of the repository, line by line."
    arguments: ClassVar[Mapping[str, Argument]] = {
        "pattern": Argument("string", "a regular expression as Python has them, held against single lines"),
        "path": Argument("string", "search below this directory, or in this file, only", "."),
        "context": Argument("integer", "lines shown before and after each hit", 0, minimum=0, maximum=5),
    }

    def __init__(self, place: Place) -> None:
        self._place = place

    def _answer(self, given: Mapping[str, Any]) -> str:
        """The hits as ``path:line: text``, in order of paths and lines."""
        asked = {
            "root": str(self._place.root),
            "files": self._place.files(given["path"]),
            "hits": _HITS,
            **given,
        }
        try:
            done = subprocess.run(
                [sys.executable, "-P", "-m", "extractor.explore.grep"],
                input=json.dumps(asked).encode(),
                capture_output=True,
                timeout=_SECONDS,
                check=False,
                env={**os.environ, "PYTHONPATH": str(Path(__file__).resolve().parents[2])},
            )
        except subprocess.TimeoutExpired:
            return f"the search took longer than {_SECONDS} seconds; use a simpler pattern, or name a smaller path"
        if done.returncode != 0:
            return "the search failed; use a simpler pattern"
        answer: dict[str, Any] = json.loads(done.stdout)
        if "error" in answer:
            return f"{given['pattern']!r} is no regular expression: {answer['error']}"
        lines: list[str] = answer["lines"]
        if answer["more"]:
            lines.append(f"... (more than {_HITS} hits; use a narrower pattern or path)")
        return bounded(lines or ["no line matches"], "use a narrower pattern or path")
