"""From bytes to text: Python as Python itself reads it (byte-order mark, PEP 263 cookie), the rest as UTF-8."""

from __future__ import annotations

import codecs
import re

_COOKIE = re.compile(rb"^[ \t\f]*#.*?coding[:=][ \t]*([-\w.]+)")
_BLANK = re.compile(rb"^[ \t\f]*(?:#.*)?$")
_UTF8_NAMES = frozenset({"utf-8", "utf8", "utf_8", "utf-8-sig"})


class Undecodable(ValueError):
    """The bytes aren't text in the encoding they declare. ``line`` is where it shows, 1-based."""

    def __init__(self, line: int, text: str) -> None:
        super().__init__(text)
        self.line = line


def decode(data: bytes) -> str:
    """The text of a Python source file, with newline line ends and no byte-order mark. Raises Undecodable."""
    if data.startswith(codecs.BOM_UTF8):
        data = data[3:]
    name = _declared(data)
    if name in _UTF8_NAMES:
        name = "utf-8"
    try:
        text = data.decode(name)
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise Undecodable(line, f"byte {error.start} is not {name}; file not read") from error
    except (LookupError, ValueError) as error:
        raise Undecodable(1, f"unknown encoding {name!r}; file not read") from error
    if not isinstance(text, str):  # a cookie can name a bytes-to-bytes codec
        raise Undecodable(1, f"encoding {name!r} does not give text; file not read")
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    return text


def utf8(data: bytes) -> str:
    """The text of a UTF-8 source file, with newline line ends and no byte-order mark. Raises Undecodable."""
    if b"\0" in data:
        line = data.count(b"\n", 0, data.index(b"\0")) + 1
        raise Undecodable(line, "holds zero bytes, so it is no text; file not read")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise Undecodable(line, f"byte {error.start} is not utf-8; file not read") from error
    return text.replace("\r\n", "\n").replace("\r", "\n") if "\r" in text else text


def _declared(data: bytes) -> str:
    if b"coding" not in data[:1000]:
        return "utf-8"
    for line in data[:1000].splitlines()[:2]:
        match = _COOKIE.match(line)
        if match:
            return match.group(1).decode("ascii").lower()
        if not _BLANK.match(line):
            break
    return "utf-8"
