"""TLC in a Java of this machine, as a process group of its own in a directory of its own."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

from tlc_runner.command import GRACE, java_flags, prepare, tlc_arguments
from tlc_runner.errors import BadJob, JavaNotFound
from tlc_runner.locate import JAR_NAME, Jar, Java, find_jar, find_java
from tlc_runner.messages import Stream
from tlc_runner.modules import check_modules
from tlc_runner.sany import SanyError, parse_report
from tlc_runner.types import CheckResult, Job, OnProgress
from tlc_runner.verdict import Ending, Stop, judge

_SANY_MEMORY_MB = 256
_SANY_SECONDS = 60.0


class EmbeddedRunner:
    """Runs jobs with a Java and a jar found on this machine; raises JavaNotFound or JarNotFound when made."""

    name = "embedded"

    def __init__(self, jar: str | os.PathLike[str] | None = None) -> None:
        self.java: Java = find_java()
        self.jar: Jar = find_jar(jar)

    def check(self, job: Job, on_progress: OnProgress | None = None) -> CheckResult:
        """Runs ``job`` and says what came of it; raises BadJob or UnsafeModule before anything is started.

        ``on_progress`` is called about once a second, on the calling thread.
        """
        prepared = prepare(job)
        budget = job.budget
        stream = Stream(on_progress)
        with _workspace(prepared.files) as work:
            command = [
                *java_flags(
                    memory_mb=budget.memory_mb,
                    workers=job.workers,
                    seconds=budget.seconds,
                    scratch=str(work / "tmp"),
                ),
                "-cp",
                str(_alone(self.jar.path, work)),
                *tlc_arguments(job, prepared, metadir=str(work / "states")),
            ]
            limit = budget.seconds + (GRACE if prepared.watched else 0)
            ending = _run([str(self.java.path), *command], work, limit, stream.feed)
        stream.close()
        return judge(job, stream, ending, runner=self.name, jar_sha256=self.jar.sha256)

    def sany(self, modules: Mapping[str, str], root: str) -> tuple[SanyError, ...]:
        """What TLA+'s parser says against module ``root``; empty where it is well-formed."""
        job = Job(modules=modules, root=root, cfg="")
        check_modules(job)
        lines: list[str] = []
        with _workspace(modules) as work:
            flags = java_flags(memory_mb=_SANY_MEMORY_MB, workers=1, seconds=1.0, scratch=str(work / "tmp"))
            command = [*flags, "-cp", str(_alone(self.jar.path, work)), "tla2sany.SANY", f"{root}.tla"]
            ending = _run([str(self.java.path), *command], work, _SANY_SECONDS, lines.append)
        errors = parse_report([*lines, *ending.stderr.splitlines()])
        if not errors and ending.exit_code != 0:
            said = (ending.stderr.strip() or "\n".join(lines).strip())[-500:]
            return (SanyError(f"SANY ended with exit status {ending.exit_code}: {said}", None),)
        return errors


def sany(modules: Mapping[str, str], root: str) -> list[SanyError]:
    """What TLA+'s parser says against module ``root`` of ``modules`` (file name to text); empty where nothing.

    Raises JavaNotFound, JarNotFound, BadJob, UnsafeModule.
    """
    return list(EmbeddedRunner().sany(modules, root))


@contextlib.contextmanager
def _workspace(files: Mapping[str, str]) -> Iterator[Path]:
    work = Path(tempfile.mkdtemp(prefix="code2tla-tlc-"))
    try:
        (work / "tmp").mkdir()
        for name, text in files.items():
            (work / name).write_text(text, encoding="utf-8", newline="\n")
        yield work
    except UnicodeEncodeError as error:
        raise BadJob(f"a module holds a character that UTF-8 cannot: {error.reason}; take it out") from None
    finally:
        shutil.rmtree(work, ignore_errors=True)


def _alone(jar: Path, work: Path) -> Path:
    """``jar``, or a copy of it where CommunityModules.jar lies beside it: its manifest would bring that along."""
    if not (jar.parent / "CommunityModules.jar").exists():
        return jar
    copy = work / "tmp" / JAR_NAME
    shutil.copyfile(jar, copy)
    return copy


def _run(command: Sequence[str], work: Path, limit: float, feed: Callable[[str], None]) -> Ending:
    """Runs ``command`` in ``work``, its lines to ``feed``, and kills its process group after ``limit`` seconds.

    Whatever interrupts the reading, a KeyboardInterrupt included, kills the group too.
    """
    began = time.monotonic()
    late = threading.Event()
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

        def stop() -> None:
            late.set()
            _kill(process)

        timer = threading.Timer(limit, stop)
        timer.daemon = True
        timer.start()
        try:
            assert process.stdout is not None
            for line in process.stdout:
                feed(line.decode("utf-8", "replace").rstrip("\r\n"))
            exit_code = process.wait()
        finally:
            timer.cancel()
            _kill(process)
            process.wait()
            if process.stdout is not None:
                process.stdout.close()
        complaints.seek(0)
        stderr = complaints.read().decode("utf-8", "replace")
    stop_reason = Stop.TIME if late.is_set() and exit_code != 0 else None
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
