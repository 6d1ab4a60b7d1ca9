"""Every outcome of the same calls on the class as Python makes it."""

from __future__ import annotations

import asyncio
import dataclasses
import enum
import inspect
import itertools
import queue
import re
import sys
import threading
import types
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from outcomes_of_tlc import RAISED, Call, Decoder
from snippets import Compiled


class Opaque(str):
    """An argument that code only stores and compares."""

    __slots__ = ()


def freeze(value: Any, classes: Mapping[str, type], tables: Mapping[tuple[str, str], str]) -> object:
    """A Python value in the form of ``Decoder``."""

    def go(v: Any) -> object:
        match v:
            case None:
                return None
            case bool():
                return ("bool", v)
            case int():
                return v
            case str():
                return str(v)
            case enum.Enum():
                return v.name
            case list() | deque():
                return ("list", tuple(map(go, v)))
            case tuple() if not hasattr(v, "_fields"):
                return ("list", tuple(map(go, v)))
            case set() | frozenset():
                return ("set", frozenset(map(go, v)))
            case dict():
                return ("dict", frozenset((go(k), go(x)) for k, x in v.items()))
        return _freeze_object(v, go, tables)

    return go(value)


def _freeze_object(v: Any, go: Callable[[Any], object], tables: Mapping[tuple[str, str], str]) -> object:
    name = type(v).__name__
    if hasattr(v, "_fields"):
        return ("record", tuple(sorted((k, go(x)) for k, x in v._asdict().items())))
    if isinstance(v, asyncio.Queue | queue.Queue):
        return go(list(v._queue if isinstance(v, asyncio.Queue) else v.queue))  # type: ignore[attr-defined]
    if isinstance(v, asyncio.Semaphore | threading.Semaphore):
        return v._value
    if isinstance(v, asyncio.Event | threading.Event):
        return ("bool", v.is_set())
    if dataclasses.is_dataclass(v) and not any(owner == name for owner, _ in tables):
        return ("record", tuple(sorted((f.name, go(getattr(v, f.name))) for f in dataclasses.fields(v))))
    wanted = sorted(attr for owner, attr in tables if owner == name and attr != "object")
    return ("object", name, tuple((a, go(next(x for k, x in vars(v).items() if k.strip("_") == a))) for a in wanted))


def serial_of_python(
    source: str, made: Compiled, calls: Iterable[Call], before: int, cls: str
) -> frozenset[tuple[object, ...]]:
    """Every outcome of one call after at most ``before`` others, by running them."""
    decode = Decoder(made.program)
    code = compile(source, "it.py", "exec")
    qualnames = {o.name: o.qualname.rpartition(".")[2] for o in made.program.operations}
    out: set[tuple[object, ...]] = set()
    every = list(calls)
    shown = attributes(made)

    def run(history: tuple[Call, ...], last: Call) -> tuple[object, ...] | None:
        module = sys.modules["it"] = types.ModuleType("it")
        scope: dict[str, Any] = vars(module)
        exec(code, scope)
        classes = {k: v for k, v in scope.items() if isinstance(v, type)}
        thing: Any = scope[cls]() if cls else None

        def state() -> object:
            found = []
            for var, attr in shown:
                if var in decode.heap:
                    continue
                value = scope[attr] if thing is None else read(thing, attr)
                found.append((var, freeze(value, classes, decode.tables)))
            return tuple(sorted(found))

        def do(call: Call) -> object:
            function = scope[qualnames[call.op]] if thing is None else getattr(thing, qualnames[call.op])
            args = {unstrip(function, n): thaw(v) for n, v in call.args}
            try:
                result = function(**args)
                if inspect.iscoroutine(result):
                    result = asyncio.run(result)
            except Exception as error:  # noqa: BLE001 - whatever the snippet raises is its result
                return (RAISED, type(error).__name__)
            return freeze(result, classes, decode.tables)

        for call in history:
            do(call)
        start = state()
        result = do(last)
        return (start, last, result, state())

    for length in range(before + 1):
        for history in itertools.product(every, repeat=length):
            for last in every:
                found = run(history, last)
                if found is not None:
                    out.add(found)
    return frozenset(out)


def read(thing: Any, path: str) -> Any:
    for part in path.split("."):
        thing = getattr(thing, part)
    return thing


def thaw(value: Any) -> Any:
    """An argument as Python takes it."""
    match value:
        case ("bool", x):
            return x
        case ("list", items):
            return [thaw(i) for i in items]
        case str():
            return Opaque(value)
    return value


def unstrip(function: Callable[..., Any], name: str) -> str:
    code = inspect.unwrap(function).__code__
    return next(v for v in code.co_varnames[: code.co_argcount + code.co_kwonlyargcount] if v.strip("_") == name)


def attributes(made: Compiled) -> list[tuple[str, str]]:
    """(variable, attribute path) of each variable that outcomes compare, from the comments that name them."""
    out = []
    for var in made.program.vars:
        if var.lock or not var.observable:
            continue
        match = re.match(r"(?:\w+\.)?([\w.]+)", var.comment)
        assert match is not None
        path = var.comment.partition(":")[0].removeprefix("self.")
        out.append((var.name, path))
    return out
