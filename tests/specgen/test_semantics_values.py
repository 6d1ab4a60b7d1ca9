"""What the compiler makes of each form of Python's subset, held against Python itself.

Every snippet is compiled and run in TLC, one call at a time, and as ordinary Python; starts, calls, results and ends
must be the same. One class has many operations, since a run of TLC costs the same for one as for thirty.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from differential import Bounds, compare

SNIPPETS: dict[str, tuple[str, dict[str, Any]]] = {}

SNIPPETS["lists"] = (
    """
from collections import deque, defaultdict

class Lists:
    def __init__(self):
        self.items = []
        self.queue = deque()
        self.pair = (0, 1)

    def append(self, item):
        self.items.append(item)
        self.queue.appendleft(item)
        return len(self.items)

    def pop(self):
        return self.items.pop()

    def pop_first(self):
        return self.items.pop(0)

    def pop_second(self):
        return self.items.pop(1)

    def insert(self, item):
        self.items.insert(1, item)

    def insert_last(self, item):
        self.items.insert(-1, item)

    def remove(self, item):
        self.items.remove(item)

    def last(self):
        return self.items[-1]

    def second(self):
        return self.items[1]

    def has(self, item):
        return item in self.items, item not in self.queue

    def where(self, item):
        return self.items.index(item)

    def count(self, item):
        return self.items.count(item)
""",
    {},
)

SNIPPETS["slices_and_copies"] = (
    """
from collections import deque

class Lists:
    def __init__(self):
        self.items = []
        self.queue = deque()
        self.pair = (0, 1)
        self.nums = [3, 1, 2]

    def append(self, item):
        self.items.append(item)
        self.queue.append(item)

    def slices(self):
        return self.items[1:], self.items[:1], self.items[-1:], self.items[:-1], self.items[:]

    def cut(self):
        self.items = self.items[1:]
        return self.items

    def cut_in_place(self):
        self.items[:] = []

    def drop(self):
        del self.items[0]

    def replace(self, item):
        self.items[0] = item

    def both(self):
        return self.items + list(self.queue)

    def extend(self, item):
        self.items.extend([item, item])
        self.items += [item]

    def copy(self):
        mine = list(self.items)
        mine.append("x")
        return len(mine), len(self.items)

    def alias(self, item):
        mine = self.items
        mine.append(item)
        return len(self.items)

    def unpack(self):
        a, b = self.pair
        self.pair = b, a
        return a

    def unpack_list(self):
        first, second = self.items
        return second, first

    def unpack_star(self):
        first, *rest = self.nums
        return first, rest

    def sums(self):
        return sum(self.nums), min(self.nums), max(self.nums), len(self.nums)

    def order(self):
        return sorted(self.nums)

    def rev(self):
        return list(reversed(self.nums))

    def popleft(self):
        return self.queue.popleft()
""",
    {"approximate": ("mine, a name for a container that another call may replace",)},
)

SNIPPETS["dicts"] = (
    """
from collections import defaultdict, OrderedDict

class Dicts:
    def __init__(self):
        self.d = {}
        self.counts = defaultdict(int)
        self.groups = defaultdict(list)

    def put(self, key, value: int):
        self.d[key] = value

    def get(self, key):
        return self.d[key]

    def get_or(self, key):
        return self.d.get(key), self.d.get(key, 0)

    def pop(self, key):
        return self.d.pop(key)

    def pop_or(self, key):
        return self.d.pop(key, None)

    def setdefault(self, key):
        return self.d.setdefault(key, 7)

    def delete(self, key):
        del self.d[key]

    def has(self, key):
        return key in self.d and self.d[key] > 1

    def size(self):
        return len(self.d), bool(self.d)

    def count(self, key):
        self.counts[key] += 1
        return self.counts[key]

    def group(self, key, value: int):
        self.groups[key].append(value)
        return len(self.groups[key])

    def add(self, key):
        self.d[key] = self.d.get(key, 0) + 1

    def clear(self):
        self.d.clear()
