"""Corners of Python's semantics where a compiler is easily silently wrong, held against Python itself."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from differential import compare
from snippets import compile_one, races

SNIPPETS: dict[str, tuple[str, dict[str, Any]]] = {}

SNIPPETS["true_is_one"] = (
    """
class Members:
    def __init__(self):
        self.flags = []
        self.n = 0

    def add(self, flag: bool):
        self.flags.append(flag)

    def set_of_bools(self):
        return 1 in {True}, 0 in {True}, True in {1, 2}, 2 in {True}

    def lists(self, k: int):
        return True in [k], k in [True], False in (0, 5)

    def among(self, k: int):
        return k in self.flags
""",
    {},
)

SNIPPETS["nothing_to_choose_from"] = (
    """
class Empty:
    def __init__(self):
        self.n = 0
        self.none = None

    def largest(self):
        self.n = 1
        return max([])

    def smallest(self):
        try:
            return min(())
        except ValueError:
            self.n = 2
            return "nothing"

    def add_none(self):
        try:
            return None + 1
        except TypeError:
            return "none"

    def add_to_none(self):
        self.n = 1
        return self.none + 1
""",
    {},
)

SNIPPETS["sentinels"] = (
    """
missing = object()

class Box:
    __marker = object()

    def __init__(self):
        self.d = {}

    def put(self, key):
        self.d[key] = 1

    def pop(self, key, default=__marker):
        if key in self.d:
            return self.d.pop(key)
        if default is self.__marker:
            raise KeyError(key)
        return default

    def get(self, key, default=missing):
        if default is not missing:
            return default
        return self.d.get(key)

    def both(self, key):
        return self.pop(key)
""",
    {},
)

SNIPPETS["names_of_replaced_containers"] = (
    """
class Swap:
    def __init__(self):
        self.d = {}

    def put(self, key):
        self.d[key] = 1

    def swap(self):
        old = self.d
        self.d = {}
        return len(old)

    def put_in_old(self, key):
        old = self.d
        self.d = {}
        old[key] = 2
        return len(old), len(self.d)
""",
    {
        "approximate": (
            "another thread may replace",
            "old, a name for a container that another call may replace",
        )
    },
)

SNIPPETS["containers_drained_under_a_lock"] = (
    """
import threading

class Buffer:
    def __init__(self):
        self.lock = threading.Lock()
        self.items = []
        self.groups = {}

    def put(self, item):
        with self.lock:
            self.items.append(item)
            self.groups.setdefault(item, []).append(item)

    def drain(self):
        with self.lock:
            items = self.items
            self.items = []
            return items

    def drain_in_callee(self):
        with self.lock:
            items = self.items
            self._reset()
            items.append("end")
            return len(items), len(self.items)

    def _reset(self):
        self.items = []

    def begin_anew(self, item):
        with self.lock:
            group = self.groups.get(item, [])
            self.groups[item] = []
            group.append("old")
            return len(group), len(self.groups[item])
""",
    {},
)

SNIPPETS["orders_that_are_not_kept"] = (
    """
class Orders:
    def __init__(self):
        self.d = {}
        self.s = set()
        self.seen = []

    def put(self, key):
        self.d[key] = 1
        self.s.add(key)

    def keys(self):
        return list(self.d)

    def same(self):
        return list(self.d) == set(self.d), set(self.d) == self.s, [] == list(self.s)

    def loop(self):
        self.seen = []
        for k in self.d:
            self.seen.append(k)

    def kept(self):
        return [k for k in self.d.keys() if k in self.s]
""",
    {
        "approximate": (
            "another thread may replace",
            "the order of a dict -> any order",
        ),
        "more_allowed": True,
    },
)


def test_what_has_no_exact_rule_is_listed_with_its_line(tmp_path: Path) -> None:
    source = """
class Mixed:
    def __init__(self):
        self.pair = ([], 0)
        self.d = {}
        self.s = set()

    def grow(self, x):
        self.pair[0].append(x)

    def put(self, key: int, flag: bool):
        self.d[key] = 1
        return self.d.get(flag)

    def add(self, key: int, flag: bool):
        self.s.add(key)
        self.s.add(flag)
"""
    found = {(a.span.line, a.construct, a.instead) for a in compile_one(tmp_path, source).spec.abstractions}
    keys = ("True and 1, or False and 0, as keys or members of one collection", "they are two keys")
    assert (9, "change of a container that a tuple or another value holds", "the change is lost") in found
    assert {(13, *keys), (17, *keys)} <= found


def test_assigning_a_field_does_not_read_it(tmp_path: Path) -> None:
    source = """
class Job:
    def __init__(self):
        self.tries = 0

class Jobs:
    def __init__(self):
        self.jobs = {}

    def add(self, key):
        self.jobs[key] = Job()

    def reset(self, key):
        job = self.jobs.get(key)
        job.tries = 5
"""
    made = compile_one(tmp_path, source, only=["Jobs"])
    modes = {a.mode for n in made.program.nodes.values() if n.line == 15 for a in n.accesses if a.var == "job_tries"}
    assert modes == {"update"}


def test_a_constructor_adds_to_what_its_module_gave_a_global(tmp_path: Path) -> None:
    source = """
live = set()

class Lock:
    def __init__(self):
        self.n = 0
        live.add("one")

    def forget(self):
        live.discard("one")
        self.n = len(live)
"""
    text = compile_one(tmp_path, source, only=["Lock"]).spec.text
    assert '/\\ live = {} \\cup {"one"}' in text or '/\\ live = {"one"}' in text


def test_only_exceptions_that_can_come_are_among_the_results(tmp_path: Path) -> None:
    source = """
import threading

class Stock:
    def __init__(self):
        self.lock = threading.Lock()
        self.d = {}

    def take(self, key):
        with self.lock:
            if key not in self.d:
                raise LookupError(key)
            return self.d.pop(key)

    def put(self, key):
        with self.lock:
            self.d[key] = 1
"""
    text = compile_one(tmp_path, source).spec.text
    assert "LookupError" in text
    assert "KeyError" not in text
    plain = compile_one(tmp_path / "plain", source.replace("return self.d.pop(key)", "self.d.pop(key)")).spec.text
    assert '/\\ result \\in [Callers -> {None} \\cup {"LookupError"}]' in plain


@pytest.mark.parametrize("name", SNIPPETS)
def test_serial_outcomes_are_those_of_python(name: str, tmp_path: Path) -> None:
    source, options = SNIPPETS[name]
    compare(tmp_path, source, **options)


def test_a_constructor_that_takes_one_of_its_own_kind(tmp_path: Path) -> None:
    source = """
class Budget:
    def __init__(self, above: "Budget", size: int):
        self.above = above
        self.left = size

    def take(self):
        if self.left == 0:
            return self.above.take()
        self.left -= 1
        return True
"""
    made = compile_one(tmp_path, source)
    assert "what `above` does is not known: its calls return any value" in [a.text for a in made.spec.assumptions]
    assert races(made) == {"Serializable_take_take"}
