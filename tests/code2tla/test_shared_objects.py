"""Objects made while the code runs are compared by what is in them and by who shares them, never by who made them."""

from __future__ import annotations

from pathlib import Path

from pipeline_targets import Make

from code2tla.pipeline import run
from code2tla.settings import load

SHELVES = """
import threading
from dataclasses import dataclass


@dataclass
class Shelf:
    present: int = 0


class Store:
    def __init__(self):
        self._shelves = {}
        self._lock = threading.Lock()

    def _shelf(self, article):
        with self._lock:
            if article not in self._shelves:
                self._shelves[article] = Shelf()
            return self._shelves[article]

    def deliver(self, article):
        shelf = self._shelf(article)
        with self._lock:
            shelf.present += 1

    def present(self, article):
        shelf = self._shelf(article)
        with self._lock:
            return shelf.present
"""

LOCKS = """
import threading


class Locks:
    def __init__(self):
        self._locks = {}

    def lock_for(self, key):
        if key not in self._locks:
            self._locks[key] = threading.Lock()
        return self._locks[key]
"""


def test_who_made_a_shared_record_is_no_finding(make: Make, home: Path) -> None:
    repo = make({"shelves.py": SHELVES})
    settings = load(repo, {"out": home / "out", "callers": 2, "before": 1})
    assert run(repo, "shelves.py", settings).result.verdict == "verified"


def test_two_locks_for_one_key_are_a_finding(make: Make, home: Path) -> None:
    repo = make({"locks.py": LOCKS})
    settings = load(repo, {"out": home / "out", "callers": 2, "before": 1})
    result = run(repo, "locks.py", settings).result
    assert [v.property for v in result.violations] == ["Serializable_lock_for_lock_for"]
    assert "the object that c1 and c2 got" in result.violations[0].summary
