"""What the compiler makes of calls, classes, objects and modules, held against Python itself.

Every snippet is compiled and run in TLC, one call at a time, and as ordinary Python; starts, calls, results and ends
must be the same. One class has many operations, since a run of TLC costs the same for one as for thirty.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from differential import compare

from specgen.types import Bounds

SNIPPETS: dict[str, tuple[str, dict[str, Any]]] = {}

SNIPPETS["calls_inheritance_and_context_managers"] = (
    """
from contextlib import contextmanager
from dataclasses import dataclass, field

LIMIT = 3
table = {}

def helper(a, b=2, *, c=3):
    if a > b:
        return a - b
    return a + b + c

def fact(n):
    if n <= 1:
        return 1
    return n * 2

class Base:
    kind = "base"
    STEP = 2

    def __init__(self):
        self.n = 0
        self.closed = False

    def bump(self, k: int):
        self.n = min(self.n + k, LIMIT)
        self._hook()
        return self.n

    def _hook(self):
        pass

    def name(self):
        return self.kind

class Guard:
    def __init__(self, owner):
        self.owner = owner

    def __enter__(self):
        self.owner.n += 1
        return self

    def __exit__(self, *exc):
        self.owner.n -= 1

class Calls(Base):
    kind = "calls"

    def __init__(self):
        super().__init__()
        self.extra = []

    def _hook(self):
        super()._hook()
        self.extra = [self.n]

    def bump(self, k: int):
        got = super().bump(k)
        return got + self.STEP

    @property
    def double(self):
        if self.n == 0:
            return None
        return self.n * 2

    def use_property(self):
        return self.double

    def defaults(self, k: int):
        return helper(k), helper(k, 1), helper(k, c=k), helper(b=k, a=2)

    def lambdas(self, k: int):
        f = lambda x: x + self.n
        return f(k)

    def nested(self, k: int):
        def inner(x):
            nonlocal k
            k = k + x
            return k
        inner(1)
        return inner(2)

    def closing(self):
        with self._closing():
            self.n = 5
            return "in"

    @contextmanager
    def _closing(self):
        self.closed = True
        try:
            yield self
        finally:
            self.closed = False
            self.n = 1

    def failing(self):
        with self._closing() as me:
            raise KeyError("x")

    def swallow(self):
        try:
            with self._closing():
                raise KeyError("x")
        except KeyError:
            return "swallowed"

    def multi(self, k: int):
        return self._find(k), self._find(k + 1)

    def _find(self, k):
        for i in range(3):
            if i == k:
                return i
        return None

    def early(self, k: int):
        if self._check(k) and not self._check(k + 1):
            return "edge"
        return "other"

    def _check(self, k):
        return k < 2

    @staticmethod
    def _twice(x):
        return x * 2

    @classmethod
    def _step(cls):
        return cls.STEP

    def statics(self, k: int):
        return self._twice(k), self._step(), Calls._twice(k)

    def chained(self, k: int):
        a = b = k
        a += 1
        return a, b

    def argmod(self, k: int):
        k += 1
        k *= 2
        return k

    def args(self, k: int):
        return self._var(k, 1, 2), self._var(*(k, 4))

    def _var(self, first, *rest):
        return first + len(rest)

    def mutate_arg(self):
        self._append(self.extra)
        return len(self.extra)

    def _append(self, target):
        target.append(7)

    def ret_list(self):
        self._get().append(8)
        return len(self.extra)

    def _get(self):
        return self.extra

    def local_list(self, k: int):
        out = []
        for i in range(k + 1):
            out.append(i)
        out[0] = 9
        return out

    def local_dict(self, k: int):
        seen = {}
        for i in range(3):
            seen[i % 2] = seen.get(i % 2, 0) + k
        return seen[0], seen[1], len(seen)

    def local_set(self, k: int):
        s = set()
        s.add(k)
        s.add(1)
        return len(s)
""",
    {"cls": "Calls", "approximate": ("another thread may replace",)},
)

SNIPPETS["objects_made_while_running"] = (
    """
from dataclasses import dataclass, field
from typing import NamedTuple
import enum

class State(enum.Enum):
    OPEN = 1
    CLOSED = 2

@dataclass
class Job:
    key: str
    tries: int = 0
    done: bool = False

class Point(NamedTuple):
    x: int
    y: int

class Node:
    def __init__(self, value, parent=None):
        self.value = value
        self.parent = parent
        self.kids = []

