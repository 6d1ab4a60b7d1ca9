"""The clients of the other providers, each against a server on loopback that speaks that provider's protocol."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from openai_server import OpenAiServer, Turn, cut

from specgen.authoring.llm.author import Conduct, LlmAuthor, Models
from specgen.authoring.llm.calls import Patience
from specgen.authoring.transcript import Transcript
from specgen.authoring.types import AuthorUnavailable, Task

KEY = "a-key-that-nobody-may-see"
SCHEMA = {
    "type": "object",
    "properties": {"text": {"type": "string"}},
    "required": ["text"],
    "additionalProperties": False,
}
GOOD = {"text": "a plan"}


def replied(value: Mapping[str, Any], code: int = 200) -> Turn:
    return lambda handler: handler.send(code, json.dumps(value).encode())


def anthropic(text: str = "", read: str = "", end: str = "end_turn") -> Turn:
    called = [{"type": "tool_use", "id": "t", "name": "read", "input": {"path": read}}] if read else []
    return replied(
        {
            "id": "m",
            "type": "message",
            "role": "assistant",
            "model": "m",
            "content": [*called, *([{"type": "text", "text": text}] if text else [])],
            "stop_reason": end,
            "usage": {"input_tokens": 100, "output_tokens": 20},
        }
    )


def google(text: str = "", read: str = "", end: str = "STOP") -> Turn:
    part = {"functionCall": {"name": "read", "args": {"path": read}}} if read else {"text": text}
    return replied(
        {
            "candidates": [{"content": {"role": "model", "parts": [part]}, "finishReason": end, "index": 0}],
            "usageMetadata": {"promptTokenCount": 100, "candidatesTokenCount": 20, "totalTokenCount": 120},
        }
    )


def ollama(text: str = "", read: str = "", end: str = "stop") -> Turn:
    called = {"tool_calls": [{"function": {"name": "read", "arguments": {"path": read}}}]} if read else {}
    return replied(
        {
            "model": "m",
            "created_at": "2024-01-01T00:00:00Z",
            "message": {"role": "assistant", "content": text, **called},
            "done": True,
            "done_reason": end,
            "prompt_eval_count": 100,
            "eval_count": 20,
        }
    )


@dataclass(frozen=True)
class Provider:
    model: str
    address: str
    says: Callable[..., Turn]
    ends_cut: str
    refusal: str
    denied: Mapping[str, Any]
    schema_in: Callable[[Mapping[str, Any]], Any]


PROVIDERS = (
    Provider(
        "anthropic:m", "ANTHROPIC_BASE_URL", anthropic, "max_tokens", "refusal",
        {"type": "error", "error": {"type": "permission_error", "message": f"key {KEY}"}},
        lambda asked: asked["output_config"]["format"]["schema"],
    ),
    Provider(
        "google_genai:m", "GOOGLE_GEMINI_BASE_URL", google, "MAX_TOKENS", "SAFETY",
        {"error": {"code": 403, "message": f"key {KEY}", "status": "PERMISSION_DENIED"}},
        lambda asked: asked["generationConfig"]["responseJsonSchema"],
    ),
    Provider(
        "ollama:m", "OLLAMA_HOST", ollama, "length", "", {"error": f"key {KEY}"}, lambda asked: asked["format"]
    ),
)  # fmt: skip


class Reader:
    """Reads one file."""

    name = "read"
    description = "Read a file of the repository."
    schema: Mapping[str, Any] = {
        "type": "object",
        "properties": {"path": {"type": "string"}},
        "required": ["path"],
        "additionalProperties": False,
    }

    def run(self, arguments: Mapping[str, Any]) -> str:
        return f"the text of {arguments['path']}"


@pytest.fixture(params=PROVIDERS, ids=lambda provider: provider.model.partition(":")[0])
def provider(request: pytest.FixtureRequest) -> Provider:
    found: Provider = request.param
    return found


@pytest.fixture
def author(provider: Provider, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[OpenAiServer], LlmAuthor]:
    def build(server: OpenAiServer) -> LlmAuthor:
        monkeypatch.setenv(provider.address, server.url.removesuffix("/v1"))
        return LlmAuthor(
            Models(provider.model, provider.model),
            Transcript(tmp_path / "t.jsonl"),
            [Reader()],
            conduct=Conduct(call_seconds=20.0, patience=Patience(tries=4, pause=0.01)),
            environ={"ANTHROPIC_API_KEY": KEY, "GOOGLE_API_KEY": KEY},
        )

    return build


def test_it_explores_and_answers(
    provider: Provider, author: Callable[[OpenAiServer], LlmAuthor], capfd: pytest.CaptureFixture[str]
) -> None:
    turns = [provider.says(read="seats.py"), provider.says("READY"), provider.says(json.dumps(GOOD))]
    with OpenAiServer(turns) as server:
        reply = author(server).answer(Task("plan", "", "Plan it.", SCHEMA, explores=True))
    assert json.loads(reply.text) == GOOD
    assert (reply.usage.calls, reply.usage.input_tokens, reply.usage.output_tokens) == (3, 300, 60)
    assert "the text of seats.py" in json.dumps(server.requests[2])
    assert provider.schema_in(server.requests[2])["properties"] == SCHEMA["properties"]
    assert "8192" in json.dumps(server.requests[2])
    assert capfd.readouterr().err == ""


def test_each_failure_is_one_call_and_bounded(
    provider: Provider, author: Callable[[OpenAiServer], LlmAuthor], tmp_path: Path
) -> None:
    broken = {"error": {"code": 503, "message": "busy", "status": "UNAVAILABLE"}}
    turns = [replied(broken, 503), replied(broken, 429), cut(), provider.says('{"te', end=provider.ends_cut)]
    with OpenAiServer([*turns, provider.says(json.dumps(GOOD))]) as server:
        reply = author(server).answer(Task("action", "hold", "Write it.", SCHEMA))
    assert json.loads(reply.text) == GOOD
    assert reply.usage.calls == len(server.requests) == 5
    recorded = [json.loads(line)["response"] for line in (tmp_path / "t.jsonl").read_text().splitlines()]
    assert [r["error"]["kind"] if "error" in r else r["finish"] for r in recorded] == [
        "server",
        "rate-limit",
        "connection",
        "cut",
        "stop",
    ]


def test_a_denial_ends_it_without_the_key(
    provider: Provider, author: Callable[[OpenAiServer], LlmAuthor], tmp_path: Path
) -> None:
    with OpenAiServer([replied(provider.denied, 403)]) as server, pytest.raises(AuthorUnavailable) as ended:
        author(server).answer(Task("action", "hold", "Write it.", SCHEMA))
    assert str(ended.value).startswith(f"{provider.model}: denied: ")
    assert KEY not in str(ended.value) + (tmp_path / "t.jsonl").read_text()


@pytest.mark.parametrize("provider", [p for p in PROVIDERS if p.refusal], indirect=True, ids=lambda p: p.model)
def test_a_refusal_is_known(provider: Provider, author: Callable[[OpenAiServer], LlmAuthor]) -> None:
    turns = [provider.says(end=provider.refusal)] * 2
    with OpenAiServer(turns) as server, pytest.raises(AuthorUnavailable, match="refuses"):
        author(server).answer(Task("action", "hold", "Write it.", SCHEMA))
    assert len(server.requests) == 2
