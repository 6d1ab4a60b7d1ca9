"""The static author: a compiler from a documented subset of Python to TLA+, no model involved."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from extractor.types import Facts
from specgen.definitions import Definitions
from specgen.ir import Program
from specgen.lower.memory import Memory
from specgen.lower.program import InvariantUnsupported, NothingToModel, WrittenInvariant, lower_target
from specgen.lower.remembered import dumps, loads
from specgen.plan import make_plan
from specgen.sources import Sources
from specgen.types import Plan, Spec, Target


@dataclass(frozen=True, slots=True)
class Extraction:
    """What it took to write one target: the operations that had to be lowered and why, and those taken over.

    ``remembered`` is for the extraction at the next commit.
    """

    anew: Mapping[str, str]
    taken_over: tuple[str, ...]
    remembered: str


class StaticAuthor:
    """Plans and writes without a model. One instance serves one set of facts."""

    name = "static"

    def __init__(self, facts: Facts) -> None:
        self.facts = facts
        self.sources = Sources(facts)
        self._definitions = Definitions(self.sources)
        self._took: dict[Target, tuple[tuple[str, ...], Mapping[str, str]]] = {}
        self._memories: dict[Target, Memory] = {}

    def plan(self, only: Sequence[str] = ()) -> Plan:
        """Which shared objects to model; ``only`` names classes."""
        return make_plan(self.facts, self.sources, only)

    def name_of(self, target: Target) -> str:
        """A name for the target that stays when files move: its class, or where its module is below the feature."""
        same = [t for t in self.plan().targets if t.cls == target.cls]
        within = f"{target.cls} in " if target.cls else ""
        return target.cls if target.cls and len(same) == 1 else f"{within}{self.sources.below(target.path)}"

    def program(self, target: Target, invariants: Iterable[WrittenInvariant] = ()) -> Program:
        """The target between Python and TLA+. Raises NothingToModel and InvariantUnsupported."""
        return self._extracted(target, invariants, "")

    def _extracted(self, target: Target, invariants: Iterable[WrittenInvariant], remembered: str) -> Program:
        before = self._memories.get(target)
        memory = Memory(before.book, before.used) if before else loads(remembered, self._definitions)
        program = lower_target(self.sources, target, invariants, memory)
        self._memories[target] = memory
        self._took.setdefault(target, (tuple(operation.name for operation in program.operations), memory.anew))
        return program

    def extraction(self, target: Target) -> Extraction:
        """What it took to write the target, which was done before."""
        names, why = self._took[target]
        anew = {name: why[name] for name in names if name in why}
        return Extraction(anew, tuple(n for n in names if n not in anew), dumps(self._memories[target]))

    def write(self, target: Target, invariants: Iterable[WrittenInvariant] = (), remembered: str = "") -> Spec:
        """The specification of a target; ``remembered`` is what its extraction at an earlier commit left, if anything.

        Raises NothingToModel and InvariantUnsupported.
        """
        from specgen.steps import build

        return build(self._extracted(target, invariants, remembered))


__all__ = ["InvariantUnsupported", "NothingToModel", "StaticAuthor", "WrittenInvariant"]
