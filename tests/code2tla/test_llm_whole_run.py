"""A whole run written by a model that answers well, killed on the way, made again and replayed."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from types import ModuleType
from typing import cast

import anthropic_server
import google_server
import ollama_server
import openai_server
import pytest
from authored_scripts import SOURCE, action, script
from loopback import Handler, LoopbackServer, Protocol, by_task
from openai_server import OpenAiServer

KEPT = ("Counter.tla", "Counter.cfg", "draft.json", "ledger.jsonl", "architecture.md", "properties.md")


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A target and a cache for all tests here, so that TLC is asked the same thing once."""
    root = tmp_path_factory.mktemp("whole")
    (root / "target").mkdir()
    (root / "target" / "counter.py").write_text(SOURCE)
    return root


@pytest.fixture
def repo(shared: Path, home: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("CODE2TLA_CACHE", str(shared / "cache"))
    return shared / "target"


def start(repo: Path, out: Path, *words: str, environ: Mapping[str, str] = os.environ) -> subprocess.Popen[str]:
    program = [sys.executable, "-m", "code2tla", "run", str(repo), "counter.py", "--from", "facts", "--out", str(out)]
    return subprocess.Popen(
        [*program, "--json", "--audit-budget", "0", *words],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environ,
    )


def asking(server: OpenAiServer) -> list[str]:
    return ["--author", "llm", "--model", "openai:scripted", "--model-url", server.url]


def specification(out: Path) -> dict[str, bytes]:
    return {name: (out / "specs" / "counter" / name).read_bytes() for name in KEPT}


def test_killed_while_it_asks_it_resumes_to_the_same_and_is_replayed(repo: Path, home: Path) -> None:
    answers = script()
    answers["action add_13"] = action("add_13(w) == w \\notin done /\\ n' = n + 1")  # says nothing of `done`
    answers["mend add_13"] = script()["action add_13"]
    answering = by_task(cast("Protocol", openai_server), answers)
    with OpenAiServer([answering], again=True) as server:
        text, err = start(repo, home / "whole", *asking(server)).communicate()
    whole = json.loads(text)
    assert "Traceback" not in err
    assert whole["verdict"] == "violated"
    assert [(v["property"], v["classification"]) for v in whole["violations"]] == [("NoLoss", "code")]
    asked = len(server.requests)
    assert whole["author"]["calls"] == asked
    assert whole["author"]["input_tokens"] == 100 * asked

    running: list[subprocess.Popen[str]] = []

    def kill(handler: Handler) -> None:
        os.kill(running[-1].pid, signal.SIGKILL)
        handler.close_connection = True

    turns = [*[answering] * 3, kill, *[answering] * 4, kill, answering]
    with OpenAiServer(turns, again=True) as server:
        for _ in range(3):
            running.append(start(repo, home / "killed", *asking(server)))
            text, err = running[-1].communicate()
        assert "Traceback" not in err
        assert [process.returncode for process in running] == [-signal.SIGKILL] * 2 + [1]
        assert len(server.requests) == asked + 2, "only what was under way when it was killed is asked twice"
    assert specification(home / "killed") == specification(home / "whole")
    resumed = json.loads(text)["author"]
    assert (resumed["calls"], resumed["cached_calls"], resumed["lost_calls"]) == (asked - 7, 7, 2)
    assert resumed["lost_tokens"] > 2 * 8_192

    transcript = home / "killed" / "specs" / "counter" / "transcript.jsonl"
    replay = start(repo, home / "replayed", "--replay", str(transcript))
    text, err = replay.communicate()
    assert replay.returncode == 1, err
    assert specification(home / "replayed") == specification(home / "whole")
    assert json.loads(text)["author"]["cached_calls"] == asked


def test_calls_that_a_kill_has_cut_off_stay_within_the_limit_and_are_told(repo: Path, home: Path) -> None:
    running: list[subprocess.Popen[str]] = []

    def kill(handler: Handler) -> None:
        os.kill(running[-1].pid, signal.SIGKILL)
        handler.close_connection = True

    answering = by_task(cast("Protocol", openai_server), script())
    with OpenAiServer([answering, kill, kill, answering], again=True) as server:
        words = [*asking(server), "--max-calls", "4", "--price", "openai:scripted=1,100"]
        for _ in range(3):
            running.append(start(repo, home / "out", *words))
            text, _ = running[-1].communicate()
    assert [process.returncode for process in running] == [-signal.SIGKILL] * 2 + [3]
    assert len(server.requests) == 4
    result = json.loads(text)
    assert "the limit of 4 model calls is reached" in result["reason"]
    author = result["author"]
    assert (author["calls"], author["cached_calls"], author["lost_calls"]) == (1, 1, 2)
    assert 2 * 8_192 * 100 / 1_000_000 < author["lost_usd"] < 1.8
    report = (home / "out" / "specs" / "counter" / "report.md").read_text()
    assert "asked, answer lost: 2 calls, at most" in report


@pytest.mark.parametrize("module", [anthropic_server, google_server, ollama_server], ids=lambda m: m.__name__)
def test_every_provider_writes_a_whole_specification(repo: Path, home: Path, module: ModuleType) -> None:
    protocol = cast("Protocol", module)
    looks = (("read_file", {"path": "counter.py"}), ("search_text", {"pattern": "lock"}))
    with LoopbackServer(protocol, [by_task(protocol, script(), looks)], again=True) as server:
        given = {protocol.ADDRESS: server.address, "ANTHROPIC_API_KEY": "k" * 20, "GOOGLE_API_KEY": "k" * 20}
        words = ["--author", "llm", "--model", protocol.MODEL, "--price", f"{protocol.MODEL}=1,10", "--max-usd", "2"]
        text, err = start(repo, home / "out", *words, environ={**os.environ, **given}).communicate()
    result = json.loads(text)
    assert "Traceback" not in err
    assert [(v["property"], v["classification"]) for v in result["violations"]] == [("NoLoss", "code")]
    author, asked = result["author"], len(server.requests)
    assert (author["model"], author["calls"], author["input_tokens"]) == (protocol.MODEL, asked, 100 * asked)
    assert author["usd"] == pytest.approx(asked * (100 + 10 * 20) / 1_000_000)
    assert "self.n += 1" in json.dumps(server.requests[1])
    assert {action["name"] for action in result["spec"]["actions"]} == {"add_13", "reset_17"}
