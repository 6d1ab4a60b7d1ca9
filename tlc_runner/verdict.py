"""From what TLC said and how it ended to one CheckResult. Only a run without the least doubt is PASSED."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum
from types import MappingProxyType

from tlc_runner import codes
from tlc_runner.messages import Stream
from tlc_runner.modules import STANDARD_MODULES, strip_comments
from tlc_runner.sany import parse_report
from tlc_runner.trace import StateText, locations, parse_trace, parse_values
from tlc_runner.types import CheckResult, Job, Location, Message, Outcome, SanyError, State, Violation
from tlc_runner.values import unquote
from tlc_runner.watch import has_behaviour


class Stop(Enum):
    """Why the runner ended the run itself."""

    TIME = "time"
    MEMORY = "memory"


@dataclass(frozen=True, slots=True)
class Ending:
    """How the process ended: its exit code (negative: a signal), who stopped it, the tail of its error output."""

    exit_code: int
    stop: Stop | None
    stderr: str
    seconds: float


_KINDS = {
    codes.INVARIANT: "invariant",
    codes.INVARIANT_INITIAL: "invariant",
    codes.ACTION_PROPERTY: "property",
    codes.PROPERTY_INITIAL: "property",
    codes.DEADLOCK: "deadlock",
    codes.TEMPORAL: "temporal",
    codes.ASSERTION: "assertion",
}
_WORDING = {
    "invariant": "invariant {} violated",
    "property": "property {} violated",
    "deadlock": "deadlock reached",
    "temporal": "temporal properties violated",
    "assertion": "assertion failed: {}",
}
#: What a violation's trace is printed with.
_TRACE = frozenset({codes.BEHAVIOUR, codes.COUNTEREXAMPLE, codes.STATE, codes.STUTTERING, codes.BACK_TO})
#: Of error severity, yet only the heading of what follows an error.
_HEADINGS = frozenset({codes.BEHAVIOUR, codes.COUNTEREXAMPLE, codes.NESTED_EXPRESSION})
_NAME = re.compile(r"(?:Invariant|[Pp]roperty) (\w+) is (?:violated|false)")
_ASSERTED = re.compile(r"second argument was:\s*(.*)", re.DOTALL)
_BOILERPLATE = re.compile(r"TLC threw an unexpected exception\.\n.*?The exception was an? [\w.$]+\n(?:: )?", re.DOTALL)
_STACK = re.compile(r"\n\s+at [\w.$/]+\([^\n]*")
_STOPS_ITSELF = re.compile(r'TLCSet\s*\(\s*"exit"')
_TEXT_LIMIT = 2000


def judge(job: Job, stream: Stream, ending: Ending, *, runner: str, jar_sha256: str) -> CheckResult:
    """The result of a run of ``job``; ``stream`` must be closed."""
    found = _violations(stream, stopped=ending.stop is not None)
    errors, place = _errors(job, stream)
    outcome, reason = _outcome(job, stream, ending, found, errors)
    if outcome is Outcome.TOOL_ERROR and not errors and ending.stderr.strip():
        errors = (ending.stderr.strip()[-_TEXT_LIMIT:],)
    progress = stream.progress
    return CheckResult(
        outcome=outcome,
        reason=reason,
        exit_code=ending.exit_code,
        runner=runner,
        version=stream.version,
        jar_sha256=jar_sha256,
        messages=tuple(stream.messages),
        violations=found,
        prints=tuple(stream.prints),
        coverage=MappingProxyType(dict(stream.coverage)),
        idle=MappingProxyType({name: tuple(seen) for name, seen in stream.evaluated.items()}),
        errors=errors,
        error_location=place,
        distinct=progress.distinct,
        generated=progress.generated,
        depth=progress.depth,
        queue=progress.queue,
        seconds=ending.seconds,
        complete=_complete(job, stream, ending, errors),
    )


def _outcome(
    job: Job, stream: Stream, ending: Ending, found: tuple[Violation, ...], errors: tuple[str, ...]
) -> tuple[Outcome, str]:
    if found:
        return Outcome.VIOLATED, _WORDING[found[0].kind].format(found[0].name)
    budget = job.budget
    if stream.stopped_itself and budget.states is not None and stream.progress.distinct > budget.states:
        return Outcome.INCOMPLETE, f"stopped at the budget of {budget.states} distinct states"
    if stream.stopped_itself or ending.stop is Stop.TIME:
        return Outcome.INCOMPLETE, f"stopped at the time budget of {budget.seconds:g} s"
    if ending.stop is Stop.MEMORY or any(msg.code in codes.OUT_OF_MEMORY for msg in stream.messages) or _heap(errors):
        return Outcome.INCOMPLETE, f"the memory budget of {budget.memory_mb} MB is used up"
    if errors:
        return Outcome.SPEC_ERROR, " ".join(errors[0].split())[:300]
    if any(msg.severity in (1, 2) for msg in stream.messages):
        return Outcome.TOOL_ERROR, "TLC reported an error it has no words for"
    if "OutOfMemoryError" in ending.stderr:
        return Outcome.INCOMPLETE, f"the memory budget of {budget.memory_mb} MB is used up"
    if ending.exit_code != 0 or stream.cut or not stream.saw(codes.FINISHED):
        last = _first_line(ending.stderr.strip().rpartition("\n")[2])
        return Outcome.TOOL_ERROR, f"TLC ended with exit status {ending.exit_code}" + (f": {last}" if last else "")
    return _passed(job, stream)


def _complete(job: Job, stream: Stream, ending: Ending, errors: tuple[str, ...]) -> bool:
    """Whether every state was explored; violations are no hindrance when TLC was told to go on after them."""
    ended = ending.exit_code == 0 and ending.stop is None and stream.saw(codes.FINISHED)
    return ended and not (stream.cut or stream.stopped_itself or errors) and _passed(job, stream)[0] is Outcome.PASSED


def _passed(job: Job, stream: Stream) -> tuple[Outcome, str]:
    """A run that ended by itself without an error: whether nothing at all is missing."""
    if not stream.saw(codes.MODE_CHECK):
        return (
            Outcome.INCOMPLETE,
            "TLC did not run as a model checker, so nothing is known of the states it did not visit",
        )
    if not stream.saw(codes.SUCCESS):
        return Outcome.INCOMPLETE, "TLC ended without saying that it completed"
    if not stream.statistics:
        return Outcome.INCOMPLETE, "TLC ended without its statistics"
    if stream.progress.queue:
        return Outcome.INCOMPLETE, f"TLC stopped with {stream.progress.queue} states left on its queue"
    if not has_behaviour(job):
        return Outcome.INCOMPLETE, "the configuration names no behaviour to explore; give it SPECIFICATION or INIT"
    if not stream.progress.distinct:
        return Outcome.SPEC_ERROR, "the specification has no initial state"
    if any(_STOPS_ITSELF.search(text) and _calls_exit(text) for text in job.modules.values()):
        return Outcome.INCOMPLETE, "the specification can stop TLC itself, so a completed run says nothing"
    return Outcome.PASSED, f"all {stream.progress.distinct} distinct states explored"


def _calls_exit(text: str) -> bool:
    return re.search(r"\bTLCSet\s*\(", strip_comments(text)) is not None


def _heap(errors: tuple[str, ...]) -> bool:
    return any("OutOfMemoryError" in text or "Java heap space" in text for text in errors)


def _violations(stream: Stream, *, stopped: bool) -> tuple[Violation, ...]:
    """Each violation with the states printed after it and before the next one.

    A run that was ``stopped`` while it printed a trace leaves that violation out: half a trace shows nothing.
    """
    starts = [(i, msg) for i, msg in enumerate(stream.messages) if msg.code in _KINDS]
    found: list[Violation] = []
    for position, (index, message) in enumerate(starts):
        until = starts[position + 1][0] if position + 1 < len(starts) else len(stream.messages) + 1
        trace = parse_trace([state for at, state in stream.states if index < at <= until])
        found.append(Violation(_KINDS[message.code], _violated(message), trace or _initial(message)))
    if stopped and starts and not _initial(starts[-1][1]):
        rest = stream.messages[starts[-1][0] + 1 :]
        if all(message.code in _TRACE for message in rest):
            found.pop()
    if found and not any(violation.trace for violation in found):
        return tuple(dict.fromkeys(found))  # two workers may say the same of one failed Assert
    return tuple(found)


def _violated(message: Message) -> str:
    if message.code == codes.ASSERTION:
        said = _ASSERTED.search(message.text)
        text = said[1].strip() if said else ""
        return unquote(text) if text.startswith('"') else text
    name = _NAME.search(message.text)
    return name[1] if name else ""


def _initial(message: Message) -> tuple[State, ...]:
    """The trace of a violation by an initial state, which TLC prints within the message."""
    if message.code not in (codes.INVARIANT_INITIAL, codes.PROPERTY_INITIAL):
        return ()
    _, _, body = message.text.partition("\n")
    return (State(1, None, None, parse_values(body)),)


def _errors(job: Job, stream: Stream) -> tuple[tuple[str, ...], Location | None]:
    """What TLC complains about, violations apart, and the innermost place in the job's modules that it names."""
    texts: list[str] = []
    places: list[Location] = []
    failed = [msg for msg in stream.messages if msg.severity in (1, 2)]
    if any(msg.code in codes.PARSING_FAILED for msg in failed) or (stream.sany and not failed and stream.cut):
        complaints = _own(job, parse_report(stream.sany))
        texts = [complaint.message for complaint in complaints]
        places = [complaint.location for complaint in complaints if complaint.location]
        if texts:
            return tuple(texts), places[0] if places else None
    assertion = any(msg.code == codes.ASSERTION for msg in stream.messages)
    for message in failed:
        if message.code in _KINDS or (assertion and "first argument of Assert" in message.text):
            continue
        if message.code not in _HEADINGS:
            texts.append(_clean(message.text))
    texts = list(dict.fromkeys(texts))
    return tuple(texts), _innermost(job, failed, stream.states) if texts or assertion else None


