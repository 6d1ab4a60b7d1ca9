"""Templates as Jinja compiled them, kept in a directory: compiling takes longer than all else of a small report."""

from __future__ import annotations

import hashlib
from contextlib import suppress
from pathlib import Path

import jinja2
from jinja2.bccache import Bucket


class KeptTemplates(jinja2.FileSystemBytecodeCache):
    """A cache that saves time and nothing else: where it cannot be read or written, templates are compiled again."""

    def __init__(self, directory: Path) -> None:
        super().__init__(str(directory))

    def get_source_checksum(self, source: str) -> str:
        """Differs too where another Jinja compiled it: of that, what is kept says nothing."""
        return hashlib.sha256(f"{jinja2.__version__}\n{source}".encode()).hexdigest()

    def load_bytecode(self, bucket: Bucket) -> None:
        """Take what is kept, if it can be had."""
        try:
            super().load_bytecode(bucket)
        except Exception:  # noqa: BLE001 - it is a pickle: where the file is damaged, reading it may raise anything
            bucket.reset()

    def dump_bytecode(self, bucket: Bucket) -> None:
        """Keep what was compiled, if it can be."""
        with suppress(OSError):
            Path(self.directory).mkdir(parents=True, exist_ok=True)
            super().dump_bytecode(bucket)
