"""Runs the product on the twins of cases and has the results judged."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path

from code2tla.errors import ToolError, UsageError
from code2tla.pipeline import run
from code2tla.settings import load as load_settings
from corpora.case import Twin, load
from corpora.history import BuiltCase, build
from corpora.judge import Row, expected, judge
from reports.result import Result

#: Seconds of model checking a twin; with all else it leaves a run below twenty seconds.
BUDGET = 9.0
#: Seconds for the audit of a twin that passes.
AUDIT = 8.0
TWINS: tuple[Twin, ...] = ("buggy", "fixed")


@dataclass(frozen=True, slots=True)
class Options:
    """How each run is done: ``runner`` as for the command, ``budget`` in seconds of model checking a twin.

    ``keep`` is the directory where repositories and results stay, in ``NAME-TWIN``; None: they are temporary.
    """

    runner: str = "auto"
    budget: float = BUDGET
    keep: Path | None = None


def check(name: str, twin: Twin, options: Options = Options()) -> Row:
    """Build ``twin`` of the case ``name``, run the product on it, and judge the result.

    Raises CaseError and BuildError; an error of the product is a row with the verdict ``failed``.
    """
    case = load(name)
    with tempfile.TemporaryDirectory(prefix=f"corpora-{name}-") as temporary:
        place = options.keep / f"{name}-{twin}" if options.keep else Path(temporary)
        built = build(case, place / "repo", twin)
        started = time.monotonic()
        result = _run(built, place, options)
        seconds = time.monotonic() - started
        if isinstance(result, str):
            return Row(case.name, twin, expected(twin), "failed", ok=False, seconds=seconds, why=result)
        return judge(built, twin, result, seconds)


def check_all(names: Sequence[str], options: Options = Options(), jobs: int = 1) -> Iterator[Row]:
    """The rows of both twins of every case, in order, as soon as they are there; ``jobs`` run at the same time."""
    todo = [(name, twin) for name in names for twin in TWINS]
    if jobs <= 1:
        for name, twin in todo:
            yield check(name, twin, options)
        return
    with ProcessPoolExecutor(jobs, mp_context=get_context("spawn")) as pool:
        yield from pool.map(check, *zip(*todo, strict=True), [options] * len(todo))


def _run(built: BuiltCase, place: Path, options: Options) -> Result | str:
    wanted = {
        "out": str(place / "out"),
        "cache": str(place / "cache"),
        "budget": str(options.budget),
        "runner": options.runner,
        "audit-budget": str(AUDIT),
    }
    try:
        settings = load_settings(built.repo, wanted, environ={})
        return run(built.repo, built.case.feature, settings).result
    except (ToolError, UsageError) as error:
        return str(error)
