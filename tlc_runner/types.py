"""What goes into a TLC run and what comes out of it, as frozen data."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from types import MappingProxyType
from typing import Protocol, TypeAlias


@dataclass(frozen=True, slots=True)
class ModelValue:
    """A TLA+ model value: equal to itself alone."""

    name: str


#: A TLA+ value in Python: bool, int, str, ModelValue, tuple (sequence or tuple), frozenset (set),
#: or ``Function`` (function or record; records have str keys).
TlaValue: TypeAlias = "bool | int | str | ModelValue | tuple[TlaValue, ...] | frozenset[TlaValue] | Function"


@dataclass(frozen=True, slots=True)
class Function:
    """A TLA+ function or record as sorted pairs of argument and value (hashable)."""

    pairs: tuple[tuple[object, object], ...]


@dataclass(frozen=True, slots=True)
class Budget:
    """Limits of one run: wall-clock seconds, heap megabytes, distinct states (None: no limit)."""

    seconds: float = 60.0
    memory_mb: int = 2048
    states: int | None = None


@dataclass(frozen=True, slots=True)
class Progress:
    """One progress report of TLC."""

    depth: int
    generated: int
    distinct: int
    queue: int
    seconds: float


@dataclass(frozen=True, slots=True)
class Job:
    """One model to check.

    ``modules`` maps file names (``Seats.tla``) to their text; ``root`` is the module name TLC is given. With
    ``keep_going`` TLC explores on after a violation and reports each state that violates an invariant.
    """

    modules: Mapping[str, str]
    root: str
    cfg: str
    budget: Budget = Budget()
    workers: int = 1
    coverage: bool = True
    deadlock: bool = False
    keep_going: bool = False


class Outcome(Enum):
    """How a run ended; only PASSED explored everything and found nothing."""

    PASSED = "passed"
    VIOLATED = "violated"
    INCOMPLETE = "incomplete"  # a budget ended it, or states were left on the queue
    SPEC_ERROR = "spec_error"  # SANY or TLC rejected the specification, or evaluation failed
    TOOL_ERROR = "tool_error"  # the JVM or the container died


@dataclass(frozen=True, slots=True)
class Message:
    """One framed message of the ``-tool`` stream; ``severity`` 0 none, 1 error, 2 TLC bug, 3 warning, 4 state."""

    code: int
    severity: int
    text: str


@dataclass(frozen=True, slots=True)
class Location:
    """A place in a TLA+ module, as TLC prints it."""

    module: str
    line: int
    column: int
    end_line: int
    end_column: int


@dataclass(frozen=True, slots=True)
class State:
    """One state of a trace. ``action`` is None for the initial predicate and for stuttering."""

    number: int
    action: str | None
    location: Location | None
    values: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Violation:
    """``kind``: invariant, deadlock, assertion, temporal or property; ``name`` is "" where TLC gives none."""

    kind: str
    name: str
    trace: tuple[State, ...]


@dataclass(frozen=True, slots=True)
class Coverage:
    """How often an action was taken: new distinct states, and states generated."""

    distinct: int
    generated: int


@dataclass(frozen=True, slots=True)
class Evaluated:
    """An expression of an action, and how often TLC evaluated it."""

    location: Location
    count: int


@dataclass(frozen=True, slots=True)
class CheckResult:
    """All of one TLC run. ``prints`` are the lines that PrintT wrote, in order, unquoted where they are strings.

    ``complete``: every reachable state was explored, whether or not some of them violate something. ``idle`` has, for
    each action that never was taken, the expressions of it that TLC evaluated.
    """

    outcome: Outcome
    reason: str
    exit_code: int
    runner: str
    version: str
    jar_sha256: str
    messages: tuple[Message, ...] = field(repr=False, default=())
    violations: tuple[Violation, ...] = ()
    prints: tuple[str, ...] = field(repr=False, default=())
    coverage: Mapping[str, Coverage] = field(default_factory=lambda: MappingProxyType({}))
    idle: Mapping[str, tuple[Evaluated, ...]] = field(default_factory=lambda: MappingProxyType({}))
    errors: tuple[str, ...] = ()
    error_location: Location | None = None
    distinct: int = 0
    generated: int = 0
    depth: int = 0
    queue: int = 0
    seconds: float = 0.0
    complete: bool = False


OnProgress: TypeAlias = Callable[[Progress], None]


@dataclass(frozen=True, slots=True)
class SanyError:
    """One complaint of TLA+'s parser; ``location`` is None where it gives none."""

    message: str
    location: Location | None


class Runner(Protocol):
    """Something that runs TLC: in a Java of this machine or in a container, with the same result."""

    name: str

    def check(self, job: Job, on_progress: OnProgress | None = None) -> CheckResult:
        """Runs ``job``; ``on_progress`` is called about once a second."""
        ...

    def sany(self, modules: Mapping[str, str], root: str) -> tuple[SanyError, ...]:
        """What TLA+'s parser says against module ``root`` of ``modules`` (file name to text)."""
        ...
