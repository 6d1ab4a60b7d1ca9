"""All properties of a run as one invariant that reports each of them once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from specgen import printing
from specgen.types import Bounds, Property, Spec
from tlc_runner.types import CheckResult, Violation


class Each:
    """The wanted properties as one invariant that finds each of them violated once, at its first state.

    TLC goes on after a violation, so one run finds all; a register per property keeps it from being reported again.
    Which properties a state violates is printed ahead of its trace, and a line of its own ends the list.
    """

    _END = "code2tla-each"

    def __init__(self, spec: Spec, wanted: Sequence[Property]) -> None:
        self._spec = spec
        self._names = ["TypeOK", *(p.name for p in wanted)]
        own = {p.name for p in spec.properties}
        self._more = [p.text for p in wanted if p.name not in own]
        taken = spec.text
        self._stem = next(stem for n in range(1, 1000) if (stem := "Each" + "_" * n) not in taken)
        self.root = f"{spec.module}{self._stem}"
        #: The name of the invariant.
        self.invariant = self._stem

    @property
    def modules(self) -> dict[str, str]:
        """The module that TLC is given as its root."""
        fresh, n, h = (f"{self._stem}{word}" for word in ("Fresh", "Number", "Holds"))
        tests = [f"{fresh}({number}, {name})" for number, name in enumerate(self._names, 1)]
        lines = [
            f"---- MODULE {self.root} ----",
            f"EXTENDS {self._spec.module}",
            *self._more,
            *(f"ASSUME TLCSet({number}, 0)" for number in range(1, len(self._names) + 1)),
            f"{fresh}({n}, {h}) ==",
            f"    IF {h} \\/ TLCGet({n}) = 1 THEN TRUE",
            f'    ELSE TLCSet({n}, 1) /\\ PrintT(<<"{self._END}", {n}>>) /\\ FALSE',
            f"{self._stem} ==",
            f"    \\/ {tests[0]} /\\ FALSE \\notin {{{', '.join(tests[1:])}}}",
            f'    \\/ PrintT("{self._END}") /\\ FALSE',
            "====",
        ]
        return {f"{self.root}.tla": "\n".join(lines) + "\n"}

    def cfg(self, bounds: Bounds) -> str:
        """The configuration of the overlapping run with this invariant in place of the properties."""
        text = printing.cfg(self._spec, bounds, True, ())
        return text.replace("INVARIANTS TypeOK\n", f"INVARIANTS {self._stem}\n")

    def found(self, result: CheckResult) -> Iterator[tuple[str, Violation]]:
        """Each violated property with its violation, in the order in which TLC met them."""
        violations = iter(result.violations)
        names: list[str] = []
        for line in result.prints:
            if line == self._END:
                violation = next(violations, None)
                if violation is not None:
                    yield from ((name, violation) for name in names)
                names = []
            elif line.startswith(f'<<"{self._END}", '):
                names.append(self._names[int(line[:-2].rpartition(" ")[2]) - 1])
