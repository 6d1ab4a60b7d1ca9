"""``python -m corpora.demo DIR``: the main job on a bundled repository, a race shown on its source lines."""

from __future__ import annotations

import shlex
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path

from code2tla.cli import main as code2tla
from corpora import build

#: The case that demonstrations use.
CASE = "refcount"


def main(argv: Sequence[str] | None = None) -> int:
    """Make the repository in DIR/NAME, run the command on it with its results in DIR/out; 0 if it found the race."""
    place = Path((sys.argv[1:] if argv is None else argv)[0])
    repo = place / CASE
    for old in (repo, place / "out"):
        shutil.rmtree(old, ignore_errors=True)
    built = build(CASE, repo, "buggy")
    words = ["run", str(repo), built.case.feature, "--out", str(place / "out")]
    sys.stdout.write(f"$ code2tla {shlex.join(words)}\n")
    sys.stdout.flush()
    return 0 if code2tla(words) == 1 else 1


if __name__ == "__main__":
    sys.exit(main())
