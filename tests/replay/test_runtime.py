"""The scheduler and the stand-ins, on small modules: what they see, and that they see nothing where nothing is."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from replay.runtime import Call, Collaborator, Store

Check = Callable[..., dict[str, Any]]


RACY = """
    class Thing:
        def __init__(self):
            self.n = 0

        def add(self):
            self.n += 1
            return self.n
"""


def test_a_read_and_a_write_on_one_line_are_parted_where_the_schedule_says(check: Check) -> None:
    steps = [
        ("c1", ((7, 7),)),
        ("c2", ((7, 7),)),
        ("c1", ((7, 7),), "write"),
        ("c2", ((7, 7),), "write"),
        ("c1", ((8, 8),)),
        ("c2", ((8, 8),)),
    ]
    found = check(RACY, Call("add"), Call("add"), schedule=steps)
    assert (found["status"], found["exact"]) == ("failed", True)
    assert "add() returned 1, add() returned 1; leaving Thing({'n': 1})" in found["message"]
    assert "add() returned 2, add() returned 1; leaving Thing({'n': 2})" in found["message"]


def test_a_schedule_that_leads_nowhere_still_has_its_calls_tried(check: Check) -> None:
    found = check(RACY, Call("add"), Call("add"), schedule=[("c1", ((7, 8),)), ("c2", ((7, 8),))])
    assert (found["status"], found["exact"]) == ("failed", False)
    assert found["parted"]


def test_set_up_calls_come_first(check: Check) -> None:
    found = check(RACY, Call("add"), Call("add"), setup=[Call("add"), Call("add")])
    assert "leaving Thing({'n': 3})" in found["outcome"]


LOCKED = """
    import queue
    import threading
    from threading import Condition, RLock

    class Thing:
        def __init__(self):
            self.lock = RLock()
            self.changed = Condition(self.lock)
            self.gate = threading.Event()
            self.room = threading.BoundedSemaphore(1)
            self.jobs = queue.Queue(1)
            self.n = 0

        def add(self):
            with self.lock:
                with self.lock:
                    self.n += 1
                    self.changed.notify_all()
                    return self.n

        def until(self, n):
            with self.changed:
                self.changed.wait_for(lambda: self.n >= n)
                return self.n

        def enter(self):
            with self.room:
                self.n += 1
                return self.n

        def put(self, job):
            self.jobs.put(job)

        def get(self):
            return self.jobs.get()

        def late(self):
            return self.lock.acquire(timeout=1) and self.lock.release() is None

        def open(self):
            self.gate.set()

        def through(self):
            return self.gate.wait()

        def soon(self):
            return self.gate.wait(timeout=0.1)
