"""``code2tla check --all``: every specification directory under one, in parallel, within one budget."""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.text import Text

from code2tla.errors import UsageError
from code2tla.settings import load
from reports.text import visible

#: The least that one check is given, in seconds: with less it would learn nothing.
_LEAST = 5.0
#: Options that are about all of the checks together; the others are handed on to each.
_OF_ALL = frozenset({"command", "spec_dir", "all", "budget", "json", "quiet", "no_color"})
#: From the status that says most about a night to the one that says least.
_WORST_FIRST = (4, 2, 1, 3, 0)


class _Shares:
    """One budget for checks that begin one after another: each gets an even share of what is left when it begins."""

    def __init__(self, seconds: float, checks: int, at_a_time: int) -> None:
        self._end = time.monotonic() + seconds
        self._waiting = checks
        self._at_a_time = at_a_time
        self._lock = threading.Lock()

    def next(self) -> float:
        with self._lock:
            left = max(self._end - time.monotonic(), 0.0)
            share = left * min(self._at_a_time, self._waiting) / self._waiting
            self._waiting -= 1
            return max(share, _LEAST)


def check_all(options: argparse.Namespace, out: Console, err: Console) -> int:
    """Check them all; prints a line for each as it ends, and ends with the worst status."""
    directories = spec_dirs(options.spec_dir)
    if options.author == "agent":
        raise UsageError("--all --author agent: an agent answers for one specification at a time; leave out --all")
    at_a_time = max(1, min(len(directories), (os.cpu_count() or 2) // 2))  # each check runs two TLCs
    budget = load(options.repo or Path(), {"budget": options.budget}).budget
    shares = _Shares(budget, len(directories), at_a_time)
    with ThreadPoolExecutor(at_a_time) as pool:
        answers = list(pool.map(lambda directory: _checked(directory, shares.next(), options, err), directories))
    if options.json:
        out.file.write(json.dumps(answers, indent=2) + "\n")
    else:
        for answer in answers:
            new = f", new: {', '.join(answer['new'])}" if answer.get("new") else ""
            line = f"{answer['spec_dir']}: {answer['verdict']}, {answer['reason']}{new}"
            out.print(Text(visible(line)), soft_wrap=True)
    return next(s for s in _WORST_FIRST if any(a["status"] == s for a in answers))


def spec_dirs(root: Path) -> list[Path]:
    """Every specification directory under a directory, or that directory itself; those of parts are not listed."""
    found = [p.parent for p in sorted(root.rglob("result.json")) if (p.parent / "plan.json").is_file()]
    if not found:
        raise UsageError(f"{root}: holds no specification directory; give one that `code2tla run` wrote")
    return found


def _checked(directory: Path, seconds: float, options: argparse.Namespace, err: Console) -> dict[str, Any]:
    """One check in a process of its own, so that one that dies takes no other with it."""
    words = [sys.executable, "-m", "code2tla", "check", str(directory), "--json", "--quiet", f"--budget={seconds:.1f}"]
    words += _handed_on(options)
    if not options.quiet:
        err.print(Text(f"checking {visible(str(directory))} for {seconds:.0f} s at most"), soft_wrap=True)
    done = subprocess.run(words, capture_output=True, text=True, check=False, encoding="utf-8", errors="replace")
    try:
        answer: dict[str, Any] = json.loads(done.stdout)
    except ValueError:
        lines = done.stderr.strip().splitlines() or [f"ended with status {done.returncode}"]
        answer = {"spec_dir": str(directory), "verdict": "failed", "reason": lines[-1]}
    return answer | {"status": done.returncode}


def _handed_on(options: argparse.Namespace) -> Iterator[str]:
    for name, given in vars(options).items():
        if name in _OF_ALL or given is None:
            continue
        flag = f"--{name.replace('_', '-')}"
        if given is True:
            yield flag
        else:
            yield from (f"{flag}={value}" for value in (given if isinstance(given, list) else [given]))
