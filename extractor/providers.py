"""Providers: small readers of one file that declare what they make and what they need.

The idea of declared needs is LibCST's metadata providers. All providers of a language share one parse and
one query per file; a provider lists the query patterns whose captures it reads.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from extractor.errors import UnresolvableProviders
from extractor.view import FileView


@dataclass(frozen=True, slots=True)
class Provider:
    """Makes ``produces`` out of one file.

    ``needs`` names what other providers make and is there, under ``view.made``, when ``run`` is called.
    ``patterns`` are tree-sitter query patterns; ``rare`` ones come with a word without which a file can't have them.
    When ``stored``, what ``run`` returns goes into the index and
    has to be plain data: None, bool, int, str, list, dict with string keys.
    """

    name: str
    produces: str
    run: Callable[[FileView], Any]
    needs: tuple[str, ...] = ()
    patterns: tuple[str, ...] = ()
    rare: tuple[tuple[bytes, str], ...] = ()
    stored: bool = True


def resolve(providers: tuple[Provider, ...]) -> tuple[Provider, ...]:
    """The providers in an order in which every need is made before it is used. Raises UnresolvableProviders."""
    ordered: list[Provider] = []
    made: set[str] = set()
    waiting = list(providers)
    while waiting:
        ready = [provider for provider in waiting if made.issuperset(provider.needs)]
        if not ready:
            raise UnresolvableProviders(tuple(provider.name for provider in waiting))
        ordered.extend(ready)
        made.update(provider.produces for provider in ready)
        waiting = [provider for provider in waiting if provider not in ready]
    return tuple(ordered)
