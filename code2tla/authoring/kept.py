"""What a model or an agent wrote, taken up again: as it stands, or by an author that brings it up to date."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal, NoReturn

from pydantic import TypeAdapter, ValidationError

from code2tla import assemble, output
from code2tla.authoring.author import Told, WritingAuthor
from code2tla.authoring.checker import TlcChecker
from code2tla.checked import Checked
from code2tla.errors import InputError
from code2tla.fingerprint import Fingerprints
from code2tla.nightly import kept as keeping
from code2tla.nightly.drift import ActionDrift, Moved, drift, moved
from code2tla.nightly.kept import Kept
from code2tla.settings import Settings
from extractor.types import Facts
from reports.result import LedgerFlag, Result
from specgen.authoring import loop
from specgen.authoring.brief import Brief, Earlier
from specgen.authoring.draft import Draft
from specgen.authoring.ledger import Entry
from specgen.authoring.loop import Authored
from specgen.authoring.types import Author, AuthorUnavailable, Task, Usage
from specgen.types import Spec

#: The value of ``Settings.author`` that has a specification directory checked as it is.
NAME = "kept"

_MEND = "take it from version control, or write the specification again"
_DRAFT = TypeAdapter(Draft)
_ENTRY = TypeAdapter(Entry)


@dataclass(frozen=True, slots=True)
class _Absent:
    """Whoever wrote it, who is not asked."""

    name: str
    model: str | None

    def answer(self, task: Task) -> NoReturn:
        raise AuthorUnavailable(f"a check asks nobody, so the {task.kind} task {task.subject!r} has no answer")


@dataclass(slots=True, kw_only=True)
class KeptAuthor(WritingAuthor):
    """Takes up the drafts of a specification directory, each action at the lines where its code is now.

    ``earlier`` is by module; ``stale`` says what became of code that changed, by module and action. With ``asks`` the
    author brings that up to date, and judges what TLC finds; without, everything stays as it was written.
    """

    kept: Kept
    earlier: Mapping[str, Earlier]
    stale: Mapping[tuple[str, str], str]
    asks: bool

    def authored(self, brief: Brief) -> Authored:
        """The specification that was written, on the compiler's draft of the code as it is now."""
        earlier = self.earlier.get(brief.module)
        if earlier is None:
            return Authored(None, Usage(), stopped=f"nobody has written a specification of {brief.module} yet")
        if self.asks:
            return loop.write(replace(brief, earlier=earlier), self.author, self.checker)
        flags = {(e.flag, e.name): e for e in earlier.ledger if e.flag}
        draft = replace(earlier.draft, skeleton=brief.skeleton)
        return Authored(draft, Usage(), ledger=earlier.ledger, flags=tuple(flags.values()))

    def result(self, part: Result, checked: Checked | None) -> Result:
        """The part with its author's earlier judgements, and a flag for each of the author's actions that is stale."""
        part = super(KeptAuthor, self).result(part, checked)
        if self.asks:
            return part
        judged = {
            v.property: v.classification
            for before in self.kept.result.parts or (self.kept.result,)
            if before.spec.module == part.spec.module
            for v in before.violations
        }
        violations = tuple(replace(v, classification=judged.get(v.property, v.classification)) for v in part.violations)
        flags = [
            LedgerFlag("stale", action, f"the code that it models has {became}")
            for (module, action), became in self.stale.items()
            if module == part.spec.module
        ]
        return replace(part, violations=violations, flags=(*part.flags, *flags))

    def files(self, spec: Spec) -> dict[str, str]:
        """The draft with its new places; unless somebody was asked, the rest stays as it is.

        A stale action then keeps the hashes of the code that it was written of, so that it is stale tomorrow too.
        """
        made = super(KeptAuthor, self).files(spec)
        if self.asks:
            return made
        known = next(p for p in self.kept.provenances if p["module"] == spec.module)
        now = assemble.provenance(spec, Fingerprints(self.facts))
        actions = {
            name: known["actions"][name] if (spec.module, name) in self.stale else entry
            for name, entry in now["actions"].items()
        }
        return {"draft.json": made["draft.json"], output.PROVENANCE: output.as_text(now | {"actions": actions})}


def kept_author(
    facts: Facts, settings: Settings, spec_dir: Path, checker: TlcChecker, told: Told, author: Author | None
) -> KeptAuthor:
    """Whoever takes a specification directory up again; without ``author`` nobody is asked.

    Raises UsageError and InputError for a directory whose files cannot be read.
    """
    kept = keeping.read(spec_dir)
    homes = [spec_dir, *(spec_dir / part.spec.module for part in kept.result.parts)]
    read = [(*_draft(home / "draft.json"), home) for home in homes if (home / "draft.json").is_file()]
    if not read:
        raise InputError(f"{spec_dir}: holds no draft.json: no model or agent wrote this; run code2tla on the feature")
    places = moved(kept.provenances, facts)
    own = {(draft.module, action.name) for draft, _, _ in read for action in draft.written_actions()}
    became = {"changed": "changed", "gone": "gone away"}
    seen = [a for a in drift(kept.provenances, facts).stale if (a.module, a.action) in own]
    start: Literal["draft", "facts"] = "draft" if any(on_skeleton for _, on_skeleton, _ in read) else "facts"
    return KeptAuthor(
        facts=facts,
        settings=replace(settings, start=start),
        author=author or _Absent(kept.result.author.name, kept.result.author.model),
        checker=checker,
        told=told,
        kept=kept,
        earlier={draft.module: _earlier(draft, home, places, seen) for draft, _, home in read},
        stale={(a.module, a.action): became[a.status] for a in seen},
        asks=author is not None,
    )


def _earlier(
    draft: Draft, home: Path, places: Mapping[tuple[str, str], Moved], stale: Sequence[ActionDrift]
) -> Earlier:
    actions = tuple(replace(a, sources=places.get((draft.module, a.name), a.sources)) for a in draft.actions)
    return Earlier(
        replace(draft, actions=actions),
        tuple(a.action for a in stale if a.module == draft.module),
        _ledger(home / "ledger.jsonl"),
        _document(home / "architecture.md"),
        _document(home / "properties.md"),
    )


def _document(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return ""  # a run that ended early left none


def _draft(path: Path) -> tuple[Draft, bool]:
    """A draft, and whether it stands on the compiler's."""
    try:
        value: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        value.pop("schema")
        on_skeleton = value.pop("skeleton") is not None
        return _DRAFT.validate_python(value | {"skeleton": None}), on_skeleton
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
