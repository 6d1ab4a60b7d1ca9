"""Whether a specification touches what the facts say its lines touch: a gate for every author's actions.

The extractor and the author read the same code on different ways (one by queries on tree-sitter's trees, one by
executing the syntax on symbols). Where they differ, one of them may have overlooked something, so it is said.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
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
    """Writes of shared state that only one of the two sees, on lines that the specification models."""
    variables = {
        v.name: m.group(1)
        for v in spec.variables
        if (m := _ATTRIBUTE.match(v.comment)) and not _LOCKS.search(v.comment)
    }
    by_attribute = {attribute: name for name, attribute in variables.items()}
    writing = [a for a in facts.accesses if a.mode in ("write", "mutate")]
    out: list[Difference] = []
    for access in writing:
        name = by_attribute.get(access.target)
        here = [a for a in spec.actions if _covers(a, access.span)]
        if name is not None and here and not any(name in a.writes for a in here):
            out.append(
                Difference(
                    access.span, f"the facts see a write of {access.target}; no action of this line writes {name}"
                )
            )
    for action in spec.actions:
        for name in action.writes:
            attribute = variables.get(name)
            if attribute is None or not _known(facts, attribute):
                continue
            if not any(a.target == attribute or a.target.startswith(f"{attribute}.") for a in _on(writing, action)):
                span = action.sources[0]
                out.append(
                    Difference(
                        span, f"action {action.name} writes {name}; the facts see no write of {attribute} on its lines"
                    )
                )
    return tuple(dict.fromkeys(out))


def _known(facts: Facts, attribute: str) -> bool:
    """Whether the facts see the attribute written at all; a collaborator's state is written by calls on it."""
    return any(
        a.target == attribute and a.mode in ("write", "mutate") and a.scope != "external" for a in facts.accesses
    )


def _covers(action: Action, span: Span) -> bool:
    return any(s.path == span.path and s.line <= span.line <= s.end_line for s in action.sources)


def _on(accesses: Iterable[Access], action: Action) -> list[Access]:
    return [a for a in accesses if _covers(action, a.span)]
