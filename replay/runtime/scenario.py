"""What a generated test states: the calls of a counterexample, and the order in which their steps were taken."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

Mode = Literal["threads", "asyncio"]


class Call:
    """One call of an operation: ``Call("hold", "v1")``; ``op`` is the method's or function's name."""

    __slots__ = ("args", "kwargs", "op")

    def __init__(self, op: str, /, *args: Any, **kwargs: Any) -> None:
        self.op = op
        self.args = args
        self.kwargs = kwargs

    def __str__(self) -> str:
        shown = [repr(a) for a in self.args] + [f"{k}={v!r}" for k, v in self.kwargs.items()]
        return f"{self.op}({', '.join(shown)})"


@dataclass(frozen=True, slots=True)
class Step:
    """One step of the counterexample: ``process`` ran the code of ``lines``.

    ``lines`` are inclusive ranges; ``text`` is the first one's first line, by which it is found again in a file that
    has changed since. ``kind`` is "" for code, ``write`` for the second half of a line that reads and writes,
    ``cancelled`` and ``timeout`` for what came from outside, ``waits`` for the place that a call has not left at
    the end, and ``tick`` for time that passed (then there is no process).
    """

    process: str
    path: str = ""
    lines: tuple[tuple[int, int], ...] = ()
    text: str = ""
    kind: str = ""


@dataclass(frozen=True, slots=True)
class Scenario:
    """A counterexample as something to run.

    ``setup`` are calls made one after another, ``calls`` the overlapping ones by process, ``schedule`` their steps.
    ``invariant`` says of the object whether it is as it should be; ``when`` is ``always``, or ``quiescent``: only
    while no call is in progress. ``kind`` is the kind of property that was violated.
    """

    mode: Mode
    kind: str
    calls: Mapping[str, Call]
    setup: Sequence[Call] = ()
    schedule: Sequence[Step] = ()
    invariant: Callable[[Any], bool] | None = None
    when: Literal["always", "quiescent"] = "always"

    @property
    def cancels(self) -> int:
        """How many calls the counterexample cancels."""
        return sum(step.kind == "cancelled" for step in self.schedule)

    @property
    def ticks(self) -> int:
        """How often time passes in the counterexample."""
        return sum(step.kind == "tick" for step in self.schedule)


@dataclass(slots=True)
class Ending:
    """How one run ended: what each call came to, in the order of the calls, and the object's state as text.

    ``start`` is the state when the calls began: what fakes answered to the set-up calls may make it differ.
    ``parted`` says where the run left the schedule (empty: it followed it to the end); ``broken`` where the invariant
    or an assertion did not hold.
    """

    start: str
    results: tuple[str, ...]
    state: str
    parted: str = ""
    broken: str = ""
    helped: bool = field(default=False, repr=False)

    @property
    def key(self) -> tuple[str, tuple[str, ...], str]:
        """What serial and overlapping runs are compared by."""
        return self.start, self.results, self.state
