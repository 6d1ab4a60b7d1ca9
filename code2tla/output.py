"""The specification directory: what a run leaves for people, for git, and for the other commands."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path

from code2tla import assemble
from code2tla.errors import InputError
from code2tla.fingerprint import Fingerprints
from code2tla.pieces import Piece
from code2tla.rundir import forget_unfinished, write_text
from code2tla.source import Lines
from extractor.types import Facts
from reports import html, jsonio, junit, markdown, sarif, summary
from reports.result import Result, Source
from specgen.types import Plan

PROVENANCE = "provenance.json"


def directory(out: Path, repo: Path, feature: str) -> Path:
    """``specs/<feature>`` under ``out``: the feature's path with dots between its parts, or the repository's name."""
    path = Path(feature)
    parts = path.with_suffix("").parts if path.suffix == ".py" else path.parts
    name = ".".join(parts) or repo.name
    return out / "specs" / (re.sub(r"[^\w.-]", "_", name).lstrip(".") or "feature")


def write(
    spec_dir: Path, facts: Facts, plan: Plan, pieces: Sequence[Piece], result: Result, templates: Path | None = None
) -> None:
    """Write everything; one piece lies flat, several have a directory each. Raises InputError if it can't.

    ``templates`` is where the report's compiled templates are kept.
    """
    prints = Fingerprints(facts)
    forget_unfinished(spec_dir)
    for piece in pieces:
        home = spec_dir if len(pieces) == 1 else spec_dir / piece.spec.module
        for name, text in piece.files.items():
            write_text(home / name, text)
        for old in (home / "traces").glob("*.itf.json"):
            if f"traces/{old.name}" not in piece.files:  # of a finding that is none any more
                old.unlink(missing_ok=True)
        if PROVENANCE not in piece.files:
            write_text(home / PROVENANCE, as_text(assemble.provenance(piece.spec, prints)))
        if len(pieces) > 1:
            write_text(home / "result.json", jsonio.dumps(piece.result))
    write_text(spec_dir / "plan.json", as_text(_plan(plan)))
    write_text(spec_dir / "result.json", jsonio.dumps(result))
    write_reports(spec_dir, result, Lines.of(facts), templates)


def write_result(spec_dir: Path, result: Result) -> None:
    """Write a result again, and those of its parts where they lie."""
    write_text(spec_dir / "result.json", jsonio.dumps(result))
    for part in result.parts:
        home = spec_dir / part.spec.module
        if part.spec.module and (home / "result.json").is_file():
            write_text(home / "result.json", jsonio.dumps(part))


def write_reports(spec_dir: Path, result: Result, lines: Lines, templates: Path | None = None) -> None:
    """Draw the reports from a result and the source it speaks of."""
    write_text(spec_dir / "report.md", markdown.render(result))
    write_text(spec_dir / "report.html", html.render(result, lines.files(paths(result)), templates=templates))
    write_text(spec_dir / "results.sarif", sarif.dumps(result))
    write_text(spec_dir / "junit.xml", junit.dumps(result))


def summarise(result: Result) -> None:
    """Append the step summary where GitHub's runner asks for one. Raises InputError if it can't."""
    if asked := os.environ.get("GITHUB_STEP_SUMMARY"):
        try:
            summary.append(result, Path(asked))
        except OSError as error:
            raise InputError(f"{asked}: cannot be written ({error.strerror}); unset GITHUB_STEP_SUMMARY") from error


def paths(result: Result) -> list[str]:
    """Every file that the result speaks of, sorted."""
    return sorted({s.path for part in (result, *result.parts) for s in _sources(part)})


def read_result(spec_dir: Path) -> Result:
    """The result in a specification directory. Raises InputError, or what jsonio raises for a damaged one."""
    path = spec_dir / "result.json"
    try:
        return jsonio.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        why = getattr(error, "strerror", None) or "not UTF-8"
        raise InputError(f"{path}: cannot be read ({why}); give a directory that `code2tla run` wrote") from error


def _sources(result: Result) -> Iterator[Source]:
    for action in result.spec.actions:
        yield from action.sources
    for prop in result.properties:
        yield from prop.sources
    for violation in result.violations:
        yield from (step.source for step in violation.trace if step.source)
    yield from (found.source for found in result.nondeterminism)
    yield from (found.now for found in result.history if found.now)


def _plan(plan: Plan) -> dict[str, object]:
    return {
        "schema": "code2tla/plan/1",
        "feature": plan.feature,
        "targets": [asdict(target) for target in plan.targets],
        "skipped": dict(plan.skipped),
        "only": list(plan.only),
    }


def as_text(value: object) -> str:
    """A value as the JSON files of the directory hold it."""
    return json.dumps(value, indent=2, ensure_ascii=True) + "\n"
