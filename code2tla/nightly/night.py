"""One night's work: what drifted, what the checker says now, and what is new since the last result."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal, TypeAlias

from code2tla import obeying, pipeline
from code2tla.authoring import taking_up
from code2tla.authors import EXTRACTED
from code2tla.events import OnEvent
from code2tla.nightly import kept as keeping
from code2tla.nightly import state as remembering
from code2tla.nightly.drift import Drift, drift
from code2tla.nightly.kept import Kept
from code2tla.nightly.state import State
from code2tla.pipeline import Run
from code2tla.rundir import RunDirectory
from code2tla.settings import Settings
from reports.result import Result
from specgen.static import Extraction

FailOn: TypeAlias = Literal["violation", "stale", "inconclusive", "never"]


@dataclass(frozen=True, slots=True)
class Night:
    """What one check of a later commit found.

    ``new`` and ``gone`` are findings by id against the last result; ``rewritten`` the actions that were written anew,
    ``taken_over`` how many others there are; ``extracted`` says by module which operations were extracted again and
    why; ``since`` is the commit that each finding was first seen at.
    """

    spec_dir: Path
    result: Result
    before: Result
    drift: Drift
    new: tuple[str, ...]
    gone: tuple[str, ...]
    rewritten: tuple[str, ...]
    taken_over: int
    extracted: Mapping[str, Extraction]
    since: Mapping[str, str | None]

    def status(self, fail_on: FailOn | None) -> int:
        """The exit status: that of ``code2tla run``, or with ``fail_on`` only what is at least that bad."""
        status = pipeline.exit_status(self.result)
        if status in (2, 4) or fail_on is None:
            return status
        flags = (flag for part in (self.result, *self.result.parts) for flag in part.flags)
        stale = 3 if any(flag.kind == "stale" for flag in flags) else 0
        match fail_on:
            case "never":
                return 0
            case "violation":
                return 1 if status == 1 else 0
            case "stale":
                return 1 if status == 1 else stale
            case "inconclusive":
                return status or stale


def night(spec_dir: Path, repo: Path, settings: Settings, on_event: OnEvent | None = None) -> Night:
    """Check a specification directory against its code as it is now, and leave the new result there.

    Raises UsageError for a directory or a feature that is not there, ToolError for a tool that is missing.
    """
    kept = keeping.read(spec_dir)
    feature = keeping.feature_now(kept, repo)
    facts = pipeline.index(repo, feature, settings)
    classes = {s.name for s in facts.symbols if s.kind == "class"}
    only = settings.classes or tuple(name for name in kept.only if name in classes)
    drifted = drift(kept.provenances, facts)
    # What the compiler wrote it writes anew; what others wrote is kept, and only an author could bring it up to date.
    settings = replace(settings, spec_dir=spec_dir, classes=only, replay=None)
    if kept.result.author.name == "static":
        settings = replace(settings, author="static")
    else:
        author = taking_up.NAME if settings.author == "static" else settings.author
        settings = replace(settings, start="kept", author=author)
    if feature != kept.result.feature.path:  # what was extracted of it is kept under its old name
        directory = RunDirectory.of(settings.cache, repo.resolve(), feature)
        directory.take(EXTRACTED, RunDirectory.of(settings.cache, repo.resolve(), kept.result.feature.path))
    remembered = remembering.read(spec_dir / remembering.FILE_NAME) or State()
    done = pipeline.run(repo, feature, settings, on_event, remembered.passed, facts)
    since = {name: remembered.findings.get(name, done.result.feature.commit) for name in findings(done.result)}
    passed = remembering.passed_by(done.checked)
    state = State(done.result.feature.commit, done.result.verdict, since, passed)
    remembering.write(spec_dir / remembering.FILE_NAME, state)
    return compared(kept, done, drifted, since)


def compared(then: Kept, done: Run, drifted: Drift, since: Mapping[str, str | None]) -> Night:
    """Lay the new result beside the last one; ``since`` says at which commit each finding was first seen."""
    old, new = findings(then.result), findings(done.result)
    written = list(_written(then, done, drifted))
    return Night(
        spec_dir=then.spec_dir,
        result=done.result,
        before=then.result,
        drift=drifted,
        new=tuple(f for f in new if f not in old),
        gone=tuple(f for f in old if f not in new),
        rewritten=tuple(name for name, anew in written if anew),
        taken_over=sum(not anew for _, anew in written),
        extracted=done.extracted,
        since=since,
    )


def findings(result: Result) -> list[str]:
    """The ids of a result's findings."""
    return [obeying.name(p, v.property) for p in result.parts or (result,) for v in p.violations]


def _written(then: Kept, done: Run, drifted: Drift) -> Iterator[tuple[str, bool]]:
    """Each action, and whether it was written anew: its operation was lowered, or its author was asked for it."""
    before = {(p["module"], name) for p in then.provenances for name in p["actions"]}
    parts = done.result.parts or (done.result,)
    left = {(part.spec.module, flag.subject) for part in parts for flag in part.flags if flag.kind == "stale"}
    asked = {(a.module, a.action) for a in drifted.stale} - left
    for spec, _ in done.checked:
        extraction = done.extracted.get(spec.module)
        for action in spec.actions:
            key = (spec.module, action.name)
            anew = key in asked or key not in before if extraction is None else action.operation in extraction.anew
            yield ".".join(key), anew
