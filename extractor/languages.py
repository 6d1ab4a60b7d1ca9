"""The language table: one row per language, with its grammar and the providers that read it.

A new language is a new row; nothing else in the room names a language.
"""

from __future__ import annotations

import hashlib
import importlib
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache
from importlib import metadata
from pathlib import Path

import tree_sitter

from extractor import decode as decoding
from extractor.providers import Provider, resolve
from extractor.python import PROVIDERS as PYTHON_PROVIDERS
from extractor.python.complaint import complaint


@dataclass(frozen=True, slots=True)
class Language:
    """``grammar`` is the module with the tree-sitter grammar; ``providers`` come in any order.

    ``complaint`` says (line, message) of the first syntax error in a text, if it can tell better than the grammar.
    """

    name: str
    suffixes: frozenset[str]
    grammar: str
    decode: Callable[[bytes], str]
    complaint: Callable[[str], tuple[int, str] | None]
    providers: tuple[Provider, ...]


@dataclass(frozen=True, slots=True)
class Reader:
    """A language made ready: parser, one query for all providers, those for files with a rare word, the providers."""

    language: Language
    parser: tree_sitter.Parser
    query: tree_sitter.Query
    rare: tuple[tuple[bytes, tree_sitter.Query], ...]
    providers: tuple[Provider, ...]


LANGUAGES: tuple[Language, ...] = (
    Language("python", frozenset({".py", ".pyw"}), "tree_sitter_python", decoding.decode, complaint, PYTHON_PROVIDERS),
)

SUFFIXES = frozenset(suffix for language in LANGUAGES for suffix in language.suffixes)


_BY_SUFFIX = {suffix: language for language in LANGUAGES for suffix in language.suffixes}


def language_of(suffix: str) -> Language:
    """The language of files named ``*suffix``, one of ``SUFFIXES``."""
    return _BY_SUFFIX[suffix]


@cache
def fingerprint() -> str:
    """Changes whenever the same bytes could give other facts: with this room's code, the parser or a grammar."""
    digest = hashlib.sha256(sys.byteorder.encode())
    room = Path(__file__).parent
    for source in sorted(room.rglob("*.py")):
        digest.update(source.read_bytes())
    for package in ("tree-sitter", *(language.grammar.replace("_", "-") for language in LANGUAGES)):
        digest.update(f"{package} {metadata.version(package)}\n".encode())
    return digest.hexdigest()[:16]


def _joined(patterns: Iterable[str]) -> str:
    return "\n".join(dict.fromkeys(patterns))


@cache
def reader(language: Language) -> Reader:
    """The parser and query of a language, made once. Raises UnresolvableProviders."""
    grammar = tree_sitter.Language(importlib.import_module(language.grammar).language())
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