"""


@pytest.mark.parametrize(
    "calls",
    [
        [Call("add"), Call("add")],
        [Call("add"), Call("until", 1)],
        [Call("add"), Call("add"), Call("until", 2)],
        [Call("enter"), Call("enter")],
        [Call("put", 1), Call("get")],
        [Call("put", 1), Call("put", 2), Call("get")],
        [Call("open"), Call("through")],
        [Call("until", 1), Call("until", 1)],
    ],
    ids=lambda calls: " ".join(map(str, calls)),
)
def test_locks_keep_correct_code_correct(check: Check, calls: list[Call]) -> None:
    assert check(LOCKED, *calls)["status"] == "passed"


def test_a_wait_with_a_limit_may_time_out(check: Check) -> None:
    found = check(LOCKED, Call("soon"), kind="invariant", invariant=lambda self: False, when="quiescent")
    assert "soon() returned False" in found["outcome"]


def test_a_permit_given_back_twice_is_an_error(check: Check) -> None:
    code = LOCKED + "\n        def again(self):\n            self.room.release()\n"
    found = check(code, Call("again"), kind="invariant", invariant=lambda self: False, when="quiescent")
    assert "again() raised ValueError" in found["outcome"]


def test_who_waits_for_ever_is_stuck_and_a_stuck_pair_that_no_order_gives_is_found(check: Check) -> None:
    code = """
        import threading

        class Thing:
            def __init__(self):
                self.a, self.b = threading.Lock(), threading.Lock()

            def one(self):
                with self.a, self.b:
                    return 1

            def two(self):
                with self.b, self.a:
                    return 2
    """
    found = check(code, Call("one"), Call("two"))
    assert "one() waits for ever, two() waits for ever" in found["outcome"]


def test_a_set_up_call_that_waits_for_ever_ends_the_scenario(check: Check) -> None:
    found = check(LOCKED, Call("add"), setup=[Call("through")])
    assert found == {"test": "t", "status": "passed", "why": "the set-up call through() waits for ever here"}


def test_an_invariant_is_looked_at_between_steps_and_an_assertion_of_the_code_is_one_too(check: Check) -> None:
    code = """
        class Thing:
            def __init__(self):
                self.n = 0

            def swap(self):
                self.n -= 1
                self.n += 1
                assert self.n == 0
    """
    steps = [("c1", ((7, 7),)), ("c2", ((7, 9),)), ("c1", ((8, 9),))]
    found = check(code, Call("swap"), Call("swap"), kind="invariant", invariant=lambda s: s.n == 0, schedule=steps)
    assert (found["status"], found["exact"]) == ("failed", True)
    assert "between two steps" in found["message"]
    found = check(code, Call("swap"), Call("swap"), kind="assertion")
    assert "failed an assertion of the code" in found["message"]


def test_code_that_ends_differently_each_time_is_not_compared(check: Check) -> None:
    code = """
        import itertools

        numbers = itertools.count()

        class Thing:
            def next(self):
                return next(numbers)
    """
    with pytest.raises(RuntimeError, match="differently each time"):
        check(code, Call("next"), Call("next"))


@pytest.mark.parametrize(("mode", "word"), [("threads", "def"), ("asyncio", "async def")])
def test_chance_is_each_call_s_own(check: Check, mode: str, word: str) -> None:
    code = f"""
        import random
        import secrets
        from threading import get_ident
        from uuid import uuid4

        class Thing:
            def __init__(self):
                self.last = None

            {word} draw(self):
                token = self.last = uuid4()
                return str(token), secrets.token_hex(), random.choice([1, 2, 3]), random.shuffle([1, 2])
    """
    assert check(code, Call("draw"), Call("draw"), mode=mode)["status"] == "passed"


def test_the_target_s_own_containers_are_seen_whole(check: Check) -> None:
    code = """
        from collections.abc import MutableMapping

        class Thing(MutableMapping):
            def __init__(self):
                self.__data, self.size = {}, 0

            def __getitem__(self, key):
                return self.__data[key]

            def __setitem__(self, key, value):
                self.size += key not in self.__data
                self.__data[key] = value

            def __delitem__(self, key):
                del self.__data[key]

            def __iter__(self):
                return iter(self.__data)

            def __len__(self):
                return len(self.__data)

        class Other(dict):
            __slots__ = ("__n",)

            def touch(self):
                self.__n = 1
                self["k"] = 2
    """
    put = Call("__setitem__", "k", 1)
    assert "leaving Thing({'_Thing__data': {'k': 1}, 'size': " in check(code, put, put)["outcome"]
    never = {"kind": "invariant", "invariant": lambda self: False, "when": "quiescent"}
    found = check(code, Call("touch"), make=lambda module: module.Other(), **never)
    assert "leaving Other({'k': 2}, {'__n': 1})" in found["outcome"]


def test_state_of_modules_and_classes_is_fresh_in_every_run(check: Check) -> None:
    code = """
        seen = []

        class Thing:
            made = {}

            def see(self, x):
                seen.append(x)
                self.made[x] = len(seen)
                return len(seen)
    """
    found = check(code, Call("see", 1), kind="invariant", invariant=lambda self: False, when="quiescent")
    assert "see(1) returned 1" in found["outcome"]


TASKS = """
    import asyncio

    class Thing:
        def __init__(self, store=None, other=None):
            self.store = store
            self.other = other
            self.lock = asyncio.Lock()
            self.gate = asyncio.Event()
            self.jobs = asyncio.Queue()
            self.n = 0

        async def add(self):
            n = self.n
            await asyncio.sleep(1)
            self.n = n + 1

        async def locked(self):
            async with self.lock:
                await self.add()

        async def remote(self, key):
            n = await self.store.get(key)
            await self.other.tell(n)
            await self.store.put(key, (n or 0) + 1)

        async def soon(self):
            try:
                async with asyncio.timeout(5):
                    await self.gate.wait()
            except TimeoutError:
                return "late"
            return "open"

        def open(self):
            self.gate.set()

        async def both(self):
            await asyncio.gather(self.locked(), self.locked())
            return self.n

        async def aside(self):
            return await asyncio.to_thread(lambda: 7)

        async def put(self, job):
            await self.jobs.put(job)

        async def get(self):
            return await self.jobs.get()
