"""Looking at the past of a path."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, ClassVar

from extractor.explore.place import Place, Refused
from extractor.explore.tool import Argument, bounded, read, schema


class History:
    """``history``; ``of`` gives the lines that tell the history of a path, the newest commit first."""

    name = "history"
    description = "What commits did to a file or directory: the safety mechanisms they brought, altered or took away."
    _arguments: ClassVar[Mapping[str, Argument]] = {
        "path": Argument("string", "a file or directory, relative to the root of the repository")
    }
    schema = schema(_arguments)

    def __init__(self, place: Place, of: Callable[[str], list[str]]) -> None:
        self._place = place
        self._of = of

    def run(self, arguments: Mapping[str, Any]) -> str:
        """One finding a line."""
        given = read(self._arguments, arguments)
        if isinstance(given, str):
            return given
        try:
            path = self._place.relative(self._place.find(given["path"]))
        except Refused as error:
            return str(error)
        return bounded(self._of(path) or ["nothing was found in its history"], "name a smaller path")
