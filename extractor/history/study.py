"""One commit at a time: the mechanisms it changed, and the lines it changed where it changed none."""

from __future__ import annotations

import re
from collections import Counter, OrderedDict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache

from extractor.history import words
from extractor.history.compare import differences
from extractor.history.log import Change, Commit
from extractor.history.objects import Objects
from extractor.history.order import reordered, taken_otherwise
from extractor.history.pair import Difference, Pair
from extractor.history.version import Version, is_source, lines_of, read

_TEST = re.compile(
    r"(?:^|/)(?:tests?|specs?|__tests__|testdata)/|(?:^|/)(?:test_[^/]*|conftest|[^/]*(?:_tests?|[.](?:test|spec)|Tests?))[.]\w+$"
)
_ATTRIBUTE = re.compile(r"\b(?:self|cls|this)(?:\.|->)\w+")
_COMMENT = re.compile(r"\s*(?:#|//|/\*|\*(?:[\s/]|$)|\"\"\"|'''|$)")
_DOCSTRING = re.compile(r"\s*[rRuU]?(?:\"\"\"|''')")
_TRIPLE = re.compile(r"\"\"\"|'''")
_DEFINES = re.compile(
    r"\s*(?:async\s+|export\s+|pub\s+|public\s+|private\s+|static\s+)*(?:def|class|func|fn|function|import|from)\s"
)
#: A change of at most so many lines of code that comes with a test mends something, unless its words say otherwise.
_SMALL = 20
_VERSIONS_KEPT = 200


@dataclass(frozen=True, slots=True)
class Edit:
    """A file that a commit changed, with the 1-based lines of code that went and came."""

    change: Change
    before: Version
    after: Version
    gone: tuple[int, ...]
    came: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Seen:
    """A difference and the edit it was seen in. ``version`` is the one its lines belong to."""

    edit: Edit
    difference: Difference

    @property
    def version(self) -> Version:
        """Before the commit for what was removed, else after it."""
        return self.edit.before if self.difference.kind == "removed" else self.edit.after

    @property
    def path(self) -> str:
        """The file's path in that version."""
        return self.edit.change.old_path if self.difference.kind == "removed" else self.edit.change.path


@dataclass(frozen=True, slots=True)
class Study:
    """What one commit did to the feature's source."""

    commit: Commit
    edits: tuple[Edit, ...]
    seen: tuple[Seen, ...] = ()

    def signature(self, backwards: bool) -> tuple[object, ...]:
        """Equal for two commits that change the same lines, one of them backwards."""
        parts = []
        for edit in self.edits:
            old = tuple(sorted(edit.before.lines[line - 1].strip() for line in edit.gone))
            new = tuple(sorted(edit.after.lines[line - 1].strip() for line in edit.came))
            parts.append((edit.change.path.rpartition("/")[2], *((new, old) if backwards else (old, new))))
        return tuple(sorted(parts))

    @property
    def is_small(self) -> bool:
        """A few lines inside of what was there before: nothing defined, nothing given other parameters."""
        changed = [edit.before.lines[line - 1] for edit in self.edits for line in edit.gone]
        new = [edit.after.lines[line - 1] for edit in self.edits for line in edit.came]
        return (
            0 < len(changed) + len(new) <= _SMALL
            and all(edit.before.lines and edit.after.lines for edit in self.edits)
            and not any(_DEFINES.match(line) for line in (*changed, *new))
        )

    @property
    def lines_changed(self) -> int:
        """Lines of code that went or came."""
        return sum(len(edit.gone) + len(edit.came) for edit in self.edits)


def is_test(path: str) -> bool:
    """Whether a path is a test's by the customs of the languages known."""
    return _TEST.search(path) is not None


