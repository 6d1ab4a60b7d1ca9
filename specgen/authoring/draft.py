"""A specification while it is being written: what the author has said, as data, and the changes that are made to it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal, TypeAlias

from extractor.types import Span
from specgen.ir import Assumption
from specgen.types import Spec

PropertyKind: TypeAlias = Literal["invariant", "temporal", "assertion"]
Strength: TypeAlias = Literal["weak", "strong"]


@dataclass(frozen=True, slots=True)
class Constant:
    """A constant and its value on each rung of the ladder, as TLA+ text; the last one where it grows no further.

    A value is a number, TRUE, FALSE, a string, or a set of model values such as ``{w1, w2}``.
    """

    name: str
    meaning: str
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class StateVariable:
    """A variable: ``init`` and ``type_ok`` are formulas, ``target`` is what it stands for in the code (``self.table``).

    ``target`` is "" for what the code does not name, such as where a call stands.
    """

    name: str
    meaning: str
    init: str
    type_ok: str
    target: str = ""
    source: Span | None = None


@dataclass(frozen=True, slots=True)
class Helper:
    """An operator that actions and properties use: its whole definition."""

    name: str
    definition: str
    meaning: str


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter of an action and the set its values come from, as TLA+ text."""

    name: str
    range: str


@dataclass(frozen=True, slots=True)
class DraftAction:
    """One atomic step. ``definition`` is "" until it is written.

    ``abstractions`` are sentences on what it leaves out or does otherwise than the code. A ``hole`` is an action that
    nobody could write within the gate: it is there, it never happens, and it is counted.
    """

    name: str
    purpose: str
    parameters: tuple[Parameter, ...] = ()
    sources: tuple[Span, ...] = ()
    definition: str = ""
    reads: tuple[str, ...] = ()
    writes: tuple[str, ...] = ()
    abstractions: tuple[str, ...] = ()
    author: str = ""
    hole: bool = False


@dataclass(frozen=True, slots=True)
class DraftProperty:
    """A property in words, and its definition once it is written; ``rank`` 1 matters most."""

    name: str
    kind: PropertyKind
    words: str
    rank: int = 1
    sources: tuple[Span, ...] = ()
    definition: str = ""
    hole: bool = False


@dataclass(frozen=True, slots=True)
class Fairness:
    """An action that is not put off for ever while it can be taken."""

    action: str
    strength: Strength = "weak"


@dataclass(frozen=True, slots=True)
class LeftOut:
    """Something of the feature that is not modelled, and why."""

    what: str
    why: str


@dataclass(frozen=True, slots=True)
class Draft:
    """Everything an author has written so far.

    ``skeleton`` is the static author's specification where that is the starting point: ``actions`` then holds what
    was rewritten or added, and the rest is the skeleton's.
    """

    module: str
    title: str
    author: str
    constants: tuple[Constant, ...] = ()
    variables: tuple[StateVariable, ...] = ()
    helpers: tuple[Helper, ...] = ()
    actions: tuple[DraftAction, ...] = ()
    properties: tuple[DraftProperty, ...] = ()
    fairness: tuple[Fairness, ...] = ()
    left_out: tuple[LeftOut, ...] = ()
    assumptions: tuple[Assumption, ...] = ()
    skeleton: Spec | None = None

    def action_named(self, name: str) -> DraftAction | None:
        """The authored action of this name."""
        return next((a for a in self.actions if a.name == name), None)

    def property_named(self, name: str) -> DraftProperty | None:
        """The authored property of this name."""
        return next((p for p in self.properties if p.name == name), None)

    def with_action(self, action: DraftAction) -> Draft:
        """The draft with this action in place of the one of its name, or after the others."""
        return replace(self, actions=_put(self.actions, action))

    def with_property(self, prop: DraftProperty) -> Draft:
        """The draft with this property in place of the one of its name, or after the others."""
        return replace(self, properties=_put(self.properties, prop))

    def written_actions(self) -> tuple[DraftAction, ...]:
        """The actions that have a definition."""
        return tuple(a for a in self.actions if a.definition)

    def written_properties(self) -> tuple[DraftProperty, ...]:
        """The properties that have a definition, those that matter most first."""
        return tuple(sorted((p for p in self.properties if p.definition), key=lambda p: p.rank))

    @property
    def rungs(self) -> int:
        """How many sizes of its constants there are to check."""
        return max((len(c.values) for c in self.constants), default=1)


_Named = DraftAction | DraftProperty


def _put(items: tuple, new: _Named) -> tuple:  # type: ignore[type-arg]
    if any(item.name == new.name for item in items):
        return tuple(new if item.name == new.name else item for item in items)
    return (*items, new)
