"""Values of the running code as JSON, so that another process can compare them with a specification's.

Numbers, texts, booleans and None stand for themselves; anything else is an object with one key that says what it is:
``list``, ``tuple``, ``set``, ``dict`` (pairs), ``object`` (with its ``fields``), ``raised``, ``holder`` of a lock
(null: free, "?": somebody), ``waiters`` of a condition, ``opaque`` for what cannot be looked into.
"""

from __future__ import annotations

import asyncio
import dataclasses
import enum
from collections import deque
from collections.abc import Mapping
from typing import Any, TypeAlias

from replay.runtime import standins
from replay.runtime.fakes import Collaborator, Store

Json: TypeAlias = "bool | int | float | str | list[Json] | dict[str, Json] | None"

_DEEPEST = 8


def describe(value: Any, depth: int = 0) -> Json:
    """The value as JSON; what lies too deep is opaque."""
    if depth > _DEEPEST:
        return {"opaque": "too deep"}
    if isinstance(value, enum.Enum):
        return describe(value.name, depth)
    if isinstance(value, float):
        return int(value) if value.is_integer() else value
    if value is None or isinstance(value, bool | int | str):
        return value
    found = _waiting(value)
    return found if found is not None else _contained(value, depth + 1)


def held(thing: Any, name: str) -> Any:
    """The attribute of this name, or of this name behind underscores. Raises AttributeError."""
    found = next((key for key in vars(thing) if key.lstrip("_") == name or key.endswith(f"__{name}")), name)
    return getattr(thing, found)


def _contained(value: Any, deeper: int) -> Json:
    if isinstance(value, BaseException):
        return {"raised": type(value).__name__}
    if hasattr(value, "_fields"):
        return _fields(value, value._asdict(), deeper)
    match value:
        case list() | deque():
            return {"list": [describe(item, deeper) for item in value]}
        case tuple():
            return {"tuple": [describe(item, deeper) for item in value]}
        case set() | frozenset():
            return {"set": [describe(item, deeper) for item in value]}
        case Mapping():
            return {"dict": [[describe(k, deeper), describe(v, deeper)] for k, v in value.items()]}
        case Store():
            return describe(value.replay_view(), deeper)
        case Collaborator():
            return {"opaque": "stand-in"}
        case asyncio.Queue():
            return {"list": [describe(item, deeper) for item in getattr(value, "_queue", ())]}
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return _fields(value, {f.name: getattr(value, f.name, None) for f in dataclasses.fields(value)}, deeper)
    shown = getattr(type(value), "replay_view", None)
    if shown is not None:
        return describe(shown(value), deeper)
    if hasattr(value, "__dict__") and not callable(value):
        return _fields(value, vars(value), deeper)
    return {"opaque": type(value).__name__}


def _fields(value: Any, content: Mapping[str, Any], deeper: int) -> Json:
    return {"object": type(value).__name__, "fields": {k: describe(v, deeper) for k, v in content.items()}}


def _waiting(value: Any) -> Json:
    """What synchronises; None for anything else."""
    match value:
        case standins.Lock():
            return {"holder": value.holder}
        case asyncio.Lock():
            return {"holder": "?" if value.locked() else None}
        case standins.Condition():
            return {"waiters": list(value.waiting)}
        case asyncio.Condition():
            return {"opaque": "condition"}
        case asyncio.Semaphore():
            return int(getattr(value, "_value", 0)) + _woken(value)
        case asyncio.Event():
            return value.is_set()
    return None


def _woken(value: asyncio.Semaphore) -> int:
    """Permits that were handed to calls which have not yet gone on; a specification counts them as still there."""
    waiters = getattr(value, "_waiters", None) or ()
    return sum(waiter.done() and not waiter.cancelled() for waiter in waiters)
