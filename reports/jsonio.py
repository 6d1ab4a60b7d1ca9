"""``result.json``: a Result to text and back, by the published schema ``schemas/result-1.json``."""

from __future__ import annotations

import dataclasses
import json
import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any, NoReturn

from pydantic import TypeAdapter, ValidationError

from reports.result import Result

SCHEMA = "code2tla/result/1"

_SCHEMA_FILE = Path(__file__).parent / "schemas" / "result-1.json"

# Everything that a terminal or an editor would obey or hide; inside JSON all of it stands in strings.
_UNSAFE = re.compile("[\x7f-\x9f\xad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\U000e0000-\U000e007f]")
_SURROGATE = re.compile("[\ud800-\udfff]")

_MEND = "run code2tla again to write it anew"


class ResultUnreadable(ValueError):
    """A stored result is not what ``code2tla/result/1`` says; the message is one line."""


def json_schema() -> dict[str, Any]:
    """Return the published JSON Schema (draft 2020-12)."""
    schema: dict[str, Any] = json.loads(_SCHEMA_FILE.read_text(encoding="utf-8"))
    return schema


def dumps(result: Result) -> str:
    """Return ``result`` as JSON text: ``schema`` first, then the fields as declared; ends with a newline.

    The text is safe to print to a terminal: what has no shape of its own is escaped. Tuples and sets in ``bounds``
    become arrays, other foreign values their text; half a surrogate pair, which no JSON reader takes, becomes the
    six characters of its escape.
    """
    text = json.dumps(_plain(result), indent=2, ensure_ascii=False, allow_nan=False)
    return _UNSAFE.sub(lambda match: _escaped(match.group()), text) + "\n"


def loads(text: str) -> Result:
    """Return the Result that ``text`` holds; fields of later additions may be missing or unknown.

    Raises:
        ResultUnreadable: if it is no JSON, of another schema, or a field has the wrong type.

    """
    try:
        data = json.loads(text, parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        raise ResultUnreadable(f"result.json is no JSON ({_one_line(error)}); {_MEND}") from None
    if not isinstance(data, dict) or data.get("schema") != SCHEMA:
        found = data.get("schema") if isinstance(data, dict) else None
        raise ResultUnreadable(
            f"result.json has schema {json.dumps(found)[:80]}, this version reads {SCHEMA!r}; {_MEND}"
        )
    _fill(data)
    try:
        return _adapter().validate_json(json.dumps(data), strict=True)
    except (ValidationError, RecursionError) as error:
        where, what = _first(error)
        raise ResultUnreadable(f"result.json is wrong at {where}: {what}; {_MEND}") from None


@cache
def _adapter() -> TypeAdapter[Result]:
    return TypeAdapter(Result)


def _plain(value: object) -> Any:
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        names = [f.name for f in dataclasses.fields(value)]
        names.sort(key=lambda name: name != "schema")
        return {name: _plain(getattr(value, name)) for name in names}
    if isinstance(value, Mapping):
        return {_well_formed(str(key)): _plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    if isinstance(value, (set, frozenset)):
        return sorted((_plain(item) for item in value), key=str)
    if value is None or isinstance(value, (bool, int, float)):
        return value
    return _well_formed(str(value))


def _well_formed(text: str) -> str:
    return _SURROGATE.sub(lambda match: f"\\u{ord(match.group()):04x}", text)


def _escaped(char: str) -> str:
    return json.dumps(char)[1:-1]


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not a JSON number")


def _fill(data: dict[str, Any]) -> None:
    """Give the fields that were added after the schema's first printing the value they have when unknown."""
    for part in _dicts(data.get("parts")):
        part.setdefault("schema", SCHEMA)
        _fill(part)
    for prop in _dicts(data.get("properties")):
        prop.setdefault("plain", prop.get("name", ""))
    for assumption in _dicts(data.get("assumptions")):
        if assumption.get("source") == {}:
            assumption["source"] = None
    for violation in _dicts(data.get("violations")):
        violation.setdefault("kind", "")
        violation.setdefault("summary", violation.get("property", ""))
        for step in _dicts(violation.get("trace")):
            for name in ("operation", "function", "text"):
                step.setdefault(name, "")
            if step.get("source") == {}:
                step["source"] = None


def _dicts(items: object) -> list[dict[str, Any]]:
    return [item for item in items if isinstance(item, dict)] if isinstance(items, list) else []


def _first(error: ValidationError | RecursionError) -> tuple[str, str]:
    if isinstance(error, RecursionError):
        return "its parts", "nested too deeply"
    detail = error.errors(include_url=False, include_context=False, include_input=False)[0]
    where = "".join(f"[{at}]" if isinstance(at, int) else f".{at}" for at in detail["loc"]).lstrip(".")
    return _one_line(where or "the top")[:120], _one_line(detail["msg"])


def _one_line(text: object) -> str:
    return " ".join(ascii(str(text))[1:-1].split())
