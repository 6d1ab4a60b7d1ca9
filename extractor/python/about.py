"""What the name of a called thing says, asked once per name and file."""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

from extractor.python.known import (
    MUTATORS,
    QUEUE_OR_THREAD_METHODS,
    RANDOM_ROOTS,
    SYNC_METHODS,
    TELLING,
    created_kind,
    guarantee_of,
    is_blocking,
    is_unordered,
    nondeterminism_of,
)


class About(NamedTuple):
    """What calling a dotted name means, as far as its spelling tells.

    ``makes``: the kind of object it makes, "" for an object of some class. ``promises``: (mechanism, operation).
    ``nondeterminism``: its kind. ``unordered``: its result has no given order. ``blocks``: it makes its thread wait.
    ``method``: a method of locks, queues and the like, if what it is called on is one.
    ``mutates``: a method that changes the object it is called on.
    """

    makes: str | None
    promises: tuple[str, str] | None
    nondeterminism: str | None
    unordered: bool
    blocks: bool
    method: bool
    mutates: bool


_NOTHING = About(None, None, None, False, False, False, False)


@lru_cache(maxsize=200_000)
def about(meant: str) -> About | None:
    """What calling ``meant`` means, None when nothing is known of it."""
    name = meant.rpartition(".")[2]
    if name not in TELLING and not name.lstrip("_")[:1].isupper() and not meant.startswith(RANDOM_ROOTS):
        return None
    made = created_kind(meant)
    if made is None and name.lstrip("_")[:1].isupper():
        made = ""
    dotted = "." in meant
    found = About(
        made,
        guarantee_of(meant),
        nondeterminism_of(meant),
        is_unordered(meant),
        is_blocking(meant),
        dotted and (name in SYNC_METHODS or name in QUEUE_OR_THREAD_METHODS),
        dotted and name in MUTATORS,
    )
    return None if found == _NOTHING else found
