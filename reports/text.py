"""Text from a target, made safe to show: nothing invisible, nothing that moves a cursor, nothing endless."""

from __future__ import annotations

import unicodedata

#: Characters of one source line or value that any report shows.
LINE_LIMIT = 240

# More combining marks than this on one base climb over the neighbouring lines.
_MARKS_LIMIT = 3


def visible(text: str) -> str:
    r"""Return ``text`` on one line with every character that has no shape of its own written as an escape.

    Control characters, terminal escapes, bidirectional marks, zero-width characters, line separators and lone
    surrogates come out as ``\x1b`` or ``\u202e``; a tab becomes four spaces. What looks like an escape already in
    the text is left as it is: the result is for reading, not for parsing back.
    """
    text = text.expandtabs(4)
    if text.isascii() and text.isprintable():
        return text
    out: list[str] = []
    marks = 0
    for char in text:
        category = unicodedata.category(char)
        marks = marks + 1 if category in {"Mn", "Me"} else 0
        if category == "Zs":
            out.append(" ")
        elif char.isprintable() and marks <= _MARKS_LIMIT:
            out.append(char)
        else:
            out.append(_escape(char))
    return "".join(out)


def clip(text: str, limit: int = LINE_LIMIT) -> str:
    """Return ``visible(text)``, cut after ``limit`` characters with a note of how many are missing."""
    if len(text) <= limit:
        return visible(text)
    return f"{visible(text[:limit])}… ({len(text) - limit:,} more characters)"


def _escape(char: str) -> str:
    code = ord(char)
    if code < 0x100:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
