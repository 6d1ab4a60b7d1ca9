"""Serial outcomes of a snippet, once from TLC on what the compiler makes of it and once from Python itself.

``compare`` compiles the source of one class, lets TLC find every outcome of calls that run one at a time, and runs
the same calls with the same arguments on the class as Python makes it. Values of both sides are brought into one
form first: numbers, booleans and texts are told apart, an opaque argument is the text of its model value, a
reference is the object it leads to, with its fields.
"""

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
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

import extractor
from specgen import printing
from specgen.ir import Program
from specgen.plan import operations
from specgen.static import StaticAuthor, WrittenInvariant
from specgen.steps import build
from specgen.types import Bounds, Spec
from specgen.value_types import (
    BoolT,
    DictT,
    IntT,
    RaisedT,
    RecordT,
    RefT,
    SeqT,
    SetT,
    StrT,
    TupleT,
    Ty,
    boxed_kinds,
    kind_of,
    members,
)
from tlc_runner.embedded import EmbeddedRunner
from tlc_runner.types import Budget, CheckResult, Function, Job, ModelValue, Outcome
from tlc_runner.values import parse_value

RAISED = "raised"


@dataclass(frozen=True)
class Compiled:
    """One target of a feature: the program between Python and TLA+, and the specification."""

    program: Program
    spec: Spec


@lru_cache(maxsize=1)
def runner() -> EmbeddedRunner:
    return EmbeddedRunner()


def compile_all(
    directory: Path, source: str, only: Iterable[str] = (), invariants: Iterable[WrittenInvariant] = ()
) -> dict[str, Compiled]:
    """The targets of a feature of one file, by class name ("" for the module)."""
    (directory / "feature").mkdir(parents=True, exist_ok=True)
    (directory / "feature" / "it.py").write_text(source, encoding="utf-8")
    facts = extractor.index(directory, "feature", directory / "index.sqlite")
    author = StaticAuthor(facts)
    out: dict[str, Compiled] = {}
    for target in author.plan(list(only)).targets:
        whole = target
        if target.cls:  # more than a plan takes, so that one run covers many forms
            found = author.sources.modules[target.path].classes[target.cls]
            whole = replace(target, operations=tuple(f.name for f in operations(author.sources, found)))
        program = author.program(whole, invariants)
        out[target.cls or ""] = Compiled(program, build(program))
    return out


def compile_one(
    directory: Path, source: str, only: Iterable[str] = (), invariants: Iterable[WrittenInvariant] = ()
) -> Compiled:
    found = compile_all(directory, source, only, invariants)
    assert len(found) == 1, f"one target expected, found {sorted(found)}"
    return next(iter(found.values()))


def tlc(spec: Spec, cfg: str, outcomes: tuple[str, ...] = (), seconds: float = 120.0) -> CheckResult:
    name, serial = printing.serial_module(spec, outcomes)
    modules = {f"{spec.module}.tla": printing.module_text(spec), name: serial}
    return runner().check(Job(modules=modules, root=spec.module, cfg=cfg, budget=Budget(seconds), coverage=False))


def races(made: Compiled, bounds: Bounds = Bounds(2, 1, 0)) -> set[str]:
    """The names of the violated properties that speak of at most that many calls."""
    serial = tlc(made.spec, printing.cfg(made.spec, bounds, False))
    assert serial.outcome is Outcome.PASSED, f"{serial.reason}\n{serial.errors}\n{made.spec.text}"
    asked = [p for p in made.spec.properties if len(p.operations) <= bounds.callers]
    name, outcomes = printing.serial_module(made.spec, tuple(sorted(set(serial.prints))))
    modules = {f"{made.spec.module}.tla": printing.module_text(made.spec), name: outcomes}
    cfg = printing.cfg(made.spec, bounds, True, asked)
    job = Job(modules=modules, root=made.spec.module, cfg=cfg, budget=Budget(120.0), coverage=False, keep_going=True)
    result = runner().check(job)
    assert result.outcome in {Outcome.PASSED, Outcome.VIOLATED}, f"{result.reason}\n{result.errors}\n{made.spec.text}"
    return {v.name for v in result.violations}


