"""The main job, stage by stage: facts, plan, specification, check, result, reports."""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from types import MappingProxyType

import extractor
from code2tla import (
    assemble,
    conforming,
    decisions,
    history,
    itf,
    obeying,
    output,
    passing,
    replaying,
    runners,
)
from code2tla.authoring import choose as choosing
from code2tla.authoring.author import Told, WritingAuthor
from code2tla.authoring.judged import doubted
from code2tla.authors import Author
from code2tla.bounds import LADDER, Limits
from code2tla.check import check_all
from code2tla.checked import Checked, Passed
from code2tla.errors import ToolError, UsageError
from code2tla.events import Event, Found, OnEvent, RunEnded, StageBegan, StageEnded
from code2tla.output import Piece
from code2tla.rundir import RunDirectory, digest
from code2tla.runners import Recorded
from code2tla.settings import Settings
from code2tla.source import Lines
from code2tla.trace import Context
from extractor.errors import ExtractorError
from extractor.history import History
from extractor.types import Facts
from reports.result import Result
from specgen import printing
from specgen.authoring.transcript import TranscriptDiverges
from specgen.types import Plan, Spec, Target
from tlc_runner.errors import TlcRunnerError

#: The exit status of each verdict.
STATUS = {"verified": 0, "violated": 1, "inconclusive": 3, "failed": 4}


@dataclass(frozen=True, slots=True)
class Run:
    """What a run leaves: the result, the directory it was written to, the exit status, and what was checked."""

    result: Result
    spec_dir: Path
    exit_status: int
    checked: tuple[tuple[Spec, Checked], ...] = ()


def run(
    repo: Path,
    feature: str,
    settings: Settings,
    on_event: OnEvent | None = None,
    earlier: Mapping[str, Passed] = MappingProxyType({}),
) -> Run:
    """Take a feature of a repository the whole way; writes ``specs/<feature>/`` under ``settings.out``.

    ``earlier`` says, by the digest of a specification's text, what need not be explored again.

    Raises UsageError for input that cannot be used and ToolError for a tool that is missing; a feature that was
    read but could not be modelled or checked ends in a Result that says so.
    """
    work = Workshop(repo, feature, settings, on_event, earlier)
    facts = work.index()
    past = work.history(facts)
    author = work.author(facts, past)
    plan = work.plan(author)
    written = work.write(author, plan)
    checked = work.check(author, written.specs) if written.specs else []
    result, pieces = work.conclude(facts, author, plan, written, checked)
    result, pieces = work.audit(author, past, written, checked, result, pieces)
    result, pieces = work.remember(past, author, written, result, pieces)
    result, pieces = work.decide(result, pieces)
    result, pieces = work.replay(result, pieces)
    result, pieces = work.conform(facts, written, result, pieces)
    spec_dir = work.report(facts, plan, pieces, result)
    specs = [spec for _, spec in written.specs]
    return Run(result, spec_dir, exit_status(result), tuple(zip(specs, checked, strict=True)))


def exit_status(result: Result) -> int:
    """The status to end with; violations that people have decided on let a run pass."""
    return STATUS[result.verdict] if obeying.stands(result) or result.verdict != "violated" else 0


def index(repo: Path, feature: str, settings: Settings) -> Facts:
    """The facts of a feature. Raises UsageError."""
    try:
        return extractor.index(repo, feature, settings.index_file)
    except ExtractorError as error:
        raise UsageError(str(error)) from error


