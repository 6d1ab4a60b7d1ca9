"""A feature without what a commit did to it: the change is merged out of today's text, nothing is checked out."""

from __future__ import annotations

import subprocess
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from extractor import git
from extractor.errors import ExtractorError
from extractor.history.objects import Objects
from extractor.history.types import HistoryFinding
from extractor.indexer import index
from extractor.types import Facts

#: Bytes of one file, and seconds for git to answer.
_FILE_SIZE = 1_000_000
_SECONDS = 10.0


def without(facts: Facts, findings: Sequence[HistoryFinding]) -> Facts | None:
    """The facts of the feature without what the commit of ``findings`` did to it.

    None where that cannot be told: the commit made the file, or the same lines have changed since.
    """
    then = {file.path: file.path for file in facts.files}
    then |= {f.now.path: f.then.path for f in findings if f.now is not None}
    changed = _changed(Path(facts.repo), findings[0].commit)
    texts = {file.path: file.text for file in facts.files}
    undone: dict[str, str] = {}
    with Objects(Path(facts.repo), _FILE_SIZE, time.monotonic() + _SECONDS) as objects:
        for today, name in then.items():
            if today not in texts or name not in changed:
                continue
            before, after = (objects.blob(blob) for blob in changed[name])
            merged = _merged(texts[today].encode(), after, before) if before and after is not None else None
            if merged is None:
                return None
            undone[today] = merged
    return _facts(facts, texts | undone) if undone else None


def _changed(repo: Path, commit: str) -> dict[str, tuple[str, str]]:
    """The ids before and after of what a commit changed, by path; nothing for a first commit."""
    listed = git.run(
        repo, "diff-tree", "-r", "-z", "--no-renames", "--relative", "--diff-filter=MA", f"{commit}^", commit
    )
    words = listed.decode("utf-8", "surrogateescape").split("\0")[:-1] if isinstance(listed, bytes) else []
    pairs = zip(words[0::2], words[1::2], strict=True)
    return {path: (about.split()[2], about.split()[3]) for about, path in pairs}


def _merged(today: bytes, after: bytes, before: bytes) -> str | None:
    """Today's text with the way from ``after`` back to ``before`` taken; None where both changed the same lines."""
    with tempfile.TemporaryDirectory(prefix="code2tla-undo-") as name:
        place = Path(name)
        for file, data in (("today", today), ("after", after), ("before", before)):
            (place / file).write_bytes(data)
        done = subprocess.run(
            ["git", "merge-file", "-p", "today", "after", "before"],
            cwd=place,
            env=git.environment(),
            capture_output=True,
            timeout=_SECONDS,
            check=False,
        )
    return done.stdout.decode("utf-8", "replace") if done.returncode == 0 else None


def _facts(facts: Facts, texts: Mapping[str, str]) -> Facts | None:
    """What is read of these files, under their paths, in a directory of their own."""
    with tempfile.TemporaryDirectory(prefix="code2tla-undo-") as name:
        root = Path(name) / "repo"
        for path, text in texts.items():
            (root / path).parent.mkdir(parents=True, exist_ok=True)
            (root / path).write_text(text, encoding="utf-8")
        try:
            return index(root, facts.feature, Path(name) / "index.sqlite")
        except ExtractorError:
            return None
