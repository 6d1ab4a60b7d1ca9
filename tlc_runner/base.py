"""What the runners share: everything but how Java is started."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TypeAlias

from tlc_runner.command import Launch, check_launch, sany_launch
from tlc_runner.errors import BadJob
from tlc_runner.locate import Jar
from tlc_runner.messages import Stream
from tlc_runner.sany import parse_report
from tlc_runner.types import CheckResult, Job, OnProgress, SanyError
from tlc_runner.verdict import Ending, judge

#: Takes a line; says whether the run has announced its end, which it then gets GRACE seconds for.
Feed: TypeAlias = Callable[[str], bool]


class JavaRunner(ABC):
    """A runner of TLC with ``jar``; a subclass says where its Java runs."""

    name: str

    def __init__(self, jar: Jar) -> None:
        self.jar = jar

    @abstractmethod
    def _start(self, launch: Launch, feed: Feed) -> Ending:
        """Runs ``launch`` to its end or its limit, every line of output to ``feed`` without its line break."""

    def check(self, job: Job, on_progress: OnProgress | None = None) -> CheckResult:
        """Runs ``job`` and says what came of it; raises BadJob or UnsafeModule before anything is started.

        ``on_progress`` is called about once a second, on the calling thread; what it raises ends the run.
        """
        stream = Stream(on_progress)

        def feed(line: str) -> bool:
            stream.feed(line)
            return stream.stopped_itself

        ending = self._start(check_launch(job), feed)
        stream.close()
        return judge(job, stream, ending, runner=self.name, jar_sha256=self.jar.sha256)

    def sany(self, modules: Mapping[str, str], root: str) -> tuple[SanyError, ...]:
        """What TLA+'s parser says against module ``root`` of ``modules`` (file name to text); empty where nothing.

        Raises BadJob or UnsafeModule before anything is started.
        """
        lines: list[str] = []

        def feed(line: str) -> bool:
            lines.append(line)
            return False

        ending = self._start(sany_launch(modules, root), feed)
        errors = parse_report([*lines, *ending.stderr.splitlines()])
        if not errors and ending.exit_code != 0:
            said = (ending.stderr.strip() or "\n".join(lines).strip())[-500:]
            return (SanyError(f"SANY ended with exit status {ending.exit_code}: {said}", None),)
        return errors


def spec_files(files: Mapping[str, str], directory: Path) -> None:
    """Writes ``files`` into ``directory``."""
    for name, text in files.items():
        try:
            (directory / name).write_text(text, encoding="utf-8", newline="\n")
        except UnicodeEncodeError:
            raise BadJob(f"{name} holds a lone surrogate, which no text file can; take it out") from None
