"""No command but a replay with leave imports or runs the target: watched by the interpreter's own audit events.

The target makes it visible too: whatever imports it writes a file beside it, and so does what its git, its tests and
its packaging would run.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

TARGET = """
from pathlib import Path

Path(__file__).with_suffix(".ran").touch()


class Counter:
    def __init__(self) -> None:
        self.count = 0

    def add(self) -> int:
        self.count += 1
        return self.count
"""

#: Runs the command in a process that notes what it imports, compiles, executes and starts.
WATCH = """
import json, sys
seen = []

def note(event, args):
    if event in ("import", "exec", "compile", "subprocess.Popen", "os.exec", "os.posix_spawn", "os.system"):
        seen.append([event, " ".join(map(str, args))])

sys.addaudithook(note)
from code2tla.cli import main
try:
    status = main(sys.argv[2:])
except SystemExit as end:
    status = end.code
found = list(seen)
with open(sys.argv[1], "w") as out:
    json.dump([status, found], out)
"""


@pytest.fixture(scope="module")
def repo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("watched")
    for name in ("counter.py", "conftest.py", "setup.py", "sitecustomize.py", "code2tla.py"):
        (root / name).write_text(TARGET)
    hook = root / "hook.sh"
    hook.write_text(f"#!/bin/sh\ntouch {root}/hook.ran\ncat\n")
    hook.chmod(0o755)
    (root / ".gitattributes").write_text("*.py diff=mine filter=mine\n")
    who = ["-c", "user.name=t", "-c", "user.email=t@example.org"]
    for words in (["init", "-q"], ["add", "-A"], ["commit", "-q", "-m", "one"]):
        subprocess.run(["git", *who, *words], cwd=root, check=True)
    for key in ("diff.mine.textconv", "diff.mine.command", "core.fsmonitor", "filter.mine.clean"):
        subprocess.run(["git", "config", key, str(hook)], cwd=root, check=True)
    return root


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("written")


def watched(place: Path, repo: Path, *words: str) -> tuple[int, list[tuple[str, str]]]:
    """The exit status of a command run in the target, and what it imported, compiled, executed and started."""
    out = place / "seen.json"
    out.unlink(missing_ok=True)
    kept = {k: v for k, v in os.environ.items() if not k.startswith("CODE2TLA")}
    environment = kept | {"CODE2TLA_CACHE": str(place / "cache")}
    command = [sys.executable, "-P", "-c", WATCH, str(out), *words]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=180, env=environment, cwd=repo)
    assert out.is_file(), done.stderr
    status, seen = json.loads(out.read_text())
    return status, [(event, text) for event, text in seen]


def of_the_target(repo: Path, seen: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """Events in which a file of the target is loaded or run; git and Java may be told of it as data."""
    tools = ("git", "java")
    started = [(e, t) for e, t in seen if e.startswith(("subprocess", "os.")) and Path(t.split()[0]).name not in tools]
    names = ("counter", "conftest", "setup", "sitecustomize")
    loaded = [(e, t) for e, t in seen if e == "import" and (str(repo) in t or t.split()[0] in names)]
    executed = [(e, t) for e, t in seen if e == "exec" and str(repo) in t]
    return [(e, t) for e, t in started if str(repo) in t] + loaded + executed


def test_the_watch_sees_what_it_is_to_see(repo: Path, place: Path) -> None:
    words = [sys.executable, "-c", WATCH.replace("from code2tla.cli import main", SEEN), str(place / "seen.json")]
    subprocess.run(words, check=True, cwd=repo)
    _, seen = json.loads((place / "seen.json").read_text())
    assert of_the_target(repo, [(e, t) for e, t in seen])
    (repo / "counter.ran").unlink()


SEEN = """
import os
sys.path.insert(0, os.getcwd())

def main(words):
    import counter
"""


def commands(repo: Path, place: Path) -> dict[str, tuple[str, ...]]:
    spec = str(place / "specs" / "counter")
    run = ("run", str(repo), "counter.py", "--out", str(place), "--quiet", "--callers", "2", "--before", "0")
    return {
        "index": ("index", str(repo), "counter.py", "--json", "--quiet"),
        "history": ("history", str(repo), "counter.py", "--json", "--quiet"),
        "run": run,
        "report": ("report", spec, "--repo", str(repo), "--quiet"),
        "replay": ("replay", spec, "--repo", str(repo), "--quiet"),
        "conform": ("conform", spec, "--repo", str(repo), "--quiet"),
        "conformance without leave": (*run, "--conformance"),
        "audit": ("audit", f"{spec}/Counter.tla", "--quiet", "--budget", "5"),
        "doctor": ("doctor",),
        "check": ("check", spec, "--repo", str(repo), "--quiet", "--callers", "2", "--before", "0"),
    }


def test_no_command_without_leave_runs_anything_of_the_target(repo: Path, place: Path) -> None:
    for name, words in commands(repo, place).items():
        status, seen = watched(place, repo, *words)
        assert status in (0, 1, 3) or (name.startswith("conform") and status == 2), name
        assert of_the_target(repo, seen) == [], name
        assert sorted(p.name for p in repo.rglob("*.ran")) == [], name


def test_with_leave_the_target_runs_in_a_child_and_not_in_the_command(repo: Path, place: Path) -> None:
    words = ("replay", str(place / "specs" / "counter"), "--repo", str(repo), "--execute", "--sandbox", "process")
    status, seen = watched(place, repo, *words, "--quiet")
    assert status == 1
    (child,) = of_the_target(repo, seen)
    assert child[0] == "subprocess.Popen"
    assert "replay.child" in child[1]
    assert [p.name for p in repo.rglob("*.ran")] == ["counter.ran"]
