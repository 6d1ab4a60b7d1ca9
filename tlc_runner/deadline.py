"""The moment at which a run is killed."""

from __future__ import annotations

import threading
from collections.abc import Callable


class Deadline:
    """Calls ``kill`` on a thread of its own after ``seconds``; ``passed`` says whether it has."""

    def __init__(self, seconds: float, kill: Callable[[], None]) -> None:
        self._kill = kill
        self._late = threading.Event()
        self._timer = self._set(seconds)
        self._near = False

    @property
    def passed(self) -> bool:
        """Whether the time came."""
        return self._late.is_set()

    def bring_near(self, seconds: float) -> None:
        """Makes the time left at most ``seconds``; only the first call counts."""
        if not self._near:
            self._near = True
            self._timer.cancel()
            self._timer = self._set(seconds)

    def cancel(self) -> None:
        """Lets the run go."""
        self._timer.cancel()

    def _set(self, seconds: float) -> threading.Timer:
        timer = threading.Timer(seconds, self._expire)
        timer.daemon = True
        timer.start()
        return timer

    def _expire(self) -> None:
        self._late.set()
        self._kill()
