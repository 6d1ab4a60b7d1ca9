"""The result: what the specification, its check and the source say together, in the words of ``result.json``."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import PurePath
from typing import Any, Literal

from code2tla import scenario, trace
from code2tla.bounds import largest
from code2tla.checked import Checked
from code2tla.fingerprint import Fingerprints
from code2tla.source import Lines
from extractor.types import Facts, Span
from reports.result import (
    ActionResult,
    Approximation,
    AssumptionResult,
    Author,
    Feature,
    NondeterminismResult,
    PropertyResult,
    Result,
    Source,
    SpecResult,
    Tlc,
    Verdict,
)
from specgen import printing
from specgen.agree import differences
from specgen.ir import Abstraction
from specgen.types import Spec, Target

NOT_AUDITED = "The properties were not audited: no mutant of the specification was tried against them."

_WORST_FIRST: tuple[Verdict, ...] = ("violated", "failed", "inconclusive", "verified")


def part(facts: Facts, target: Target, spec: Spec, checked: Checked, lines: Lines) -> Result:
    """The result of one shared object."""
    context = trace.Context.of(spec, facts, lines)
    explored = _explored(spec, checked)
    return Result(
        verdict=checked.verdict,
        reason=checked.reason,
        feature=feature(facts, (target.cls or target.path,)),
        author=Author(),
        spec=_spec(spec, checked),
        properties=tuple(
            PropertyResult(
                name=p.name,
                kind=p.kind,
                status=_status(checked.properties.get(p.name, "unchecked")),
                plain=p.plain,
                sources=sources(p.sources),
            )
            for p in (*spec.properties, *checked.more)
        ),
        violations=tuple(
            replace(trace.violation(context, finding), scenario=scenario.of(context, target, finding))
            for finding in checked.findings
        ),
        assumptions=tuple(
            AssumptionResult(a.id, a.text, source(a.source) if a.source else None) for a in spec.assumptions
        ),
        bounds=explored[-1] if explored else {},
        further_bounds=tuple(explored[:-1]),
        tlc=checked.tlc,
        notes=(*checked.notes, *_disagreements(facts, spec), NOT_AUDITED),
    )


def _disagreements(facts: Facts, spec: Spec) -> list[str]:
    """Where the index and the specification read the code differently: one of them overlooked something."""
    return [f"{d.span.path}:{d.span.line}: {d.text}." for d in differences(facts, spec)]


def unmodelled(
    facts: Facts, verdict: Verdict, reason: str, classes: Sequence[str] = (), notes: Sequence[str] = ()
) -> Result:
    """A result for what could not be modelled, or is not there to be modelled."""
    return Result(
        verdict=verdict,
        reason=reason,
        feature=feature(facts, tuple(classes)),
        author=Author(),
        spec=SpecResult(module="", variables=(), actions=()),
        notes=tuple(notes),
    )


def merged(facts: Facts, parts: Sequence[Result], notes: Sequence[str]) -> Result:
    """One result for the whole feature: the only part itself, or the worst verdict with the parts inside."""
    if len(parts) == 1:
        return replace(_with_notes(parts[0], notes), nondeterminism=nondeterminism(facts))
    verdict = next(v for v in _WORST_FIRST if any(p.verdict == v for p in parts))
    counts = [f"{n} {v}" for v in _WORST_FIRST if (n := sum(p.verdict == v for p in parts))]
    return Result(
        verdict=verdict,
        reason=f"{len(parts)} shared objects: {', '.join(counts)}",
        feature=feature(facts, tuple(name for p in parts for name in p.feature.classes)),
        author=_together([p.author for p in parts]),
        spec=SpecResult(module="", variables=(), actions=()),
        properties=tuple(x for p in parts for x in p.properties),
        violations=tuple(x for p in parts for x in p.violations),
        assumptions=tuple(x for p in parts for x in p.assumptions),
        tlc=_summed([p.tlc for p in parts]),
        notes=tuple(dict.fromkeys([*notes, *(note for p in parts for note in p.notes)])),
        parts=tuple(parts),
        nondeterminism=nondeterminism(facts),
    )


def nondeterminism(facts: Facts) -> tuple[NondeterminismResult, ...]:
    """Every source of nondeterminism in the feature, in the order of the source."""
    found = sorted(facts.nondeterminism, key=lambda n: (n.span.path, n.span.line))
    return tuple(NondeterminismResult(n.kind, source(n.span), n.text, n.function) for n in found)


def feature(facts: Facts, classes: tuple[str, ...]) -> Feature:
    """What was looked at."""
    return Feature(repo=PurePath(facts.repo).name, path=facts.feature, commit=facts.commit, classes=classes)


def source(span: Span) -> Source:
    """A span in the result's own words."""
    return Source(span.path, span.line, span.end_line)


