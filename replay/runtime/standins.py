"""Locks, conditions, events, semaphores and queues as the target sees them: waiting is the scheduler's to grant.

Everything is built on one primitive, ``wait(ready, timed)``: give up the turn until ``ready()``; False if it timed out.
"""

from __future__ import annotations

import contextlib
import queue
from collections.abc import Callable
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Protocol


class Waits(Protocol):
    """The scheduler's side: ``wait`` returns when ``ready()`` holds, or with False when the wait timed out."""

    def wait(self, ready: Callable[[], bool], timed: bool = False) -> bool:
        """Give up the turn until then."""
        ...

    def me(self) -> object:
        """Who is running."""
        ...

    def begin(self, body: Callable[[], None]) -> None:
        """Run the body in a thread of its own."""
        ...


class Alone:
    """The scheduler where nothing overlaps: whoever has to wait waits for ever."""

    def me(self) -> object:
        """The only one."""
        return "set-up"

    def wait(self, ready: Callable[[], bool], timed: bool = False) -> bool:
        """Raises GiveUp unless ``ready``, or a time limit ends the wait."""
        if ready():
            return True
        if timed:
            return False
        raise GiveUp

    def begin(self, body: Callable[[], None]) -> None:
        """Run the body at once, as far as it goes without waiting."""
        with contextlib.suppress(GiveUp):
            body()


class GiveUp(BaseException):
    """Ends a call that would wait for ever."""


#: Whose turn it is; set by the run in progress.
scheduler: Waits = Alone()


def who() -> str:
    """The name of the call that is running."""
    return str(scheduler.me())


class Lock:
    """threading.Lock, or RLock where ``reentrant``."""

    reentrant = False

    def __init__(self) -> None:
        self._owner: object = None
        self._count = 0

    def replay_view(self) -> object:
        """Whether it is held; by whom does not count."""
        return self._count

    @property
    def holder(self) -> str | None:
        """Who holds it, None while it is free."""
        return str(self._owner) if self._count else None

    def acquire(self, blocking: bool = True, timeout: float = -1) -> bool:
        """As threading.Lock.acquire."""
        me = scheduler.me()
        if self.reentrant and self._owner is me:
            self._count += 1
            return True
        if self._count and (not blocking or timeout == 0):
            return False
        if not scheduler.wait(lambda: not self._count, timed=timeout > 0):
            return False
        self._owner, self._count = me, 1
        return True

    def release(self) -> None:
        """As threading.Lock.release; an RLock is released by its owner alone."""
        if not self._count or (self.reentrant and self._owner is not scheduler.me()):
            raise RuntimeError("release unlocked lock")
        self._count -= 1
        if not self._count:
            self._owner = None

    def locked(self) -> bool:
        """Whether somebody holds it."""
        return bool(self._count)

    def __enter__(self) -> bool:
        return self.acquire()

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if self._count:  # a thread that is given up on unwinds through locks that it does not hold
            self.release()

    def drop(self) -> int:
        """Release it wholly, for waiting on a condition; returns how often it was held."""
        held, self._count, self._owner = self._count, 0, None
        return held

    def take_back(self, held: int) -> None:
        """Undo ``drop``."""
        scheduler.wait(lambda: not self._count)
        self._owner, self._count = scheduler.me(), held


class RLock(Lock):
    """threading.RLock."""

    reentrant = True


@dataclass(frozen=True, slots=True, eq=False)
class _Ticket:
    """One wait for a condition."""

    who: str