def _innermost(job: Job, failed: list[Message], states: list[tuple[int, StateText]]) -> Location | None:
    """The innermost place that an error names in the job's own modules, else that of the last action taken.

    That is the last one of a message, save of the one about fingerprints, which begins with it.
    """
    own = {name.removesuffix(".tla") for name in job.modules} - STANDARD_MODULES
    nested = [msg for msg in failed if msg.code == codes.NESTED_EXPRESSION]
    for message in [*nested[::-1], *failed[::-1]]:
        if places := [place for place in locations(message.text) if place.module in own]:
            return places[0] if message.code == codes.FINGERPRINT else places[-1]
    trace = parse_trace([state for _, state in states])
    return trace[-1].location if trace else None


def _own(job: Job, complaints: tuple[SanyError, ...]) -> list[SanyError]:
    """The complaints without those about modules that only the runner added."""
    return [c for c in complaints if c.location is None or f"{c.location.module}.tla" in job.modules]


def _clean(text: str) -> str:
    """An error's text without the sentences TLC puts around every exception and without Java's stack."""
    text = _STACK.sub("", _BOILERPLATE.sub("", text)).strip()
    lines = [line for line in text.splitlines() if line.strip()]
    return "\n".join(dict.fromkeys(lines))[:_TEXT_LIMIT] or "TLC gives no reason"


def _first_line(text: str) -> str:
    return text.strip().partition("\n")[0][:300]
