"""Looking at code: the map of the repository, the symbols of a file, and who uses a symbol."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping
from typing import Any, ClassVar

from extractor.explore.atlas import Atlas, last, signature
from extractor.explore.tool import LONGEST, Argument, Explorer, bounded

_TOKEN = 4  # characters, about: English and code give 3 to 4.5
_SIDE = ("test", "tests", "docs", "doc", "examples", "example", "benchmarks", "bench", "vendor", "third_party")


class RepoMap(Explorer):
    """``repo_map``: the idea of a ranked outline within a token budget is aider's repository map."""

    name = "repo_map"
    description = (
        "An outline of the repository: files and their symbols, the most telling first "
        "(those that others call, that share or lock something, that are near the feature)."
    )
    arguments: ClassVar[Mapping[str, Argument]] = {
        "path": Argument("string", "outline what is below this directory, or this file, only", "."),
        "tokens": Argument("integer", "how long the outline may be", 1500, minimum=100, maximum=LONGEST // _TOKEN),
    }

    def __init__(self, atlas: Atlas, feature: str = ".") -> None:
        self._atlas = atlas
        self._feature = feature

    def _answer(self, given: Mapping[str, Any]) -> str:
        """A line a file with its symbols' lines under it; files that don't fit are counted."""
        under = self._atlas.place.relative(self._atlas.place.find(given["path"]))
        paths = [file.path for file in self._atlas.facts.files if is_below(file.path, under)]
        if not paths:
            return f"no source file of a known language is below {given['path']!r}"
        ranks = self._ranks()
        room = given["tokens"] * _TOKEN - 80
        lines: list[str] = []
        for count, path in enumerate(sorted(paths, key=lambda path: (-ranks[path], path))):
            outline = self._outline(path, room)
            if not outline:
                lines.append(f"... ({len(paths) - count} more files; name a smaller path)")
                break
            lines.extend(outline)
            room -= sum(len(line) + 1 for line in outline)
        return "\n".join(lines)

    def _outline(self, path: str, room: int) -> list[str]:
        """As many lines as fit: a file and its symbols; [] if not even the file's name does."""
        lines = [path]
        room -= len(path) + 1
        if room < 0:
            return []
        symbols = self._atlas.symbols.get(path, ())
        for at, symbol in enumerate(symbols):
            line = f"  {symbol.span.line}-{symbol.span.end_line} {signature(symbol)[:120]}"
            room -= len(line) + 1
            if room < 30 and at + 1 < len(symbols):
                lines.append(f"  ... ({len(symbols) - at} more symbols)")
                break
            lines.append(line)
        return lines

    def _ranks(self) -> dict[str, float]:
        facts = self._atlas.facts
        touched = Counter(sync.span.path for sync in facts.syncs)
        touched.update(suspension.span.path for suspension in facts.suspensions)
        touched.update(access.span.path for access in facts.accesses if access.mode != "read")
        ranks: dict[str, float] = {}
        for file in facts.files:
            path = file.path
            rank = math.log1p(self._atlas.uses[path]) + math.log1p(touched[path])
            if is_aside(path):
                rank /= 4
            if self._feature != "." and is_below(path, self._feature):
                rank += 100
            elif self._feature != "." and is_below(path, self._feature.rpartition("/")[0] or "."):
                rank += 2
            ranks[path] = rank
        return ranks


class Symbols(Explorer):
    """``symbols``."""

    name = "symbols"
    description = "The classes, types, functions and methods below a path, or those whose name contains a text."
    arguments: ClassVar[Mapping[str, Argument]] = {
        "path": Argument("string", "a file or directory", "."),
        "name": Argument("string", "only symbols whose qualified name contains this, in any case", ""),
    }

    def __init__(self, atlas: Atlas) -> None:
        self._atlas = atlas

    def _answer(self, given: Mapping[str, Any]) -> str:
        """One symbol a line: ``path:line-end kind qualname(parameters)``."""
        under = self._atlas.place.relative(self._atlas.place.find(given["path"]))
        lines = [
            f"{symbol.span.path}:{symbol.span.line}-{symbol.span.end_line} {signature(symbol)[:300]}"
            for path, symbols in self._atlas.symbols.items()
            if is_below(path, under)
            for symbol in symbols
            if given["name"].lower() in symbol.qualname.lower()
        ]
        return bounded(lines or ["no such symbol"], "name a smaller path or a part of the name")


class References(Explorer):
    """``references``."""

    name = "references"
    description = (
        "Where a function, method, class or field is defined, called, read and written. "
        "Calls marked with a question mark have the right name and may reach something else."
    )
    arguments: ClassVar[Mapping[str, Argument]] = {
        "name": Argument("string", "a name, qualified or not: Seats.hold, hold, or the field self.left")
    }

    def __init__(self, atlas: Atlas) -> None:
        self._atlas = atlas

    def _answer(self, given: Mapping[str, Any]) -> str:
        """Definitions, then calls, then touches of a field or variable so named, one a line."""
        name = given["name"].strip().removesuffix("()").replace("::", ".").replace("->", ".")
        if not name:
            return "give the name of a symbol or field"
        lines = [
            f"{symbol.span.path}:{symbol.span.line}-{symbol.span.end_line} defined: {signature(symbol)[:300]}"
            for symbol in self._atlas.defined(name)
        ]
        for call, certain in self._atlas.called(name):
            where = f"{call.span.path}:{call.span.line}"
            lines.append(f"{where} called{'' if certain else '?'} in {call.caller or 'the file'}: {call.callee}")
        short = last(name)
        lines.extend(
            f"{access.span.path}:{access.span.line} {access.mode} in {access.function}: {access.target}"
            for access in self._atlas.facts.accesses
            if access.scope != "external" and last(access.target) == short
        )
        lines.extend(
            f"{sync.span.path}:{sync.span.line} {sync.mechanism} {sync.operation} in {sync.function}: {sync.target}"
            for sync in self._atlas.facts.syncs
            if last(sync.target) == short
        )
        return bounded(lines or [f"nothing is called {name[:100]!r}"], "qualify the name")


def is_below(path: str, under: str) -> bool:
    """Whether a path is ``under`` or inside of it."""
    return under in {".", path} or path.startswith(under + "/")


def is_aside(path: str) -> bool:
    """Whether a file is about the code rather than the code: tests, documentation, what others wrote."""
    *directories, name = path.lower().split("/")
    stem = name.partition(".")[0]
    return (
        any(part in _SIDE for part in directories)
        or stem.startswith("test_")
        or stem.endswith(("_test", ".test", "test"))
    )
