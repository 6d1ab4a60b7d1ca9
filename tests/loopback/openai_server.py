"""OpenAI's chat protocol."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Mapping
from typing import Any

from loopback import LoopbackServer, Turn, replied

MODEL = "openai:scripted"
PATH = "/v1/chat/completions"
ADDRESS = "OPENAI_BASE_URL"
KEY_IN = "Authorization"

_FINISH = {"cut": "length", "refused": "content_filter"}


def completion(message: Mapping[str, Any], finish: str = "stop", tokens: tuple[int, int] | None = (100, 20)) -> Turn:
    """A whole answer; ``tokens`` are those of prompt and answer, None for a server that counts nothing."""
    body: dict[str, Any] = {
        "id": "c1",
        "object": "chat.completion",
        "created": 1,
        "model": "scripted",
        "choices": [
            {"index": 0, "message": {"role": "assistant", **message}, "finish_reason": _FINISH.get(finish, finish)}
        ],
    }
    if tokens:
        body["usage"] = {"prompt_tokens": tokens[0], "completion_tokens": tokens[1], "total_tokens": sum(tokens)}
    return replied(body)


def say(text: str | Mapping[str, Any], finish: str = "stop", tokens: tuple[int, int] | None = (100, 20)) -> Turn:
    return completion({"content": text if isinstance(text, str) else json.dumps(text)}, finish, tokens)


def wish(*calls: tuple[str, Mapping[str, Any]], words: str | None = None, tokens: tuple[int, int] = (100, 20)) -> Turn:
    made = [
        {"id": f"t{n}", "type": "function", "function": {"name": name, "arguments": json.dumps(arguments)}}
        for n, (name, arguments) in enumerate(calls)
    ]
    return completion({"content": words, "tool_calls": made}, "tool_calls", tokens)


def refuse() -> Turn:
    """A refusal as OpenAI words it."""
    return completion({"content": None, "refusal": "I can't help with that."})


def status(code: int, headers: Mapping[str, str] | None = None, text: str = "no") -> Turn:
    error = json.dumps({"error": {"message": text, "type": "error", "code": None}}).encode()
    return lambda handler: handler.send(code, error, headers)


def schema(request: Mapping[str, Any]) -> Mapping[str, Any]:
    asked = request["response_format"]["json_schema"]
    return {"title": asked["name"], **asked["schema"]}


def prompt(request: Mapping[str, Any]) -> str:
    return str(request["messages"][-1]["content"])


class OpenAiServer(LoopbackServer):
    """A server of this protocol."""

    def __init__(self, turns: Iterable[Turn], again: bool = False) -> None:
        super().__init__(sys.modules[__name__], turns, again)

    @property
    def url(self) -> str:
        return f"{self.address}/v1"
