"""The specification and the index must see the same writes; where they do not, it is said with its line."""

from dataclasses import replace
from pathlib import Path

import pytest

import extractor
from extractor.types import Facts
from specgen.agree import differences
from specgen.static import StaticAuthor
from specgen.types import Spec

SOURCE = """
import threading


class Pool:
    def __init__(self, limit: int = 2):
        self._free = limit
        self._taken = []
        self._lock = threading.Lock()

    def take(self, who: str):
        with self._lock:
            if self._free:
                self._free -= 1
                self._taken.append(who)

    def give(self, who: str):
        with self._lock:
            self._taken.remove(who)
            self._free += 1
"""


@pytest.fixture
def read(tmp_path: Path) -> tuple[Facts, Spec]:
    (tmp_path / "pool.py").write_text(SOURCE)
    facts = extractor.index(tmp_path, "pool.py", tmp_path / "index.sqlite")
    author = StaticAuthor(facts)
    return facts, author.write(author.plan().targets[0])


def test_two_readings_of_one_class_agree(read: tuple[Facts, Spec]) -> None:
    assert differences(*read) == ()


def test_an_action_that_forgets_a_write_is_named_with_its_line(read: tuple[Facts, Spec]) -> None:
    facts, spec = read
    forgetful = replace(spec, actions=tuple(replace(a, writes=("taken",)) for a in spec.actions))
    found = differences(facts, forgetful)
    assert {d.span.line for d in found} == {14, 20}
    assert all("self._free" in d.text for d in found)


def test_an_action_that_writes_what_its_lines_do_not_is_named(read: tuple[Facts, Spec]) -> None:
    facts, spec = read
    facts = replace(facts, accesses=tuple(a for a in facts.accesses if a.span.line != 20 or a.mode == "read"))
    assert [d.text.split(";")[0] for d in differences(facts, spec)] == ["action give_18 writes free"]


SLOT = """
import threading


class Slot:
    def __init__(self):
        self._full = threading.Event()
        self._item = None

    def put(self, item):
        if self._full.is_set():
            raise ValueError
        self._item = item
        self._full.set()

    def take(self):
        self._full.wait()
        item = self._item
        self._full.clear()
        return item
"""


def slot(directory: Path) -> tuple[Facts, Spec]:
    (directory / "slot.py").write_text(SLOT)
    facts = extractor.index(directory, "slot.py", directory / "index.sqlite")
    author = StaticAuthor(facts)
    return facts, author.write(author.plan().targets[0])


def test_setting_and_clearing_an_event_is_a_write_that_the_facts_see(tmp_path: Path) -> None:
    facts, spec = slot(tmp_path)
    assert any("full" in a.writes for a in spec.actions)
    assert differences(facts, spec) == ()


def test_reads_are_compared_both_ways(tmp_path: Path) -> None:
    facts, spec = slot(tmp_path)
    blind = replace(spec, actions=tuple(replace(a, reads=()) for a in spec.actions))
    assert "the facts see a read of self._item; no action of this line reads item" in {
        d.text for d in differences(facts, blind)
    }
    unread = replace(facts, accesses=tuple(a for a in facts.accesses if a.mode != "read"))
    assert any("reads item; the facts see no read of self._item" in d.text for d in differences(unread, spec))
