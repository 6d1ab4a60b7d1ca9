"""The main job, stage by stage: facts, plan, specification, check, result, reports."""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from functools import partial
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

import extractor
from code2tla import decisions, history, obeying, output, passing, replaying, runners
from code2tla.authors import Author
from code2tla.bounds import Limits
from code2tla.check import check_kept
from code2tla.checked import Checked, Passed
from code2tla.errors import ToolError, UsageError
from code2tla.events import Event, Found, OnEvent, RunEnded, StageBegan, StageEnded
from code2tla.pieces import Piece, Written, concluded, with_results
from code2tla.rundir import RunDirectory
from code2tla.settings import Settings
from extractor.errors import ExtractorError
from extractor.history import History
from extractor.types import Facts
from reports.result import Result
from specgen.authoring.transcript import TranscriptDiverges
from specgen.static import Extraction
from specgen.types import Plan, Spec, Target
from tlc_runner.errors import TlcRunnerError

if TYPE_CHECKING:  # what answers tasks is loaded where somebody answers
    from code2tla.authoring.author import WritingAuthor

#: The exit status of each verdict.
STATUS = {"verified": 0, "violated": 1, "inconclusive": 3, "failed": 4}


@dataclass(frozen=True, slots=True)
class Run:
    """What a run leaves: the result, the directory it was written to, the exit status, and what was checked.

    ``extracted`` is what it took to write each specification, by module; empty where a model or an agent wrote.
    """

    result: Result
    spec_dir: Path
    exit_status: int
    checked: tuple[tuple[Spec, Checked], ...] = ()
    extracted: Mapping[str, Extraction] = field(default_factory=lambda: MappingProxyType({}))


def run(
    repo: Path,
    feature: str,
    settings: Settings,
    on_event: OnEvent | None = None,
    earlier: Mapping[str, Passed] = MappingProxyType({}),
    facts: Facts | None = None,
) -> Run:
    """Take a feature of a repository the whole way; writes ``specs/<feature>/`` under ``settings.out``.

    ``earlier`` says, by the digest of a specification's text, what need not be explored again; ``facts`` are the
    feature's where it has been read already.

    Raises UsageError for input that cannot be used and ToolError for a tool that is missing; a feature that was
    read but could not be modelled or checked ends in a Result that says so.
    """
    work = Workshop(repo, feature, settings, on_event, earlier)
    facts = work.index(facts)
    past = work.history(facts)
    author = work.author(facts, past)
    plan = work.plan(author)
    written = work.write(author, plan)
    checked = work.check(author, written.specs) if written.specs else []
    result, pieces = work.conclude(facts, author, plan, written, checked)
    result, pieces = work.audit(facts, author, past, written, checked, result, pieces)
    result, pieces = work.remember(past, author, written, result, pieces)
    result, pieces = work.decide(result, pieces)
    result, pieces = work.replay(result, pieces)
    result, pieces = work.conform(facts, written, result, pieces)
    result = replace(result, seconds=dict(work.seconds))
    spec_dir = work.report(facts, plan, pieces, result)
    specs = [spec for _, spec in written.specs]
    extracted = author.extracted if isinstance(author, Author) else {}
    return Run(result, spec_dir, exit_status(result), tuple(zip(specs, checked, strict=True)), extracted)


def exit_status(result: Result) -> int:
    """The status to end with; violations that people have decided on let a run pass."""
    return STATUS[result.verdict] if obeying.stands(result) or result.verdict != "violated" else 0


def index(repo: Path, feature: str, settings: Settings) -> Facts:
    """The facts of a feature. Raises UsageError."""
    try:
        return extractor.index(repo, feature, settings.index_file)
    except ExtractorError as error:
        raise UsageError(str(error)) from error


@contextmanager
def _tool_errors() -> Iterator[None]:
    try:
        yield
    except TlcRunnerError as error:
        raise ToolError(str(error)) from error
    except TranscriptDiverges as error:
        raise UsageError(str(error)) from error


