"""From the stored rows of single files to the Facts of a feature; each kind is made when first looked at."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from extractor.types import Param, Span, Symbol

Rows = list[list[Any]]


@dataclass(frozen=True, slots=True)
class FileRows:
    """What the index holds of one file; ``load`` gives rows by kind."""

    path: str
    load: Callable[[], dict[str, Any]]


def symbols(files: list[FileRows]) -> tuple[Symbol, ...]:
    """Every class, function and method, by file and line."""
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
        for kind, name, qualname, line, end_line, bases, decorators, params, is_async in file.load()["symbols"]
    )
