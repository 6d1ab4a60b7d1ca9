"""File contents out of git's store, through one ``git cat-file --batch``: no filter, no conversion, bounded in size."""

from __future__ import annotations

import subprocess
import threading
import time
from collections import OrderedDict
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

from extractor import git

_KEPT = 64_000_000
_CHUNK = 1 << 20
#: So few that all names fit into the pipe while git is still busy with its answers.
_AT_ONCE = 200


class Objects:
    """Blobs by id. A context manager; ``missing`` and ``large`` count what could not be had.

    A blob of more than ``file_size`` bytes counts as large and is None, as one that a partial clone lacks is. Those
    read last are kept, since what a commit made is what the next one changes.
    """

    def __init__(self, top: Path, file_size: int, deadline: float) -> None:
        self._top = top
        self._file_size = file_size
        self._deadline = deadline
        self._kept: OrderedDict[str, bytes | None] = OrderedDict()
        self._bytes = 0
        self._process: subprocess.Popen[bytes] | None = None
        self._clock: threading.Timer | None = None
        self.missing: set[str] = set()
        self.large: set[str] = set()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._close()

    def blob(self, name: str | None) -> bytes | None:
        """The content of a blob; b"" for None (a file that is not there), None for what cannot be had."""
        if name is None:
            return b""
        if name in self._kept:
            self._kept.move_to_end(name)
            return self._kept[name]
        self.fetch([name])
        return self._kept.get(name)

    def fetch(self, names: Iterable[str | None]) -> None:
        """Ask for many blobs at once, as far as they are not kept: one turn of the two processes for all of them."""
        if time.monotonic() > self._deadline:
            return
        wanted = [name for name in dict.fromkeys(names) if name is not None and name not in self._kept]
        for start in range(0, len(wanted), _AT_ONCE):
            some = wanted[start : start + _AT_ONCE]
            process = self._started()
            assert process.stdin is not None
            with suppress(BrokenPipeError):
                process.stdin.write("".join(f"{name}\n" for name in some).encode("ascii"))
                process.stdin.flush()
            for name in some:
                self._keep(name, self._answer(process, name))

    def _keep(self, name: str, data: bytes | None) -> None:
        self._kept[name] = data
        self._bytes += len(data or b"")
        while self._bytes > _KEPT and len(self._kept) > 1:
            _, dropped = self._kept.popitem(last=False)
            self._bytes -= len(dropped or b"")

    def _answer(self, process: subprocess.Popen[bytes], name: str) -> bytes | None:
        """The next answer, which is about ``name``."""
        assert process.stdout is not None
        about = process.stdout.readline().split() if process is self._process else []
        if len(about) != 3:  # "ID missing", or git died of it, as newer ones do in a partial clone
            if not about:
                self._close()
            self.missing.add(name)
            return None
        size = int(about[2])
        if size > self._file_size:
            self.large.add(name)
            left = size + 1
            while left > 0 and (chunk := process.stdout.read(min(left, _CHUNK))):
                left -= len(chunk)
            return None
        data = process.stdout.read(size + 1)
        if len(data) != size + 1 or about[1] != b"blob":
            return None
        return data[:-1]

    def _started(self) -> subprocess.Popen[bytes]:
        if self._process is None:
            self._process = subprocess.Popen(
                git.command(self._top, "cat-file", "--batch"),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                env=git.environment(),
            )
            # A read that hangs, as on a dead network disk, ends with the process.
            self._clock = threading.Timer(max(self._deadline - time.monotonic(), 0) + 1, self._process.kill)
            self._clock.daemon = True
            self._clock.start()
        return self._process

    def _close(self) -> None:
        if self._process is None:
            return
        if self._clock is not None:
            self._clock.cancel()
        self._process.kill()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                with suppress(BrokenPipeError):
                    pipe.close()
        self._process = None
