"""What all reports say in the same words: the verdict with its bounds, kinds of findings, and what a run cost."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from reports import whole
from reports.result import (
    Approximation,
    AssumptionResult,
    Author,
    PropertyResult,
    Question,
    Replay,
    Result,
    Source,
    SpecResult,
    ViolationResult,
)
from reports.text import clip

#: What each kind of property means, for a reader who has never seen TLA+.
KINDS: Mapping[str, tuple[str, str]] = {
    "serializable": (
        "One-at-a-time outcomes",
        "Overlapping calls end only as some order of the same calls, made one at a time, would end.",
    ),
    "invariant": ("Invariant", "Something that must be true in every state that can be reached."),
    "assertion": ("Assertion", "An assert statement of the code itself."),
    "deadlock": ("Deadlock", "Calls do not wait for one another for ever, unless one-at-a-time orders get stuck too."),
    "temporal": ("Liveness", "Something that must happen sooner or later."),
}

STATUS_WORDS: Mapping[str, str] = {"holds": "holds", "violated": "violated", "unchecked": "not checked"}

VERDICT_WORDS: Mapping[str, str] = {
    "verified": "Verified",
    "violated": "Violated",
    "inconclusive": "Inconclusive",
    "failed": "Failed",
}

#: So many properties of one kind that fared alike are listed one by one; more share a line.
_FEW = 1

REPLAY_WORDS: Mapping[str, str] = {
    "confirmed": "seen on the real code",
    "not_reproduced": "doubtful: not reproduced on the real code",
    "not_run": "not replayed on the real code",
}


def replayed(replay: Replay) -> str:
    """Whether the finding was seen on the real code, how, and where the two parted."""
    how = {True: ", along these steps", False: ", in another order of steps", None: ""}[replay.exact]
    return REPLAY_WORDS[replay.status] + how + (f" ({replay.reason})" if replay.reason else "")


def count(number: int, noun: str, plural: str = "") -> str:
    """Return ``1 finding`` or ``2 findings``."""
    return f"{number:,} {noun if number == 1 else plural or noun + 's'}"


def kind_name(kind: str) -> str:
    """Return the heading word for a kind of property; an unknown kind stands for itself."""
    return KINDS[kind][0] if kind in KINDS else kind or "Property"


def kind_rule(kind: str) -> str:
    """Return what a kind of property asks for, in one sentence; "" for an unknown kind."""
    return KINDS[kind][1] if kind in KINDS else ""


def checked(part: Result) -> list[str]:
    """Return a line for each property, the violated ones first; many of one kind that fared alike share a line.

    A class with five operations has dozens of combinations of calls; that they hold is one thing to know. A violated
    property that a finding speaks of is only counted.
    """
    told = {violation.property for violation in part.violations}
    above = [prop for prop in part.properties if prop.status == "violated" and prop.name in told]
    ranks = {"violated": 0, "unchecked": 1, "holds": 2}
    groups: dict[tuple[str, str], list[PropertyResult]] = {}
    for prop in sorted(part.properties, key=lambda p: ranks.get(p.status, 1)):
        if prop not in above:
            groups.setdefault((prop.status, prop.kind), []).append(prop)
    lines = [f"violated: {count(len(above), 'property', 'properties')}, told above{_strength(above)}"] if above else []
    for (status, kind), alike in groups.items():
        word = STATUS_WORDS[status]
        if kind in ("serializable", "deadlock") and status != "violated" and len(alike) > _FEW:
            lines.append(f"{word} for {len(alike)} combinations of operations: {kind_rule(kind)}{_strength(alike)}")
        else:
            lines += [f"{word}: {prop.plain or prop.name}{_strength([prop])}" for prop in alike]
    return lines


def strength(properties: Sequence[PropertyResult]) -> str:
    """Return how many of the mistakes made on purpose these properties noticed; "" where none was tried."""
    tried, killed = sum(p.mutants for p in properties), sum(p.killed for p in properties)
    return f"noticed {killed:,} of {count(tried, 'deliberate mistake')}" if tried else ""


def _strength(properties: Sequence[PropertyResult]) -> str:
    words = strength(properties)
    return f" ({words})" if words else ""


def place(source: Source | None) -> str:
    """Return ``path:line`` or ``path:line-end_line``; "" where there is no source."""
    if source is None:
        return ""
    end = f"-{source.end_line}" if source.end_line > source.line else ""
    return f"{source.path}:{source.line}{end}"


def subject(result: Result) -> str:
    """Return what the result speaks of: its first few classes, else the feature's path."""
    return _listed(result.feature.classes or (result.feature.path or "the feature",))


