"""Makes the stored results that the replays of the corpora are tested with: ``python make_results.py [CASE ...]``.

One run of the product on the buggy twin of each case; what replaying does not need is left out.
"""

from __future__ import annotations

import sys
import tempfile
from dataclasses import replace
from pathlib import Path

import corpora
from code2tla.pipeline import run
from code2tla.settings import load
from corpora.case import names
from reports import jsonio
from reports.result import Result, SpecResult

HOME = Path(__file__).parent / "results"


def trimmed(result: Result) -> Result:
    spec = SpecResult(result.spec.module, (), ())
    return replace(
        result,
        feature=replace(result.feature, repo=""),
        spec=spec,
        properties=(),
        notes=(),
        seconds={},
        parts=tuple(trimmed(part) for part in result.parts),
        violations=tuple(replace(v, serial=(), initial={}) for v in result.violations),
    )


def main(wanted: list[str]) -> None:
    HOME.mkdir(exist_ok=True)
    for name in wanted or names():
        with tempfile.TemporaryDirectory() as temporary:
            place = Path(temporary)
            built = corpora.build(name, place / "repo", "buggy")
            options = {"out": str(place / "out"), "cache": str(place / "cache"), "budget": "25"}
            result = run(built.repo, built.case.feature, load(built.repo, options, environ={})).result
        (HOME / f"{name}.json").write_text(jsonio.dumps(trimmed(result)), encoding="utf-8")
        print(name, result.verdict, len(result.violations), flush=True)  # noqa: T201 - a script


if __name__ == "__main__":
    main(sys.argv[1:])
