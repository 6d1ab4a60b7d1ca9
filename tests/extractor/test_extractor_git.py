from __future__ import annotations

import subprocess
from pathlib import Path

from extractor.git import state

SOURCE = "def f(): pass\n"


def test_outside_git_there_is_no_commit(read):
    facts = read(source=SOURCE)
    assert (facts.commit, facts.dirty) == (None, False)


def test_the_commit_is_head_and_changes_make_it_dirty(repo, read, git):
    (repo / "a").mkdir()
    (repo / "a" / "x.py").write_text(SOURCE)
    (repo / "y.py").write_text(SOURCE)
    git("init", "-q")
    assert state(repo).commit is None
    git("add", ".")
    git("commit", "-q", "-m", "first")
    head = git("rev-parse", "HEAD")
    assert (read("a").commit, read("a").dirty) == (head, False)
    (repo / "y.py").write_text("def g(): pass\n")
    assert (read("a").dirty, read(".").dirty, read("y.py").dirty) == (False, True, True)
    (repo / "y.py").write_text(SOURCE)
    assert not read(".").dirty
    (repo / "new.py").write_text(SOURCE)
    assert read(".").dirty
    (repo / "new.py").unlink()
    (repo / "y.py").unlink()
    assert (read("a").dirty, read(".").dirty) == (False, True)


def test_line_ends_that_git_converts_are_no_change(repo, read, git):
    git("init", "-q")
    git("config", "core.autocrlf", "true")
    (repo / "x.py").write_bytes(b"def f():\r\n    pass\r\n")
    git("add", ".")
    git("commit", "-q", "-m", "first")
    assert not read().dirty


def test_a_directory_of_a_repository_has_its_commit(repo, git):
    (repo / "sub").mkdir()
    (repo / "sub" / "x.py").write_text(SOURCE)
    (repo / "untracked").mkdir()
    git("init", "-q")
    git("add", "sub")
    git("commit", "-q", "-m", "first")
    assert state(repo / "sub").commit == git("rev-parse", "HEAD")
    assert state(repo / "untracked").commit is None


def test_nothing_that_the_repository_configures_is_run(repo: Path, read, git, tmp_path):
    proof = tmp_path / "proof"
    (repo / "x.py").write_text(SOURCE)
    (repo / ".gitattributes").write_text("*.py filter=evil diff=evil\n")
    git("init", "-q")
    git("add", ".")
    git("commit", "-q", "-m", "first")
    touch = f"touch {proof}"
    for name in ("filter.evil.clean", "filter.evil.smudge", "diff.evil.textconv", "diff.evil.command", "diff.external"):
        git("config", name, touch)
    git("config", "core.fsmonitor", touch)
    git("config", "core.pager", touch)
    hook = repo / ".git" / "hooks" / "post-index-change"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text(f"#!/bin/sh\n{touch}\n")
    hook.chmod(0o755)
    (repo / "x.py").write_text("def g(): pass\n")
    assert read().dirty
    assert read().commit is not None
    assert not proof.exists()


def test_the_environment_cannot_point_git_elsewhere(repo, read, git, tmp_path, monkeypatch):
    (repo / "x.py").write_text(SOURCE)
    git("init", "-q")
    git("add", ".")
    git("commit", "-q", "-m", "first")
    head = git("rev-parse", "HEAD")
    monkeypatch.setenv("GIT_DIR", str(tmp_path / "elsewhere"))
    assert read().commit == head


def test_a_repository_that_git_refuses_has_no_commit_and_a_note(repo, read):
    (repo / "x.py").write_text(SOURCE)
    (repo / ".git").write_text("gitdir: /nowhere\n")
    assert read().commit is None
    assert state(repo).note
    subprocess.run(["rm", "-rf", str(repo / ".git")], check=True)
    (repo / ".git").mkdir()
    assert read().commit is None


def test_without_git_installed_there_is_no_commit(repo, read, git, monkeypatch):
    (repo / "x.py").write_text(SOURCE)
    git("init", "-q")
    git("add", ".")
    git("commit", "-q", "-m", "first")
    monkeypatch.setenv("PATH", "/nowhere")
    assert read().commit is None
    assert "not installed" in (state(repo).note or "")
