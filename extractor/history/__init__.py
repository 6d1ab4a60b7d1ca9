"""The history of a feature, read with the git command line only; nothing is checked out."""

from extractor.history.reading import history
from extractor.history.types import Finding, History, Limits

__all__ = ["Finding", "History", "Limits", "history"]
