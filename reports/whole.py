"""A result of several shared objects: what each part says, and what only the whole says."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

from reports.result import Result, SpecResult, ViolationResult


def findings(result: Result) -> tuple[ViolationResult, ...]:
    """Return every finding of the result and of its parts, each once."""
    found: list[ViolationResult] = []
    for part in sections(result):
        found += [violation for violation in part.violations if violation not in found]
    return tuple(found)


def remainder(result: Result) -> Result:
    """Return the result without what its parts say already; the result itself where it has no parts."""
    if not result.parts:
        return result
    return dataclasses.replace(
        result,
        parts=(),
        spec=SpecResult(module="", variables=(), actions=()),
        violations=_beside(result.violations, [part.violations for part in result.parts]),
        properties=_beside(result.properties, [part.properties for part in result.parts]),
        assumptions=_beside(result.assumptions, [part.assumptions for part in result.parts]),
        nondeterminism=_beside(result.nondeterminism, [part.nondeterminism for part in result.parts]),
        history=_beside(result.history, [part.history for part in result.parts]),
        flags=_beside(result.flags, [part.flags for part in result.parts]),
        questions=_beside(result.questions, [part.questions for part in result.parts]),
        audit=None if any(part.audit for part in result.parts) else result.audit,
        conformance=None if any(part.conformance for part in result.parts) else result.conformance,
        notes=(*_beside(result.notes, [part.notes for part in result.parts]), *_shared_notes(result)),
    )


def sections(result: Result) -> tuple[Result, ...]:
    """Return the parts, or the result itself where it has none, followed by what the whole has beside its parts.

    A note that every part has is left out of them: it is the whole's.
    """
    if not result.parts:
        return (result,)
    shared = [_shared_notes(result)]
    parts = tuple(dataclasses.replace(part, notes=_beside(part.notes, shared)) for part in result.parts)
    # What has no class of its own is named after the feature's path.
    rest = dataclasses.replace(remainder(result), notes=(), feature=dataclasses.replace(result.feature, classes=()))
    own = (rest.violations, rest.properties, rest.assumptions, rest.nondeterminism, rest.history, rest.flags)
    return (*parts, rest) if any((*own, rest.questions, rest.audit, rest.conformance)) else parts


def _shared_notes(result: Result) -> tuple[str, ...]:
    if len(result.parts) < 2:
        return ()
    return tuple(note for note in result.parts[0].notes if all(note in part.notes for part in result.parts))


def _beside(items: Sequence[Any], parts: Sequence[Sequence[Any]]) -> tuple[Any, ...]:
    return tuple(item for item in items if not any(item in part for part in parts))
