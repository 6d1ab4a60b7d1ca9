"""Recorded schedules in the specification's terms."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from code2tla.conformance.encode import Encoder, Unknown
from code2tla.conformance.subject import BOUNDS, Subject, constants, in_sets
from code2tla.conformance.windows import NOBODY, SETUP, Record, Trace, Turn
from replay.recording import Change, Recorded, Slice
from specgen.value_types import NoneT, RefT, SeqT, Ty, members
from tlc_runner.types import Function
from tlc_runner.values import format_value


class Reader:
    """Writes recorded schedules in TLA+."""

    def __init__(self, subject: Subject, calls: Sequence[Function]) -> None:
        self._calls = [format_value(call) for call in calls]
        self._mapped = {m.name: m for m in subject.mapped}
        self._result = subject.result
        self._unknown: set[str] = set()
        atoms = {name: name for name in in_sets(constants(subject.spec))}
        callers = frozenset({SETUP, *(f"c{n + 1}" for n in range(BOUNDS.callers))})
        self._encoder = Encoder(atoms, callers, subject.fields)

    def trace(self, one: Recorded) -> Trace:
        """One schedule. A variable that ever has a value that cannot be written in TLA+ is free in it."""
        self._unknown = set()
        turns: list[Turn] = []
        for number, slices in zip(one.setup, one.before, strict=True):
            turns += self._turns(slices, {SETUP: self._calls[number]}, {SETUP})
        turns.append(Turn(NOBODY))
        turns += self._turns(one.slices, {who: self._calls[n] for who, n in one.calls.items()}, set(one.ended))
        results = {who: text for who, value in one.ended.items() if (text := self._came_to(value))}
        first = self._record(one.first, "at the beginning")
        return Trace(first, tuple(turns), results, frozenset(self._unknown))

    def _turns(self, slices: Sequence[Slice], calls: Mapping[str, str], ended: set[str]) -> Iterator[Turn]:
        last = {turn.who: number for number, turn in enumerate(slices)}
        for number, turn in enumerate(slices):
            records = tuple(self._record(c.values, _place(c)) for c in turn.changes)
            ends = turn.who in ended and last[turn.who] == number
            yield Turn(turn.who or NOBODY, calls.get(turn.who, ""), records, ends)

    def _record(self, values: Mapping[str, Any], place: str) -> Record:
        found = {name: self._relation(name, value) for name, value in values.items()}
        self._unknown |= {name for name, relation in found.items() if relation is None}
        return Record({name: relation for name, relation in found.items() if relation is not None}, place)

    def _relation(self, name: str, value: Any) -> str | None:
        mapped = self._mapped.get(name)
        if value == {"holder": "?"}:
            return "# None"
        try:
            if mapped is None or mapped.ty is None:
                return f"= {self._encoder.any(value)}"
            if value is None and mapped.by_value and (empty := _late(mapped.ty)):
                return f"\\in {{None, {empty}}}"
            return f"= {self._encoder.text(value, mapped.ty, mapped.by_value)}"
        except Unknown:
            return None

    def _came_to(self, value: Any) -> str | None:
        if self._result is None:
            return None
        try:
            return f"= {self._encoder.text(value, self._result, by_value=False)}"
        except Unknown:
            return None


def _late(ty: Ty) -> str:
    """What a collection that is made late looks like before, "" where the type is none of such a collection."""
    held = [m for m in members(ty) if not isinstance(m, NoneT)]
    return "" if len(held) != 1 or isinstance(held[0], RefT) else "<<>>" if isinstance(held[0], SeqT) else "{}"


def _place(change: Change) -> str:
    lines = sorted({change.line, change.until} - {0}) or [0]
    return f"{change.path}:{lines[0]}" + (f"-{lines[-1]}" if len(lines) > 1 else "")
