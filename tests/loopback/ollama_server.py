"""Ollama's chat protocol: a stream of JSON lines, the last of which says why it ends."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from loopback import Turn

MODEL = "ollama:scripted"
PATH = "/api/chat"
ADDRESS = "OLLAMA_HOST"
KEY_IN = "Authorization"

_FINISH = {"cut": "length"}
_HEAD = {"model": "scripted", "created_at": "2026-01-01T00:00:00Z"}


def lines(*made: Mapping[str, Any]) -> Turn:
    """These lines."""
    raw = "".join(json.dumps({**_HEAD, **line}) + "\n" for line in made).encode()
    return lambda handler: handler.send(200, raw, kind="application/x-ndjson")


def last(finish: str = "stop", tokens: tuple[int, int] | None = (100, 20)) -> Mapping[str, Any]:
    """The line that ends an answer."""
    counted = {"prompt_eval_count": tokens[0], "eval_count": tokens[1]} if tokens else {}
    ends = {"done": True, "done_reason": _FINISH.get(finish, finish), "total_duration": 1}
    return {"message": {"role": "assistant", "content": ""}, **ends, **counted}


def part(text: str, **more: Any) -> Mapping[str, Any]:
    """A line of an answer."""
    return {"message": {"role": "assistant", "content": text, **more}, "done": False}


def say(text: str | Mapping[str, Any], finish: str = "stop", tokens: tuple[int, int] | None = (100, 20)) -> Turn:
    words = text if isinstance(text, str) else json.dumps(text)
    half = len(words) // 2
    return lines(part(words[:half]), part(words[half:]), last(finish, tokens))


def wish(*calls: tuple[str, Mapping[str, Any]], words: str | None = None, tokens: tuple[int, int] = (100, 20)) -> Turn:
    made = [{"function": {"name": name, "arguments": arguments}} for name, arguments in calls]
    return lines(part(words or "", tool_calls=made), last(tokens=tokens))


def status(code: int, headers: Mapping[str, str] | None = None, text: str = "no") -> Turn:
    error = json.dumps({"error": text}).encode()
    return lambda handler: handler.send(code, error, headers)


def schema(request: Mapping[str, Any]) -> Mapping[str, Any]:
    asked: Mapping[str, Any] = request["format"]
    return asked


def prompt(request: Mapping[str, Any]) -> str:
    return str(request["messages"][-1]["content"])
