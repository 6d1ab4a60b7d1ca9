"""The author that writes a specification task by task, in the pipeline's words: what it starts from, what it leaves."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import PurePath

from code2tla.authoring import judged
from code2tla.authoring.checker import TlcChecker
from code2tla.authors import Author as StaticDraft
from code2tla.checked import Checked
from code2tla.decisions import Decided
from code2tla.settings import Settings
from extractor.history.types import History, HistoryFinding
from extractor.types import Facts, Span
from reports.result import HistoryResult, Result
from specgen.authoring import loop
from specgen.authoring.brief import Brief, HistoryNote, Limits
from specgen.authoring.draft import Draft
from specgen.authoring.ledger import Entry
from specgen.authoring.loop import Authored
from specgen.authoring.printing import to_spec
from specgen.authoring.tla import is_identifier
from specgen.authoring.types import Author
from specgen.types import Plan, Spec, Target

#: Commits of the history that an author is asked about at most, the newest.
_COMMITS = 24


@dataclass(frozen=True, slots=True)
class Told:
    """What people and git tell an author: history notes, guidance, and answered questions."""

    history: tuple[HistoryNote, ...] = ()
    guidance: str = ""
    answered: tuple[tuple[str, str], ...] = ()

    @classmethod
    def of(cls, past: History, decided: Decided) -> Told:
        """From the history and ``decisions.toml``: the newest commits, one note each, and what has an answer."""
        by_commit: dict[str, list[HistoryFinding]] = {}
        for finding in past.findings:
            by_commit.setdefault(finding.commit, []).append(finding)
        notes = tuple(_note(found) for found in list(by_commit.values())[:_COMMITS])
        return cls(notes, decided.guidance, tuple((q.text, q.answer) for q in decided.questions if q.answer))


@dataclass(slots=True)
class WritingAuthor:
    """Has each target written by ``author``, on the static author's draft where there is one.

    ``mistakes`` are the compiler's own failures, for the log.
    """

    facts: Facts
    settings: Settings
    author: Author
    checker: TlcChecker
    told: Told = Told()
    mistakes: list[str] = field(default_factory=list)
    _written: dict[str, Authored] = field(default_factory=dict)
    _notes: Mapping[Target, Sequence[HistoryNote]] = field(default_factory=dict)

    def plan(self) -> Plan:
        """The static author's targets, or the whole feature where it starts from the facts. Raises UsageError."""
        plan = StaticDraft(self.facts, self.settings).plan() if self.settings.start == "draft" else None
        if plan is None or not plan.targets:
            plan = Plan(self.facts.feature, (_whole(self.facts),), {})
        self._notes = _shared_out(self.told.history, plan.targets)
        return plan

    def write(self, target: Target) -> Spec | str:
        """The specification of a target, or why there is none. Raises AnswerPending and TranscriptDiverges."""
        skeleton = self._skeleton(target)
        module = skeleton.module if skeleton else _module(target, self.facts)
        brief = Brief(
            facts=self.facts,
            module=module,
            skeleton=skeleton,
            history=tuple(self._notes[target]),
            guidance=self.told.guidance,
            answered=self.told.answered,
            limits=Limits(self.settings.repairs, self.settings.rounds),
        )
        authored = self.authored(brief)
        self._written[module] = authored
        if authored.draft is None:
            return authored.stopped or "; ".join(authored.notes) or "the author planned nothing"
        return to_spec(authored.draft)

    def authored(self, brief: Brief) -> Authored:
        """What the author makes of one specification. Raises AnswerPending and TranscriptDiverges."""
        return loop.write(brief, self.author, self.checker)

    def check(self, specs: Sequence[Spec]) -> list[Checked]:
        """What TLC says of each specification that was written."""
        return [self.checker.verify(draft) for spec in specs if (draft := self._written[spec.module].draft)]

    def result(self, part: Result, checked: Checked | None) -> Result:
        """The part of the result with what the author knows of it."""
        authored = self._written.get(part.spec.module) or next(iter(self._written.values()), None)
        if authored is None:
            return part
        return judged.told(part, authored, checked, self.author)

    def files(self, spec: Spec) -> dict[str, str]:
        """What is written beside a specification: documents, ledger and draft."""
        authored = self._written[spec.module]
        found = {
            "ledger.jsonl": _ledger(authored.ledger),
            "draft.json": json.dumps(_draft(authored.draft, self.facts), indent=2, ensure_ascii=True) + "\n",
        }
        if authored.architecture:
            found["architecture.md"] = authored.architecture.strip() + "\n"
        if authored.properties:
            found["properties.md"] = authored.properties.strip() + "\n"
        return found

    def remembered(self, found: tuple[HistoryResult, ...]) -> tuple[HistoryResult, ...]:
        """The history with what the author said of each commit."""
        said = {commit: r for authored in self._written.values() for commit, r in authored.remembered.items()}
        return tuple(
            replace(f, modelled=said[f.commit].modelled, actions=said[f.commit].actions) if f.commit in said else f
            for f in found
        )

    def _skeleton(self, target: Target) -> Spec | None:
        if self.settings.start == "facts" or not target.operations:
            return None
        static = StaticDraft(self.facts, self.settings)
        made = static.write(target)
        self.mistakes += static.mistakes
        return made if isinstance(made, Spec) else None