# --- outcomes of TLC --------------------------------------------------------------------------------


@dataclass(frozen=True)
class Call:
    """An operation and the values of those arguments that the specification chooses."""

    op: str
    args: tuple[tuple[str, object], ...]


@dataclass(frozen=True)
class Serial:
    """What ran one at a time gave: (start, call, result, end) per outcome, and every call there is."""

    outcomes: frozenset[tuple[object, ...]]
    calls: tuple[Call, ...]


def serial_of_tlc(made: Compiled, bounds: Bounds, joined: bool = False) -> Serial:
    result = tlc(made.spec, printing.cfg(made.spec, bounds, False))
    assert result.outcome is Outcome.PASSED, f"{result.reason}\n{result.errors}\n{made.spec.text}"
    decode = Decoder(made.program, joined)
    outcomes: set[tuple[object, ...]] = set()
    calls: dict[Call, None] = {}
    for text in sorted(set(result.prints)):
        outcome = fields(parse_value(text))
        start = decode.state(fields(outcome["start"]))
        end = decode.state(fields(outcome["state"]))
        ((_, ended),) = outcome["calls"].pairs
        assert isinstance(ended, tuple)
        record = fields(ended[0])
        op = next(o for o in made.program.operations if o.name == record["op"])
        types = {p.name: p.ty for p in op.params}
        args = {n: decode.value(v, types[n], {}) for n, v in record.items() if n != "op"}
        call = Call(op.name, tuple(sorted(args.items())))
        calls[call] = None
        got = ended[1]
        outcome_of = decode.result(got, fields(outcome["state"]))
        outcomes.add((start, call, outcome_of, end))
    return Serial(frozenset(outcomes), tuple(calls))


def fields(value: Any) -> dict[Any, Any]:
    """A record or function as a dict; the empty function is an empty tuple."""
    if isinstance(value, Function):
        return dict(value.pairs)
    if isinstance(value, frozenset):  # the entries of a dict
        return dict(value)
    assert isinstance(value, tuple), value
    return dict(enumerate(value, 1))


class Decoder:
    """TLC's values back to Python's, in the form that ``freeze`` gives Python's own."""

    def __init__(self, program: Program, joined: bool = False) -> None:
        self.program = program
        self.joined = joined
        self.types = {v.name: v.ty for v in program.vars}
        owned = {
            m.cls for v in program.vars if isinstance(v.ty, DictT) for m in members(v.ty.key) if isinstance(m, RefT)
        }
        self.tables = {
            (cls, v.name.removeprefix(f"{cls.strip('_').lower()}_")): v.name
            for cls in owned
            for v in program.vars
            if isinstance(v.ty, DictT) and v.ty.key == RefT(cls)
        }
        self.heap = set(self.tables.values())
        # Exceptions are written as plain texts where no call returns one.
        self.texts = any(isinstance(m, RaisedT) for m in members(program.result_ty)) or not any(
            n.kind == "done" and n.raised for n in program.nodes.values()
        )

    def state(self, view: Mapping[str, Any]) -> object:
        """The attributes of the object, objects in reach folded in."""
        locks = {v.name for v in self.program.vars if v.lock}
        return tuple(
            (name, self.value(view[name], self.types[name], view))
            for name in sorted(view)
            if name not in self.heap and name not in locks
        )

    def result(self, value: Any, view: Mapping[str, Any]) -> object:
        """What a call returned, or the exception it raised."""
        found = self.value(value, self.program.result_ty, view)
        if isinstance(found, str) and not isinstance(value, ModelValue) and not self.texts:
            return (RAISED, found.partition(":")[0])
        return found

    def value(self, value: Any, ty: Ty, view: Mapping[str, Any]) -> object:
        if isinstance(value, ModelValue):
            return None if value.name == "None" else value.name
        options = {kind_of(m): m for m in members(ty) if kind_of(m) is not None}
        if boxed_kinds(ty):
            ((kind, value),) = value.pairs
            return self.inside(value, options[kind], view)
        assert len(options) == 1, f"{value!r} is not of type {ty}"
        return self.inside(value, next(iter(options.values())), view)

    def inside(self, value: Any, ty: Ty, view: Mapping[str, Any]) -> object:
        match ty:
            case BoolT():
                assert isinstance(value, bool), f"{value!r} is no boolean"
                return ("bool", value)
            case IntT():
                assert type(value) is int, f"{value!r} is no number"
                return value
            case StrT():
                assert isinstance(value, str), f"{value!r} is no text"
                return value
            case RaisedT():
                return (RAISED, value.partition(":")[0])
            case SeqT(item):
                return ("list", tuple(self.value(v, item, view) for v in fields(value).values()))
            case TupleT(items):
                found = tuple(self.value(v, t, view) for v, t in zip(fields(value).values(), items, strict=True))
                if self.joined:
                    return "".join(map(str, found))
                return ("list", found)
            case SetT(item):
                return ("set", frozenset(self.value(v, item, view) for v in value))
            case DictT(key, of):
                pairs = {self.value(k, key, view): self.value(v, of, view) for k, v in fields(value).items()}
                return ("dict", frozenset(pairs.items()))
            case RecordT(_, kinds_of):
                return (
                    "record",
                    tuple(sorted((k, self.value(v, dict(kinds_of)[k], view)) for k, v in fields(value).items())),
                )
            case RefT(cls):
                # Outcomes show an object by what is in it.
                held = {k: v for k, v in fields(value).items() if (cls, k) in self.tables}
                found = {k: self.value(v, self.types[self.tables[cls, k]].value, view) for k, v in held.items()}  # type: ignore[union-attr]
                return ("object", cls, tuple(sorted(found.items())))
        raise AssertionError(f"no decoding for {ty}")


