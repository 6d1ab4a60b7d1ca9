"""Gemini's generateContent protocol."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from loopback import Turn, replied

MODEL = "google_genai:scripted"
PATH = "/v1beta/models/scripted:generateContent"
ADDRESS = "GOOGLE_GEMINI_BASE_URL"
KEY_IN = "x-goog-api-key"

_FINISH = {"stop": "STOP", "cut": "MAX_TOKENS", "refused": "SAFETY"}
_ERRORS = {401: "UNAUTHENTICATED", 403: "PERMISSION_DENIED", 404: "NOT_FOUND", 429: "RESOURCE_EXHAUSTED"}


def candidate(
    parts: Sequence[Mapping[str, Any]], finish: str = "stop", tokens: tuple[int, int] | None = (100, 20), **counted: int
) -> Turn:
    """A whole answer; ``counted`` are further counts of tokens, under the names they have there."""
    body: dict[str, Any] = {
        "candidates": [
            {"content": {"role": "model", "parts": parts}, "finishReason": _FINISH.get(finish, finish), "index": 0}
        ],
        "modelVersion": "scripted",
    }
    if tokens:
        read, written = tokens
        total = read + written + sum(counted.values())
        body["usageMetadata"] = {
            "promptTokenCount": read, "candidatesTokenCount": written, "totalTokenCount": total, **counted
        }  # fmt: skip
    return replied(body)


def say(text: str | Mapping[str, Any], finish: str = "stop", tokens: tuple[int, int] | None = (100, 20)) -> Turn:
    return candidate([{"text": text if isinstance(text, str) else json.dumps(text)}], finish, tokens)


def wish(*calls: tuple[str, Mapping[str, Any]], words: str | None = None, tokens: tuple[int, int] = (100, 20)) -> Turn:
    made = [{"functionCall": {"name": name, "args": arguments}} for name, arguments in calls]
    return candidate([*([{"text": words}] if words else []), *made], "stop", tokens)


def blocked(reason: str = "PROHIBITED_CONTENT") -> Turn:
    """No answer at all, because of the prompt."""
    return replied({"promptFeedback": {"blockReason": reason}, "usageMetadata": {"promptTokenCount": 100}})


def status(
    code: int, headers: Mapping[str, str] | None = None, text: str = "no", details: Sequence[Mapping[str, Any]] = ()
) -> Turn:
    kind = _ERRORS.get(code, "UNAVAILABLE" if code >= 500 else "INVALID_ARGUMENT")
    error = json.dumps({"error": {"code": code, "message": text, "status": kind, "details": details}}).encode()
    return lambda handler: handler.send(code, error, headers)


def schema(request: Mapping[str, Any]) -> Mapping[str, Any]:
    asked: Mapping[str, Any] = request["generationConfig"]["responseJsonSchema"]
    return asked


def prompt(request: Mapping[str, Any]) -> str:
    return str(request["contents"][-1]["parts"][0]["text"])
