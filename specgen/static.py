"""The static author: a compiler from a documented subset of Python to TLA+, no model involved."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from extractor.types import Facts
from specgen.ir import Program
from specgen.lower.program import InvariantUnsupported, NothingToModel, WrittenInvariant, lower_target
from specgen.plan import make_plan
from specgen.source import Sources
from specgen.types import Plan, Spec, Target


class StaticAuthor:
    """Plans and writes without a model. One instance serves one set of facts."""

    name = "static"

    def __init__(self, facts: Facts) -> None:
        self.facts = facts
        self.sources = Sources(facts)

    def plan(self, only: Sequence[str] = ()) -> Plan:
        """Which shared objects to model; ``only`` names classes."""
        return make_plan(self.facts, self.sources, only)

    def program(self, target: Target, invariants: Iterable[WrittenInvariant] = ()) -> Program:
        """The target between Python and TLA+. Raises NothingToModel and InvariantUnsupported."""
        return lower_target(self.sources, target, invariants)

    def write(self, target: Target, invariants: Iterable[WrittenInvariant] = ()) -> Spec:
        """The specification of a target. Raises NothingToModel and InvariantUnsupported."""
        from specgen.steps import build

        return build(self.program(target, invariants))


__all__ = ["InvariantUnsupported", "NothingToModel", "StaticAuthor", "WrittenInvariant"]
