"""How long the history of a feature takes beside the bare walk of git: ``python -m bench.history``.

The repository is synthetic, made by ``git fast-import``: a line of commits with a short-lived branch merged every
fifty, twenty directories of Python files, one of which is the feature. Most changes of the feature touch no lock; every
tenth has one function more, or all but one fewer, take it. Bare walk: ``git log --raw`` of the same
directory, its output thrown away. Rounds alternate, and the best of each counts.
"""

from __future__ import annotations

import argparse
import os
import resource
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import extractor
from extractor import git
from extractor.history import History, HistoryLimits

COMMITS = 50_000
DIRECTORIES = 20
FEATURE = "part0"
#: The feature is told within so many seconds.
AT_MOST = 10.0
_MERGE_EVERY = 50
_FUNCTIONS = 40
_PLAIN = "        self.n{0} += 1\n"
_LOCKED = "        with self._lock:\n            self.n{0} += 1\n"


def source(version: int) -> str:
    """The only class of a file: each version has another constant, every tenth another number of functions locked."""
    locked = version // 10 % _FUNCTIONS
    head = "import threading\n\n\nclass Thing:\n    def __init__(self):\n        self._lock = threading.Lock()\n"
    head += "".join(f"        self.n{field} = 0\n" for field in range(_FUNCTIONS))
    bodies = ((_LOCKED if field < locked else _PLAIN).format(field) for field in range(_FUNCTIONS))
    functions = "".join(f"\n    def up{field}(self):\n{body}" for field, body in enumerate(bodies))
    return f"{head}{functions}\n    def label(self):\n        this = {version}\n        return this\n"


def _stream(commits: int) -> Iterator[bytes]:
    """What ``git fast-import`` reads."""
    versions = dict.fromkeys(range(DIRECTORIES), 0)
    mark = 0

    def commit(branch: str, message: str, parents: list[int], directory: int | None) -> bytes:
        nonlocal mark
        mark += 1
        when = f"A <a@example.org> {1_500_000_000 + mark * 60} +0000"
        out = f"commit refs/heads/{branch}\nmark :{mark}\nauthor {when}\ncommitter {when}\n"
        out += f"data {len(message)}\n{message}\n"
        if parents:
            out += f"from :{parents[0]}\n" + "".join(f"merge :{parent}\n" for parent in parents[1:])
        if directory is not None:
            text = source(versions[directory])
            versions[directory] += 1
            out += f"M 100644 inline part{directory}/it.py\ndata {len(text)}\n{text}\n"
        return out.encode()

    last = side = 0
    while mark < commits:
        directory = mark % DIRECTORIES
        yield commit("main", f"Change part {directory}", [last] if last else [], directory)
        last = mark
        if mark % _MERGE_EVERY == 0:
            yield commit("side", "Change part 1 aside", [last], 1)
            side = mark
            yield commit("main", "Change part 2", [last], 2)
            last = mark
            yield commit("main", "Merge side", [last, side], None)
            last = mark


def make(root: Path, commits: int) -> None:
    """A repository of that many commits in ``root``, with only the feature in its work tree."""
    subprocess.run(["git", "init", "-q", "-b", "main", str(root)], check=True)
    with subprocess.Popen(["git", "-C", str(root), "fast-import", "--quiet"], stdin=subprocess.PIPE) as process:
        assert process.stdin is not None
        for part in _stream(commits):
            process.stdin.write(part)
    if process.returncode:
        raise SystemExit(f"git fast-import ended with status {process.returncode}")
    subprocess.run(["git", "-C", str(root), "checkout", "-q", "-f", "main", "--", FEATURE], check=True)


def bare_walk(root: Path) -> float:
    """Seconds of ``git log --raw`` of the feature's directory."""
    began = time.perf_counter()
    done = git.run(root, "log", "--full-history", "--raw", "-z", "--no-renames", "HEAD", "--", FEATURE, seconds=600)
    assert isinstance(done, bytes), done
    return time.perf_counter() - began


def cpu() -> float:
    """Seconds of CPU time that this process and the git commands it waited for have had."""
    used = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(one.ru_utime + one.ru_stime for one in used)


def full(root: Path) -> tuple[float, float, History]:
    """Seconds of the whole history of the feature by the clock and of CPU time, and what it is."""
    began, had = time.perf_counter(), cpu()
    found = extractor.history(root, FEATURE, HistoryLimits(seconds=600, findings=100_000))
    return time.perf_counter() - began, cpu() - had, found


def measure(commits: int, rounds: int) -> tuple[float, float, float, History]:
    """The best of each over the rounds (the walk, the history by the clock, its CPU time), and the history."""
    with tempfile.TemporaryDirectory() as directory:
        root = Path(directory) / "synthetic"
        make(root, commits)
        walks, wholes, used, found = [], [], [], None
        for _ in range(rounds):
            walks.append(bare_walk(root))
            seconds, busy, found = full(root)
            wholes.append(seconds)
            used.append(busy)
        assert found is not None
        return min(walks), min(wholes), min(used), found


def main() -> int:
    """Print the table; status 1 when the goal is missed."""
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    arguments.add_argument("--commits", type=int, default=COMMITS)
    arguments.add_argument("--rounds", type=int, default=3)
    chosen = arguments.parse_args()
    walk, whole, used, found = measure(chosen.commits, chosen.rounds)
    print(f"{chosen.commits:,} commits, {found.commits:,} of them touch the feature, {len(found.findings):,} findings")
    print(f"bare git log walk {walk:.2f} s, whole history {whole:.2f} s: {whole / walk:.1f} x the walk")
    print(f"CPU time of the whole history {used:.2f} s, load {os.getloadavg()[0]:.0f} on {os.cpu_count()} cores")
    print(f"goal (at most {AT_MOST:g} s): {'met' if whole <= AT_MOST else 'MISSED'}")
    return 0 if whole <= AT_MOST else 1


if __name__ == "__main__":
    raise SystemExit(main())
