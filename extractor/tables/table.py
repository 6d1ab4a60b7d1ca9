"""What is declared of a language that is read by a table: its grammar, its queries, and what its names mean.

The queries of a language (``queries/*.scm``) say where things stand, by these captures:

``@definition.KIND``   a symbol; ``@name`` inside names it, ``@holder`` is the type a method is written for outside it,
                       ``@base`` a type it extends, ``@decorator`` an annotation
``@container``         names what is inside it (``@name``) without being a symbol: Rust's ``impl``
``@call``, ``@awaited``  call sites, and those whose result is awaited
``@receiver``          a parameter through which a function reaches a shared object
``@guarded``           a name that holds what a lock guards, as long as it is held
``@field``             ``object.field`` where object is a plain name, ``this`` or ``self``
``@member``, ``@variable``  declared names of fields, and of variables and parameters inside and outside functions
``@typed``, ``@hint``  declarations whose text tells what kind of object their names hold; ``@hint`` makes none
``@sync.MECHANISM.OPERATION``  with ``@target`` inside, or ``.this`` added when the object itself is the target
``@suspension.KIND``, ``@nondeterminism.KIND``, ``@iterated``, ``@raise``, ``@catch``, ``@finally`` (their
``@exception`` inside), ``@assertion``: the facts of these names
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

_QUERIES = Path(__file__).parent / "queries"


@dataclass(frozen=True, slots=True)
class Table:
    """One language. Every pattern is a regular expression that is searched for.

    Patterns of calls are held against the callee with ``::`` and ``->`` written as ``.`` and without arguments and
    type arguments: ``self.map.lock().insert``. ``suspensions``, ``nondeterminism`` and ``storage`` map a kind or a
    mode to its pattern; ``syncs`` is (mechanism, operation, pattern), the first that fits counts. ``kinds`` says
    what a declared name holds, by the text of the declaration: a mechanism, or ``unordered`` for a collection
    without order; ``methods`` is (mechanism, operation, pattern of the method) for names so declared.
    """

    name: str
    family: str
    suffixes: tuple[str, ...]
    grammar: str
    entry: str
    queries: tuple[str, ...]
    receivers: frozenset[str] = frozenset()
    bare_members: bool = False
    kinds: Mapping[str, str] = field(default_factory=dict)
    methods: tuple[tuple[str, str, str], ...] = ()
    syncs: tuple[tuple[str, str, str], ...] = ()
    suspensions: Mapping[str, str] = field(default_factory=dict)
    nondeterminism: Mapping[str, str] = field(default_factory=dict)
    storage: Mapping[str, str] = field(default_factory=dict)
    mutators: str = r"$^"
    raises: str = r"$^"
    catches: str = r"$^"
    asserts: str = r"$^"

    def patterns(self) -> tuple[str, ...]:
        """The queries, read from the package's data."""
        return tuple((_QUERIES / f"{name}.scm").read_text(encoding="utf-8") for name in self.queries)


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a callee's name says of a call; None and False where it says nothing."""

    sync: tuple[str, str] | None
    suspends: str | None
    differs: str | None
    stores: str | None
    mutates: bool
    raises: bool
    catches: bool
    asserts: bool


class Meanings:
    """The patterns of a table made ready when they are first asked for, each callee asked about once."""

    def __init__(self, table: Table) -> None:
        self._table = table
        self._known: dict[str, Meaning] = {}

    @cached_property
    def _patterns(self) -> _Patterns:
        return _Patterns(self._table)

    def of(self, callee: str) -> Meaning:
        """What calling ``callee`` means, by its name alone."""
        known = self._known.get(callee)
        if known is None:
            patterns = self._patterns
            known = Meaning(
                next(((mechanism, op) for mechanism, op, text in patterns.syncs if text.search(callee)), None),
                _first(patterns.suspensions, callee),
                _first(patterns.nondeterminism, callee),
                _first(patterns.storage, callee),
                patterns.mutators.search(callee) is not None,
                patterns.raises.search(callee) is not None,
                patterns.catches.search(callee) is not None,
                patterns.asserts.search(callee) is not None,
            )
            if len(self._known) < 100_000:
                self._known[callee] = known
        return known

    def kind(self, declaration: str) -> str | None:
        """What a name declared so holds: a mechanism, ``unordered``, or None."""
        return _first(self._patterns.kinds, declaration)

    def method(self, kind: str, method: str) -> tuple[str, str] | None:
        """(mechanism, operation) of calling ``method`` on a name that holds ``kind``."""
        return next(
            ((kind, op) for mech, op, text in self._patterns.methods if mech == kind and text.search(method)), None
        )


class _Patterns:
    """What a table says of names, compiled: some milliseconds a language."""

    def __init__(self, table: Table) -> None:
        self.syncs = [(mechanism, operation, re.compile(text)) for mechanism, operation, text in table.syncs]
        self.methods = [(mechanism, operation, re.compile(text)) for mechanism, operation, text in table.methods]
        self.kinds = {kind: re.compile(text) for kind, text in table.kinds.items()}
        self.suspensions = {kind: re.compile(text) for kind, text in table.suspensions.items()}
        self.nondeterminism = {kind: re.compile(text) for kind, text in table.nondeterminism.items()}
        self.storage = {mode: re.compile(text) for mode, text in table.storage.items()}
        self.mutators, self.raises = re.compile(table.mutators), re.compile(table.raises)
        self.catches, self.asserts = re.compile(table.catches), re.compile(table.asserts)


def _first(patterns: Mapping[str, re.Pattern[str]], text: str) -> str | None:
    return next((kind for kind, pattern in patterns.items() if pattern.search(text)), None)
