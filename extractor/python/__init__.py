"""Python in depth: the providers of its facts."""

from __future__ import annotations

from extractor.providers import Provider
from extractor.python.symbols import SYMBOLS

PROVIDERS: tuple[Provider, ...] = (SYMBOLS,)
