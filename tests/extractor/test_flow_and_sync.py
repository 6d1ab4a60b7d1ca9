from __future__ import annotations

import pytest

from extractor.types import Facts


def syncs(facts: Facts) -> list[tuple[str, str, str, int]]:
    return [(sync.mechanism, sync.operation, sync.target, sync.span.line) for sync in facts.syncs]


def test_locks_conditions_events_and_queues(read):
    facts = read(
        source=(
            "import threading\nfrom queue import Queue as Q\nfrom asyncio import Semaphore\n"
            "gate = threading.Event()\n"
            "class A:\n"
            "    def __init__(self):\n"
            "        self.mu = threading.Lock()\n"
            "        self.ready = threading.Condition(self.mu)\n"
            "        self.slots = Semaphore(2)\n"
            "        self.inbox = Q(3)\n"
            "        self.table = {}\n"
            "    def m(self):\n"
            "        with self.mu:\n"
            "            self.table.get(1)\n"
            "        with self.ready:\n"
            "            self.ready.wait()\n"
            "            self.ready.notify_all()\n"
            "        self.slots.acquire()\n"
            "        self.inbox.get()\n"
            "        gate.set()\n"
            "        self.mu.release()\n"
        )
    )
    assert syncs(facts) == [
        ("event", "create", "gate", 4),
        ("lock", "create", "self.mu", 7),
        ("condition", "create", "self.ready", 8),
        ("semaphore", "create", "self.slots", 9),
        ("queue", "create", "self.inbox", 10),
        ("lock", "with", "self.mu", 13),
        ("condition", "with", "self.ready", 15),
        ("condition", "wait", "self.ready", 16),
        ("condition", "notify", "self.ready", 17),
        ("semaphore", "acquire", "self.slots", 18),
        ("queue", "wait", "self.inbox", 19),
        ("event", "notify", "gate", 20),
        ("lock", "release", "self.mu", 21),
    ]


def test_a_with_spans_its_body_and_goes_by_name_where_nothing_else_is_known(read):
    facts = read(
        source=(
            "class A:\n    async def m(self, clock, block):\n"
            "        async with self._write_lock as held, self.db.transaction():\n"
            "            await self.go()\n            await self.go()\n"
            "        with clock, block, open('x') as f:\n            pass\n"
        )
    )
    assert [
        (sync.mechanism, sync.operation, sync.target, sync.span.line, sync.span.end_line) for sync in facts.syncs
    ] == [
        ("lock", "with", "self._write_lock", 3, 5),
        ("transaction", "with", "self.db.transaction()", 3, 5),
    ]


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("self.db.commit()", ("transaction", "release", "self.db.commit")),
        ("self.store.compare_and_set(k, old, new)", ("version", "use", "self.store.compare_and_set")),
        ("self.store.put(k, v, if_match=tag)", ("version", "use", "if_match=tag")),
        ("self.store.put(k, v, ttl=30)", ("lease", "use", "ttl=30")),
    ],
)
def test_transactions_versions_and_leases(read, line, expected):
    facts = read(source=f"class A:\n    def m(self, k, v, tag):\n        {line}\n")
    assert [sync[:3] for sync in syncs(facts)] == [expected]


def test_retries(read):
    facts = read(
        source=(
            "import tenacity\n"
            "class A:\n"
            "    @tenacity.retry(stop=3)\n"
            "    def m(self): pass\n"
            "    def n(self):\n"
            "        while True:\n"
            "            try:\n                return self.m()\n"
            "            except OSError:\n                continue\n"
        )
    )
    assert [(sync.function, sync.mechanism, sync.span.line) for sync in facts.syncs] == [
        ("A.m", "retry", 4),
        ("A.n", "retry", 10),
    ]
    assert [(source.function, source.kind) for source in facts.nondeterminism] == [("A.n", "retry")]


def test_suspensions(read):
    facts = read(
        source=(
            "import time\nimport threading\n"
            "async def f(c, lock):\n"
            "    await c.go()\n"
            "    async with c as x:\n        pass\n"
            "    async for y in c:\n        yield y\n"
            "    return [z async for z in c]\n"
            "def g(lock):\n"
            "    time.sleep(1)\n"
            "    lock.acquire()\n"
            "    t = threading.Thread(target=f)\n"
            "    t.join()\n"
            "    ','.join([])\n"
        )
    )
    assert [(found.function, found.kind, found.text, found.span.line) for found in facts.suspensions] == [
        ("f", "await", "await c.go()", 4),
        ("f", "async-with", "async with c as x", 5),
        ("f", "async-for", "async for y in c", 7),
        ("f", "yield", "yield y", 8),
        ("f", "async-for", "async for z in c", 9),
        ("g", "blocking", "time.sleep(1)", 11),
        ("g", "blocking", "lock.acquire()", 12),
        ("g", "blocking", "t.join()", 14),
    ]


def test_an_awaited_acquire_is_no_blocking_call(read):
    facts = read(source="async def f(lock):\n    await lock.acquire()\n")
    assert [found.kind for found in facts.suspensions] == ["await"]


def test_nondeterminism(read):
    facts = read(
        source=(
            "import asyncio, random, os, uuid\nfrom time import monotonic as now\nfrom datetime import datetime\n"
            "class A:\n"
            "    def __init__(self):\n        self.members = set()\n        self.order = []\n"
            "    async def m(self, sock):\n"
            "        now()\n"
            "        datetime.now()\n"
            "        random.random()\n"
            "        uuid.uuid4()\n"
            "        await asyncio.gather(a, b)\n"
            "        await asyncio.wait_for(a, 3)\n"
            "        sock.recv(10)\n"
            "        for x in self.members: pass\n"
            "        for x in self.order: pass\n"
            "        for x in {1, 2}: pass\n"
            "        for x in {1: 2}: pass\n"
            "        [y for y in os.listdir('.')]\n"
            "        sorted(os.listdir('.'))\n"
            "        sock.connect(timeout=3)\n"
            "        sock.connect(timeout=None)\n"
            "    def on_message(self, m): pass\n"
        )
    )
    assert [(found.kind, found.span.line) for found in facts.nondeterminism] == [
        ("clock", 9),
        ("clock", 10),
        ("random", 11),
        ("random", 12),
        ("gather", 13),
        ("timeout", 14),
        ("message", 15),
        ("unordered", 16),
        ("unordered", 18),
        ("unordered", 20),
        ("timeout", 22),
        ("message", 24),
    ]


def test_exceptions_and_assertions(read):
    facts = read(
        source=(
            "def f(x):\n"
            "    assert x > 0, 'positive'\n"
            "    assert (\n        x and\n        f(x)\n    )\n"
            "    try:\n        raise errors.Full(x) from None\n"
            "    except (KeyError, errors.Empty) as e:\n        raise\n"
            "    except* OSError:\n        pass\n"
            "    except:\n        pass\n"
            "    finally:\n        pass\n"
        )
    )
    assert [(found.kind, found.names, found.span.line, found.span.end_line) for found in facts.exceptional] == [
        ("raise", ("errors.Full",), 8, 8),
        ("catch", ("KeyError", "errors.Empty"), 9, 10),
        ("raise", (), 10, 10),
        ("catch", ("OSError",), 11, 12),
        ("catch", (), 13, 14),
        ("finally", (), 15, 16),
    ]
    assert [(found.function, found.text, found.span.line, found.span.end_line) for found in facts.assertions] == [
        ("f", "x > 0", 2, 2),
        ("f", "( x and f(x) )", 3, 6),
    ]
