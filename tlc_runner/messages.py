"""Reads TLC's ``-tool`` output line by line into messages, trace, coverage, statistics and printed values.

A message is framed by ``@!@!@STARTMSG code:severity @!@!@`` and ``@!@!@ENDMSG code @!@!@``; frames nest. What lies
between frames is SANY's report (from message 2220 to 2219) or what the specification prints.
"""

from __future__ import annotations

import re
import time

from tlc_runner import codes
from tlc_runner.trace import StateText, locations
from tlc_runner.types import Coverage, Evaluated, Message, OnProgress, Progress
from tlc_runner.values import unquote
from tlc_runner.watch import BEAT, STOP

_START = re.compile(r"(?:: )?@!@!@STARTMSG (-?\d+):(\d+) @!@!@\Z")
_END = re.compile(r"@!@!@ENDMSG (-?\d+) @!@!@\Z")
_WATCH = re.compile(rf'<<"({BEAT}|{STOP})", (\d+), (\d+), (-?\d+), (\d+)>>\Z')
_PROGRESS = re.compile(
    r"Progress\((\d+)\) at .*?: ([\d,]+) states generated.*?, ([\d,]+) distinct states found.*?, ([\d,]+) states left"
)
_STATISTICS = re.compile(r"(\d+) states generated, (\d+) distinct states found, (\d+) states left")
_COVERED = re.compile(r"<(\w+) line .*>: (\d+):(\d+)", re.DOTALL)
_BRACKETS = re.compile(r'"(?:[^"\\]|\\.)*"|<<|>>|[{}()\[\]]')

#: Not kept among the messages: they are many, and what they say is in the trace and the coverage.
_BULKY = frozenset(
    {codes.STATE, codes.STUTTERING, codes.BACK_TO, codes.COVERAGE_COST, codes.COVERAGE_NEXT, codes.COVERAGE_INIT}
    | {codes.COVERAGE_VALUE, codes.COVERAGE_PROPERTY}
)


