"""Text of several lines, laid out: behind a lead, further in, in parentheses, on one line where it fits."""

from __future__ import annotations

from typing import TypeAlias

#: Lines of text.
Block: TypeAlias = list[str]

#: Columns that a line of a module may have before it is broken.
WIDTH = 100


def hang(lead: str, block: Block) -> Block:
    """The block behind ``lead``, its further lines aligned."""
    return [lead + block[0], *(" " * len(lead) + line for line in block[1:])]


def indented(block: Block, by: int) -> Block:
    """The block ``by`` columns further right."""
    return [" " * by + line for line in block]


def wrapped(block: Block) -> Block:
    """The block in parentheses."""
    lines = hang("(", block)
    lines[-1] += ")"
    return lines


def joined(lead: str, parts: list[str], sep: str, indent: int) -> Block:
    """The parts behind ``lead`` on one line, or one part a line."""
    flat = lead + f" {sep}".join(parts)
    if len(flat) + indent <= WIDTH:
        return [flat]
    if not lead.endswith(" "):
        return hang(lead, [("" if i == 0 else sep) + p for i, p in enumerate(parts)])
    return [lead.rstrip(), *("    " + ("" if i == 0 else sep) + p for i, p in enumerate(parts))]
