"""Read-only looks at the feature, for an author that explores before it answers; nothing else is shown."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from extractor.types import Facts, Span
from specgen.authoring.brief import HistoryNote
from specgen.authoring.evidence import Evidence, fenced

_ROOM = 10_000
_HITS = 60


@dataclass(frozen=True, slots=True)
class Look:
    """One tool: its name, what it gives, the schema of its arguments, and what it does."""

    name: str
    description: str
    schema: Mapping[str, Any]
    look: Callable[[Mapping[str, Any]], str]

    def run(self, arguments: Mapping[str, Any]) -> str:
        """What it shows; of arguments that make no sense, a sentence that says so."""
        return self.look(arguments)


def tools_for(facts: Facts, history: Sequence[HistoryNote]) -> tuple[Look, ...]:
    """The map of the feature, its source, a search in it, and its history."""
    evidence = Evidence(facts)

    def source(arguments: Mapping[str, Any]) -> str:
        span = Span(str(arguments.get("path", "")), _line(arguments, "line"), _line(arguments, "end_line"))
        return evidence.complaint(span) or evidence.slices([span], _ROOM, around=0)

    def find(arguments: Mapping[str, Any]) -> str:
        wanted = str(arguments.get("text", ""))
        hits = [
            f"{path}:{number}: {line.strip()[:160]}"
            for path in evidence.paths
            for number, line in enumerate(evidence.lines(path), 1)
            if wanted and wanted in line
        ]
        more = [f"({len(hits) - _HITS} more)"] if len(hits) > _HITS else []
        return fenced(f"lines that hold {wanted[:80]!r}", "\n".join([*hits[:_HITS], *more]) or "(none)")

    def past(arguments: Mapping[str, Any]) -> str:
        commit = str(arguments.get("commit", ""))
        for note in history:
            if commit and note.commit.startswith(commit):
                return fenced(f"commit {note.commit}", f"{note.date} {note.subject}\n{note.quote[:_ROOM]}")
        rows = [f"{n.commit[:12]} {n.date[:10]} {n.kind} {n.mechanism}: {n.subject[:100]}" for n in history]
        return fenced("commits that changed safety mechanisms", "\n".join(rows) or "(none)")

    return (
        Look(
            "map",
            "The feature's files and symbols, and what each symbol shares, locks and waits for.",
            _schema(),
            lambda _: evidence.outline(_ROOM),
        ),
        Look(
            "source",
            "Numbered lines of a file of the feature.",
            _schema(path="string", line="integer", end_line="integer"),
            source,
        ),
        Look("find", "The lines of the feature that hold a text, word for word.", _schema(text="string"), find),
        Look(
            "history",
            "The commits that changed safety mechanisms, or one of them whole.",
            _schema(commit="string"),
            past,
        ),
    )


def _schema(**fields: str) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": {name: {"type": kind} for name, kind in fields.items()},
        "required": [name for name in fields if name != "commit"],
        "additionalProperties": False,
    }


def _line(arguments: Mapping[str, Any], key: str) -> int:
    value = arguments.get(key, 0)
    return value if isinstance(value, int) else 0
