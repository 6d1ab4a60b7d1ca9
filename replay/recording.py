"""What random schedules of the real code did: a script that records them, and its notes read back.

The notes come from a process in which code of the target ran, so everything in them is checked.
"""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError

from replay.classes import CannotRebuild
from replay.collaborators import Assumed
from replay.construct import Reader
from replay.generate import build_lines, import_lines, quoted
from replay.sandbox import Limits, Sandbox
from reports.result import CallText

LIMITS = Limits(seconds=60)


@dataclass(frozen=True, slots=True)
class Wanted:
    """What to record.

    ``path`` and ``cls`` name the shared object (None: the module itself), ``constructor`` the numbers that it is made
    with, ``assumed`` what is taken for granted of its collaborators. ``state`` gives for each name a Python expression
    over ``self`` and ``module``; the name ``clock`` (if not "") stands for the time. Other numbers as in
    ``runtime.Plan``.
    """

    mode: str
    path: str
    cls: str | None
    calls: Sequence[CallText]
    state: Mapping[str, str]
    constructor: Mapping[str, str]
    assumed: Assumed
    schedules: int = 50
    seed: int = 0
    callers: int = 3
    before: int = 2
    cancels: int = 0
    ticks: int = 0
    clock: str = ""


class _Noted(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Change(_Noted):
    """Variables with their new values, changed by code from ``line`` on and before ``until`` (0: not known)."""

    values: dict[str, Any]
    path: str
    line: int
    until: int


class Slice(_Noted):
    """One turn of ``who`` ("": time passed)."""

    who: str
    changes: tuple[Change, ...]


class Recorded(_Noted):
    """One schedule: calls by index, the turns of each set-up call, those of the overlapping ones, how they ended."""

    setup: tuple[int, ...]
    calls: dict[str, int]
    first: dict[str, Any]
    before: tuple[tuple[Slice, ...], ...]
    slices: tuple[Slice, ...]
    ended: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Recording:
    """The schedules that were recorded; ``reason`` says why there are none."""

    schedules: tuple[Recorded, ...]
    reason: str = ""


def record(wanted: Wanted, repo: Path, sandbox: Sandbox, limits: Limits = LIMITS) -> Recording:
    """Run the schedules in the sandbox and read what they noted. Raises CannotRebuild."""
    with tempfile.TemporaryDirectory(prefix="record-") as place:
        test = Path(place) / "test_record.py"
        test.write_text(script(wanted, repo), encoding="utf-8")
        told = sandbox.run(test, repo.resolve(), limits)
    try:
        schedules = tuple(Recorded.model_validate(dict(note)) for note in told.notes)
    except ValidationError:
        return Recording((), "the notes of the run are not what it was to write: the code under test changed them")
    if schedules:
        return Recording(schedules)
    lines = [line for line in told.text.splitlines() if line.startswith("E  ")] or told.text.splitlines()[-1:]
    why = " ".join(lines[-1].removeprefix("E").split())[:300] if lines else "it left no word"
    late = f"it did not end within {limits.seconds} seconds"
    return Recording((), late if told.late else f"the code could not run: {why}")


def script(wanted: Wanted, repo: Path) -> str:
    """The Python that records; the source below ``repo`` is read, nothing of it is run. Raises CannotRebuild."""
    reader = Reader(repo, wanted.assumed, wanted.constructor)
    made = reader.make(wanted.path, wanted.cls) if wanted.cls else None
    if not wanted.calls:
        raise CannotRebuild("no call of it can be written down")
    numbers = ("schedules", "seed", "callers", "before", "cancels", "ticks")
    lines = [
        *import_lines(made, {"Call", "Plan"}),
        "",
        "",
        *build_lines(made, wanted.path),
        "",
        "",
        "PLAN = Plan(",
        f"    mode={quoted(wanted.mode)},",
        f"    path={quoted(wanted.path)},",
        "    calls=[",
        *(f"        {reader.call(wanted.path, wanted.cls, c.op, c.arguments)}," for c in wanted.calls),
        "    ],",
        "    state={",
        *(f"        {quoted(name)}: lambda self, module: {code}," for name, code in wanted.state.items()),
        "    },",
        *(f"    {name}={getattr(wanted, name)}," for name in numbers),
        f"    clock={quoted(wanted.clock)},",
        ")",
        "",
        "",
        "def test_record():",
        "    runtime.record(PLAN, build)",
    ]
    return "\n".join(lines) + "\n"
