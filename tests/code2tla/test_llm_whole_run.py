"""A whole run written by a model that answers well, killed on the way, made again and replayed."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from authored_scripts import SOURCE, action, script
from openai_server import Handler, OpenAiServer, by_task

KEPT = ("Counter.tla", "Counter.cfg", "draft.json", "ledger.jsonl", "architecture.md", "properties.md")


@pytest.fixture
def repo(home: Path) -> Path:
    repo = home / "target"
    repo.mkdir()
    (repo / "counter.py").write_text(SOURCE)
    return repo


def start(repo: Path, out: Path, *words: str) -> subprocess.Popen[str]:
    program = [sys.executable, "-m", "code2tla", "run", str(repo), "counter.py", "--from", "facts", "--out", str(out)]
    return subprocess.Popen([*program, "--json", *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def asking(server: OpenAiServer) -> list[str]:
    return ["--author", "llm", "--model", "openai:scripted", "--model-url", server.url]


def specification(out: Path) -> dict[str, bytes]:
    return {name: (out / "specs" / "counter" / name).read_bytes() for name in KEPT}


def test_killed_while_it_asks_it_resumes_to_the_same_and_is_replayed(repo: Path, home: Path) -> None:
    answers = script()
    answers["action add_13"] = action("add_13(w) == w \\notin done /\\ n' = n + 1")  # says nothing of `done`
    answers["mend add_13"] = script()["action add_13"]
    answering = by_task(answers)
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
    assert (resumed["calls"], resumed["cached_calls"]) == (asked - 7, 7)

    transcript = home / "killed" / "specs" / "counter" / "transcript.jsonl"
    replay = start(repo, home / "replayed", "--replay", str(transcript))
    text, err = replay.communicate()
    assert replay.returncode == 1, err
    assert specification(home / "replayed") == specification(home / "whole")
    assert json.loads(text)["author"]["cached_calls"] == asked
