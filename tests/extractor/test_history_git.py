"""What repositories are like: renames, merges, missing parts, odd names, limits; and that nothing is touched."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest
from history_repo import COUNTER, LOCKED, Grown

from corpora import build
from extractor import history
from extractor.errors import FeatureNotFound, RepositoryNotFound
from extractor.history import HistoryLimits
from extractor.types import Span


@pytest.fixture
def grown(tmp_path: Path) -> Grown:
    return Grown(tmp_path / "target")


def test_a_file_and_then_its_directory_are_renamed(grown):
    grown.commit("Begin", {"old/counts.py": COUNTER, "old/more.py": "x = 1\n"})
    lock = grown.commit("Lock", {"old/counts.py": LOCKED})
    grown.git("mv", "old/counts.py", "old/it.py")
    grown.commit("Rename", {})
    grown.git("mv", "old", "app")
    grown.commit("Move", {})
    [finding] = grown.history().findings
    assert finding.commit == lock
    assert (finding.then, finding.now) == (Span("old/counts.py", 10, 13), Span("app/it.py", 10, 13))
    assert grown.history("app/it.py").findings[0].commit == lock


def test_a_merge_counts_nothing_twice(grown):
    grown.commit("Begin", {"app/it.py": COUNTER, "app/more.py": "x = 1\n"})
    grown.git("checkout", "-q", "-b", "side")
    lock = grown.commit("Lock", {"app/it.py": LOCKED})
    grown.git("checkout", "-q", "main")
    grown.commit("More", {"app/more.py": "x = 2\n"})
    grown.git("merge", "-q", "--no-ff", "-m", "Merge side", "side")
    assert [f.commit for f in grown.history().findings] == [lock]


def test_what_a_merge_itself_adds_or_loses_is_seen(grown):
    grown.commit("Begin", {"app/it.py": COUNTER, "app/more.py": "x = 1\n"})
    grown.git("checkout", "-q", "-b", "side")
    lock = grown.commit("Lock", {"app/it.py": LOCKED})
    grown.git("checkout", "-q", "main")
    grown.commit("More", {"app/more.py": "x = 2\n"})
    grown.hour += 1
    grown.git("merge", "-q", "-s", "ours", "-m", "Merge side", "side")
    merge = grown.git("rev-parse", "HEAD")
    lost, added = grown.history().findings
    assert (lost.commit, lost.kind, lost.target) == (merge, "removed", "self._lock")
    assert (added.commit, added.kind) == (lock, "added")

    grown.git("checkout", "-q", "-b", "other", "HEAD~1")
    grown.commit("Other", {"app/other.py": "y = 1\n"})
    grown.git("checkout", "-q", "main")
    grown.hour += 1
    grown.git("merge", "-q", "--no-ff", "--no-commit", "other")
    evil = grown.commit("Merge other", {"app/it.py": LOCKED})
    newest = grown.history().findings[0]
    assert (newest.commit, newest.kind) == (evil, "added")


def test_a_side_that_removes_a_lock_on_purpose_is_told_once(grown):
    grown.commit("Begin", {"app/it.py": LOCKED, "app/more.py": "x = 1\n"})
    grown.git("checkout", "-q", "-b", "side")
    removed = grown.commit("Unlock", {"app/it.py": COUNTER})
    grown.git("checkout", "-q", "main")
    grown.commit("Words", {"app/it.py": "# counts\n" + LOCKED})
    grown.git("merge", "-q", "--no-ff", "-m", "Merge side", "side")
    assert [f.commit for f in grown.history().findings if f.kind == "removed"] == [removed]


def test_no_repository_no_commit_no_git(grown, tmp_path, monkeypatch):
    bare = tmp_path / "plain"
    bare.mkdir()
    (bare / "it.py").write_text(LOCKED)
    found = history(bare, "it.py")
    assert (found.head, found.findings, found.commits) == (None, (), 0)
    assert "not under git" in found.reason
    (grown.root / "app").mkdir()
    (grown.root / "app" / "it.py").write_text(LOCKED)
    assert grown.history().reason
    with pytest.raises(FeatureNotFound):
        grown.history("nowhere")
    with pytest.raises(RepositoryNotFound):
        history(tmp_path / "nowhere", "app")
    grown.commit("Begin", {})
    monkeypatch.setenv("PATH", "/nowhere")
    assert "not installed" in grown.history().reason


def test_a_shallow_clone_says_so(grown, tmp_path):
    grown.commit("Begin", {"app/it.py": COUNTER})
    grown.commit("Lock", {"app/it.py": LOCKED})
    grown.commit("More", {"app/more.py": "x = 1\n"})
    clone = tmp_path / "clone"
    subprocess.run(["git", "clone", "-q", "--depth=1", grown.root.as_uri(), str(clone)], check=True)
    found = history(clone, "app")
    assert found.shallow
    assert any("shallow" in note for note in found.notes)
    assert [f.kind for f in found.findings] == ["added"]


def test_what_a_partial_clone_lacks_is_not_fetched(grown, tmp_path):
    grown.commit("Begin", {"app/it.py": COUNTER})
    grown.commit("Lock", {"app/it.py": LOCKED})
    grown.commit("Unlock", {"app/it.py": COUNTER + "\n# end\n"})
    grown.git("config", "uploadpack.allowFilter", "true")
    clone = tmp_path / "clone"
    subprocess.run(["git", "clone", "-q", "--filter=blob:none", grown.root.as_uri(), str(clone)], check=True)
    before = sorted(path.name for path in (clone / ".git").rglob("*"))
    found = history(clone, "app")
    assert found.findings == ()
    assert any("not in this clone" in note for note in found.notes)
    assert sorted(path.name for path in (clone / ".git").rglob("*")) == before


def test_messages_and_paths_that_are_no_utf8(grown):
    name = os.fsdecode(b"app/caf\xe9 \xff.py")
    (grown.root / "app").mkdir()
    (grown.root / name).write_text(COUNTER)
    grown.commit("Begin", {})
    (grown.root / name).write_text(LOCKED)
    grown.git("add", "-A")
    grown.git(
        "-c", "i18n.commitEncoding=latin-1", "commit", "-q", "-F", "-", given="Caf\xe9 mit Schlo\xdf".encode("latin-1")
    )
    [latin] = grown.history().findings
    assert (latin.subject, latin.now and latin.now.path) == ("Café mit Schloß", name)
    tree = grown.git("rev-parse", "HEAD^{tree}")
    raw = (
        f"tree {tree}\nparent {latin.commit}\nauthor A <a> 1 +0000\ncommitter A <a> 1 +0000\n\n".encode()
        + b"\xff\xfe\n"
    )
    commit = grown.git("hash-object", "-t", "commit", "-w", "--stdin", "--literally", given=raw)
    grown.git("reset", "-q", "--hard", commit)
    assert [f.commit for f in grown.history().findings] == [latin.commit]


def test_a_signed_commit_is_read_like_any(grown):
    grown.commit("Begin", {"app/it.py": COUNTER})
    commit = grown.commit("Lock", {"app/it.py": LOCKED})
    raw = grown.git("cat-file", "commit", commit).encode()
    head, _, message = raw.partition(b"\n\n")
    signed = head + b"\ngpgsig -----BEGIN PGP SIGNATURE-----\n \n bm8=\n -----END PGP SIGNATURE-----\n\n" + message
    commit = grown.git("hash-object", "-t", "commit", "-w", "--stdin", given=signed)
    grown.git("reset", "-q", "--hard", commit)
    grown.git("config", "log.showSignature", "true")
    [finding] = grown.history().findings
    assert (finding.commit, finding.subject) == (commit, "Lock")


def test_large_files_links_and_submodules_are_passed_over(grown, tmp_path):
    other = Grown(tmp_path / "other")
    other.commit("Begin", {"it.py": LOCKED})
    grown.commit("Begin", {"app/it.py": COUNTER, "app/large.py": LOCKED + "#" * 5000})
    (grown.root / "app" / "link.py").symlink_to("it.py")
    grown.git("submodule", "add", "-q", str(other.root), "app/sub")
    grown.commit("Lock", {"app/it.py": LOCKED})
    found = grown.history(file_size=2000)
    assert [f.then.path for f in found.findings] == ["app/it.py"]
    assert any("larger than 2,000 bytes" in note for note in found.notes)
    assert any("app/sub is a submodule" in note for note in found.notes)


@pytest.mark.parametrize("name", ["--output=x", ":(top)app", "a*b", "-p", "with\nline", '"quoted"'])
def test_a_path_is_never_an_option_or_a_pattern(grown, name):
    grown.commit("Begin", {f"{name}/it.py": COUNTER, "app/it.py": COUNTER, "aXb/it.py": COUNTER})
    grown.commit("Lock", {f"{name}/it.py": LOCKED, "app/it.py": LOCKED, "aXb/it.py": LOCKED})
    assert [f.then.path for f in grown.history(name).findings] == [f"{name}/it.py"]
    assert not (grown.root / "x").exists()


def test_a_directory_inside_a_repository(grown):
    grown.commit("Begin", {"part/app/it.py": COUNTER, "part/tests/test_it.py": "x = 1\n"})
    grown.commit("Lock", {"part/app/it.py": LOCKED, "part/tests/test_it.py": "x = 2\n", "tests/test_all.py": "x = 1\n"})
    [finding] = history(grown.root / "part", "app").findings
    assert finding.then.path == finding.now.path == "app/it.py"
    assert finding.tests == ("../tests/test_all.py", "tests/test_it.py")
    assert len(history(grown.root / "part", ".").findings) == len(grown.history(".").findings) == 1


def test_limits_say_when_they_cut(grown):
    for turn in range(4):
        grown.commit("Lock" if turn % 2 else "Unlock", {"app/it.py": (LOCKED if turn % 2 else COUNTER) + f"# {turn}\n"})
    found = grown.history(commits=2)
    assert found.commits == 2
    assert found.notes == ("Cut after 2 commits that touch the feature; those before 2024-01-01 were not read.",)
    found = grown.history(findings=1)
    assert (len(found.findings), found.notes) == (1, ("2 older findings were left out.",))
    found = grown.history(seconds=0)
    assert not found.whole
    assert (found.findings, found.commits) == ((), 0)
    assert any("time" in note for note in found.notes)


def test_nothing_is_run_and_nothing_is_written(grown, tmp_path):
    proof = tmp_path / "proof"
    touch = f"touch {proof}"
    grown.commit("Begin", {"app/it.py": COUNTER, ".gitattributes": "*.py filter=evil diff=evil\n"})
    lock = grown.commit("Lock", {"app/it.py": LOCKED})
    for name in (
        *(
            "filter.evil.smudge",
            "diff.evil.textconv",
            "diff.evil.command",
            "diff.external",
            "core.fsmonitor",
            "core.pager",
        ),
        *("gpg.program", "core.sshCommand", "core.editor"),
    ):
        grown.git("config", name, touch)
    grown.git("config", "log.follow", "true")
    grown.git("config", "diff.orderFile", str(proof))
    grown.git("config", "diff.renames", "copies")
    grown.git("config", "format.pretty", "oneline")
    grown.git("config", "color.ui", "always")
    (grown.root / "app" / "it.py").write_text("in the middle of something")
    before = {path: path.stat().st_mtime_ns for path in grown.root.rglob("*")}
    assert [f.commit for f in grown.history().findings] == [lock]
    assert {path: path.stat().st_mtime_ns for path in grown.root.rglob("*")} == before
    assert not proof.exists()


def test_the_corpora_case_with_a_renamed_file(tmp_path):
    built = build("refcount", tmp_path / "refcount", "fixed")
    found = history(built.repo, "blobkeeper/references.py", HistoryLimits(seconds=30))
    [finding] = [f for f in found.findings if f.mechanism]
    assert (finding.commit, finding.kind, finding.mechanism) == (built.fixed, "added", "lock")
