from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from extractor import Facts, index

Index = Callable[..., Facts]


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    return tmp_path / "cache" / "index.sqlite"


@pytest.fixture
def repo(tmp_path: Path) -> Path:
    made = tmp_path / "repo"
    made.mkdir()
    return made


@pytest.fixture
def read(repo: Path, cache: Path) -> Index:
    """Index a feature of ``repo``, or the one file whose source is given."""

    def go(feature: str | Path = ".", *, source: str | None = None) -> Facts:
        if source is not None:
            (repo / "it.py").write_text(source, encoding="utf-8")
            feature = "it.py"
        return index(repo, feature, cache=cache)

    return go


@pytest.fixture
def git(repo: Path) -> Callable[..., str]:
    def run(*arguments: str) -> str:
        identity = ("-c", "user.name=A", "-c", "user.email=a@example.org", "-c", "commit.gpgsign=false")
        done = subprocess.run(
            ["git", "-C", str(repo), *identity, *arguments], check=True, capture_output=True, text=True
        )
        return done.stdout.strip()

    return run
