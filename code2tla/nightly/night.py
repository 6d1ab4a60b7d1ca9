"""One night's work: what drifted, what the checker says now, and what is new since the last result."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal, TypeAlias

from code2tla import obeying, pipeline
from code2tla.events import OnEvent
from code2tla.nightly import kept as keeping
from code2tla.nightly import state as remembering
from code2tla.nightly.drift import Drift, drift
from code2tla.nightly.kept import Kept
from code2tla.nightly.state import State
from code2tla.settings import Settings
from reports.result import Result

FailOn: TypeAlias = Literal["violation", "stale", "inconclusive", "never"]


@dataclass(frozen=True, slots=True)
class Night:
    """What one check of a later commit found.

    ``new`` and ``gone`` are findings by id against the last result; ``rewritten`` the actions whose definition was
    written anew, ``taken_over`` how many were not; ``since`` is the commit that each finding was first seen at.
    """

    spec_dir: Path
    result: Result
    before: Result
    drift: Drift
    new: tuple[str, ...]
    gone: tuple[str, ...]
    rewritten: tuple[str, ...]
    taken_over: int
    since: Mapping[str, str | None]

    def status(self, fail_on: FailOn | None) -> int:
        """The exit status: that of ``code2tla run``, or with ``fail_on`` only what is at least that bad."""
        status = pipeline.exit_status(self.result)
        if status in (2, 4) or fail_on is None:
            return status
        stale = 3 if self.drift.stale and self.stale_stays else 0
        match fail_on:
            case "never":
                return 0
            case "violation":
                return 1 if status == 1 else 0
            case "stale":
                return 1 if status == 1 else stale
            case "inconclusive":
                return status or stale

    @property
    def stale_stays(self) -> bool:
        """Whether stale actions are still in the specification: the compiler writes them anew, others cannot."""
        return self.result.author.name != "static"


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
    settings = replace(settings, spec_dir=spec_dir, classes=only)
    remembered = remembering.read(spec_dir / remembering.FILE_NAME) or State()
    done = pipeline.run(repo, feature, settings, on_event, remembered.passed)
    since = {name: remembered.findings.get(name, done.result.feature.commit) for name in findings(done.result)}
    passed = remembering.passed_by(done.checked)
    state = State(done.result.feature.commit, done.result.verdict, since, passed)
    remembering.write(spec_dir / remembering.FILE_NAME, state)
    return compared(kept, done.result, drifted, since)


def compared(kept: Kept, result: Result, drifted: Drift, since: Mapping[str, str | None]) -> Night:
    """Lay the new result beside the last one; ``since`` says at which commit each finding was first seen."""
    then, now = findings(kept.result), findings(result)
    old_texts, new_texts = _actions(kept.result), _actions(result)
    rewritten = tuple(name for name, text in new_texts.items() if old_texts.get(name) != text)
    return Night(
        spec_dir=kept.spec_dir,
        result=result,
        before=kept.result,
        drift=drifted,
        new=tuple(f for f in now if f not in then),
        gone=tuple(f for f in then if f not in now),
        rewritten=rewritten,
        taken_over=len(new_texts) - len(rewritten),
        since=since,
    )


def findings(result: Result) -> list[str]:
    """The ids of a result's findings."""
    return [obeying.name(p, v.property) for p in _parts(result) for v in p.violations]


def _actions(result: Result) -> Mapping[str, str]:
    return {obeying.name(p, a.name): a.text for p in _parts(result) for a in p.spec.actions}


def _parts(result: Result) -> Sequence[Result]:
    return result.parts or (result,)
