"""Synchronisation, form by form: what must be found, and, as much, what must not be.

Each class has operations that are right and operations that are wrong; the violated properties are exactly those of
the pairs that can go wrong.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from snippets import compile_one, races

from specgen.static import WrittenInvariant

FLIGHTS = """
import asyncio

class Flights:
    def __init__(self, loader):
        self.loader = loader
        self.pending = {}
        self.loads = 0

    async def once(self, key):
        found = self.pending.get(key)
        if found is not None:
            return await found
        future = asyncio.get_running_loop().create_future()
        self.pending[key] = future
        self.loads += 1
        await asyncio.sleep(0)
        future.set_result("value")
        return "value"
"""
FAILS = """\
        if self.loads > 1:
            future.set_exception(KeyError("x"))
            raise KeyError
"""

#: What each form is, and the properties that its class violates.
SNIPPETS: dict[str, tuple[str, set[str]]] = {
    "a lock and those who go without it": (
        """
import threading

class Locks:
    def __init__(self):
        self.n = 0
        self.lock = threading.Lock()

    def safe(self):
        with self.lock:
            self.n += 1
            return self.n

    def acquired(self):
        self.lock.acquire()
        try:
            self.n += 1
        finally:
            self.lock.release()

    def tried(self):
        if self.lock.acquire(blocking=False):
            try:
                self.n += 1
                return True
            finally:
                self.lock.release()
        return False

    def racy(self):
        self.n += 1
""",
        {
            "Serializable_acquired_racy",
            "Serializable_racy_racy",
            "Serializable_racy_safe",
            "Serializable_racy_tried",
        },
    ),
    "locks in two orders": (
        """
import threading

class Order:
    def __init__(self):
        self.a = threading.Lock()
        self.b = threading.Lock()
        self.n = 0

    def one(self):
        with self.a:
            with self.b:
                self.n += 1

    def same(self):
        with self.a, self.b:
            self.n += 2

    def other(self):
        with self.b:
            with self.a:
                self.n += 3
""",
        {
            "NoDeadlock_one_other",
            "NoDeadlock_other_same",
        },
    ),
    "a lock taken again by its holder": (
        """
import threading

class Reentrant:
    def __init__(self):
        self.lock = threading.RLock()
        self.n = 0

    def inner(self):
        with self.lock:
            self.n += 1

    def outer(self):
        with self.lock:
            self.inner()
            self.inner()
            return self.n

    def between(self):
        self.inner()
        self.inner()
        return self.n
""",
        {
            "Serializable_between_between",
            "Serializable_between_outer",
        },
    ),
    "semaphores": (
        """
import threading

class Permits:
    def __init__(self):
        self.one = threading.Semaphore(1)
        self.two = threading.Semaphore(2)
        self.bounded = threading.BoundedSemaphore(1)
        self.n = 0

    def alone(self):
        with self.one:
            self.n += 1

    def bound(self):
        self.bounded.acquire()
        self.n += 1
        self.bounded.release()

    def pair(self):
        with self.two:
            self.n += 1

    def give(self):
        self.bounded.release()
""",
        {
            "Serializable_alone_bound",
            "Serializable_alone_pair",
            "Serializable_bound_give",
            "Serializable_bound_pair",
            "Serializable_pair_pair",
        },
    ),
    "conditions": (
        """
import threading

class Box:
    def __init__(self):
        self.cond = threading.Condition()
        self.items = []

    def put(self, item):
        with self.cond:
            self.items.append(item)
            self.cond.notify()

    def silent(self, item):
        with self.cond:
            self.items.append(item)

    def get(self):
        with self.cond:
            while not self.items:
                self.cond.wait()
            return self.items.pop()

    def get_for(self):
        with self.cond:
            self.cond.wait_for(lambda: self.items)
            return self.items.pop()

    def get_soon(self):
        with self.cond:
            if not self.cond.wait_for(lambda: self.items, timeout=1):
                return None
            return self.items.pop()
""",
        {
            "NoDeadlock_get_for_silent",
            "NoDeadlock_get_silent",
        },
    ),
    "an event asked before it is set": (
        """
import threading

class Once:
    def __init__(self):
        self.done = threading.Event()
        self.lock = threading.Lock()
        self.value = None

    def publish(self, item):
        with self.lock:
            if not self.done.is_set():
                self.value = item
                self.done.set()
                return True
            return False

    def hasty(self, item):
        if not self.done.is_set():
            self.value = item
            self.done.set()
            return True
        return False

    def read(self):
        self.done.wait()
        return self.value
""",
        {
            "Serializable_hasty_hasty",
            "Serializable_hasty_publish",
        },
    ),
    "an event set too early": (
        """
import threading

class Early:
    def __init__(self):
        self.done = threading.Event()
        self.value = None

    def publish(self, item):
        self.done.set()
        self.value = item

    def read(self):
        self.done.wait()
        return self.value
""",
        {
            "Serializable_publish_read",
        },
    ),
    "queues": (
        """
import queue

class Work:
    def __init__(self):
        self.jobs = queue.Queue(maxsize=1)

    def offer(self, item):
        try:
            self.jobs.put_nowait(item)
        except queue.Full:
            return False
        return True

    def take(self):
        try:
            return self.jobs.get_nowait()
        except queue.Empty:
            return None

    def take_if(self):
        if self.jobs.empty():
            return None
        return self.jobs.get()

    def offer_if(self, item):
        if self.jobs.full():
            return False
        self.jobs.put(item)
        return True
""",
        {
            "NoDeadlock_offer_if_offer_if",
            "NoDeadlock_offer_offer_if",
            "NoDeadlock_take_if_take_if",
            "NoDeadlock_take_take_if",
        },
    ),
    "time-outs heeded and ignored": (
        """
