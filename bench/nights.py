"""Thirty commits of a repository as thirty nights: refactorings that must stay quiet, regressions that must not.

The repository is the reference count of the corpora with its lock; the commits are in ``nights.toml``, each regression
taken back on the next night.
"""

from __future__ import annotations

import subprocess
import time
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import corpora
from code2tla import pipeline
from code2tla.nightly.night import night
from code2tla.settings import load

CASE = "refcount"
#: Seconds of model checking a night; two overlapping calls after at most one need a few.
SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class Row:
    """One night: what was committed, what the check ended with, and how many actions were written anew."""

    number: int
    message: str
    breaks: bool
    status: int
    new: int
    rewritten: int
    taken_over: int
    seconds: float

    @property
    def right(self) -> bool:
        """Whether the night said what it should: a new finding for a regression, nothing for anything else."""
        return (self.status == 1 and self.new > 0) if self.breaks else self.status == 0


def commits() -> list[dict[str, Any]]:
    """The commits in their order, as ``nights.toml`` has them."""
    text = Path(__file__).with_suffix(".toml").read_text(encoding="utf-8")
    found: list[dict[str, Any]] = tomllib.loads(text)["commit"]
    return found


def live(home: Path, lived: Sequence[Mapping[str, Any]]) -> Iterator[Row]:
    """Live through these commits in ``home``: one check a night, of two overlapping calls after at most one."""
    case = corpora.load(CASE)
    repo = home / "repo"
    corpora.build(case, repo, "fixed")
    settings = replace(load(repo, {"cache": home / "cache"}), callers=2, before=1, budget=SECONDS)
    spec_dir = pipeline.run(repo, case.feature, replace(settings, out=home)).spec_dir
    for number, commit in enumerate(lived, 1):
        land(repo, commit)
        began = time.monotonic()
        done = night(spec_dir, repo, settings)
        yield Row(
            number=number,
            message=commit["message"],
            breaks=commit.get("breaks", False),
            status=done.status("violation"),
            new=len(done.new),
            rewritten=len(done.rewritten),
            taken_over=done.taken_over,
            seconds=time.monotonic() - began,
        )


def land(repo: Path, commit: Mapping[str, Any]) -> None:
    """Make the commit."""
    edit(repo, commit)
    _git(repo, "add", "--all")
    _git(repo, "-c", "user.name=Ada", "-c", "user.email=ada@example.org", "commit", "-m", commit["message"])


def edit(repo: Path, commit: Mapping[str, Any]) -> None:
    """Change the work tree as a commit says. Raises ValueError where the text it changes is not there."""
    if commit.get("back"):
        _git(repo, "checkout", "HEAD~1", "--", ".")
    if "move" in commit:
        _git(repo, "mv", *commit["move"])
    if "readme" in commit:
        (repo / "README.md").write_text(commit["readme"], encoding="utf-8")
    file = next(p for p in sorted(repo.rglob("*.py")) if "class UnknownFile" in p.read_text(encoding="utf-8"))
    text = file.read_text(encoding="utf-8")
    if "first" in commit:
        text = _first(text, commit["first"])
    head, mark, method = text.partition(commit.get("within", "\0"))
    body, after, rest = method.partition("\n    async def ") if mark else (head, "", "")
    for swap in commit.get("swap", ()):
        if swap["old"] not in body:
            raise ValueError(f"{commit['message']}: {file.name} does not hold {swap['old']!r} any more")
        body = body.replace(swap["old"], swap["new"])
    file.write_text(f"{head}{mark}{body}{after}{rest}" if mark else body, encoding="utf-8")


def _first(text: str, method: str) -> str:
    """The text with this method, the last of its class, ahead of the other asynchronous one."""
    before, _, last = text.partition(f"\n{method}")
    head, mark, other = before.partition("\n    async def ")
    return f"{head}\n{method}{last.rstrip()}\n{mark}{other.rstrip()}\n"


def _git(repo: Path, *words: str) -> None:
    subprocess.run(["git", "-C", str(repo), *words], check=True, capture_output=True)
