"""What the compiler makes of control flow and of ways out of it, held against Python itself.

Every snippet is compiled and run in TLC, one call at a time, and as ordinary Python; starts, calls, results and ends
must be the same. One class has many operations, since a run of TLC costs the same for one as for thirty.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from differential import compare

SNIPPETS: dict[str, tuple[str, dict[str, Any]]] = {}

SNIPPETS["control_flow"] = (
    """
class Control:
    def __init__(self):
        self.n = 0
        self.log = []

    def loop(self, k: int):
        total = 0
        for i in range(4):
            if i == k:
                continue
            if i == 3:
                break
            total += i
        else:
            total = 100
        self.n = total
        return total

    def loop_else(self, k: int):
        for i in [5, 6]:
            if i == k + 4:
                break
        else:
            return "none"
        return i

    def while_loop(self, k: int):
        while self.n < 3:
            self.n += k
            if self.n == 2:
                break
        else:
            self.log.append(self.n)
        return self.n

    def return_in_loop(self, k: int):
        for i, x in enumerate(self.log):
            if x == k:
                return i
        return -1

    def nested(self, k: int):
        found = []
        for i in range(3):
            for j in range(3):
                if j > i:
                    break
                if i == k:
                    continue
                found.append((i, j))
        return found

    def walrus(self, k: int):
        if (m := self.n - k) > 0:
            return m
        return -m

    def match(self, k: int):
        match k:
            case 1:
                return "one"
            case 2 | 3:
                return "few"
            case _:
                return "many"

    def match2(self, k: int):
        match self.n:
            case 0:
                self.n = k
            case x if x > 1:
                self.n = x - 1
            case _:
                pass

    def infinite(self, k: int):
        while True:
            if self.n >= k:
                return self.n
            self.n += 1

    def reset(self):
        self.n = 0
        self.log.clear()

    def ternary(self, k: int):
        return ("big" if self.n > 2 else "mid") if self.n > 0 else None

    def assertion(self, k: int):
        assert self.n >= k, "too small"
        return self.n
""",
    {},
)

SNIPPETS["exceptions"] = (
    """
class Base(Exception):
    pass

class Sub(Base):
    pass

class Other(Base, ValueError):
    pass

class Exc:
    def __init__(self):
        self.n = 0
        self.log = []

    def bump(self):
        self.n = (self.n + 1) % 4

    def _fail(self):
        if self.n == 1:
            raise Sub("x")
        if self.n == 2:
            raise Other
        if self.n == 3:
            raise KeyError(self.n)
        return "fine"

    def catch_base(self):
        try:
            return self._fail()
        except Base:
            return "base"

    def catch_order(self):
        try:
            self._fail()
        except Sub:
            return "sub"
        except ValueError:
            return "value"
        except (KeyError, IndexError) as e:
            raise Sub() from e
        else:
            return "else"

    def reraise(self):
        try:
            self._fail()
        except Base:
            self.log.append("seen")
            raise

    def reraise_named(self):
        try:
            self._fail()
        except Exception as error:
            raise error

    def final(self):
        try:
            return self._fail()
        finally:
            self.log = ["final"]

    def final_return(self):
        try:
            self._fail()
        finally:
            return "always"

    def final_loop(self):
        for i in range(3):
            try:
                if i == self.n:
                    break
                if i == 0:
                    continue
            finally:
                self.log = [i]
        return i

    def nested(self):
        try:
            try:
                self._fail()
            except Sub:
                raise KeyError("inner")
            finally:
                self.log = ["inner"]
        except KeyError:
            return "key"
        except Base as b:
            return "other"
        return "none"

    def bare(self):
        try:
            self._fail()
        except:
            return "bare"

    def else_raises(self):
        try:
            pass
        except Sub:
            return 1
        else:
            self._fail()
        return 2

    def in_handler(self):
        try:
            self._fail()
        except Sub:
            try:
                raise ValueError
            except ValueError:
                pass
            raise
        return "end"

    def index(self):
        try:
            return self.log[0]
        except IndexError:
            return None

    def div(self):
        try:
            return 6 // self.n
        except ZeroDivisionError:
            return "zero"

    def div2(self):
        return 6 % self.n

    def returned_value(self):
        x = self.n
        try:
            return x
        finally:
            x = 99
            self.n = 0
""",
    {"approximate": ("another thread may replace",)},
)

SNIPPETS["ways_out_of_a_with"] = (
    """
from contextlib import contextmanager, suppress

class Problem(Exception):
    pass

class Special(Problem):
    pass

class Transaction:
    def __init__(self, owner):
        self.owner = owner

    def __enter__(self):
        self.owner.depth += 1
        return self

    def __exit__(self, kind, value, traceback):
        self.owner.depth -= 1
        if kind is None:
            self.owner.committed += 1
        else:
            self.owner.rolled_back += 1

class Swallow:
    def __init__(self, owner):
        self.owner = owner

    def __enter__(self):
        return self

    def __exit__(self, kind, value, traceback):
        if kind is not None:
            self.owner.rolled_back = 0
        return self.owner.depth == 0

