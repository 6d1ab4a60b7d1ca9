"""The writing loop: a function of its inputs and of the answers it is given, and of nothing else.

Run again with the same answers it makes the same specification, so that an interrupted run goes on by asking nothing
that the transcript knows.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from specgen.authoring import planning, updating
from specgen.authoring.brief import Brief, Earlier
from specgen.authoring.checker import Checker
from specgen.authoring.desk import Desk
from specgen.authoring.draft import Draft
from specgen.authoring.ledger import Entry
from specgen.authoring.past import Remembered, remember
from specgen.authoring.rounds import Judgement, Rounds
from specgen.authoring.types import Author, AuthorUnavailable, CapReached, Usage
from specgen.authoring.update import STALE


@dataclass(frozen=True, slots=True)
class Authored:
    """What the loop leaves. ``draft`` is None when there is nothing to check.

    ``judgements`` are by property, ``remembered`` by commit; ``ledger`` is all of ``ledger.jsonl``. ``stopped`` says
    why the loop ended early, "" if it did not; ``notes`` what could not be used on the way. ``stale`` are actions of an
    earlier specification whose code has changed and that nobody brought up to date.
    """

    draft: Draft | None
    usage: Usage
    architecture: str = ""
    properties: str = ""
    judgements: dict[str, Judgement] = field(default_factory=dict)
    remembered: dict[str, Remembered] = field(default_factory=dict)
    ledger: tuple[Entry, ...] = ()
    flags: tuple[Entry, ...] = ()
    stopped: str = ""
    notes: tuple[str, ...] = ()
    stale: tuple[str, ...] = ()


def write(brief: Brief, author: Author, checker: Checker) -> Authored:
    """Write a specification, task by task.

    A limit or an author that gives up ends it early with what there is. Raises AnswerPending, and TranscriptDiverges
    when a replay asks for what was not recorded.
    """
    skeleton = brief.skeleton
    title = skeleton.title if skeleton else brief.module
    draft = brief.earlier.draft if brief.earlier else Draft(brief.module, title, author.name)
    work = _Work(Desk(brief, author, checker, replace(draft, skeleton=skeleton)))
    try:
        work.run()
    except (CapReached, AuthorUnavailable) as error:
        work.desk.usage += error.usage
        work.stop(str(error))
    return work.conclude()


class _Work:
    """The stages in order, and what each leaves."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.rounds = Rounds(desk)
        self.architecture = self.properties = ""
        self.remembered: dict[str, Remembered] = {}
        self.stopped = ""

    def run(self) -> None:
        if (earlier := self.desk.brief.earlier) is not None:
            self.take_up(earlier)
        elif planning.plan(self.desk):
            self.architecture = planning.architecture(self.desk)
            self.properties = planning.properties(self.desk)
            self.write_actions()
            self.write_properties()
        else:
            self.stop("no plan passed the gate")
            return
        self.rounds.run()
        self.remembered = remember(self.desk)
        self.rounds.run()

    def take_up(self, earlier: Earlier) -> None:
        """Go on from what was written before: its plan is updated, and only what that concerns is written anew."""
        desk = self.desk
        self.architecture, self.properties = earlier.architecture, earlier.properties
        desk.ledger.entries.extend(earlier.ledger)
        desk.stale = {drifted.action for drifted in earlier.stale}
        update = updating.plan(desk) if updating.due(desk.brief) else None
        if update is None:
            for name in sorted(desk.stale):
                desk.mend(name, STALE)
            return
        if update.words:
            self.architecture = updating.document(desk, update, "architecture", self.architecture)
            self.properties = updating.document(desk, update, "properties", self.properties)
        updating.carry_out(desk, update)

    def write_actions(self) -> None:
        """One action at a time, in the plan's order."""
        for action in self.desk.draft.actions:
            self.desk.write_action(action)

    def write_properties(self) -> None:
        """One property at a time, the one that matters most first."""
        for prop in sorted(self.desk.draft.properties, key=lambda p: p.rank):
            self.desk.write_property(prop)

    def stop(self, why: str) -> None:
        """End early: what is planned and not written becomes holes, so that it shows."""
        self.stopped = why
        for action in self.desk.draft.actions:
            if not action.definition and not self._drafted(action.name):
                self.desk.leave_hole(action, "it was not written before the run ended")

    def _drafted(self, name: str) -> bool:
        skeleton = self.desk.draft.skeleton
        return skeleton is not None and any(a.name == name for a in skeleton.actions)

    def conclude(self) -> Authored:
        """Everything that was made, and what it cost."""
        desk = self.desk
        empty = desk.draft.skeleton is None and not desk.draft.variables
        return Authored(
            draft=None if empty else desk.draft,
            usage=desk.usage,
            architecture=self.architecture,
            properties=self.properties,
            judgements=self.rounds.judgements,
            remembered=self.remembered,
            ledger=tuple(desk.ledger.entries),
            flags=desk.ledger.flags,
            stopped=self.stopped,
            notes=tuple(desk.notes),
            stale=tuple(sorted(desk.stale)),
        )
