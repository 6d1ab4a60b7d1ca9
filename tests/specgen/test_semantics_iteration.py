"""Loops over containers that change on the way, and names of containers that others take away."""

from __future__ import annotations

from pathlib import Path

import pytest
from differential import compare
from snippets import compile_all, compile_one, races

from specgen.types import Bounds

ORDER = "the order of a dict"

CHANGED_IN_THE_BODY = """
class Bag:
    def __init__(self):
        self.d = {}
        self.rows = []
        self.names = set()

    def put(self, k):
        self.d[k] = 1
        self.rows.append(k)
        self.names.add(k)

    def drop_all(self):
        for k in self.d:
            del self.d[k]

    def renew_all(self):
        for k in self.d:
            self.d[k] += 1

    def forget_all(self):
        for k in self.names:
            self._forget(k)

    def _forget(self, k):
        self.names.discard(k)

    def take_every_other(self):
        for k in self.rows:
            self.rows.remove(k)

    def double(self):
        for k in self.rows:
            if len(self.rows) > 3:
                break
            self.rows.append(k)
        else:
            return "ended"
"""


def test_a_container_that_the_body_of_the_loop_changes(tmp_path: Path) -> None:
    compare(tmp_path, CHANGED_IN_THE_BODY, approximate=(ORDER,))


def test_values_that_are_alike_are_as_many_as_there_are(tmp_path: Path) -> None:
    source = """
class Box:
    def __init__(self):
        self.d = {}

    def put(self, k, v: int):
        self.d[k] = v

    def total(self):
        t = 0
        for v in self.d.values():
            t += v
        return t
"""
    compare(tmp_path, source, approximate=(ORDER,))


REGISTRY = """
import threading

class Registry:
    def __init__(self):
        self.lock = threading.Lock()
        self.d = {{}}

    def put(self, k, v: int):
        with self.lock:
            self.d[k] = v

    def total(self):
        t = 0
        {loop}
        return t
"""


@pytest.mark.parametrize(
    ("loop", "found"),
    [
        ("for v in self.d.values():\n            t += v", {"Serializable_put_total"}),
        ("for k, v in self.d.items():\n            t += v", {"Serializable_put_total"}),
        ("for v in list(self.d.values()):\n            t += v", set()),
        ("with self.lock:\n            for v in self.d.values():\n                t += v", set()),
    ],
    ids=["values", "items", "a copy", "under the lock"],
)
def test_a_dict_that_others_change_while_a_loop_goes_over_it(tmp_path: Path, loop: str, found: set[str]) -> None:
    made = compile_one(tmp_path, REGISTRY.format(loop=loop))
    assert races(made) == found
    assert ("RuntimeError" in made.spec.text) == bool(found)


WINDOW = """
import threading

class Window:
    def __init__(self):
        self.lock = threading.Lock()
        self.hits = {{}}

    def open(self, k):
        with self.lock:
            self.hits[k] = []

    def hit(self, k, at: int):
        with self.lock:
            hits = self.hits[k]
        {inside}if len(hits) >= 2:
        {inside}    raise LookupError(k)
        {inside}hits.append(at)

    def close(self, k):
        with self.lock:
            return len(self.hits.pop(k))
"""


@pytest.mark.parametrize(
    ("inside", "found"),
    [("    ", set()), ("", {"Serializable_close_hit"})],
    ids=["under the lock", "after the lock"],
)
def test_a_list_that_is_taken_out_while_a_name_for_it_is_used(tmp_path: Path, inside: str, found: set[str]) -> None:
    made = compile_one(tmp_path, WINDOW.format(inside=inside))
    assert races(made) == found
    assert ("hits_shared" in made.spec.text) == bool(found)


def test_what_is_done_to_a_container_outside_is_left_out(tmp_path: Path) -> None:
    source = """
import bisect
import json

class Ranks:
    def __init__(self):
        self.rows = []

    def put(self, row):
        bisect.insort(self.rows, row)

    def dump(self):
        return json.dumps(self.rows)

    def clear(self):
        self.rows.clear()
"""
    made = compile_one(tmp_path, source)
    assert {(a.span.line, a.leaves_out) for a in made.spec.abstractions} == {(10, True), (13, False)}


def test_an_object_that_only_hands_on_what_it_made_keeps_state(tmp_path: Path) -> None:
    source = """
class Account:
    def __init__(self, balance):
        self.balance = balance

    def add(self, amount: int):
        self.balance += amount

class Bank:
    def __init__(self):
        self.checking = Account(2)
        self.savings = Account(2)

    @staticmethod
    def _move(source: Account, target: Account, amount: int) -> None:
        source.add(-amount)
        target.add(amount)

    def save(self, amount: int) -> None:
        self._move(self.checking, self.savings, amount)

    def total(self) -> int:
        return self.checking.balance + self.savings.balance
"""
    made = compile_all(tmp_path, source)["Bank"]
    assert made.spec.abstractions == ()
    assert races(made) == {"Serializable_save_save", "Serializable_save_total"}


def test_functions_that_a_list_keeps_are_left_out_and_objects_are_called(tmp_path: Path) -> None:
    source = """
class Undo:
    def __init__(self, owner):
        self.calls = 0

    def __call__(self):
        self.calls += 1
        return self.calls

class Stack:
    def __init__(self):
        self.n = 0
        self.steps = []

    def keep(self):
        self.steps.append(Undo(self))

    def run(self):
        return self.steps[-1]()

    def twice(self):
        undo = [lambda: self.add(), lambda: self.add()]
        undo.append(lambda: self.add())
        for step in reversed(undo):
            step()

    def add(self):
        self.n += 1
"""
    made = compile_one(tmp_path, source, ["Stack"])
    assert {(a.span.line, a.leaves_out) for a in made.spec.abstractions} == {(25, True)}
    assert "undo_calls' = Put(undo_calls" in made.spec.text


def test_code_and_objects_that_are_handed_outside_are_left_out(tmp_path: Path) -> None:
    source = """
import asyncio
import outside

class Work:
    def __init__(self):
        self.done = 0
        self.tasks = set()

    async def start(self, name):
        task = asyncio.create_task(self._one())
        task.add_done_callback(self.tasks.discard)

    async def _one(self):
        self.done += 1

    async def show(self):
        return outside.render(self.done)

    async def hand_over(self):
        outside.register(self)

    async def change(self, name):
        setattr(self, name, 1)
        self.__dict__.update(done=1)
"""
    made = compile_one(tmp_path, source)
    assert {a.span.line for a in made.spec.abstractions if a.leaves_out} == {11, 12, 21, 24, 25}
    assert {a.span.line for a in made.spec.abstractions} == {11, 12, 18, 21, 24, 25}


def test_a_list_in_a_dict_that_grows_while_a_loop_goes_over_it(tmp_path: Path) -> None:
    source = """
class Bus:
    def __init__(self):
        self.boxes = {}

    def subscribe(self, topic, name):
        self.boxes.setdefault(topic, []).append(name)

    def publish(self, topic):
        seen = []
        for name in self.boxes.get(topic, []):
            seen.append(name)
        return seen

    def drop(self, topic):
        for name in self.boxes.get(topic, []):
            self.boxes[topic].remove(name)
"""
    made = compare(tmp_path, source)
    assert "local[c].position" in made.spec.text
    assert races(made, Bounds(2, 2, 0)) == {"Serializable_drop_drop"}