""",
    {},
)

SNIPPETS["dicts_looped_over"] = (
    """
class Dicts:
    def __init__(self):
        self.d = {}
        self.nested = {}
        self.by_pair = {}

    def put(self, key, value: int):
        self.d[key] = value
        self.by_pair[key, value] = True

    def update(self, key):
        self.d.update({key: 9})

    def aug(self, key):
        self.d[key] += 1

    def keys(self):
        return set(self.d), set(self.d.keys())

    def values(self):
        return sorted(self.d.values())

    def total(self):
        return sum(self.d.values())

    def total2(self):
        return sum(v for v in self.d.values())

    def evict(self):
        for key in list(self.d):
            if self.d[key] == 1:
                del self.d[key]

    def evict2(self):
        gone = [k for k, v in self.d.items() if v == 1]
        for key in gone:
            self.d.pop(key)
        return len(gone)

    def filtered(self):
        self.d = {k: v for k, v in self.d.items() if v > 1}

    def any_big(self):
        return any(v > 1 for v in self.d.values()), all(v > 1 for v in self.d.values())

    def count_big(self):
        return sum(1 for v in self.d.values() if v > 1)

    def nest(self, key, value: int):
        self.nested.setdefault(key, []).append(value)
        return len(self.nested[key])

    def unnest(self, key):
        got = self.nested.get(key)
        if got:
            got.pop()
            if not got:
                del self.nested[key]
            return True
        return False

    def pairs(self, key, value: int):
        return (key, value) in self.by_pair
""",
    {"approximate": ("the order of a dict -> any order",)},
)

SNIPPETS["texts"] = (
    """
class Texts:
    def __init__(self):
        self.d = {}
        self.mode = "idle"
        self.path = "root"

    def put(self, key):
        self.d[f"user:{key}"] = 5
        return f"user:{key}" in self.d

    def other(self, key):
        self.d[f"group:{key}"] = 6

    def total(self):
        return sum(self.d.values())

    def plus(self, key):
        return "user:" + key in self.d

    def flip(self):
        self.mode = "busy" if self.mode == "idle" else "idle"
        return self.mode

    def check(self, mode):
        if mode == "busy":
            return 1
        elif mode == "idle":
            return 2
        raise ValueError(mode)

    def one(self, key):
        return self.d.get(f"user:{key}")
""",
    {"joined": True},
)

SNIPPETS["sets"] = (
    """
class Sets:
    def __init__(self):
        self.s = set()
        self.t = {1, 2}

    def add(self, k: int):
        before = len(self.s)
        self.s.add(k)
        return len(self.s) > before

    def remove(self, k: int):
        self.s.remove(k)

    def discard(self, k: int):
        self.s.discard(k)

    def ops(self):
        return self.s | self.t, self.s & self.t, self.t - self.s

    def sub(self):
        return self.s <= self.t

    def proper(self):
        return self.s < self.t

    def inplace(self):
        self.s |= self.t

    def inplace2(self):
        self.t -= self.s

    def update(self, k: int):
        self.s.update([k, 5])

    def squares(self):
        return {x * x for x in self.t}

    def total(self):
        return sum(self.s)

    def total2(self):
        return sum(x % 2 for x in self.t)

    def biggest(self):
        return max(self.t)

    def lower(self):
        return sorted(self.s)

    def has(self, k: int):
        return k in self.s and k not in self.t

    def clear(self):
        self.s.clear()
        self.t = set()

    def count(self):
        n = 0
        for x in self.t:
            n += x
        return n
""",
    {},
)

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
    {},
)

SNIPPETS["numbers_and_truth"] = (
    """
