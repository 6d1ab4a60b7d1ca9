"""Whole runs with the llm author: a real small model, a scripted server, resume, replay, and what is not imported."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from loopback import responses
from openai_server import OpenAiServer, say, status

from code2tla.cli import main
from corpora import case, history

#: A short feature, so that a small model on one core has read it within seconds.
CASE = "module_counter"


@pytest.fixture
def repo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("MODEL", "PLANNER_MODEL", "MODEL_URL", "AUTHOR", "PRICE"):
        monkeypatch.delenv(f"CODE2TLA_{name}", raising=False)
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    monkeypatch.setenv("CODE2TLA_CACHE", str(tmp_path / "cache"))
    return history.build(CASE, tmp_path / "target").repo


@pytest.fixture
def small_model() -> Iterator[str]:
    server = subprocess.Popen(
        [sys.executable, str(Path(__file__).parents[1] / "loopback" / "small_model.py")],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    assert server.stdout is not None
    yield f"{server.stdout.readline().strip()}/v1"
    server.kill()
    server.wait()
    server.stdout.close()


def run(repo: Path, out: Path, *words: str) -> int:
    feature = case.load(CASE).feature
    return main(["run", str(repo), feature, "--out", str(out), "--quiet", "--from", "facts", *words])


def written(out: Path) -> tuple[dict[str, Any], Path]:
    (directory,) = (out / "specs").iterdir()
    return json.loads((directory / "result.json").read_text()), directory


def test_a_small_model_writes_nonsense_and_the_run_says_so(repo: Path, small_model: str, tmp_path: Path) -> None:
    words = ["--author", "llm", "--model", "openai:smollm2", "--model-url", small_model]
    limits = ["--max-calls", "3", "--answer-tokens", "64", "--price", "openai:smollm2=1,2"]
    assert run(repo, tmp_path / "out", *words, *limits) == 3
    result, directory = written(tmp_path / "out")
    assert result["verdict"] == "inconclusive"
    assert result["reason"].startswith("the author stopped early: the limit of 3 model calls is reached")
    author = result["author"]
    assert (author["name"], author["model"], author["calls"]) == ("llm", "openai:smollm2", 3)
    assert author["input_tokens"] > 1_000
    assert 0 < author["output_tokens"] <= 3 * 64
    assert author["usd"] == pytest.approx((author["input_tokens"] + 2 * author["output_tokens"]) / 1_000_000)
    report = (directory / "report.md").read_text()
    assert "limit of 3 model calls" in report
    assert "3 calls" in report
    assert "No answer to the plan task" in report
    assert not list(directory.glob("*.tla"))


def test_a_run_that_is_made_again_or_replayed_asks_nobody(repo: Path, tmp_path: Path) -> None:
    words = ["--author", "llm", "--model", "openai:a", "--planner-model", "openai:b", "--max-calls", "5"]
    with OpenAiServer([status(500, {"Retry-After": "0"}), say("nonsense")], again=True) as server:
        assert run(repo, tmp_path / "out", *words, "--model-url", server.url) == 3
    first, directory = written(tmp_path / "out")
    assert any(note.startswith("No answer to the plan task") for note in first["notes"])
    transcript = (directory / "transcript.jsonl").read_bytes()
    assert len(responses(directory / "transcript.jsonl")) == 5
    with OpenAiServer([]) as server:
        assert run(repo, tmp_path / "out", *words, "--model-url", server.url) == 3
        again, _ = written(tmp_path / "out")
        assert run(repo, tmp_path / "replayed", "--replay", str(directory / "transcript.jsonl")) == 3
    assert server.requests == []
    assert (directory / "transcript.jsonl").read_bytes() == transcript
    assert again["reason"] == first["reason"]
    assert (first["author"]["calls"], again["author"]["calls"], again["author"]["cached_calls"]) == (5, 0, 5)


def test_a_provider_that_is_away_leaves_a_partial_result(
    repo: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with OpenAiServer([status(401, text="bad key")]) as server:
        assert run(repo, tmp_path, "--author", "llm", "--model", "openai:a", "--model-url", server.url) == 3
    result, _ = written(tmp_path)
    assert "openai:a: denied: " in result["reason"]
    assert result["author"]["calls"] == 1
    assert "Traceback" not in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "exit_status", "told"),
    [
        ([], 2, "--author llm: no model is named; give --model PROVIDER:NAME"),
        (["--model", "gpt"], 2, "--model: 'gpt' is not allowed; give PROVIDER:NAME"),
        (["--model", "openai:x"], 4, "openai:x: no key is set; set OPENAI_API_KEY"),
        (["--model", "ollama:x", "--model-url", "http://127.0.0.1:1"], 2, "--model-url: "),
        (["--model", "ollama:x", "--max-usd", "1"], 2, "--max-usd: a limit of 1.0 dollars cannot be held"),
        (["--model", "ollama:x", "--price", "ollama:x"], 2, "--price"),
    ],
)
def test_what_is_missing_is_said_in_one_line(
    repo: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], words: list[str], exit_status: int, told: str
) -> None:
    assert run(repo, tmp_path / "out", "--author", "llm", *words) == exit_status
    err = capsys.readouterr().err
    assert told in err
    assert err.count("\n") == 1


@pytest.mark.parametrize("key", ["model", "planner-model", "model-url", "max-usd", "price", "author"])
def test_the_target_cannot_choose_who_is_asked_or_paid(
    repo: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], key: str
) -> None:
    (repo / "code2tla.toml").write_text(f'{key} = "openai:x"\n')
    assert run(repo, tmp_path / "out") == 2
    assert f"code2tla.toml: {key}: not allowed here" in capsys.readouterr().err


def test_the_target_may_say_what_models_cost(repo: Path, tmp_path: Path) -> None:
    (repo / "code2tla.toml").write_text('[prices]\n"openai:x" = {input = 10, output = 20}\n')
    with OpenAiServer([say("nonsense", tokens=(1_000, 100))], again=True) as server:
        words = ["--author", "llm", "--model", "openai:x", "--model-url", server.url, "--max-calls", "2"]
        run(repo, tmp_path / "file", *words)
        run(repo, tmp_path / "user", *words, "--price", "openai:x=1,1")
    assert written(tmp_path / "file")[0]["author"]["usd"] == pytest.approx(0.024)
    assert written(tmp_path / "user")[0]["author"]["usd"] == pytest.approx(0.0022)


def test_a_provider_that_nobody_knows_ends_it_in_words(repo: Path, tmp_path: Path) -> None:
    assert run(repo, tmp_path, "--author", "llm", "--model", "nobody:x") == 3
    assert "nobody:x: cannot be set up: Unsupported provider" in written(tmp_path)[0]["reason"]


def test_the_static_author_imports_no_provider(tmp_path: Path) -> None:
    (tmp_path / "plain.py").write_text("def twice(n):\n    return 2 * n\n")
    program = (
        "import sys; from code2tla.cli import main; "
        f"main(['run', {str(tmp_path)!r}, 'plain.py', '--out', {str(tmp_path)!r}, '--quiet']); "
        "print([m for m in sys.modules if m.split('.')[0] in ('langchain', 'langchain_core', 'openai', 'jsonschema')])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"


def test_the_doctor_says_what_a_model_lacks(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-a-key-that-nobody-may-see")
    main(["doctor", "--model", "openai:x"])
    assert "found    Model: openai:x" in capsys.readouterr().out
    monkeypatch.delenv("OPENAI_API_KEY")
    main(["doctor", "--model", "openai:x"])
    assert "to mend: set OPENAI_API_KEY in the environment" in capsys.readouterr().out
    with OpenAiServer([]) as server:
        main(["doctor", "--model", "openai:x", "--planner-model", "anthropic:y", "--model-url", server.url])
        told = capsys.readouterr().out
        assert f"found    Model server: {server.url}" in told
        assert "missing  Model: anthropic:y: no key is set" in told
    main(["doctor", "--model", "openai:x", "--model-url", server.url.replace("//", "//me:secret@")])
    told = capsys.readouterr().out
    assert f"nothing listens at {server.url}" in told
    assert "secret" not in told
