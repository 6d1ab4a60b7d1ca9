"""An earlier specification, brought up to date with code that has changed since: what is asked, and in which order."""

from __future__ import annotations

from specgen.authoring.answers import DocumentAnswer, UpdateAnswer
from specgen.authoring.brief import Brief
from specgen.authoring.desk import Desk
from specgen.authoring.tasks import DocumentKind
from specgen.authoring.update import Update, read


def due(brief: Brief) -> bool:
    """Whether the code or its history has something that the earlier specification was not written of."""
    earlier = brief.earlier
    return earlier is not None and bool(earlier.stale or earlier.unmodelled or brief.overlooked)


def plan(desk: Desk) -> Update | None:
    """Have it planned what changes; None if no answer passed the gate, or nothing changes."""
    made = desk.ask(
        lambda again: desk.asking.update(desk.draft, again), UpdateAnswer, lambda answer: read(desk, answer)
    )
    if made is None:
        return None
    desk.draft = made.draft
    desk.before |= made.before
    desk.stale &= {a.name for a in made.draft.actions if a.definition or a.name not in made.before}
    for entry in made.ledger:
        because = entry.because
        desk.ledger.record(
            entry.subject, entry.name, entry.old, entry.new, because.reason, because.evidence, entry.flag or ""
        )
    return made


def document(desk: Desk, update: Update, which: DocumentKind, text: str) -> str:
    """A document as it is after the update; as it was, if no answer could be used."""
    made = desk.ask(
        lambda again: desk.asking.document(desk.draft, which, text, update.words, again),
        DocumentAnswer,
        lambda answer: (answer.document, ""),
    )
    return made or text


def carry_out(desk: Desk, update: Update) -> None:
    """Have every action and property written that the update concerns."""
    for action in desk.draft.actions:
        if (because := update.again.get(action.name)) is not None:
            desk.write_action(action, because.reason, because.evidence)
    for prop in sorted(desk.draft.properties, key=lambda p: p.rank):
        if (because := update.again.get(prop.name)) is not None:
            desk.write_property(prop, because.reason, because.evidence)
