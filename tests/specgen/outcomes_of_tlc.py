"""Every outcome of calls that run one at a time, as TLC finds them in what the compiler made."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from snippets import Compiled, tlc

from specgen import printing
from specgen.ir import Program
from specgen.types import Bounds
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
from tlc_runner.types import Function, ModelValue, Outcome
from tlc_runner.values import parse_value

RAISED = "raised"


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
