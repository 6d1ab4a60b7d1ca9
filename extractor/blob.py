"""How the index keeps one file's facts: a line of problems, a line of rows, then numbers in binary.

Lines are JSON. Call sites are by far the most facts, and writing their numbers as text is dear, so arrays follow
as they are in memory; the second line says how long each is.
"""

from __future__ import annotations

import json
from array import array
from typing import Any


def pack(problems: list[list[Any]], rows: dict[str, Any] | None) -> bytes:
    """``problems`` are (kind, line, text); ``rows`` by kind, None when the file couldn't be decoded."""
    if rows is None:
        return _json(problems) + b"\n"
    arrays = {kind: value for kind, value in rows.items() if isinstance(value, array)}
    plain = {kind: value for kind, value in rows.items() if kind not in arrays}
    plain["arrays"] = [[kind, len(value)] for kind, value in arrays.items()]
    return b"\n".join((_json(problems), _json(plain), b"".join(value.tobytes() for value in arrays.values())))


def problems_of(blob: bytes) -> list[list[Any]]:
    """The problems of a packed file."""
    line = blob[: blob.index(b"\n")]
    return [] if line == b"[]" else list(json.loads(line))


def is_readable(blob: bytes) -> bool:
    """Whether a packed file has rows."""
    return len(blob) > blob.index(b"\n") + 1


def rows_of(blob: bytes) -> dict[str, Any]:
    """The rows of a packed file by kind; numbers come back as arrays."""
    _, line, numbers = blob.split(b"\n", 2)
    rows: dict[str, Any] = json.loads(line)
    start = 0
    for kind, length in rows.pop("arrays"):
        values = array("i")
        end = start + length * values.itemsize
        values.frombytes(numbers[start:end])
        rows[kind] = values
        start = end
    return rows


def _json(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), check_circular=False).encode()
