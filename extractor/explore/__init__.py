"""explore: read-only tools to look around in one repository, for whoever plans a specification."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from extractor.explore.atlas import Atlas
from extractor.explore.code import References, RepoMap, Symbols
from extractor.explore.feature import Feature, find_feature
from extractor.explore.files import ListDirectory, ReadLines, Search
from extractor.explore.past import History
from extractor.explore.place import Place
from extractor.explore.tool import Tool

__all__ = ["Feature", "Tool", "find_feature", "tools"]


def tools(
    repo: Path,
    feature: str = ".",
    history: Callable[[str], list[str]] | None = None,
    cache: Path | None = None,
) -> tuple[Tool, ...]:
    """All tools on one repository; ``history`` gives the lines that tell the history of a path.

    The repository's code is indexed when a tool first needs it. Raises RepositoryNotFound.
    """
    place = Place(repo)
    atlas = Atlas(place, cache)
    made: tuple[Tool, ...] = (
        RepoMap(atlas, feature),
        ListDirectory(place),
        ReadLines(place),
        Search(place),
        Symbols(atlas),
        References(atlas),
    )
    return made if history is None else (*made, History(place, history))
