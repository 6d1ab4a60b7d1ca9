"""No command but a replay with leave imports or runs the target: watched by the interpreter's own audit events.

The target makes it visible too: whatever imports it writes a file beside it, and so does what its git, its tests and
its packaging would run.
"""

from __future__ import annotations

import asyncio
import json
import os
import re
import signal
import subprocess
import sys
import urllib.request
from dataclasses import dataclass
from pathlib import Path

import pytest
from mcp import Client, StdioServerParameters

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

#: Runs commands in one process that writes down at once what it imports, compiles, executes and starts.
WATCH = """
import json, os, sys
log = os.open(sys.argv[1], os.O_WRONLY | os.O_CREAT | os.O_APPEND)

def tell(event, text):
    os.write(log, (json.dumps([event, text]) + "\\n").encode())

def note(event, args):
    if event in ("import", "exec", "compile", "subprocess.Popen", "os.exec", "os.posix_spawn", "os.system"):
        tell(event, " ".join(map(str, args)))

sys.addaudithook(note)
from code2tla.cli import main
for name, words in json.loads(sys.argv[2]).items():
    tell("began", name)
    try:
        status = main(words)
    except SystemExit as end:
        status = end.code
    tell("ended", str(status))
"""


@dataclass(frozen=True)
class Seen:
    """The exit status of a command ("": it was stopped), and what it imported, compiled, executed and started."""

    status: str
    events: list[tuple[str, str]]


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


def command(log: Path, commands: dict[str, list[str]]) -> list[str]:
    return [sys.executable, "-P", "-c", WATCH, str(log), json.dumps(commands)]


def environment(place: Path) -> dict[str, str]:
    kept = {k: v for k, v in os.environ.items() if not k.startswith("CODE2TLA")}
    return kept | {"CODE2TLA_CACHE": str(place / "cache")}


def read(log: Path) -> dict[str, Seen]:
    """What was seen of each command, by its name."""
    out: dict[str, Seen] = {}
    name = ""
    for event, text in map(json.loads, log.read_text().splitlines()):
        if event == "began":
            name, out[text] = text, Seen("", [])
        elif event == "ended":
            out[name] = Seen(text, out[name].events)
        elif name:
            out[name].events.append((event, text))
    return out


def watched(place: Path, repo: Path, commands: dict[str, list[str]]) -> dict[str, Seen]:
    """What was seen of commands that are run in the target, one after another in one process."""
    log = place / "seen.jsonl"
    log.unlink(missing_ok=True)
    env = environment(place)
    done = subprocess.run(
        command(log, commands), capture_output=True, text=True, check=False, timeout=180, env=env, cwd=repo
    )
    found = read(log)
    assert list(found) == list(commands), done.stderr
    return found


