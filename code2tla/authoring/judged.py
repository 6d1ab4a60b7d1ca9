"""What an author leaves in the result: who it was and what it cost, judgements, flags, and what it could not do."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace

from code2tla.authoring.ladder import bounds_of
from code2tla.checked import Checked
from reports.result import AssumptionResult, LedgerFlag, Result, ViolationResult
from reports.result import Author as AuthorResult
from specgen.authoring.draft import Draft
from specgen.authoring.loop import Authored
from specgen.authoring.types import Author


def told(part: Result, authored: Authored, checked: Checked | None, author: Author) -> Result:
    """A part of the result with what the author did about it."""
    usage = authored.usage
    draft = authored.draft
    free = draft is not None and draft.skeleton is None
    plain = {p.name: p.plain.rstrip(".") for p in part.properties}
    coming = {p.name for p in draft.properties if re.search(r"<>|~>", p.definition)} if draft else set()
    violations = tuple(_violation(_retold(v, plain, free, v.property in coming), authored) for v in part.violations)
    part = replace(
        part,
        author=AuthorResult(
            author.name,
            author.model,
            usage.calls,
            usage.cached_calls,
            usage.input_tokens,
            usage.output_tokens,
            usage.usd,
            usage.lost_calls,
            usage.lost_tokens,
            usage.lost_usd,
        ),
        violations=violations,
        assumptions=(*part.assumptions, *_assumptions(authored)),
        flags=tuple(
            LedgerFlag(e.flag, e.name, f"{e.reason} (ledger entry {e.number})") for e in authored.flags if e.flag
        ),
        notes=(*part.notes, *authored.notes),
    )
    if free and draft is not None:
        part = replace(part, bounds=_bounds(draft, checked))
    return _judged(part, authored)


def _judged(part: Result, authored: Authored) -> Result:
    """The verdict that is left once the author's judgements and its end are known."""
    if authored.stopped:
        violated = len(part.violations)
        so_far = "1 property is" if violated == 1 else f"{violated} properties are"
        found = f"; {so_far} violated so far" if violated else ""
        return replace(part, verdict="inconclusive", reason=f"the author stopped early: {authored.stopped}{found}")
    if part.verdict == "violated" and all(v.classification == "spec" for v in part.violations):
        reason = "only the specification is wrong where it is violated, says its author, and it was not mended"
        return replace(part, verdict="inconclusive", reason=reason)
    return part


def _retold(violation: ViolationResult, plain: Mapping[str, str], free: bool, coming: bool) -> ViolationResult:
    """A violation in words of its own where there are no calls to tell of, or no last step that is wrong.

    ``coming``: the property says what must come, so that it fails by what goes on for ever.
    """
    if not free and violation.kind != "temporal":
        return violation
    names = list(dict.fromkeys(step.action for step in violation.trace))
    steps = f"After {', '.join(names[:8])}{', ...' if len(names) > 8 else ''}" if names else "At the start"
    words = plain.get(violation.property) or violation.property
    end = "and for ever after, this does not come about" if coming else "this does not hold"
    trace = tuple(replace(step, process="system", outcome=None) if free else step for step in violation.trace)
    return replace(violation, summary=f"{steps}, {end}: {words}.", trace=trace, scenario=None)


def _violation(violation: ViolationResult, authored: Authored) -> ViolationResult:
    judgement = authored.judgements.get(violation.property)
    if judgement is not None:
        lines = "; ".join(f"{p.path}:{p.line} `{' '.join(p.quote.split())}`" for p in judgement.evidence)
        summary = f"{violation.summary} The author says ({judgement.classification}): {judgement.reason} ({lines})"
        return replace(violation, classification=judgement.classification, summary=summary)
    return violation


def _assumptions(authored: Authored) -> Iterable[AssumptionResult]:
    for number, judgement in enumerate(authored.judgements.values(), 1):
        if judgement.assumption:
            yield AssumptionResult(f"authored-{number}", judgement.assumption)


def _bounds(draft: Draft, checked: Checked | None) -> dict[str, object]:
    if checked is None or not checked.rungs:
        return {}
    return dict(bounds_of(draft, checked.rungs[-1].bounds.level))
