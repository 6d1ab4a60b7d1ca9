"""Threads, executors and tasks that the target starts itself."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from replay.runtime import Call

Check = Callable[..., dict[str, Any]]

NEVER = {"kind": "invariant", "invariant": lambda self: False, "when": "quiescent"}

TALLY = """
    import concurrent.futures
    import threading
    from concurrent import futures
    from concurrent.futures import ThreadPoolExecutor, as_completed

    class Adder(threading.Thread):
        def __init__(self, tally):
            super().__init__(daemon=True)
            self.tally = tally

        def run(self):
            self.tally.one()

    class Thing:
        def __init__(self):
            self.lock = threading.Lock()
            self.n = 0

        def one(self):
            self.n += 1

        def locked(self):
            with self.lock:
                self.n += 1
                return self.n

        def started(self):
            threads = [threading.Thread(target=self.one), Adder(self)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()

        def pooled(self):
            with ThreadPoolExecutor(2) as pool:
                return sorted(f.result() for f in as_completed([pool.submit(self.locked) for _ in range(3)]))

        def mapped(self):
            with concurrent.futures.ThreadPoolExecutor(max_workers=1) as pool:
                list(pool.map(lambda n: self.one(), range(2)))

        def failing(self):
            pool = futures.ThreadPoolExecutor()
            future = pool.submit(lambda: 1 // 0)
            futures.wait([future])
            pool.shutdown()
            return type(future.exception()).__name__

        def later(self):
            threading.Thread(target=self.one).start()
            threading.Timer(1, self.one).start()
            never = threading.Timer(1, self.one)
            never.start()
            never.cancel()

        def read(self):
            return self.n
"""


@pytest.mark.parametrize("op", ["started", "mapped"])
def test_threads_of_one_call_race_with_those_of_another(check: Check, op: str) -> None:
    found = check(TALLY, Call(op), Call(op))
    assert (found["status"], found["exact"], found["begun"]) == ("failed", False, True)
    assert "'n': 4" in found["message"].partition("one after another")[2]


@pytest.mark.parametrize("calls", [("locked", "locked"), ("locked", "read")])
def test_calls_that_start_none_say_so(check: Check, calls: tuple[str, ...]) -> None:
    found = check(TALLY, *map(Call, calls))
    assert (found["status"], found["begun"]) == ("passed", False)


def test_a_call_waits_for_its_threads_and_its_ending_is_that_of_no_overlap(check: Check) -> None:
    found = check(TALLY, Call("started"), **NEVER)
    assert "started() returned None; leaving Thing({'lock': 0, 'n': 2})" in found["outcome"]
    assert "pooled() returned [1, 2, 3]" in check(TALLY, Call("pooled"), **NEVER)["outcome"]
    assert "failing() returned 'ZeroDivisionError'" in check(TALLY, Call("failing"), **NEVER)["outcome"]


def test_a_thread_that_outlives_its_call_may_run_after_the_next_one(check: Check) -> None:
    assert check(TALLY, Call("later"), Call("read"))["status"] == "passed"


SERVED = """
    import queue
    import threading

    class Thing:
        def __init__(self):
            self.jobs = queue.Queue()
            self.done = []
            self.worker = threading.Thread(target=self.serve, daemon=True)
            self.worker.start()

        def serve(self):
            while True:
                job, answer = self.jobs.get()
                self.done.append(job)
                answer.put(len(self.done))

        def ask(self, job):
            answer = queue.Queue()
            self.jobs.put((job, answer))
            return answer.get()
"""


def test_a_thread_that_the_constructor_starts_serves_set_up_calls_and_all_others(check: Check) -> None:
    found = check(SERVED, Call("ask", "b"), setup=[Call("ask", "a")], **NEVER)
    assert "ask('b') returned 2" in found["outcome"]
    assert check(SERVED, Call("ask", "b"), Call("ask", "b"))["status"] == "passed"


ASIDE = """
    import asyncio

    class Thing:
        def __init__(self):
            self.n = 0
            self.aside = None

        async def _add(self):
            n = self.n
            await asyncio.sleep(0)
            self.n = n + 1

        async def kick(self):
            self.aside = asyncio.create_task(self._add())

        async def serve(self):
            self.wanted = asyncio.Event()
            self.aside = asyncio.create_task(self._serve())

        async def _serve(self):
            await self.wanted.wait()
            await self._add()

        async def want(self):
            self.wanted.set()
            await asyncio.sleep(0)
            await asyncio.sleep(0)
            await asyncio.sleep(0)
            return self.n
"""


def test_tasks_that_outlive_their_call_go_on(check: Check) -> None:
    found = check(ASIDE, Call("kick"), mode="asyncio", **NEVER)
    assert "'n': 1" in found["outcome"]
    found = check(ASIDE, Call("kick"), Call("kick"), mode="asyncio")
    assert (found["status"], found["begun"]) == ("failed", True)
    assert "'n': 1" in found["outcome"]


def test_tasks_that_a_set_up_call_made_go_on_as_soon_as_they_can(check: Check) -> None:
    found = check(ASIDE, Call("want"), setup=[Call("serve")], mode="asyncio", **NEVER)
    assert "want() returned 1" in found["outcome"]