class Ints:
    def __init__(self):
        self.n = 0
        self.flag = False
        self.last = None

    def add(self, k: int):
        self.n += k
        return self.n

    def sub(self, k: int):
        self.n -= 2 * k
        return -self.n

    def divide(self, k: int):
        return self.n // k, self.n % k

    def chain(self, k: int):
        return 0 < self.n <= k

    def logic(self, k: int):
        return self.n or k

    def logic2(self, k: int):
        return self.n and k and None

    def cond(self, k: int):
        self.last = k if self.n > 1 else None
        return not self.last

    def flip(self):
        self.flag = not self.flag
        return self.flag

    def mixed(self, k: int):
        self.last = "text" if self.flag else k
        return self.last == k
""",
    {},
)

SNIPPETS["values_of_several_kinds"] = (
    """
class Union:
    def __init__(self):
        self.x = None
        self.t = ()
        self.items = []
        self.by = {}

    def number(self, k: int):
        self.x = k

    def text(self):
        self.x = "text"

    def flag(self):
        self.x = True

    def none(self):
        self.x = None

    def pair(self, k: int):
        self.x = (k, "a")

    def listed(self, k: int):
        self.x = [k]

    def get(self):
        return self.x

    def is_none(self):
        return self.x is None, self.x is not None

    def truth(self):
        if self.x:
            return "yes"
        return "no"

    def equals(self, k: int):
        return self.x == k, self.x != "text", self.x == None, self.x == (1, "a")

    def is_int(self):
        return isinstance(self.x, int) and not isinstance(self.x, bool)

    def is_str(self):
        return isinstance(self.x, str), isinstance(self.x, (list, tuple))

    def or_default(self, k: int):
        return self.x or k

    def guarded(self):
        if isinstance(self.x, int):
            return self.x + 1
        return None

    def add(self):
        return self.x + 1

    def grow(self, k: int):
        self.t = self.t + (k,)
        return len(self.t)

    def store(self):
        self.items.append(self.x)
        return len(self.items)

    def has(self, k: int):
        return k in self.items, None in self.items, "text" in self.items

    def put(self, k: int):
        self.by[k] = self.x

    def got(self, k: int):
        return self.by.get(k, "missing")

    def swap(self):
        self.x, self.t = self.t, ()

    def none_plus(self):
        v = self.by.get(1)
        return v is None or v == 1
""",
    {},
)

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
    {"cls": "Calls"},
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

SNIPPETS["containers_with_several_names"] = (
    """
class Alias:
    def __init__(self):
        self.d = {}
        self.flat = []

    def idiom(self, key, v: int):
        lst = self.d.get(key)
        if lst is None:
            lst = []
            self.d[key] = lst
        lst.append(v)
        return len(lst)

    def idiom2(self, key, v: int):
        lst = self.d.get(key, [])
        lst.append(v)
        self.d[key] = lst

    def idiom3(self, key, v: int):
        if key not in self.d:
            self.d[key] = []
        self.d[key].append(v)

    def lost(self, key, v: int):
        self.d.get(key, []).append(v)

    def through(self, key):
        got = self.d.get(key)
        if got:
            got.pop()
            if not got:
                del self.d[key]
            return True
        return False

    def fresh(self, v: int):
        mine = []
        self.flat = mine
        mine.append(v)
        return len(self.flat)

    def rebind(self, v: int):
        mine = self.flat
        mine = mine + [v]
        mine.append(v)
        return len(self.flat), len(mine)

    def swap(self):
        old, self.flat = self.flat, []
        old.append(1)
        return len(old)

    def take(self, key):
        got = self.d.pop(key, [])
        got.append(9)
        return got

    def alias_after(self, key):
        got = self.d.setdefault(key, [])
        got.append(1)
        self.d[key].append(2)
        return len(got)

    def helper(self, key, v: int):
        self._ensure(key).append(v)
        return len(self.d[key])

    def _ensure(self, key):
        found = self.d.get(key)
        if found is None:
            found = self.d[key] = []
        return found

    def or_new(self, key, v: int):
        lst = self.d.get(key) or []
        lst.append(v)
        return len(lst)
""",
    {"approximate": ("mine, a name for a container that another call may replace",), "bounds": Bounds(1, 2, 0)},
)

SNIPPETS["built_in_functions_and_bounded_deques"] = (
    """
