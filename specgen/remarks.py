"""The comments of a module: its heading, and for every action the source lines that it models."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence

from extractor.types import Span
from specgen.ir import Abstraction, Program
from specgen.tree import Step

WIDTH = 80


def _sentence(text: str) -> str:
    """The text with a capital letter, unless it begins with a name of the code."""
    word = text.partition(" ")[0]
    return (text[:1].upper() + text[1:] if word.isalpha() else text).rstrip(".") + "."


_STEP = {
    "asyncio": "A step is what nobody else can look into: code between two suspension points, or the moment at which "
    "an awaited call on the outside takes effect.",
    "threads": "A step is what nobody else can look into: at most one access to shared state that others could get "
    "between, with everything local around it; code under a lock that guards all it touches is one step.",
}


def header(program: Program) -> list[str]:
    """What the module models, what a step is, what is assumed and what is approximated, as boxed comment lines."""
    paragraphs = [program.title.rstrip(".") + ".", _STEP[program.mode]]
    paragraphs += [_sentence(a.text) for a in program.assumptions]
    if program.abstractions:
        places = dict.fromkeys(f"{a.construct}, {a.span.path}:{a.span.line}" for a in program.abstractions)
        paragraphs.append("Approximated, as remarked at the actions: " + "; ".join(places) + ".")
    out: list[str] = []
    for paragraph in paragraphs:
        lines = textwrap.wrap(safe(" ".join(paragraph.split())), WIDTH - 6)
        out += [f"(* {line:<{WIDTH - 6}} *)" for line in lines]
    return out


def of_step(program: Program, step: Step, hit: Sequence[Abstraction]) -> list[str]:
    """The source lines a step models, dedented function by function, and what of them is approximated."""
    operation = next(o for o in program.operations if o.name == step.operation)
    own = operation.qualname.rsplit(".", 1)[-1]
    out: list[str] = []
    for (path, function), lines in _by_function(step).items():
        short = function.rsplit(".", 1)[-1]
        if short not in {own, step.operation}:
            elsewhere = f"{path}, " if path != operation.span.path else ""
            out.append(f"\\* in {elsewhere}{short}:")
        shown = textwrap.dedent("\n".join(program.source_line(path, n) for n in lines)).split("\n")
        width = len(str(max(lines)))
        out += [f"\\* {n:>{width}}  {safe(text)}".rstrip() for n, text in zip(lines, shown, strict=True)]
    if step.alternative == "cancelled":
        out.append("\\* The task is cancelled while it waits here.")
    elif step.alternative == "timeout":
        out.append("\\* The time-out ends the wait.")
    for a in hit:
        text = f"\\* approximated: {safe(a.construct)}: {safe(a.instead)}"
        out += textwrap.wrap(text, 100, subsequent_indent="\\*     ")
    return out


def _by_function(step: Step) -> dict[tuple[str, str], list[int]]:
    """The lines of each function, in order; functions in the order in which the step reaches them."""
    out: dict[tuple[str, str], list[int]] = {}
    for path, line, function in step.lines:
        out.setdefault((path, function), []).append(line)
    return {key: sorted(set(lines)) for key, lines in out.items()}


def spans(step: Step) -> tuple[Span, ...]:
    """The lines a step models as runs of lines."""
    lines: dict[str, set[int]] = {}
    for path, line, _ in step.lines:
        lines.setdefault(path, set()).add(line)
    out: list[Span] = []
    for path, numbers in lines.items():
        for n in sorted(numbers):
            if out and out[-1].path == path and out[-1].end_line == n - 1:
                out[-1] = Span(path, out[-1].line, n)
            else:
                out.append(Span(path, n, n))
    return tuple(out)


def hits(program: Program, step: Step) -> tuple[Abstraction, ...]:
    """The approximations on the lines of a step."""
    return tuple(
        a
        for a in program.abstractions
        if (not a.operation or a.operation == step.operation)
        and any(a.span.path == p and a.span.line <= line <= a.span.end_line for p, line, _ in step.lines)
    )


def aligned(rows: Sequence[tuple[str, str]]) -> list[str]:
    """Declarations, comma-separated, each with its comment in one column."""
    width = max(len(n) for n, _ in rows) + 2
    out = []
    for i, (name, comment) in enumerate(rows):
        head = name + ("," if i < len(rows) - 1 else "")
        out.append(f"{head:<{width}}  \\* {safe(comment)}".rstrip() if comment else head)
    return out


def safe(text: str) -> str:
    """Text that can stand in a TLA+ comment."""
    plain = "".join(ch if 32 <= ord(ch) < 127 else "?" for ch in text)
    return plain.replace("(*", "( *").replace("*)", "* )")
