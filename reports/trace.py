"""A counterexample step by step: who acts, what each call is, and what each step changed."""

from __future__ import annotations

from dataclasses import dataclass

from reports.result import (
    ViolationResult,
)


@dataclass(frozen=True, slots=True)
class Change:
    """One variable changed by a step; ``old`` is None where the value before is not known."""

    name: str
    old: str | None
    new: str


def changes(violation: ViolationResult) -> tuple[tuple[Change, ...], ...]:
    """Return, for each step of the trace, what it changed with the value before."""
    values = dict(violation.initial)
    out: list[tuple[Change, ...]] = []
    for step in violation.trace:
        out.append(tuple(Change(name, values.get(name), new) for name, new in step.changed.items()))
        values.update(step.changed)
    return tuple(out)


def processes(violation: ViolationResult) -> tuple[str, ...]:
    """Return the processes of the trace in the order in which they first act, set-up ahead of the rest."""
    seen = dict.fromkeys(step.process for step in violation.trace if step.process)
    return tuple(sorted(seen, key=lambda name: name != "set-up"))


def calls(violation: ViolationResult, process: str) -> tuple[str, ...]:
    """Return the calls that ``process`` makes in the trace, in order, without repetition in a row."""
    out: list[str] = []
    for step in violation.trace:
        if step.process == process and step.operation and (not out or out[-1] != step.operation):
            out.append(step.operation)
    return tuple(out)
