"""One sentence a finding, for a reader who has never seen TLA+."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from code2tla import pytext
from code2tla.checked import Finding
from tlc_runner.errors import ValueSyntaxError
from tlc_runner.types import Function, ModelValue
from tlc_runner.values import parse_value

#: Serial outcomes that a sentence spells out; ``serial`` has them all.
_SPELT = 2


@dataclass(frozen=True, slots=True)
class Ended:
    """How one overlapping call ended: its text, its record in the specification, and its result in words."""

    call: str
    record: object
    result: str


@dataclass(frozen=True, slots=True)
class Scene:
    """The last state of a trace: the calls in it, the object before them, and after them the compared variables.

    ``raised`` are the names of exceptions, which some specifications keep as plain strings; ``show`` gives the text
    of a variable's value.
    """

    ended: tuple[Ended, ...]
    start: object
    state: Mapping[str, object]
    raised: frozenset[str]
    show: Callable[[str, object], str]


@dataclass(frozen=True, slots=True)
class Told:
    """What is said of a finding: the sentence, how the calls ended, and how they end one after another."""

    sentence: str
    outcome: str
    serial: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Ending:
    """Results in words, caller for caller, and the object after them; None where the object was not compared."""

    results: tuple[str, ...]
    state: dict[str, str] | None


def tell(finding: Finding, scene: Scene) -> Told:
    """Tell one finding."""
    calls = [e.call for e in scene.ended]
    seen = _Ending(tuple(e.result for e in scene.ended), {k: scene.show(k, v) for k, v in scene.state.items()})
    if finding.property.kind in ("invariant", "assertion"):
        lead = f"{_and(calls)} overlapped" if len(calls) > 1 else f"During {_and(calls)}" if calls else "At the start"
        plain = (finding.property.plain or finding.property.name).rstrip(".")
        return Told(f"{lead}, and this does not hold: {plain}.", _say(calls, seen, seen.state or {}), ())
    serial = _serial(finding, scene)
    differing = _differing(seen, serial)
    outcome = _say(calls, seen, differing)
    told = tuple(
        dict.fromkeys(
            _say(calls, s, {k: (s.state or {})[k] for k in differing if k in (s.state or {})}) for s in serial
        )
    )
    spelt = "; or ".join(told[:_SPELT]) + (_others(len(told) - _SPELT) if len(told) > _SPELT else "")
    tail = f"one after the other: {spelt}" if told else "no order of them one after the other ends so"
    return Told(f"{_and(calls)} overlapped: {outcome}; {tail}.", outcome, told)


def said(value: object, raised: frozenset[str]) -> str:
    """A result in words: ``returned 3``, ``raised Full``, ``waits for ever``."""
    match value:
        case "waits for ever":
            return "waits for ever"
        case str() if value.startswith("AssertionError:"):
            return f"failed the assertion at line {value.partition(':')[2]}"
        case str() if value in raised:
            return f"raised {value}"
        case Function(pairs=(("raised", str() as name),)):
            return said(name, raised | {name})
    return f"returned {pytext.text(value)}"


def _serial(finding: Finding, scene: Scene) -> list[_Ending]:
    """How the same calls on the same object end one after another."""
    found: list[_Ending] = []
    for printed in finding.serial:
        try:
            outcome = parse_value(printed)
        except ValueSyntaxError:
            continue
        calls = [value for _, value in pytext.pairs(pytext.get(outcome, "calls"))]
        start = pytext.get(outcome, "start")
        if (start is None or start == scene.start) and _same(calls, scene.ended):
            results = tuple(said(c[1], scene.raised) if len(c) == 2 else "" for c in calls if isinstance(c, tuple))
            state = pytext.get(outcome, "state")
            found.append(_Ending(results, None if state is None else _seen_as(state, scene.state)))
    return found


def _seen_as(viewed: object, like: Mapping[str, object]) -> dict[str, str]:
    """A ``View`` as text by variable; one that shows something else than the variable's own value is left out."""
    out: dict[str, str] = {}
    for name, value in pytext.pairs(viewed):
        if not isinstance(name, str) or name not in like:
            continue
        own = like[name]
        if isinstance(value, frozenset) and (isinstance(own, Function) or own == ()):
            entries = (p for p in value if isinstance(p, tuple) and len(p) == 2)
            out[name] = pytext.text(Function(tuple(sorted(entries, key=repr))))
        elif type(value) is type(own) or ModelValue in (type(value), type(own)):
            out[name] = pytext.text(value)
    return out


def _same(calls: Sequence[object], ended: Sequence[Ended]) -> bool:
    """The serial outcome is of these calls, caller for caller; a call left out of it is no difference."""
    if len(calls) != len(ended):
        return False
    return all(
        isinstance(c, tuple) and c and (c[0] == e.record or c == ("not called",))
        for c, e in zip(calls, ended, strict=True)
    )


def _differing(seen: _Ending, serial: Sequence[_Ending]) -> dict[str, str]:
    """The variables worth a word: none where the results alone are wrong, else those no such serial ending has."""
    alike = [s for s in serial if s.results == seen.results and s.state is not None]
    state = seen.state or {}
    if not alike:
        return {} if serial else state
    pairs = [(k, v, [s.state.get(k, v) for s in alike if s.state is not None]) for k, v in state.items()]
    unlike = {k: v for k, v, others in pairs if all(o != v for o in others)}
    return unlike or {k: v for k, v, others in pairs if any(o != v for o in others)}


def _say(calls: Sequence[str], ending: _Ending, state: dict[str, str]) -> str:
    told = [(c, r) for c, r in zip(calls, ending.results, strict=False) if r]
    if len(told) > 1 and len({r for _, r in told}) == 1:
        results = f"{'both' if len(told) == 2 else 'all'} {told[0][1].replace('waits', 'wait')}"
    else:
        results = _and(f"{c} {r}" for c, r in told)
    if 0 < len(told) < len(calls):
        results += " before the other begins" if len(calls) == 2 else " before the others begin"
    left = ", ".join(f"{name} = {value}" for name, value in state.items())
    return ", leaving ".join(part for part in (results, left) if part)


def _others(number: int) -> str:
    return "; or another ending" if number == 1 else f"; or {number} other endings"


def _and(parts: Iterable[str]) -> str:
    words = list(parts)
    return f"{', '.join(words[:-1])} and {words[-1]}" if len(words) > 1 else "".join(words)