def sources(spans: Sequence[Span]) -> tuple[Source, ...]:
    """Spans in the result's own words."""
    return tuple(source(span) for span in spans)


def provenance(spec: Spec, prints: Fingerprints) -> dict[str, Any]:
    """``provenance.json``: for each action where it comes from, hashes of that code, and what it touches."""
    return {
        "schema": "code2tla/provenance/1",
        "module": spec.module,
        "actions": {
            a.name: {
                "function": a.function,
                "sources": [_origin(span, prints) for span in a.sources],
                "reads": sorted(a.reads),
                "writes": sorted(a.writes),
                "author": a.author,
            }
            for a in spec.actions
        },
    }


def _origin(span: Span, prints: Fingerprints) -> dict[str, object]:
    """Some lines, and by what they are known again: their own tokens, and those of the function they stand in."""
    function = prints.around(span)
    return {
        "path": span.path,
        "line": span.line,
        "end_line": span.end_line,
        "code_sha256": prints.spans([span]),
        "tokens": prints.size(span),
        "function": function.qualname if function else "",
        "function_sha256": prints.of(function) if function else "",
    }


def _spec(spec: Spec, checked: Checked) -> SpecResult:
    return SpecResult(
        module=spec.module,
        variables=tuple(v.name for v in spec.variables),
        actions=tuple(
            ActionResult(
                name=a.name,
                sources=sources(a.sources),
                fired=checked.fired.get(a.name, 0),
                abstractions=tuple(_sentence(x) for x in a.abstractions),
                text=a.text,
                function=a.function,
            )
            for a in spec.actions
        ),
        text=spec.text,
        approximations=tuple(
            Approximation(_sentence(x), source(x.span), _action_of(spec, x)) for x in spec.abstractions
        ),
    )


def _sentence(abstraction: Abstraction) -> str:
    return f"{abstraction.construct}: {abstraction.instead}"


def _action_of(spec: Spec, abstraction: Abstraction) -> str:
    return next((a.name for a in spec.actions if abstraction in a.abstractions), "")


def _status(text: str) -> Literal["holds", "violated", "unchecked"]:
    return "holds" if text == "holds" else "violated" if text == "violated" else "unchecked"


def _explored(spec: Spec, checked: Checked) -> list[dict[str, object]]:
    """The scenarios explored in full that no other one contains, with the sizes of the argument domains there."""
    found: list[dict[str, object]] = []
    for bounds in largest([rung.bounds for rung in checked.rungs]):
        sizes = {c.name: printing.constant_size(c, bounds.level) for c in spec.constants if c.is_set()}
        found.append({"callers": bounds.callers, "before": bounds.before, **sizes})
    return found


def _with_notes(result: Result, notes: Sequence[str]) -> Result:
    return replace(result, notes=tuple(dict.fromkeys([*notes, *result.notes])))


def _together(authors: Sequence[Author]) -> Author:
    """The one author of several parts, with what all of them cost."""
    return replace(
        authors[0],
        calls=sum(a.calls for a in authors),
        cached_calls=sum(a.cached_calls for a in authors),
        input_tokens=sum(a.input_tokens for a in authors),
        output_tokens=sum(a.output_tokens for a in authors),
        usd=_sum(a.usd for a in authors),
        lost_calls=sum(a.lost_calls for a in authors),
        lost_tokens=sum(a.lost_tokens for a in authors),
        lost_usd=_sum(a.lost_usd for a in authors),
    )


def _sum(dollars: Iterable[float | None]) -> float | None:
    """Together, not known where one is not."""
    known = list(dollars)
    return None if None in known else sum(each or 0.0 for each in known)


def _summed(numbers: Sequence[Tlc]) -> Tlc:
    run = next((n for n in numbers if n.version), Tlc())
    return replace(
        run,
        distinct_states=sum(n.distinct_states for n in numbers),
        generated_states=sum(n.generated_states for n in numbers),
        depth=max(n.depth for n in numbers),
        seconds=round(sum(n.seconds for n in numbers), 3),
    )
