"""extractor: the facts of a feature, read from its source and its git repository, nothing of it run."""

from extractor.history import history
from extractor.indexer import index
from extractor.types import Facts

__all__ = ["Facts", "history", "index"]
