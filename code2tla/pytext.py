"""TLA+ values in Python's words, for people: ``[op |-> "hold", visitor |-> v1]`` is ``hold('v1')``."""

from __future__ import annotations

import re
from collections.abc import Mapping

from tlc_runner.types import Function, ModelValue

#: Values of several kinds that meet in one variable are boxed; a box is shown as what is in it.
_BOXES = frozenset({"int", "bool", "str", "seq", "dict", "set", "record", "ref", *(f"tuple{n}" for n in range(10))})

#: Callers are shown as they are; other values that are only told apart stand for strings.
_CALLER = re.compile(r"c\d+|Setup")

#: Fields of a call that are no arguments.
_NO_ARGUMENTS = frozenset({"op"})


def text(value: object) -> str:
    """A value as Python would write it, as far as that can be told."""
    match value:
        case ModelValue(name=name):
            return name if name == "None" or _CALLER.fullmatch(name) else repr(name)
        case bool() | int() | str():
            return repr(value)
        case tuple():
            return f"[{', '.join(map(text, value))}]"
        case frozenset():
            return f"{{{', '.join(sorted(map(text, value)))}}}" if value else "set()"
        case Function(pairs=()):
            return "{}"
        case Function(pairs=((str() as box, inner),)) if box in _BOXES:
            return text(inner)
        case Function(pairs=(("raised", str() as name),)):
            return name
        case Function(pairs=(("kept", bool() as kept), ("same", frozenset() as same))):
            shared = f"the object that {' and '.join(sorted(map(text, same)))} got" if len(same) > 1 else "an object"
            return shared if kept else f"{shared}, which is no longer kept"
        case Function(pairs=pairs):
            return f"{{{', '.join(f'{text(k)}: {text(v)}' for k, v in pairs)}}}"
    return str(value)


def get(function: object, argument: object) -> object:
    """``function[argument]``; None (which is no TLA+ value) where there is none."""
    if isinstance(function, Function):
        return next((value for key, value in function.pairs if key == argument), None)
    return None


def call(value: object, parameters: Mapping[str, tuple[str, ...]]) -> str:
    """A call record as Python text; ``parameters`` are the names each operation takes, in order."""
    op = get(value, "op")
    if not isinstance(op, str):
        return ""
    known = dict(value.pairs) if isinstance(value, Function) else {}
    order = parameters.get(op, ())
    rest = [k for k in known if isinstance(k, str) and k not in order and k not in _NO_ARGUMENTS]
    arguments = [text(known[name]) for name in order if name in known]
    return f"{op}({', '.join(arguments + [f'{name}={text(known[name])}' for name in rest])})"


def pairs(function: object) -> tuple[tuple[object, object], ...]:
    """Arguments and values of a function; a sequence counts as a function of its places."""
    if isinstance(function, Function):
        return function.pairs
    return tuple(enumerate(function, 1)) if isinstance(function, tuple) else ()
