"""Which code2tla this is."""

from __future__ import annotations

from importlib import metadata


def version() -> str:
    """The installed version, or "unknown" when run from a bare checkout."""
    try:
        return metadata.version("code2tla")
    except metadata.PackageNotFoundError:
        return "unknown"
