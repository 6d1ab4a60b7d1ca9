"""Values of the running code, as ``replay.runtime.describe`` gives them, in TLA+: what a variable of a type then holds.

With ``by_value`` a value is written as a module's ``View`` shows it: a dict by its entries, an object by its fields.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from specgen.render import quoted
from specgen.value_types import (
    AtomT,
    BoolT,
    CallerT,
    DictT,
    IntT,
    NoneT,
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


class Unknown(Exception):
    """The value has no counterpart in the specification; the text says what it is."""


@dataclass(frozen=True, slots=True)
class Encoder:
    """Writes values in TLA+.

    ``atoms`` are the model values by the text they stand for, ``callers`` the names of callers, ``fields`` by class
    each field's name in a view and its type.
    """

    atoms: Mapping[str, str]
    callers: frozenset[str]
    fields: Mapping[str, tuple[tuple[str, Ty], ...]]

    def text(self, value: Any, ty: Ty, by_value: bool) -> str:
        """The value in TLA+. Raises Unknown."""
        boxed = boxed_kinds(ty)
        why = Unknown(f"{value!r} is of no kind that the specification knows here")
        for member in sorted(members(ty), key=_texts_last):
            try:
                shown = self._one(value, member, by_value and not boxed)
            except Unknown as reason:
                why = reason
                continue
            kind = kind_of(member)
            return f"[{kind} |-> {shown}]" if kind in boxed else shown
        raise why

    def any(self, value: Any) -> str:
        """The value in TLA+ where no type is known. Raises Unknown."""
        match value:
            case None:
                return "None"
            case bool():
                return "TRUE" if value else "FALSE"
            case int():
                return str(value)
            case str():
                return self.atoms.get(value) or (value if value in self.callers else quoted(value))
            case {"list": items} | {"tuple": items} | {"waiters": items}:
                return f"<<{', '.join(map(self.any, items))}>>"
            case {"set": items}:
                return f"{{{', '.join(map(self.any, items))}}}"
            case {"dict": pairs}:
                return _function([(self.any(k), self.any(v)) for k, v in pairs])
            case {"holder": None}:
                return "None"
            case {"holder": str(who)} if who in self.callers:
                return who
            case {"object": _, "fields": dict(fields)}:
                return f"[{', '.join(f'{k} |-> {self.any(v)}' for k, v in _stripped(fields).items())}]"
        raise Unknown(f"{value!r} cannot be written in TLA+")

    def _one(self, value: Any, ty: Ty, by_value: bool) -> str:
        if isinstance(ty, SeqT | SetT | DictT | TupleT | RecordT | RefT):
            return self._held(value, ty, by_value)
        match ty, value:
            case BoolT(), bool():
                return "TRUE" if value else "FALSE"
            case IntT(), int() if not isinstance(value, bool):
                return str(value)
            case NoneT(), None | {"holder": None}:
                return "None"
            case StrT(), str():
                return quoted(value)
            case AtomT(), str() if value in self.atoms:
                return self.atoms[value]
            case CallerT(), {"holder": str(who)} if who in self.callers:
                return who
            case CallerT(), str() if value in self.callers:
                return value
            case RaisedT(values) | StrT(values), {"raised": str(name)}:
                return quoted(next((v for v in sorted(values) if v.partition(":")[0] == name), name))
        raise Unknown(f"{value!r} is no {type(ty).__name__.removesuffix('T').lower()}")

    def _held(self, value: Any, ty: Ty, by_value: bool) -> str:
        match ty, value:
            case SeqT(item), {"list": items} | {"tuple": items} | {"waiters": items}:
                return f"<<{', '.join(self.text(x, item, by_value) for x in items)}>>"
            case TupleT(types), {"tuple": items} if len(items) == len(types):
                return f"<<{', '.join(self.text(x, t, by_value) for x, t in zip(items, types, strict=True))}>>"
            case SetT(item), {"set": items}:
                return f"{{{', '.join(self.text(x, item, by_value) for x in items)}}}"
            case DictT(key, of), {"dict": pairs}:
                shown = [(self.text(k, key, by_value=False), self.text(v, of, by_value)) for k, v in pairs]
                return f"{{{', '.join(f'<<{k}, {v}>>' for k, v in shown)}}}" if by_value else _function(shown)
            case RecordT(_, fields), {"object": _, "fields": dict(found)}:
                return self._record(found, fields, by_value=False)
            case RefT(cls), {"object": str(name), "fields": dict(found)} if by_value and name == cls:
                return self._record(found, self.fields.get(cls, ()), by_value)
        raise Unknown(f"{value!r} is no {type(ty).__name__.removesuffix('T').lower()}")

    def _record(self, found: Mapping[str, Any], fields: tuple[tuple[str, Ty], ...], by_value: bool) -> str:
        plain = _stripped(found)
        if not fields:
            return quoted("object")
        if missing := [name for name, _ in fields if name not in plain]:
            raise Unknown(f"an object without {missing[0]}")
        return f"[{', '.join(f'{name} |-> {self.text(plain[name], t, by_value)}' for name, t in fields)}]"


def _stripped(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Fields by the names that specifications give them."""
    return {name.strip("_") or "it": value for name, value in fields.items()}


def _texts_last(ty: Ty) -> tuple[bool, str]:
    return isinstance(ty, StrT), repr(ty)


def _function(pairs: list[tuple[str, str]]) -> str:
    return " @@ ".join(f"({k} :> {v})" for k, v in pairs) or "<<>>"
