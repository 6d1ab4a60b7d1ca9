"""Many mutants in one module: a variable says which of them a behaviour is of, and each changed place asks it.

TLC takes most of a second to start and next to none to explore a small specification, so that mutants that share one
run cost a fraction of what they cost apart.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from tlc_runner.audit.nodes import Module, margin
from tlc_runner.audit.types import Mutation

_NEWLINE = b"\n"


def combined(module: Module, mutations: Sequence[Mutation], variable: str, active: str, home: str) -> str:
    """``module`` with all ``mutations`` of it in place, each in force where ``variable`` is its number.

    ``active`` is a condition that must hold besides ("" for none); ``home`` is the module that declares ``variable``.
    A module without mutations extends it too, since it may instantiate one that has some.
    """
    mine = [m for m in mutations if m.module == module.name]
    start = _extension(module)
    weaver = _Weaver(module, variable, active)
    head = module.text[: start[0]].decode("utf-8", "replace") + start[1].format(home=home)
    return head + weaver.woven(start[0], len(module.text), mine)


def blamed(text: str, variable: str, line: int) -> int | None:
    """The number of the mutation that stands at ``line`` (from 1) of a combined module, or last before it."""
    found = None
    for number, content in enumerate(text.splitlines(), 1):
        if number > line:
            break
        for match in re.finditer(rf"\b{variable} = (\d+)", content):
            found = int(match[1])
    return found


def _extension(module: Module) -> tuple[int, str]:
    """Where, and with which words, the module extends one more."""
    for node in module.node.named_children:
        if node.type == "extends":
            return node.named_children[-1].end_byte, ", {home}"
    header = [n for n in module.node.named_children if n.type == "header_line"][-1]
    return header.end_byte, "\nEXTENDS {home}"


class _Weaver:
    """Puts choices around expressions without moving anything that stands in a column."""

    def __init__(self, module: Module, variable: str, active: str) -> None:
        self._module = module
        self._variable = variable
        self._active = f" /\\ {active}" if active else ""

    def woven(self, start: int, end: int, mutations: Sequence[Mutation]) -> str:
        """Bytes ``start`` to ``end`` with the mutations that lie in them."""
        out: list[str] = []
        at = start
        while inside := [m for m in mutations if at <= m.start and m.end <= end]:
            first = min(m.start for m in inside)
            last = max(m.end for m in inside if m.start == first)
            out.append(self._text(at, first))
            out.append(self._choice(first, last, [m for m in inside if first <= m.start and m.end <= last]))
            at = last
            line_end = self._module.text.find(_NEWLINE, at)
            if self._module.text[at : len(self._module.text) if line_end < 0 else line_end].strip():
                out.append("\n" + margin(self._module, at))
        out.append(self._text(at, end))
        return "".join(out)

    def _choice(self, start: int, end: int, mutations: Sequence[Mutation]) -> str:
        here = [m for m in mutations if (m.start, m.end) == (start, end)]
        inner = [m for m in mutations if (m.start, m.end) != (start, end)]
        indent = margin(self._module, start)
        lines: list[str] = []
        for mutation in here:
            made = "".join(p if isinstance(p, str) else self._apart(*p) for p in mutation.pieces)
            lines.append(
                f"{indent if lines else '('}IF {self._variable} = {mutation.number}{self._active} THEN ({made}) ELSE"
            )
        return "\n".join([*lines, indent + self.woven(start, end, inner) + ")"])

    def _apart(self, start: int, end: int) -> str:
        text = self._text(start, end)
        if "\n" not in text:
            return text
        return f"\n{margin(self._module, start)}{text}\n{margin(self._module, end)}"

    def _text(self, start: int, end: int) -> str:
        return self._module.text[start:end].decode("utf-8", "replace")
