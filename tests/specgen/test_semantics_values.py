"""What the compiler makes of plain values and built-in functions, held against Python itself.

Every snippet is compiled and run in TLC, one call at a time, and as ordinary Python; starts, calls, results and ends
must be the same. One class has many operations, since a run of TLC costs the same for one as for thirty.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from differential import compare

SNIPPETS: dict[str, tuple[str, dict[str, Any]]] = {}

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
    {"cls": "Odd", "approximate": ("another thread may replace",)},
)


@pytest.mark.parametrize("name", SNIPPETS)
def test_serial_outcomes_are_those_of_python(name: str, tmp_path: Path) -> None:
    source, options = SNIPPETS[name]
    compare(tmp_path, source, **options)
