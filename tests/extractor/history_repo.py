"""A repository that grows commit by commit, for the tests of history."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping
from pathlib import Path

from extractor import history
from extractor.history import History, HistoryLimits


class Grown:
    """A real repository under ``root``; each commit is an hour after the one before."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.hour = 0
        root.mkdir(parents=True)
        self.git("init", "-q", "-b", "main")

    def git(self, *words: str, given: bytes | None = None, check: bool = True) -> str:
        """Run git here; what it prints."""
        identity = ("-c", "user.name=A", "-c", "user.email=a@example.org", "-c", "commit.gpgsign=false")
        date = f"2024-01-{1 + self.hour // 24:02}T{self.hour % 24:02}:00:00+00:00"
        done = subprocess.run(
            ["git", *identity, "-c", "protocol.file.allow=always", *words],
            cwd=self.root,
            check=check,
            capture_output=True,
            input=given,
            env={"PATH": "/usr/bin:/bin", "GIT_AUTHOR_DATE": date, "GIT_COMMITTER_DATE": date, "HOME": "/nowhere"},
        )
        return done.stdout.decode("utf-8", "replace").strip()

    def commit(self, message: str, files: Mapping[str, str | bytes | None]) -> str:
        """Write these files (None: delete), commit all; the id."""
        for name, content in files.items():
            path = self.root / name
            if content is None:
                path.unlink()
                continue
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content.encode() if isinstance(content, str) else content)
        self.hour += 1
        self.git("add", "-A")
        self.git("commit", "-q", "--allow-empty", "-m", message)
        return self.git("rev-parse", "HEAD")

    def history(self, feature: str = "app", **limits: float) -> History:
        """What the history of a feature is."""
        return history(self.root, feature, HistoryLimits(**limits))  # type: ignore[arg-type]


COUNTER = """\
import threading


class Counter:
    def __init__(self):
        self.n = 0

    def up(self):
        value = self.n
        self.n = value + 1
        return self.n

    def down(self):
        self.n -= 1
"""

LOCKED = """\
import threading


class Counter:
    def __init__(self):
        self.n = 0
        self._lock = threading.Lock()

    def up(self):
        with self._lock:
            value = self.n
            self.n = value + 1
            return self.n

    def down(self):
        with self._lock:
            self.n -= 1
"""
