"""Small classes that the pipeline's tests check."""

from __future__ import annotations

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