def of_the_target(repo: Path, seen: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """Events in which a file of the target is loaded or run; git and Java may be told of it as data."""
    tools = ("git", "java")
    started = [(e, t) for e, t in seen if e.startswith(("subprocess", "os.")) and Path(t.split()[0]).name not in tools]
    names = ("counter", "conftest", "setup", "sitecustomize")
    loaded = [(e, t) for e, t in seen if e == "import" and (str(repo) in t or t.split()[0] in names)]
    executed = [(e, t) for e, t in seen if e == "exec" and str(repo) in t]
    return [(e, t) for e, t in started if str(repo) in t] + loaded + executed


def ran(repo: Path) -> list[str]:
    return sorted(file.name for file in repo.rglob("*.ran"))


SEEN = """
import os
sys.path.insert(0, os.getcwd())

def main(words):
    import counter
"""


def test_the_watch_sees_what_it_is_to_see(repo: Path, tmp_path: Path) -> None:
    log = tmp_path / "seen.jsonl"
    watch = WATCH.replace("from code2tla.cli import main", SEEN)
    subprocess.run([sys.executable, "-c", watch, str(log), '{"it": []}'], check=True, cwd=repo)
    assert of_the_target(repo, read(log)["it"].events)
    (repo / "counter.ran").unlink()


@pytest.fixture(scope="module")
def seen(repo: Path, place: Path) -> dict[str, Seen]:
    """Every command that ends by itself, without leave; the later ones read what ``run`` wrote."""
    target, spec = str(repo), str(place / "specs" / "counter")
    small = ["--quiet", "--callers", "2", "--before", "0"]
    run = ["run", target, "counter.py", "--out", str(place), *small]
    commands = {
        "index": ["index", target, "counter.py", "--json", "--quiet"],
        "history": ["history", target, "counter.py", "--json", "--quiet"],
        "run": run,
        "report": ["report", spec, "--repo", target, "--quiet"],
        "replay": ["replay", spec, "--repo", target, "--quiet"],
        "conform": ["conform", spec, "--repo", target, "--quiet"],
        "conformance without leave": [*run, "--conformance"],
        "audit": ["audit", f"{spec}/Counter.tla", "--quiet", "--budget", "2"],
        "doctor": ["doctor"],
        "check": ["check", spec, "--repo", target, *small],
    }
    return watched(place, repo, commands)


def test_no_command_without_leave_runs_anything_of_the_target(repo: Path, seen: dict[str, Seen]) -> None:
    for name, one in seen.items():
        assert one.status in ("0", "1", "3") or (name.startswith("conform") and one.status == "2"), name
        assert of_the_target(repo, one.events) == [], name
    assert ran(repo) == []


@pytest.mark.usefixtures("seen")
def test_the_server_for_coding_agents_reads_and_drafts_and_runs_nothing(repo: Path, place: Path) -> None:
    log = place / "mcp.jsonl"
    words = command(log, {"mcp": ["mcp", str(repo), "--out", str(place / "agent")]})
    child = StdioServerParameters(command=words[0], args=words[1:], env=environment(place), cwd=repo)

    async def session() -> list[str]:
        async with Client(child) as client:
            state = (await client.call_tool("start_run", {"feature": "counter.py", "budget": 5.0})).structured_content
            assert state is not None
            assert state["state"] == "waiting"
            done = await client.call_tool("answer", {"run": state["run"], "answer": {"no": "plan"}})
            assert not done.is_error
            for tool in (await client.list_tools()).tools:
                if set(tool.input_schema.get("required", ())) <= {"path"}:
                    await client.call_tool(tool.name, {"path": "counter.py"})
            return [tool.name for tool in (await client.list_tools()).tools]

    assert "read_file" in asyncio.run(session())
    assert of_the_target(repo, read(log)["mcp"].events) == []
    assert ran(repo) == []


@pytest.mark.usefixtures("seen")
def test_the_review_server_shows_and_writes_and_runs_nothing(repo: Path, place: Path) -> None:
    log = place / "review.jsonl"
    words = command(log, {"review": ["review", str(place / "specs" / "counter"), "--repo", str(repo)]})
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True, env=environment(place), cwd=repo) as server:
        assert server.stdout is not None
        address = re.search(r"127\.0\.0\.1:(\d+)/\?token=(\S+)", server.stdout.readline())
        assert address is not None
        origin = f"http://127.0.0.1:{address[1]}"
        allowed = {"Cookie": f"code2tla-review={address[2]}", "Origin": origin, "Content-Type": "application/json"}
        page = urllib.request.urlopen(urllib.request.Request(f"{origin}/", headers=allowed), timeout=30)
        assert b"Counter" in page.read()
        body = {"kind": "finding", "id": "Counter.Serializable_add_add", "decision": "accepted", "reason": "one writer"}
        decide = urllib.request.Request(f"{origin}/decide", json.dumps(body).encode(), allowed)
        assert urllib.request.urlopen(decide, timeout=30).status < 300
        server.send_signal(signal.SIGINT)
        assert server.wait(30) == 0
    assert read(log)["review"].status == "0"
    assert of_the_target(repo, read(log)["review"].events) == []
    assert ran(repo) == []


@pytest.mark.usefixtures("seen")
def test_with_leave_the_target_runs_in_a_child_and_not_in_the_command(repo: Path, place: Path) -> None:
    words = ["replay", str(place / "specs" / "counter"), "--repo", str(repo), "--execute", "--sandbox", "process"]
    one = watched(place, repo, {"replay": [*words, "--quiet"]})["replay"]
    assert one.status == "1"
    (child,) = of_the_target(repo, one.events)
    assert child[0] == "subprocess.Popen"
    assert "replay.child" in child[1]
    assert ran(repo) == ["counter.ran"]
