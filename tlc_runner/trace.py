"""States and places in the wording of TLC's messages."""

from __future__ import annotations

import re
from dataclasses import dataclass
from types import MappingProxyType

from tlc_runner import codes
from tlc_runner.errors import ValueSyntaxError
from tlc_runner.types import Location, State
from tlc_runner.values import parse_value

_HEADER = re.compile(r"(\d+): (.*)")
_ACTION = re.compile(r"<(\w+)(?:\(.*?\))? (line \d+, col .*)>")
_CONJUNCT = re.compile(r"^/\\ (\w+) = ", re.MULTILINE)
_SINGLE = re.compile(r"(\w+) = ")
_PLACE = re.compile(r"[Ll]ine (\d+), col(?:umn)? (\d+) to line (\d+), col(?:umn)? (\d+) (?:of module|in) (\w+)")


@dataclass(frozen=True, slots=True)
class StateText:
    """A state as TLC printed it: the message code (a state, stuttering or back to a state) and its text."""

    code: int
    text: str


def locations(text: str) -> list[Location]:
    """Every place named in ``text``, in order."""
    return [Location(m[5], int(m[1]), int(m[2]), int(m[3]), int(m[4])) for m in _PLACE.finditer(text)]


def parse_values(text: str) -> MappingProxyType[str, object]:
    """Variable to value of a state's text; a value TLC prints as no value (a function set, say) stays text."""
    text = text.strip()
    pieces = [(m[1], m.start(), m.end()) for m in _CONJUNCT.finditer(text)]
    if not pieces and (single := _SINGLE.match(text)):
        pieces = [(single[1], 0, single.end())]
    values: dict[str, object] = {}
    for index, (name, _, start) in enumerate(pieces):
        end = pieces[index + 1][1] if index + 1 < len(pieces) else len(text)
        piece = text[start:end].strip()
        try:
            values[name] = parse_value(piece)
        except ValueSyntaxError:
            values[name] = piece
    return MappingProxyType(values)


def parse_trace(texts: list[StateText]) -> tuple[State, ...]:
    """The states of one counterexample, in order.

    Stuttering repeats the last state without an action. A behaviour that returns to an earlier state ends with that
    state again, under its earlier number and with the action that leads back.
    """
    states: list[State] = []
    for item in texts:
        header, _, body = item.text.partition("\n")
        match = _HEADER.match(header)
        if match is None:
            continue
        number = int(match[1])
        action = _ACTION.search(match[2])
        places = locations(match[2])
        if item.code == codes.STATE:
            values = parse_values(body)
        elif item.code == codes.STUTTERING:
            values = MappingProxyType(dict(states[-1].values) if states else {})
        else:
            values = MappingProxyType(dict(states[number - 1].values) if 0 < number <= len(states) else {})
        states.append(State(number, action[1] if action else None, places[0] if places else None, values))
    return tuple(states)
