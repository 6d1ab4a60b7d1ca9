"""What checking one specification gave, as frozen data; kept in the run directory between runs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from reports.result import AuditResult, Tlc, Verdict
from specgen.types import Bounds, Property
from tlc_runner.types import State


@dataclass(frozen=True, slots=True)
class Finding:
    """A violated property with its shortest trace, and the serial outcomes of the rung that it was found on.

    ``serial`` are the printed outcomes of one-at-a-time runs, as ``PrintT`` wrote them.
    """

    property: Property
    bounds: Bounds
    trace: tuple[State, ...]
    serial: tuple[str, ...] = field(repr=False, default=())


def rank(finding: Finding) -> tuple[int, int, str]:
    """What the code itself or its user asserts first, then wrong outcomes; the shorter trace ahead."""
    order = {"assertion": 0, "invariant": 1, "serializable": 2, "deadlock": 2, "temporal": 3}
    return order[finding.property.kind], len(finding.trace), finding.property.name


#: Stands for the types in a finding: TLC is asked for them on every rung.
TYPES = Property("TypeOK", "invariant", "", "every variable has a value of its type")


@dataclass(frozen=True, slots=True)
class Rung:
    """One completed step of the ladder: its bounds, how many serial outcomes and how many overlapping states."""

    bounds: Bounds
    outcomes: int
    distinct: int


@dataclass(frozen=True, slots=True)
class Passed:
    """What earlier checks of the very same specification explored in full without finding anything."""

    rungs: tuple[Rung, ...] = ()
    fired: Mapping[str, int] = field(default_factory=lambda: MappingProxyType({}))
    held: tuple[str, ...] = ()
    files: Mapping[str, str] = field(repr=False, default_factory=lambda: MappingProxyType({}))


@dataclass(frozen=True, slots=True)
class Checked:
    """The verdict on one specification.

    ``fired`` says how often each action was taken over all overlapping runs, ``rungs`` what was explored in full,
    ``properties`` the status of each by name: holds, violated or unchecked; ``files`` are the configuration and the
    module of serial outcomes of the last rung, by file name. ``more`` are properties of larger scenarios than the
    specification's own speak of. ``types`` is the trace along which the specification leaves its own types.
    """

    verdict: Verdict
    reason: str
    findings: tuple[Finding, ...] = ()
    properties: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    fired: Mapping[str, int] = field(default_factory=lambda: MappingProxyType({}))
    rungs: tuple[Rung, ...] = ()
    tlc: Tlc = Tlc()
    notes: tuple[str, ...] = ()
    files: Mapping[str, str] = field(repr=False, default_factory=lambda: MappingProxyType({}))
    more: tuple[Property, ...] = ()
    types: Finding | None = None


@dataclass(frozen=True, slots=True)
class Audited:
    """What the audit made of a verdict: the verdict that stands, and per property mutants decided and noticed."""

    verdict: Verdict
    reason: str
    audit: AuditResult
    mutants: Mapping[str, int]
    killed: Mapping[str, int]
