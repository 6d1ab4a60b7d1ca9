"""What can keep a feature from being indexed at all; one class per kind, each message one clear line.

A file that can't be read is no error but a :class:`extractor.types.Problem`: the rest is still indexed.
"""

from __future__ import annotations

import os
from pathlib import Path


class ExtractorError(Exception):
    """Base of everything this room raises on purpose."""


class RepositoryNotFound(ExtractorError):
    """The repository path doesn't exist or isn't a directory."""

    def __init__(self, repo: Path) -> None:
        found = os.path.exists(repo)  # noqa: PTH110 - says False of what may not be looked at
        why = "is not a directory" if found else "does not exist"
        super().__init__(f"repository {repo} {why}; give the path of the directory that holds the code")


class FeatureNotFound(ExtractorError):
    """The feature path doesn't exist inside the repository."""

    def __init__(self, repo: Path, feature: str) -> None:
        super().__init__(
            f"feature {feature!r} not found in {repo}; give a file or directory, relative to the repository"
        )


class FeatureOutsideRepository(ExtractorError):
    """The feature lies outside the repository, named so or reached through ``..`` or a symbolic link."""

    def __init__(self, repo: Path, feature: str) -> None:
        super().__init__(f"feature {feature!r} leads outside the repository {repo}; give a path that stays inside it")


class FeatureEmpty(ExtractorError):
    """The feature holds no source file that could be read."""

    def __init__(self, feature: str, reason: str, languages: tuple[str, ...]) -> None:
        wanted = ", ".join(languages)
        super().__init__(f"feature {feature!r} has no readable source: {reason}; languages read: {wanted}")


class UnresolvableProviders(ExtractorError):
    """The declared needs of the providers form a cycle or name something that no provider makes."""

    def __init__(self, names: tuple[str, ...]) -> None:
        super().__init__(f"providers {', '.join(names)} need what no earlier provider makes; mend their `needs`")
