"""The clients of the other providers, each against a server on loopback that speaks that provider's protocol."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, cast

import anthropic_server
import google_server
import ollama_server
import pytest
from loopback import LoopbackServer, Protocol, Turn, body, cut, hang, responses

from specgen.authoring.llm.author import Conduct, LlmAuthor, Models
from specgen.authoring.llm.calls import Patience
from specgen.authoring.llm.ledger import Caps, Price
from specgen.authoring.transcript import Transcript
from specgen.authoring.types import AuthorUnavailable, CapReached, Task

KEY = "a-key-that-nobody-may-see"
SCHEMA = {
    "type": "object",
    "properties": {"text": {"type": "string"}},
    "required": ["text"],
    "additionalProperties": False,
}
GOOD = {"text": "a plan"}
ACTION = Task("action", "hold", "Write it.", SCHEMA)

PROTOCOLS = {
    name: cast("Protocol", module)
    for name, module in {
        "anthropic": anthropic_server, "google": google_server, "ollama": ollama_server
    }.items()
}  # fmt: skip
ANTHROPIC, GOOGLE, OLLAMA = PROTOCOLS.values()

Make = Callable[..., LlmAuthor]


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


@pytest.fixture(params=PROTOCOLS.values(), ids=PROTOCOLS.keys())
def protocol(request: pytest.FixtureRequest) -> Protocol:
    return cast("Protocol", request.param)


@pytest.fixture
def make(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Make:
    def build(server: LoopbackServer, seconds: float = 20.0, **given: Any) -> LlmAuthor:
        model = server.protocol.MODEL
        monkeypatch.setenv(server.protocol.ADDRESS, server.address)
        return LlmAuthor(
            Models(model, model),
            Transcript(tmp_path / "t.jsonl"),
            [Reader()],
            conduct=Conduct(call_seconds=seconds, patience=Patience(tries=4, pause=0.01)),
            environ={"ANTHROPIC_API_KEY": KEY, "GOOGLE_API_KEY": KEY},
            **given,
        )

    return build


@pytest.fixture
def recorded(tmp_path: Path) -> Callable[[], list[str]]:
    """The kinds of failure, or the ends of the answers, that the transcript holds."""

    def read() -> list[str]:
        came = responses(tmp_path / "t.jsonl")
        return [r["error"]["kind"] if "error" in r else r["finish"] for r in came]

    return read


Recorded = Callable[[], list[str]]


def test_it_explores_answers_and_is_counted(protocol: Protocol, make: Make, capfd: pytest.CaptureFixture[str]) -> None:
    turns = [
        protocol.wish(("read", {"path": "seats.py"}), ("read", {"path": "lock.py"}), words="Let me see."),
        protocol.say("READY"),
        protocol.say(GOOD, tokens=(1_000, 60)),
    ]
    with LoopbackServer(protocol, turns) as server:
        author = make(server, prices={protocol.MODEL: Price(2.0, 10.0)})
        reply = author.answer(Task("plan", "", "Plan it.", SCHEMA, explores=True))
    assert json.loads(reply.text) == GOOD
    assert (reply.usage.calls, reply.usage.input_tokens, reply.usage.output_tokens) == (3, 1_200, 100)
    assert reply.usage.usd == pytest.approx(0.0034)
    first, _second, last = server.requests
    assert '"read"' in json.dumps(first["tools"])
    assert "the text of seats.py" in protocol.prompt(last)
    assert "the text of lock.py" in protocol.prompt(last)
    assert protocol.schema(last)["properties"] == SCHEMA["properties"]
    assert "8192" in json.dumps(last)
    assert all(KEY in key for key in server.keys) or protocol is OLLAMA
    assert capfd.readouterr().err == ""


def test_each_failure_is_one_call_and_bounded(protocol: Protocol, make: Make, recorded: Recorded) -> None:
    turns = [protocol.status(503), protocol.status(429), cut(), protocol.say('{"te', "cut"), protocol.say(GOOD)]
    with LoopbackServer(protocol, turns) as server:
        reply = make(server).answer(ACTION)
    assert json.loads(reply.text) == GOOD
    assert reply.usage.calls == len(server.requests) == 5
    assert recorded() == ["server", "rate-limit", "connection", "cut", "stop"]


def test_an_answer_that_never_comes_is_given_up_and_asked_for_again(
    protocol: Protocol, make: Make, recorded: Recorded
) -> None:
    with LoopbackServer(protocol, [hang(1.5), protocol.say(GOOD)]) as server:
        reply = make(server, seconds=0.5).answer(ACTION)
    assert json.loads(reply.text) == GOOD
    assert (reply.usage.calls, reply.usage.lost_calls) == (2, 1)
    assert len(server.requests) == 2
    assert recorded() == ["timeout", "stop"]


@pytest.mark.parametrize("nonsense", [b"<html>", b"\xff\xfe", b"[1]", b"null"], ids=["page", "bytes", "list", "null"])
def test_what_is_no_answer_of_the_protocol_is_asked_for_again(
    protocol: Protocol, make: Make, recorded: Recorded, nonsense: bytes
) -> None:
    with LoopbackServer(protocol, [body(nonsense), protocol.say(GOOD)]) as server:
        assert json.loads(make(server).answer(ACTION).text) == GOOD
    assert recorded() == ["broken", "stop"]


def test_a_denial_ends_it_without_the_key(protocol: Protocol, make: Make, tmp_path: Path) -> None:
    with (
        LoopbackServer(protocol, [protocol.status(403, text=f"key {KEY}")]) as server,
        pytest.raises(AuthorUnavailable) as ended,
    ):
        make(server).answer(ACTION)
    assert str(ended.value).startswith(f"{protocol.MODEL}: denied: ")
    assert KEY not in str(ended.value) + (tmp_path / "t.jsonl").read_text()


@pytest.mark.parametrize(
    ("protocol", "refusal"),
    [
        (ANTHROPIC, ANTHROPIC.say("", "refused")),
        (GOOGLE, google_server.candidate([], "refused")),
        (GOOGLE, google_server.blocked()),
        (GOOGLE, google_server.candidate([], "RECITATION")),
    ],
    ids=["anthropic", "google", "google-prompt", "google-recitation"],
)
def test_a_refusal_is_known(protocol: Protocol, refusal: Turn, make: Make) -> None:
    with LoopbackServer(protocol, [refusal] * 2) as server, pytest.raises(AuthorUnavailable, match="refuses"):
        make(server).answer(ACTION)
    assert len(server.requests) == 2


@pytest.mark.parametrize(
    ("protocol", "fault", "told"),
    [
        (ANTHROPIC, ANTHROPIC.status(400, text="Your credit balance is too low to access the API"), "quota.*credit"),
        (ANTHROPIC, ANTHROPIC.status(402, text="billing"), "quota.*credit"),
        (ANTHROPIC, ANTHROPIC.status(400, text="prompt is too long: 9 tokens > 8 maximum"), "overflow.*larger context"),
        (ANTHROPIC, ANTHROPIC.status(413), "overflow.*larger context"),
        (ANTHROPIC, ANTHROPIC.status(429, {"retry-after": "600"}), "rate-limit.*asks to wait 600 s"),
        (GOOGLE, GOOGLE.status(400, text="API key not valid. Please pass a valid API key."), "denied.*key"),
        (
            GOOGLE,
            GOOGLE.status(400, text="The input token count (9) exceeds the maximum number of tokens allowed (8)."),
            "overflow.*larger context",
        ),
        (
            GOOGLE,
            google_server.status(
                429, details=[{"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "599.5s"}]
            ),
            "rate-limit.*asks to wait 599.5 s",
        ),
        (OLLAMA, OLLAMA.status(404, text="model 'scripted' not found"), "not-found.*name"),
    ],
)  # fmt: skip
def test_what_will_not_pass_ends_at_once(protocol: Protocol, fault: Turn, told: str, make: Make) -> None:
    with LoopbackServer(protocol, [fault, protocol.say(GOOD)]) as server, pytest.raises(AuthorUnavailable, match=told):
        make(server).answer(ACTION)
    assert len(server.requests) == 1


def test_a_model_without_tools_or_schemas_is_asked_in_words(protocol: Protocol, make: Make) -> None:
    no = protocol.status(400, text="scripted does not support that")
    ways = [no] if protocol is OLLAMA else [no, no]
    with LoopbackServer(protocol, [no, *ways, protocol.say(GOOD)], again=True) as server:
        reply = make(server).answer(Task("plan", "", "Plan it.", SCHEMA, explores=True))
    assert json.loads(reply.text) == GOOD


def test_thinking_is_paid_for_as_an_answer(make: Make) -> None:
    thought = google_server.candidate([{"text": json.dumps(GOOD)}], thoughtsTokenCount=500)
    with LoopbackServer(GOOGLE, [thought]) as server:
        usage = make(server).answer(ACTION).usage
    assert (usage.input_tokens, usage.output_tokens) == (100, 520)


def test_an_answer_that_fills_the_context_is_cut(make: Make, recorded: Recorded) -> None:
    turns = [ANTHROPIC.say('{"te', "model_context_window_exceeded"), ANTHROPIC.say(GOOD)]
    with LoopbackServer(ANTHROPIC, turns) as server:
        make(server).answer(ACTION)
    assert recorded() == ["cut", "stop"]


def test_ollama_is_told_to_hold_the_whole_prompt(make: Make) -> None:
    with LoopbackServer(OLLAMA, [OLLAMA.say(GOOD)], again=True) as server:
        author = make(server)
        author.answer(ACTION)
        author.answer(Task("plan", "", "word " * 30_000, SCHEMA))
    assert [asked["options"]["num_ctx"] for asked in server.requests] == [32_768, 65_536]


def test_an_error_in_the_middle_of_a_stream_is_asked_again(make: Make, recorded: Recorded) -> None:
    turns = [ollama_server.lines(ollama_server.part('{"te'), {"error": "the runner has died"}), OLLAMA.say(GOOD)]
    with LoopbackServer(OLLAMA, turns) as server:
        assert json.loads(make(server).answer(ACTION).text) == GOOD
    assert recorded() == ["broken", "stop"]


def test_a_stream_that_ends_before_its_end_is_no_answer(make: Make, recorded: Recorded) -> None:
    turns = [ollama_server.lines(ollama_server.part(json.dumps(GOOD)[:-4])), OLLAMA.say(GOOD)]
    with LoopbackServer(OLLAMA, turns) as server:
        assert json.loads(make(server).answer(ACTION).text) == GOOD
    assert recorded()[-1] == "stop"
    assert len(server.requests) == 2


def test_a_limit_holds_for_each(protocol: Protocol, make: Make) -> None:
    with LoopbackServer(protocol, [protocol.say(GOOD)], again=True) as server:
        author = make(server, caps=Caps(calls=1))
        author.answer(ACTION)
        with pytest.raises(CapReached, match="1 model calls"):
            author.answer(Task("mend", "hold", "Mend it.", SCHEMA))
    assert len(server.requests) == 1