import threading

class Timed:
    def __init__(self):
        self.lock = threading.Lock()
        self.n = 0

    def careful(self):
        if not self.lock.acquire(timeout=1):
            raise TimeoutError
        try:
            self.n += 1
        finally:
            self.lock.release()

    def careless(self):
        got = self.lock.acquire(timeout=1)
        self.n += 1
        if got:
            self.lock.release()
""",
        {
            "Serializable_careful_careless",
            "Serializable_careless_careless",
        },
    ),
    "asyncio locks": (
        """
import asyncio

class Async:
    def __init__(self):
        self.lock = asyncio.Lock()
        self.n = 0

    async def safe(self):
        async with self.lock:
            n = self.n
            await asyncio.sleep(0)
            self.n = n + 1

    async def atomic(self):
        n = self.n
        self.n = n + 1
        return n

    async def racy(self):
        n = self.n
        await asyncio.sleep(0)
        self.n = n + 1
""",
        {
            "Serializable_atomic_racy",
            "Serializable_atomic_safe",
            "Serializable_racy_racy",
            "Serializable_racy_safe",
        },
    ),
    "asyncio's other objects": (
        """
import asyncio

class Async:
    def __init__(self):
        self.sem = asyncio.Semaphore(1)
        self.items = asyncio.Queue(maxsize=1)
        self.cond = asyncio.Condition()
        self.ready = asyncio.Event()
        self.n = 0

    async def limited(self):
        async with self.sem:
            n = self.n
            await asyncio.sleep(0)
            self.n = n + 1

    async def put(self, item):
        await self.items.put(item)

    async def get(self):
        return await self.items.get()

    async def open(self):
        async with self.cond:
            self.ready.set()
            self.cond.notify_all()

    async def enter(self):
        async with self.cond:
            while not self.ready.is_set():
                await self.cond.wait()
            return "in"

    async def wait(self):
        await self.ready.wait()
        return self.n

    async def peek(self):
        if self.items.empty():
            return None
        await asyncio.sleep(0)
        return await self.items.get()
""",
        {
            "NoDeadlock_get_peek",
            "NoDeadlock_peek_peek",
        },
    ),
    "a lock for each key": (
        """
import threading

class Keyed:
    def __init__(self):
        self.locks = {}
        self.guard = threading.Lock()
        self.d = {}

    def guarded(self, key):
        with self.guard:
            if key not in self.locks:
                self.locks[key] = threading.Lock()
            lock = self.locks[key]
        with lock:
            self.d[key] = self.d.get(key, 0) + 1

    def atomic(self, key):
        with self.locks.setdefault(key, threading.Lock()):
            self.d[key] = self.d.get(key, 0) + 1
""",
        {
            "Serializable_atomic_guarded",
        },
    ),
    "a lock for each key made without care": (
        """
import threading

class Keyed:
    def __init__(self):
        self.locks = {}
        self.d = {}

    def hasty(self, key):
        if key not in self.locks:
            self.locks[key] = threading.Lock()
        with self.locks[key]:
            self.d[key] = self.d.get(key, 0) + 1
""",
        {
            "Serializable_hasty_hasty",
        },
    ),
    "futures shared by calls": (FLIGHTS, set()),
    "futures made too late": (
        """
import asyncio

class Flights:
    def __init__(self, loader):
        self.pending = {}
        self.loads = 0

    async def hasty(self, key):
        found = self.pending.get(key)
        if found is not None:
            return await found
        await asyncio.sleep(0)
        future = asyncio.get_running_loop().create_future()
        self.pending[key] = future
        self.loads += 1
        future.set_result("value")
        return "value"
""",
        {
            "Serializable_hasty_hasty",
        },
    ),
    "futures that fail": (
        FLIGHTS.replace("        future.set_result", FAILS + "        future.set_result"),
        set(),
    ),
}


@pytest.mark.parametrize("name", SNIPPETS)
def test_what_can_go_wrong_and_nothing_else(name: str, tmp_path: Path) -> None:
    source, expected = SNIPPETS[name]
    made = compile_one(tmp_path, source)
    assert made.spec.abstractions == ()
    assert races(made) == expected


CANCELLED = """
import asyncio

class Slots:
    def __init__(self):
        self.used = 0

    async def tidy(self):
        self.used += 1
        try:
            await asyncio.sleep(0)
        finally:
            self.used -= 1

    async def leaky(self):
        self.used += 1
        try:
            await asyncio.sleep(0)
        except asyncio.CancelledError:
            raise
        self.used -= 1
"""


@pytest.mark.parametrize(("operation", "violated"), [("tidy", set()), ("leaky", {"NoneUsed"})])
def test_cancellation_where_the_code_handles_it(operation: str, violated: set[str], tmp_path: Path) -> None:
    other = "leaky" if operation == "tidy" else "tidy"
    start = CANCELLED.index(f"    async def {other}")
    end = CANCELLED.find("    async def", start + 10)
    source = CANCELLED[:start] + (CANCELLED[end:] if end > 0 else "")
    made = compile_one(tmp_path, source, invariants=[WrittenInvariant("none used", "self.used == 0", "quiescent")])
    assert races(made) == violated


def test_a_call_that_waits_for_itself_is_told_as_an_outcome_not_a_deadlock(tmp_path: Path) -> None:
    source = """
import threading

class Twice:
    def __init__(self):
        self.lock = threading.Lock()
        self.n = 0

    def outer(self):
        with self.lock:
            with self.lock:
                self.n += 1
"""
    made = compile_one(tmp_path, source)
    assert races(made) == set()
    assert "waits for ever" in made.spec.text
