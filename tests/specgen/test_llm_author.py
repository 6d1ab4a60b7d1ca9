"""The model author through the real LangChain client, against a server on loopback that plays a script."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from loopback import Turn
from openai_server import OpenAiServer, completion, refuse, say, status, wish

from specgen.authoring.llm import answers
from specgen.authoring.llm.author import Conduct, LlmAuthor, Models
from specgen.authoring.llm.calls import Patience
from specgen.authoring.llm.ledger import Caps, Price, PriceUnknown
from specgen.authoring.transcript import Asked, Transcript, TranscriptDiverges, TranscriptEnds
from specgen.authoring.types import AuthorUnavailable, CapReached, Task

MODEL = "openai:scripted"
KEY = "sk-a-key-that-nobody-may-see"
SCHEMA = {
    "type": "object",
    "properties": {"text": {"type": "string"}},
    "required": ["text"],
    "additionalProperties": False,
}
ACTION = Task("action", "Seats.hold", "Write the action of hold().", SCHEMA)
PLAN = Task("plan", "", "Plan the specification.", SCHEMA, explores=True)
GOOD = {"text": "left' = left - 1"}

Make = Callable[..., LlmAuthor]


@pytest.fixture
def make(tmp_path: Path) -> Make:
    """An author on one transcript, the same for every author of a test."""

    def build(server: OpenAiServer, replaying: bool = False, **given: Any) -> LlmAuthor:
        conduct = given.pop("conduct", Conduct(patience=Patience(tries=3, pause=0.01)))
        return LlmAuthor(
            given.pop("models", Models(MODEL, MODEL)),
            Transcript(tmp_path / "transcript.jsonl", replaying),
            url=server.url,
            conduct=conduct,
            environ={"OPENAI_API_KEY": KEY},
            **given,
        )

    return build


def test_an_answer_is_asked_for_with_the_tasks_schema_and_counted(make: Make) -> None:
    with OpenAiServer([say(GOOD, tokens=(1200, 30))]) as server:
        author = make(server, prices={MODEL: Price(2.0, 10.0)})
        reply = author.answer(ACTION)
    assert json.loads(reply.text) == GOOD
    assert (reply.usage.calls, reply.usage.input_tokens, reply.usage.output_tokens) == (1, 1200, 30)
    assert reply.usage.usd == pytest.approx(0.0027)
    assert author.usage == reply.usage
    (asked,) = server.requests
    assert asked["model"] == "scripted"
    assert asked["response_format"]["json_schema"]["schema"] == SCHEMA
    assert ACTION.prompt in asked["messages"][-1]["content"]


def test_a_cost_without_a_price_is_unknown(make: Make) -> None:
    with OpenAiServer([say(GOOD)]) as server:
        assert make(server).answer(ACTION).usage.usd is None


def test_a_server_that_counts_nothing_is_counted_for(make: Make) -> None:
    with OpenAiServer([say(GOOD, tokens=None)]) as server:
        usage = make(server).answer(ACTION).usage
    assert usage.input_tokens > 100
    assert usage.output_tokens > 0


def test_the_planner_plans_and_the_writer_writes(make: Make) -> None:
    with OpenAiServer([say(GOOD)], again=True) as server:
        author = make(server, models=Models(writer=MODEL, planner="openai:large"))
        for task in (PLAN, Task("properties", "", "List them.", SCHEMA), ACTION, Task("mend", "hold", "Mend.", SCHEMA)):
            author.answer(task)
    assert [asked["model"] for asked in server.requests] == ["large", "large", "scripted", "scripted"]
    assert author.model == "openai:large, openai:scripted"


def test_a_key_goes_to_the_provider_and_nowhere_else(make: Make, tmp_path: Path) -> None:
    echo = status(401, text=f"Incorrect API key provided: {KEY}")
    with OpenAiServer([say({"text": f"your key is {KEY}"}), echo]) as server:
        author = make(server)
        reply = author.answer(ACTION)
        with pytest.raises(AuthorUnavailable, match=r"denied.*see whether the key is right") as failed:
            author.answer(PLAN)
    assert server.keys == [f"Bearer {KEY}"] * 2
    assert KEY not in reply.text + str(failed.value) + (tmp_path / "transcript.jsonl").read_text()
    assert "\n" not in str(failed.value)


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ('Here it is:\n```json\n{"text": "a"}\n```\nGood luck!', {"text": "a"}),
        ('<think>{"text": 1} is no good</think>{"text": "b"}', {"text": "b"}),
    ],
)
def test_prose_around_an_answer_is_dropped(make: Make, words: str, expected: Mapping[str, str]) -> None:
    with OpenAiServer([say(words)]) as server:
        assert json.loads(make(server).answer(ACTION).text) == expected
    assert len(server.requests) == 1


@pytest.mark.parametrize(
    ("bad", "told"),
    [
        (say('{"text": '), "holds no JSON object"),
        (say({"words": "a"}), "does not fit the schema"),
        (say("我不知道"), "holds no JSON object"),
        (say(""), "is empty"),
        (say('{"text": "a", "text', finish="length"), "cut off after 8192 tokens"),
        (say("", finish="content_filter"), "refuses"),
        (refuse(), "refuses"),
        (say("{" * 100_000), "holds no JSON object"),
        (say({"text": "a" * 1_100_000}), "characters long"),
    ],
    ids=["broken", "schema", "language", "empty", "cut", "filtered", "refused", "braces", "huge"],
)
def test_an_answer_that_cannot_be_used_is_asked_for_again(make: Make, bad: Turn, told: str) -> None:
    with OpenAiServer([bad, say(GOOD)]) as server:
        reply = make(server).answer(ACTION)
    assert json.loads(reply.text) == GOOD
    assert reply.usage.calls == 2
    again = server.requests[1]["messages"]
    assert told in again[-1]["content"]
    assert len(json.dumps(again)) < 10_000


@given(st.text(), st.text(alphabet=st.characters(exclude_characters="{")), st.text())
def test_no_words_trip_the_reader(words: str, before: str, after: str) -> None:
    text, wrong = answers.read(words, SCHEMA)
    assert wrong or json.loads(text).keys() == {"text"}
    assert answers.read(before + json.dumps({"text": words}) + after, SCHEMA) == (json.dumps({"text": words}), "")


def test_source_that_is_no_utf8_is_asked_about(make: Make) -> None:
    with OpenAiServer([say(GOOD)]) as server:
        make(server).answer(Task("action", "hold", "# caf\udce9", SCHEMA))
    assert "caf\\udce9" in server.requests[0]["messages"][-1]["content"]


def test_words_that_never_fit_are_left_to_the_gate(make: Make) -> None:
    with OpenAiServer([say("no")], again=True) as server:
        reply = make(server).answer(ACTION)
    assert (reply.text, reply.usage.calls) == ("no", 2)


def test_a_model_that_keeps_refusing_ends_it(make: Make) -> None:
    with (
        OpenAiServer([refuse()], again=True) as server,
        pytest.raises(AuthorUnavailable, match="refuses the action") as ended,
    ):
        make(server).answer(ACTION)
    assert len(server.requests) == 2
    assert ended.value.usage.calls == 2


def test_a_server_without_schemas_is_asked_by_function_call_then_in_words(make: Make) -> None:
    no = status(400, text="response_format is not supported")
    with OpenAiServer(
        [no, wish(("action", GOOD), words="Here it is:"), no, say(f"Well: {json.dumps(GOOD)}")]
    ) as server:
        author = make(server)
        replies = [author.answer(ACTION), author.answer(Task("mend", "hold", "Mend it.", SCHEMA))]
    assert [json.loads(reply.text) for reply in replies] == [GOOD, GOOD]
    by_call, second_by_call, in_words = server.requests[1:]
    assert by_call["tools"][0]["function"]["parameters"] == SCHEMA
    assert "tools" in second_by_call  # and not by a schema, which it refused
    assert '"required": ["text"]' in in_words["messages"][-1]["content"]
    with OpenAiServer([]) as silent:  # the same way through the record
        replayed = make(silent, replaying=True)
        assert replayed.answer(ACTION).text == replies[0].text
        assert replayed.usage.cached_calls == 2


def test_a_function_call_of_broken_json_is_an_unusable_answer(make: Make) -> None:
    call = {"id": "t", "type": "function", "function": {"name": "action", "arguments": '{"text": '}}
    broken = completion({"content": None, "tool_calls": [call]}, "tool_calls")
    with OpenAiServer([status(400), broken, wish(("action", GOOD))]) as server:
        assert json.loads(make(server).answer(ACTION).text) == GOOD
    assert len(server.requests) == 3


def test_an_answered_call_is_never_made_again(make: Make, tmp_path: Path) -> None:
    other = Task("mend", "Seats.hold", "Mend it.", SCHEMA)
    with OpenAiServer([status(503), say("prose"), say(GOOD), say(GOOD)]) as server:
        first = make(server)
        told = first.answer(ACTION).text
    record = (tmp_path / "transcript.jsonl").read_bytes()
    (tmp_path / "transcript.jsonl").write_bytes(record + b'{"digest": "cut sho')  # killed while writing
    with OpenAiServer([say({"text": "new"})]) as server:
        resumed = make(server)
        assert resumed.answer(ACTION).text == told
        assert server.requests == []
        assert resumed.usage.calls == 0
        assert resumed.usage.cached_calls == 3
        assert (resumed.usage.input_tokens, resumed.usage.usd) == (0, 0.0)
        resumed.answer(other)
    assert len(server.requests) == 1
    with OpenAiServer([]) as silent:
        replayed = make(silent, replaying=True)
        with pytest.raises(TranscriptDiverges):
            replayed.answer(Task("action", "Seats.free", "Another.", SCHEMA))
        assert replayed.answer(ACTION).text == told
        replayed.answer(other)
        with pytest.raises(TranscriptEnds):
            replayed.answer(other)
    assert silent.requests == []


@pytest.mark.parametrize(
    ("caps", "told"),
    [
        (Caps(calls=2), "2 model calls"),
        (Caps(tokens=12_000), "12000 tokens"),
        (Caps(usd=0.12), "0.12 dollars"),
        (Caps(calls=3), None),
    ],
    ids=["calls", "tokens", "usd", "enough"],
)
def test_a_call_whose_answer_a_kill_took_counts_as_dear_as_it_can_be(
    make: Make, tmp_path: Path, caps: Caps, told: str | None
) -> None:
    prices = {MODEL: Price(10.0, 10.0)}
    other = Task("mend", "Seats.hold", "Mend it.", SCHEMA)
    with OpenAiServer([say(GOOD)], again=True) as server:
        first = make(server, prices=prices)
        first.answer(ACTION)
        first.answer(other)
    record = (tmp_path / "transcript.jsonl").read_bytes().splitlines(keepends=True)
    (tmp_path / "transcript.jsonl").write_bytes(b"".join(record[:-1]))  # killed before the answer was written
    with OpenAiServer([say(GOOD)], again=True) as server:
        again = make(server, caps=caps, prices=prices)
        again.answer(ACTION)
        if told:
            with pytest.raises(CapReached, match=told):
                again.answer(other)
        else:
            again.answer(other)
    assert len(server.requests) == (0 if told else 1)
    usage = again.usage
    assert (usage.calls, usage.cached_calls, usage.lost_calls) == (0 if told else 1, 1, 1)
    assert 8_192 < usage.lost_tokens < 9_000
    assert usage.lost_usd == pytest.approx(usage.lost_tokens / 100_000)
    with OpenAiServer([]) as silent:  # a replay costs nothing, whatever its recording cost
        replayed = make(silent, replaying=True, prices=prices)
        replayed.answer(ACTION)
        assert replayed.usage.lost_calls == 0


def test_what_an_earlier_run_lost_is_not_held_against_the_next(tmp_path: Path) -> None:
    path = tmp_path / "transcript.jsonl"
    question = {"kind": "action", "prompt": "Write it."}
    Transcript(path).asking(question, Asked(MODEL, 1_000, 8_192))
    assert Transcript(path).lost == [Asked(MODEL, 1_000, 8_192)]
    Transcript(path).start({"code": "as of today"}, dict)
    assert Transcript(path).lost == []
    again = Transcript(path)
    for _ in range(2):
        again.asking(question, Asked(MODEL, 1_000, 8_192))
    again.append(question, {"text": "it"})
    assert Transcript(path).lost == [Asked(MODEL, 1_000, 8_192)]


def test_a_run_that_ended_for_want_of_the_provider_goes_on(make: Make, tmp_path: Path) -> None:
    with OpenAiServer([status(500)] * 3) as server, pytest.raises(AuthorUnavailable) as ended:
        make(server).answer(ACTION)
    with OpenAiServer([]) as silent, pytest.raises(AuthorUnavailable) as replayed:
        make(silent, replaying=True).answer(ACTION)
    assert str(replayed.value) == str(ended.value)
    with OpenAiServer([status(500), say(GOOD)]) as server:
        reply = make(server).answer(ACTION)
    assert json.loads(reply.text) == GOOD
    assert (reply.usage.calls, reply.usage.cached_calls) == (2, 3)


@pytest.mark.parametrize(
    ("caps", "told"),
    [
        (Caps(calls=2), "2 model calls.*--max-calls"),
        (Caps(tokens=20_000), "20000 tokens.*--max-tokens"),
        (Caps(usd=0.2), "0.2 dollars.*--max-usd"),
    ],
)
def test_a_cap_stops_before_the_call_and_for_the_next_process_too(make: Make, caps: Caps, told: str) -> None:
    prices = {MODEL: Price(10.0, 10.0)}
    tasks = [Task("action", f"a{n}", "Write it.", SCHEMA) for n in range(4)]
    with OpenAiServer([say(GOOD, tokens=(4_000, 2_000))], again=True) as server:
        author = make(server, caps=caps, prices=prices)
        for task in tasks[:2]:
            author.answer(task)
        with pytest.raises(CapReached, match=told):
            author.answer(tasks[2])
        again = make(server, caps=caps, prices=prices)
        for task in tasks[:2]:
            again.answer(task)
        with pytest.raises(CapReached, match=told):
            again.answer(tasks[2])
    assert len(server.requests) == 2
    assert again.usage.calls == 0


def test_retries_count_as_calls(make: Make) -> None:
    with OpenAiServer([status(500)], again=True) as server, pytest.raises(CapReached):
        make(server, caps=Caps(calls=2)).answer(ACTION)
    assert len(server.requests) == 2


def test_minutes_end_a_run_before_a_call_and_before_a_pause(make: Make) -> None:
    with OpenAiServer([say(GOOD)], again=True) as server, pytest.raises(CapReached, match="--max-minutes"):
        make(server, caps=Caps(minutes=0.0)).answer(ACTION)
    assert server.requests == []
    with OpenAiServer([status(429, {"Retry-After": "30"})]) as server, pytest.raises(CapReached, match="--max-minutes"):
        make(server, caps=Caps(minutes=0.25)).answer(ACTION)


def test_a_cap_of_dollars_without_a_price_does_not_start(make: Make) -> None:
    with OpenAiServer([]) as server, pytest.raises(PriceUnknown, match=f"--price {MODEL}=INPUT,OUTPUT"):
        make(server, caps=Caps(usd=1.0))
