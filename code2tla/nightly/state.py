"""``nightly.json``: what earlier nights know, so that the next one goes deeper instead of starting over."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType

from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError

from code2tla.checked import Checked, Passed, Rung
from code2tla.rundir import digest, write_text
from specgen.types import Bounds, Spec

FILE_NAME = "nightly.json"
SCHEMA = "code2tla/nightly/1"


class _Deepest(BaseModel):
    """What was explored of one specification without finding anything.

    ``rungs`` are numbers of callers, earlier calls, level, outcomes and distinct states.
    """

    model_config = ConfigDict(extra="forbid")

    rungs: tuple[tuple[int, int, int, int, int], ...]
    fired: dict[str, int]
    held: tuple[str, ...]
    files: dict[str, str]


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid")

    schema_: str
    commit: str | None
    verdict: str
    findings: dict[str, str | None]
    deepest: dict[str, _Deepest]


@dataclass(frozen=True, slots=True)
class State:
    """What is known after a night.

    ``findings`` maps each finding's id to the commit it was first seen at; ``passed`` is by the digest of a
    specification's text.
    """

    commit: str | None = None
    verdict: str = ""
    findings: Mapping[str, str | None] = field(default_factory=lambda: MappingProxyType({}))
    passed: Mapping[str, Passed] = field(default_factory=lambda: MappingProxyType({}))


def read(path: Path) -> State | None:
    """What earlier nights left; None where there is nothing, or nothing that this version can use."""
    try:
        raw = json.loads(path.read_text(encoding="utf-8"))
        known = TypeAdapter(_File).validate_python({"schema_": raw.pop("schema"), **raw})
    except (OSError, ValueError, KeyError, AttributeError, TypeError, ValidationError):
        return None
    if known.schema_ != SCHEMA:
        return None
    return State(known.commit, known.verdict, known.findings, {k: _passed(v) for k, v in known.deepest.items()})


def write(path: Path, state: State) -> None:
    """Leave it for the next night. Raises InputError if it cannot be written."""
    deepest = {key: _plain(passed) for key, passed in state.passed.items()}
    value = {"schema": SCHEMA, "commit": state.commit, "verdict": state.verdict, "findings": dict(state.findings)}
    write_text(path, json.dumps(value | {"deepest": deepest}, indent=1, ensure_ascii=True) + "\n")


def passed_by(checked: Sequence[tuple[Spec, Checked]]) -> dict[str, Passed]:
    """What the next night need not explore again: only where nothing at all was found."""
    return {
        digest(spec.text): Passed(
            rungs=seen.rungs,
            fired=dict(seen.fired),
            held=tuple(name for name, status in seen.properties.items() if status == "holds"),
            files=dict(seen.files),
        )
        for spec, seen in checked
        if seen.rungs and not seen.findings and seen.verdict in ("verified", "inconclusive")
    }


def _passed(known: _Deepest) -> Passed:
    rungs = tuple(Rung(Bounds(*row[:3]), *row[3:]) for row in known.rungs)
    return Passed(rungs, known.fired, known.held, known.files)


def _plain(passed: Passed) -> dict[str, object]:
    return {
        "rungs": [[r.bounds.callers, r.bounds.before, r.bounds.level, r.outcomes, r.distinct] for r in passed.rungs],
        "fired": dict(passed.fired),
        "held": list(passed.held),
        "files": dict(passed.files),
    }
