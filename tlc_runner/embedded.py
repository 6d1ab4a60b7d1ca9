"""TLC in a Java of this machine, as a process group of its own in a directory of its own."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from tlc_runner.base import Feed, JavaRunner, spec_files
from tlc_runner.command import GRACE, Launch, java_arguments
from tlc_runner.deadline import Deadline
from tlc_runner.errors import JavaNotFound
from tlc_runner.locate import JAR_NAME, Java, find_jar, find_java
from tlc_runner.verdict import Ending, Stop


class EmbeddedRunner(JavaRunner):
    """Runs jobs with a Java and a jar found on this machine; raises JavaNotFound or JarNotFound when made."""

    name = "embedded"

    def __init__(self, jar: str | os.PathLike[str] | None = None) -> None:
        super().__init__(find_jar(jar))
        self.java: Java = find_java()

    def _start(self, launch: Launch, feed: Feed) -> Ending:
        with tempfile.TemporaryDirectory(prefix="code2tla-tlc-", ignore_cleanup_errors=True) as directory:
            work = Path(directory)
            scratch = work / "tmp"
            scratch.mkdir()
            spec_files(launch.files, work)
            jar = str(_alone(self.jar.path, scratch))
            command = [str(self.java.path), *java_arguments(launch, jar=jar, scratch=str(scratch))]
            return _run(command, work, launch.limit, feed)


def _alone(jar: Path, scratch: Path) -> Path:
    """``jar``, or a copy of it where CommunityModules.jar lies beside it: its manifest would bring that along."""
    if not (jar.parent / "CommunityModules.jar").exists():
        return jar
    copy = scratch / JAR_NAME
    shutil.copyfile(jar, copy)
    return copy


def _run(command: Sequence[str], work: Path, limit: float, feed: Feed) -> Ending:
    """Runs ``command`` in ``work``, its lines to ``feed``, and kills its process group after ``limit`` seconds.

    Whatever interrupts the reading, a KeyboardInterrupt included, kills the group too.
    """
    began = time.monotonic()
    with (work / "tmp" / "stderr").open("w+b") as complaints:
        try:
            process = subprocess.Popen(
                command,
                cwd=work,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=complaints,
                env={name: value for name, value in os.environ.items() if name not in _JAVA_VARIABLES},
                start_new_session=True,
            )
        except OSError as error:
            raise JavaNotFound(f"{command[0]} does not start: {error.strerror}; name another in JAVA_HOME") from None

        deadline = Deadline(limit, lambda: _kill(process))
        try:
            assert process.stdout is not None
            for line in process.stdout:
                if feed(line.decode("utf-8", "replace").rstrip("\r\n")):
                    deadline.bring_near(GRACE)
            exit_code = process.wait()
        finally:
            deadline.cancel()
            _kill(process)
            process.wait()
            if process.stdout is not None:
                process.stdout.close()
        complaints.seek(0)
        stderr = complaints.read().decode("utf-8", "replace")
    stop_reason = Stop.TIME if deadline.passed and exit_code != 0 else None
    return Ending(exit_code, stop_reason, stderr, time.monotonic() - began)


#: Variables by which someone else's wishes get into every Java that starts.
_JAVA_VARIABLES = frozenset({"JAVA_TOOL_OPTIONS", "JDK_JAVA_OPTIONS", "_JAVA_OPTIONS", "CLASSPATH"})


def _kill(process: subprocess.Popen[bytes]) -> None:
    """Kills ``process`` and all it started, if it still runs."""
    if process.poll() is not None:
        return
    with contextlib.suppress(OSError):
        if hasattr(os, "killpg"):
            os.killpg(process.pid, signal.SIGKILL)
        else:
            process.kill()
