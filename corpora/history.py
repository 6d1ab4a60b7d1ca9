"""Turns a series of patches into a git repository, byte for byte the same everywhere."""

from __future__ import annotations

import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

from corpora.case import Case, Twin, load

# A user's or a system's settings (signing, hooks, line ends, templates) would change commits or fail them.
_SETTINGS = (
    "core.hooksPath=/dev/null",
    "core.autocrlf=false",
    "core.safecrlf=false",
    "core.fileMode=true",
    "core.excludesFile=/dev/null",
    "core.attributesFile=/dev/null",
    "commit.gpgSign=false",
    "am.threeWay=false",
    "apply.whitespace=nowarn",
    "gc.auto=0",
    "advice.detachedHead=false",
)
_COMMITTER = ("corpora", "corpora@example.org")


class BuildError(Exception):
    """A repository could not be made: no git, a directory in use, a patch that does not apply. One line."""


@dataclass(frozen=True, slots=True)
class BuiltCase:
    """A case as a repository. ``commits`` are all commit ids, oldest first; ``head`` is the one checked out."""

    case: Case
    repo: Path
    commits: tuple[str, ...]
    head: str

    @property
    def buggy(self) -> str:
        """The id of the commit that still has the bug."""
        return self.commits[self.case.buggy - 1]

    @property
    def fixed(self) -> str:
        """The id of the commit that mends it."""
        return self.commits[self.case.fixed - 1]


def build(case: Case | str, dest: Path, twin: Twin | None = None) -> BuiltCase:
    """Make the repository of ``case`` in ``dest``, which must be absent or empty.

    The branch ``main`` has the whole history; the work tree is at ``twin``, or at the tip for None.
    Raises CaseError for an unknown case, BuildError if git cannot do it.
    """
    if isinstance(case, str):
        case = load(case)
    if dest.exists() and any(dest.iterdir()):
        raise BuildError(f"{dest} is not empty; name a new directory")
    dest.mkdir(parents=True, exist_ok=True)
    _git(dest, "init", "--quiet", "--template=", "--object-format=sha1", "--initial-branch=main")
    _git(
        dest,
        *("am", "--quiet", "--keep", "--keep-cr", "--no-gpg-sign", "--committer-date-is-author-date"),
        *(str(patch) for patch in case.patches),
    )
    commits = tuple(_git(dest, "rev-list", "--reverse", "main").split())
    built = BuiltCase(case=case, repo=dest, commits=commits, head=commits[-1])
    if twin is None:
        return built
    head = built.buggy if twin == "buggy" else built.fixed
    _git(dest, "checkout", "--quiet", "--detach", head)
    return BuiltCase(case=case, repo=dest, commits=commits, head=head)


def _git(repo: Path, *args: str) -> str:
    command = ["git"]
    for setting in _SETTINGS:
        command += ["-c", setting]
    try:
        done = subprocess.run(
            [*command, *args],
            cwd=repo,
            env=_environment(),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            encoding="utf-8",
            check=True,
        )
    except FileNotFoundError as error:
        raise BuildError("git was not found; install git 2.29 or later") from error
    except subprocess.CalledProcessError as error:
        why = " ".join(str(error.stderr or error.stdout).split())
        raise BuildError(f"git {args[0]} failed in {repo}: {why}") from error
    return done.stdout


def _environment() -> dict[str, str]:
    name, address = _COMMITTER
    kept = {key: value for key, value in os.environ.items() if not key.startswith("GIT_")}
    return kept | {
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_CONFIG_SYSTEM": os.devnull,
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_TERMINAL_PROMPT": "0",
        "GIT_COMMITTER_NAME": name,
        "GIT_COMMITTER_EMAIL": address,
        "LC_ALL": "C",
        "TZ": "UTC",
    }
