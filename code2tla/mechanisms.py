"""Whether the specification sees what the mechanisms are there for: it is written again without each of them.

What is asked is whether calls still end only as the specification lets them end one at a time. Where history took a
commit back that changed what callers see, the two cannot be compared, and the changed program is held against itself.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from code2tla.asked import Asked, names
from code2tla.changed import Change, Fate
from code2tla.noticed import noticed
from extractor.history.types import HistoryFinding
from reports.result import AuditFinding, MutantResult
from specgen.types import Bounds, Spec

_TWO, _THREE = Bounds(2, 1, 0), Bounds(3, 0, 0)
#: The most overlapping calls that are tried for what nobody noticed.
_MOST = 3
_BOX = re.compile(r"\[(\w+) :")


class Mechanisms:
    """The changed programs of one audit, and what came of them."""

    def __init__(self, asked: Asked, changes: Sequence[Change]) -> None:
        self._asked = asked
        self._changes = changes
        self._fates: list[tuple[Change, Fate, tuple[str, ...]]] = []
        self._explained: set[HistoryFinding] = set()

    @property
    def mutants(self) -> tuple[MutantResult, ...]:
        """Every change with what came of it."""
        return tuple(change.mutant(fate, by) for change, fate, by in self._fates)

    @property
    def findings(self) -> tuple[AuditFinding, ...]:
        """The mechanisms without which nothing goes wrong, each once."""
        told: set[HistoryFinding] = set()
        found: list[AuditFinding] = []
        for change, fate, _ in self._fates:
            if fate == "survived" and self._is_open(change) and not (change.about and told.issuperset(change.about)):
                told.update(change.about)
                found.append(change.finding)
        return tuple(found)

    def try_all(self) -> None:
        """In the smallest scenarios first; what nobody noticed there goes on to those that the check explored."""
        open_ones: list[tuple[int, Spec]] = []
        for change in sorted(self._changes, key=lambda c: c.kind != "keep-lock"):
            if change.kind == "revert" and self._explained.issuperset(change.about):
                continue  # the lock, say, that it added
            if change.kind == "keep-lock" and not (self._waiting(_TWO) or self._waiting(_THREE)):
                continue  # that is for those who wait for ever, which else is hard to bring about
            spec = change.spec() if not self._asked.over else None
            if spec is None and change.kind != "revert":
                continue
            fate, by = self._fate(change, spec, self._smallest(change)) if spec else ("not_run", ())
            self._keep(len(self._fates), change, fate, by)
            if spec and fate == "survived" and change.mechanism:
                open_ones.append((len(self._fates) - 1, spec))
        for at, spec in open_ones:
            change = self._fates[at][0]
            for rung in self._asked.checked.rungs:
                if rung.bounds.callers <= _MOST and self._is_open(change):
                    self._keep(at, change, *self._fate(change, spec, [rung.bounds]))

    def _smallest(self, change: Change) -> list[Bounds]:
        """Two calls; and three, where properties of three that wait for ever have noticed nothing yet."""
        return [_TWO, _THREE] if change.kind == "keep-lock" and self._waiting(_THREE) else [_TWO]

    def _waiting(self, bounds: Bounds) -> bool:
        """Whether a property of waiting for ever has noticed nothing yet."""
        return any(p.kind == "deadlock" for p in self._asked.silent(bounds.callers))

    def _is_open(self, change: Change) -> bool:
        """Whether no change that takes the same away was noticed."""
        return bool(change.mechanism) and not self._explained.intersection(change.about)

    def _keep(self, at: int, change: Change, fate: Fate, by: tuple[str, ...]) -> None:
        self._fates[at:] = [(change, fate, by), *self._fates[at + 1 :]]
        for name in by:
            self._asked.note(name, f"{change.kind} {change.subject}")
        if fate == "killed":
            self._explained.update(change.about)

    def _fate(self, change: Change, spec: Spec, scenarios: Sequence[Bounds]) -> tuple[Fate, tuple[str, ...]]:
        """Who notices a changed specification in these scenarios; it survived only if all were explored."""
        own = change.kind == "revert" and not _comparable(spec, self._asked.spec)
        by: list[str] = []
        explored = False
        for bounds in scenarios:
            alike = [p for p in spec.properties if len(p.operations) == bounds.callers]
            wanted = alike if own else self._asked.of(bounds.callers)
            if not wanted:
                continue
            outcomes = self._asked.outcomes(spec if own else self._asked.spec, bounds)
            found = None
            if outcomes is not None:
                budget = self._asked.budget(bounds)
                found = noticed(spec, bounds, outcomes, names(wanted), self._asked.oracle, budget)
            if found is None:
                return ("killed", tuple(by)) if by else ("not_run", ())
            by += found
            explored = True
        return "killed" if by else "survived" if explored else "not_run", tuple(dict.fromkeys(by))


def _comparable(one: Spec, other: Spec) -> bool:
    """Whether outcomes of the two are told in the same words: calls, results, and what callers see of the object."""
    return _words(one) == _words(other)


def _words(spec: Spec) -> tuple[object, ...]:
    lines = spec.text.splitlines()
    results = next((line for line in lines if line.startswith("    /\\ result \\in ")), "")
    told = [_definition(lines, name) for name in ("Calls", "View", "Outcome")]
    return (*told, bool(_BOX.search(results)), sorted(spec.operations))


def _definition(lines: Sequence[str], name: str) -> tuple[str, ...]:
    start = next((at for at, line in enumerate(lines) if line.startswith(f"{name} ==")), len(lines))
    end = next((at for at in range(start, len(lines)) if not lines[at].strip()), len(lines))
    return tuple(lines[start:end])
