"""What git says about a repository, through its command line only: nothing is checked out, no hook runs."""

# ruff: noqa: PTH110, PTH122 - os.path says False of what may not be looked at, Path raises

from __future__ import annotations

import hashlib
import os
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

# What a user's or the repository's own settings could change about the answers, or have run on the way.
_SETTINGS = (
    "core.fsmonitor=false",
    "core.hooksPath=/dev/null",
    "core.pager=cat",
    "core.quotePath=false",
    "diff.orderFile=/dev/null",
    "diff.relative=false",
    "i18n.logOutputEncoding=UTF-8",
    "log.follow=false",
    "log.showRoot=true",
    "log.showSignature=false",
    "log.mailmap=false",
)
_QUIET = tuple(word for setting in _SETTINGS for word in ("-c", setting))
_SECONDS = 20.0


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


def run(repo: Path, *arguments: str, given: bytes = b"", seconds: float = _SECONDS) -> bytes | str:
    """Standard output of one git command that reads ``given``; a string is one line that says why it failed."""
    try:
        done = subprocess.run(
            command(repo, *arguments),
            input=given,
            capture_output=True,
            timeout=max(seconds, 0.01),
            env=environment(),
            check=False,
        )
    except FileNotFoundError:
        return "git is not installed; no commit known"
    except (OSError, subprocess.TimeoutExpired) as error:
        return f"git did not answer: {type(error).__name__}"
    if done.returncode != 0:
        return why(done.stderr, done.returncode, arguments[0])
    return done.stdout


def command(repo: Path, *arguments: str) -> list[str]:
    """The words of a git command that looks at ``repo``: no pager, no settings of others, every path literal."""
    return ["git", "--no-pager", "--literal-pathspecs", *_QUIET, "-C", str(repo), *arguments]


def environment() -> dict[str, str]:
    """The caller's environment without what would make git look elsewhere, run something or fetch something."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    kept.update(
        GIT_ALLOW_PROTOCOL="",  # what a partial clone lacks stays missing, also with a git before 2.44
        GIT_CONFIG_NOSYSTEM="1",
        GIT_NO_LAZY_FETCH="1",
        GIT_NO_REPLACE_OBJECTS="1",
        GIT_OPTIONAL_LOCKS="0",
        GIT_TERMINAL_PROMPT="0",
        LC_ALL="C",
    )
    return kept


def why(stderr: bytes, status: int, verb: str) -> str:
    """The first line that a failed command complained with."""
    lines = stderr.decode("utf-8", "replace").strip().splitlines()
    return lines[0] if lines else f"git {verb} ended with status {status}"


def _under_git(repo: Path) -> bool:
    """Looked up by hand so that a directory outside git costs no process."""
    real = repo.resolve()
    return any(os.path.exists(place / ".git") for place in (real, *real.parents))
