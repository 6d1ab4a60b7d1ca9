"""The repository as exploration sees it: paths that stay inside, no link followed, nothing of git's own."""

from __future__ import annotations

import os
from pathlib import Path, PurePosixPath

from extractor.decode import Undecodable, utf8
from extractor.errors import ExtractorError, RepositoryNotFound
from extractor.walk import SKIPPED_DIRECTORIES

#: Bytes of a file above which it is not read, and files of a repository that are looked at.
FILE_BYTES = 2_000_000
FILES = 20_000
_GIT = frozenset({".git", ".hg", ".svn"})


class Refused(ExtractorError):
    """A path that exploration doesn't open: outside the repository, a link, git's own, missing, too large, no text."""


class Place:
    """One repository. Raises RepositoryNotFound when it is no directory."""

    def __init__(self, repo: Path) -> None:
        if not repo.is_dir():
            raise RepositoryNotFound(repo)
        self.root = repo.resolve()

    def find(self, path: str) -> Path:
        """The file or directory called ``path``, relative to the repository. Raises Refused."""
        if "\0" in path or "\\" in path:
            raise Refused(f"{path!r} is no path of this repository; name it with forward slashes, from its root")
        asked = PurePosixPath(path)
        if asked.is_absolute() or ".." in asked.parts:
            raise Refused(f"{path!r} leads outside the repository; name a path relative to its root, without ..")
        if _GIT.intersection(part.lower() for part in asked.parts):
            raise Refused(f"{path!r} belongs to the version control, not to the source; ask for the history instead")
        lexical = self.root / asked
        try:
            real = lexical.resolve(strict=True)
        except (OSError, RuntimeError, ValueError) as error:
            raise Refused(f"{path!r} does not exist; list its directory to see what does") from error
        if real != lexical:
            inside = real.is_relative_to(self.root)
            where = f"it leads to {real.relative_to(self.root).as_posix()}" if inside else "it leaves the repository"
            raise Refused(f"{path!r} is or goes through a link, which is not followed; {where}")
        return lexical

    def relative(self, place: Path) -> str:
        """A path below the root with forward slashes; ``.`` for the root."""
        return place.relative_to(self.root).as_posix()

    def text(self, path: str) -> str:
        """The text of a file. Raises Refused."""
        place = self.find(path)
        if not place.is_file():
            raise Refused(f"{path!r} is no regular file; list it instead")
        try:
            with place.open("rb") as file:
                data = file.read(FILE_BYTES + 1)
        except OSError as error:
            raise Refused(f"{path!r} cannot be read: {error.strerror or error}") from error
        if len(data) > FILE_BYTES:
            raise Refused(f"{path!r} is larger than {FILE_BYTES:,} bytes and is not read")
        try:
            return utf8(data)
        except Undecodable as error:
            raise Refused(f"{path!r} is no text: {error}") from error

    def files(self, under: str = ".") -> list[str]:
        """The paths of all regular files below ``under`` in order, links and tools' own directories left out."""
        start = self.find(under)
        if start.is_file():
            return [self.relative(start)]
        found: list[str] = []
        for directory, names, files in os.walk(start):
            names[:] = sorted(name for name in names if name not in SKIPPED_DIRECTORIES)
            names[:] = [name for name in names if not Path(directory, name).is_symlink()]
            found.extend(
                self.relative(Path(directory, name)) for name in files if not Path(directory, name).is_symlink()
            )
            if len(found) > FILES:
                break
        return sorted(found)[:FILES]
