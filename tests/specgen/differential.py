"""Serial outcomes of a snippet, once from TLC on what the compiler makes of it and once from Python itself.

``compare`` compiles the source of one class, lets TLC find every outcome of calls that run one at a time, and runs
the same calls with the same arguments on the class as Python makes it. Values of both sides are brought into one
form first: numbers, booleans and texts are told apart, an opaque argument is the text of its model value, a
reference is the object it leads to, with its fields.
"""

from __future__ import annotations

from pathlib import Path

from outcomes_of_python import serial_of_python
from outcomes_of_tlc import RAISED, Call, serial_of_tlc
from snippets import Compiled, compile_all

from specgen.types import Bounds


def compare(
    directory: Path,
    source: str,
    *,
    cls: str | None = None,
    bounds: Bounds = Bounds(1, 1, 1),
    approximate: tuple[str, ...] = (),
    more_allowed: bool = False,
    joined: bool = False,
) -> Compiled:
    """Assert that TLC and Python give the same outcomes; with ``more_allowed`` TLC may give more (choices).

    ``joined``: tuples are texts put together, not tuples.
    """
    found = compile_all(directory, source, [cls] if cls else [])
    assert len(found) == 1, f"one target expected, found {sorted(found)}"
    ((name, made),) = found.items()
    seen = {f"{a.construct} -> {a.instead}" for a in made.spec.abstractions}
    missing = [a for a in approximate if not any(a in s for s in seen)]
    surplus = [s for s in seen if not any(a in s for a in approximate)]
    assert (missing, surplus) == ([], []), f"abstractions: missing {missing}, surplus {surplus}"
    of_tlc = serial_of_tlc(made, bounds, joined)
    assert {c.op for c in of_tlc.calls} == {o.name for o in made.program.operations}, sorted(
        {o.name for o in made.program.operations} - {c.op for c in of_tlc.calls}
    )
    of_python = serial_of_python(source, made, of_tlc.calls, bounds.before, name)
    lost, added = of_python - of_tlc.outcomes, of_tlc.outcomes - of_python
    if more_allowed:
        added = frozenset()
    # Cancellation comes from outside; nobody cancels the calls that Python runs.
    added = frozenset(o for o in added if o[2] != (RAISED, "CancelledError"))
    assert (lost, added) == (frozenset(), frozenset()), explain(lost, added)
    return made


def explain(lost: frozenset[tuple[object, ...]], added: frozenset[tuple[object, ...]]) -> str:
    """The differences by operation, a few of each."""
    lines = []
    for what, group in (("only Python", lost), ("only TLC", added)):
        by_op: dict[str, list[tuple[object, ...]]] = {}
        for outcome in group:
            call = outcome[1]
            assert isinstance(call, Call)
            by_op.setdefault(call.op, []).append(outcome)
        for op, found in sorted(by_op.items()):
            for start, call, result, end in sorted(found, key=lambda o: len(repr(o)))[:2]:
                lines.append(
                    f"{what}: {op} ({len(found)})\n   {call}\n   from {start}\n   gives {result}\n   to   {end}"
                )
    return "\n".join(lines)
