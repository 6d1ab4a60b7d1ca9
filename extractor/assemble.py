"""From the stored rows of single files to the Facts of a feature; each kind is made when first looked at."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property, partial
from typing import Any

from extractor.blob import rows_of
from extractor.languages import Language
from extractor.memory import no_collection
from extractor.types import (
    Access,
    Assertion,
    Call,
    Exceptional,
    Nondeterminism,
    Param,
    Span,
    Suspension,
    Symbol,
    Sync,
)


@dataclass
class FileRows:
    """What the index holds of one file: packed rows, read when first needed."""

    path: str
    language: Language
    blob: bytes = field(repr=False)

    @cached_property
    def rows(self) -> dict[str, Any]:
        """Rows by kind."""
        return rows_of(self.blob)

    @cached_property
    def owners(self) -> list[str]:
        """Qualname by index of definition; the last one, at -1, is the module's empty name."""
        return [row[2] for row in self.rows["symbols"]] + [""]


def later(files: list[FileRows], packages: frozenset[str]) -> dict[str, Callable[[], Any]]:
    """How to make each kind of fact. ``packages`` are the directories that Python can import as one."""
    made: dict[str, Callable[[], Any]] = {
        "symbols": partial(_symbols, files),
        "calls": partial(_calls, files, packages),
        "accesses": partial(_accesses, files),
        "syncs": partial(_syncs, files),
        "suspensions": partial(_suspensions, files),
        "nondeterminism": partial(_nondeterminism, files),
        "exceptional": partial(_exceptional, files),
        "assertions": partial(_assertions, files),
    }
    return {kind: partial(_uncollected, make) for kind, make in made.items()}


def _uncollected(make: Callable[[], Any]) -> Any:
    with no_collection():
        return make()


def _symbols(files: list[FileRows]) -> tuple[Symbol, ...]:
    return tuple(
        Symbol(
            kind,
            name,
            qualname,
            Span(file.path, line, end_line),
            tuple(bases),
            tuple(decorators),
            tuple(Param(*param) for param in params),
            is_async,
        )
        for file in files
        for kind, name, qualname, line, end_line, bases, decorators, params, is_async, _ in file.rows["symbols"]
    )


def _calls(files: list[FileRows], packages: frozenset[str]) -> tuple[Call, ...]:
    families: dict[str, dict[str, dict[str, Any]]] = {}
    for file in files:
        families.setdefault(file.language.family, {})[file.path] = file.rows
    resolvers = {file.language.family: file.language.resolver for file in files}
    ready = {family: resolvers[family](rows_of_family, packages) for family, rows_of_family in families.items()}
    made: list[Call] = []
    for file in files:
        path, owners = file.path, file.owners
        resolver = ready[file.language.family]
        names, awaited = file.rows["calls"]["names"], set(file.rows["calls"]["awaited"])
        columns = file.rows["columns"]
        many = len(columns) // 4
        rows = zip(*(columns[part * many : (part + 1) * many] for part in range(4)), strict=True)
        for place, (name, owner, line, end) in enumerate(rows):
            callee = names[name]
            resolved = resolver.resolve(path, owner, callee)
            made.append(Call(owners[owner], callee, resolved, place in awaited, Span(path, line, end)))
    return tuple(made)


def _accesses(files: list[FileRows]) -> tuple[Access, ...]:
    return tuple(
        Access(file.owners[owner], target, mode, scope, Span(file.path, line, end))
        for file in files
        for owner, target, mode, scope, line, end in file.rows["accesses"]
    )


def _syncs(files: list[FileRows]) -> tuple[Sync, ...]:
    return tuple(
        Sync(file.owners[owner], mechanism, operation, target, Span(file.path, line, end))
        for file in files
        for owner, mechanism, operation, target, line, end in file.rows["syncs"]
    )


def _suspensions(files: list[FileRows]) -> tuple[Suspension, ...]:
    return tuple(
        Suspension(file.owners[owner], kind, Span(file.path, line, end), text)
        for file in files
        for owner, kind, text, line, end in file.rows["suspensions"]
    )


def _nondeterminism(files: list[FileRows]) -> tuple[Nondeterminism, ...]:
    return tuple(
        Nondeterminism(file.owners[owner], kind, Span(file.path, line, end), text)
        for file in files
        for owner, kind, text, line, end in file.rows["nondeterminism"]
    )


def _exceptional(files: list[FileRows]) -> tuple[Exceptional, ...]:
    return tuple(
        Exceptional(file.owners[owner], kind, tuple(names), Span(file.path, line, end))
        for file in files
        for owner, kind, names, line, end in file.rows["exceptional"]
    )


def _assertions(files: list[FileRows]) -> tuple[Assertion, ...]:
    return tuple(
        Assertion(file.owners[owner], Span(file.path, line, end), text)
        for file in files
        for owner, text, line, end in file.rows["assertions"]
    )
