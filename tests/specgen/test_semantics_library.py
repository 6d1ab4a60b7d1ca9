"""What classes and modules of the standard library bring: members of an Enum, heaps, ordered dicts, loggers."""

from __future__ import annotations

from pathlib import Path

from differential import compare
from snippets import compile_one, races

from specgen.types import Bounds


def test_members_of_an_enum_and_tables_of_a_class(tmp_path: Path) -> None:
    source = """
import enum
from dataclasses import dataclass
from typing import ClassVar

class Status(enum.Enum):
    NEW = "new"
    PAID = "paid"
    DONE = "done"

@dataclass
class Order:
    id: str
    _status: Status = Status.NEW
    allowed: ClassVar[dict[Status, set[Status]]] = {Status.NEW: {Status.PAID}, Status.PAID: {Status.DONE}}

    @property
    def status(self) -> Status:
        return self._status

    @status.setter
    def status(self, value: Status) -> None:
        if value not in self.allowed.get(self._status, set()):
            raise ValueError(f"{self.id}: {self._status} -> {value}")
        self._status = value

class Orders:
    def __init__(self):
        self.orders = {}

    def add(self, k):
        self.orders[k] = Order(k)

    def pay(self, k):
        self.orders[k].status = Status.PAID

    def text(self, k):
        return self.orders[k].status.value

    def name(self, k):
        return self.orders[k].status.name
"""
    compare(tmp_path, source, cls="Orders")


def test_a_heap_gives_its_items_in_order(tmp_path: Path) -> None:
    source = """
import heapq
from heapq import heappop

class Jobs:
    def __init__(self):
        self.heap = []
        self.numbers = []

    def add(self, at: int, job):
        if len(self.heap) > 1:  # of three items, the list itself is not in ascending order
            return
        heapq.heappush(self.heap, (at, job))
        heapq.heappush(self.numbers, at)

    def first(self):
        return self.heap[0][0], self.numbers[0]

    def take(self):
        return heappop(self.heap)[0], heappop(self.numbers)
"""
    compare(tmp_path, source, bounds=Bounds(1, 2, 1), more_allowed=True)


def test_an_ordered_dict_gives_entries_by_either_end(tmp_path: Path) -> None:
    source = """
from collections import OrderedDict

class Cache:
    def __init__(self):
        self.d = OrderedDict()

    def put(self, k, v):
        self.d[k] = v
        self.d.move_to_end(k, last=False)
        if len(self.d) > 1:
            return self.d.popitem(last=False)
"""
    compare(tmp_path, source, bounds=Bounds(1, 2, 1), approximate=("popitem",), more_allowed=True)


def test_state_that_has_the_name_of_a_log(tmp_path: Path) -> None:
    source = """
import logging

logger = logging.getLogger(__name__)
log = []

def note(line):
    logger.info("noting %s", line)
    log.append(line)

def last():
    return log[-1]
"""
    compare(tmp_path, source)


def test_arithmetic_with_an_attribute_of_an_unknown_value(tmp_path: Path) -> None:
    source = """
class Total:
    def __init__(self):
        self.n = 0

    def add(self, order):
        self.n += order.quantity
"""
    made = compile_one(tmp_path, source)
    assert {a.construct for a in made.spec.abstractions} == {
        "attribute quantity of a value",
        "arithmetic on a value of unknown type",
    }
    assert "n_seen + local[c].unknown" in made.spec.text


def test_an_argument_of_the_constructor_that_is_reckoned_with_is_a_number(tmp_path: Path) -> None:
    source = """
class Account:
    def __init__(self, balance):
        self.balance = balance

    def withdraw(self, amount):
        if amount > self.balance:
            raise LookupError(amount)
        self.balance -= amount
"""
    made = compile_one(tmp_path, source)
    assert made.spec.abstractions == ()
    assert races(made) == {"Serializable_withdraw_withdraw"}


def test_an_argument_that_a_list_is_extended_by_is_a_list(tmp_path: Path) -> None:
    source = """
class Sink:
    def __init__(self):
        self.rows = []

    def write(self, batch):
        self.rows.extend(batch)

    def last(self):
        return self.rows[-1]
"""
    compare(tmp_path, source)


def test_what_only_reads_a_container_leaves_nothing_out(tmp_path: Path) -> None:
    source = """
import bisect

class Names:
    def __init__(self):
        self.names = []
        self.glue = ", "

    def add(self, name):
        self.names.append(name)

    def shown(self):
        return self.glue.join(self.names)

    def place(self, name):
        return bisect.bisect_left(self.names, name)

    def put(self, name):
        bisect.insort(self.names, name)
"""
    made = compile_one(tmp_path, source)
    assert {a.span.line for a in made.spec.abstractions if a.leaves_out} == {19}
