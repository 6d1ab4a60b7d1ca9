"""The modules that the target is given in the place of its own: ``threading``, ``queue``, ``concurrent.futures``."""

from __future__ import annotations

import concurrent.futures
import queue
import threading
import zlib
from types import ModuleType
from typing import Any

from replay.runtime import standins, workers


class Proxy(ModuleType):
    """A module of which some names are replaced."""

    def __init__(self, real: ModuleType, **ours: Any) -> None:
        super().__init__(real.__name__)
        self.__dict__.update(ours)
        self._real = real

    def __getattr__(self, name: str) -> Any:
        return getattr(self._real, name)


def stand_ins() -> dict[str, ModuleType]:
    """The stand-ins by the name under which the target imports them."""
    pools = Proxy(
        concurrent.futures,
        ThreadPoolExecutor=workers.ThreadPoolExecutor,
        Future=workers.Future,
        wait=workers.wait,
        as_completed=workers.as_completed,
    )
    return {
        "threading": Proxy(
            threading,
            get_ident=lambda: zlib.crc32(standins.who().encode()),
            Lock=standins.Lock,
            RLock=standins.RLock,
            Condition=standins.Condition,
            Event=standins.Event,
            Semaphore=standins.Semaphore,
            BoundedSemaphore=standins.BoundedSemaphore,
            Thread=workers.Thread,
            Timer=workers.Timer,
        ),
        "queue": Proxy(
            queue,
            Queue=standins.Queue,
            LifoQueue=standins.LifoQueue,
            PriorityQueue=standins.PriorityQueue,
            SimpleQueue=standins.Queue,
        ),
        "concurrent": Proxy(concurrent, futures=pools),
        "concurrent.futures": pools,
    }
