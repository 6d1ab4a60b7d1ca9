"""Which files a feature has: a bounded walk that never leaves the repository and follows no link."""

# ruff: noqa: PTH110, PTH112, PTH113, PTH118 - os.path says False of what may not be looked at, Path raises

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from extractor.errors import FeatureNotFound, FeatureOutsideRepository, RepositoryNotFound
from extractor.types import Problem, Span

#: Directories that hold no source of the project itself.
SKIPPED_DIRECTORIES = frozenset(
    {
        ".git",
        ".hg",
        ".svn",
        ".tox",
        ".nox",
        ".venv",
        "venv",
        ".mypy_cache",
        ".pytest_cache",
        ".ruff_cache",
        ".eggs",
        "__pycache__",
        "__pypackages__",
        "node_modules",
        "site-packages",
        "dist-packages",
    }
)


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds of one indexing. Sizes in bytes; ``processes`` None: one a core."""

    file_size: int = 2_000_000
    files: int = 50_000
    directories: int = 100
    processes: int | None = None


@dataclass(frozen=True, slots=True)
class Found:
    """A source file: its path relative to the repository, and where to read it."""

    path: str
    absolute: str
    suffix: str


class HasPath(Protocol):
    """Something with a path relative to the repository."""

    path: str


@dataclass(slots=True)
class Listing:
    """What a walk found, sorted by path, and what it had to leave out."""

    files: list[Found] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)


def locate(repo: Path, feature: str | Path) -> tuple[Path, Path]:
    """The real paths of repository and feature.

    Raises RepositoryNotFound, FeatureNotFound, FeatureOutsideRepository.
    """
    if not os.path.isdir(repo):
        raise RepositoryNotFound(repo)
    root = repo.resolve()
    place = root / feature
    try:
        real = place.resolve(strict=True)
    except (OSError, RuntimeError, ValueError) as error:
        lexical = Path(os.path.normpath(place))
        if lexical != root and root not in lexical.parents:
            raise FeatureOutsideRepository(repo, str(feature)) from error
        raise FeatureNotFound(repo, str(feature)) from error
    if real != root and root not in real.parents:
        raise FeatureOutsideRepository(repo, str(feature))
    return root, real


def relative(root: Path, place: Path) -> str:
    """``place`` relative to ``root`` with forward slashes; ``.`` for the root itself."""
    return place.relative_to(root).as_posix()


def packages(root: Path, files: Iterable[HasPath]) -> frozenset[str]:
    """The directories of these files, and those around them inside ``root``, that hold an ``__init__.py``."""
    asked: dict[str, bool] = {}
    for file in files:
        directory = file.path.rpartition("/")[0]
        while directory and directory not in asked:
            asked[directory] = os.path.isfile(root / directory / "__init__.py")
            directory = directory.rpartition("/")[0]
    return frozenset(directory for directory, found in asked.items() if found)


def walk(root: Path, feature: Path, suffixes: frozenset[str], limits: Limits) -> Listing:
    """Every source file under ``feature`` (or the file itself), in path order."""
    listing = Listing()
    prefix = relative(root, feature)
    if os.path.isfile(feature):
        if feature.suffix in suffixes:
            listing.files.append(Found(prefix, str(feature), feature.suffix))
        else:
            listing.problems.append(_problem("unreadable", prefix, "not source of a known language; file not read"))
        return listing
    real_root = str(root)
    stack = [(str(feature), "" if prefix == "." else prefix + "/", 0)]
    while stack:
        directory, base, depth = stack.pop()
        if depth > limits.directories:
            listing.problems.append(_problem("depth", base.rstrip("/"), "directories nested too deeply; not read"))
            continue
        for entry in _entries(directory, base, listing):
            path = base + entry.name
            suffix = _suffix(entry.name)
            if entry.is_symlink():
                problem = _link(entry.path, path, real_root, suffix in suffixes)
                if problem is not None:
                    listing.problems.append(problem)
            elif entry.is_dir(follow_symlinks=False):
                if entry.name not in SKIPPED_DIRECTORIES and not _is_virtualenv(entry.path):
                    stack.append((entry.path, path + "/", depth + 1))
            elif suffix in suffixes and entry.is_file(follow_symlinks=False):
                listing.files.append(Found(path, entry.path, suffix))
    listing.files.sort(key=lambda found: found.path)
    if len(listing.files) > limits.files:
        left_out = len(listing.files) - limits.files
        del listing.files[limits.files :]
        text = f"{left_out} files beyond the bound of {limits.files} not read; name a smaller feature"
        listing.problems.append(_problem("size", prefix, text))
    return listing


def _entries(directory: str, base: str, listing: Listing) -> Iterator[os.DirEntry[str]]:
    try:
        with os.scandir(directory) as entries:
            yield from list(entries)
    except OSError as error:
        text = f"directory not read: {error.strerror or error}"
        listing.problems.append(_problem("unreadable", base.rstrip("/") or ".", text))


def _suffix(name: str) -> str:
    dot = name.rfind(".")
    return name[dot:] if dot > 0 else ""


def _is_virtualenv(directory: str) -> bool:
    return os.path.exists(os.path.join(directory, "pyvenv.cfg"))


def _link(absolute: str, path: str, root: str, is_source: bool) -> Problem | None:
    """Links are never followed: what they lead to inside the repository has a path of its own."""
    try:
        target = os.path.realpath(absolute, strict=True)
    except OSError as error:
        return _problem("link", path, f"link not followed: {error.strerror or error}")
    if target != root and not target.startswith(root.rstrip("/") + "/"):
        return _problem("link", path, "link leaves the repository; not followed")
    if is_source or os.path.isdir(target):
        return _problem("link", path, f"link not followed; its target is {Path(target).relative_to(root).as_posix()}")
    return None


def _problem(kind: str, path: str, text: str) -> Problem:
    return Problem(kind, Span(path, 1, 1), text)