@dataclass
class Studies:
    """Reads versions of files, each once as long as it is kept. ``tests`` are looked at only in a feature of tests."""

    objects: Objects
    tests: bool
    _versions: OrderedDict[tuple[str, str], Version] = field(default_factory=OrderedDict)

    def version(self, blob: str | None, path: str) -> Version | None:
        """A parsed version; None for a blob that can't be had."""
        key = (blob or "", path.rpartition(".")[2])
        if key in self._versions:
            self._versions.move_to_end(key)
            return self._versions[key]
        data = self.objects.blob(blob)
        if data is None:
            return None
        made = read(data, path)
        self._versions[key] = made
        if len(self._versions) > _VERSIONS_KEPT:
            self._versions.popitem(last=False)
        return made

    def fetch(self, commits: Iterable[Commit]) -> None:
        """Have the files of these commits at hand."""
        changes = [change for commit in commits for group in (commit.changes, *commit.sides) for change in group]
        wanted = [change for change in changes if self.is_wanted(change.path)]
        self.objects.fetch(blob for change in wanted for blob in (change.after, change.before))

    def of(self, commit: Commit) -> Study:
        """What a commit with at most one parent did."""
        edits: list[Edit] = []
        seen: list[Seen] = []
        for change in commit.changes:
            if not self.is_wanted(change.path) or change.before == change.after:
                continue
            edit, telling = self._edit(change)
            if edit is None:
                continue
            edits.append(edit)
            if telling:
                pair = Pair.of(edit.before, edit.after)
                seen += [
                    Seen(edit, difference)
                    for difference in (*differences(pair), *reordered(pair), *taken_otherwise(pair))
                ]
        return Study(commit, tuple(edits), tuple(without_moves(seen)))

    def is_wanted(self, path: str) -> bool:
        """Whether a file is one to look at."""
        return is_source(path) and (self.tests or not is_test(path))

    def _edit(self, change: Change) -> tuple[Edit | None, bool]:
        """The change with its lines, parsed where these could touch a mechanism."""
        old, new = self.objects.blob(change.before), self.objects.blob(change.after)
        if old is None or new is None:
            return None, False
        before, after = Version(lines_of(old)), Version(lines_of(new))
        pair = Pair.of(before, after)
        kept = set(pair.matched)
        gone = [at for at in range(len(before.lines)) if at not in kept]
        came = [at for at, old in enumerate(pair.matched) if old < 0]
        telling = (
            any(tells(line) for line in (*_near(before, gone), *_near(after, came))) or _moved(pair, gone, came)
        ) and any(tells(line) for line in (*before.lines, *after.lines))
        if telling:
            one, other = self.version(change.before, change.old_path), self.version(change.after, change.path)
            if one is None or other is None:
                return None, False
            before, after = one, other
        return Edit(change, before, after, _code_lines(before, gone), _code_lines(after, came)), telling


@lru_cache(maxsize=100_000)  # a file's versions share most of their lines
def tells(line: str) -> bool:
    """Whether a line has a word that may tell of a mechanism."""
    return words.TELLING.search(line) is not None


def _code_lines(version: Version, places: list[int]) -> tuple[int, ...]:
    """The 1-based lines at these indexes that are no comment."""
    described = _described(version.lines)
    return tuple(at + 1 for at in places if at not in described and not _COMMENT.match(version.lines[at]))


def _described(lines: tuple[str, ...]) -> set[int]:
    """The indexes of lines of docstrings: texts in triple quotes that begin a line."""
    out: set[int] = set()
    mark, describes = "", False
    for at, line in enumerate(lines):
        begins = _DOCSTRING.match(line) is not None
        if describes if mark else begins:
            out.add(at)
        for number, quotes in enumerate(_TRIPLE.findall(line)):
            if not mark:  # a text that is assigned or given describes nothing
                mark, describes = quotes, begins and number == 0
            elif quotes == mark:
                mark = ""
    return out


def _near(version: Version, places: list[int]) -> Iterator[str]:
    """The lines at these indexes, and those next to them: a wait may change by what stands around it."""
    for at in sorted({near for place in places for near in (place - 1, place, place + 1)}):
        if 0 <= at < len(version.lines):
            yield version.lines[at]


def _moved(pair: Pair, gone: list[int], came: list[int]) -> bool:
    """Whether what is assigned or called changed its place, or lines their indent."""
    before, after = pair.before.lines, pair.after.lines
    one, other = (
        {name for at in places for name in _ATTRIBUTE.findall(lines[at])}
        for lines, places in ((before, gone), (after, came))
    )
    if one & other:
        return True
    return any(at >= 0 and before[at] != after[line] for line, at in enumerate(pair.matched))


def without_moves(seen: list[Seen]) -> Iterator[Seen]:
    """Without what went from one file and came in another of the same commit."""
    gone = Counter(
        (s.difference.use.mechanism, s.difference.use.target) for s in seen if s.difference.kind == "removed"
    )
    came = Counter((s.difference.use.mechanism, s.difference.use.target) for s in seen if s.difference.kind == "added")
    moved = {"removed": gone & came, "added": gone & came}
    for one in seen:
        key = (one.difference.use.mechanism, one.difference.use.target)
        left = moved.get(one.difference.kind)
        if left is not None and left[key] > 0:
            left[key] -= 1
        else:
            yield one
