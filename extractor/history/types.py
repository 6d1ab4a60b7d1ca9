"""History: which commits changed the safety mechanisms of a feature, mended it, or took a change back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from extractor.types import Span

Kind = Literal["added", "removed", "altered", "fix", "revert"]


@dataclass(frozen=True, slots=True)
class HistoryLimits:
    """Bounds of one reading: wall-clock seconds, commits that touch the feature, findings, bytes of one file."""

    seconds: float = 60.0
    commits: int = 20_000
    findings: int = 1_000
    file_size: int = 1_000_000


@dataclass(frozen=True, slots=True)
class HistoryFinding:
    """One change of one mechanism, or of the code where the commit mends or reverts without touching a mechanism.

    ``commit`` is the full id, ``date`` the author's, ISO 8601; ``subject`` the first line of its message.
    ``mechanism``: lock, rlock, condition, semaphore, event, queue, transaction, retry, lease, version, fence,
    idempotency, timeout, shield, ordering, or "" where none was touched; ``target`` is what it is called there.
    ``then`` are its lines in the commit (for what was removed: before it), ``now`` the same place at HEAD, None when
    it is gone; ``also`` are further places at HEAD of a mechanism that guards more than one. ``quote`` is the changed
    text, lines led by ``-`` and ``+``. ``detail`` says in words what happened. ``tests`` are the test files that the
    commit changed; ``fix`` is True when the commit mends a fault, by its words or by its shape.
    """

    commit: str
    date: str
    subject: str
    kind: Kind
    mechanism: str
    target: str
    then: Span
    now: Span | None
    quote: str
    detail: str = ""
    also: tuple[Span, ...] = ()
    tests: tuple[str, ...] = ()
    fix: bool = False
    reverts: str | None = None


@dataclass(frozen=True, slots=True)
class History:
    """What git tells of a feature, newest commit first.

    ``head`` is the commit that ``now`` speaks of, None when there is no history, and ``reason`` then says why.
    ``commits`` counts those that touched the feature and were looked at; ``notes`` are sentences on what was cut,
    missing or skipped. ``shallow`` when the clone lacks older commits; ``whole`` unless the time ran out.
    """

    feature: str
    head: str | None
    findings: tuple[HistoryFinding, ...] = ()
    commits: int = 0
    shallow: bool = False
    whole: bool = True
    reason: str = ""
    notes: tuple[str, ...] = ()
