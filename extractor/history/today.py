"""Where something of an old commit stands today: renames first, then lines, then what it is called."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from pathlib import Path

from extractor import git
from extractor.history.align import align
from extractor.history.log import Commit
from extractor.history.version import Use, Version, is_source
from extractor.types import Span


def files_at(top: Path, commit: str, path: str) -> dict[str, str]:
    """The files of the feature in a commit: path from the top to blob."""
    listed = git.run(top, "ls-tree", "-r", "-z", "--full-tree", commit, "--", path or ".")
    if not isinstance(listed, bytes):
        return {}
    out: dict[str, str] = {}
    for entry in listed.split(b"\0")[:-1]:
        about, _, name = entry.partition(b"\t")
        mode, kind, blob = about.split()
        if kind == b"blob" and mode != b"120000":
            out[os.fsdecode(name)] = blob.decode("ascii")
    return out


class Today:
    """The feature at HEAD, and the names its files had. Give it the commits newest first with ``past``."""

    def __init__(self, blobs: dict[str, str], read: Callable[[str, str], Version | None]) -> None:
        self._blobs = blobs
        self._read = read
        self._names = {path: path for path in blobs}
        self._maps: dict[tuple[int, str], dict[int, int]] = {}

    def name(self, path: str) -> str | None:
        """What a file of the commits not yet passed is called at HEAD, None if it is gone."""
        return self._names.get(path)

    def past(self, commit: Commit) -> None:
        """Go on to commits before this one: what it renamed had another name there."""
        for change in commit.changes:
            if change.path != change.old_path and change.path in self._names:
                self._names[change.old_path] = self._names[change.path]

    def use(self, use: Use, version: Version, name: str | None) -> tuple[Span | None, tuple[Span, ...]]:
        """The same use of the same mechanism at HEAD, and the other places of its object there."""
        found: Use | None = None
        place = name
        if name is not None and (head := self._version(name)) is not None:
            lines = self._lines(version, name)
            same = [u for u in head.uses if u.mechanism == use.mechanism and u.target == use.target]
            found = next((u for u in same if u.line == lines.get(use.line)), None)
            found = found or next(
                (u for u in same if u.function == use.function and u.operation == use.operation), None
            )
            mapped = (u for u in head.uses if u.line == lines.get(use.line) and u.mechanism == use.mechanism)
            found = found or next(mapped, None)
        if found is None:
            found, place = self._elsewhere(use, name)
        if found is None or place is None:
            return None, ()
        head = self._version(place)
        assert head is not None
        spans = (Span(place, u.line, u.end_line) for u in head.uses if u.group == found.group and u != found)
        return Span(place, found.line, found.end_line), tuple(dict.fromkeys(spans))

    def lines(self, version: Version, wanted: Iterable[int], name: str | None) -> Span | None:
        """Where these 1-based lines of a version stand at HEAD, as one run; None if none of them is left."""
        if name is None or self._version(name) is None:
            return None
        known = self._lines(version, name)
        there = sorted(known[line] for line in wanted if line in known and version.lines[line - 1].strip())
        return Span(name, there[0], there[-1]) if there else None

    def _elsewhere(self, use: Use, name: str | None) -> tuple[Use | None, str | None]:
        """In another file, the same object in the same function, if there is only one of that name."""
        found: list[tuple[Use, str]] = []
        for path in self._blobs:
            head = self._version(path) if is_source(path) else None
            if head is None:
                continue
            found += [
                (u, path)
                for u in head.uses
                if (u.mechanism, u.group, u.function) == (use.mechanism, use.group, use.function)
            ]
        objects = {(path, *u.group) for u, path in found}
        here = [(u, path) for u, path in found if path == name]
        if len(objects) == 1:
            return found[0]
        return here[0] if here else (None, None)

    def _version(self, path: str) -> Version | None:
        blob = self._blobs.get(path)
        return self._read(blob, path) if blob is not None else None

    def _lines(self, version: Version, name: str) -> dict[int, int]:
        """Lines of a version to lines at HEAD, both 1-based."""
        key = id(version), name
        if key not in self._maps:
            head = self._version(name)
            matched = align(version.lines, head.lines) if head is not None else []
            self._maps = {key: {old + 1: new + 1 for new, old in enumerate(matched) if old >= 0}}  # only the last
        return self._maps[key]
