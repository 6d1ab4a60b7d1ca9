"""``code2tla check`` on a specification that an author wrote: kept as it is, or brought up to date by an author."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from authored_scripts import LATER, SOURCE, UPDATE, lines, prop, script, updated
from pipeline_targets import keep, restore

from code2tla.cli import main

Check = Callable[..., tuple[int, dict[str, Any]]]


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A repository with what was written of it, and the cache of that run."""
    home = tmp_path_factory.mktemp("written")
    root, answers = home / "repo", home / "script.json"
    root.mkdir()
    (root / "counter.py").write_text(SOURCE)
    git(root, "init", "-q")
    git(root, "add", "-A")
    git(root, "commit", "-q", "-m", "Count under a lock")
    answers.write_text(json.dumps(script()))
    words = ["--author", f"scripted:{answers}", "--from", "facts", "--audit-budget", "0", "--quiet"]
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CODE2TLA_CACHE", str(home / "cache"))
        main(["run", str(root), "counter.py", "--out", str(root), *words])
    keep(root)
    return home


@pytest.fixture
def repo(written: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """That repository, as it was, where it was."""
    monkeypatch.setenv("CODE2TLA_CACHE", str(written / "cache"))
    return restore(written / "repo")


@pytest.fixture
def check(repo: Path, capsys: pytest.CaptureFixture[str]) -> Check:
    capsys.readouterr()

    def checked(*words: str) -> tuple[int, dict[str, Any]]:
        status = main(["check", str(repo / "specs" / "counter"), "--json", "--quiet", "--audit-budget", "0", *words])
        out, err = capsys.readouterr()
        assert "Traceback" not in err
        return status, json.loads(out)

    return checked


def git(repo: Path, *words: str) -> None:
    who = ["-c", "user.name=t", "-c", "user.email=t@example.org"]
    subprocess.run(["git", "-C", str(repo), *who, *words], check=True, capture_output=True)


def edit(repo: Path, old: str, new: str) -> None:
    text = (repo / "counter.py").read_text()
    assert old in text
    (repo / "counter.py").write_text(text.replace(old, new))
    git(repo, "commit", "-qam", "Change it")


def draft(repo: Path) -> dict[str, Any]:
    found = json.loads((repo / "specs/counter/draft.json").read_text())
    return {a["name"]: a for a in found["actions"]}


def test_nobody_is_asked_and_places_follow_the_code(repo: Path, check: Check) -> None:
    specification = (repo / "specs/counter/Counter.tla").read_text()
    transcript = (repo / "specs/counter/transcript.jsonl").read_bytes()
    edit(repo, "import threading\n", "import threading\n\n# Shared by all.\n")
    status, found = check()
    assert (status, found["new"], found["gone"]) == (1, [], [])
    assert {a["status"] for a in found["actions"]} == {"moved"}
    assert draft(repo)["reset_17"]["sources"][0]["line"] == 19
    assert (repo / "specs/counter/transcript.jsonl").read_bytes() == transcript
    assert "reset_17 ==\n    /\\ n' = 0" in specification
    assert "reset_17 ==\n    /\\ n' = 0" in (repo / "specs/counter/Counter.tla").read_text()


def ledger(repo: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (repo / "specs/counter/ledger.jsonl").read_text().splitlines()]


def test_stale_actions_are_flagged_until_an_author_brings_them_up_to_date(
    repo: Path, check: Check, tmp_path: Path
) -> None:
    edit(repo, SOURCE, LATER)
    _, found = check()
    assert [a["action"] for a in found["actions"] if a["status"] == "changed"] == ["reset_17"]
    result = json.loads((repo / "specs/counter/result.json").read_text())
    assert [(f["kind"], f["subject"]) for f in result["flags"]] == [("stale", "reset_17")]

    answers = tmp_path / "new.json"
    answers.write_text(json.dumps(script() | UPDATE))
    before = len(ledger(repo))
    status, found = check("--author", f"scripted:{answers}")
    asked = [tuple(line.split()[:2]) for line in Path(f"{answers}.log").read_text().splitlines()]
    assert asked[:5] == [
        ("plan", "Counter"),
        ("architecture", "Counter"),
        ("properties", "Counter"),
        ("mend", "reset_17"),
        ("property", "CountsUntilReset"),
    ]
    assert not [words for words in asked if words[1] in ("add_13", "AllAdd")], "what stays is not asked for"
    assert status == 1, "a reset still loses what was added"
    text = (repo / "specs/counter/Counter.tla").read_text()
    assert "add_13(w) ==\n    /\\ w \\notin done\n" in text
    assert "/\\ done' = done \\cup {w}\n    /\\ UNCHANGED resets\n" in text
    new = {(e["subject"], e["name"]): e for e in ledger(repo)[before:]}
    assert list(new) == [
        ("type", "resets"),
        ("action", "add_13"),
        ("action", "reset_17"),
        ("property", "CountsUntilReset"),
    ]
    assert new["type", "resets"]["evidence"] == [{"path": "counter.py", "line": 20, "quote": "self.resets += 1"}]
    assert "the engine added" in new["action", "add_13"]["reason"]
    result = json.loads((repo / "specs/counter/result.json").read_text())
    assert result["flags"] == []
    assert {p["name"]: p["status"] for p in result["properties"]} == {
        "NoLoss": "violated",
        "CountsUntilReset": "holds",
        "AllAdd": "holds",
    }
    assert "self.resets" in (repo / "specs/counter/architecture.md").read_text()
    assert "CountsUntilReset" in (repo / "specs/counter/properties.md").read_text()

    again = len(asked)
    check("--author", f"scripted:{answers}")
    asked = Path(f"{answers}.log").read_text().splitlines()
    assert len(asked) == again, "on the same code the answers are known"
    assert len(ledger(repo)) == before + len(new)


def test_an_update_that_cannot_be_used_comes_back_and_what_goes_is_flagged(
    repo: Path, check: Check, tmp_path: Path
) -> None:
    edit(repo, SOURCE, LATER)
    told = updated()["reasons"]
    step = {
        "name": "reset_18",
        "purpose": "starts again, under the lock",
        "parameters": [],
        "sources": [lines(18, 20)],
        "was": "reset_17",
    }
    fake = [{"path": "counter.py", "line": 20, "quote": "self.resets -= 1"}]
    gone = {"names": ["NoLoss"], "reason": "a reset forgets", "evidence": [], "commit": ""}
    moved = {"names": ["reset_18"], "reason": "it takes the lock", "evidence": told[0]["evidence"], "commit": ""}
    wrong = {
        "reasons: nothing is said of CountsUntilReset": updated(reasons=[told[0] | {"names": ["resets"]}]),
        "does not read 'self.resets -= 1'": updated(reasons=[told[0] | {"evidence": fake}]),
        "give a line of the code or a commit": updated(reasons=[told[0] | {"evidence": []}]),
        "abcdef1 is none of the commits": updated(reasons=[told[0] | {"commit": "abcdef1"}]),
        "remove: Nothing is nothing that can go": updated(remove=["Nothing"]),
        "which is no step of the earlier plan": updated(actions=[step | {"was": "reset_16"}], reasons=[*told, moved]),
        "fairness: add_13 is neither new nor planned anew": updated(
            fairness=[{"action": "add_13", "strength": "strong", "why": "so that it holds"}]
        ),
        "add_13 is there already": updated(
            properties=[prop("add_13", "invariant", "x")], reasons=[told[0] | {"names": ["resets", "add_13"]}]
        ),
        "counter.py:90-90 are no lines of it": updated(
            actions=[step | {"sources": [lines(90)]}], reasons=[*told, moved]
        ),
    }
    right = updated(actions=[step], remove=["NoLoss"], reasons=[*told, moved, gone])
    anew = json.loads(json.dumps(UPDATE["mend reset_17"]).replace("reset_17", "reset_18"))
    answers = tmp_path / "new.json"
    answers.write_text(json.dumps(script() | UPDATE | {"plan": [*wrong.values(), right], "mend reset_18": anew}))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CODE2TLA_REPAIRS", str(len(wrong)))
        status, found = check("--author", f"scripted:{answers}")
    prompts = [
        exchange["request"]["prompt"]
        for exchange in map(json.loads, (repo / "specs/counter/transcript.jsonl").read_text().splitlines())
        if exchange["request"]["kind"] == "plan" and exchange["request"]["subject"]
    ]
    assert len(prompts) == len(wrong) + 1
    for said, prompt in zip(wrong, prompts[1:], strict=True):
        assert said in prompt.split("could not be used: ")[1].splitlines()[0]
    assert (status, found["reason"]) == (3, "flags of the ledger are unresolved: NoLoss (weakened-property)")
    text = (repo / "specs/counter/Counter.tla").read_text()
    assert "reset_18 ==" in text
    assert "reset_17" not in text
    assert "NoLoss" not in text
    (entry,) = [e for e in ledger(repo) if e["name"] == "reset_18"]
    assert entry["old"].startswith("reset_17 ==")
    assert entry["reason"] == "in place of reset_17: it takes the lock"
