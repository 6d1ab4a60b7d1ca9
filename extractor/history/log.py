"""The commits that touched a feature, newest first, with what each did to which file.

One ``git log`` walks the feature's paths. Where a file of it came into being by a rename from elsewhere, the walk goes
on along the old path, so a directory that moved keeps its past. Merges come with what differs from each parent.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path

from extractor.history.stream import Fields

#: How git stores files; links and submodules are no source of the feature.
_FILES = frozenset({b"100644", b"100755", b"100664"})
_SUBMODULE = b"160000"
_FORMAT = "--format=tformat:%x1e%H%x00%P%x00%aI%x00%B"
_RAW = ("--raw", "-r", "-z", "--no-abbrev", "--no-ext-diff", "--no-textconv", "--ignore-submodules=none", "--no-color")
_MESSAGE = 20_000
_MOVES = 8
_OLD_PATHS = 2_000


@dataclass(frozen=True, slots=True)
class Change:
    """What a commit did to one file; ``before`` and ``after`` are blobs, None where the file was not there.

    ``old_path`` is where the file was before: another path than ``path`` where the commit renamed it.
    """

    path: str
    old_path: str
    before: str | None
    after: str | None


@dataclass(frozen=True, slots=True)
class Commit:
    """A commit. ``changes`` are against its only parent; a merge has one tuple a parent in ``sides`` instead."""

    id: str
    parents: tuple[str, ...]
    date: str
    message: str
    changes: tuple[Change, ...]
    sides: tuple[tuple[Change, ...], ...] = ()

    @property
    def subject(self) -> str:
        """The first line of the message."""
        return self.message.strip().partition("\n")[0].strip()


@dataclass
class Walk:
    """The commits, newest first, and sentences on what was cut. ``submodules`` are paths that hold a repository.

    ``whole`` unless the time ran out.
    """

    commits: list[Commit] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    submodules: set[str] = field(default_factory=set)
    whole: bool = True


def walk(top: Path, path: str, most: int, deadline: float) -> Walk:
    """The commits reachable from HEAD that touched ``path``, relative to the top of the work tree, "" for all of it.

    At most ``most`` commits; ends at ``deadline``, a moment of ``time.monotonic()``.
    """
    found = Walk()
    known: dict[str, Commit] = {}
    starts, paths = ["HEAD"], [path or "."]
    old: dict[str, None] = {}
    for _ in range(_MOVES):
        fresh = [_joined(known, commit) for commit in _log(top, starts, paths, most - len(known), deadline, found)]
        renames = _renames(top, [c.id for c in fresh if any(None in (x.before, x.after) for x in c.changes)], deadline)
        starts, paths = [], []
        for commit in fresh:
            moved = renames.get(commit.id, [])
            known[commit.id] = replace(commit, changes=_renamed(commit.changes, moved))
            came = {change.path for change in commit.changes if change.before is None}
            outside = [x.old_path for x in moved if x.path in came and not _within(x.old_path, path)]
            if outside:
                starts.append(commit.parents[0])
                paths += [x for x in outside if x not in old]
        paths = list(dict.fromkeys(paths))
        if len(paths) > _OLD_PATHS:
            found.notes.append(f"{len(paths) - _OLD_PATHS} files that came from elsewhere were not followed there.")
            del paths[_OLD_PATHS:]
        old.update(dict.fromkeys(paths))
        if not paths or time.monotonic() > deadline:
            break
    commits = sorted(known.values(), key=lambda c: _moment(c.date), reverse=True) if old else list(known.values())
    sides = _sides(top, [c for c in commits if len(c.parents) > 1], [path or ".", *old], deadline)
    found.commits = [replace(c, sides=tuple(sides[c.id])) if c.id in sides else c for c in commits]
    return found


def grown(top: Path, commits: Sequence[str], deadline: float) -> dict[str, dict[str, bool]]:
    """Every path that each commit touched anywhere in the repository, and whether the file grew; a merge has none."""
    out: dict[str, dict[str, bool]] = {}
    options = (
        "diff-tree",
        "--stdin",
        "--always",
        "--root",
        "-r",
        "-z",
        "-M",
        "--numstat",
        "--no-ext-diff",
        "--no-textconv",
    )
    current: dict[str, bool] = {}
    fields = iter(Fields(top, options, deadline, "".join(f"{commit}\n" for commit in commits).encode("ascii")))
    for field_ in fields:
        added, tab, rest = field_.lstrip(b"\n").partition(b"\t")
        if not tab:
            current = out.setdefault(added.decode("ascii"), {})
            continue
        deleted, _, path = rest.partition(b"\t")
        if not path:  # a rename: the old path and the new one follow
            next(fields, b"")
            path = next(fields, b"")
        current[os.fsdecode(path)] = added.isdigit() and int(added) > int(deleted)
    return out


def _within(path: str, feature: str) -> bool:
    return not feature or path == feature or path.startswith(feature + "/")


def _moment(date: str) -> float:
    return datetime.fromisoformat(date).timestamp()


def _joined(known: dict[str, Commit], commit: Commit) -> Commit:
    """The commit with the changes that an earlier walk saw of it."""
    earlier = known.get(commit.id)
    if earlier is None:
        return commit
    paths = {change.path for change in earlier.changes}
    return replace(earlier, changes=earlier.changes + tuple(c for c in commit.changes if c.path not in paths))


def _renamed(changes: Sequence[Change], moved: Sequence[Change]) -> tuple[Change, ...]:
    """The changes with each birth that is a rename joined to the file it was before.

    What moved out of the feature is left out: it went on living elsewhere.
    """
    by_new = {change.path: change for change in moved}
    gone = {change.old_path for change in moved}
    out = []
    for change in changes:
        if change.before is None and change.path in by_new:
            out.append(by_new[change.path])
        elif not (change.after is None and change.path in gone):
            out.append(change)
    return tuple(out)


def _log(
    top: Path, starts: Sequence[str], paths: Sequence[str], most: int, deadline: float, found: Walk
) -> Iterator[Commit]:
    """The commits of one ``git log``, as they come; says in ``found`` what was cut."""
    if most <= 0:
        return
    arguments = ("log", "--full-history", "--diff-merges=off", "--no-renames", "--no-notes", "--no-show-signature")
    options = (*_RAW, _FORMAT, f"--max-count={most + 1}", "--end-of-options", *starts, "--", *paths)
    fields = Fields(top, (*arguments, *options), deadline)
    last = ""
    for count, commit in enumerate(_commits(fields, found.submodules)):
        if count == most:
            found.notes.append(f"Cut after {most:,} commits that touch the feature; those before {last} were not read.")
            return
        last = commit.date[:10]
        yield commit
    if fields.late:
        found.whole = False
        since = f"commits before {last} were not read" if last else "no commit was read"
        found.notes.append(f"The time for walking the history ran out: {since}.")
    elif fields.complaint:
        found.notes.append(f"git stopped walking the history: {fields.complaint}.")


def _commits(fields: Fields, submodules: set[str]) -> Iterator[Commit]:
    header: list[bytes] = []
    changes: list[Change] = []
    entries = iter(fields)
    for text in entries:
        entry = text.lstrip(b"\n")
        if entry.startswith(b"\x1e"):
            if header:
                yield _commit(header, changes)
            header, changes = [entry[1:], *(next(entries, b"") for _ in range(3))], []
        elif entry.startswith(b":") and header:
            change = _change(entry, os.fsdecode(next(entries, b"")), submodules)
            if change is not None:
                changes.append(change)
    # What a stopped walk leaves may be cut in the middle of a path.
    if header and not fields.late:
        yield _commit(header, changes)


def _commit(header: Sequence[bytes], changes: Sequence[Change]) -> Commit:
    name, parents, date, message = header
    return Commit(
        name.decode("ascii"),
        tuple(parents.decode("ascii").split()),
        date.decode("ascii"),
        message[:_MESSAGE].decode("utf-8", "replace"),
        tuple(changes),
    )


def _change(entry: bytes, path: str, submodules: set[str], old_path: str | None = None) -> Change | None:
    """One raw entry (``:mode mode blob blob status``), None for what is no file on either side."""
    old_mode, new_mode, old, new, _ = entry.lstrip(b":").split(b" ")
    if _SUBMODULE in (old_mode, new_mode):
        submodules.add(path)
    before = old.decode("ascii") if old_mode in _FILES else None
    after = new.decode("ascii") if new_mode in _FILES else None
    return None if before is after is None else Change(path, old_path or path, before, after)


def _renames(top: Path, commits: Sequence[str], deadline: float) -> dict[str, list[Change]]:
    """For each of these commits, the files it renamed, wherever they came from and went to."""
    out: dict[str, list[Change]] = {}
    lines = [(commit, commit) for commit in commits]
    for commit, changes in _diff_trees(top, lines, ("-M", "-l1000", "--diff-filter=R"), deadline):
        out[commit] = [change for change in changes if change.path != change.old_path]
    return out


def _sides(
    top: Path, merges: Sequence[Commit], paths: Sequence[str], deadline: float
) -> dict[str, list[tuple[Change, ...]]]:
    """What each merge has otherwise than each of its parents."""
    lines = [(f"{merge.id} {parent}", merge.id) for merge in merges for parent in merge.parents]
    out: dict[str, list[tuple[Change, ...]]] = {}
    for commit, changes in _diff_trees(top, lines, ("-M", "-l1000"), deadline, paths):
        out.setdefault(commit, []).append(tuple(changes))
    whole = {merge.id: len(merge.parents) for merge in merges}
    return {commit: sides for commit, sides in out.items() if len(sides) == whole[commit]}


def _diff_trees(
    top: Path,
    lines: Sequence[tuple[str, str]],
    options: Sequence[str],
    deadline: float,
    paths: Sequence[str] = (),
) -> Iterator[tuple[str, list[Change]]]:
    """One ``git diff-tree`` for all ``lines`` (what to compare, and the commit it is about), in their order."""
    if not lines:
        return
    fields = Fields(
        top,
        ("diff-tree", "--stdin", "--always", *_RAW, *options, "--", *paths),
        deadline,
        "".join(f"{line}\n" for line, _ in lines).encode("ascii"),
    )
    wanted = iter(lines)
    current = ""
    changes: list[Change] = []
    entries = iter(fields)
    for text in entries:
        entry = text.lstrip(b"\n")
        if entry.startswith(b":"):
            path = os.fsdecode(next(entries, b""))
            status = entry.rpartition(b" ")[2][:1]
            old, path = (path, os.fsdecode(next(entries, b""))) if status in (b"R", b"C") else (path, path)
            change = _change(entry, path, set(), old)
            if change is not None:
                changes.append(change)
        elif entry:
            if current:
                yield current, changes
            current, changes = next(wanted)[1], []
    if current and not fields.late:
        yield current, changes