def _listed(names: Sequence[str]) -> str:
    """``A, B and C``, or ``A, B, C and 2 more``."""
    shown = [clip(name, 80) for name in names[:3]]
    last = f"{len(names) - 3:,} more" if len(names) > 3 else "".join(shown[-1:])
    ahead = shown if len(names) > 3 else shown[:-1]
    return " and ".join(filter(None, (", ".join(ahead), last)))


def bounds_words(bounds: Mapping[str, Any]) -> str:
    """Return the bounds as a phrase, ``2 overlapping calls after at most 1 earlier call, 1 value for names``.

    "" if there are none.
    """
    rest = dict(bounds)
    words: list[str] = []
    callers, before = rest.get("callers"), rest.get("before")
    if isinstance(callers, int):
        del rest["callers"]
        words.append(count(callers, "overlapping call"))
        if isinstance(before, int):
            del rest["before"]
            words[0] += f" after at most {count(before, 'earlier call')}" if before else " on a fresh object"
    for name, value in rest.items():
        called = name.replace("_", " ")
        if type(value) is not int:
            words.append(f"{called} {_value(value)}")
        else:  # a capital letter begins the name of a set of values
            words.append(f"{count(value, 'value')} for {_set(name)}" if name[:1].isupper() else f"{value:,} {called}")
    return ", ".join(words)


def explored(result: Result) -> str:
    """Return all largest scenarios that were explored as a phrase; "" if there are none."""
    return "; also ".join(words for b in (result.bounds, *result.further_bounds) if (words := bounds_words(b)))


def verdict_sentence(result: Result) -> str:
    """Return the verdict in one sentence, bounds included."""
    parts = result.parts or (result,)
    spoken = list(dict.fromkeys(words for part in parts if (words := explored(part))))
    within = explored(result) or (spoken[0] if len(spoken) == 1 else "")
    if not within and spoken:
        within = "the bounds given for each part"
    tail = f", with {within}" if within else ""
    several = len(result.feature.classes) > 1
    match result.verdict:
        case "verified":
            return f"Verified: {subject(result)} {'keep' if several else 'keeps'} every checked property{tail}."
        case "violated":
            wrong = tuple(name for part in parts if part.violations for name in part.feature.classes)
            ways = count(len(whole.findings(result)), "way")
            who = f"{_listed(wrong) or subject(result)} {'go' if len(wrong) > 1 else 'goes'}"
            return f"Violated: {who} wrong in {ways}{tail}."
        case "inconclusive":
            were = "were" if several else "was"
            return f"Inconclusive: {subject(result)} {were} neither verified nor shown wrong{tail}."
        case _:
            return f"Failed: {subject(result)} could not be checked."


def verdict_rest(result: Result) -> str:
    """Return the verdict's sentence without its first word, for where that word stands beside it already."""
    rest = verdict_sentence(result).partition(": ")[2]
    return rest[:1].upper() + rest[1:]


def not_covered(result: Result) -> tuple[str, ...]:
    """Return, one sentence each, what the whole verdict says nothing about; a part's own gaps are ``gaps(part)``."""
    match result.verdict:
        case "verified" | "inconclusive":
            scope = ["More calls, more objects or larger values than the bounds give were not explored."]
        case "violated":
            scope = ["Beyond the bounds there may be more findings than these."]
        case _:
            scope = []
    return (*scope, *gaps(whole.remainder(result)))


