"""Facts as plain JSON data, for ``code2tla index --json``."""

from __future__ import annotations

from collections import Counter
from dataclasses import fields, is_dataclass
from typing import Any

from extractor.types import Facts, SourceFile

SCHEMA = "code2tla/facts/1"


def to_json(facts: Facts) -> dict[str, Any]:
    """Every fact as dicts, lists, strings, numbers; the texts of the files are left out, their hashes are in."""
    return {"schema": SCHEMA, **{field.name: _plain(getattr(facts, field.name)) for field in fields(facts)}}


def to_text(facts: Facts) -> str:
    """A summary for people: what was read, how much of each kind there is, and each problem on a line."""
    commit = (
        "not under git" if facts.commit is None else facts.commit[:12] + (" (changed since)" if facts.dirty else "")
    )
    lines = [f"{facts.feature} in {facts.repo}, {commit}"]
    counts = f"{facts.counts.parsed} parsed, {facts.counts.cached} from the index"
    size = sum(file.size for file in facts.files)
    lines.append(f"{_many(len(facts.files), 'file')} ({counts}), {size:,} bytes")
    kinds = Counter(symbol.kind for symbol in facts.symbols)
    lines.append(f"{kinds['class']} classes, {kinds['method']} methods, {kinds['function']} functions")
    for title, found in (
        ("shared state", Counter(access.scope for access in facts.accesses)),
        ("synchronisation", Counter(sync.mechanism for sync in facts.syncs)),
        ("suspension points", Counter(suspension.kind for suspension in facts.suspensions)),
        ("nondeterminism", Counter(source.kind for source in facts.nondeterminism)),
    ):
        told = ", ".join(f"{count} {kind}" for kind, count in found.most_common()) or "none"
        lines.append(f"{title}: {told}")
    resolved = sum(call.resolved is not None for call in facts.calls)
    lines.append(f"calls: {len(facts.calls)}, {resolved} resolved inside the feature")
    lines.extend(f"{problem.span.path}:{problem.span.line}: {problem.text}" for problem in facts.problems)
    return "\n".join(lines)


def _many(count: int, noun: str) -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def _plain(value: Any) -> Any:
    if isinstance(value, SourceFile):
        return {"path": value.path, "sha256": value.sha256, "language": value.language, "size": value.size}
    if is_dataclass(value) and not isinstance(value, type):
        return {field.name: _plain(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, tuple):
        return [_plain(part) for part in value]
    return value
