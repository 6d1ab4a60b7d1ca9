"""Which properties notice a changed specification: they are printed, once each, and the search ends when all were."""

from __future__ import annotations

from collections.abc import Sequence

from code2tla.runners import Recorded
from specgen import printing
from specgen.types import Bounds, Spec
from tlc_runner.types import Budget, Job, Outcome

_TAG = "code2tla-noticed"


def noticed(
    spec: Spec, bounds: Bounds, outcomes: Sequence[str], wanted: Sequence[str], oracle: Recorded, budget: Budget
) -> tuple[str, ...] | None:
    """Which of ``wanted`` the specification violates where ``outcomes`` are allowed.

    None where it violates none in what was explored, and not everything was.
    """
    names = [p.name for p in spec.properties if p.name in wanted]
    if not names:
        return ()
    stem = next(stem for n in range(1, 1000) if (stem := "Noticed" + "_" * n) not in spec.text)
    serial, module = printing.serial_module(spec, outcomes)
    root = f"{spec.module}{stem}"
    job = Job(
        modules={
            f"{spec.module}.tla": printing.module_text(spec),
            serial: module,
            f"{root}.tla": _root(spec, stem, names),
        },
        root=root,
        cfg=printing.cfg(spec, bounds, True, ()).replace("INVARIANTS TypeOK\n", f"INVARIANTS {stem}\n"),
        budget=budget,
        coverage=False,
    )
    result = oracle.ask(job).result
    found = tuple(
        names[int(line[:-2].rpartition(" ")[2]) - 1] for line in result.prints if line.startswith(f'<<"{_TAG}"')
    )
    return found if found or result.outcome is Outcome.PASSED else None


def _root(spec: Spec, stem: str, names: Sequence[str]) -> str:
    """A module with one invariant that holds until no property has; registers remember which did not."""
    numbers = f"1..{len(names)}"
    lines = [
        f"---- MODULE {spec.module}{stem} ----",
        f"EXTENDS {spec.module}",
        f"ASSUME \\A {stem}n \\in {numbers} : TLCSet({stem}n, 0)",
        f"{stem}Ask({stem}n, {stem}h) ==",
        f"    IF {stem}h \\/ TLCGet({stem}n) = 1 THEN TRUE",
        f'    ELSE TLCSet({stem}n, 1) /\\ PrintT(<<"{_TAG}", {stem}n>>)',
        # Of a variable, since TLC works constants out before it starts.
        f"{stem}All({stem}v) == \\A {stem}n \\in {numbers} : TLCGet({stem}n) = 1",
        f"{stem} ==",
        *(f"    /\\ {stem}Ask({number}, {name})" for number, name in enumerate(names, 1)),
        f"    /\\ ~{stem}All(at)",
        "====",
    ]
    return "\n".join(lines) + "\n"
