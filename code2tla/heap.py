"""Objects in a trace as a reader sees them: a reference becomes the fields of what it refers to.

A specification keeps the fields of the objects that a class makes in variables of their own, ``shelf_present`` and
``shelf_promised``, by reference: the call that made the object, and a number. Nobody who reads a trace needs those.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping, Sequence

from specgen.types import Variable
from tlc_runner.types import Function, ModelValue, State

#: Objects within objects are shown this deep; below, or in a ring, a reference stays.
_DEPTH = 3

#: How the comment of such a variable reads: ``present of each Shelf``.
_OF_EACH = " of each "


def fields(variables: Iterable[Variable]) -> dict[str, str]:
    """Return the variables that hold a field of objects, each with the field's name as outcomes have it."""
    return {v.name: v.comment.partition(_OF_EACH)[0].strip("_") or "it" for v in variables if _OF_EACH in v.comment}


def readable(states: Sequence[State], fields: Mapping[str, str]) -> tuple[State, ...]:
    """Return the states with each reference replaced by its object's fields, and without the variables of those."""
    return tuple(_told(state, fields) for state in states) if fields else tuple(states)


def _by_reference(value: object) -> bool:
    return isinstance(value, Function) and bool(value.pairs) and all(_is_reference(key) for key, _ in value.pairs)


def _is_reference(value: object) -> bool:
    return isinstance(value, tuple) and len(value) == 2 and isinstance(value[0], ModelValue) and type(value[1]) is int


def _told(state: State, fields: Mapping[str, str]) -> State:
    objects: dict[object, list[tuple[object, object]]] = {}
    for name, field in fields.items():
        value = state.values.get(name)
        for reference, held in value.pairs if isinstance(value, Function) else ():
            objects.setdefault(reference, []).append((field, held))
    known = {reference: Function(tuple(sorted(held, key=repr))) for reference, held in objects.items()}
    values = {
        name: _without_references(value) if name == "local" else _seen(value, known, _DEPTH)
        for name, value in state.values.items()
        if name not in fields
    }
    return dataclasses.replace(state, values=values)


def _seen(value: object, known: Mapping[object, Function], depth: int) -> object:
    match value:
        case tuple() if value in known and depth:
            return _seen(known[value], known, depth - 1)
        case tuple():
            return tuple(_seen(item, known, depth) for item in value)
        case Function(pairs=pairs):
            return Function(tuple((key, _seen(held, known, depth)) for key, held in pairs))
    return value


def _without_references(local: object) -> object:
    """A call's locals without those that only say which object it works on; what it has read of one stays."""
    if not isinstance(local, Function):
        return local
    if all(isinstance(name, str) for name, _ in local.pairs):
        return Function(tuple((name, _read(held)) for name, held in local.pairs))
    return Function(tuple((who, _without_references(held)) for who, held in local.pairs))


def _read(held: object) -> object:
    if _by_reference(held) and isinstance(held, Function) and len(held.pairs) == 1:
        return held.pairs[0][1]  # the field as it was when the call looked
    return ModelValue("None") if _is_reference(held) or _by_reference(held) else held
