"""The language table: one row per language, with its grammar and the providers that read it.

A new language is a new row; nothing else in the room names a language.
"""

from __future__ import annotations

import hashlib
import importlib
import re
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import Any, Protocol

import tree_sitter

from extractor import decode as decoding
from extractor.providers import Provider, resolve
from extractor.python import PROVIDERS as PYTHON_PROVIDERS
from extractor.python.complaint import complaint
from extractor.resolve import Resolver
from extractor.tables import TABLES, providers
from extractor.tables.resolve import ByName
from extractor.tables.table import Table


@dataclass(frozen=True, slots=True)
class Language:
    """``grammar`` is the module with the tree-sitter grammar, ``entry`` its function; ``providers`` in any order.

    Calls reach from file to file within a ``family`` of languages; ``resolver`` makes, out of the rows of a family's
    files by path and the Python packages, what says which symbol a call reaches.
    ``complaint`` says (line, message) of the first syntax error in a text, if it can tell better than the grammar;
    without one, the grammar is no judge of the text: macros that it can't expand are no errors.
    """

    name: str
    family: str
    suffixes: frozenset[str]
    grammar: str
    entry: str
    decode: Callable[[bytes], str]
    complaint: Callable[[str], tuple[int, str] | None] | None
    providers: tuple[Provider, ...]
    resolver: Callable[[dict[str, dict[str, Any]], frozenset[str]], Resolves]


class Resolves(Protocol):
    """Says which symbol of the feature a call reaches."""

    def resolve(self, path: str, owner: int, callee: str) -> str | None:
        """``path:qualname`` of what ``callee``, called in definition ``owner`` of a file, stands for, if certain."""
        ...


@dataclass(frozen=True, slots=True)
class Reader:
    """A language made ready: parser, one query for all providers, those for files with a rare word, the providers."""

    language: Language
    parser: tree_sitter.Parser
    query: tree_sitter.Query
    rare: tuple[tuple[bytes, tree_sitter.Query], ...]
    providers: tuple[Provider, ...]


def _by_table(table: Table) -> Language:
    return Language(
        name=table.name,
        family=table.family,
        suffixes=frozenset(table.suffixes),
        grammar=table.grammar,
        entry=table.entry,
        decode=decoding.utf8,
        complaint=None,
        providers=providers(table),
        resolver=lambda files, _: ByName(files),
    )


PYTHON = Language(
    name="python",
    family="python",
    suffixes=frozenset({".py", ".pyw"}),
    grammar="tree_sitter_python",
    entry="language",
    decode=decoding.decode,
    complaint=complaint,
    providers=PYTHON_PROVIDERS,
    resolver=Resolver,
)

LANGUAGES: tuple[Language, ...] = (PYTHON, *map(_by_table, TABLES))

#: Headers of C and of C++ have one ending; what is in them tells which they are.
_HEADER = ".h"
_CPP = re.compile(rb"^\s*(class|namespace|template|public:|private:|protected:|using)\b|\bstd::", re.MULTILINE)

_BY_SUFFIX = {suffix: language for language in LANGUAGES for suffix in language.suffixes}
SUFFIXES = frozenset({*_BY_SUFFIX, _HEADER})


def language_of(suffix: str, data: bytes) -> Language:
    """The language of a file named ``*suffix``, one of ``SUFFIXES``, with this content."""
    if suffix == _HEADER:
        return _BY_SUFFIX[".hpp" if _CPP.search(data) else ".c"]
    return _BY_SUFFIX[suffix]


@cache
def fingerprint() -> str:
    """Changes whenever the same bytes could give other facts: with this room's code, the parser or a grammar."""
    digest = hashlib.sha256(sys.byteorder.encode())
    room = Path(__file__).parent
    for source in sorted([*room.rglob("*.py"), *room.rglob("*.scm")]):
        digest.update(source.read_bytes())
    for package in ("tree-sitter", *sorted({language.grammar.replace("_", "-") for language in LANGUAGES})):
        digest.update(f"{package} {metadata.version(package)}\n".encode())
    return digest.hexdigest()[:16]


def _joined(patterns: Iterable[str]) -> str:
    return "\n".join(dict.fromkeys(patterns))


@cache
def reader(language: Language) -> Reader:
    """The parser and query of a language, made once. Raises UnresolvableProviders."""
    grammar = tree_sitter.Language(getattr(importlib.import_module(language.grammar), language.entry)())
    providers = resolve(language.providers)
    rare: dict[bytes, dict[str, None]] = {}
    for provider in providers:
        for word, pattern in provider.rare:
            rare.setdefault(word, {})[pattern] = None
    return Reader(
        language,
        tree_sitter.Parser(grammar),
        tree_sitter.Query(grammar, _joined(pattern for provider in providers for pattern in provider.patterns)),
        tuple((word, tree_sitter.Query(grammar, _joined(patterns))) for word, patterns in rare.items()),
        providers,
    )
