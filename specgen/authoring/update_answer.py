"""An answer to the task of bringing a plan up to date: which steps take which places, and what is wrong with it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TypeAlias

from specgen.authoring.answers import UpdateAnswer
from specgen.authoring.desk import Desk
from specgen.authoring.draft import Constant, Draft, DraftAction, DraftProperty, Helper, StateVariable

_Named: TypeAlias = Constant | StateVariable | Helper | DraftAction | DraftProperty


def complaint(desk: Desk, answer: UpdateAnswer) -> str:
    """What is wrong with the names of an answer, or with the reasons for them; "" if nothing is."""
    return next(_complaints(desk, answer), "")


def replaced(answer: UpdateAnswer) -> dict[str, str]:
    """Each step of an answer with the earlier one whose place it takes: its own name's, unless another takes that."""
    taken = {a.was for a in answer.actions}
    return {a.name: a.was or ("" if a.name in taken else a.name) for a in answer.actions}


def _complaints(desk: Desk, answer: UpdateAnswer) -> Iterator[str]:
    """What is wrong with the names of an answer, and with the reasons for them."""
    draft, brief = desk.draft, desk.brief
    given = _given(answer)
    there = {x.name for group in _things(draft) for x in group}
    own = {a.name for a in draft.actions}
    places = [was for was in replaced(answer).values() if was]
    yield from (f"{name} is named twice" for i, name in enumerate(given) if name in given[:i])
    if draft.skeleton is not None and (answer.constants or answer.variables):
        yield "constants and variables are the compiler's here; leave both lists empty"
    yield from (f"remove: {name} is nothing that can go" for name in answer.remove if name not in there)
    yield from (f"remove: {name} is also given anew" for name in answer.remove if name in (*given, *places))
    for action in answer.actions:
        if action.was and action.was not in own:
            yield f"actions: {action.name} takes the place of {action.was}, which is no step of the earlier plan"
    yield from (f"actions: two steps take the place of {was}" for i, was in enumerate(places) if was in places[:i])
    for drifted in brief.earlier.stale if brief.earlier else ():
        if drifted.became == "gone" and drifted.action in own and drifted.action not in (*places, *answer.remove):
            yield f"the code of {drifted.action} is gone; give in `actions` what it is now, or name it in `remove`"
    for fair in answer.fairness:
        if fair.action not in {a.name for a in answer.actions}:
            yield f"fairness: {fair.action} is neither new nor planned anew"
    yield from _unreasoned(desk, answer)


def _unreasoned(desk: Desk, answer: UpdateAnswer) -> Iterator[str]:
    changed = {*_given(answer), *answer.remove}
    said = [name for reason in answer.reasons for name in reason.names]
    yield from (f"reasons: {name} is not among what changes" for name in said if name not in changed)
    yield from (f"reasons: nothing is said of {name}" for name in sorted(changed - set(said)))
    for reason in answer.reasons:
        for quote in reason.evidence:
            if wrong := desk.evidence.unquoted(quote.path, quote.line, quote.quote):
                yield f"reasons: evidence: {wrong}"
        if reason.commit and not any(n.commit.startswith(reason.commit) for n in desk.brief.history):
            yield f"reasons: {reason.commit} is none of the commits that were shown"
        if not (reason.evidence or reason.commit or set(reason.names) <= set(answer.remove)):
            yield f"reasons: give a line of the code or a commit that shows it of {', '.join(reason.names)}"


def _given(answer: UpdateAnswer) -> list[str]:
    groups = (answer.constants, answer.variables, answer.helpers, answer.actions, answer.properties)
    return [x.name for group in groups for x in group]


def _things(draft: Draft) -> tuple[Sequence[_Named], ...]:
    return (draft.constants, draft.variables, draft.helpers, draft.actions, draft.properties)
