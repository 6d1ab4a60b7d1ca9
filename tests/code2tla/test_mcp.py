"""``code2tla mcp`` as a coding agent meets it: the real client of the SDK, over stdio and over HTTP."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from authored_scripts import LATER, SOURCE, script
from mcp import Client, StdioServerParameters
from pipeline_targets import Make

Connect = Callable[[], AbstractAsyncContextManager[Client]]


class Server:
    """A server process on a port of this machine."""

    def __init__(self, words: list[str]) -> None:
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = int(free.getsockname()[1])
        self._words = [*words, "--http", str(self.port)]
        self.url = f"http://127.0.0.1:{self.port}/mcp"
        self.start()

    def start(self) -> None:
        self.process = subprocess.Popen(self._words, stderr=subprocess.DEVNULL)
        for _ in range(600):
            try:
                socket.create_connection(("127.0.0.1", self.port), 1).close()
                return
            except OSError:
                assert self.process.poll() is None, "the server ended"
                time.sleep(0.1)
        raise AssertionError("the server does not listen")

    def kill(self) -> None:
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()


@pytest.fixture
def words(make: Make, home: Path) -> list[str]:
    repo = make({"counter.py": SOURCE, "notes.txt": "a note\n"})
    (home / "secret.txt").write_text("nobody's business\n")
    return [sys.executable, "-m", "code2tla", "mcp", str(repo), "--out", str(home / "out")]


@pytest.fixture(params=["stdio", "http"])
def connect(request: pytest.FixtureRequest, words: list[str]) -> Iterator[Connect]:
    """A connection to a server that begins anew each time over stdio, and stays over HTTP."""
    served = Server(words) if request.param == "http" else None
    own = StdioServerParameters(command=words[0], args=words[1:], env=dict(os.environ))

    @asynccontextmanager
    async def connected() -> AsyncIterator[Client]:
        async with Client(served.url if served else own) as client:
            yield client

    yield connected
    if served:
        served.kill()


async def call(client: Client, tool: str, **arguments: Any) -> Any:
    """What a tool gives: its data, or its text."""
    done = await client.call_tool(tool, arguments)
    text = "".join(getattr(part, "text", "") for part in done.content)
    assert not done.is_error, text
    return done.structured_content if isinstance(done.structured_content, dict) and tool != "report" else text


async def refused(client: Client, tool: str, **arguments: Any) -> str:
    """What a tool says that refuses."""
    done = await client.call_tool(tool, arguments)
    assert done.is_error
    return "".join(getattr(part, "text", "") for part in done.content)


async def settled(client: Client, seen: dict[str, Any]) -> dict[str, Any]:
    """The first state that is not ``working``."""
    while seen["state"] == "working":
        seen = await call(client, "next_task", run=seen["run"])
    return seen


async def answered(client: Client, seen: dict[str, Any], most: int = 99) -> dict[str, Any]:
    """Answer from the script until the run ends, or so many tasks are answered."""
    answers = script()
    seen = await settled(client, seen)
    while seen["state"] == "waiting" and most:
        task = seen["task"]
        given = answers.get(f"{task['kind']} {task['subject']}") or answers[task["kind"]]
        made = json.loads(json.dumps(given).replace("$subject", task["subject"]))
        seen = await settled(client, await call(client, "answer", run=seen["run"], answer=made, digest=task["digest"]))
        most -= 1
    return seen


def test_tasks_tools_and_confinement(connect: Connect, home: Path) -> None:
    async def session() -> None:
        async with connect() as client:
            names = {tool.name for tool in (await client.list_tools()).tools}
            assert names >= {
                "start_run",
                "next_task",
                "answer",
                "status",
                "report",
                "read_file",
                "search_text",
                "history",
            }
            assert "self.n += 1" in await call(client, "read_file", path="counter.py", line=13, end_line=13)
            assert "counter.py" in await call(client, "search_text", pattern=r"with self\.lock")
            for path in ("../secret.txt", "../../../../../etc/passwd", str(home / "secret.txt")):
                for tool in ("read_file", "list_directory"):
                    said = (await client.call_tool(tool, {"path": path})).content
                    assert "business" not in str(said), path
                    assert "root:" not in str(said), path
                assert "outside the repository" in await refused(client, "start_run", feature=path), path
            assert "no such run" in await refused(client, "status", run="../../target")
            assert "no such run" in await refused(client, "report", run="../..")

            seen = await settled(client, await call(client, "start_run", feature="counter.py", start="facts"))
            assert (seen["run"], seen["state"]) == ("counter", "waiting")
            plan = seen["task"]
            assert plan["kind"] == "plan"
            assert "def add" in plan["prompt"]
            assert plan["answer_schema"]["title"] == "PlanAnswer"
            assert (await call(client, "status", run="counter"))["task"] == plan
            assert "has no report yet" in await refused(client, "report", run="counter")

            bad = await settled(client, await call(client, "answer", run="counter", answer={"title": "no plan"}))
            assert (bad["task"]["kind"], bad["task"]["attempt"]) == ("plan", 2)
            assert "does not fit the schema" in bad["task"]["prompt"]
            stale = await refused(client, "answer", run="counter", answer=script()["plan"], digest=plan["digest"])
            assert "does not wait any more" in stale
            seen = await answered(client, bad, most=1)
            assert seen["task"]["kind"] == "architecture"
        assert {p.name for p in (home / "out" / "specs").iterdir()} == {"counter"}

    asyncio.run(session())


def test_a_server_killed_between_two_answers(words: list[str], home: Path) -> None:
    server = Server(words)
    spec_dir = home / "out" / "specs" / "counter"

    async def first() -> str:
        async with Client(server.url) as client:
            seen = await call(client, "start_run", feature="counter.py", start="facts")
            seen = await answered(client, seen, most=4)
            server.kill()
            return str(seen["task"]["digest"])

    async def second(waiting: str) -> None:
        async with Client(server.url) as client:
            assert (await call(client, "list_runs"))["result"] == ["counter"]
            seen = await settled(client, await call(client, "next_task", run="counter"))
            assert seen["task"]["digest"] == waiting
            seen = await answered(client, seen)
            assert (seen["state"], seen["verdict"]) == ("ended", "violated")
            assert "NoLoss" in await call(client, "report", run="counter")
            assert json.loads(await call(client, "report", run="counter", kind="json"))["verdict"] == "violated"
            files = await call(client, "specification", run="counter")
            assert "add_13(w) ==" in files["Counter.tla"]
            assert json.loads(files["ledger.jsonl"].splitlines()[0])["name"] == "add_13"

    async def third() -> None:
        async with Client(server.url) as client:
            seen = await settled(client, await call(client, "start_run", feature="counter.py", start="kept"))
            assert "bring the plan of `Counter` up to date" in seen["task"]["prompt"]
            assert "`reset_17`: changed since" in seen["task"]["prompt"]

    waiting = asyncio.run(asyncio.wait_for(first(), 300))
    server.start()
    try:
        asyncio.run(asyncio.wait_for(second(waiting), 300))
        answered_then = (spec_dir / "transcript.jsonl").read_text()
        (Path(words[4]) / "counter.py").write_text(LATER)
        asyncio.run(asyncio.wait_for(third(), 300))
    finally:
        server.kill()
    asked = [json.loads(line)["digest"] for line in answered_then.splitlines()]
    assert len(asked) == len(set(asked)) == 9, "nothing is asked twice"