class Manager:
    def __init__(self):
        self.depth = 0
        self.committed = 0
        self.rolled_back = 0
        self.n = 0

    def commit(self):
        with Transaction(self):
            self.n = 1

    def fail(self):
        with Transaction(self):
            self.n = 2
            raise Problem

    def maybe(self, k: int):
        with Transaction(self):
            if k == 1:
                return "early"
            raise Special(k)

    def swallowed(self):
        with Swallow(self):
            raise Problem("x")
        return "after"

    def deeper(self):
        self.depth = 0 if self.depth else 1

    def suppressed(self, k: int):
        with suppress(Special, KeyError):
            if k == 1:
                raise Special
            return "inside"
        return "outside"

    def suppress_base(self):
        with suppress(Problem):
            raise Special
        return "outside"

    @contextmanager
    def _guard(self):
        self.depth += 1
        try:
            yield self.depth
        except Special:
            self.rolled_back += 1
        else:
            self.committed += 1
        finally:
            self.depth -= 1

    def guarded(self, k: int):
        with self._guard() as depth:
            if k == 1:
                raise Special
            return depth
        return "swallowed"

    def both(self):
        with Transaction(self), self._guard():
            raise Problem

    def loop(self):
        for i in range(3):
            with Transaction(self):
                if i == 0:
                    continue
                break
        return i

    def chained(self):
        try:
            try:
                raise KeyError("k")
            except KeyError as error:
                raise Problem("p") from error
        except Problem as p:
            return isinstance(p, Special), isinstance(p, Problem)

    def handler_order(self, k: int):
        try:
            if k == 1:
                raise Special
            raise Problem
        except Special:
            return "special"
        except Problem:
            return "problem"
        finally:
            self.n = 9

    def finally_overrides(self, k: int):
        for i in range(2):
            try:
                if k == 1:
                    return "first"
            finally:
                if k == 2:
                    break
        return "last"

    def raise_in_finally(self):
        try:
            return 1
        finally:
            if self.n == 9:
                raise Problem
            self.n = 9

    def raise_stored(self, k: int):
        failure = None
        try:
            if k == 1:
                raise Special
        except Special as error:
            failure = error
        if failure is not None:
            raise failure
        return "fine"
""",
    {"cls": "Manager"},
)

SNIPPETS["coroutines_one_at_a_time"] = (
    """
import asyncio
from contextlib import asynccontextmanager

class Problem(Exception):
    pass

class Session:
    def __init__(self, owner):
        self.owner = owner

    async def __aenter__(self):
        self.owner.open += 1
        await asyncio.sleep(0)
        return self

    async def __aexit__(self, kind, value, traceback):
        await asyncio.sleep(0)
        self.owner.open -= 1
        if kind is not None:
            self.owner.failed += 1
        return False

class Async:
    def __init__(self):
        self.lock = asyncio.Lock()
        self.sem = asyncio.Semaphore(1)
        self.queue = asyncio.Queue()
        self.open = 0
        self.failed = 0
        self.n = 0
        self.cache = {}

    async def bump(self, k: int):
        async with self.lock:
            self.n += k
            await asyncio.sleep(0)
            return self.n

    async def _get(self, key):
        await asyncio.sleep(0)
        return self.cache.get(key)

    async def fetch(self, key):
        found = await self._get(key)
        if found is None:
            self.cache[key] = found = self.n
        return found

    async def both(self, key):
        return await self._get(key), await self.fetch(key)

    async def session(self):
        async with Session(self) as s:
            self.n = 5
            return self.open

    async def failing(self):
        async with Session(self):
            raise Problem

    @asynccontextmanager
    async def _scope(self):
        self.open += 1
        try:
            yield self.open
        finally:
            self.open -= 1

    async def scoped(self, k: int):
        async with self._scope() as level:
            if k == 1:
                return level
            raise Problem

    async def offer(self, item):
        self.queue.put_nowait(item)
        return self.queue.qsize()

    async def take(self):
        if self.queue.empty():
            return None
        return await self.queue.get()

    async def take_now(self):
        try:
            return self.queue.get_nowait()
        except asyncio.QueueEmpty:
            return "empty"

    async def limited(self):
        async with self.sem:
            return self.sem.locked()

    async def handled(self, k: int):
        try:
            await asyncio.sleep(0)
            if k == 1:
                raise Problem
        except Problem:
            self.failed += 1
        finally:
            self.n = 0

    async def future(self):
        f = asyncio.get_running_loop().create_future()
        f.set_result(3)
        return await f

    async def future_failed(self):
        f = asyncio.get_running_loop().create_future()
        f.set_exception(Problem())
        try:
            await f
        except Problem:
            return "failed"

    def plain(self):
        return self.lock.locked()
""",
    {"cls": "Async"},
)


@pytest.mark.parametrize("name", SNIPPETS)
def test_serial_outcomes_are_those_of_python(name: str, tmp_path: Path) -> None:
    source, options = SNIPPETS[name]
    compare(tmp_path, source, **options)


def test_an_exit_that_ends_an_exception_runs_once(tmp_path: Path) -> None:
    source = """
class Undo:
    def __init__(self, box):
        self.box = box

    def __enter__(self):
        self.box.depth += 1
        return self

    def __exit__(self, kind, error, trace):
        self.box.depth -= 1
        if kind is None:
            self.box.done += 1
        return kind is KeyError

class Box:
    def __init__(self):
        self.d = {}
        self.depth = 0
        self.done = 0

    def put(self, k, v):
        self.d[k] = v

    def take(self, k):
        with Undo(self):
            if k in self.d and self.d[k] == "v9":
                raise ValueError(k)
            return self.d.pop(k)
        return "nothing"

    def drop(self, k):
        with Undo(self):
            del self.d[k]
        return "dropped"
"""
    compare(tmp_path, source, cls="Box")