from collections import deque, OrderedDict, Counter, defaultdict
import threading

class Odd:
    TABLE = {"a": 1, "b": 2}
    NAMES = ("x", "y")

    def __init__(self):
        self.recent = deque(maxlen=2)
        self.n = 0
        self.order = OrderedDict()
        self.counts = Counter()
        self.table = dict(a=1, b=2)
        self.grid = [[0, 0], [0, 0]]
        self.slots = [None] * 2
        self.sets = defaultdict(set)

    def remember(self, k: int):
        self.recent.append(k)
        return len(self.recent)

    def recall(self):
        return list(self.recent), self.recent[-1]

    def sort(self):
        return sorted([3, 1, 2]), sorted([3, 1, 2], reverse=True), sorted({2, 1})

    def extremes(self, k: int):
        return min(k, 2), max(k, 0, 1), min([4, 2]), max((), default=7), min([], default=None)

    def enum(self):
        return [(i, x) for i, x in enumerate([5, 6], 1)]

    def zipped(self):
        return [a + b for a, b in zip([1, 2], [3, 4])]

    def total(self):
        return sum([1, 2], 10), sum(self.table.values())

    def grid_set(self, k: int):
        self.grid[k - 1][0] = k
        self.grid[-1][1] += 1
        return self.grid[0][0]

    def slot(self, k: int):
        if self.slots[k - 1] is None:
            self.slots[k - 1] = k
            return True
        return False

    def first_free(self):
        for i, s in enumerate(self.slots):
            if s is None:
                return i
        return None

    def const(self, k: int):
        return self.TABLE["a"] + k, self.NAMES[0], len(self.TABLE)

    def lookup(self, key):
        return self.TABLE.get(key, 0)

    def sets_add(self, key, k: int):
        self.sets[key].add(k)
        return len(self.sets[key])

    def sets_drop(self, key, k: int):
        self.sets[key].discard(k)
        if not self.sets[key]:
            del self.sets[key]

    def cnt(self, key):
        self.counts[key] += 1
        return self.counts[key]

    def float_div(self, k: int):
        return (k * 4) // 2

    def inrange(self, k: int):
        return k in range(1, 2), k in (1, 3), k not in [2]

    def bool_arith(self, k: int):
        return (k == 1) + (k == 2), int(k > 1)

    def isin_none(self, key):
        return None in (key, None), key == None

    def chain(self, k: int):
        return 0 < k < 3 <= 5 != k

    def notnot(self, k: int):
        return not not self.n, not k

    def ternary_chain(self, k: int):
        return "a" if k == 1 else "b" if k == 2 else "c"

    def abs_neg(self, k: int):
        return abs(-k), -(-k), +k, abs(k - 2)

    def neg_div(self, k: int):
        return (-k) // 2, (-k) % 2, k // -2, k % -2

    def unpack_call(self, k: int):
        a, (b, c) = k, (k + 1, k + 2)
        return a, b, c

    def swap_slots(self):
        self.slots[0], self.slots[1] = self.slots[1], self.slots[0]

    def del_all(self):
        self.slots = [None] * 2
        self.recent.clear()

    def loop_modify(self):
        while self.recent:
            if self.recent.popleft() == 1:
                break
        return len(self.recent)

    def extendleft(self):
        self.recent.extendleft([1, 2])

    def rotate(self):
        self.recent.rotate(1)

    def any_all(self):
        return any(self.slots), all([1, 0]), any([]), all(s is None for s in self.slots)

    def nested_def(self, k: int):
        def pick(x, y=3):
            return x if x > y else y
        return pick(k), pick(k + 4), pick(k, y=0)

    def early_none(self, k: int):
        if k == 1:
            return
        return k

    def multi_ret(self, k: int):
        for x in (1, 2, 3):
            for y in (1, 2):
                if x * y == k * 2:
                    return x, y
        return None
""",
    {"cls": "Odd"},
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
    {"cls": "Holder"},
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
