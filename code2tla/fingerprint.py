"""What code says, as a hash that layout, comments, place and a function's own name do not change."""

from __future__ import annotations

import hashlib
from bisect import bisect_left
from collections.abc import Iterable, Iterator
from functools import cached_property

from extractor.tokens import DEDENT, INDENT, tokens
from extractor.types import Facts, Span, Symbol

_MARKS = frozenset({INDENT, DEDENT})


class Fingerprints:
    """The fingerprints of one state of a feature; files are read into tokens when first asked about."""

    def __init__(self, facts: Facts) -> None:
        self._texts = {file.path: file.text for file in facts.files}
        self._functions = [s for s in facts.symbols if s.kind in ("function", "method")]
        self._tokens: dict[str, tuple[list[int], list[str]]] = {}

    def spans(self, spans: Iterable[Span]) -> str:
        """Of some lines, in their order: 64 hexadecimal digits."""
        return _hash(word for span in spans for word in self._words(span))

    def size(self, span: Span) -> int:
        """How many tokens some lines have, without those that only mark blocks."""
        return sum(word not in _MARKS for word in self._words(span))

    def around(self, span: Span) -> Symbol | None:
        """The innermost function around the first of some lines."""
        found = [s for s in self._functions if s.span.path == span.path and s.span.line <= span.line <= s.span.end_line]
        return max(found, key=lambda s: s.span.line, default=None)

    def find(self, function: Symbol, content: str, size: int) -> Span | None:
        """Where in a function that many tokens have this fingerprint: they begin and end a line."""
        numbers = range(function.span.line, function.span.end_line + 1)
        for first in numbers:
            for last in numbers[first - function.span.line :]:
                span = Span(function.span.path, first, last)
                found = self.size(span)
                if found == size and self.size(Span(span.path, first, first)) and self.spans([span]) == content:
                    return span
                if found > size:
                    break
        return None

    def of(self, function: Symbol) -> str:
        """Of a function: its parameters and its body, whatever its name and wherever it stands."""
        words = list(self._words(function.span))
        if function.name in words:
            words.remove(function.name)
        return _hash(words)

    @cached_property
    def functions(self) -> dict[str, list[Symbol]]:
        """Every function of the feature by its fingerprint."""
        found: dict[str, list[Symbol]] = {}
        for function in self._functions:
            found.setdefault(self.of(function), []).append(function)
        return found

    def _of(self, path: str) -> tuple[list[int], list[str]]:
        if path not in self._tokens:
            read = tokens(path, self._texts.get(path, ""))
            self._tokens[path] = [line for line, _ in read], [word for _, word in read]
        return self._tokens[path]

    def _words(self, span: Span) -> Iterator[str]:
        lines, words = self._of(span.path)
        yield from words[bisect_left(lines, span.line) : bisect_left(lines, span.end_line + 1)]


def _hash(words: Iterable[str]) -> str:
    total = hashlib.sha256()
    for word in _whole(list(words)):
        data = word.encode("utf-8", "surrogatepass")
        total.update(b"%d:" % len(data) + data)
    return total.hexdigest()


def _whole(words: list[str]) -> Iterator[str]:
    """Without the ends of blocks that begin or end elsewhere: they are what stands around, such as the class."""
    begun: list[int] = []
    apart = set()
    for place, word in enumerate(words):
        if word == INDENT:
            begun.append(place)
        elif word == DEDENT:
            if begun:
                begun.pop()
            else:
                apart.add(place)
    apart.update(begun)
    return (word for place, word in enumerate(words) if place not in apart)
