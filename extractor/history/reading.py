"""``history``: what git tells of a feature, from its first commit under any name to HEAD."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from extractor import git
from extractor.history import messages
from extractor.history.log import Commit, grown, walk
from extractor.history.merges import of_merge
from extractor.history.objects import Objects
from extractor.history.study import Edit, Studies, Study, is_test
from extractor.history.today import Today, files_at
from extractor.history.types import History, HistoryFinding, HistoryLimits, Kind
from extractor.types import Span
from extractor.walk import locate, relative

DEFAULT_LIMITS = HistoryLimits()
#: Of the time, what the walk through the commits may take; the rest is for looking into them.
_WALKING = 0.5
_QUOTED = 12
#: Commits whose files are asked for at once.
_TOGETHER = 32
_WIDTH = 200
#: A textual inverse of fewer lines than this is chance.
_INVERSE = 2


def history(repo: Path, feature: str | Path, limits: HistoryLimits = DEFAULT_LIMITS) -> History:
    """The commits that changed safety mechanisms of ``feature`` (a file or directory inside ``repo``), fixes, reverts.

    Only the ``git`` command is asked, and nothing is checked out, fetched, run or written. A directory outside git, or
    without commits, has an empty history that says why. Raises RepositoryNotFound, FeatureNotFound and
    FeatureOutsideRepository.
    """
    root, place = locate(Path(repo), feature)
    name = relative(root, place)
    state = git.state(root)
    if state.commit is None:
        return History(name, None, reason=state.note or "not under git, or without a commit")
    about = git.run(root, "rev-parse", "--is-shallow-repository", "--show-prefix")
    if not isinstance(about, bytes):
        return History(name, None, reason=about)
    shallow, _, within = os.fsdecode(about).partition("\n")
    prefix = within.removesuffix("\n")
    top = root.parents[prefix.count("/") - 1] if prefix else root
    path = (prefix + ("" if name == "." else name)).rstrip("/")
    return _Reading(top, prefix, path, limits).whole(name, state.commit, shallow == "true")


class _Reading:
    def __init__(self, top: Path, prefix: str, path: str, limits: HistoryLimits) -> None:
        began = time.monotonic()
        self.top = top
        self.prefix = prefix
        self.path = path
        self.limits = limits
        self.deadline = began + limits.seconds
        self.walked_by = began + limits.seconds * _WALKING
        self.notes: list[str] = []

    def whole(self, name: str, head: str, shallow: bool) -> History:
        """Everything, in the order of the commits."""
        walked = walk(self.top, self.path, self.limits.commits, self.walked_by)
        self.notes += walked.notes
        if shallow:
            self.notes.append("The clone is shallow: commits before its oldest ones are not there to be read.")
        for path in sorted(walked.submodules):
            self.notes.append(f"{self._shown(path)} is a submodule; its own history was not read.")
        with Objects(self.top, self.limits.file_size, self.deadline) as objects:
            studies = Studies(objects, tests=is_test(self.path + "/"))
            today = Today(files_at(self.top, "HEAD", self.path), studies.version)
            looked, findings = self._findings(walked.commits, studies, today)
            self._tell_of(objects)
        if len(findings) > self.limits.findings:
            self.notes.append(f"{len(findings) - self.limits.findings} older findings were left out.")
            del findings[self.limits.findings :]
        whole = walked.whole and looked == len(walked.commits)
        return History(name, head, tuple(findings), looked, shallow, whole, notes=tuple(self.notes))

    def _findings(self, commits: Sequence[Commit], studies: Studies, today: Today) -> tuple[int, list[HistoryFinding]]:
        """How many commits were looked at, and what was found in them."""
        made: list[tuple[Study, list[HistoryFinding]]] = []
        for at, commit in enumerate(commits):
            if at % _TOGETHER == 0:
                studies.fetch(commits[at : at + _TOGETHER])
            if time.monotonic() > self.deadline:
                self.notes.append(
                    f"The time ran out: {len(commits) - len(made):,} of {len(commits):,} commits, those before "
                    f"{commit.date[:10]}, were not looked into."
                )
                break
            study = of_merge(studies, commit, self._base(commit)) if commit.sides else studies.of(commit)
            made.append((study, self._of(study, today)))
            today.past(commit)
        return len(made), self._with_tests(_with_inverses(made))

    def _of(self, study: Study, today: Today) -> list[HistoryFinding]:
        """The findings of one commit; its tests are not known yet."""
        commit = study.commit
        fix = messages.says_fix(commit.message)
        back = messages.reverted(commit.message)
        out = []
        for seen in study.seen:
            change, use = seen.difference, seen.difference.use
            name = today.name(seen.path) or today.name(seen.edit.change.path)
            now, also = today.use(use, seen.version, name)
            if use.mechanism == "ordering":
                now, also = today.lines(seen.version, range(use.line, use.end_line + 1), name), ()
            out.append(
                HistoryFinding(
                    commit.id,
                    commit.date,
                    commit.subject,
                    "revert" if back else change.kind,
                    use.mechanism,
                    use.target,
                    Span(self._shown(seen.path), use.line, use.end_line),
                    self._span(now),
                    _quote(seen.edit, change.old, change.new),
                    change.detail,
                    tuple(Span(self._shown(s.path), s.line, s.end_line) for s in also),
                    (),
                    fix,
                    back,
                )
            )
        if not out and study.lines_changed:
            out.append(self._plain(study, "revert" if back else "fix", today, fix, back))
        return out

    def _plain(self, study: Study, kind: Kind, today: Today, fix: bool, back: str | None) -> HistoryFinding:
        """The commit as one finding, at the largest run of lines it changed."""
        edit = max(study.edits, key=lambda e: len(e.gone) + len(e.came))
        old, new = _largest_run(edit)
        path, version, lines = (edit.change.path, edit.after, new) if new else (edit.change.old_path, edit.before, old)
        now = today.lines(version, lines, today.name(path))
        span = Span(self._shown(path), lines[0], lines[-1])
        commit = study.commit
        quote = _quote(edit, old, new)
        return HistoryFinding(
            commit.id, commit.date, commit.subject, kind, "", "", span, self._span(now), quote, fix=fix, reverts=back
        )

    def _with_tests(self, made: list[tuple[Study, list[HistoryFinding]]]) -> list[HistoryFinding]:
        """The findings with the tests that came along; what neither words nor shape call a fix is dropped."""
        wanted = [
            study.commit.id
            for study, findings in made
            if any(f.mechanism or f.fix or f.kind == "revert" for f in findings) or _looks_small(study)
        ]
        paths = grown(self.top, wanted, self.deadline)
        out: list[HistoryFinding] = []
        for study, findings in made:
            grew = paths.get(study.commit.id, {})
            tests = tuple(sorted(self._shown(path) for path in grew if is_test(path)))
            mends = any(grew[path] for path in grew if is_test(path)) and _looks_small(study)
            out += [
                replace(finding, tests=tests, fix=finding.fix or mends)
                for finding in findings
                if finding.mechanism or finding.kind == "revert" or finding.fix or mends
            ]
        return out

    def _base(self, commit: Commit) -> Iterator[dict[str, str]]:
        """The feature's files where the sides of a merge parted; asked only if it matters."""
        base = git.run(self.top, "merge-base", "--octopus", *commit.parents)
        yield files_at(self.top, base.decode("ascii").strip(), self.path) if isinstance(base, bytes) else {}

    def _tell_of(self, objects: Objects) -> None:
        if objects.large:
            self.notes.append(
                f"{len(objects.large)} versions of files larger than {self.limits.file_size:,} bytes were not read."
            )
        if objects.missing:
            self.notes.append(
                f"{len(objects.missing)} versions of files are not in this clone (a partial one?) and were not fetched."
            )

    def _span(self, span: Span | None) -> Span | None:
        return None if span is None else Span(self._shown(span.path), span.line, span.end_line)

    def _shown(self, path: str) -> str:
        """A path from the top as seen from the repository that was named, which may be a directory further down."""
        if not self.prefix:
            return path
        if path.startswith(self.prefix):
            return path[len(self.prefix) :]
        return os.path.relpath(path, self.prefix)


