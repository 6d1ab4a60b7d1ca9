"""Frozen data to JSON and back, exactly: tuples stay tuples, sets sets, dataclasses their classes.

For what a run keeps between stages. Only the classes listed here can come out of a record, so reading one that
somebody has edited builds data and runs nothing.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from enum import Enum
from types import ModuleType
from typing import Any

import code2tla.checked
import extractor.types
import reports.result
import specgen.types
import tlc_runner.types
from extractor.history import types as history_types


class RecordError(ValueError):
    """The text is not a record of these classes: written by another version, or damaged."""


def _classes(*modules: ModuleType) -> dict[str, type[Any]]:
    found = [value for module in modules for value in vars(module).values() if isinstance(value, type)]
    return {cls.__name__: cls for cls in found if dataclasses.is_dataclass(cls) or issubclass(cls, Enum)}


def dumps(value: object) -> str:
    """``value`` as one line of JSON."""
    return json.dumps(_encode(value), ensure_ascii=False, separators=(",", ":"))


def loads(text: str) -> Any:
    """The value that ``dumps`` was given. Raises RecordError for anything else."""
    try:
        return _decode(json.loads(text))
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise RecordError(f"not a record: {error}") from error


def _encode(value: object) -> object:
    if isinstance(value, Enum):
        return {"enum": type(value).__name__, "value": value.value}
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, tuple):
        return {"tuple": [_encode(item) for item in value]}
    if isinstance(value, list):
        return [_encode(item) for item in value]
    if isinstance(value, frozenset):
        return {"set": sorted((_encode(item) for item in value), key=json.dumps)}
    if isinstance(value, Mapping):
        return {"map": [[_encode(key), _encode(item)] for key, item in value.items()]}
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        names = [field.name for field in dataclasses.fields(value)]
        return {"class": type(value).__name__, "fields": {name: _encode(getattr(value, name)) for name in names}}
    raise TypeError(f"cannot record a {type(value).__name__}")


def _decode(value: Any) -> Any:
    match value:
        case {"tuple": list(items)}:
            return tuple(_decode(item) for item in items)
        case {"set": list(items)}:
            return frozenset(_decode(item) for item in items)
        case {"map": list(pairs)}:
            return {_decode(key): _decode(item) for key, item in pairs}
        case {"enum": str(name), "value": member}:
            return KNOWN[name](member)
        case {"class": str(name), "fields": dict(fields)}:
            return KNOWN[name](**{key: _decode(item) for key, item in fields.items()})
        case list(items):
            return [_decode(item) for item in items]
        case dict():
            raise ValueError("an object of an unknown kind")
    return value


KNOWN = _classes(tlc_runner.types, specgen.types, extractor.types, history_types, reports.result, code2tla.checked)
