"""What git says about a repository, through its command line only: nothing is checked out, no hook runs."""

from __future__ import annotations

import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

_QUIET = ("-c", "core.fsmonitor=false", "-c", "core.hooksPath=/dev/null", "-c", "core.pager=cat")
_SECONDS = 20


@dataclass(frozen=True, slots=True)
class GitState:
    """``commit`` is the full id of HEAD, or None; ``dirty`` when tracked files differ from it.

    ``note`` says why there is no commit although the directory looks like a repository.
    """

    commit: str | None
    dirty: bool = False
    note: str | None = None


def state(repo: Path) -> GitState:
    """HEAD of the work tree that ``repo`` is in. A directory outside git has no commit; never raises."""
    if not _under_git(repo):
        return GitState(None)
    head = run(repo, "rev-parse", "--verify", "--quiet", "HEAD^{commit}")
    if isinstance(head, str):
        return GitState(None, note=head)
    commit = head.decode("ascii", "replace").strip()
    return GitState(commit or None, note=None if commit else "no commit yet")


def is_dirty(repo: Path, feature: str = ".") -> bool:
    """True when tracked files under ``feature`` differ from HEAD. False outside git."""
    if not _under_git(repo):
        return False
    out = run(repo, "diff-index", "--no-ext-diff", "--no-textconv", "--raw", "-z", "HEAD", "--", feature)
    return isinstance(out, bytes) and bool(out)


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
