"""Facts as plain JSON data and as lines and tables for people: what ``code2tla index`` prints."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, fields, is_dataclass
from typing import Any

from extractor.types import Facts, SourceFile

SCHEMA = "code2tla/facts/1"


def to_json(facts: Facts) -> dict[str, Any]:
    """Every fact as dicts, lists, strings, numbers; the texts of the files are left out, their hashes are in."""
    return {"schema": SCHEMA, **{field.name: _plain(getattr(facts, field.name)) for field in fields(facts)}}


@dataclass(frozen=True, slots=True)
class Section:
    """One kind of facts for people: a title, and rows of place (``path:line``), function, and what is there."""

    title: str
    rows: tuple[tuple[str, str, str], ...]


#: The kinds of facts in the order in which they are shown, and what is shown of each.
_KINDS: tuple[tuple[str, str, Callable[[Any], str]], ...] = (
    ("accesses", "Shared state", lambda a: f"{a.mode} {a.target} ({a.scope})"),
    ("syncs", "Synchronisation", lambda s: f"{s.mechanism} {s.operation} {s.target}"),
    ("suspensions", "Others may run at", lambda s: f"{s.kind}: {s.text}"),
    ("nondeterminism", "Nondeterminism", lambda n: f"{n.kind}: {n.text}"),
    ("exceptional", "Exceptions", lambda e: f"{e.kind} {', '.join(e.names)}".rstrip()),
    ("assertions", "Assertions", lambda a: a.text),
    ("problems", "Not read", lambda p: f"{p.kind}: {p.text}"),
)


def summary(facts: Facts) -> tuple[str, ...]:
    """Lines for people: which feature at which commit, what was read, and how many symbols and calls it has."""
    commit = (
        "not under git" if facts.commit is None else facts.commit[:12] + (" (changed since)" if facts.dirty else "")
    )
    languages = Counter(file.language for file in facts.files)
    files = _counted(languages) if len(languages) > 1 else f"{len(facts.files)} {next(iter(languages), '')}".rstrip()
    noun = "file" if len(facts.files) == 1 else "files"
    size = sum(file.size for file in facts.files)
    resolved = sum(call.resolved is not None for call in facts.calls)
    return (
        f"{facts.feature} in {facts.repo}, {commit}",
        f"{files} {noun} ({facts.counts.parsed} parsed, {facts.counts.cached} from the index), {size:,} bytes",
        f"symbols: {_counted(Counter(symbol.kind for symbol in facts.symbols))}",
        f"calls: {len(facts.calls)}, {resolved} resolved inside the feature",
    )


def sections(facts: Facts) -> tuple[Section, ...]:
    """The facts of each kind that there are any of."""
    return tuple(
        Section(
            title,
            tuple((f"{row.span.path}:{row.span.line}", getattr(row, "function", ""), told(row)) for row in rows),
        )
        for name, title, told in _KINDS
        if (rows := getattr(facts, name))
    )


def _counted(kinds: Counter[str]) -> str:
    """``3 struct, 12 method``, the most frequent first."""
    return ", ".join(f"{count} {kind}" for kind, count in kinds.most_common()) or "none"


def _plain(value: Any) -> Any:
    if isinstance(value, SourceFile):
        return {"path": value.path, "sha256": value.sha256, "language": value.language, "size": value.size}
    if is_dataclass(value) and not isinstance(value, type):
        return {field.name: _plain(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, tuple):
        return [_plain(part) for part in value]
    return value
