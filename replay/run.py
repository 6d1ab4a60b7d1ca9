"""Writes the tests of a result's findings and, when asked to, runs them: the only place that lets target code run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

from replay.generate import DIRECTORY, Generated, generate
from replay.sandbox import ContainerUnavailable, Limits, Sandbox
from reports.result import Replay, Result, ViolationResult

#: By this, tests that an earlier run wrote are known.
_MARK = "from replay import runtime"

LIMITS = Limits()

_BEGUN = (
    "threads and tasks that the code starts itself, of which the specification knows nothing, went on when their call "
    "had to wait or the steps were over"
)

NOT_EXECUTED = "running it needs --execute, since it runs the code that was read"


def prepare(result: Result, repo: Path, spec_dir: Path) -> tuple[Result, Generated]:
    """Write ``repro/test_*.py`` into the specification directory, and name each in the result; runs nothing.

    What an earlier run of the same test said stays.
    """
    made = generate(result, repo)
    home = spec_dir / DIRECTORY
    if home.is_dir():
        for old in home.glob("test_*.py"):
            if old.name not in made.files and _MARK in (_read(old) or ""):
                old.unlink()
    if made.files:
        home.mkdir(parents=True, exist_ok=True)
    unchanged = {name for name, text in made.files.items() if _read(home / name) == text}
    for name, text in made.files.items():
        (home / name).write_text(text, encoding="utf-8")
    unrun = {
        (p, v): Replay("not_run", f"{DIRECTORY}/{name}", None, NOT_EXECUTED)
        for (p, v), name in made.tests.items()
        if name not in unchanged or (result.parts or (result,))[p].violations[v].replay.status == "not_run"
    }
    refused = {at: Replay("not_run", None, None, why) for at, why in made.refused.items()}
    return _with(result, unrun | refused), made


def execute(
    result: Result, made: Generated, repo: Path, spec_dir: Path, sandbox: Sandbox, limits: Limits = LIMITS
) -> Result:
    """Run each test on the repository in the sandbox, and put into the result what came of it."""
    home = (spec_dir / DIRECTORY).resolve()
    places = list(made.tests)

    def work(at: tuple[int, int]) -> Replay:
        return replace(_one(home / made.tests[at], repo.resolve(), sandbox, limits), sandbox=sandbox.name)

    with ThreadPoolExecutor(2, thread_name_prefix="replay") as pool:
        return _with(result, dict(zip(places, pool.map(work, places), strict=True)))


def _read(file: Path) -> str | None:
    try:
        return file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return None


def _one(test: Path, repo: Path, sandbox: Sandbox, limits: Limits) -> Replay:
    name = f"{DIRECTORY}/{test.name}"
    try:
        told = sandbox.run(test, repo, limits)
    except ContainerUnavailable as error:
        return Replay("not_run", name, None, str(error))
    if told.late:
        return Replay("not_run", name, None, f"it did not end within {limits.seconds} seconds")
    return _judged(name, told.notes[0] if told.notes else None, told.text)


def _judged(name: str, told: Mapping[str, object] | None, text: str) -> Replay:
    if told is None:
        lines = [line for line in text.splitlines() if line.startswith("E  ")] or text.splitlines()[-1:]
        why = " ".join(lines[-1].removeprefix("E").split())[:300] if lines else "it left no word"
        return Replay("not_run", name, None, f"the test could not run: {why}")
    parted = str(told.get("parted") or "")
    begun = _BEGUN if told.get("begun") is True else ""
    if told.get("status") == "failed":
        return Replay("confirmed", name, told.get("exact") is True, "; ".join(filter(None, (parted, begun))))
    why = parted or str(told.get("why") or "")
    return Replay("not_reproduced", name, None, "; ".join(filter(None, (why, begun))))


def _with(result: Result, found: Mapping[tuple[int, int], Replay]) -> Result:
    """The result with the replays put in, in its parts and in what it merges of them."""

    def part(p: int, one: Result) -> Result:
        return replace(one, violations=_replaced(one.violations, {v: r for (q, v), r in found.items() if q == p}))

    if not result.parts:
        return part(0, result)
    parts = tuple(part(p, one) for p, one in enumerate(result.parts))
    return replace(result, parts=parts, violations=tuple(v for one in parts for v in one.violations))


def _replaced(violations: Sequence[ViolationResult], found: Mapping[int, Replay]) -> tuple[ViolationResult, ...]:
    return tuple(replace(v, replay=found[n]) if n in found else v for n, v in enumerate(violations))