def gaps(result: Result) -> tuple[str, ...]:
    """Return what is particular to this result: approximations, steps that never happened, its notes."""
    sentences: list[str] = []
    number = len(approximations(result.spec))
    if number:
        more = f"In {count(number, 'place')} the specification is not exactly the code"
        leans = f"; a finding that leans on {'it' if number == 1 else 'one of them'} may not happen in the code"
        sentences.append(f"{more}{leans if result.verdict == 'violated' else ''}.")
    never = [action.name for action in result.spec.actions if action.fired == 0]
    if never and result.verdict in {"verified", "inconclusive"}:
        sentences.append(f"These steps never happened within the bounds: {', '.join(never)}.")
    return (*sentences, *result.notes)


def approximations(spec: SpecResult) -> tuple[Approximation, ...]:
    """Return the specification's approximations; the actions' own sentences where the list is empty."""
    if spec.approximations:
        return spec.approximations
    return tuple(
        Approximation(text, action.sources[0] if action.sources else None, action.name)
        for action in spec.actions
        for text in action.abstractions
    )


def headline(violation: ViolationResult) -> str:
    """Return the finding's sentence without its tail where the outcomes that it spells out stand right below it."""
    told = violation.summary or violation.property
    if violation.serial and violation.outcome and violation.outcome in told:
        return told[: told.index(violation.outcome) + len(violation.outcome)] + "."
    return told


def open_questions(part: Result) -> list[str]:
    """Return the questions without an answer, but for those that only ask whether an assumption of the part holds."""
    return [item.text for item in other_questions(part) if not item.answer]


def other_questions(part: Result) -> list[Question]:
    """Return the questions that do not ask whether an assumption of the part holds."""
    assumed = {about for item in part.assumptions for about in _names(part, item)}
    return [question for question in part.questions if question.about not in assumed]


def question_of(part: Result, item: AssumptionResult) -> Question | None:
    """Return the question whether an assumption of the part holds."""
    return next((question for question in part.questions if question.about in _names(part, item)), None)


def _names(part: Result, item: AssumptionResult) -> tuple[str, str]:
    return item.id, f"{part.spec.module}.{item.id}"


def tlc_words(result: Result) -> str:
    """Return the model checker's numbers as one line; "" where it was not run."""
    tlc = result.tlc
    if not (tlc.version or tlc.generated_states):
        return ""
    runner = f", {tlc.runner}" if tlc.runner else ""
    return (
        f"Checked by TLC {tlc.version}{runner}: {count(tlc.distinct_states, 'distinct state')}, "
        f"{tlc.generated_states:,} generated, depth {tlc.depth:,}, {tlc.seconds:.1f} s"
    )


def cost_words(result: Result) -> str:
    """Return who wrote the specification and at what cost, as one line."""
    author = result.author
    if not (author.calls or author.cached_calls or author.model):
        return f"Written by the {author.name} author: no language model, no cost"
    model = f" with {author.model}" if author.model else ""
    return (
        f"Written by the {author.name} author{model}: "
        f"{count(author.calls, 'call')} ({author.cached_calls:,} from the cache), "
        f"{author.input_tokens:,} tokens in, {author.output_tokens:,} out, {money(author.usd)}{_lost_words(author)}"
    )


def _lost_words(author: Author) -> str:
    """What was asked and brought no answer, as the end of a line; "" where nothing was."""
    if not author.lost_calls:
        return ""
    return (
        f"; asked, answer lost: {count(author.lost_calls, 'call')}, at most {author.lost_tokens:,} tokens, "
        f"{money(author.lost_usd)} more"
    )


def money(usd: float | None) -> str:
    """Dollars, or that the price of a model is not known."""
    return "price not known" if usd is None else f"{usd:.2f} USD"


def _set(name: str) -> str:
    """The name of a set of values as words: ``UserIds`` is ``user ids``."""
    return " ".join(re.findall(r"[A-Z]?[^A-Z_]+|[A-Z]+", name)).lower()


def _value(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, default=str)