# --- outcomes of Python -----------------------------------------------------------------------------


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


# --- the comparison ---------------------------------------------------------------------------------


def compare(
    directory: Path,
    source: str,
    *,
    cls: str | None = None,
    bounds: Bounds = Bounds(1, 1, 1),
    approximate: tuple[str, ...] = (),
    more_allowed: bool = False,
    joined: bool = False,
) -> Compiled:
    """Assert that TLC and Python give the same outcomes; with ``more_allowed`` TLC may give more (choices).

    ``joined``: tuples are texts put together, not tuples.
    """
    found = compile_all(directory, source, [cls] if cls else [])
    assert len(found) == 1, f"one target expected, found {sorted(found)}"
    ((name, made),) = found.items()
    seen = {f"{a.construct} -> {a.instead}" for a in made.spec.abstractions}
    missing = [a for a in approximate if not any(a in s for s in seen)]
    surplus = [s for s in seen if not any(a in s for a in approximate)]
    assert (missing, surplus) == ([], []), f"abstractions: missing {missing}, surplus {surplus}"
    of_tlc = serial_of_tlc(made, bounds, joined)
    assert {c.op for c in of_tlc.calls} == {o.name for o in made.program.operations}, sorted(
        {o.name for o in made.program.operations} - {c.op for c in of_tlc.calls}
    )
    of_python = serial_of_python(source, made, of_tlc.calls, bounds.before, name)
    lost, added = of_python - of_tlc.outcomes, of_tlc.outcomes - of_python
    if more_allowed:
        added = frozenset()
    # Cancellation comes from outside; nobody cancels the calls that Python runs.
    added = frozenset(o for o in added if o[2] != (RAISED, "CancelledError"))
    assert (lost, added) == (frozenset(), frozenset()), explain(lost, added)
    return made


def explain(lost: frozenset[tuple[object, ...]], added: frozenset[tuple[object, ...]]) -> str:
    """The differences by operation, a few of each."""
    lines = []
    for what, group in (("only Python", lost), ("only TLC", added)):
        by_op: dict[str, list[tuple[object, ...]]] = {}
        for outcome in group:
            call = outcome[1]
            assert isinstance(call, Call)
            by_op.setdefault(call.op, []).append(outcome)
        for op, found in sorted(by_op.items()):
            for start, call, result, end in sorted(found, key=lambda o: len(repr(o)))[:2]:
                lines.append(
                    f"{what}: {op} ({len(found)})\n   {call}\n   from {start}\n   gives {result}\n   to   {end}"
                )
    return "\n".join(lines)
