"""Whether a specification touches what the facts say its lines touch: a gate for every author's actions.

The extractor and the author read the same code on different ways (one by queries on tree-sitter's trees, one by
executing the syntax on symbols). Where they differ, one of them may have overlooked something, so it is said.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from extractor.types import Access, Facts, Span
from specgen.types import Action, Spec

_ATTRIBUTE = re.compile(r"^(self\.\w+|\w+)\b")
_LOCKS = re.compile(r"who (holds|waits)|permits left")


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that the facts and the specification see differently; ``text`` says which sees what."""

    span: Span
    text: str


def differences(facts: Facts, spec: Spec) -> tuple[Difference, ...]:
    """Reads and writes of shared state that only one of the two sees, on lines that the specification models."""
    variables = {
        v.name: m.group(1)
        for v in spec.variables
        if (m := _ATTRIBUTE.match(v.comment)) and not _LOCKS.search(v.comment)
    }
    used = _uses(facts)
    writing = [a for a in facts.accesses if a.mode in ("write", "mutate")]
    found = [
        *_unmodelled(writing, spec, variables),
        *_unmodelled([a for a in facts.accesses if a.mode == "read"], spec, variables),
        *_unseen("writes", "write", [*writing, *used], facts, spec, variables),
        *_unseen("reads", "read", [*facts.accesses, *used], facts, spec, variables),
    ]
    return tuple(dict.fromkeys(found))


def _uses(facts: Facts) -> list[Access]:
    """Calls on locks, events and queues: each may look at the object and change it."""
    return [Access(s.function, s.target, "mutate", "attribute", s.span) for s in facts.syncs if s.operation != "create"]


def _unmodelled(accesses: Iterable[Access], spec: Spec, variables: dict[str, str]) -> list[Difference]:
    """What the facts see and no action of the line does.

    An action that writes a variable need not read it as well: what it has put there itself is known to it.
    """
    by_attribute = {attribute: name for name, attribute in variables.items()}
    out: list[Difference] = []
    for access in accesses:
        name = by_attribute.get(access.target)
        here = [a for a in spec.actions if _covers(a, access.span)]
        kind = "read" if access.mode == "read" else "write"
        done = any(name in a.writes or (kind == "read" and name in a.reads) for a in here)
        if name is not None and here and not done:
            text = f"the facts see a {kind} of {access.target}; no action of this line {kind}s {name}"
            out.append(Difference(access.span, text))
    return out


def _unseen(
    verb: str, noun: str, accesses: Sequence[Access], facts: Facts, spec: Spec, variables: dict[str, str]
) -> list[Difference]:
    """What an action does and the facts see on none of its lines."""
    out: list[Difference] = []
    for action in spec.actions:
        for name in action.writes if noun == "write" else action.reads:
            attribute = variables.get(name)
            if attribute is None or not _known(facts, attribute):
                continue
            if not any(a.target == attribute or a.target.startswith(f"{attribute}.") for a in _on(accesses, action)):
                text = f"action {action.name} {verb} {name}; the facts see no {noun} of {attribute} on its lines"
                out.append(Difference(action.sources[0], text))
    return out


def _known(facts: Facts, attribute: str) -> bool:
    """Whether the facts see the attribute written at all; a collaborator's state is written by calls on it."""
    return any(
        a.target == attribute and a.mode in ("write", "mutate") and a.scope != "external" for a in facts.accesses
    )


def _covers(action: Action, span: Span) -> bool:
    return any(s.path == span.path and s.line <= span.line <= s.end_line for s in action.sources)


def _on(accesses: Iterable[Access], action: Action) -> list[Access]:
    """The accesses on an action's lines, and the blocks around them: a step may be the one that leaves a block."""
    return [a for a in accesses if _covers(action, a.span) or any(_inside(s, a.span) for s in action.sources)]


def _inside(inner: Span, outer: Span) -> bool:
    return inner.path == outer.path and outer.line <= inner.line and inner.end_line <= outer.end_line
