"""Where a specification is written: the draft, whoever writes it, the gate, and the ledger of changes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TypeVar

from extractor.types import Span
from specgen.authoring import answers, ledger
from specgen.authoring.answers import (
    ActionAnswer,
    AnAnswer,
    Lines,
    PlannedAction,
    PlannedProperty,
    PropertyAnswer,
    TypeAnswer,
)
from specgen.authoring.brief import Brief
from specgen.authoring.checker import Checker
from specgen.authoring.draft import Draft, DraftAction, DraftProperty, Parameter
from specgen.authoring.evidence import Evidence
from specgen.authoring.gate import Gate
from specgen.authoring.ledger import FlagKind, Ledger, Proof
from specgen.authoring.printing import to_spec
from specgen.authoring.tasks import Again, Asking
from specgen.authoring.types import Author, AuthorUnavailable, CapReached, Task, Usage

_Answer = TypeVar("_Answer", bound=AnAnswer)
_Made = TypeVar("_Made")

#: As much of an unusable answer as the next attempt is shown, in characters.
_SHOWN = 5_000


class Desk:
    """One specification in the making. ``draft`` only ever holds what has passed the gate."""

    def __init__(self, brief: Brief, author: Author, checker: Checker, draft: Draft) -> None:
        self.brief = brief
        self.author = author
        self.checker = checker
        self.draft = draft
        self.evidence = Evidence(brief.facts)
        self.asking = Asking(brief, self.evidence)
        self.gate = Gate(checker, self.evidence)
        self.ledger = Ledger()
        self.usage = Usage()
        #: By the name of an action or property that is planned anew, what it said before.
        self.before: dict[str, str] = {}
        #: Actions whose code has changed and that nobody has brought up to date yet.
        self.stale: set[str] = set()
        #: Sentences on answers that could not be used to the end.
        self.notes: list[str] = []

    def ask(
        self, make: Callable[[Again], Task], model: type[_Answer], accept: Callable[[_Answer], tuple[_Made | None, str]]
    ) -> _Made | None:
        """What ``accept`` makes of the answer; None when no attempt could be used.

        Each further attempt is told what was wrong. Raises what the author raises.
        """
        again = Again()
        while True:
            task = make(again)
            try:
                reply = self.author.answer(task)
            except (AuthorUnavailable, CapReached):
                if again.wrong:
                    self._unusable(task, again.wrong)
                raise
            self.usage += reply.usage
            answer, wrong = answers.read(model, reply.text)
            if answer is not None:
                made, wrong = accept(answer)
                if made is not None and not wrong:
                    return made
            if again.attempt > self.brief.limits.repairs:
                break
            again = Again(again.attempt + 1, reply.text[:_SHOWN], wrong)
        self._unusable(task, wrong)
        return None

    def _unusable(self, task: Task, wrong: str) -> None:
        self.notes.append(f"No answer to the {task.kind} task {task.subject!r} could be used: {wrong[:300]}")

    def write_action(self, action: DraftAction, reason: str = "", evidence: Sequence[Proof] = ()) -> bool:
        """Have an action written, or mended for a ``reason``; False if no definition of it passed the gate.

        Where there is no definition a hole is left then; an action that was accepted before stays as it is.
        """
        before = self.draft
        old = self.said(action.name)

        def accept(answer: ActionAnswer) -> tuple[Draft | None, str]:
            changed, wrong = self.gate.action(before, action, answer)
            return changed, wrong

        made = self.ask(
            lambda again: self.asking.action(before, action, again, reason if old else "", old), ActionAnswer, accept
        )
        if made is None:
            if not _definition(before, action.name):
                self.leave_hole(action, "no definition passed the gate")
            return False
        self.draft = made
        self.stale.discard(action.name)
        self.ledger.record("action", action.name, old, _definition(made, action.name), reason or "written", evidence)
        return _definition(made, action.name) != old

    def leave_hole(self, action: DraftAction, why: str) -> None:
        """Put a visible hole in the place of an action: it is there and never happens."""
        old = self.said(action.name)
        head = f"{action.name}({', '.join(p.name for p in action.parameters)})" if action.parameters else action.name
        hole = replace(
            action, definition=f"{head} ==\n    FALSE /\\ UNCHANGED vars", reads=(), writes=(), abstractions=(),
            author=self.draft.author, hole=True,
        )  # fmt: skip
        self.draft = self.draft.with_action(hole)
        was = self.draft.skeleton is not None or bool(old)
        self.ledger.record("action", action.name, old, "", why, flag="vanished-action" if was and old else "hole")

    def write_property(self, prop: DraftProperty, reason: str = "", evidence: Sequence[Proof] = ()) -> bool:
        """Have a property written or mended; False if nothing changed. A first one that fails the gate is a hole."""
        before = self.draft
        old = prop.definition or self.before.get(prop.name, "")

        def accept(answer: PropertyAnswer) -> tuple[Draft | None, str]:
            return self.gate.property(before, prop, answer)

        made = self.ask(
            lambda again: self.asking.property(before, prop, again, reason if old else "", old), PropertyAnswer, accept
        )
        if made is None:
            if not prop.definition:
                self.draft = before.with_property(replace(prop, hole=True))
                flag: FlagKind = "weakened-property" if old else "hole"
                self.ledger.record("property", prop.name, old, "", "no definition passed the gate", flag=flag)
            return False
        new = next(p.definition for p in made.properties if p.name == prop.name)
        self.draft = made
        weaker = bool(old) and ledger.weakened(prop.name, old, new)
        self.ledger.record(
            "property", prop.name, old, new, reason or "written", evidence, "weakened-property" if weaker else ""
        )
        return new != old

    def mend(self, name: str, reason: str, evidence: Sequence[Proof] = ()) -> bool:
        """Have the action, property or type of this name mended; False if nothing changed."""
        if (action := self.action(name)) is not None:
            return self.write_action(action, reason, evidence)
        if (prop := self.draft.property_named(name)) is not None:
            return self.write_property(prop, reason, evidence)
        if any(v.name == name for v in self.draft.variables):
            return self._retype(name, reason, evidence)
        return False

    def action(self, name: str) -> DraftAction | None:
        """The action of this name as one that may be written: the draft's own, or the skeleton's."""
        if (found := self.draft.action_named(name)) is not None:
            return found
        skeleton = self.draft.skeleton
        old = next((a for a in skeleton.actions if a.name == name), None) if skeleton else None
        if old is None:
            return None
        purpose = "; ".join(f"{a.construct}: {a.instead}" for a in old.abstractions)
        bare = f"\n{name} ==" in f"\n{old.text}"
        return DraftAction(
            name,
            purpose or f"One step of {old.function}.",
            () if bare else (Parameter("c", "Everyone"),),
            old.sources,
        )

    def said(self, name: str) -> str:
        """What an action says now, or said before it was planned anew."""
        return _definition(self.draft, name) or self.before.get(name, "")

    def _retype(self, name: str, reason: str, evidence: Sequence[Proof]) -> bool:
        before = self.draft
        old = next(v.type_ok for v in before.variables if v.name == name)
        made = self.ask(
            lambda again: self.asking.typing(before, name, again, reason),
            TypeAnswer,
            lambda answer: self.gate.typing(before, name, answer),
        )
        if made is None:
            return False
        self.draft = made
        new = next(v.type_ok for v in made.variables if v.name == name)
        if new != old:
            self.ledger.record("type", name, old, new, reason, evidence, "widened-bound")
        return new != old


def planned(action: PlannedAction) -> DraftAction:
    """An action as an answer plans it."""
    return DraftAction(
        action.name,
        action.purpose,
        tuple(Parameter(p.name, p.range) for p in action.parameters),
        spans(action.sources),
    )


def promised(prop: PlannedProperty, rank: int) -> DraftProperty:
    """A property as an answer puts it in words."""
    return DraftProperty(prop.name, prop.kind, prop.words, rank, spans(prop.sources))


def spans(lines: Sequence[Lines]) -> tuple[Span, ...]:
    """Places of an answer as spans."""
    return tuple(Span(s.path, s.line, s.end_line) for s in lines)


def _definition(draft: Draft, name: str) -> str:
    if (action := draft.action_named(name)) is not None:
        return action.definition
    if draft.skeleton is None:
        return ""
    return next((a.text for a in to_spec(draft).actions if a.name == name), "")
