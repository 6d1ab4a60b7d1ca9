"""What is known of functions from outside the feature that are not modelled."""

from __future__ import annotations

import builtins

from specgen.lower.values import Coro, Func, Method, Obj, Place, Value

#: Modules of which no function changes a container that it is handed.
_READ_ONLY = frozenset(
    {"functools", "hashlib", "itertools", "json", "math", "operator", "pickle", "statistics", "types"}
)
#: Functions of other modules that change nothing either; a base class from outside is taken to set up its own alone.
_READING = frozenset({"__init__", "bisect", "bisect_left", "bisect_right", "finalize", "ref"})
_CHANGING_BUILTINS = frozenset({"delattr", "eval", "exec", "setattr", "vars"})


def only_reads(name: str) -> bool:
    """Whether the function is known to leave the containers alone that it is handed."""
    if name.rpartition(".")[2] in _READING:
        return True
    return name.partition(".")[0] in _READ_ONLY or (hasattr(builtins, name) and name not in _CHANGING_BUILTINS)


def reached_by(value: Value, name: str) -> str:
    """What the function of that name may do with a value that it is handed, in words; "" for nothing."""
    match value:
        case Func(me=me) if me is not None:
            return "that the method handed to it may run at any time"
        case Method(Place()):
            return "that the method handed to it may run at any time"
        case Coro():
            return "that the coroutine handed to it runs"
        case Place() if not only_reads(name):
            return "what it does to the container handed to it"
        case Obj(cls=cls) if cls is not None and not only_reads(name):
            return "what it does to the object handed to it"
    return ""
