"""Who is let go, and when: what overlapping calls do in Python is among what the specification lets them do."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from snippets import compile_one, races

from specgen.types import Bounds

CLEARED = """
import threading

class Gate:
    def __init__(self):
        self.ready = threading.Event()

    def open(self):
        self.ready.set()

    def enter(self):
        self.ready.wait()
        self.ready.clear()
"""

KEPT_FOR_EACH = """
import threading

class Gates:
    def __init__(self):
        self.gates = {}

    def add(self, key):
        self.gates[key] = threading.Event()

    def open(self, key):
        self.gates[key].set()

    def enter(self, key):
        gate = self.gates[key]
        gate.wait()
        gate.clear()
"""


def in_tasks(source: str) -> str:
    """The same class for asyncio."""
    text = (
        source.replace("threading", "asyncio").replace("    def ", "    async def ").replace(" async def __", " def __")
    )
    return text.replace("self.ready.wait()", "await self.ready.wait()").replace("gate.wait()", "await gate.wait()")


def made(source: str, name: str) -> Any:
    scope: dict[str, Any] = {}
    exec(source, scope)
    return scope[name]()


def let_two_in_with_threads(gate: Any) -> None:
    calls = [threading.Thread(target=gate.enter, daemon=True) for _ in range(2)]
    for call in calls:
        call.start()
    while len(gate.ready._cond._waiters) < 2:
        pass
    gate.open()
    for call in calls:
        call.join(10)
        assert not call.is_alive()


def let_two_in_with_tasks(gate: Any) -> None:
    async def scene() -> None:
        calls = [asyncio.create_task(gate.enter()) for _ in range(2)]
        await asyncio.sleep(0)
        await gate.open()
        await asyncio.wait_for(asyncio.gather(*calls), 10)

    asyncio.run(scene())


@pytest.mark.parametrize(
    ("source", "let_two_in"),
    [(CLEARED, let_two_in_with_threads), (in_tasks(CLEARED), let_two_in_with_tasks)],
    ids=["threads", "tasks"],
)
def test_set_lets_everyone_go_who_waits(source: str, let_two_in: Callable[[Any], None], tmp_path: Path) -> None:
    let_two_in(made(source, "Gate"))
    # One at a time, the second call finds the gate closed by the first.
    assert "Serializable_enter_enter_open" in races(compile_one(tmp_path, source), Bounds(3, 0, 0))


@pytest.mark.parametrize("source", [KEPT_FOR_EACH, in_tasks(KEPT_FOR_EACH)], ids=["threads", "tasks"])
def test_set_lets_everyone_go_who_waits_for_an_event_made_while_running(source: str, tmp_path: Path) -> None:
    assert "Serializable_enter_enter_open" in races(compile_one(tmp_path, source), Bounds(3, 1, 0))


def test_who_gives_up_waiting_is_not_waited_for_any_more(tmp_path: Path) -> None:
    source = CLEARED.replace("self.ready.wait()", "return self.ready.wait(timeout=1)").replace(
        "        self.ready.clear()\n", "\n    def close(self):\n        self.ready.clear()\n"
    )
    assert races(compile_one(tmp_path, source)) == set()


def test_nobody_is_written_down_where_an_event_stays_set(tmp_path: Path) -> None:
    source = CLEARED.replace("        self.ready.clear()\n", "")
    assert [v.name for v in compile_one(tmp_path, source).spec.variables] == ["ready"]


TWICE = """
import asyncio

class Twice:
    def __init__(self):
        self.guard = asyncio.Lock()
        self.n = 0

    async def twice(self):
        async with self.guard:
            n = self.n
            await asyncio.sleep(0)
        async with self.guard:
            self.n = n + 1

    async def once(self):
        async with self.guard:
            self.n += 2
"""


@pytest.mark.parametrize("kind", ["Lock", "Semaphore"])
def test_who_waits_comes_before_who_asks_again(kind: str, tmp_path: Path) -> None:
    source = TWICE.replace("asyncio.Lock", f"asyncio.{kind}")
    twice = made(source, "Twice")

    async def scene() -> None:
        await asyncio.gather(twice.twice(), twice.once())

    asyncio.run(scene())
    assert twice.n == 1  # what once() added is lost: it came in between
    assert "Serializable_once_twice" in races(compile_one(tmp_path, source))


def test_nobody_comes_between_what_a_task_does_without_suspending(tmp_path: Path) -> None:
    source = TWICE.replace("            await asyncio.sleep(0)\n", "").replace("asyncio.Lock", "asyncio.Semaphore")
    assert races(compile_one(tmp_path, source)) == set()
