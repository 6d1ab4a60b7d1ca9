"""Providers that fail: what is tried again, what ends a run, and the one line it ends with."""

from __future__ import annotations

import json
import socket
import sys
import time
from pathlib import Path

import pytest
from loopback import Turn, body, cut, hang, responses
from openai_server import OpenAiServer, say, status

from specgen.authoring.llm.author import Conduct, LlmAuthor, Models
from specgen.authoring.llm.calls import Patience
from specgen.authoring.llm.providers import ModelMisnamed, ModelName, ProviderUnready, require
from specgen.authoring.transcript import Transcript
from specgen.authoring.types import AuthorError, AuthorUnavailable, Task

MODEL = "openai:scripted"
SCHEMA = {"type": "object", "properties": {"text": {"type": "string"}}, "required": ["text"]}
TASK = Task("action", "Seats.hold", "Write the action of hold().", SCHEMA)
GOOD = say({"text": "left' = left - 1"})


def author(url: str, directory: Path, model: str = MODEL, seconds: float = 20.0) -> LlmAuthor:
    conduct = Conduct(call_seconds=seconds, patience=Patience(tries=3, pause=0.01, longest_pause=5.0))
    return LlmAuthor(Models(model, model), Transcript(directory / "t.jsonl"), url=url, conduct=conduct, environ={})


#: A provider that says no is not paid.
REFUSED = [status(429), status(500), status(529), status(408)]


@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        *zip(REFUSED, ("rate-limit", "server", "server", "timeout"), strict=True),
        (hang(0.6), "timeout"),
        (cut(), "connection"),
        (body(b"<html>"), "broken"),
        (body(b"{}"), "broken"),
        (body(b'{"choices": null}'), "broken"),
        (body(b"\xff\xfe"), "broken"),
    ],
    ids=["429", "500", "529", "408", "hangs", "cut", "page", "hollow", "null", "bytes"],
)
def test_what_may_pass_is_tried_again_and_not_for_ever(fault: Turn, kind: str, tmp_path: Path) -> None:
    seconds = 0.4 if kind == "timeout" else 20.0
    with OpenAiServer([fault, fault, GOOD]) as server:
        reply = author(server.url, tmp_path / "a", seconds=seconds).answer(TASK)
    assert json.loads(reply.text)
    assert reply.usage.calls == 3
    paid = fault not in REFUSED
    assert reply.usage.lost_calls == (2 if paid else 0)
    assert (reply.usage.lost_tokens > 2 * Conduct().answer_tokens) is paid
    recorded = responses(tmp_path / "a" / "t.jsonl")
    assert [r.get("error", {}).get("kind") for r in recorded] == [kind, kind, None]
    with OpenAiServer([fault] * 3) as server, pytest.raises(AuthorUnavailable, match=f"^{MODEL}: {kind}: ") as ended:
        author(server.url, tmp_path / "b", seconds=seconds).answer(TASK)
    assert len(server.requests) == 3
    assert "\n" not in str(ended.value)
    assert str(ended.value).endswith("the same command goes on from here")


@pytest.mark.parametrize(
    ("fault", "told"),
    [
        (status(401), "denied.*key"),
        (status(403), "denied.*key"),
        (status(404), "not-found.*name"),
        (status(400, text="This model's maximum context length is 8192 tokens"), "overflow.*larger context"),
        (status(413), "overflow.*larger context"),
        (status(429, {"Retry-After": "3600"}), r"rate-limit.*\(it asks to wait 3600 s\)"),
        (
            lambda handler: handler.send(429, b'{"error": {"message": "no credit", "code": "insufficient_quota"}}'),
            "quota.*credit",
        ),
    ],
)
def test_what_will_not_pass_ends_at_once(fault: Turn, told: str, tmp_path: Path) -> None:
    with OpenAiServer([fault, GOOD]) as server, pytest.raises(AuthorUnavailable, match=told):
        author(server.url, tmp_path).answer(TASK)
    assert len(server.requests) == 1


