"""The first three tasks: the plan, the architecture document, and the properties in words."""

from __future__ import annotations

from dataclasses import replace

from extractor.types import Span
from specgen.authoring.answers import (
    ArchitectureAnswer,
    HelperAnswer,
    LeftOutAnswer,
    PlanAnswer,
    PropertiesAnswer,
    RevisionAnswer,
)
from specgen.authoring.desk import Desk, planned, promised
from specgen.authoring.draft import Constant, Draft, DraftAction, Fairness, Helper, LeftOut, StateVariable
from specgen.authoring.tasks import editable


def plan(desk: Desk) -> bool:
    """Have it planned what is modelled; False if no plan passed the gate."""
    skeleton = desk.brief.skeleton
    if skeleton is None:
        made = desk.ask(desk.asking.plan, PlanAnswer, lambda answer: _checked(desk, _from_facts(desk.draft, answer)))
    else:
        made = desk.ask(desk.asking.plan, RevisionAnswer, lambda answer: _revision(desk, answer))
    if made is None:
        return False
    desk.draft = made
    return True


def architecture(desk: Desk) -> str:
    """The architecture document, "" if none came."""
    document = desk.ask(
        lambda again: desk.asking.architecture(desk.draft, again),
        ArchitectureAnswer,
        lambda answer: (answer.document, ""),
    )
    return document or ""


def properties(desk: Desk) -> str:
    """Have the properties put in words and ranked; their document, "" if none came."""
    made = desk.ask(
        lambda again: desk.asking.properties(desk.draft, again),
        PropertiesAnswer,
        lambda answer: _promises(desk, answer),
    )
    if made is None:
        return ""
    desk.draft, document = made
    return document


def _from_facts(draft: Draft, answer: PlanAnswer) -> Draft:
    return replace(
        draft,
        title=answer.title,
        constants=tuple(Constant(c.name, c.meaning, tuple(c.values)) for c in answer.constants),
        variables=tuple(
            StateVariable(
                v.name, v.meaning, v.init, v.type_ok, v.target,
                Span(v.source.path, v.source.line, v.source.end_line) if v.source else None,
            )
            for v in answer.variables
        ),
        helpers=_helpers(answer.helpers),
        actions=tuple(planned(a) for a in answer.actions),
        properties=tuple(promised(p, i) for i, p in enumerate(answer.properties, 1)),
        left_out=_left_out(answer.left_out),
    )  # fmt: skip


def _revision(desk: Desk, answer: RevisionAnswer) -> tuple[Draft | None, str]:
    rewritten: list[DraftAction] = []
    for name in dict.fromkeys(answer.rewrite):
        action = desk.action(name)
        if action is None:
            return None, f"rewrite: {name} is no action of the draft"
        rewritten.append(action)
    draft = replace(
        desk.draft,
        title=answer.title,
        helpers=_helpers(answer.helpers),
        actions=(*rewritten, *(planned(a) for a in answer.actions)),
        properties=tuple(promised(p, i) for i, p in enumerate(answer.properties, 1)),
        left_out=_left_out(answer.left_out),
    )
    clash = [a.name for a in answer.actions if desk.action(a.name) is not None]
    if clash:
        return None, f"actions: {clash[0]} is there already; name it in `rewrite` to change it"
    return _checked(desk, draft)


def _promises(desk: Desk, answer: PropertiesAnswer) -> tuple[tuple[Draft, str] | None, str]:
    draft = replace(
        desk.draft,
        properties=tuple(promised(p, i) for i, p in enumerate(answer.properties, 1)),
        fairness=tuple(Fairness(f.action, f.strength) for f in answer.fairness),
    )
    known = {name for name in editable(draft) if desk.action(name)} | {a.name for a in draft.actions}
    unknown = [f.action for f in answer.fairness if f.action not in known]
    if unknown:
        return None, f"fairness: {unknown[0]} is no action"
    checked, wrong = _checked(desk, draft)
    return (None, wrong) if checked is None else ((checked, answer.document), "")


def _checked(desk: Desk, draft: Draft) -> tuple[Draft | None, str]:
    wrong = desk.gate.plan(draft)
    return (None, wrong) if wrong else (draft, "")


def _helpers(given: list[HelperAnswer]) -> tuple[Helper, ...]:
    return tuple(Helper(h.name, h.definition, h.meaning) for h in given)


def _left_out(given: list[LeftOutAnswer]) -> tuple[LeftOut, ...]:
    return tuple(LeftOut(x.what, x.why) for x in given)
