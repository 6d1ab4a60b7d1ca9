"""Cases as repositories: the same everywhere, whatever git is told by its user."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

import corpora

#: (case, commit with the bug, commit with the fix). A changed id means a changed history: change it on purpose only.
PINNED = (
    ("bounded_queue", "84220bd", "4739524"),
    ("cancelled_waiter", "7e3ed6a", "445b93f"),
    ("check_then_act", "cc22474", "f798a1b"),
    ("double_checked", "921e736", "fbab000"),
    ("double_release", "6281e69", "e40108c"),
    ("idempotency", "17e2d1e", "ad57cfe"),
    ("leaking_pool", "167a1da", "01c1994"),
    ("lease", "40069e3", "2e0248e"),
    ("lock_order", "82d255c", "ecea19c"),
    ("lost_update", "eabb205", "a7c0e12"),
    ("lost_wakeup", "f336980", "dfb6c78"),
    ("module_counter", "b9e5c34", "cca5e7c"),
    ("refcount", "bb90b0a", "930cffa"),
    ("seats", "cb9f0f8", "9752f83"),
    ("shared_records", "3904137", "8045f2e"),
    ("single_slot", "9d52627", "25932bd"),
    ("stale_cache", "a60101b", "7cc2770"),
    ("stolen_wakeup", "832a7ec", "a484d14"),
    ("token_bucket", "7015290", "07c0d77"),
)


def git(repo: Path, *args: str) -> str:
    return subprocess.run(["git", *args], cwd=repo, check=True, capture_output=True, text=True).stdout


def test_every_case_is_pinned() -> None:
    assert tuple(name for name, _, _ in PINNED) == corpora.names()


@pytest.mark.parametrize(("name", "buggy", "fixed"), PINNED)
def test_commit_ids_are_the_same_everywhere(name: str, buggy: str, fixed: str, tmp_path: Path) -> None:
    built = corpora.build(name, tmp_path / "repo")
    assert (built.buggy[:7], built.fixed[:7]) == (buggy, fixed)
    assert 4 <= len(built.commits) <= 8
    assert git(built.repo, "rev-parse", "HEAD").strip() == built.head == built.commits[-1]


@pytest.mark.parametrize(("name", "buggy", "fixed"), PINNED)
def test_twins_are_checked_out_clean_and_hold_what_the_case_says(
    name: str, buggy: str, fixed: str, tmp_path: Path
) -> None:
    for twin, commit in (("buggy", buggy), ("fixed", fixed)):
        built = corpora.build(name, tmp_path / twin, "buggy" if twin == "buggy" else "fixed")
        assert git(built.repo, "rev-parse", "HEAD")[:7] == commit
        assert git(built.repo, "status", "--porcelain") == ""
        assert (built.repo / built.case.feature).exists()
    text = "\n".join(path.read_text() for path in (tmp_path / "buggy").rglob("*.py"))
    for cls in built.case.classes:
        assert f"class {cls}" in text or (tmp_path / "buggy" / cls).is_file()
    for operation in built.case.expected.operations:
        assert f"def {operation}(" in text
    for line in built.case.expected.lines:
        assert line.numbers(tmp_path / "buggy")


def test_histories_hold_a_rename_and_the_fix_touches_the_feature_and_a_test(tmp_path: Path) -> None:
    renamed = 0
    for name in corpora.names():
        built = corpora.build(name, tmp_path / name)
        renamed += "R" in {line[:1] for line in git(built.repo, "log", "-M", "--format=", "--name-status").splitlines()}
        touched = git(built.repo, "show", "--format=", "--name-only", built.fixed).split()
        assert any(path.startswith(built.case.feature) for path in touched), name
        assert any(path.startswith("tests/") for path in touched), name
    assert renamed >= len(corpora.names()) // 2


def test_settings_of_the_user_change_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    hook = tmp_path / "hooks" / "applypatch-msg"
    hook.parent.mkdir()
    hook.write_text("#!/bin/sh\nexit 1\n")
    hook.chmod(0o755)
    config = tmp_path / "gitconfig"
    config.write_text(
        "[user]\n\tname = Someone Else\n\temail = else@example.org\n[commit]\n\tgpgSign = true\n"
        f"[core]\n\tautocrlf = true\n\thooksPath = {hook.parent}\n[init]\n\tdefaultBranch = trunk\n"
    )
    plain = corpora.build("seats", tmp_path / "plain")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(config))
    monkeypatch.setenv("GIT_COMMITTER_DATE", "2001-01-01T00:00:00Z")
    monkeypatch.setenv("GIT_DIR", str(tmp_path / "elsewhere"))
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    assert corpora.build("seats", tmp_path / "configured").commits == plain.commits


def test_a_directory_in_use_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("mine")
    with pytest.raises(corpora.BuildError, match="is not empty"):
        corpora.build("seats", tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


def test_an_unknown_case_is_answered_with_the_known_ones() -> None:
    with pytest.raises(corpora.CaseError, match=r"no case is called 'nothing'; choose one of .*seats"):
        corpora.load("nothing")


def test_an_expected_line_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    built = corpora.build("seats", tmp_path / "repo")
    with pytest.raises(corpora.CaseError, match=r"no line reads 'self\.right -= 1'"):
        corpora.Line(path="desk/booking/seats.py", text="self.right -= 1").numbers(built.repo)
    with pytest.raises(corpora.CaseError, match=r"nowhere\.py"):
        corpora.Line(path="nowhere.py", text="pass").numbers(built.repo)
