"""A specification that a model or an agent wrote, as the author of a night: what it says is kept, nobody is asked."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal, NoReturn

from pydantic import TypeAdapter, ValidationError

from code2tla.authoring import WritingAuthor
from code2tla.authoring_tlc import TlcChecker
from code2tla.checked import Checked
from code2tla.errors import InputError
from code2tla.nightly import kept as keeping
from code2tla.nightly.drift import Moved, drift, moved
from code2tla.nightly.kept import Kept
from code2tla.settings import Settings
from extractor.types import Facts
from reports.result import LedgerFlag, Result
from specgen.authoring.brief import Brief
from specgen.authoring.draft import Draft
from specgen.authoring.ledger import Entry
from specgen.authoring.loop import Authored
from specgen.authoring.types import AuthorUnavailable, Task, Usage
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
    """Hands out the drafts of a specification directory, each action at the lines where its code is now.

    ``ledgers`` are by module; ``places`` and ``stale``, what became of code that changed, by module and action.
    """

    kept: Kept
    drafts: Mapping[str, Draft]
    ledgers: Mapping[str, tuple[Entry, ...]]
    places: Mapping[tuple[str, str], Moved]
    stale: Mapping[tuple[str, str], str] = field(default_factory=dict)

    def authored(self, brief: Brief) -> Authored:
        """The specification as it was written, on the compiler's draft of the code as it is now."""
        draft = self.drafts.get(brief.module)
        if draft is None:
            return Authored(None, Usage(), stopped=f"nobody has written a specification of {brief.module} yet")
        actions = (replace(a, sources=self.places.get((brief.module, a.name), a.sources)) for a in draft.actions)
        draft = replace(draft, skeleton=brief.skeleton, actions=tuple(actions))
        ledger = self.ledgers[brief.module]
        flags = {(e.flag, e.name): e for e in ledger if e.flag}
        return Authored(draft, Usage(), ledger=ledger, flags=tuple(flags.values()))

    def result(self, part: Result, checked: Checked | None) -> Result:
        """The part with its author's earlier judgements, and a flag for each of the author's actions that is stale."""
        part = super(KeptAuthor, self).result(part, checked)
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
        """The draft with its new places; the ledger and the documents stay as they are."""
        return {name: text for name, text in super(KeptAuthor, self).files(spec).items() if name == "draft.json"}


def kept_author(facts: Facts, settings: Settings, spec_dir: Path, checker: TlcChecker) -> KeptAuthor:
    """The author of a night. Raises InputError for a draft or ledger that cannot be read."""
    kept = keeping.read(spec_dir)
    homes = [spec_dir, *(spec_dir / part.spec.module for part in kept.result.parts)]
    read = [(*_draft(home / "draft.json"), home) for home in homes if (home / "draft.json").is_file()]
    own = {(draft.module, action.name) for draft, _, _ in read for action in draft.written_actions()}
    start: Literal["draft", "facts"] = "draft" if any(on_skeleton for _, on_skeleton, _ in read) else "facts"
    became = {"changed": "changed", "gone": "gone away"}
    drifted = drift(kept.provenances, facts).stale
    return KeptAuthor(
        facts=facts,
        settings=replace(settings, start=start),
        author=_Absent(kept.result.author.name, kept.result.author.model),
        checker=checker,
        kept=kept,
        drafts={draft.module: draft for draft, _, _ in read},
        ledgers={draft.module: _ledger(home / "ledger.jsonl") for draft, _, home in read},
        places=moved(kept.provenances, facts),
        stale={(a.module, a.action): became[a.status] for a in drifted if (a.module, a.action) in own},
    )


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
