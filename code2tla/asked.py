"""What the audit of one specification knows so far: who noticed a mutant, and the time left to learn more."""

from __future__ import annotations

import time
from collections.abc import Sequence
from threading import Lock

from code2tla.checked import Checked
from code2tla.runners import Recorded
from specgen import printing
from specgen.types import Bounds, Property, Spec
from tlc_runner.types import Budget, Job

#: Seconds below which another run is not begun.
_LEAST = 2.0
#: The part of the time left that one run may take.
_SHARE = 0.5
#: A mutant or a changed program may have so many times the states of the specification itself, and at least so many.
_TIMES, _FEWEST = 4, 2_000


class Asked:
    """Shared by the threads of one audit. ``killers`` are, by property that holds, the mutants that it noticed."""

    def __init__(self, spec: Spec, checked: Checked, oracle: Recorded, seconds: float, memory_mb: int) -> None:
        self.spec = spec
        self.checked = checked
        self.oracle = oracle
        self.memory_mb = memory_mb
        self.holding = [p for p in spec.properties if checked.properties.get(p.name) == "holds"]
        self.killers: dict[str, set[str]] = {p.name: set() for p in self.holding}
        self._end = time.monotonic() + seconds
        self._serial = Lock()

    @property
    def over(self) -> bool:
        """Whether there is no time for another run."""
        return self._end - time.monotonic() < _LEAST

    @property
    def left(self) -> float:
        """Seconds for what is left to do, enough for a run that has been begun."""
        return max(self._end - time.monotonic(), _LEAST)

    @property
    def share(self) -> float:
        """Seconds for one run of several."""
        return max(self.left * _SHARE, _LEAST)

    def note(self, name: str, mutant: str) -> None:
        """A property has noticed a mutant."""
        if name in self.killers:
            self.killers[name].add(mutant)

    def of(self, callers: int) -> list[Property]:
        """Properties that a scenario of so many overlapping calls can decide."""
        of_three = [p for p in self.holding if len(p.operations) == 3 or p.name.endswith("_of_three")]
        return of_three if callers == 3 else [p for p in self.holding if p not in of_three]

    def silent(self, callers: int) -> list[Property]:
        """Those of them that have noticed nothing yet."""
        return [p for p in self.of(callers) if not self.killers[p.name]]

    def size(self, bounds: Bounds) -> int:
        """States of the specification in a scenario, or in one like it; 0 where none is known."""
        alike = {r.bounds: r.distinct for r in self.checked.rungs if r.bounds.callers == bounds.callers}
        return alike.get(bounds, min(alike.values(), default=0))

    def states(self, bounds: Bounds) -> int:
        """States that a mutant of the specification may have in a scenario."""
        return max(_TIMES * self.size(bounds), _FEWEST)

    def budget(self, bounds: Bounds) -> Budget:
        """Limits of one run of a changed specification."""
        return Budget(self.share, self.memory_mb, self.states(bounds) * _TIMES)

    def outcomes(self, spec: Spec, bounds: Bounds) -> tuple[str, ...] | None:
        """The outcomes of one call at a time; None where there was no time for all of them."""
        if self.over:
            return None
        name, module = printing.serial_module(spec, ())
        job = Job(
            modules={f"{spec.module}.tla": printing.module_text(spec), name: module},
            root=spec.module,
            cfg=printing.cfg(spec, bounds, False),
            budget=Budget(self.left, self.memory_mb),
        )
        with self._serial:  # the other thread often wants the same, which then is there
            result = self.oracle.ask(job).result
        return tuple(sorted(set(result.prints))) if result.complete else None


def names(properties: Sequence[Property]) -> list[str]:
    """What properties are called."""
    return [p.name for p in properties]
