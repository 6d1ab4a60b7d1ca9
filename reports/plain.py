"""A counterexample in plain lines, for where neither colours nor tables are: SARIF, JUnit, step summaries."""

from __future__ import annotations

from collections.abc import Sequence

from reports import trace, wording
from reports.result import Source, Step, ViolationResult
from reports.text import clip
from reports.trace import Change

_VALUE_LIMIT = 160


def step_words(step: Step, changed: Sequence[Change]) -> str:
    """Return one step as one line: ``c2 hold('v1'): self.left -= 1; left 0 → -1; returned None``."""
    who = " ".join(filter(None, (clip(step.process, 60), clip(step.operation, 120))))
    did = [clip(step.text or step.action)]
    for change in changed:
        old = f"{clip(change.old, _VALUE_LIMIT)} → " if change.old is not None else ""
        did.append(f"{clip(change.name, 80)} {old}{clip(change.new, _VALUE_LIMIT)}")
    if step.outcome is not None:
        did.append(clip(step.outcome, _VALUE_LIMIT))
    return f"{who}: {'; '.join(did)}" if who else "; ".join(did)


def trace_lines(violation: ViolationResult) -> tuple[str, ...]:
    """Return a line for each step, with its number and place, then what came of it and what should have."""
    width = len(str(len(violation.trace)))
    lines = [
        f"{step.step:>{width}}  {clip(wording.place(step.source))}  {step_words(step, changed)}"
        for step, changed in zip(violation.trace, trace.changes(violation), strict=True)
    ]
    if violation.outcome:
        lines += ["", f"Here: {clip(violation.outcome, 1000)}"]
    if violation.serial:
        lines += ["One call at a time gives:", *(f"  {clip(outcome, 1000)}" for outcome in violation.serial[:12])]
        if len(violation.serial) > 12:
            lines.append(f"  and {len(violation.serial) - 12:,} more")
    return tuple(lines)


def main_place(violation: ViolationResult) -> Source | None:
    """Return where to point at: the last line that an overlapping call ran, else the last line of the trace."""
    steps = [step for step in violation.trace if step.source]
    overlapping = [step for step in steps if step.process != "set-up"]
    chosen = (overlapping or steps)[-1:]
    return chosen[0].source if chosen else None
