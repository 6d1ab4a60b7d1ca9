"""One night's work: what drifted, what the checker says now, and what is new since the last result."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal, TypeAlias

from code2tla import obeying, pipeline
from code2tla.authoring import taking_up
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

    ``new`` and ``gone`` are findings by id against the last result; ``rewritten`` the actions of code that says
    something else than before, ``taken_over`` how many others there are; ``since`` is the commit that each finding was
    first seen at.
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
    # What the compiler wrote it writes anew; what others wrote is kept, and only an author could bring it up to date.
    settings = replace(settings, spec_dir=spec_dir, classes=only, replay=None)
    if kept.result.author.name != "static":
        asked = settings.author not in ("static", "agent")
        settings = replace(settings, start="kept", author=settings.author if asked else taking_up.NAME)
    remembered = remembering.read(spec_dir / remembering.FILE_NAME) or State()
    done = pipeline.run(repo, feature, settings, on_event, remembered.passed)
    since = {name: remembered.findings.get(name, done.result.feature.commit) for name in findings(done.result)}
    passed = remembering.passed_by(done.checked)
    state = State(done.result.feature.commit, done.result.verdict, since, passed)
    remembering.write(spec_dir / remembering.FILE_NAME, state)
    return compared(kept, keeping.read(spec_dir), drifted, since)


def compared(then: Kept, now: Kept, drifted: Drift, since: Mapping[str, str | None]) -> Night:
    """Lay the new result beside the last one; ``since`` says at which commit each finding was first seen."""
    old, new = findings(then.result), findings(now.result)
    known = {_code(action) for _, action in _actions(then)}
    written = [(name, _code(action) in known) for name, action in _actions(now)]
    return Night(
        spec_dir=then.spec_dir,
        result=now.result,
        before=then.result,
        drift=drifted,
        new=tuple(f for f in new if f not in old),
        gone=tuple(f for f in old if f not in new),
        rewritten=tuple(name for name, as_before in written if not as_before),
        taken_over=sum(as_before for _, as_before in written),
        since=since,
    )


def findings(result: Result) -> list[str]:
    """The ids of a result's findings."""
    return [obeying.name(p, v.property) for p in result.parts or (result,) for v in p.violations]


def _actions(kept: Kept) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for provenance in kept.provenances:
        yield from ((f"{provenance['module']}.{name}", action) for name, action in provenance["actions"].items())


def _code(action: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    """What an action's code says, wherever it stands, and all of the functions that it stands in."""
    return tuple((source["code_sha256"], source["function_sha256"]) for source in action["sources"])
