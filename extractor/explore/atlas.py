"""The facts of the whole repository, read when first needed, and looked up by name."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from functools import cached_property
from pathlib import Path

from extractor.errors import FeatureEmpty
from extractor.explore.place import Place
from extractor.indexer import index
from extractor.types import Call, Facts, Symbol
from extractor.walk import Limits

_LIMITS = Limits(files=10_000)


class Atlas:
    """What is known of the code in a repository. ``cache`` is the index file, as for ``extractor.index``."""

    def __init__(self, place: Place, cache: Path | None = None) -> None:
        self.place = place
        self._cache = cache

    @cached_property
    def facts(self) -> Facts:
        """The facts of all source files; of none, where there is no source."""
        try:
            return index(self.place.root, ".", self._cache, _LIMITS)
        except FeatureEmpty:
            return Facts(str(self.place.root), ".", None)

    @cached_property
    def symbols(self) -> dict[str, tuple[Symbol, ...]]:
        """By path, in source order."""
        found: dict[str, list[Symbol]] = {}
        for symbol in self.facts.symbols:
            found.setdefault(symbol.span.path, []).append(symbol)
        return {path: tuple(symbols) for path, symbols in found.items()}

    @cached_property
    def uses(self) -> Counter[str]:
        """How many calls from other files go to something that each file, and no other, defines."""
        homes: dict[str, set[str]] = {}
        for symbol in self.facts.symbols:
            homes.setdefault(symbol.name, set()).add(symbol.span.path)
        used: Counter[str] = Counter()
        for call in self.facts.calls:
            home = homes.get(last(call.callee), set())
            if len(home) == 1 and call.span.path not in home:
                used.update(home)
        return used

    def called(self, name: str) -> Iterable[tuple[Call, bool]]:
        """The calls of what is called ``name``, qualified or not, and whether each certainly reaches it."""
        short = last(name)
        for call in self.facts.calls:
            certain = call.resolved is not None and _is(call.resolved.partition(":")[2], name)
            if certain or (call.resolved is None and last(call.callee) == short):
                yield call, certain

    def defined(self, name: str) -> tuple[Symbol, ...]:
        """The symbols called ``name``, qualified or not."""
        return tuple(symbol for symbol in self.facts.symbols if _is(symbol.qualname, name))


def last(dotted: str) -> str:
    """The last name of a dotted one."""
    return dotted.rpartition(".")[2]


def _is(qualname: str, name: str) -> bool:
    return qualname == name or qualname.endswith("." + name)


def signature(symbol: Symbol) -> str:
    """``async method Seats.hold(self, name: str)``, as far as it was written."""
    word = ("async " if symbol.is_async else "") + symbol.kind
    if symbol.kind not in ("function", "method"):
        return f"{word} {symbol.qualname}" + (f" of {', '.join(symbol.bases)}" if symbol.bases else "")
    params = ", ".join(": ".join(part for part in (p.name, p.annotation) if part) for p in symbol.params)
    return f"{word} {symbol.qualname}({params})"
