"""Python in depth: the providers of its facts."""

from __future__ import annotations

from extractor.providers import Provider
from extractor.python.bindings import BINDINGS, BOUND, FIELDS, SCOPES
from extractor.python.calls import CALLS, COLUMNS, SITES
from extractor.python.flow import ASSERTIONS, EXCEPTIONS, NONDETERMINISM, SUSPENSIONS
from extractor.python.imports import IMPORTS
from extractor.python.state import STATE
from extractor.python.symbols import SYMBOLS
from extractor.python.sync import KEYWORD_USES, SYNC

PROVIDERS: tuple[Provider, ...] = (
    SYMBOLS,
    SCOPES,
    IMPORTS,
    SITES,
    CALLS,
    COLUMNS,
    BINDINGS,
    BOUND,
    FIELDS,
    KEYWORD_USES,
    STATE,
    SYNC,
    SUSPENSIONS,
    NONDETERMINISM,
    EXCEPTIONS,
    ASSERTIONS,
)