class Objects:
    def __init__(self):
        self.jobs = {}
        self.current = None
        self.state = State.OPEN
        self.root = None
        self.stack = []

    def add(self, key):
        self.jobs[key] = Job(key)

    def run(self, key):
        job = self.jobs.get(key)
        if job is None:
            return None
        job.tries += 1
        if job.tries > 1:
            job.done = True
        return job.tries

    def finish(self, key):
        job = self.jobs[key]
        job.done = not job.done
        self.current = job

    def drop(self, key):
        job = self.jobs.pop(key, None)
        return job is not None

    def same(self, key):
        return self.current is self.jobs.get(key)

    def touch(self):
        if self.current is not None:
            self.current.tries += 1
            return self.current.tries

    def count(self):
        return sum(1 for j in self.jobs.values() if j.done)

    def close(self):
        if self.state is State.OPEN:
            self.state = State.CLOSED
            return True
        return self.state == State.CLOSED

    def push(self, key):
        node = Node(key, self.root)
        self.root = node
        self.stack.append(node)

    def pop(self):
        node = self.root
        if node is None:
            raise LookupError
        self.root = node.parent
        return node.value

    def kid(self, key):
        self.root.kids.append(key)
        return len(self.root.kids)

    def tries(self):
        return sum(j.tries for j in self.jobs.values())

    def all_done(self):
        return all(j.done for j in self.jobs.values())

    def loop(self):
        for job in self.jobs.values():
            job.done = True
""",
    {"approximate": ("the order of a dict -> any order",), "bounds": Bounds(1, 2, 0)},
)

SNIPPETS["module_globals"] = (
    """
total = 0
items = []
cache = {}

def add(k: int):
    global total
    total += k
    items.append(k)
    return total

def reset():
    global total
    total = 0
    items.clear()

def put(key):
    if key in cache:
        return False
    cache[key] = len(cache)
    return True

def shadow(k: int):
    total = k
    return total

def read():
    return total, len(items)
""",
    {},
)

SNIPPETS["special_methods_and_setters"] = (
    """
class Stack:
    limit = 2

    def __init__(self):
        self.items = []
        self._level = 0

    def __len__(self):
        return len(self.items)

    def __contains__(self, item):
        return item in self.items

    def __getitem__(self, i):
        return self.items[i]

    def push(self, item):
        if len(self) >= self.limit:
            raise OverflowError
        self.items.append(item)

    @property
    def level(self):
        return self._level

    @level.setter
    def level(self, value):
        self._level = value * 2

class Tag:
    def __init__(self, name):
        self.name = name

    def __eq__(self, other):
        return isinstance(other, Tag) and self.name == other.name

    def __bool__(self):
        return self.name is not None

class Holder:
    count = 0

    def __init__(self):
        self.stack = Stack()
        self.tag = None
        self._mode = 1

    @property
    def mode(self):
        return self._mode

    @mode.setter
    def mode(self, value):
        self._mode = value + 1

    def push(self, item):
        self.stack.push(item)
        return len(self.stack)

    def any(self):
        if self.stack:
            return "some"
        return "none"

    def nothing(self):
        return not self.stack, bool(self.stack)

    def has(self, item):
        return item in self.stack

    def first(self):
        return self.stack[0]

    def set_mode(self, k: int):
        self.mode = k
        return self.mode

    def aug_mode(self):
        self.mode += 1
        return self._mode

    def set_level(self, k: int):
        self.stack.level = k
        return self.stack.level

    def set_tag(self, name):
        self.tag = Tag(name)

    def same_tag(self, name):
        return self.tag == Tag(name), self.tag is None

    def differs(self, name):
        return self.tag != Tag(name)

    def tagged(self):
        if self.tag:
            return self.tag.name
        return None

    def bump(self):
        self.count += 1
        return self.count

    def swap(self):
        old, self.stack.items = self.stack.items, []
        return len(old)

    def recurse(self, k: int):
        return self._down(k)

    def _down(self, n):
        if n == 0:
            return 0
        return 1
""",
    {"cls": "Holder", "approximate": ("another thread may replace",)},
)


@pytest.mark.parametrize("name", SNIPPETS)
def test_serial_outcomes_are_those_of_python(name: str, tmp_path: Path) -> None:
    source, options = SNIPPETS[name]
    compare(tmp_path, source, **options)
