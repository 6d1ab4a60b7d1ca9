"""Which files a feature has, from its name and, if it is known, its directory."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from extractor.errors import FeatureNotFound
from extractor.explore.atlas import Atlas
from extractor.explore.code import is_aside, is_below
from extractor.explore.place import Place, Refused

_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")


@dataclass(frozen=True, slots=True)
class Feature:
    """``path`` is the file or directory that fits best; ``files`` are the source files to read, the best first."""

    path: str
    files: tuple[str, ...]


def find_feature(repo: Path, name: str, directory: str = ".", cache: Path | None = None) -> Feature:
    """The feature called ``name`` (a path, a class, or words) below ``directory``.

    A path is taken as it is. Else every source file is weighed by how much of the name its own name, its
    directories and its symbols have; where the best lies in a directory of that very name, that directory is the
    feature. When nothing fits, all of ``directory`` is.
    Raises RepositoryNotFound, Refused for a directory that can't be used, and FeatureNotFound when it has no source.
    """
    place = Place(repo)
    atlas = Atlas(place, cache)
    under = place.relative(place.find(directory))
    paths = [file.path for file in atlas.facts.files if is_below(file.path, under)]
    if not paths:
        raise FeatureNotFound(repo, name)
    for asked in (name, f"{under}/{name}"):
        try:
            path = place.relative(place.find(asked))
        except Refused:
            continue
        inside = tuple(file for file in paths if is_below(file, path))
        if inside and path != ".":
            return Feature(path, inside)
    weights = {path: _weight(path, under, name, atlas) for path in paths}
    ranked = tuple(sorted(paths, key=lambda path: (-weights[path], path)))
    best = max(weights.values())
    if best <= 0:
        return Feature(under, ranked)
    named = _directory_named(ranked[0], under, name)
    if named is not None:
        return Feature(named, tuple(path for path in ranked if is_below(path, named)))
    fitting = tuple(path for path in ranked if weights[path] * 2 >= best)
    shared = _shared(path for path in fitting if weights[path] == best)
    return Feature(shared, fitting if under == "." else ranked)


def _directory_named(path: str, under: str, name: str) -> str | None:
    """The innermost directory around a file, below ``under``, that has the very name."""
    wanted = _words(name)
    directory = path.rpartition("/")[0]
    while directory and directory != under:
        if _likeness(wanted, "".join(wanted), directory.rpartition("/")[2]) == 1.0:
            return directory
        directory = directory.rpartition("/")[0]
    return None


def _weight(path: str, under: str, name: str, atlas: Atlas) -> float:
    wanted = _words(name)
    whole = "".join(wanted)
    below = PurePosixPath(path[len(under) + 1 :] if under not in {".", path} else path)
    weight = 10 * _likeness(wanted, whole, below.name.partition(".")[0])
    weight += sum(6 * _likeness(wanted, whole, part) for part in below.parts[:-1])
    kinds: dict[bool, float] = {True: 0.0, False: 0.0}
    for symbol in atlas.symbols.get(path, ()):
        is_type = symbol.kind not in ("function", "method")
        kinds[is_type] = max(kinds[is_type], _likeness(wanted, whole, symbol.name))
    weight += 9 * kinds[True] + 3 * kinds[False]
    return weight / 4 if is_aside(path) else weight


def _likeness(wanted: tuple[str, ...], whole: str, text: str) -> float:
    """1 for the same words, else the share of wanted words that are there, below 1."""
    found = _words(text)
    if not wanted or not found:
        return 0.0
    if "".join(found) == whole:
        return 1.0
    return 0.8 * sum(word in found for word in wanted) / max(len(wanted), len(found))


def _words(text: str) -> tuple[str, ...]:
    """Lower-case words of a name in any style, plurals without their s."""
    words = (word.lower() for word in _WORD.findall(text))
    return tuple(word.removesuffix("s") if len(word) > 3 else word for word in words)


def _shared(paths: Iterable[str]) -> str:
    """The only path, or the innermost directory of several."""
    listed = list(paths)
    if len(listed) == 1:
        return listed[0]
    parts = [path.split("/")[:-1] for path in listed]
    common = []
    for together in zip(*parts, strict=False):
        if len(set(together)) > 1:
            break
        common.append(together[0])
    return "/".join(common) or "."
