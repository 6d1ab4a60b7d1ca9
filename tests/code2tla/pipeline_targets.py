"""Small classes that the pipeline's tests check, and how several tests begin where one run ended."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

Make = Callable[..., Path]

COUNTER = '''\
"""A counter."""


class Counter:
    def __init__(self):
        self.n = 0

    def add(self):
        seen = self.n
        self.n = seen + 1
        return self.n
'''

LOCKED = '''\
"""A counter under a lock."""

import threading


class Locked:
    def __init__(self):
        self.lock = threading.Lock()
        self.n = 0

    def add(self):
        with self.lock:
            self.n += 1
            return self.n
'''


def keep(directory: Path) -> None:
    """Keep ``directory`` as it is now, for ``restore``."""
    shutil.copytree(directory, _kept(directory))


def restore(directory: Path) -> Path:
    """Make ``directory`` what it was when it was kept, at its place, by which a run finds what it has kept."""
    shutil.rmtree(directory)
    shutil.copytree(_kept(directory), directory)
    return directory


def _kept(directory: Path) -> Path:
    return directory.with_name(f"{directory.name}-kept")