class Condition:
    """threading.Condition."""

    def __init__(self, lock: Lock | None = None) -> None:
        self._lock = lock if lock is not None else RLock()
        self._asleep: list[_Ticket] = []
        self.acquire = self._lock.acquire
        self.release = self._lock.release

    def replay_view(self) -> object:
        """Its lock and how many wait."""
        return [self._lock, len(self._asleep)]

    @property
    def waiting(self) -> list[str]:
        """Who waits, first come first."""
        return [ticket.who for ticket in self._asleep]

    def __enter__(self) -> bool:
        return self._lock.__enter__()

    def __exit__(self, *error: object) -> None:
        self._lock.__exit__(None, None, None)

    def wait(self, timeout: float | None = None) -> bool:
        """As threading.Condition.wait."""
        if not self._lock.locked():
            raise RuntimeError("cannot wait on un-acquired lock")
        ticket = _Ticket(str(scheduler.me()))
        self._asleep.append(ticket)
        held = self._lock.drop()
        woken = scheduler.wait(lambda: ticket not in self._asleep, timed=timeout is not None)
        if not woken:
            self._asleep.remove(ticket)
        self._lock.take_back(held)
        return woken

    def wait_for(self, predicate: Callable[[], Any], timeout: float | None = None) -> Any:
        """As threading.Condition.wait_for."""
        while not (found := predicate()):
            if not self.wait(timeout):
                return predicate()
        return found

    def notify(self, n: int = 1) -> None:
        """As threading.Condition.notify: who has waited longest wakes first."""
        if not self._lock.locked():
            raise RuntimeError("cannot notify on un-acquired lock")
        del self._asleep[:n]

    def notify_all(self) -> None:
        """As threading.Condition.notify_all."""
        self.notify(len(self._asleep))


class Event:
    """threading.Event."""

    def __init__(self) -> None:
        self._flag = False

    def replay_view(self) -> object:
        """Whether it is set."""
        return self._flag

    def is_set(self) -> bool:
        """As threading.Event.is_set."""
        return self._flag

    def set(self) -> None:
        """As threading.Event.set. Who waits is woken for good, even if it is cleared before they run."""
        self._flag = True
        self._woken = object()

    def clear(self) -> None:
        """As threading.Event.clear."""
        self._flag = False

    def wait(self, timeout: float | None = None) -> bool:
        """As threading.Event.wait."""
        if self._flag:
            return True
        seen = getattr(self, "_woken", None)
        ready: Callable[[], bool] = lambda: self._flag or getattr(self, "_woken", None) is not seen  # noqa: E731
        return scheduler.wait(ready, timed=timeout is not None)


class Semaphore:
    """threading.Semaphore."""

    most: int | None = None

    def __init__(self, value: int = 1) -> None:
        if value < 0:
            raise ValueError("semaphore initial value must be >= 0")
        self._value = value

    def replay_view(self) -> object:
        """The permits left."""
        return self._value

    def acquire(self, blocking: bool = True, timeout: float | None = None) -> bool:
        """As threading.Semaphore.acquire."""
        if not self._value and not blocking:
            return False
        if not scheduler.wait(lambda: self._value > 0, timed=timeout is not None):
            return False
        self._value -= 1
        return True

    def release(self, n: int = 1) -> None:
        """As threading.Semaphore.release."""
        if self.most is not None and self._value + n > self.most:
            raise ValueError("Semaphore released too many times")
        self._value += n

    def __enter__(self) -> bool:
        return self.acquire()

    def __exit__(self, *error: object) -> None:
        self.release()


class BoundedSemaphore(Semaphore):
    """threading.BoundedSemaphore."""

    def __init__(self, value: int = 1) -> None:
        super().__init__(value)
        self.most = value


class Queue(queue.Queue):  # type: ignore[type-arg]
    """queue.Queue on our own lock and conditions."""

    def __init__(self, maxsize: int = 0) -> None:
        super().__init__(maxsize)
        self.mutex = Lock()  # type: ignore[assignment]
        self.not_empty = Condition(self.mutex)  # type: ignore[assignment,arg-type]
        self.not_full = Condition(self.mutex)  # type: ignore[assignment,arg-type]
        self.all_tasks_done = Condition(self.mutex)  # type: ignore[assignment,arg-type]

    def replay_view(self) -> object:
        """What is in it."""
        return list(self.queue)


class LifoQueue(Queue, queue.LifoQueue):  # type: ignore[type-arg]
    """queue.LifoQueue."""


class PriorityQueue(Queue, queue.PriorityQueue):  # type: ignore[type-arg]
    """queue.PriorityQueue."""
