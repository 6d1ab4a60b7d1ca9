"""Which actions still model the code they were written of: by content, wherever it stands now."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

from code2tla.fingerprint import Fingerprints
from extractor.types import Facts, Span, Symbol

Status: TypeAlias = Literal["same", "moved", "changed", "gone"]

#: The lines of one action.
Moved: TypeAlias = tuple[Span, ...]

_WORST_FIRST: tuple[Status, ...] = ("gone", "changed", "moved", "same")


@dataclass(frozen=True, slots=True)
class ActionDrift:
    """What became of the code of one action.

    ``then`` and ``now`` are where its first lines were and are, None where they are gone; ``places`` where all of them
    are: the whole function where lines in it say something else now, their old place if it went.
    """

    module: str
    action: str
    function: str
    status: Status
    then: Span
    now: Span | None
    places: Moved

    @property
    def stale(self) -> bool:
        """Whether the action models code that is no longer there."""
        return self.status in ("changed", "gone")


@dataclass(frozen=True, slots=True)
class Drift:
    """All actions, and the functions that touch shared state or synchronise but that no action models."""

    actions: tuple[ActionDrift, ...]
    unmodelled: tuple[Symbol, ...]

    @property
    def stale(self) -> tuple[ActionDrift, ...]:
        """The actions whose code changed or went."""
        return tuple(a for a in self.actions if a.stale)


def drift(provenances: Sequence[Mapping[str, Any]], facts: Facts) -> Drift:
    """Compare each action of these ``provenance.json`` with the feature as it is.

    An action is stale when its own lines or anything else in a function that they stand in has changed: what is
    around a line (a lock, a loop) is part of what it does.
    """
    prints = Fingerprints(facts)
    places = _Places(facts, prints)
    found: list[ActionDrift] = []
    covered: set[tuple[str, str]] = set()
    for provenance in provenances:
        for name, entry in provenance["actions"].items():
            seen = [places.now(source) for source in entry["sources"]]
            then = [Span(source["path"], source["line"], source["end_line"]) for source in entry["sources"]]
            if not seen:  # the frame's own actions model no code
                continue
            covered.update((f.span.path, f.qualname) for _, _, f in seen if f)
            worst = min((status for status, _, _ in seen), key=_WORST_FIRST.index)
            found.append(
                ActionDrift(
                    module=provenance["module"],
                    action=name,
                    function=entry["function"],
                    status=worst,
                    then=then[0],
                    now=seen[0][1],
                    places=tuple(
                        now or (function.span if function else old)
                        for old, (_, now, function) in zip(then, seen, strict=True)
                    ),
                )
            )
    return Drift(tuple(found), tuple(_unmodelled(facts, covered)))


class _Places:
    """Finds code by content: at its place, in its function, then in any function that says the same."""

    def __init__(self, facts: Facts, prints: Fingerprints) -> None:
        self._prints = prints
        self._functions = {(s.span.path, s.qualname): s for s in facts.symbols if s.kind in ("function", "method")}

    def now(self, source: Mapping[str, Any]) -> tuple[Status, Span | None, Symbol | None]:
        """What became of some lines, where they are, and the function they are in."""
        then = Span(source["path"], source["line"], source["end_line"])
        qualname, whole = source["function"], source["function_sha256"]
        named = self._functions.get((then.path, qualname))
        if named is not None and self._prints.of(named) == whole:
            now = self._prints.find(named, source["code_sha256"], source["tokens"])
            return "same" if now == then else "moved", now, named
        twin = next(iter(self._prints.functions.get(whole, ())), None)
        if twin is not None:
            return "moved", self._prints.find(twin, source["code_sha256"], source["tokens"]), twin
        if named is not None:
            return "changed", self._prints.find(named, source["code_sha256"], source["tokens"]), named
        if not qualname and self._prints.spans([then]) == source["code_sha256"]:  # at the module's own level
            return "same", then, None
        return "gone", None, None


def _unmodelled(facts: Facts, covered: set[tuple[str, str]]) -> list[Symbol]:
    """Functions that matter to other callers but in no action; constructors run before anything overlaps."""
    touching = {(a.span.path, a.function) for a in facts.accesses if a.mode != "read"}
    touching |= {(s.span.path, s.function) for s in facts.syncs}
    return [
        s
        for s in facts.symbols
        if s.kind in ("function", "method")
        and s.name != "__init__"
        and (s.span.path, s.qualname) in touching
        and (s.span.path, s.qualname) not in covered
    ]
