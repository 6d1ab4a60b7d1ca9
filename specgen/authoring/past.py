"""The pass over the history: mechanisms that commits brought or took away, held against what is modelled."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from specgen.authoring.answers import HistoryAnswer
from specgen.authoring.brief import HistoryNote
from specgen.authoring.desk import Desk, planned, promised
from specgen.authoring.tasks import editable

#: Commits per task.
_AT_ONCE = 6


@dataclass(frozen=True, slots=True)
class Remembered:
    """What became of one commit's mechanism: whether it is modelled, by which actions, and why (not)."""

    commit: str
    modelled: bool
    actions: tuple[str, ...]
    reason: str


def remember(desk: Desk) -> dict[str, Remembered]:
    """Hold the specification against every history note, and have written what it lacks; by commit."""
    found: dict[str, Remembered] = {}
    notes = desk.brief.history
    for at in range(0, len(notes), _AT_ONCE):
        batch = notes[at : at + _AT_ONCE]
        shown = {note.commit: note for note in batch}
        answer = desk.ask(
            lambda again, batch=batch: desk.asking.history(desk.draft, batch, again),  # type: ignore[misc]
            HistoryAnswer,
            lambda given, shown=shown: _accepted(desk, shown, given),  # type: ignore[misc]
        )
        if answer is not None:
            _carry_out(desk, shown, answer, found)
    return found


def _accepted(desk: Desk, shown: Mapping[str, HistoryNote], answer: HistoryAnswer) -> tuple[HistoryAnswer | None, str]:
    told = [_full(shown, m.commit) for m in answer.mechanisms]
    if "" in told:
        return None, f"mechanisms: {answer.mechanisms[told.index('')].commit} is none of the commits that were shown"
    if missing := [commit for commit in shown if commit not in told]:
        return None, f"mechanisms: nothing is said of commit {missing[0][:12]}"
    names = editable(desk.draft)
    for mechanism in answer.mechanisms:
        if unknown := [n for n in (*mechanism.actions, *mechanism.change) if n not in names]:
            return None, f"mechanisms: {unknown[0]} is nothing in this specification"
    actions = [planned(a) for a in answer.new_actions]
    properties = [promised(p, 1) for p in answer.new_properties]
    wrong = desk.gate.names(desk.draft, [a.name for a in actions] + [p.name for p in properties])
    wrong = wrong or desk.gate.places(s for a in actions for s in a.sources)
    wrong = wrong or desk.gate.places(s for p in properties for s in p.sources)
    wrong = wrong or next((w for a in actions if (w := desk.gate.parameters(a))), "")
    return (None, wrong) if wrong else (answer, "")


def _carry_out(
    desk: Desk, shown: Mapping[str, HistoryNote], answer: HistoryAnswer, found: dict[str, Remembered]
) -> None:
    for action in answer.new_actions:
        desk.write_action(planned(action))
    for number, prop in enumerate(answer.new_properties, len(desk.draft.properties) + 1):
        desk.write_property(promised(prop, number))
    for mechanism in answer.mechanisms:
        commit = _full(shown, mechanism.commit)
        for name in dict.fromkeys(mechanism.change):
            reason = f"The {shown[commit].mechanism} of commit {commit[:12]} is not modelled: {mechanism.reason}"
            desk.mend(name, reason)
        found[commit] = Remembered(commit, mechanism.modelled, tuple(mechanism.actions), mechanism.reason)


def _full(shown: Mapping[str, HistoryNote], commit: str) -> str:
    return next((known for known in shown if known.startswith(commit)), "")
