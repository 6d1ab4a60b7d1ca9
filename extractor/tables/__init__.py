"""Languages read by a table: one declaration each, and the providers that all of them share."""

from __future__ import annotations

from functools import partial

from extractor.providers import Provider
from extractor.tables import flow
from extractor.tables.c import CPP, C
from extractor.tables.calls import Sites, calls, columns
from extractor.tables.flow import Declared
from extractor.tables.go import GO
from extractor.tables.java import JAVA
from extractor.tables.rust import RUST
from extractor.tables.state import accesses
from extractor.tables.symbols import symbols
from extractor.tables.table import Meanings, Table
from extractor.tables.typescript import TSX, TYPESCRIPT

TABLES: tuple[Table, ...] = (C, CPP, GO, JAVA, RUST, TYPESCRIPT, TSX)


def providers(table: Table) -> tuple[Provider, ...]:
    """What reads a file of the language: the same rows by kind as for Python."""
    meanings = Meanings(table)
    told = ("symbols", "sites", "declared")
    return (
        Provider("symbols", "symbols", symbols, patterns=table.patterns()),
        Provider("call sites", "sites", partial(Sites, meanings), ("symbols",), stored=False),
        Provider("declared kinds", "declared", partial(Declared, meanings), ("symbols",), stored=False),
        Provider("calls", "calls", calls, ("sites",)),
        Provider("calls in numbers", "columns", columns, ("sites",)),
        Provider("shared state", "accesses", partial(accesses, table, meanings), told),
        Provider("synchronisation", "syncs", partial(flow.syncs, meanings), told),
        Provider("suspensions", "suspensions", flow.suspensions, told),
        Provider("nondeterminism", "nondeterminism", flow.nondeterminism, told),
        Provider("exceptions", "exceptional", flow.exceptional, told),
        Provider("assertions", "assertions", flow.assertions, told),
    )
