"""A finished Spec as the files that TLC reads: the module, its configurations, the module of serial outcomes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from specgen.ir import ConstDecl
from specgen.render import quoted
from specgen.types import Bounds, Property, Spec

#: The highest level that constants have sizes for.
_LAST_LEVEL = 2


def module_text(spec: Spec) -> str:
    """The TLA+ module."""
    return spec.text


def cfg(spec: Spec, bounds: Bounds, overlap: bool, properties: Iterable[Property | str] = ()) -> str:
    """TLC's configuration for one run.

    With ``overlap`` calls interleave and ``properties`` are checked beside TypeOK; without it one call runs at
    a time, and every outcome is printed, one line each.
    """
    callers = ", ".join(f"c{i + 1}" for i in range(bounds.callers))
    out = [
        "CONSTANTS",
        f"    Callers = {{{callers}}}",
        f"    Before = {bounds.before}",
        f"    Overlap = {'TRUE' if overlap else 'FALSE'}",
        "    None = None",
        "    Setup = Setup",
        *(f"    {c.name} = {constant_value(c, bounds.level)}" for c in spec.constants),
        "SPECIFICATION Spec",
    ]
    names = [p if isinstance(p, str) else p.name for p in properties]
    out.append("INVARIANTS TypeOK " + (" ".join(names) if overlap else "Report"))
    if overlap and spec.text.find("\nSymmetry ==") >= 0:
        out.append("SYMMETRY Symmetry")
    return "\n".join(out).replace("TypeOK \n", "TypeOK\n").rstrip() + "\n"


def constant_value(const: ConstDecl, level: int) -> str:
    """The text of a constant's value on one level of the ladder; the last one where it grows no further."""
    if const.is_set():
        return "{" + ", ".join(f"{const.stem}{i + 1}" for i in range(constant_size(const, level))) + "}"
    return const.value[min(level, len(const.value) - 1)] if const.value else const.name


def constant_size(const: ConstDecl, level: int) -> int:
    """How many elements a constant that is a set has on one level of the ladder.

    Beyond the levels that it has sizes for, one that grows at all grows by one element a level.
    """
    size = const.size[min(level, len(const.size) - 1)]
    return size + max(level - _LAST_LEVEL, 0) if const.size[-1] > const.size[0] else size


def serial_module(spec: Spec, outcomes: Sequence[str] = ()) -> tuple[str, str]:
    """File name and text of the module of serial outcomes; empty for the run that finds them.

    ``outcomes`` are the lines that the serial run printed, in any order and as often as they came.
    """
    name = f"{spec.module}Serial"
    distinct = sorted(set(outcomes))
    head = f" MODULE {name} "
    side = max((80 - len(head)) // 2, 4)
    lines = ["-" * side + head + "-" * side]
    if distinct:
        lines += [
            f"(* Every outcome of the calls in {spec.module} that run one at a time, as TLC printed it. *)",
            "SerialOutcomes == {",
            *(f"    {quoted(o)}{',' if i < len(distinct) - 1 else ''}" for i, o in enumerate(distinct)),
            "}",
        ]
    else:
        lines += ["(* Filled from a run that lets one call go at a time. *)", "SerialOutcomes == {}"]
    lines.append("=" * (2 * side + len(head)))
    return f"{name}.tla", "\n".join(lines) + "\n"
