"""What a run gives the writing loop: the code, where to start, what history tells, what people decided."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from extractor.types import Facts, Span
from specgen.authoring.draft import Draft
from specgen.authoring.ledger import Entry
from specgen.types import Spec


@dataclass(frozen=True, slots=True)
class HistoryNote:
    """A commit that changed a safety mechanism, mended a fault, or took a change back.

    ``quote`` is the changed text, ``now`` where those lines stand today (None: gone).
    """

    commit: str
    date: str
    subject: str
    kind: str
    mechanism: str
    quote: str
    now: Span | None = None


@dataclass(frozen=True, slots=True)
class Limits:
    """``repairs`` further attempts at one answer, ``rounds`` of checking and changing in all."""

    repairs: int = 2
    rounds: int = 4


@dataclass(frozen=True, slots=True)
class Drifted:
    """An action whose code is not what it was: its first lines ``then``, and where they are ``now`` (None: gone)."""

    action: str
    became: Literal["changed", "gone"]
    then: Span
    now: Span | None


@dataclass(frozen=True, slots=True)
class Earlier:
    """A specification that was written before, to be taken up again, its places those of the code as it is now.

    ``stale`` are the actions whose code has changed, ``unmodelled`` functions that share state and have no action, by
    qualified name, ``modelled`` the commits whose mechanisms it models, ``found`` what its last check found violated, a
    sentence each. ``ledger`` is what has happened to it so far;
    ``architecture`` and ``properties`` are its documents.
    """

    draft: Draft
    stale: tuple[Drifted, ...] = ()
    unmodelled: tuple[tuple[str, Span], ...] = ()
    modelled: tuple[str, ...] = ()
    found: tuple[str, ...] = ()
    ledger: tuple[Entry, ...] = ()
    architecture: str = ""
    properties: str = ""


@dataclass(frozen=True, slots=True)
class Brief:
    """The inputs of one specification.

    ``module`` is its name; ``skeleton`` the static author's draft, None to write from the facts alone. ``guidance`` and
    ``answered`` (question, answer) are what people wrote for the author. With ``earlier`` nothing is planned again.
    """

    facts: Facts = field(repr=False)
    module: str
    skeleton: Spec | None = field(repr=False, default=None)
    history: tuple[HistoryNote, ...] = ()
    guidance: str = ""
    answered: tuple[tuple[str, str], ...] = ()
    limits: Limits = Limits()
    earlier: Earlier | None = field(repr=False, default=None)

    @property
    def overlooked(self) -> tuple[HistoryNote, ...]:
        """The history notes on lines that are there today, and that the earlier specification does not model."""
        known = self.earlier.modelled if self.earlier else ()
        return tuple(note for note in self.history if note.now is not None and note.commit not in known)
