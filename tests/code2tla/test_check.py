"""``code2tla check`` on later commits of real repositories."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pipeline_targets import keep, restore

import corpora
from code2tla import cli, decisions
from reports.result import Decision

Check = Callable[..., tuple[int, dict[str, Any]]]

SMALL = ("--callers", "2", "--before", "1")


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A repository after its first run, and that run's cache."""
    home = tmp_path_factory.mktemp("check")
    repo = home / "repo"
    corpora.build(corpora.load("refcount"), repo, "fixed")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CODE2TLA_CACHE", str(home / "cache"))
        cli.main(["run", str(repo), "blobkeeper/references.py", "--out", str(repo), *SMALL, "--quiet"])
    keep(repo)
    return home


@pytest.fixture
def repo(finished: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """That repository, as it was, where it was: what TLC said of it is not asked again."""
    monkeypatch.setenv("CODE2TLA_CACHE", str(finished / "cache"))
    return restore(finished / "repo")


@pytest.fixture
def check(repo: Path, capsys: pytest.CaptureFixture[str]) -> Check:
    """Checks what was run: the exit status and what ``--json`` says."""
    capsys.readouterr()
    spec_dir = repo / "specs" / "blobkeeper.references"

    def checked(*options: str) -> tuple[int, dict[str, Any]]:
        status = cli.main(["check", str(spec_dir), *SMALL, "--json", "--quiet", *options])
        return status, json.loads(capsys.readouterr().out)

    return checked


def edit(repo: Path, old: str, new: str, path: str = "blobkeeper/references.py") -> None:
    text = (repo / path).read_text()
    assert old in text
    (repo / path).write_text(text.replace(old, new))
    git(repo, "commit", "-qam", "Change it")


def git(repo: Path, *words: str) -> None:
    who = ["-c", "user.name=Ada", "-c", "user.email=ada@example.org"]
    subprocess.run(["git", "-C", str(repo), *who, *words], check=True, capture_output=True)


def statuses(found: dict[str, Any]) -> set[str]:
    return {action["status"] for action in found["actions"]}


def test_an_unchanged_tree_is_all_the_same(check: Check) -> None:
    status, found = check()
    assert status == 0
    assert statuses(found) == {"same"}
    assert (found["new"], found["rewritten"]) == ([], [])
    assert found["taken_over"] == len(found["actions"])


def test_layout_comments_and_place_are_no_change(repo: Path, check: Check) -> None:
    edit(repo, "    async def add(", "    # Counts one more.\n\n    async def add(")
    edit(
        repo,
        "count = await self._table.get(name)",
        "count = (\n                await self._table.get(name)\n            )",
    )
    status, found = check()
    assert status == 0
    assert statuses(found) <= {"same", "moved", "changed"}
    assert (found["new"], found["rewritten"], found["extracted"]) == ([], [], [])


def test_a_renamed_feature_is_followed(repo: Path, check: Check) -> None:
    git(repo, "mv", "blobkeeper/references.py", "blobkeeper/refs.py")
    git(repo, "commit", "-qm", "Shorten")
    status, found = check()
    assert status == 0
    assert statuses(found) == {"moved"}
    assert (found["new"], found["rewritten"], found["extracted"]) == ([], [], [])


def test_of_one_changed_function_only_its_own_actions_are_extracted_again(repo: Path, check: Check) -> None:
    edit(repo, "                count = 0\n", "                count = 0\n                await asyncio.sleep(0)\n")
    _, found = check()
    assert found["extracted"] == [{"module": "References", "operation": "add", "why": "its code changed"}]
    others = [a["action"] for a in found["actions"] if not a["action"].startswith("add_")]
    assert others
    assert found["taken_over"] == len(others)
    assert found["rewritten"] == [f"References.{a['action']}" for a in found["actions"] if a["action"] not in others]


def test_a_lock_that_was_taken_away_is_found_that_night(repo: Path, check: Check) -> None:
    edit(repo, "async with self._lock:", "if self._table:")
    status, found = check()
    assert status == 1
    assert found["before"] == "verified"
    assert found["new"] != []
    assert statuses(found) == {"changed"}


@pytest.mark.parametrize(("fail_on", "status"), [("never", 0), ("violation", 1), ("stale", 1), ("inconclusive", 1)])
def test_fail_on_says_what_ends_badly(repo: Path, check: Check, fail_on: str, status: int) -> None:
    edit(repo, "async with self._lock:", "if self._table:")
    seen, found = check("--fail-on", fail_on)
    assert (seen, found["verdict"]) == (status, "violated")


def test_each_night_goes_deeper_and_never_starts_over(
    repo: Path, check: Check, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def explored() -> list[list[int]]:
        (deepest,) = json.loads((repo / "specs/blobkeeper.references/nightly.json").read_text())["deepest"].values()
        return [rung[:2] for rung in deepest["rungs"]]

    check()
    first = explored()
    monkeypatch.setenv("CODE2TLA_CACHE", str(tmp_path / "another-machine"))
    status, _ = check("--before", "2")
    assert status == 0
    assert explored()[: len(first)] == first
    assert explored()[-1] == [2, 2]
    asked = [json.loads(line) for line in next((tmp_path / "another-machine/runs").glob("*/events.jsonl")).open()]
    assert [e["what"] for e in asked if e["kind"] == "RunEnded"] == [
        "2 calls after at most 2 earlier calls, one at a time",
        "2 calls after at most 2 earlier calls, overlapping",
    ]


def test_a_finding_remembers_the_commit_that_it_came_with(repo: Path, check: Check) -> None:
    edit(repo, "async with self._lock:", "if self._table:")
    _, found = check()
    since = set(found["since"].values())
    assert since == {found["commit"]}
    edit(repo, '"""How many documents use a file."""', '"""How many documents use a file"""')
    _, again = check()
    assert set(again["since"].values()) == since
    assert (again["new"], again["commit"] in since) == ([], False)


def test_all_checks_every_directory_within_one_budget(
    repo: Path, check: Check, capsys: pytest.CaptureFixture[str]
) -> None:
    cli.main(["run", str(repo), "blobkeeper/storage.py", "--out", str(repo), *SMALL, "--quiet"])
    capsys.readouterr()
    words = ["check", str(repo / "specs"), "--all", *SMALL, "--json", "--quiet", "--budget", "30"]
    status = cli.main([*words, "--runner", "embedded", "--price", "openai:a=1,2", "--price", "openai:b=1,2"])
    answers = json.loads(capsys.readouterr().out)
    assert {Path(a["spec_dir"]).name for a in answers} == {"blobkeeper.references", "blobkeeper.storage"}
    assert status == max(a["status"] for a in answers) == 0
    assert cli.main([*words, "--author", "agent"]) == 2
    assert cli.main([*words, "--audit-budget", "soon"]) == 2  # which each of them says, having been handed it


def test_a_directory_that_holds_none_is_wrong_use(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["check", str(tmp_path)]) == 2
    assert cli.main(["check", str(tmp_path), "--all"]) == 2
    assert "Traceback" not in capsys.readouterr().err


def test_an_accepted_finding_keeps_the_night_quiet(repo: Path, check: Check) -> None:
    edit(repo, "async with self._lock:", "if self._table:")
    _, found = check()
    assert found["status"] == 1
    for name in found["new"]:
        decisions.decide(repo / "specs/blobkeeper.references", "finding", name, Decision("accepted", "one process"))
    status, found = check()
    assert (status, found["verdict"]) == (0, "violated")