def test_a_provider_that_is_away_is_not_waited_for_again(tmp_path: Path) -> None:
    with OpenAiServer([GOOD, *[status(503)] * 3]) as server:
        writing = author(server.url, tmp_path)
        writing.answer(TASK)
        for name in ("Seats.free", "Seats.count"):
            with pytest.raises(AuthorUnavailable, match="server"):
                writing.answer(Task("action", name, f"Write the action of {name}.", SCHEMA))
        assert len(server.requests) == 4
        again = author(server.url, tmp_path)
        assert again.answer(TASK).usage.cached_calls == 1


def test_the_pause_is_as_long_as_the_provider_asks(tmp_path: Path) -> None:
    with OpenAiServer([status(429, {"Retry-After": "0.5"}), GOOD]) as server:
        began = time.monotonic()
        author(server.url, tmp_path).answer(TASK)
    assert time.monotonic() - began >= 0.5


def test_pauses_double_and_are_the_same_each_time(tmp_path: Path) -> None:
    pauses: list[list[float]] = []
    for name in ("a", "b"):
        waited: list[float] = []
        with OpenAiServer([status(500)] * 4 + [GOOD]) as server:
            LlmAuthor(
                Models(MODEL, MODEL),
                Transcript(tmp_path / name),
                url=server.url,
                conduct=Conduct(patience=Patience(tries=5, pause=8.0, longest_pause=20.0)),
                environ={},
                sleep=waited.append,
            ).answer(TASK)
        pauses.append(waited)
    first, second, third, fourth = pauses[0]
    assert pauses[0] == pauses[1]
    assert 4.0 <= first <= 8.0
    assert second == pytest.approx(2 * first)
    assert third == fourth == pytest.approx(2.5 * first)


def test_nothing_listens(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        url = f"http://user:password@127.0.0.1:{taken.getsockname()[1]}/v1"
        with pytest.raises(AuthorUnavailable, match=r"connection: http://127\.0\.0\.1:.*refused") as ended:
            author(url, tmp_path).answer(TASK)
    assert "password" not in str(ended.value) + (tmp_path / "t.jsonl").read_text()


def test_a_missing_package_is_named_with_its_mend(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "langchain.chat_models", None)
    with pytest.raises(ProviderUnready, match=r"anthropic:some-model: .*pip install 'code2tla\[anthropic\]'"):
        author("http://127.0.0.1:1", tmp_path, model="anthropic:some-model").answer(TASK)
    assert not (tmp_path / "t.jsonl").exists()


def test_a_provider_nobody_knows_is_named(tmp_path: Path) -> None:
    with pytest.raises(ProviderUnready, match="nobody:x: cannot be set up") as ended:
        author("http://127.0.0.1:1", tmp_path, model="nobody:x").answer(TASK)
    assert "\n" not in str(ended.value)


@pytest.mark.parametrize(
    ("name", "environ", "told"),
    [
        ("openai:x", {}, "OPENAI_API_KEY"),
        ("anthropic:x", {"OPENAI_API_KEY": "k"}, "ANTHROPIC_API_KEY"),
        ("google_genai:x", {"GOOGLE_API_KEY": ""}, "GOOGLE_API_KEY or GEMINI_API_KEY"),
    ],
)
def test_a_missing_key_is_named(name: str, environ: dict[str, str], told: str) -> None:
    with pytest.raises(ProviderUnready, match=told):
        require(ModelName.parse(name), None, environ)


def test_what_needs_no_key_is_ready() -> None:
    require(ModelName.parse("ollama:llama"), None, {})
    require(ModelName.parse("openai:local"), "http://127.0.0.1:8080/v1", {})
    require(ModelName.parse("google_genai:x"), None, {"GEMINI_API_KEY": "k"})


@pytest.mark.parametrize("name", ["", "gpt-x", ":x", "openai:"])
def test_a_model_has_a_provider_and_a_name(name: str) -> None:
    with pytest.raises(ModelMisnamed, match="PROVIDER:NAME") as told:
        ModelName.parse(name)
    assert isinstance(told.value, AuthorError)
