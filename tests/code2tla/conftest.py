"""Small targets for the pipeline's tests, as real repositories."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from pipeline_targets import Make


@pytest.fixture
def make(tmp_path: Path) -> Make:
    """Make a repository of these files; ``git=False`` leaves it a bare directory."""

    def build(files: dict[str, str | bytes], git: bool = True) -> Path:
        root = tmp_path / "target"
        for name, content in files.items():
            path = root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content.encode() if isinstance(content, str) else content)
        root.mkdir(exist_ok=True)
        if git:
            for words in (["init", "-q"], ["add", "-A"], ["commit", "-q", "--allow-empty", "-m", "one"]):
                who = ["-c", "user.name=t", "-c", "user.email=t@example.org"]
                subprocess.run(["git", *who, *words], cwd=root, check=True)
        return root

    return build


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache of the test's own, and no settings from outside."""
    for name in ("BUDGET", "MEMORY", "STATES", "RUNNER", "CLASS", "CALLERS", "BEFORE", "OUT", "TLA2TOOLS"):
        monkeypatch.delenv(f"CODE2TLA_{name}", raising=False)
    monkeypatch.setenv("CODE2TLA_CACHE", str(tmp_path / "cache"))
    return tmp_path
