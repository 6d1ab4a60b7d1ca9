"""Who answers the tasks, as the settings say, and the transcript that every answer goes through."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from code2tla import models, runners
from code2tla.authoring import kept, taking_up
from code2tla.authoring.author import Told, WritingAuthor
from code2tla.authoring.checker import TlcChecker
from code2tla.bounds import Limits
from code2tla.errors import UsageError
from code2tla.events import OnEvent
from code2tla.nightly import kept as keeping
from code2tla.rundir import RunDirectory, write_text
from code2tla.settings import Settings
from extractor.explore import Tool, tools
from extractor.types import Facts
from specgen.authoring.agent import AgentAuthor
from specgen.authoring.llm.recorded import recorded_models
from specgen.authoring.recording import Recorded, Recording
from specgen.authoring.scripted import ScriptedAuthor, ScriptUnreadable
from specgen.authoring.transcript import Transcript, TranscriptDiverges, TranscriptUnreadable
from specgen.authoring.types import Author

TRANSCRIPT = "transcript.jsonl"


def choose(
    facts: Facts, settings: Settings, directory: RunDirectory, spec_dir: Path, told: Told, on_event: OnEvent
) -> WritingAuthor:
    """Who answers the tasks. Raises UsageError for a script or transcript that cannot be read, and ToolError."""
    limits = replace(Limits.of(settings), sweep=False)
    checker = TlcChecker(facts, runners.recorded(settings, directory), limits, on_event)
    if settings.author == taking_up.NAME:
        return taking_up.unasked(facts, settings, keeping.read(spec_dir), checker, told)
    try:
        transcript = _transcript(settings, spec_dir)
        author = _writer(settings, transcript, looks(facts, settings, told))
    except (ScriptUnreadable, TranscriptUnreadable) as error:
        raise UsageError(str(error)) from error
    if settings.start == "kept":
        return taking_up.asked(facts, settings, _taken(facts, spec_dir, transcript, author), checker, told, author)
    return WritingAuthor(facts, settings, author, checker, told)


def _writer(settings: Settings, transcript: Transcript, explorers: Sequence[Tool]) -> Author:
    """Whoever answers the tasks; what the transcript holds is answered from it."""
    name, _, script = settings.author.partition(":")
    if name == "scripted" and settings.replay is None:
        return Recorded(ScriptedAuthor.of(Path(script), Path(f"{script}.log")), transcript)
    if name == "llm" or (settings.replay and recorded_models(settings.replay)):
        return models.author(settings.models, transcript, explorers)
    if settings.replay is None:
        return Recorded(AgentAuthor(), transcript)
    return Recorded(Recording(settings.replay, last=settings.start == "kept"), transcript)


def _taken(facts: Facts, spec_dir: Path, transcript: Transcript, author: Author) -> kept.Taken:
    """What a run goes on from: the specification directory as it was when the run on this code first began."""
    about = {"author": author.name, "code": kept.code(facts)}
    try:
        return kept.from_json(transcript.start(about, lambda: kept.as_json(kept.read(keeping.read(spec_dir), facts))))
    except TranscriptDiverges as error:
        raise UsageError(str(error)) from error


def looks(facts: Facts, settings: Settings, told: Told) -> tuple[Tool, ...]:
    """The tools of an author that looks around before it answers."""

    def past(path: str) -> list[str]:
        return [
            f"{note.commit[:12]} {note.date[:10]} {note.kind} {note.mechanism}: {note.subject}"
            for note in told.history
            if path in ("", ".") or (note.now and note.now.path.startswith(path))
        ]

    return tools(Path(facts.repo), facts.feature, past, settings.index_file)


def _transcript(settings: Settings, spec_dir: Path) -> Transcript:
    """The transcript of the specification directory; of a replay, the one that is replayed, and a copy of it there."""
    own = spec_dir / TRANSCRIPT
    if settings.replay is None:
        return Transcript(own)
    if not settings.replay.is_file():
        raise UsageError(f"--replay {settings.replay}: there is no such file")
    replayed = Transcript(settings.replay, replaying=True)
    if settings.replay.resolve() != own.resolve():
        write_text(own, settings.replay.read_text(encoding="utf-8"))
    return replayed
