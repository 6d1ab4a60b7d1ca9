"""From a model's words to the JSON object that a task asks for."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

#: Places in an answer where an object may begin that are tried at most; more is not an answer but noise.
_PLACES = 50
_MOST_BYTES = 1_000_000


def read(text: str, schema: Mapping[str, Any]) -> tuple[str, str]:
    """The answer as JSON text, and what is wrong with it ("" if it fits ``schema``).

    Prose and fences around an object are dropped: the first object that fits is the answer. Where none does, the
    first part is the words as they came.
    """
    if not text.strip():
        return text, "it is empty"
    if len(text) > _MOST_BYTES:
        return text, f"it is {len(text)} characters long"
    wrong = ""
    for found in _objects(text):
        error = _misfit(found, schema)
        if not error:
            return json.dumps(found), ""
        wrong = wrong or f"it does not fit the schema: {error}"
    return text, wrong or "it holds no JSON object"


def _misfit(value: Any, schema: Mapping[str, Any]) -> str:
    """Where a JSON value does not fit a JSON Schema, and how; "" if it fits."""
    import jsonschema  # not for those who ask no model

    error = jsonschema.exceptions.best_match(jsonschema.Draft202012Validator(schema).iter_errors(value))
    return f"{error.json_path}: {_clipped(error.message)}" if error else ""


def _objects(text: str) -> Iterator[dict[str, Any]]:
    """The whole text if it is an object, else each object that begins somewhere in it, outer ones first."""
    decoder = json.JSONDecoder()
    at = text.find("{")
    for _ in range(_PLACES):
        if at < 0:
            return
        try:
            found, end = decoder.raw_decode(text, at)
        except (ValueError, RecursionError):
            end = at + 1
        else:
            yield found
        at = text.find("{", end)


def _clipped(text: str, most: int = 300) -> str:
    return text if len(text) <= most else text[:most] + " ..."
