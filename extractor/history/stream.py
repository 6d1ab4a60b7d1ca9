"""Long answers of git, read as they come and ended when the time is up."""

from __future__ import annotations

import contextlib
import subprocess
import threading
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import IO

from extractor import git

_CHUNK = 1 << 16


class Fields:
    """The NUL-ended fields that a git command prints, as they come.

    ``deadline`` is a moment of ``time.monotonic()``. After the last field, ``late`` says that it came before the
    command's end, and ``complaint`` is the first line of what a failed command said. Whoever stops early just stops.
    """

    def __init__(self, top: Path, arguments: Sequence[str], deadline: float, given: bytes = b"") -> None:
        self._command = git.command(top, *arguments)
        self._verb = arguments[0]
        self._deadline = deadline
        self._given = given
        self.late = False
        self.complaint = ""

    def __iter__(self) -> Iterator[bytes]:
        pipe = subprocess.PIPE
        process = subprocess.Popen(self._command, stdin=pipe, stdout=pipe, stderr=pipe, env=git.environment())
        assert process.stdin is not None
        assert process.stdout is not None
        assert process.stderr is not None
        said: list[bytes] = []
        helpers = [
            threading.Thread(target=feed, args=(process.stdin, self._given), daemon=True),
            threading.Thread(target=_drain, args=(process.stderr, said), daemon=True),
        ]
        clock = threading.Timer(max(self._deadline - time.monotonic(), 0), self._end, (process,))
        clock.daemon = True
        for thread in (*helpers, clock):
            thread.start()
        try:
            rest = b""
            while chunk := process.stdout.read(_CHUNK):
                *whole, rest = (rest + chunk).split(b"\0")
                yield from whole
            if process.wait() != 0 and not self.late:
                helpers[1].join()
                self.complaint = git.why(b"".join(said), process.returncode, self._verb)
        finally:
            clock.cancel()
            process.kill()
            process.wait()
            for thread in helpers:
                thread.join()
            for end in (process.stdout, process.stderr):
                end.close()

    def _end(self, process: subprocess.Popen[bytes]) -> None:
        self.late = True
        process.kill()


def feed(pipe: IO[bytes], given: bytes) -> None:
    """Write all of ``given`` and close; a reader that went away is no error."""
    with contextlib.suppress(BrokenPipeError, ValueError):
        pipe.write(given)
    with contextlib.suppress(BrokenPipeError):
        pipe.close()


def _drain(pipe: IO[bytes], said: list[bytes]) -> None:
    said.append(pipe.read(_CHUNK))
    while pipe.read(_CHUNK):
        pass
