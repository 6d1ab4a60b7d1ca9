"""``code2tla history``, and the history in the result of a run."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest
from pipeline_targets import Make

import extractor
from code2tla import history, pipeline
from code2tla.authors import Author
from code2tla.cli import main
from code2tla.rundir import RunDirectory
from code2tla.settings import load as settings_of
from corpora import build
from corpora.case import load, names

FIXES = sorted(names())


def test_the_table_and_the_json(tmp_path, home, capsys):
    built = build("refcount", tmp_path / "refcount", "fixed")
    assert main(["history", str(built.repo), "blobkeeper/references.py"]) == 0
    shown = capsys.readouterr().out
    for word in ("2023-08-14", built.fixed[:8], "added lock", "async with self._lock:", "references.py:25"):
        assert word in shown
    assert main(["history", str(built.repo), "blobkeeper/references.py", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["schema"], told["head"], told["whole"]) == ("code2tla/history/1", built.fixed, True)
    [finding] = told["findings"]
    assert finding["now"] == {"path": "blobkeeper/references.py", "line": 25, "end_line": 30}
    assert finding["tests"] == ["tests/test_references.py"]


def test_no_history_and_wrong_use(make: Make, home, capsys):
    bare = make({"app/it.py": "x = 1\n"}, git=False)
    assert main(["history", str(bare), "app"]) == 3
    assert "has no history: not under git" in capsys.readouterr().out
    assert main(["history", str(bare), "nowhere"]) == 2
    assert main(["history", str(bare), "app", "--limit", "many"]) == 2
    assert "--limit: 'many' is not allowed" in capsys.readouterr().err


def test_what_the_target_says_cannot_steer_the_terminal(make: Make, home, capsys):
    code = "import threading\nLOCK = threading.Lock()  # \x1b[2J [bold]red\n"
    repo = make({"app/it.py": "x = 1\n"})
    (repo / "app" / "it.py").write_text(code)
    who = ["-c", "user.name=t", "-c", "user.email=t@example.org"]
    subprocess.run(["git", *who, "commit", "-qam", "Lock \x1b]0;owned\x07 [red]it"], cwd=repo, check=True)
    assert main(["history", str(repo), "app", "--no-color"]) == 0
    shown = capsys.readouterr().out
    assert "\x1b" not in shown
    assert "\x07" not in shown
    assert "\\x1b]0;owned\\x07 [red]it" in shown
    assert main(["history", str(repo), "app", "--json"]) == 0
    assert "\x1b" not in capsys.readouterr().out


@pytest.mark.parametrize("name", FIXES)
def test_the_fix_of_every_case_is_found(name, tmp_path):
    built = build(name, tmp_path / "target", "fixed")
    found = extractor.history(built.repo, load(name).feature)
    assert built.fixed in {finding.commit for finding in found.findings}


def _specs(repo: Path, feature: str, home: Path):
    settings = settings_of(repo, {})
    facts = pipeline.index(repo, feature, settings)
    author = Author(facts, settings, RunDirectory.of(settings.cache, repo, feature))
    return [author.write(target) for target in author.plan().targets]


def test_what_a_specification_models_and_what_it_does_not(make: Make, home):
    repo = make({"app/it.py": "x = 1\n"})
    code = """\
import asyncio
import threading

class Counter:
    def __init__(self):
        self.n = 0
        self.lock = threading.Lock()

    def up(self):
        with self.lock:
            self.n += 1

class _Unused:
    def __init__(self):
        self.guard = threading.Lock()

def _helper(thing):
    with thing.file_lock:
        return 1
"""
    (repo / "app" / "it.py").write_text(code)
    who = ["-c", "user.name=t", "-c", "user.email=t@example.org"]
    subprocess.run(["git", *who, "commit", "-qam", "Lock"], cwd=repo, check=True)
    findings = extractor.history(repo, "app").findings
    told = history.modelled(findings, _specs(repo, "app", home))
    by_target = dict(zip((finding.target for finding in findings), told, strict=True))
    assert (by_target["self.lock"].modelled, by_target["self.lock"].actions) == (True, ("up_10",))
    assert (by_target["thing.file_lock"].modelled, by_target["thing.file_lock"].actions) == (False, ())
    assert {told.modelled for told in history.modelled(findings, [])} == {None}


def test_a_run_carries_the_history_and_keeps_it(tmp_path, home, capsys):
    built = build("lost_update", tmp_path / "target", "fixed")
    words = [str(built.repo), load("lost_update").feature, "--out", str(tmp_path / "out"), "--budget", "2", "--json"]
    main(["run", *words, "--before", "1", "--callers", "2"])
    told = json.loads(capsys.readouterr().out)
    [lock] = [entry for entry in told["history"] if entry["mechanism"] == "lock"]
    assert (lock["commit"], lock["modelled"]) == (built.fixed, True)
    assert set(lock["actions"]) <= {action["name"] for action in told["spec"]["actions"]}
    kept = list((tmp_path / "cache" / "runs").glob("*/stages/history-*.json"))
    assert len(kept) == 1


def test_a_run_outside_git_says_that_it_has_no_history(make: Make, home, capsys, tmp_path):
    repo = make({"app/it.py": "x = 1\n"}, git=False)
    main(["run", str(repo), "app", "--out", str(tmp_path / "out"), "--budget", "1", "--json"])
    notes = json.loads(capsys.readouterr().out)["notes"]
    assert any(note.startswith("No history was read: not under git") for note in notes)
