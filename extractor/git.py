"""What git says about a repository, through its command line only: nothing is checked out, no hook runs."""

# ruff: noqa: PTH110, PTH122 - os.path says False of what may not be looked at, Path raises

from __future__ import annotations

import hashlib
import os
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

_QUIET = ("-c", "core.fsmonitor=false", "-c", "core.hooksPath=/dev/null", "-c", "core.pager=cat")
_SECONDS = 20


@dataclass(frozen=True, slots=True)
class GitState:
    """``commit`` is the full id of HEAD, or None; ``note`` says why None although the directory is under git."""

    commit: str | None
    note: str | None = None


def state(repo: Path) -> GitState:
    """HEAD of the work tree that ``repo`` is in. A directory outside git has no commit; never raises."""
    if not _under_git(repo):
        return GitState(None)
    head = run(repo, "rev-parse", "--verify", "--quiet", "HEAD^{commit}")
    if isinstance(head, str):
        return GitState(None, note=head)
    commit = head.decode("ascii", "replace").strip()
    if not os.path.exists(repo / ".git") and isinstance(run(repo, "rev-parse", "--verify", "--quiet", "HEAD:./"), str):
        return GitState(None, note="inside a repository that doesn't know this directory")
    return GitState(commit)


def is_dirty(repo: Path, feature: str, contents: Mapping[str, bytes], suffixes: frozenset[str]) -> bool:
    """True when the source of the feature isn't what HEAD has: changed, new or deleted files. False without a commit.

    ``contents`` is what was read, by path relative to ``repo``. git only lists the ids in the commit, the comparing
    is done here: to look at the work tree, git would run the filters that the repository's own settings name.
    """
    if not _under_git(repo):
        return False
    listed = run(repo, "ls-tree", "-r", "-z", "HEAD", "--", "./" if feature == "." else feature)
    if not isinstance(listed, bytes):
        return False
    ids: dict[str, str] = {}
    for entry in listed.split(b"\0")[:-1]:
        about, _, path = entry.partition(b"\t")
        ids[os.fsdecode(path)] = about.split()[2].decode("ascii")
    if any(path not in ids or not _is_blob(data, ids[path]) for path, data in contents.items()):
        return True
    gone = (path for path in ids if path not in contents and os.path.splitext(path)[1] in suffixes)
    return any(not os.path.lexists(repo / path) for path in gone)


def _is_blob(data: bytes, wanted: str) -> bool:
    """Whether ``data``, as it is or with git's line ends, has this object id."""
    digest = hashlib.sha1 if len(wanted) == 40 else hashlib.sha256
    spellings = (data, data.replace(b"\r\n", b"\n")) if b"\r\n" in data else (data,)
    return any(digest(b"blob %d\0" % len(text) + text).hexdigest() == wanted for text in spellings)


def run(repo: Path, *arguments: str) -> bytes | str:
    """Standard output of one git command; a string is one line that says why it failed."""
    try:
        done = subprocess.run(
            ["git", "--no-pager", *_QUIET, "-C", str(repo), *arguments],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=_SECONDS,
            env=_environment(),
            check=False,
        )
    except FileNotFoundError:
        return "git is not installed; no commit known"
    except (OSError, subprocess.TimeoutExpired) as error:
        return f"git did not answer: {type(error).__name__}"
    if done.returncode != 0:
        lines = done.stderr.decode("utf-8", "replace").strip().splitlines()
        return lines[0] if lines else f"git {arguments[0]} ended with status {done.returncode}"
    return done.stdout


def _environment() -> dict[str, str]:
    """The caller's environment without what would make git look elsewhere or run something."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    kept.update(GIT_CONFIG_NOSYSTEM="1", GIT_TERMINAL_PROMPT="0", GIT_OPTIONAL_LOCKS="0", LC_ALL="C")
    return kept


def _under_git(repo: Path) -> bool:
    """Looked up by hand so that a directory outside git costs no process."""
    real = repo.resolve()
    return any(os.path.exists(place / ".git") for place in (real, *real.parents))
