"""Threads that the target starts itself, as it sees them: real threads that take turns like its callers.

Whoever starts one goes on; the new thread begins when the scheduler gives it a turn. As in Python, what it raises ends
it and nothing else.
"""

from __future__ import annotations

import contextlib
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent import futures
from typing import Any

from replay.runtime import standins


class Thread:
    """threading.Thread."""

    def __init__(
        self,
        group: None = None,  # noqa: ARG002 - as in threading
        target: Callable[..., object] | None = None,
        name: str | None = None,
        args: Sequence[Any] = (),
        kwargs: Mapping[str, Any] | None = None,
        *,
        daemon: bool | None = None,
    ) -> None:
        self.name = name or "Thread"
        self.daemon = bool(daemon)
        self._target, self._args, self._kwargs = target, args, kwargs or {}
        self._started = self._over = False

    def replay_view(self) -> object:
        """Nothing of it is compared."""
        return None

    def start(self) -> None:
        """As threading.Thread.start."""
        if self._started:
            raise RuntimeError("threads can only be started once")
        self._started = True
        standins.scheduler.begin(self._life)

    def _life(self) -> None:
        try:
            with contextlib.suppress(Exception):
                self.run()
        finally:
            self._over = True

    def run(self) -> None:
        """As threading.Thread.run."""
        if self._target is not None:
            self._target(*self._args, **self._kwargs)

    def join(self, timeout: float | None = None) -> None:
        """As threading.Thread.join."""
        if not self._started:
            raise RuntimeError("cannot join thread before it is started")
        standins.scheduler.wait(lambda: self._over, timed=timeout is not None)

    def is_alive(self) -> bool:
        """As threading.Thread.is_alive."""
        return self._started and not self._over


class Timer(Thread):
    """threading.Timer: its time is over when nobody else can go on."""

    def __init__(
        self,
        interval: float,
        function: Callable[..., object],
        args: Sequence[Any] | None = None,
        kwargs: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(None, function, None, args or (), kwargs)
        self.interval = interval
        self.finished = standins.Event()

    def cancel(self) -> None:
        """As threading.Timer.cancel."""
        self.finished.set()

    def run(self) -> None:
        """Waits, then calls the function unless it was cancelled."""
        if not self.finished.wait(self.interval):
            super().run()
        self.finished.set()


class Future(futures.Future):  # type: ignore[type-arg]
    """concurrent.futures.Future on our own condition."""

    def __init__(self) -> None:
        super().__init__()
        self._condition = standins.Condition()  # type: ignore[assignment]

    def replay_view(self) -> object:
        """How far it is."""
        return self._state

    @property
    def over(self) -> bool:
        """Whether it is done, asked without its lock."""
        return self._state not in ("PENDING", "RUNNING")


class ThreadPoolExecutor(futures.Executor):
    """concurrent.futures.ThreadPoolExecutor: jobs begin in the order in which they came."""

    def __init__(
        self,
        max_workers: int | None = None,
        thread_name_prefix: str = "",  # noqa: ARG002 - as in concurrent.futures
        initializer: Callable[..., object] = lambda: None,
        initargs: Sequence[Any] = (),
    ) -> None:
        if max_workers is not None and max_workers <= 0:
            raise ValueError("max_workers must be greater than 0")
        self._room = max_workers or 4
        self._prepare: Callable[[], object] = lambda: initializer(*initargs)
        self._jobs: deque[tuple[Future, Callable[[], Any]]] = deque()
        self._busy = 0
        self._closed = False

    def replay_view(self) -> object:
        """Nothing of it is compared."""
        return None

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Any:
        """As concurrent.futures.Executor.submit."""
        if self._closed:
            raise RuntimeError("cannot schedule new futures after shutdown")
        future = Future()
        self._jobs.append((future, lambda: fn(*args, **kwargs)))
        if self._busy < self._room:
            self._busy += 1
            Thread(target=self._work).start()
        return future

    def _work(self) -> None:
        try:
            self._prepare()
            while self._jobs:
                future, job = self._jobs.popleft()
                if not future.set_running_or_notify_cancel():
                    continue
                try:
                    future.set_result(job())
                except Exception as error:  # noqa: BLE001 - it is the caller's
                    future.set_exception(error)
        finally:
            self._busy -= 1

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """As concurrent.futures.Executor.shutdown."""
        self._closed = True
        if cancel_futures:
            for future, _ in self._jobs:
                future.cancel()
        if wait:
            standins.scheduler.wait(lambda: not self._busy)


def as_completed(fs: Iterable[Future], timeout: float | None = None) -> Iterator[Future]:
    """As concurrent.futures.as_completed."""
    left = list(fs)
    while left:
        if not standins.scheduler.wait(_one_of(left), timed=timeout is not None):
            raise TimeoutError(f"{len(left)} futures unfinished")
        done = [future for future in left if future.over]
        left = [future for future in left if not future.over]
        yield from done


def _one_of(left: Sequence[Future]) -> Callable[[], bool]:
    return lambda: any(future.over for future in left)


def wait(
    fs: Iterable[Future], timeout: float | None = None, return_when: str = futures.ALL_COMPLETED
) -> futures._base.DoneAndNotDoneFutures[Any]:
    """As concurrent.futures.wait."""
    every = set(fs)

    def ready() -> bool:
        over = [future for future in every if future.over]
        if len(over) == len(every) or (over and return_when == futures.FIRST_COMPLETED):
            return True
        failed = any(not future.cancelled() and future.exception() for future in over)
        return failed and return_when == futures.FIRST_EXCEPTION

    standins.scheduler.wait(ready, timed=timeout is not None)
    done = {future for future in every if future.over}
    return futures._base.DoneAndNotDoneFutures(done, every - done)  # type: ignore[arg-type]  # noqa: SLF001
