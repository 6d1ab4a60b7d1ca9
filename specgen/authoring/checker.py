"""What the writing loop asks of a model checker; whoever runs TLC implements it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from extractor.types import Span
from specgen.authoring.draft import Draft


@dataclass(frozen=True, slots=True)
class Complaint:
    """An error of the parser or of the evaluation; ``name`` is the definition that it stands in, "" if in none."""

    text: str
    name: str = ""


@dataclass(frozen=True, slots=True)
class Trial:
    """A small run, on the smallest bounds and a fixed number of states at most.

    ``fired`` are the actions that were taken; ``complete`` if everything was explored, so that the others never are.
    """

    complaint: Complaint | None
    fired: frozenset[str] = frozenset()
    complete: bool = False


@dataclass(frozen=True, slots=True)
class TraceStep:
    """One step of a counterexample: the action, the lines that it models, and the variables that it changed."""

    action: str
    process: str
    sources: tuple[Span, ...]
    changed: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Violated:
    """A violated property with its shortest trace. ``initial`` is the first state, as text by variable.

    ``summary`` is a sentence on what is wrong at the end, "" where there is none. ``property`` is ``TypeOK`` where
    the specification leaves its own types.
    """

    property: str
    kind: str
    words: str
    initial: Mapping[str, str]
    steps: tuple[TraceStep, ...]
    summary: str = ""

    def signature(self) -> tuple[str, ...]:
        """Equal for the same property violated along the same actions."""
        return (self.property, *(step.action for step in self.steps))


@dataclass(frozen=True, slots=True)
class Verification:
    """All that a check of the whole specification found.

    ``complaint`` where it could not be evaluated; ``never`` are actions that were never taken, ``reason`` a sentence
    on how it ended.
    """

    complaint: Complaint | None
    violated: tuple[Violated, ...]
    never: tuple[str, ...]
    reason: str


class Checker(Protocol):
    """Runs TLC on drafts. A run that is done again with the same draft gives the same answer."""

    def trial(self, draft: Draft, properties: Sequence[str] = ()) -> Trial:
        """Try what is written so far, and evaluate these properties; that one is violated is no complaint."""
        ...

    def check(self, draft: Draft) -> Verification:
        """Check the specification with all its properties, as far as the bounds and the budget go."""
        ...
