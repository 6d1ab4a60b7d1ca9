"""Anthropic's Messages protocol."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from loopback import Turn, replied

MODEL = "anthropic:scripted"
PATH = "/v1/messages"
ADDRESS = "ANTHROPIC_BASE_URL"
KEY_IN = "Authorization"

_FINISH = {"stop": "end_turn", "cut": "max_tokens", "refused": "refusal"}
_ERRORS = {401: "authentication_error", 403: "permission_error", 404: "not_found_error", 429: "rate_limit_error"}


def message(content: list[Mapping[str, Any]], finish: str = "stop", tokens: tuple[int, int] | None = (100, 20)) -> Turn:
    """A whole answer."""
    read, written = tokens or (0, 0)
    return replied(
        {
            "id": "msg_1",
            "type": "message",
            "role": "assistant",
            "model": "scripted",
            "content": content,
            "stop_reason": _FINISH.get(finish, finish),
            "stop_sequence": None,
            "usage": {"input_tokens": read, "output_tokens": written},
        }
    )


def say(text: str | Mapping[str, Any], finish: str = "stop", tokens: tuple[int, int] | None = (100, 20)) -> Turn:
    words = text if isinstance(text, str) else json.dumps(text)
    return message([{"type": "text", "text": words}] if words else [], finish, tokens)


def wish(*calls: tuple[str, Mapping[str, Any]], words: str | None = None, tokens: tuple[int, int] = (100, 20)) -> Turn:
    made = [{"type": "tool_use", "id": f"t{n}", "name": name, "input": given} for n, (name, given) in enumerate(calls)]
    return message([*([{"type": "text", "text": words}] if words else []), *made], "tool_use", tokens)


def status(code: int, headers: Mapping[str, str] | None = None, text: str = "no") -> Turn:
    kind = _ERRORS.get(code, "api_error" if code >= 500 else "invalid_request_error")
    error = json.dumps({"type": "error", "error": {"type": kind, "message": text}, "request_id": "req_1"}).encode()
    return lambda handler: handler.send(code, error, headers)


def schema(request: Mapping[str, Any]) -> Mapping[str, Any]:
    asked: Mapping[str, Any] = request["output_config"]["format"]["schema"]
    return asked


def prompt(request: Mapping[str, Any]) -> str:
    return str(request["messages"][-1]["content"])
