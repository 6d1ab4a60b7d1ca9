"""What an author is shown of the target: numbered source lines and facts, fenced so that they stay data."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from extractor.types import Facts, Span, Symbol

#: The longest line that is shown, in characters.
_LINE = 200


@dataclass(frozen=True, slots=True)
class Touched:
    """Names of shared state that some lines read, write (change in place included), and lock or wait for."""

    reads: frozenset[str]
    writes: frozenset[str]
    syncs: frozenset[str]


def fenced(label: str, text: str) -> str:
    """``text`` between two lines that it cannot forge: they carry a hash of the text itself."""
    mark = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:16]
    return f"<<<data {mark}: {label}\n{text}\ndata {mark}>>>"


class Evidence:
    """The feature's source and facts, as much of them as a task has room for."""

    def __init__(self, facts: Facts) -> None:
        self.facts = facts
        # Only these end a line for git and for compilers; str.splitlines knows more, and would shift the numbers.
        self._lines = {
            f.path: f.text.replace("\r\n", "\n").replace("\r", "\n").split("\n") for f in facts.files if f.text
        }

    @property
    def paths(self) -> tuple[str, ...]:
        """The files of the feature that could be read."""
        return tuple(self._lines)

    def lines(self, path: str) -> Sequence[str]:
        """The lines of one file, none where it could not be read."""
        return self._lines.get(path, [])

    def line(self, path: str, line: int) -> str:
        """One line, "" where there is none."""
        lines = self._lines.get(path, [])
        return lines[line - 1] if 0 < line <= len(lines) else ""

    def complaint(self, span: Span) -> str:
        """What is wrong with a span, "" if it lies in a file of the feature."""
        lines = self._lines.get(span.path)
        if lines is None:
            return f"{span.path[:200]} is no file of the feature; there are {', '.join(self.paths[:12])}"
        if span.line < 1 or span.end_line < span.line or span.end_line > len(lines):
            return f"{span.path}:{span.line}-{span.end_line} are no lines of it: it has {len(lines)}"
        return ""

    def unquoted(self, path: str, line: int, quote: str) -> str:
        """What is wrong with a quotation, "" if these words stand on that line (blanks aside)."""
        if path not in self._lines:
            return self.complaint(Span(path, line, line))
        wanted = " ".join(quote.split())
        there = " ".join(self.line(path, line).split())
        if wanted and wanted in there:
            return ""
        return f"{path}:{line} does not read {wanted[:120]!r}; it reads {there[:120]!r}"

    def slices(self, spans: Iterable[Span], room: int, around: int = 2) -> str:
        """The spans' lines with their numbers and some lines around, fenced; in at most ``room`` characters."""
        wanted: defaultdict[str, set[int]] = defaultdict(set)
        for span in spans:
            if span.path in self._lines:
                last = len(self._lines[span.path])
                wanted[span.path].update(range(max(1, span.line - around), min(last, span.end_line + around) + 1))
        blocks = []
        for path, numbers in sorted(wanted.items()):
            text, room = self._numbered(path, sorted(numbers), room)
            if text:
                blocks.append(fenced(f"{path}, with line numbers", text))
        return "\n".join(blocks)

    def functions(self, spans: Iterable[Span]) -> list[Span]:
        """The innermost functions around the spans, and the spans that stand in none."""
        found = []
        for span in spans:
            around = [s.span for s in self.facts.symbols if s.kind != "class" and _inside(span, s.span)]
            found.append(max(around, key=lambda s: s.line, default=span))
        return list(dict.fromkeys(found))

    def whole(self, room: int) -> str:
        """All source, if it fits in ``room`` characters; else the functions that touch most shared state."""
        size = sum(len(line) + 7 for lines in self._lines.values() for line in lines)
        if size <= room:
            return self.slices((Span(p, 1, len(lines)) for p, lines in self._lines.items()), room, around=0)
        chosen: list[Span] = []
        for symbol in sorted(self._weighed(), key=lambda pair: -pair[0]):
            span = symbol[1].span
            cost = sum(len(self.line(span.path, n)) + 8 for n in range(span.line, span.end_line + 1)) + 80
            if symbol[0] and cost <= room and not any(_inside(span, c) for c in chosen):
                chosen.append(span)
                room -= cost
        return self.slices(chosen, 10**9, around=0)

    def outline(self, room: int) -> str:
        """The map of the feature: files, then symbols with what they share, lock and wait for, the busiest first."""
        about: defaultdict[tuple[str, str], dict[str, list[int]]] = defaultdict(dict)
        for kind, path, function, target, line in self._noted():
            about[path, function].setdefault(f"{kind} {target}", []).append(line)
        files = [f"{path} ({len(lines)} lines)" for path, lines in self._lines.items()]
        rows: list[tuple[int, int, str]] = []
        for order, (weight, symbol) in enumerate(self._weighed()):
            place = f"{symbol.span.path}:{symbol.span.line}-{symbol.span.end_line}"
            noted = about.get((symbol.span.path, symbol.qualname), {})
            told = "; ".join(f"{what} {','.join(map(str, lines[:6]))}" for what, lines in noted.items())
            kind = f"async {symbol.kind}" if symbol.is_async else symbol.kind
            rows.append((weight, order, f"{place} {kind} {symbol.qualname}{': ' + told[:300] if told else ''}"))
        text, room = _within(files, room // 3)
        kept: list[tuple[int, str]] = []
        left = room + (room * 2)
        for _, order, row in sorted(rows, key=lambda r: (-r[0], r[1])):
            if len(row) + 1 <= left:
                kept.append((order, row))
                left -= len(row) + 1
        shown = [row for _, row in sorted(kept)]
        if len(shown) < len(rows):
            shown.append(f"({len(rows) - len(shown)} further symbols, which share least, are not listed)")
        return fenced("map of the feature: place, symbol, what it touches at which lines", "\n".join([text, *shown]))

    def touched(self, spans: Sequence[Span]) -> Touched:
        """What the facts say of these lines."""
        reads: set[str] = set()
        writes: set[str] = set()
        syncs: set[str] = set()
        for access in self.facts.accesses:
            if any(_inside(access.span, s) for s in spans):
                (reads if access.mode == "read" else writes).add(access.target)
        for sync in self.facts.syncs:
            # A step within a `with` block may be the one that takes what the block holds, or gives it back.
            if any(_inside(sync.span, s) or _inside(s, sync.span) for s in spans):
                syncs.add(sync.target)
        return Touched(frozenset(reads), frozenset(writes), frozenset(syncs))

    def _noted(self) -> Iterable[tuple[str, str, str, str, int]]:
        for access in self.facts.accesses:
            yield access.mode, access.span.path, access.function, access.target, access.span.line
        for sync in self.facts.syncs:
            yield sync.operation, sync.span.path, sync.function, f"{sync.mechanism} {sync.target}", sync.span.line
        for suspension in self.facts.suspensions:
            yield suspension.kind, suspension.span.path, suspension.function, "", suspension.span.line

    def _weighed(self) -> list[tuple[int, Symbol]]:
        """Each symbol with how much it shares, in the order of the source."""
        count: defaultdict[tuple[str, str], int] = defaultdict(int)
        for kind, path, function, _, _ in self._noted():
            count[path, function] += 1 if kind == "read" else 3
        return [(count[s.span.path, s.qualname], s) for s in self.facts.symbols]

    def _numbered(self, path: str, numbers: Sequence[int], room: int) -> tuple[str, int]:
        rows: list[str] = []
        before = 0
        for number in numbers:
            row = f"{number:>5}  {self.line(path, number)[:_LINE]}"
            if len(row) + 1 > room:
                rows.append("    .  (the rest is left out)")
                break
            if before and number != before + 1:
                rows.append("    .")
            rows.append(row)
            room -= len(row) + 1
            before = number
        return "\n".join(rows), room


def _inside(inner: Span, outer: Span) -> bool:
    return inner.path == outer.path and outer.line <= inner.line and inner.end_line <= outer.end_line


def _within(rows: Sequence[str], room: int) -> tuple[str, int]:
    kept: list[str] = []
    for row in rows:
        if len(row) + 1 > room:
            kept.append(f"({len(rows) - len(kept)} further files)")
            break
        kept.append(row)
        room -= len(row) + 1
    return "\n".join(kept), room
