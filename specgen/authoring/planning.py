"""The first three tasks: the plan, the architecture document, and the properties in words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from specgen.authoring.answers import (
    ArchitectureAnswer,
    ConstantAnswer,
    HelperAnswer,
    LeftOutAnswer,
    PlanAnswer,
    PropertiesAnswer,
    RevisionAnswer,
    VariableAnswer,
)
from specgen.authoring.desk import Desk, planned, promised, spans
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


def constants(given: Sequence[ConstantAnswer]) -> tuple[Constant, ...]:
    """Constants as an answer gives them."""
    return tuple(Constant(c.name, c.meaning, tuple(c.values)) for c in given)


def variables(given: Sequence[VariableAnswer]) -> tuple[StateVariable, ...]:
    """Variables as an answer gives them."""
    return tuple(
        StateVariable(v.name, v.meaning, v.init, v.type_ok, v.target, *(spans([v.source]) if v.source else ()))
        for v in given
    )


def helpers(given: Sequence[HelperAnswer]) -> tuple[Helper, ...]:
    """Operators as an answer gives them."""
    return tuple(Helper(h.name, h.definition, h.meaning) for h in given)


def left_out(given: Sequence[LeftOutAnswer]) -> tuple[LeftOut, ...]:
    """What an answer leaves out."""
    return tuple(LeftOut(x.what, x.why) for x in given)


def _from_facts(draft: Draft, answer: PlanAnswer) -> Draft:
    return replace(
        draft,
        title=answer.title,
        constants=constants(answer.constants),
        variables=variables(answer.variables),
        helpers=helpers(answer.helpers),
        actions=tuple(planned(a) for a in answer.actions),
        properties=tuple(promised(p, i) for i, p in enumerate(answer.properties, 1)),
        left_out=left_out(answer.left_out),
    )


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
        helpers=helpers(answer.helpers),
        actions=(*rewritten, *(planned(a) for a in answer.actions)),
        properties=tuple(promised(p, i) for i, p in enumerate(answer.properties, 1)),
        left_out=left_out(answer.left_out),
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
