"""Looking at the past of a path."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, ClassVar

from extractor.explore.place import Place
from extractor.explore.tool import Argument, Explorer, bounded


class History(Explorer):
    """``history``; ``of`` gives the lines that tell the history of a path, the newest commit first."""

    name = "history"
    description = "What commits did to a file or directory: the safety mechanisms they brought, altered or took away."
    arguments: ClassVar[Mapping[str, Argument]] = {
        "path": Argument("string", "a file or directory, relative to the root of the repository")
    }

    def __init__(self, place: Place, of: Callable[[str], list[str]]) -> None:
        self._place = place
        self._of = of

    def _answer(self, given: Mapping[str, Any]) -> str:
        """One finding a line."""
        path = self._place.relative(self._place.find(given["path"]))
        return bounded(self._of(path) or ["nothing was found in its history"], "name a smaller path")
