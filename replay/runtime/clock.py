"""Time that only passes when a run says so."""

from __future__ import annotations

import time
from collections.abc import Callable
from types import ModuleType
from typing import Any


class Clock:
    """Counts ticks from 0; ``choose`` decides at a reading how many of the ``left`` ticks pass just before it."""

    def __init__(self) -> None:
        self.now = 0
        self.left = 0
        self.choose: Callable[[int], int] | None = None

    def start(self, ticks: int, choose: Callable[[int], int] | None) -> None:
        """Begin a run in which at most ``ticks`` pass; without ``choose`` they pass when ``tick`` is called."""
        self.now, self.left, self.choose = 0, ticks, choose

    def tick(self) -> None:
        """One more."""
        if self.left:
            self.left -= 1
            self.now += 1

    def read(self) -> int:
        """The time now."""
        if self.left and self.choose is not None:
            passed = self.choose(self.left + 1)
            self.left -= passed
            self.now += passed
        return self.now


class TimeModule(ModuleType):
    """``time`` as the target sees it: clocks are ours, ``sleep`` only lets others run."""

    def __init__(self, clock: Clock) -> None:
        super().__init__("time")
        self.monotonic = self.time = self.perf_counter = clock.read

    @staticmethod
    def sleep(seconds: float) -> None:
        """Takes no time."""

    def __getattr__(self, name: str) -> Any:
        return getattr(time, name)
