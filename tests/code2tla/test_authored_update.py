"""A specification that is brought up to date by an agent: ``check --author agent``, and ``run --from kept``, killed."""

from __future__ import annotations

import json
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from authored_scripts import LATER, SOURCE, UPDATE, script
from pipeline_targets import keep, restore

from code2tla.cli import main

WAITING = 5


@pytest.fixture(scope="module")
def earlier(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The counter as it is later, what was written of it before, and the cache of that run."""
    home = tmp_path_factory.mktemp("earlier")
    repo, answers = home / "there" / "target", home / "script.json"
    repo.mkdir(parents=True)
    (repo / "counter.py").write_text(SOURCE)
    git(repo, "init", "-q")
    git(repo, "add", "-A")
    git(repo, "commit", "-q", "-m", "Count")
    answers.write_text(json.dumps(script()))
    words = ["run", str(repo), "counter.py", "--out", str(home / "there"), "--from", "facts", "--quiet"]
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CODE2TLA_CACHE", str(home / "cache"))
        assert main([*words, "--audit-budget", "0", "--author", f"scripted:{answers}"]) == 1
    (repo / "counter.py").write_text(LATER)
    git(repo, "commit", "-qam", "Count resets")
    keep(home / "there")
    return home


@pytest.fixture
def written(earlier: Path, home: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Path, Path]:
    """The repository and the specification directory of that run."""
    monkeypatch.setenv("CODE2TLA_CACHE", str(earlier / "cache"))
    there = restore(earlier / "there")
    return there / "target", there / "specs" / "counter"


def git(repo: Path, *words: str) -> None:
    who = ["-c", "user.name=t", "-c", "user.email=t@example.org"]
    subprocess.run(["git", "-C", str(repo), *who, *words], check=True)


def answer_to(task: dict[str, Any]) -> str:
    if task["kind"] == "history":
        commits = re.findall(r": commit ([0-9a-f]{12}) of", task["prompt"])
        each = {"modelled": True, "actions": ["add_13"], "change": [], "reason": "one step"}
        told = [{"commit": commit, **each} for commit in commits]
        return json.dumps({"mechanisms": told, "new_actions": [], "new_properties": []})
    answers = script() | UPDATE
    return json.dumps(answers.get(f"{task['kind']} {task['subject']}") or answers[task["kind"]])


def hand_in(spec_dir: Path, *words: str) -> list[str]:
    task = json.loads((spec_dir / "task.json").read_text())
    file = spec_dir.parent / "answer.json"
    file.write_text(answer_to(task))
    return ["answer", str(spec_dir), str(file), "--task", task["digest"], *words]


def left(spec_dir: Path) -> dict[str, str]:
    names = ("Counter.tla", "Counter.cfg", "draft.json", "ledger.jsonl", "architecture.md", "properties.md")
    return {name: (spec_dir / name).read_text() for name in (*names, "provenance.json", "transcript.jsonl")}


def test_check_by_an_agent_and_a_killed_run_from_what_was_kept_end_in_the_same(
    written: tuple[Path, Path], home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    repo, spec_dir = written
    other = home / "other" / "specs" / "counter"
    shutil.copytree(spec_dir, other)
    capsys.readouterr()

    # As `code2tla check` tells an agent of it.
    assert main(["check", str(spec_dir), "--repo", str(repo), "--author", "agent", "--quiet"]) == WAITING
    assert "Waiting for the answer to: plan Counter" in capsys.readouterr().out
    shown = json.loads((spec_dir / "task.json").read_text())["prompt"]
    assert "`reset_17`: changed since it was written of counter.py:17" in shown
    assert "`add_13`: says what it said, at counter.py:13-15" in shown
    assert "NoLoss (code): After add_13, reset_17" in shown, "what the last check found"
    assert re.search(r"commit [0-9a-f]{12} of .*lock self.lock", shown), "the commit that gave reset its lock"
    status, asked = WAITING, []
    while status == WAITING:
        task = json.loads((spec_dir / "task.json").read_text())
        asked.append(f"{task['kind']} {task['subject']}")
        capsys.readouterr()
        status = main(hand_in(spec_dir, "--quiet", "--json"))
    said = json.loads(capsys.readouterr().out)
    assert asked[:5] == [
        "plan Counter",
        "architecture Counter",
        "properties Counter",
        "mend reset_17",
        "property CountsUntilReset",
    ]
    assert (status, said["schema"], said["new"]) == (1, "code2tla/check/1", []), "the same finding as before"
    assert not {"run.json", "task.json", "task.md"} & {p.name for p in spec_dir.iterdir()}

    # The same answers to a run that is killed while it takes one up, and begun again.
    again = ["run", str(repo), "counter.py", "--out", str(home / "other"), "--from", "kept", "--author", "agent"]
    assert main([*again, "--quiet"]) == WAITING
    number, status = 0, WAITING
    while status == WAITING:
        if number % 2:
            killed = subprocess.Popen([sys.executable, "-m", "code2tla", *hand_in(other, "--quiet")])
            time.sleep(0.7 * number)
            killed.send_signal(signal.SIGKILL)
            killed.wait()
            status = main([*again, "--quiet"])
        else:
            status = main(hand_in(other, "--quiet"))
        number += 1
    assert status == 1
    assert left(other) == left(spec_dir)

    # All of it once more, from the transcript alone.
    anew = home / "anew"
    replay = ["--from", "kept", "--replay", str(spec_dir / "transcript.jsonl"), "--out", str(anew), "--quiet"]
    assert main(["run", str(repo), "counter.py", *replay]) == 1
    assert left(anew / "specs" / "counter") == left(spec_dir)


def test_a_replay_says_that_it_started_from_something_else(
    written: tuple[Path, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    repo, spec_dir = written
    words = ["--from", "kept", "--replay", str(spec_dir / "transcript.jsonl"), "--out", str(spec_dir.parents[1])]
    assert main(["run", str(repo), "counter.py", *words, "--quiet"]) == 2
    assert "holds no run that started from what was kept" in capsys.readouterr().err.replace("\n", " ")