@dataclass(frozen=True, slots=True)
class Written:
    """What the author wrote: a specification per shared object, and the objects it could not write one for."""

    specs: tuple[tuple[Target, Spec], ...]
    refused: tuple[tuple[Target, str], ...]


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

    def index(self) -> Facts:
        """Read the feature."""
        with self._stage("index", f"reading {self.feature}"):
            facts = index(self.repo, self.feature, self.settings)
        default = output.directory(self.settings.out, self.repo.resolve(), facts.feature)
        self.spec_dir = self.settings.spec_dir or default
        return facts

    def author(self, facts: Facts, past: History) -> Author | WritingAuthor:
        """Choose who writes, and hand over what git and people say. Raises UsageError and ToolError."""
        decided = decisions.read(self.spec_dir, dt.datetime.now().astimezone().date())
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
        if isinstance(author, WritingAuthor):
            with self._stage("check", "checking what was written"), _tool_errors():
                return author.check([spec for _, spec in specs])
        runner, identity = runners.choose(self.settings)
        oracle = Recorded(runner, self.directory, identity)
        limits = Limits(
            seconds=self.settings.budget,
            memory_mb=self.settings.memory_mb,
            states=self.settings.states,
            callers=self.settings.callers,
            before=self.settings.before,
            sweep=self.settings.sweep,
        )
        with self._stage("check", "starting TLC"), _tool_errors():
            keys = [digest(identity, spec, limits, len(specs)) for _, spec in specs]
            known = {key: kept for key in keys if isinstance(kept := self.directory.get("check", key), Checked)}
            if limits.sweep:  # what an earlier sweep found is only where this one begins
                known = {}
            new = {key: spec for key, (_, spec) in zip(keys, specs, strict=True) if key not in known}
            made = check_all(list(new.values()), oracle, limits, self._tell, self._passed(new.values()))
            for key, checked in zip(new, made, strict=True):
                known[key] = checked
                # One that had no time to learn anything may have it next time.
                if checked.rungs or checked.findings:
                    self.directory.put("check", key, checked)
        return [known[key] for key in keys]

    def _passed(self, specs: Iterable[Spec]) -> dict[str, Passed]:
        """By module, what earlier checks passed, where the specification is still the same."""
        return {spec.module: found for spec in specs if (found := self.earlier.get(digest(spec.text)))}

    def conclude(
        self, facts: Facts, author: Author | WritingAuthor, plan: Plan, written: Written, checked: Sequence[Checked]
    ) -> tuple[Result, list[Piece]]:
        """Put the parts together into one result."""
        lines = Lines.of(facts)
        notes = [f"{p.span.path}:{p.span.line} was not read: {p.text}." for p in facts.problems]
        if plan.skipped:
            notes.append(f"Not modelled (plan.json says why): {', '.join(plan.skipped)}.")
        pieces = [
            Piece(
                spec,
                {
                    **_files(spec, seen),
                    **itf.files(Context.of(spec, facts, lines), seen.findings),
                    **author.files(spec),
                },
                author.result(assemble.part(facts, target, spec, seen, lines), seen),
            )
            for (target, spec), seen in zip(written.specs, checked, strict=True)
        ]
        parts = [piece.result for piece in pieces]
        parts += [
            author.result(assemble.unmodelled(facts, "inconclusive", why, (t.cls or t.path,)), None)
            for t, why in written.refused
        ]
        if not parts:
            reason = _nothing(facts, author)
            parts = [assemble.unmodelled(facts, "inconclusive", reason)]
        return replace(assemble.merged(facts, parts, notes), seconds=dict(self.seconds)), pieces

    def audit(
        self,
        author: Author | WritingAuthor,
        past: History,
        written: Written,
        checked: Sequence[Checked],
        result: Result,
        pieces: Sequence[Piece],
    ) -> tuple[Result, list[Piece]]:
        """Try every pass against mutants of its specification: one that notices none is no pass."""
        candidates = [
            passing.Candidate(spec, seen, author.program(target) if isinstance(author, Author) else None)
            for (target, spec), seen in zip(written.specs, checked, strict=True)
        ]
        if self.settings.audit_budget and any(p.checked.verdict == "verified" for p in candidates):
            runner, identity = runners.choose(self.settings)
            oracle = Recorded(runner, self.directory, identity)
            with self._stage("audit", "trying mutants of the specification"), _tool_errors():
                result = passing.through(result, candidates, past.findings, oracle, self.settings)
        return result, _with_results(pieces, result)

    def remember(
        self, past: History, author: Author | WritingAuthor, written: Written, result: Result, pieces: Sequence[Piece]
    ) -> tuple[Result, list[Piece]]:
        """Say of each change in the history whether a specification models it."""
        found = author.remembered(history.modelled(past.findings, [spec for _, spec in written.specs]))
        result = replace(result, history=found, notes=(*result.notes, *history.notes(past)))
        return result, _with_results(pieces, result)

    def decide(self, result: Result, pieces: Sequence[Piece]) -> tuple[Result, list[Piece]]:
        """Obey ``decisions.toml``. Raises SettingError for a file that cannot be read."""
        result = obeying.obeyed(result, decisions.read(self.spec_dir, dt.datetime.now().astimezone().date()))
        result = doubted(result)
        return result, _with_results(pieces, result)

    def replay(self, result: Result, pieces: Sequence[Piece]) -> tuple[Result, list[Piece]]:
        """Write each finding as a test of the real code; with ``execute``, run the tests."""
        with self._stage("replay", "replaying on the real code" if self.settings.execute else "writing tests"):
            result = replaying.replay(result, self.repo, self.spec_dir, self.settings)
        return result, _with_results(pieces, result)

    def conform(
        self, facts: Facts, written: Written, result: Result, pieces: Sequence[Piece]
    ) -> tuple[Result, list[Piece]]:
        """With ``conformance``, compare steps of the real code with the specifications."""
        if self.settings.conformance and not self.settings.execute:
            raise UsageError("--conformance runs the target's own code; give --execute to let it")
        if self.settings.conformance:
            with self._stage("conform", "comparing with the real code"), _tool_errors():
                result = conforming.conformed(result, written.specs, facts, self.repo, self.settings)
        return result, _with_results(pieces, result)

    def report(self, facts: Facts, plan: Plan, pieces: Sequence[Piece], result: Result) -> Path:
        """Write the specification directory."""
        with self._stage("report", "writing the report"):
            output.write(self.spec_dir, facts, plan, pieces, result)
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


def _with_results(pieces: Sequence[Piece], result: Result) -> list[Piece]:
    """The pieces with their parts of the result; parts that have no specification come last there."""
    parts = result.parts or (result,)
    return [replace(piece, result=part) for piece, part in zip(pieces, parts, strict=False)]


def _nothing(facts: Facts, author: Author | WritingAuthor) -> str:
    """Why no shared object of the feature was modelled, and what to do where another author could."""
    languages = sorted({file.language for file in facts.files})
    if isinstance(author, WritingAuthor) or "python" in languages:
        return "nothing to model: no class or module of the feature has operations on shared state"
    return (
        f"the feature has no Python, which is all that the static author models: it is {', '.join(languages)}; "
        "run again with --author llm or --author agent"
    )


def _files(spec: Spec, checked: Checked) -> dict[str, str]:
    """The module, and a configuration with its serial outcomes; the first rung's where none was explored."""
    cfg = printing.cfg(spec, LADDER[0], True, spec.properties)
    return {f"{spec.module}.tla": printing.module_text(spec), f"{spec.module}.cfg": cfg, **checked.files}