"""


def test_tasks_are_stepped_from_one_suspension_to_the_next(check: Check) -> None:
    steps = [("c1", ((14, 15),)), ("c2", ((14, 15),)), ("c1", ((16, 16),)), ("c2", ((16, 16),))]
    found = check(TASKS, Call("add"), Call("add"), mode="asyncio", schedule=steps)
    assert (found["status"], found["exact"]) == ("failed", True)
    assert "'n': 1" in found["outcome"]
    for calls in ([Call("locked")] * 2, [Call("both"), Call("locked")], [Call("put", 1), Call("get")]):
        assert check(TASKS, *calls, mode="asyncio")["status"] == "passed"


def test_an_awaited_store_takes_effect_at_a_moment_of_its_own(check: Check) -> None:
    class Other(Collaborator):
        async def tell(self, _n: object) -> Any:
            return await self.answer_later(None)

    def make(module: Any) -> Any:
        return module.Thing(Store(awaits=["get", "put"]), Other())

    found = check(TASKS, Call("remote", "k"), Call("remote", "k"), mode="asyncio", make=make)
    assert "'store': {'k': 1}" in found["outcome"]


def test_time_outs_and_helper_threads_have_virtual_time(check: Check) -> None:
    always = {"mode": "asyncio", "kind": "invariant", "invariant": lambda self: False, "when": "quiescent"}
    assert "soon() returned 'late'" in check(TASKS, Call("soon"), **always)["outcome"]
    assert "aside() returned 7" in check(TASKS, Call("aside"), **always)["outcome"]
    found = check(TASKS, Call("soon"), Call("open"), mode="asyncio")
    assert found["status"] == "passed"


def test_the_clock_passes_only_as_the_scenario_says(check: Check) -> None:
    code = """
        import time
        from time import monotonic

        class Thing:
            def __init__(self):
                self.made = monotonic()

            def age(self):
                return time.monotonic() - self.made
    """
    never = {"kind": "invariant", "invariant": lambda self: False, "when": "quiescent"}
    assert "age() returned 0" in check(code, Call("age"), **never)["outcome"]
    found = check(code, Call("age"), Call("age"), schedule=[("", (), "tick")])
    assert found["status"] == "passed"


@pytest.mark.parametrize(
    ("calls", "rows"),
    [
        ([("put", "k", 1), ("get", "k")], {"k": 1}),
        ([("setnx", "k", 1), ("setnx", "k", 2)], {"k": 1}),
        ([("cas", "k", None, 1), ("cas", "k", None, 2)], {"k": 1}),
        ([("incr", "k"), ("incr", "k", 4), ("decr", "k")], {"k": 4}),
        ([("put", "k", 1), ("delete", "k"), ("exists", "k")], {}),
        ([("charge", 5)], {5: True}),
    ],
)
def test_a_store_does_what_its_methods_names_say(calls: list[tuple[Any, ...]], rows: dict[Any, Any]) -> None:
    store = Store()
    for name, *args in calls:
        getattr(store, name)(*args)
    assert store.replay_view() == rows
    assert store.keys() == list(rows)
