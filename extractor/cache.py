"""The index on disk: facts of single files by content, so that an unchanged file is never parsed again.

A row's key is the file's SHA-256 together with the extractor's fingerprint, so a stale row can't be found, only
be left unused. Files are always read and hashed (1 GB/s), never trusted by time stamp.
"""

from __future__ import annotations

import contextlib
import os
import sqlite3
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Self

_SCHEMA = 1
_SECONDS = 10.0


def default_path() -> Path:
    """``code2tla/index.sqlite`` in the user's cache directory."""
    base = os.environ.get("XDG_CACHE_HOME", "")
    root = Path(base) if base and Path(base).is_absolute() else Path.home() / ".cache"
    return root / "code2tla" / "index.sqlite"


class Index:
    """Blobs by key. A file that isn't a sound index is replaced; where none can be written, it is as if empty."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._connection: sqlite3.Connection | None = None
        try:
            self._connection = _open(path)
        except sqlite3.DatabaseError as error:
            if _is_unsound(error):
                self._replace()
        except OSError:
            pass  # no place to keep it: everything is parsed each time

    def get(self, keys: Iterable[str]) -> dict[str, bytes]:
        """The blobs that are there and whose checksum is right."""
        return {key: blob for key, check, blob in self._select(list(keys)) if _is_sound(check, blob)}

    def _select(self, keys: list[str]) -> Iterator[tuple[str, int, bytes]]:
        if self._connection is None:
            return
        try:
            for start in range(0, len(keys), 500):
                part = keys[start : start + 500]
                marks = ",".join("?" * len(part))
                yield from self._connection.execute(
                    f"SELECT key, crc, facts FROM files WHERE key IN ({marks})",  # noqa: S608 - only question marks
                    part,
                )
        except sqlite3.DatabaseError as error:
            if _is_unsound(error):
                self._replace()

    def put(self, blobs: Iterable[tuple[str, bytes]]) -> None:
        """Keep blobs, all in one transaction; another process may do the same at the same time."""
        rows = [(key, zlib.crc32(blob), blob) for key, blob in blobs]
        if self._connection is None or not rows:
            return
        try:
            self._write(rows)
        except sqlite3.DatabaseError as error:
            if _is_unsound(error):
                self._replace()
                with contextlib.suppress(sqlite3.Error):
                    self._write(rows)

    def _write(self, rows: list[tuple[str, int, bytes]]) -> None:
        if self._connection is None:
            return
        with self._connection:
            self._connection.executemany("INSERT OR REPLACE INTO files VALUES (?, ?, ?)", rows)

    def _replace(self) -> None:
        self.close()
        _discard(self.path)
        with contextlib.suppress(sqlite3.Error, OSError):
            self._connection = _open(self.path)

    def close(self) -> None:
        """Let go of the file."""
        if self._connection is not None:
            with contextlib.suppress(sqlite3.Error):
                self._connection.close()
            self._connection = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()


def _is_sound(check: object, blob: object) -> bool:
    return isinstance(blob, bytes) and zlib.crc32(blob) == check


def _is_unsound(error: sqlite3.DatabaseError) -> bool:
    """Whether the file is damaged or not an index, rather than busy, read-only or out of reach."""
    code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_CORRUPT)
    return code & 0xFF in (sqlite3.SQLITE_ERROR, sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_MISMATCH)


def _open(path: Path) -> sqlite3.Connection:
    path.parent.mkdir(parents=True, exist_ok=True)
    connection = sqlite3.connect(path, timeout=_SECONDS)
    try:
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=OFF")  # losing an index to a power cut costs one parse
        (version,) = connection.execute("PRAGMA user_version").fetchone()
        if version not in (0, _SCHEMA):
            connection.execute("DROP TABLE IF EXISTS files")
        with connection:
            connection.execute(
                "CREATE TABLE IF NOT EXISTS files (key TEXT PRIMARY KEY, crc INTEGER, facts BLOB) WITHOUT ROWID"
            )
        if version != _SCHEMA:
            connection.execute(f"PRAGMA user_version={_SCHEMA:d}")
        connection.execute("SELECT key, crc, facts FROM files LIMIT 1").fetchone()
    except BaseException:
        connection.close()
        raise
    return connection


def _discard(path: Path) -> None:
    """Move nothing, keep nothing: the index can always be made again."""
    for name in (path, Path(f"{path}-wal"), Path(f"{path}-shm"), Path(f"{path}-journal")):
        with contextlib.suppress(OSError):
            name.unlink()
