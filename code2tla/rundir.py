"""The run directory: what each stage gave, under the hash of what went in, and a log of what happened.

It lies in the user's cache (``CODE2TLA_CACHE`` moves it), one per repository and feature, never inside the target.
Nothing in it is needed to read a result; deleting it costs time and nothing else.
"""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
import time
from pathlib import Path
from typing import Any

from code2tla import records
from code2tla.errors import InputError


def digest(*parts: object) -> str:
    """A name for these inputs: 32 hexadecimal digits; parts are told apart, so ("a", "b") is not ("ab",)."""
    total = hashlib.sha256()
    for part in parts:
        data = str(part).encode("utf-8", "surrogatepass")
        total.update(b"%d:" % len(data))
        total.update(data)
    return total.hexdigest()[:32]


_UNFINISHED = ".writing-"


def forget_unfinished(directory: Path) -> None:
    """Remove what a writer that was killed has left below a directory."""
    for left in directory.rglob(f"{_UNFINISHED}*"):
        left.unlink(missing_ok=True)


def write_text(path: Path, text: str) -> None:
    """Write whole or not at all: an interrupted run leaves no half a file. Raises InputError."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=_UNFINISHED)
        try:
            with os.fdopen(handle, "w", encoding="utf-8", errors="backslashreplace") as file:
                file.write(text)
            Path(name).chmod(0o644)
            Path(name).replace(path)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise
    except OSError as error:
        raise InputError(f"{path}: cannot be written ({error.strerror}); choose another directory") from error


class RunDirectory:
    """``stages/<stage>-<key>.json`` and ``events.jsonl`` under one directory."""

    def __init__(self, path: Path) -> None:
        self.path = path

    @classmethod
    def of(cls, cache: Path, repo: Path, feature: str) -> RunDirectory:
        """The run directory of a feature of a repository."""
        return cls(cache / "runs" / f"{repo.name}-{digest(repo, feature)[:16]}")

    def get(self, stage: str, key: str) -> Any:
        """What the stage gave for these inputs, or None when it has not run on them (or not with this version)."""
        try:
            return records.loads(self._file(stage, key).read_text(encoding="utf-8"))
        except (OSError, UnicodeDecodeError, records.RecordError):
            return None

    def put(self, stage: str, key: str, value: object) -> None:
        """Keep what the stage gave."""
        write_text(self._file(stage, key), records.dumps(value))

    def take(self, stage: str, other: RunDirectory) -> None:
        """Take over what a stage gave in another run directory, where there is nothing here yet."""
        for file in other.path.glob(f"stages/{stage}-*.json"):
            mine = self.path / "stages" / file.name
            if not mine.exists():
                write_text(mine, file.read_text(encoding="utf-8"))

    def log(self, kind: str, **data: object) -> None:
        """Append one event to ``events.jsonl``. Raises InputError."""
        line = json.dumps({"time": round(time.time(), 3), "kind": kind, **data}, ensure_ascii=False, default=str)
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            with (self.path / "events.jsonl").open("a", encoding="utf-8", errors="backslashreplace") as file:
                file.write(line + "\n")
        except OSError as error:
            why = f"{self.path}: cannot be written ({error.strerror})"
            raise InputError(f"{why}; name a directory for what runs keep in CODE2TLA_CACHE") from error

    def _file(self, stage: str, key: str) -> Path:
        return self.path / "stages" / f"{stage}-{key}.json"
