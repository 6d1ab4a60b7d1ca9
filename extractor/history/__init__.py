"""The history of a feature, read with the git command line only; nothing is checked out."""

from extractor.history.reading import history
from extractor.history.types import History, HistoryFinding, HistoryLimits

__all__ = ["History", "HistoryFinding", "HistoryLimits", "history"]
