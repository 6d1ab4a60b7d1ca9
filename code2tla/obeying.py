"""How decisions change a result: findings borne, assumptions denied, flags resolved, questions answered."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Literal

from code2tla.decisions import Decided, Kind
from reports.result import AssumptionResult, Decision, LedgerFlag, Question, Result


def obeyed(result: Result, decided: Decided) -> Result:
    """The result with what was decided beside each thing, and the verdict that is left.

    A decided violation stays in the result and stays violated: only the exit status lets it pass. A rejected
    assumption or action takes ``verified`` away, since what was proved leans on it.
    """
    if not result.parts:
        return _with_forgotten(_part(result, decided), decided)
    parts = tuple(_part(part, decided) for part in result.parts)
    whole = replace(
        result,
        parts=parts,
        properties=tuple(p for part in parts for p in part.properties),
        violations=tuple(v for part in parts for v in part.violations),
        assumptions=tuple(a for part in parts for a in part.assumptions),
        flags=tuple(f for part in parts for f in part.flags),
        questions=tuple(q for part in parts for q in part.questions),
    )
    doubt = next((p for p in parts if p.verdict == "inconclusive"), None)
    if result.verdict == "verified" and doubt is not None:
        whole = replace(whole, verdict="inconclusive", reason=doubt.reason)
    return _with_forgotten(whole, decided)


def doubted(result: Result) -> Result:
    """The result without a pass where a flag of the ledger is unresolved."""
    parts = tuple(doubted(p) for p in result.parts)
    open_flags = [f for f in result.flags if not f.resolved]
    worst = next((p for p in parts if p.verdict == "inconclusive"), None)
    result = replace(result, parts=parts)
    if result.verdict != "verified":
        return result
    if open_flags:
        named = ", ".join(f"{f.subject} ({f.kind})" for f in open_flags[:5])
        return replace(result, verdict="inconclusive", reason=f"flags of the ledger are unresolved: {named}")
    return replace(result, verdict="inconclusive", reason=worst.reason) if worst else result


def stands(result: Result) -> bool:
    """Whether a violation is left that nobody has decided on, or whose decision has expired."""
    return any(v.decision is None or v.decision.expired for v in result.violations)


def open_questions(result: Result) -> tuple[Question, ...]:
    """What nobody has answered yet."""
    return tuple(q for part in _parts(result) for q in part.questions if not q.answer)


def subjects(result: Result) -> Mapping[Kind, set[str]]:
    """The ids of everything in a result that may be decided on, by kind."""
    parts = _parts(result)
    properties = {name(p, x.name) for p in parts for x in p.properties}
    return {
        "finding": properties | {name(p, v.property) for p in parts for v in p.violations},
        "property": properties,
        "assumption": {name(p, a.id) for p in parts for a in p.assumptions},
        "action": {name(p, a.name) for p in parts for a in p.spec.actions},
        "flag": {name(p, _flag(f)) for p in parts for f in p.flags},
    }


def name(part: Result, of: str) -> str:
    """The id by which a thing of one shared object is decided on: ``References.TypeOK``."""
    return f"{part.spec.module}.{of}"


def _part(part: Result, decided: Decided) -> Result:
    part = replace(
        part,
        violations=tuple(replace(v, decision=_finding(part, v.property, decided)) for v in part.violations),
        properties=tuple(replace(p, decision=decided.of("property", name(part, p.name))) for p in part.properties),
        assumptions=tuple(_assumption(part, a, decided) for a in part.assumptions),
        flags=tuple(
            replace(f, resolved=f.resolved or _accepts(decided.of("flag", name(part, _flag(f))))) for f in part.flags
        ),
        questions=tuple(_questions(part, decided)),
        spec=replace(
            part.spec,
            actions=tuple(replace(a, decision=decided.of("action", name(part, a.name))) for a in part.spec.actions),
        ),
    )
    doubt = _doubt(part)
    if doubt and part.verdict == "verified":
        part = replace(part, verdict="inconclusive", reason=doubt)
    return part


def _finding(part: Result, prop: str, decided: Decided) -> Decision | None:
    """A property that was rejected takes its violation with it."""
    of_property = decided.of("property", name(part, prop))
    if of_property is not None and of_property.decision == "rejected":
        return of_property
    return decided.of("finding", name(part, prop))


def _assumption(part: Result, assumption: AssumptionResult, decided: Decided) -> AssumptionResult:
    about = name(part, assumption.id)
    decision = decided.of("assumption", about) or _by_answer(about, decided)
    if decision is None:
        return assumption
    status: Literal["assumed", "accepted", "rejected"] = "assumed" if decision.expired else decision.decision
    return replace(assumption, decision=decision, status=status)


def _by_answer(about: str, decided: Decided) -> Decision | None:
    """The decision that the answer to an assumption's question comes to: it begins with yes or no."""
    answer = next((q.answer for q in decided.questions if q.about == about and q.answer), "")
    said = re.match(r"\W*(yes|no)\b", answer, re.IGNORECASE)
    if said is None:
        return None
    return Decision("accepted" if said[1].lower() == "yes" else "rejected", answer)


def _questions(part: Result, decided: Decided) -> Iterator[Question]:
    """What the author asks, and whether each assumption holds, with the answers that there are."""
    answers = {q.id: q.answer for q in decided.questions}
    asked = {q.id: q for q in part.questions}
    for assumption in part.assumptions:
        about = name(part, assumption.id)
        if decided.of("assumption", about) is None:
            id_ = f"assumption:{about}"
            asked[id_] = Question(id_, f"Does this hold? {assumption.text}", about)
    for question in asked.values():
        yield replace(question, answer=answers.get(question.id, ""))


def _doubt(part: Result) -> str:
    """Why people's decisions leave no pass, "" if they do."""
    for assumption in part.assumptions:
        if assumption.status == "rejected" and assumption.decision:
            return f"it leans on an assumption that was rejected: {assumption.text} ({assumption.decision.reason})"
    for action in part.spec.actions:
        if action.decision and action.decision.decision == "rejected" and not action.decision.expired:
            return f"the action {action.name} was rejected: {action.decision.reason}"
    return ""


def _accepts(decision: Decision | None) -> bool:
    return decision is not None and decision.decision == "accepted" and not decision.expired


def _with_forgotten(result: Result, decided: Decided) -> Result:
    """A note on each decision whose subject is no more, so that the file does not grow stale in silence."""
    known = subjects(result)
    gone = [
        f"decisions.toml decides on the {kind} {id_}, which is no more."
        for kind, entries in decided.entries.items()
        for id_ in entries
        if id_ not in known[kind]
    ]
    return replace(result, notes=(*result.notes, *gone))


def _flag(flag: LedgerFlag) -> str:
    return f"{flag.kind} {flag.subject}"


def _parts(result: Result) -> Sequence[Result]:
    return result.parts or (result,)
