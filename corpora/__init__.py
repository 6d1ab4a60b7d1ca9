"""Small target repositories with real history, a planted concurrency bug each, and the expected verdicts.

A case is a directory: ``case.toml`` says what must be found, ``history/*.patch`` is its history in git's own
mail format, which ``build`` turns into a repository whose commit ids are the same on every machine.
"""

from __future__ import annotations

from corpora.case import Case, CaseError, Expected, Line, Twin, load, names
from corpora.history import BuildError, BuiltCase, build

__all__ = [
    "BuildError",
    "BuiltCase",
    "Case",
    "CaseError",
    "Expected",
    "Line",
    "Twin",
    "build",
    "load",
    "names",
]
