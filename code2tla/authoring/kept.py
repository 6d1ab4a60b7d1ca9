"""What a model or an agent wrote, read from its specification directory to be taken up again."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

from pydantic import TypeAdapter, ValidationError

from code2tla.authoring.places import Places
from code2tla.errors import InputError
from code2tla.nightly.drift import Drift, Moved, drift
from code2tla.nightly.kept import Kept
from code2tla.rundir import digest
from extractor.types import Facts, Span
from specgen.authoring.brief import Drifted, Earlier
from specgen.authoring.draft import Draft
from specgen.authoring.ledger import Entry

_MEND = "take it from version control, or write the specification again"
_DRAFT = TypeAdapter(Draft)
_ENTRY = TypeAdapter(Entry)


@dataclass(frozen=True, slots=True)
class Taken:
    """Specifications that were written before, as they are taken up again.

    By module: what the writing loop goes on from, and what ``provenance.json`` says of each action. ``start`` is what
    they were written from.
    """

    earlier: Mapping[str, Earlier]
    provenance: Mapping[str, Mapping[str, Any]]
    start: Literal["draft", "facts"]


_TAKEN = TypeAdapter(Taken)


def read(kept: Kept, facts: Facts) -> Taken:
    """What a specification directory holds, at the places where its code is now. Raises InputError."""
    spec_dir = kept.spec_dir
    homes = [spec_dir, *(spec_dir / part.spec.module for part in kept.result.parts)]
    found = [(home, *_draft(home / "draft.json")) for home in homes if (home / "draft.json").is_file()]
    if not found:
        raise InputError(f"{spec_dir}: holds no draft.json: no model or agent wrote this; run code2tla on the feature")
    drifted = drift(kept.provenances, facts)
    actions = {(action.module, action.action): action.places for action in drifted.actions}
    modelled = tuple(h.commit for h in kept.result.history if h.modelled)
    earlier = {
        draft.module: Earlier(
            draft=_placed(draft, actions, Places(facts, commit)),
            stale=_stale(draft, drifted),
            unmodelled=() if on_skeleton else tuple((s.qualname, s.span) for s in drifted.unmodelled),
            modelled=modelled,
            found=_found(kept, draft.module),
            ledger=_ledger(home / "ledger.jsonl"),
            architecture=_document(home / "architecture.md"),
            properties=_document(home / "properties.md"),
        )
        for home, draft, on_skeleton, commit in found
    }
    provenance = {known["module"]: known["actions"] for known in kept.provenances}
    return Taken(earlier, provenance, "draft" if any(on_skeleton for _, _, on_skeleton, _ in found) else "facts")


def as_json(taken: Taken) -> Mapping[str, Any]:
    """For the transcript of a run that goes on from it."""
    return dict(_TAKEN.dump_python(taken, mode="json"))


def from_json(value: Mapping[str, Any]) -> Taken:
    """From the transcript. Raises InputError."""
    try:
        return _TAKEN.validate_python(value)
    except ValidationError as error:
        raise InputError(
            f"the transcript does not say what the run started from as this version does; {_MEND}"
        ) from error


def code(facts: Facts) -> str:
    """A name for the feature's source as it is."""
    return digest(*(part for file in facts.files for part in (file.path, file.text)))


def _stale(draft: Draft, drifted: Drift) -> tuple[Drifted, ...]:
    own = {action.name for action in draft.written_actions()}
    return tuple(
        Drifted(a.action, "gone" if a.status == "gone" else "changed", a.then, a.now)
        for a in drifted.stale
        if a.module == draft.module and a.action in own
    )


def _found(kept: Kept, module: str) -> tuple[str, ...]:
    parts = [part for part in kept.result.parts or (kept.result,) if part.spec.module == module]
    return tuple(f"{v.property} ({v.classification}): {v.summary}" for part in parts for v in part.violations)


def _placed(draft: Draft, actions: Mapping[tuple[str, str], Moved], places: Places) -> Draft:
    """The draft with the places of today."""

    def now(spans: Sequence[Span]) -> tuple[Span, ...]:
        return tuple(found for span in spans if (found := places.now(span)))

    return replace(
        draft,
        variables=tuple(replace(v, source=places.now(v.source) if v.source else None) for v in draft.variables),
        actions=tuple(replace(a, sources=actions.get((draft.module, a.name), a.sources)) for a in draft.actions),
        properties=tuple(replace(p, sources=now(p.sources)) for p in draft.properties),
    )


def _document(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return ""  # a run that ended early left none


def _draft(path: Path) -> tuple[Draft, bool, str | None]:
    """A draft, whether it stands on the compiler's, and the commit that its places are of."""
    try:
        value: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        value.pop("schema")
        on_skeleton, commit = value.pop("skeleton") is not None, value.pop("commit", None)
        return _DRAFT.validate_python(value | {"skeleton": None}), on_skeleton, commit
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror}); {_MEND}") from error
    except (ValueError, KeyError, AttributeError, ValidationError) as error:
        raise InputError(f"{path}: is no draft of this version; {_MEND}") from error


def _ledger(path: Path) -> tuple[Entry, ...]:
    try:
        return tuple(_ENTRY.validate_json(line) for line in path.read_text(encoding="utf-8").splitlines())
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror}); {_MEND}") from error
    except ValueError as error:
        raise InputError(f"{path}: is no ledger of this version; {_MEND}") from error
