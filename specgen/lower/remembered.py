"""What was lowered, as text to keep for the next commit and back: plain JSON, of which nothing but data can come.

Lines are kept as numbers of statements in definitions, so that what is read back stands where the code is now.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any, get_args

import specgen
from extractor.types import Span
from specgen.definitions import Address, Book, Definitions
from specgen.expr import Expr
from specgen.ir import Abstraction, Access, Alternative, Assumption, Node, ParamDecl
from specgen.lower.conversation import Ask, Do, Named
from specgen.lower.describing import ASSERTION
from specgen.lower.memory import Memory, Record
from specgen.lower.operations import Part
from specgen.lower.state import VarInfo
from specgen.lower.values import Contract, Sync
from specgen.value_types import Ty

_PLAIN = (Abstraction, Access, Alternative, Ask, Contract, Do, Named, ParamDecl, Part, Record, Sync, VarInfo)
_CLASSES: dict[str, type[Any]] = {cls.__name__: cls for cls in (*_PLAIN, *get_args(Expr), *get_args(Ty))}


class _Lost(Exception):
    """A line is in no definition, or in one that is no longer there."""


@cache
def compiler() -> str:
    """A digest of this compiler: what another version lowered is not taken over."""
    total = hashlib.sha256()
    home = Path(specgen.__file__).parent
    for path in sorted(home.glob("*.py")) + sorted((home / "lower").glob("*.py")):
        total.update(path.read_bytes())
    return total.hexdigest()[:16]


def dumps(memory: Memory) -> str:
    """What served one extraction, as text."""
    writer = _Writer(memory.book)
    records: dict[str, list[object]] = {}
    for name, found in memory.used.items():
        records[name] = []
        for record in found:
            try:
                records[name].append(writer.value(record))
            except _Lost:  # it will be lowered again
                continue
    addresses = [[a.kind, a.path, a.name, a.nth] for a in memory.book.addresses]
    value = {"compiler": compiler(), "addresses": addresses, "rows": writer.rows, "records": records}
    return json.dumps(value, ensure_ascii=True, separators=(",", ":"))


def loads(text: str, definitions: Definitions) -> Memory:
    """What an earlier extraction left, for these definitions; nothing where it is of another compiler or damaged."""
    try:
        value = json.loads(text)
        if value["compiler"] == compiler():
            book = Book(definitions, [Address(*row) for row in value["addresses"]])
            reader = _Reader(book, value["rows"])
            return Memory(book, {name: reader.records(found) for name, found in value["records"].items()})
    except (ValueError, KeyError, TypeError, AttributeError, IndexError, RecursionError):
        pass
    return Memory(Book(definitions), {})


class _Writer:
    """Values as JSON; equal dataclasses become one row."""

    def __init__(self, book: Book) -> None:
        self._book = book
        self._known: dict[str, int] = {}
        self._seen: dict[int, tuple[object, object]] = {}
        self.rows: list[list[object]] = []

    def value(self, value: object) -> object:
        """A value, its parts in rows. Raises _Lost for one with a line that belongs to no definition."""
        match value:
            case None | bool() | int() | float():
                return value
            case str():
                found = ASSERTION.match(value)
                places = self._book.assertions(int(found[1])) if found else ()
                return ["a", *places] if places else value
            case tuple():
                return ["t", *(self.value(item) for item in value)]
            case frozenset():
                return ["s", *sorted((self.value(item) for item in value), key=json.dumps)]
            case Span(path, line, end_line) if line == end_line:
                return ["p", *self._position(path, line)]
        if id(value) not in self._seen:
            self._seen[id(value)] = value, ["r", self._row(value)]
        return self._seen[id(value)][1]

    def _row(self, value: object) -> int:
        name = type(value).__name__
        match value:
            case Node():
                place = ["p", *self._position(value.path, value.line)]
                rest = [getattr(value, f.name) for f in dataclasses.fields(value) if f.name not in ("path", "line")]
                row = [name, place, *map(self.value, rest)]
            case Assumption(known, text, source) if source is not None and known.endswith(f":{source.line}"):
                stem = known.removesuffix(f":{source.line}")
                row = [name, stem.removesuffix(source.path), stem.endswith(source.path), text, self.value(source)]
            case Assumption(known, text, source):
                row = [name, known, None, text, self.value(source)]
            case _:
                assert dataclasses.is_dataclass(value)
                row = [name, *(self.value(getattr(value, f.name)) for f in dataclasses.fields(value))]
        key = json.dumps(row)
        if key not in self._known:
            self._known[key] = len(self.rows)
            self.rows.append(row)
        return self._known[key]

    def _position(self, path: str, line: int) -> tuple[int, int]:
        found = self._book.position(path, line)
        if found is None:
            raise _Lost
        return found


class _Reader:
    """The rows as values; a row whose lines are no longer there is None, and what holds it is lost."""

    def __init__(self, book: Book, rows: Sequence[Sequence[Any]]) -> None:
        self._book = book
        self._rows: list[object] = []
        for row in rows:
            try:
                self._rows.append(self._made(row))
            except _Lost:
                self._rows.append(None)

    def records(self, found: Sequence[Any]) -> list[Record]:
        """The records that are not lost."""
        made: list[Record] = []
        for value in found:
            try:
                record = self._value(value)
            except _Lost:
                continue
            if not isinstance(record, Record):
                raise TypeError("not a record")
            made.append(record)
        return made

    def _value(self, value: Any) -> Any:
        match value:
            case ["t", *items]:
                return tuple(map(self._value, items))
            case ["s", *items]:
                return frozenset(map(self._value, items))
            case ["p", int(number), int(nth)]:
                path, line = self._line(number, nth)
                return Span(path, line, line)
            case ["a", *places]:
                lines = {self._line(number, nth)[1] for number, nth in places}
                if len(lines) != 1:
                    raise _Lost
                return f"AssertionError:{lines.pop()}"
            case ["r", int(number)]:
                if self._rows[number] is None:
                    raise _Lost
                return self._rows[number]
            case None | bool() | int() | float() | str():
                return value
        raise ValueError("a value of an unknown kind")

    def _made(self, row: Sequence[Any]) -> object:
        match row:
            case ["Node", place, number, *rest]:
                span = self._value(place)
                kind, *others = map(self._value, rest)
                return Node(number, kind, span.path, span.line, *others)
            case ["Assumption", str(stem), within, str(text), place]:
                span = self._value(place)
                at = "" if within is None else f"{span.path if within else ''}:{span.line}"
                return Assumption(stem + at, text, span)
            case [str(name), *fields]:
                return _CLASSES[name](*map(self._value, fields))
        raise ValueError("a row of an unknown kind")

    def _line(self, number: int, nth: int) -> tuple[str, int]:
        found = self._book.line(number, nth)
        if found is None:
            raise _Lost
        return found