class Workshop:
    """The stages of one run, and what they share: settings, run directory, events."""

    def __init__(
        self,
        repo: Path,
        feature: str,
        settings: Settings,
        on_event: OnEvent | None = None,
        earlier: Mapping[str, Passed] = MappingProxyType({}),
    ) -> None:
        self.repo = repo
        self.feature = feature
        self.settings = settings
        self.earlier = earlier
        self.directory = RunDirectory.of(settings.cache, repo.resolve(), feature)
        self.spec_dir = settings.out
        self._on_event = on_event
        self.seconds: dict[str, float] = {}

    def index(self, known: Facts | None = None) -> Facts:
        """Read the feature, unless it is known. Raises UsageError, also for settings that contradict each other."""
        if self.settings.conformance and not self.settings.execute:
            raise UsageError("--conformance runs the target's own code; give --execute to let it")
        with self._stage("index", f"reading {self.feature}"):
            facts = known or index(self.repo, self.feature, self.settings)
        default = output.directory(self.settings.out, self.repo.resolve(), facts.feature)
        self.spec_dir = self.settings.spec_dir or default
        return facts

    def author(self, facts: Facts, past: History) -> Author | WritingAuthor:
        """Choose who writes, and hand over what git and people say. Raises UsageError and ToolError."""
        decided = decisions.read(self.spec_dir, dt.datetime.now().astimezone().date())
        if self.settings.author == "static" and self.settings.replay is None:
            return Author(facts, self.settings, self.directory)
        from code2tla.authoring import choose as choosing  # noqa: PLC0415 - it would slow down every other run
        from code2tla.authoring.author import Told  # noqa: PLC0415 - the same

        told = Told.of(past, decided)
        return choosing.choose(facts, self.settings, self.directory, self.spec_dir, told, self._tell)

    def history(self, facts: Facts) -> History:
        """Read what git tells of the feature."""
        with self._stage("history", "reading the history"):
            return history.in_a_run(facts, self.directory)

    def plan(self, author: Author | WritingAuthor) -> Plan:
        """Choose the shared objects to model."""
        with self._stage("plan", "choosing what to model"):
            return author.plan()

    def write(self, author: Author | WritingAuthor, plan: Plan) -> Written:
        """Write a specification of each."""
        specs: list[tuple[Target, Spec]] = []
        refused: list[tuple[Target, str]] = []
        with self._stage("write", "writing the specification"), _tool_errors():
            for target in plan.targets:
                made = author.write(target)
                if isinstance(made, Spec):
                    specs.append((target, made))
                else:
                    refused.append((target, made))
        for mistake in author.mistakes:
            self.directory.log("Mistake", traceback=mistake)
        return Written(tuple(specs), tuple(refused))

    def check(self, author: Author | WritingAuthor, specs: Sequence[tuple[Target, Spec]]) -> list[Checked]:
        """Check the specifications; the budget is for all of them together, save where their author checks them."""
        if not isinstance(author, Author):
            with self._stage("check", "checking what was written"), _tool_errors():
                return author.check([spec for _, spec in specs])
        oracle = runners.recorded(self.settings, self.directory)
        limits = Limits.of(self.settings)
        with self._stage("check", "starting TLC"), _tool_errors():
            return check_kept([spec for _, spec in specs], oracle, limits, self._tell, self.earlier)

    def conclude(
        self, facts: Facts, author: Author | WritingAuthor, plan: Plan, written: Written, checked: Sequence[Checked]
    ) -> tuple[Result, list[Piece]]:
        """Put the parts together into one result."""
        return concluded(facts, author, plan, written, checked)

    def audit(
        self,
        facts: Facts,
        author: Author | WritingAuthor,
        past: History,
        written: Written,
        checked: Sequence[Checked],
        result: Result,
        pieces: Sequence[Piece],
    ) -> tuple[Result, list[Piece]]:
        """Try every pass against mutants of its specification: one that notices none is no pass."""
        candidates = [
            passing.Candidate(spec, seen, partial(author.program, target), partial(author.rewritten, target))
            if isinstance(author, Author)
            else passing.Candidate(spec, seen)
            for (target, spec), seen in zip(written.specs, checked, strict=True)
        ]
        if self.settings.audit_budget and any(p.checked.verdict == "verified" for p in candidates):
            oracle = runners.recorded(self.settings, self.directory)
            with self._stage("audit", "trying mutants of the specification"), _tool_errors():
                result = passing.through(result, candidates, facts, past.findings, oracle, self.settings)
        return result, with_results(pieces, result)

    def remember(
        self, past: History, author: Author | WritingAuthor, written: Written, result: Result, pieces: Sequence[Piece]
    ) -> tuple[Result, list[Piece]]:
        """Say of each change in the history whether a specification models it."""
        found = author.remembered(history.modelled(past.findings, [spec for _, spec in written.specs]))
        result = replace(result, history=found, notes=(*result.notes, *history.notes(past)))
        return result, with_results(pieces, result)

    def decide(self, result: Result, pieces: Sequence[Piece]) -> tuple[Result, list[Piece]]:
        """Obey ``decisions.toml``. Raises SettingError for a file that cannot be read."""
        result = obeying.obeyed(result, decisions.read(self.spec_dir, dt.datetime.now().astimezone().date()))
        result = obeying.doubted(result)
        return result, with_results(pieces, result)

    def replay(self, result: Result, pieces: Sequence[Piece]) -> tuple[Result, list[Piece]]:
        """Write each finding as a test of the real code; with ``execute``, run the tests."""
        with self._stage("replay", "replaying on the real code" if self.settings.execute else "writing tests"):
            result = replaying.replay(result, self.repo, self.spec_dir, self.settings)
        return result, with_results(pieces, result)

    def conform(
        self, facts: Facts, written: Written, result: Result, pieces: Sequence[Piece]
    ) -> tuple[Result, list[Piece]]:
        """With ``conformance``, compare steps of the real code with the specifications."""
        if self.settings.conformance:
            from code2tla import conforming  # noqa: PLC0415 - few runs compare

            with self._stage("conform", "comparing with the real code"), _tool_errors():
                result = conforming.conformed(result, written.specs, facts, self.repo, self.settings)
        return result, with_results(pieces, result)

    def report(self, facts: Facts, plan: Plan, pieces: Sequence[Piece], result: Result) -> Path:
        """Write the specification directory."""
        with self._stage("report", "writing the report"):
            output.write(self.spec_dir, facts, plan, pieces, result, self.settings.templates)
            decisions.ask(self.spec_dir, obeying.open_questions(result))
        return self.spec_dir

    @contextmanager
    def _stage(self, stage: str, text: str) -> Iterator[None]:
        self._tell(StageBegan(stage, text))
        began = time.monotonic()
        yield
        self.seconds[stage] = round(time.monotonic() - began, 4)
        self._tell(StageEnded(stage, self.seconds[stage]))

    def _tell(self, event: Event) -> None:
        if isinstance(event, StageEnded | RunEnded | Found):
            self.directory.log(type(event).__name__, **asdict(event))
        if self._on_event:
            self._on_event(event)
