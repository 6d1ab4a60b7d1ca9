"""A counterexample as a Mermaid sequence diagram, which GitHub and GitLab draw inside Markdown."""

from __future__ import annotations

import re

from reports import trace
from reports.result import ViolationResult
from reports.text import clip

# Beyond these a diagram is harder to read than the table; Mermaid itself gives up at 500 arrows.
STEPS_LIMIT = 40
LANES_LIMIT = 6

_TEXT_LIMIT = 72
_VALUE_LIMIT = 40

# Mermaid reads #59; as the character of that number. Whatever its grammar, its comments or HTML could see goes in
# like that, and so do the words that its grammar knows within a line.
_SPECIAL = re.compile(r"[^\w .,='()]|\b(?:end|nowrap|wrap)\b", re.IGNORECASE)


def draw(violation: ViolationResult) -> str:
    """Return the diagram's text, without a fence; "" where it would be too large to read."""
    lanes = trace.processes(violation)
    if not lanes or len(lanes) > LANES_LIMIT or len(violation.trace) > STEPS_LIMIT:
        return ""
    names = {lane: f"p{number}" for number, lane in enumerate(lanes)}
    lines = ["sequenceDiagram"]
    for lane, name in names.items():
        calls = ", ".join(trace.calls(violation, lane))
        lines.append(f"    participant {name} as {_text(f'{lane} {calls}'.strip())}")
    lines.append("    participant state as shared state")
    for step, changed in zip(violation.trace, trace.changes(violation), strict=True):
        name = names.get(step.process, "p0")
        at = f"line {step.source.line}: " if step.source else ""
        words = _text(f"{step.step}. {at}{step.text or step.action}")
        own: list[str] = []
        shared: list[str] = []
        for change in changed:
            told = _text(f"{change.name} = {clip(change.new, _VALUE_LIMIT)}")
            (own if change.name.startswith(f"{step.process}.") else shared).append(told)
        if shared:
            lines += [f"    {name}->>state: {words}", f"    Note right of state: {'<br/>'.join(shared)}"]
        else:
            lines.append(f"    {name}->>{name}: {words}")
        own += [_text(step.outcome)] if step.outcome is not None else []
        if own:
            lines.append(f"    Note over {name}: {'<br/>'.join(own)}")
    return "\n".join(lines)


def _text(text: str) -> str:
    return _SPECIAL.sub(_entity, clip(text, _TEXT_LIMIT))


def _entity(match: re.Match[str]) -> str:
    return "".join(f"#{ord(char)};" for char in match.group())
