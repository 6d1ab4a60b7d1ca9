"""What is evaluated and when, which objects are made and equal; what is not followed is listed with its line."""

from __future__ import annotations

from pathlib import Path

import pytest
from differential import compare
from snippets import compile_one

from specgen.types import Bounds

EXACT = {
    "in_order_and_no_further": """
import threading

ERRORS = (KeyError, ValueError)

class Found(Exception):
    pass

class Steps:
    def __init__(self):
        self.lock = threading.Lock()
        self.n = 0

    def bump(self):
        self.n += 1
        return self.n

    def chained(self, k: int):
        return 1 < self.n < self.bump(), 1 < k < 4 // (k - 1)

    def all_of_three(self):
        return self.lock and self.n and 5

    def one_of_two(self):
        return self and self.n or 7

    def remainders(self, k: int):
        return 5 - k % 2, (5 - k) % 3, -k % 3

    def raised_with(self):
        raise LookupError(self.bump())

    def caught_by_name(self):
        try:
            raise ValueError(self.n)
        except ERRORS:
            return "caught"

    def caught_by_its_old_name(self):
        try:
            raise OSError("gone")
        except IOError:
            return "caught"

    def kept(self, k: int):
        error = Found("x") if k > 1 else None
        return isinstance(error, Found), isinstance(error, ValueError), error is None

    def with_defaults(self, k: int):
        add = lambda a, b=k: a + b
        return add(1), add(1, 5), add(1, b=7)

    def of_tuples(self):
        return len(set((1, 1, 2))), list(reversed((1, 2))), int("12") + 1, "A".lower() == "a"

    def no_number(self):
        return 1 < "a"

    def each(self):
        return [self.bump() for _ in range(2)]

    def counted(self):
        total = 0

        def add(k):
            nonlocal total
            total += k
            return total

        return total, add(1), add(2), [add(i) for i in range(2)], total + add(1)

    def unlike(self):
        return [1] == ["a"], {"a": 1} == {"a": "b"}, [1, 2].count("a"), [True, False].count(1)
""",
    "objects_in_a_constructor": """
class Shard:
    def __init__(self, number, size=1):
        self.number = number
        self.size = size

class Shards:
    def __init__(self):
        self.written = [Shard(1), Shard(2)]
        self.counted = [Shard(i) for i in range(2)]
        self.looped = []
        for i in range(2):
            self.looped.append(Shard(i))
        self.named = {"a": Shard(7)}

    def grow(self, k: int):
        self.written[0].size += k
        self.counted[-1].size += k
        self.named["a"].size += k

    def sizes(self):
        return [s.size for s in self.written], [s.number for s in self.counted], [s.size for s in self.looped]

    def apart(self):
        return self.written[0] is self.written[1], self.written[0] is self.written[0], self.named["a"].size

    def take(self):
        return self.looped.pop(0).number
""",
    "objects_with_equality": """
from dataclasses import dataclass

@dataclass
class Point:
    x: int
    y: int = 0

@dataclass(frozen=True)
class Fixed:
    x: int

class Points:
    def __init__(self):
        self.moved = Point(1)
        self.fixed = Fixed(1)
        self.made = None

    def make(self, k: int):
        self.made = Point(k) if k > 1 else None
        return self.made is None

    def made_or_not(self):
        return getattr(self.made, "x", -1)

    def equal(self, k: int):
        return Point(k) == Point(1), Point(k) is Point(k), Point(1) != Point(1, 2), Fixed(k) == self.fixed

    def among(self):
        return Fixed(1) in [self.fixed], Fixed(2) in [self.fixed]

    def assign(self):
        self.fixed.x = 2

    def move(self):
        self.moved.x += 1
        return self.moved.x
""",
    "containers_by_two_names": """
class Names:
    def __init__(self):
        self.rows = [[1], [2]]

    def add(self):
        self.rows.append([9])

    def local(self):
        a = []
        b = a
        b.append(1)
        a.append(2)
        return a, b

    def handed_on(self):
        return self._filled([5])

    def _filled(self, items):
        items.append(1)
        return items

    def grow(self):
        row = self.rows[0]
        row.append(3)
        return self.rows[0] is self.rows[0], len(self.rows[0])
""",
}


@pytest.mark.parametrize("name", EXACT)
def test_the_same_outcomes_as_python(tmp_path: Path, name: str) -> None:
    compare(tmp_path, EXACT[name], bounds=Bounds(1, 1, 1))


LISTED = """
import copy
import math

class Item:
    def __init__(self, k):
        self.k = k

    def __eq__(self, other):
        return self.k == other.k

class Listed:
    def __init__(self):
        self.rows = [[1], [2]]
        self.items = [Item(1)]
        self.name = ""
        self.n = 0

    def removed(self):
        del self.n                                    # del of attribute n

    def identical(self, k: int):
        return self.rows is [k]                       # `is` between containers

    def two_names(self):
        a = [1]
        for b in ([2], [3]):
            b = a                                     # second name for a container
            b.append(2)
        return a

    def put_away(self):
        row = [1]
        self.rows.append(row)                         # row, which another container holds too
        row.append(2)

    def copied(self):
        rows = list(self.rows)
        rows[0].append(5)                             # change of an item of rows, a copy
        return self.rows

    def repeated(self):
        rows = [[0]] * 2                              # one container repeated in a list
        return rows

    def joined(self, k: int):
        return f"a{k}" == "a1"                        # comparison with a text that is put together

    def parsed(self):
        return int(self.name)                         # number written as a text

    def lowered(self, name: str):
        self.name = name.lower()                      # lower() of a text

    def twice(self):
        twice = (x for x in self.rows)                # an iterator that is kept
        return list(twice), list(twice)

    def defaulted(self):
        return self.more()

    def more(self, seen=[]):
        seen.append(1)
        return len(seen)

    def among(self):
        return Item(1) in self.items                  # objects that say themselves what they equal

    def duplicate(self):
        other = copy.copy(self.items[0])              # copy of an object
        other.k = 2
        return self.items[0].k

    def of_kind(self, k: int):
        return isinstance(k, float)                   # isinstance of float

    def endless(self):
        return self.n < float("inf")                  # number inf

    def without_end(self):
        return self.n < math.inf                      # number math.inf

    def last_text(self):
        return max("a", "b")                          # min or max of values without a known order

    def made_up(self):
        return unheard_of                             # name unheard_of
"""


def test_what_is_not_followed_is_listed_with_its_line(tmp_path: Path) -> None:
    made = compile_one(tmp_path, LISTED, ["Listed"])
    listed = {(a.span.line, a.construct) for a in made.spec.abstractions}
    expected = {
        (number, line.partition("#")[2].strip())
        for number, line in enumerate(LISTED.splitlines(), 1)
        if "#" in line and "def " not in line
    }
    missing = [e for e in sorted(expected) if not any(e[0] == line and e[1] in text for line, text in listed)]
    assert missing == [], sorted(listed)
    assert any("the default of seen" in text for _, text in listed), sorted(listed)


def test_a_change_beside_a_replacement_is_listed_where_no_lock_is_held(tmp_path: Path) -> None:
    source = """
import threading

class Batches:
    def __init__(self):
        self.lock = threading.Lock()
        self.items = []
        self.kept = []

    def add(self, item):
        self.items.append(item)

    def keep(self, item):
        with self.lock:
            self.kept.append(item)

    def drain(self):
        self.items = []
        with self.lock:
            self.kept = []
"""
    listed = [(a.span.line, a.construct) for a in compile_one(tmp_path, source).spec.abstractions]
    assert listed == [(11, "change of a container that another thread may replace")]