def _looks_small(study: Study) -> bool:
    """A small change under a message that is not one of new or rearranged code."""
    return study.is_small and not messages.says_feature(study.commit.message)


def _with_inverses(made: list[tuple[Study, list[HistoryFinding]]]) -> list[tuple[Study, list[HistoryFinding]]]:
    """Commits that undo an earlier one line by line are reverts too, whatever their message says."""
    newer: dict[tuple[object, ...], int] = {}
    undone: dict[int, str] = {}
    for index, (study, _) in enumerate(made):
        if study.lines_changed >= _INVERSE and not study.commit.sides:
            later = newer.pop(study.signature(backwards=True), None)
            if later is not None:
                undone[later] = study.commit.id
            newer[study.signature(backwards=False)] = index
    ids = [study.commit.id for study, _ in made]
    out = []
    for index, (study, findings) in enumerate(made):
        named = next((f.reverts for f in findings if f.reverts), None)
        back = undone.get(index) or (named and next((i for i in ids if i.startswith(named)), named))
        out.append((study, [replace(f, kind="revert", reverts=back) for f in findings] if back else findings))
    return out


def _largest_run(edit: Edit) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """The longest run of lines that came, with those that went about there; or the longest that went."""
    new, old = _runs(edit.came), _runs(edit.gone)
    if not new:
        return max(old, key=len), ()
    return max(old, key=len, default=()), max(new, key=len)


def _runs(lines: Sequence[int]) -> list[tuple[int, ...]]:
    out: list[list[int]] = []
    for line in lines:
        if out and line - out[-1][-1] <= 2:
            out[-1].append(line)
        else:
            out.append([line])
    return [tuple(run) for run in out]


def _quote(edit: Edit, old: Sequence[int], new: Sequence[int]) -> str:
    lines = [f"-{edit.before.lines[line - 1]}" for line in old]
    lines += [f"{'+' if line in edit.came else ' '}{edit.after.lines[line - 1]}" for line in new]
    if len(lines) > _QUOTED:
        lines[_QUOTED:] = [f"… ({len(lines) - _QUOTED} more lines)"]
    return "\n".join(line if len(line) <= _WIDTH else line[: _WIDTH - 1] + "…" for line in lines)
