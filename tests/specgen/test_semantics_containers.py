"""What the compiler makes of lists, dicts and sets, held against Python itself.

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
    {
        "approximate": (
            "another thread may replace",
            "mine, a name for a container that another call may replace",
        )
    },
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
    {
        "approximate": (
            "another thread may replace",
            "the order of a dict -> any order",
        )
    },
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
    {"approximate": ("another thread may replace",)},
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
    {
        "approximate": (
            "another thread may replace",
            "mine, a name for a container that another call may replace",
        ),
        "bounds": Bounds(1, 2, 0),
    },
)


@pytest.mark.parametrize("name", SNIPPETS)
def test_serial_outcomes_are_those_of_python(name: str, tmp_path: Path) -> None:
    source, options = SNIPPETS[name]
    compare(tmp_path, source, **options)