def _shared_out(notes: Sequence[HistoryNote], targets: Sequence[Target]) -> Mapping[Target, Sequence[HistoryNote]]:
    """Each note for the target that its lines are of, else of whose file, else the first: it is asked about once."""
    found: dict[Target, list[HistoryNote]] = {target: [] for target in targets}
    for note in notes:
        beside = [t for t in targets if note.now is not None and t.path == note.now.path]
        around = [t for t in beside if note.now is not None and t.span.line <= note.now.line <= t.span.end_line]
        found[(around or beside or targets)[0]].append(note)
    return found


def _note(found: Sequence[HistoryFinding]) -> HistoryNote:
    """All findings of one commit as one note."""
    first = found[0]
    mechanisms = dict.fromkeys(f"{f.mechanism} {f.target}".strip() for f in found)
    quote = "\n".join(dict.fromkeys(f.quote for f in found))
    now = next((f.now for f in found if f.now), None)
    return HistoryNote(
        first.commit, first.date, first.subject, first.kind, ", ".join(m for m in mechanisms if m), quote, now
    )


def _whole(facts: Facts) -> Target:
    """The feature as one target, for an author that starts from the facts."""
    first = next((f for f in facts.files if f.text), None)
    path = first.path if first else facts.feature
    mode = "asyncio" if any(s.kind == "await" for s in facts.suspensions) else "threads"
    lines = first.text.count("\n") + 1 if first else 1
    return Target(path, None, (), mode, Span(path, 1, lines))  # type: ignore[arg-type]


def _module(target: Target, facts: Facts) -> str:
    """The module's name: the class's, else the feature's in capitals at each word."""
    words = re.findall(r"[A-Za-z0-9]+", target.cls or PurePath(facts.feature).stem or PurePath(facts.repo).name)
    name = "".join(word[:1].upper() + word[1:] for word in words).lstrip("0123456789")
    return name if is_identifier(name) else f"{name}Feature"


def _ledger(entries: Sequence[Entry]) -> str:
    return "".join(json.dumps(asdict(entry), ensure_ascii=True) + "\n" for entry in entries)


def _draft(draft: Draft | None, facts: Facts) -> Mapping[str, object]:
    """The draft as JSON; of the skeleton only its name, since the specification itself lies beside it.

    ``commit`` is the one that its places are of, None where the source was no commit's.
    """
    if draft is None:
        return {}
    known = {"schema": "code2tla/draft/1", "commit": None if facts.dirty else facts.commit}
    whole = asdict(replace(draft, skeleton=None))
    return {**known, **whole, "skeleton": draft.skeleton.module if draft.skeleton else None}
