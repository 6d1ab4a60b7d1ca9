"""What git says about a repository, through its command line only: nothing is checked out, no hook runs."""

from __future__ import annotations

import hashlib
import os
import subprocess
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
    if not (repo / ".git").exists() and isinstance(run(repo, "rev-parse", "--verify", "--quiet", "HEAD:./"), str):
        return GitState(None, note="inside a repository that doesn't know this directory")
    return GitState(commit)


def is_dirty(repo: Path, feature: str = ".") -> bool:
    """True when a tracked file under ``feature`` differs from HEAD. False outside git.

    git names the files whose time stamps changed; what is in them is compared here, because git itself would run
    the filter commands that the repository's own configuration may name.
    """
    if not _under_git(repo):
        return False
    out = run(repo, "diff-index", "--no-renames", "--ignore-submodules", "-z", "HEAD", "--", feature)
    if not isinstance(out, bytes):
        return False
    fields = out.split(b"\0")
    top = run(repo, "rev-parse", "--show-toplevel")
    root = Path(os.fsdecode(top.rstrip(b"\n"))) if isinstance(top, bytes) else repo
    return any(
        _differs(root, head.decode(), os.fsdecode(path)) for head, path in zip(fields[::2], fields[1::2], strict=False)
    )


def _differs(root: Path, head: str, path: str) -> bool:
    """Whether a file is no longer the one whose id HEAD has; ``head`` is a line of raw diff output."""
    _, _, old, new, status = head.split()
    if status != "M" or new.strip("0"):
        return True
    try:
        data = (root / path).read_bytes()
    except OSError:
        return True
    digest = hashlib.sha1 if len(old) == 40 else hashlib.sha256
    for content in (data, data.replace(b"\r\n", b"\n")):
        if digest(b"blob %d\0" % len(content) + content).hexdigest() == old:
            return False
    return True


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
    return any((place / ".git").exists() for place in (real, *real.parents))