class Stream:
    """What one run has said so far; ``feed`` it line by line, ``close`` it at the end."""

    def __init__(self, on_progress: OnProgress | None = None) -> None:
        self.messages: list[Message] = []
        self.states: list[tuple[int, StateText]] = []  # with the number of messages kept before each
        self.prints: list[str] = []
        self.sany: list[str] = []
        self.version = ""
        self.coverage: dict[str, Coverage] = {}
        self.evaluated: dict[str, list[Evaluated]] = {}
        self._covering = ""
        self.progress = Progress(0, 0, 0, 0, 0.0)
        self.statistics = False
        self.stopped_itself = False
        self.cut = False
        self._frames: list[tuple[int, int, list[str]]] = []
        self._in_sany = False
        self._printing: list[str] = []
        self._open = 0  # brackets of what is being printed
        self._on_progress = on_progress
        self._began = time.monotonic()

    def feed(self, line: str) -> None:
        """Takes the next line, without its line break."""
        if "@!@!@" in line:
            if start := _START.match(line):
                self._flush_print()
                self._frames.append((int(start[1]), int(start[2]), []))
                return
            if self._frames and (end := _END.match(line)):
                self._close_frames(int(end[1]))
                return
        if self._frames:
            self._frames[-1][2].append(line)
        elif self._in_sany:
            self.sany.append(line)
        else:
            self._print(line)

    def close(self) -> None:
        """The stream has ended; a frame still open was cut off."""
        self._flush_print()
        self.cut = bool(self._frames)
        self._frames.clear()

    def saw(self, code: int) -> bool:
        """Whether a message ``code`` has come."""
        return any(message.code == code for message in self.messages)

    def _close_frames(self, code: int) -> None:
        while self._frames:
            opened, severity, lines = self._frames.pop()
            text = "\n".join(lines)
            if self._frames:  # the outer message keeps the inner one's text
                self._frames[-1][2].extend(lines)
            self._take(opened, severity, text)
            if opened == code:
                break

    def _take(self, code: int, severity: int, text: str) -> None:
        match code:
            case codes.STATE | codes.STUTTERING | codes.BACK_TO:
                self.states.append((len(self.messages), StateText(code, text)))
            case codes.PROGRESS:
                self._progress(text)
            case codes.STATISTICS:
                if counts := _STATISTICS.search(text):
                    self.statistics = True
                    old = self.progress
                    self.progress = Progress(old.depth, int(counts[1]), int(counts[2]), int(counts[3]), self._seconds())
            case codes.DEPTH:
                if depth := re.search(r"search is (\d+)", text):
                    old = self.progress
                    self.progress = Progress(int(depth[1]), old.generated, old.distinct, old.queue, old.seconds)
            case codes.COVERAGE_START:
                self.coverage, self.evaluated = {}, {}
            case codes.COVERAGE_NEXT | codes.COVERAGE_INIT:
                self._cover(text)
            case codes.COVERAGE_PROPERTY:
                self._covering = ""
            case codes.COVERAGE_VALUE | codes.COVERAGE_COST:
                self._cost(text)
            case codes.VERSION:
                if version := re.search(r"Version (\S+)(?:.*\(rev: (\w+)\))?", text):
                    self.version = version[1] + (f" (rev {version[2]})" if version[2] else "")
            case codes.SANY_START:
                self._in_sany = True
            case codes.SANY_END:
                self._in_sany = False
        if code not in _BULKY:
            self.messages.append(Message(code, severity, text))

    def _cover(self, text: str) -> None:
        if covered := _COVERED.match(text):
            before = self.coverage.get(covered[1], Coverage(0, 0))
            self.coverage[covered[1]] = Coverage(before.distinct + int(covered[2]), before.generated + int(covered[3]))
            self._covering = covered[1]
            if self.coverage[covered[1]].generated:
                self.evaluated.pop(covered[1], None)

    def _cost(self, text: str) -> None:
        """Kept for actions that were not taken: what was evaluated last is what kept them from it."""
        action = self._covering
        if action and not self.coverage[action].generated and (place := locations(text)):
            count = text.rpartition(": ")[2].partition(":")[0]
            if count.isdigit():
                self.evaluated.setdefault(action, []).append(Evaluated(place[0], int(count)))

    def _progress(self, text: str) -> None:
        if match := _PROGRESS.search(text):
            depth, generated, distinct, queue = (int(group.replace(",", "")) for group in match.groups())
            self._report(Progress(depth, generated, distinct, queue, self._seconds()))

    def _report(self, progress: Progress) -> None:
        self.progress = progress
        if self._on_progress is not None:
            self._on_progress(progress)

    def _seconds(self) -> float:
        return time.monotonic() - self._began

    def _print(self, line: str) -> None:
        if self._printing:
            self._printing.append(line.strip())
            if _balanced(line, self._open):
                self._flush_print()
            else:
                self._open += _surplus(line)
        elif line.startswith('"'):
            self.prints.append(unquote(line) if len(line) > 1 and line.endswith('"') else line)
        elif watched := _WATCH.match(line):
            depth, distinct, queue = int(watched[5]), int(watched[3]), int(watched[4])
            self.stopped_itself = self.stopped_itself or watched[1] == STOP
            self._report(Progress(depth, self.progress.generated, distinct, queue, self._seconds()))
        elif line.startswith(("<<", "[", "{", "(")) and (surplus := _surplus(line)) > 0:
            self._printing, self._open = [line.strip()], surplus
        elif line:
            self.prints.append(line)

    def _flush_print(self) -> None:
        """Ends a value that was printed over several lines: it becomes one."""
        if self._printing:
            self.prints.append(" ".join(self._printing))
            self._printing = []


def _surplus(line: str) -> int:
    """How many more brackets open in ``line`` than close."""
    return sum(1 if token in ("<<", "{", "(", "[") else -1 for token in _BRACKETS.findall(line) if token[0] != '"')


def _balanced(line: str, opened: int) -> bool:
    return opened + _surplus(line) <= 0
