"""How large scenarios get: the ladder of bounds, how far it may go, and what is asked beyond a specification's own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from code2tla.settings import Settings
from specgen.types import Bounds, Property, PropertyKind, Spec

#: How the scenario grows: overlapping calls, calls made before them, level of the argument domains.
LADDER = (Bounds(2, 1, 0), Bounds(2, 2, 1), Bounds(3, 1, 1), Bounds(3, 2, 2))
#: How a sweep goes on from there, each rung dearer than the one before it.
DEEPER = (
    *(Bounds(4, 1, 1), Bounds(3, 3, 3), Bounds(4, 2, 2), Bounds(5, 1, 1), Bounds(4, 3, 3)),
    *(Bounds(5, 2, 2), Bounds(6, 1, 1), Bounds(5, 3, 3), Bounds(6, 2, 2), Bounds(6, 3, 3)),
)
#: The most calls that a specification has properties of its own for.
OWN_CALLERS = 3

_LARGER: tuple[tuple[str, PropertyKind, str, str, str], ...] = (
    ("Serializable", "serializable", "Finished", "Explained", "end only as some order of them would"),
    ("NoDeadlock", "deadlock", "Quiescent", "StuckExplained", "wait for ever only where some order of them would"),
)


@dataclass(frozen=True, slots=True)
class Limits:
    """``seconds`` for everything that is checked together; ``memory_mb``, ``states``, ``workers`` for each run of TLC.

    ``callers`` and ``before`` are the largest scenario. With ``sweep`` the ladder goes on until the time is spent.
    """

    seconds: float = 60.0
    memory_mb: int = 2048
    states: int | None = None
    callers: int = 3
    before: int = 2
    sweep: bool = False
    workers: int = 1

    @classmethod
    def of(cls, settings: Settings) -> Limits:
        """What the settings of a run allow."""
        return cls(
            seconds=settings.budget,
            memory_mb=settings.memory_mb,
            states=settings.states,
            callers=settings.callers,
            before=settings.before,
            sweep=settings.sweep,
            workers=settings.workers,
        )


def ladder(limits: Limits) -> tuple[Bounds, ...]:
    """The rungs within the limits; the first is always there, cut down to them."""
    rungs = (*LADDER, *DEEPER) if limits.sweep else LADDER
    inside = [b for b in rungs if b.callers <= limits.callers and b.before <= limits.before]
    return tuple(inside) or (Bounds(2, min(1, limits.before), 0),)


def larger(spec: Spec, callers: int) -> tuple[Property, ...]:
    """The oracle's properties for more calls than the specification has properties of its own for."""
    if callers <= OWN_CALLERS:
        return ()
    return tuple(
        Property(
            f"{stem}_of_{callers}",
            kind,
            f"{stem}_of_{callers} == {when} => {then}",
            f"{callers} overlapping calls {plain}.",
        )
        for stem, kind, when, then, plain in _LARGER
        if f"\n{then} ==" in spec.text
    )


def words(bounds: Bounds) -> str:
    """The bounds as a person says them."""
    if not bounds.before:
        return f"{bounds.callers} calls, no earlier call"
    return f"{bounds.callers} calls after at most {bounds.before} earlier call{'s' if bounds.before != 1 else ''}"


def largest(explored: Sequence[Bounds]) -> tuple[Bounds, ...]:
    """Of these scenarios those that no other one contains, in their order."""
    return tuple(b for b in explored if not any(_within(b, other) for other in explored if other != b))


def _within(bounds: Bounds, other: Bounds) -> bool:
    return bounds.callers <= other.callers and bounds.before <= other.before and bounds.level <= other.level
