"""``code2tla check`` on a specification that an author wrote: kept as it is, or brought up to date by an author."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from authored_scripts import RESET, SOURCE, action, script

from code2tla.cli import main

Check = Callable[..., tuple[int, dict[str, Any]]]


@pytest.fixture
def repo(tmp_path: Path) -> Path:
    root = tmp_path / "target"
    root.mkdir()
    (root / "counter.py").write_text(SOURCE)
    git(root, "init", "-q")
    git(root, "add", "-A")
    git(root, "commit", "-q", "-m", "Count under a lock")
    return root


@pytest.fixture
def check(repo: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Check:
    answers = tmp_path / "script.json"
    answers.write_text(json.dumps(script()))
    written = ["--author", f"scripted:{answers}", "--from", "facts", "--audit-budget", "0", "--quiet"]
    main(["run", str(repo), "counter.py", "--out", str(repo), *written])
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


def test_stale_actions_are_flagged_until_an_author_brings_them_up_to_date(
    repo: Path, check: Check, tmp_path: Path
) -> None:
    edit(
        repo,
        "    def reset(self):\n        self.n = 0",
        "    def reset(self):\n        with self.lock:\n            self.n = 0",
    )
    _, found = check()
    assert [a["action"] for a in found["actions"] if a["status"] == "changed"] == ["reset_17"]
    result = json.loads((repo / "specs/counter/result.json").read_text())
    assert [(f["kind"], f["subject"]) for f in result["flags"]] == [("stale", "reset_17")]

    answers = tmp_path / "new.json"
    new = script() | {"action reset_17": action(RESET + " \\* under the lock now"), "mend reset_17": action(RESET)}
    answers.write_text(json.dumps(new))
    _, found = check("--author", f"scripted:{answers}")
    asked = [line.split()[:2] for line in Path(f"{answers}.log").read_text().splitlines()]
    assert [words[1] for words in asked if words[0] in ("action", "mend")] == ["reset_17"]
    assert not [words for words in asked if words[0] == "plan"]
    result = json.loads((repo / "specs/counter/result.json").read_text())
    assert result["flags"] == []
    assert (repo / "specs/counter/architecture.md").read_text().startswith("# Counter")
