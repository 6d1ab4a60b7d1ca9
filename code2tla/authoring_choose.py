"""Who writes, as the settings say, and the transcript that every answer goes through."""

from __future__ import annotations

from pathlib import Path

from code2tla import runners
from code2tla.authoring import Told, WritingAuthor
from code2tla.authoring_tlc import TlcChecker
from code2tla.authors import Author as StaticAuthor
from code2tla.climb import Limits
from code2tla.errors import UsageError
from code2tla.events import OnEvent
from code2tla.rundir import RunDirectory
from code2tla.runners import Recorded as RecordedRuns
from code2tla.settings import Settings
from extractor.types import Facts
from specgen.authoring.agent import AgentAuthor
from specgen.authoring.recording import Recorded
from specgen.authoring.scripted import ScriptedAuthor, ScriptUnreadable
from specgen.authoring.transcript import Transcript, TranscriptUnreadable
from specgen.authoring.types import Author

TRANSCRIPT = "transcript.jsonl"


def choose(
    facts: Facts, settings: Settings, directory: RunDirectory, spec_dir: Path, told: Told, on_event: OnEvent
) -> StaticAuthor | WritingAuthor:
    """The author of a run. Raises UsageError for a script or transcript that cannot be read, and ToolError."""
    if settings.author == "static" and settings.replay is None:
        return StaticAuthor(facts, settings)
    runner, identity = runners.choose(settings)
    limits = Limits(settings.budget, settings.memory_mb, settings.states, settings.callers, settings.before)
    checker = TlcChecker(facts, RecordedRuns(runner, directory, identity), limits, on_event)
    return WritingAuthor(facts, settings, writer(settings, spec_dir), checker, told)


def writer(settings: Settings, spec_dir: Path) -> Author:
    """Whoever answers the tasks; what the transcript holds is answered from it."""
    try:
        transcript = (
            Transcript(settings.replay, replaying=True) if settings.replay else Transcript(spec_dir / TRANSCRIPT)
        )
        name, _, script = settings.author.partition(":")
        if name == "scripted":
            log = Path(f"{script}.log")
            return Recorded(ScriptedAuthor.of(Path(script), log), transcript)
        if name == "llm":
            raise UsageError("--author llm: not here yet")
        return Recorded(AgentAuthor(), transcript)
    except (ScriptUnreadable, TranscriptUnreadable) as error:
        raise UsageError(str(error)) from error
