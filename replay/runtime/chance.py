"""Chance that is the same in every run: each call draws from a sequence of its own, so that the order does not show."""

from __future__ import annotations

import random
import secrets
import uuid
import zlib
from collections import Counter
from collections.abc import Callable
from types import ModuleType
from typing import Any

from replay.runtime.modules import Proxy


class Chance:
    """``who`` tells which call is running; ``start`` begins a run."""

    def __init__(self, who: Callable[[], str]) -> None:
        self._who = who
        self._drawn: Counter[str] = Counter()

    def start(self) -> None:
        """Begin again."""
        self._drawn.clear()

    def fresh(self) -> int:
        """A number that no other draw of the run gives, and that depends on the call alone."""
        name = self._who()
        self._drawn[name] += 1
        return (zlib.crc32(name.encode()) << 16) + self._drawn[name]

    def modules(self) -> dict[str, ModuleType]:
        """``uuid``, ``secrets`` and ``random`` as the target sees them."""
        one: Callable[..., uuid.UUID] = lambda *_: uuid.UUID(int=self.fresh())  # noqa: E731
        text: Callable[..., str] = lambda *_: f"{self.fresh():016x}"  # noqa: E731
        draws: dict[str, Any] = {name: self._drawing(name) for name in _DRAWS}
        return {
            "uuid": Proxy(uuid, uuid1=one, uuid4=one),
            "secrets": Proxy(
                secrets, token_hex=text, token_urlsafe=text, token_bytes=lambda *_: self.fresh().to_bytes(16, "big")
            ),
            "random": Proxy(random, **draws),
        }

    def _drawing(self, name: str) -> Callable[..., Any]:
        def draw(*args: Any, **kwargs: Any) -> Any:
            return getattr(random.Random(self.fresh()), name)(*args, **kwargs)  # noqa: S311 - for sameness, not secrets

        return draw


_DRAWS = ("random", "uniform", "randint", "randrange", "choice", "choices", "sample", "shuffle", "gauss", "getrandbits")
