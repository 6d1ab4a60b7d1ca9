"""Steps of the real code against specifications: the compiler's on the corpora, wrong ones, and somebody else's."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

import pytest

import corpora
import extractor
from code2tla.cli import main
from code2tla.conformance.check import conform
from code2tla.conformance.nextstate import acts, variables
from code2tla.conformance.subject import Subject, subject_of
from corpora.case import load
from replay.sandbox import ProcessSandbox
from reports.result import ConformanceResult
from specgen.static import StaticAuthor
from specgen.types import Action, Spec, Target, Variable
from tlc_runner.embedded import EmbeddedRunner
from tlc_runner.types import Runner


@pytest.fixture(scope="module")
def runner() -> Runner:
    return EmbeddedRunner()


def subjects(repo: Path, feature: str, place: Path) -> list[Subject]:
    author = StaticAuthor(extractor.index(repo, feature, place / "index.sqlite"))
    return [subject_of(author.write(t), t, author.program(t)) for t in author.plan().targets]


Compare: TypeAlias = "Callable[..., Future[list[Compared]]]"


def seen(result: ConformanceResult) -> tuple[int, int]:
    return sum(a.agreed for a in result.actions), sum(a.seen for a in result.actions)


NAMES = ("lost_update", "lock_order", "seats", "token_bucket", "cancelled_waiter")
TWINS: tuple[corpora.Twin, ...] = ("buggy", "fixed")


@dataclass(frozen=True)
class Compared:
    """A specification and what came of comparing it with the code of a case's ``twin``."""

    subject: Subject
    result: ConformanceResult


@pytest.fixture(scope="module")
def compare(tmp_path_factory: pytest.TempPathFactory, runner: Runner) -> Iterator[Compare]:
    """Compares the specification of one twin of a case with the code of the same or the other, two at a time."""
    home = tmp_path_factory.mktemp("twins")
    repos = {(name, twin): corpora.build(name, home / name / twin, twin).repo for name in NAMES for twin in TWINS}
    written = {(name, twin): subjects(repo, load(name).feature, home / name) for (name, twin), repo in repos.items()}

    def work(name: str, twin: corpora.Twin, code: corpora.Twin, schedules: int) -> list[Compared]:
        sandbox, repo = ProcessSandbox(), repos[name, code]
        return [Compared(s, conform(s, repo, runner, sandbox, schedules=schedules)) for s in written[name, twin]]

    with ThreadPoolExecutor(2) as pool:
        yield lambda *words: pool.submit(work, *words)


@pytest.fixture(scope="module")
def own(compare: Compare) -> Mapping[tuple[str, str], Future[list[Compared]]]:
    """Each twin of each case against its own code."""
    return {(name, twin): compare(name, twin, twin, 12) for name in NAMES for twin in TWINS}


@pytest.fixture(scope="module")
def other(compare: Compare) -> Mapping[str, Future[list[Compared]]]:
    """Fixed specifications against the buggy code."""
    return {name: compare(name, "fixed", "buggy", 25) for name in ("lost_update", "seats")}


@pytest.mark.parametrize("twin", TWINS)
@pytest.mark.parametrize("name", NAMES)
def test_every_step_is_one_of_the_compiler_s_specification(
    name: str, twin: str, own: Mapping[tuple[str, str], Future[list[Compared]]]
) -> None:
    for one in own[name, twin].result():
        assert (one.result.reason, one.result.refused) == ("", ())
        agreed, of = seen(one.result)
        assert agreed == of > 0
        assert {a.action for a in one.result.actions} == {a.name for a in one.subject.spec.actions}


@pytest.mark.parametrize("name", ["lost_update", "seats"])
def test_steps_of_the_buggy_code_are_none_of_the_fixed_specification(
    name: str, other: Mapping[str, Future[list[Compared]]]
) -> None:
    (one,) = other[name].result()
    assert one.result.refused
    assert all(".py:" in text or "ended with a result" in text for text in one.result.refused)
    agreed, of = seen(one.result)
    assert agreed < of


def test_a_run_that_may_not_execute_the_code_is_refused_before_anything_is_done(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    built = corpora.build("seats", tmp_path / "repo", "fixed")
    out = tmp_path / "out"
    assert main(["run", str(built.repo), built.case.feature, "--conformance", "--out", str(out), "--quiet"]) == 2
    assert "give --execute to let it" in capsys.readouterr().err
    assert not out.exists()


def test_the_same_seed_records_the_same_steps(
    own: Mapping[tuple[str, str], Future[list[Compared]]], compare: Compare
) -> None:
    assert own["seats", "buggy"].result() == compare("seats", "buggy", "buggy", 12).result()


ASKING = """
class Shop:
    def __init__(self, mailer):
        self._mailer = mailer
        self.told = None

    def buy(self):
        try:
            answer = self._mailer.tell(1)
        except ConnectionError:
            return "alone"
        self.told = answer
        return answer
"""


def test_whatever_a_collaborator_answers_is_a_step_of_the_specification(tmp_path: Path, runner: Runner) -> None:
    (tmp_path / "shop.py").write_text(ASKING)
    (subject,) = subjects(tmp_path, "shop.py", tmp_path)
    result = conform(subject, tmp_path, runner, ProcessSandbox(), schedules=12)
    assert (result.reason, result.refused, result.free) == ("", (), ())
    assert all(a.agreed == a.seen > 0 for a in result.actions)


COUNTER = """
class Counter:
    def __init__(self):
        self.count = 0
        self.log = []

    def add(self):
        seen = self.count
        self.count = seen + 1
        self.log.append(seen)
"""

#: As somebody else might write it: no frame of ours, processes of its own, a variable that the code does not have.
FOREIGN = r"""---- MODULE Foreign ----
EXTENDS Integers, Sequences
CONSTANTS Callers   \* who adds
VARIABLES
    n,      \* self.count: how many
    log,    \* self.log
    seen,   \* what each has read
    done    \* who has added
vars == <<n, log, seen, done>>
Calls == {[op |-> "add"]}
Init == n = 0 /\ log = <<>> /\ seen = [p \in Callers |-> -1] /\ done = {}
Read(p) == p \notin done /\ seen[p] = -1 /\ seen' = [seen EXCEPT ![p] = n] /\ UNCHANGED <<n, log, done>>
Write(p) == p \notin done /\ seen[p] >= 0 /\ n' = seen[p] + 1 /\ done' = done \cup {p} /\ UNCHANGED <<log, seen>>
Log(p) ==
    /\ p \in done /\ seen[p] >= 0
    /\ log' = Append(log, seen[p]) /\ seen' = [seen EXCEPT ![p] = -1] /\ UNCHANGED <<n, done>>
Work(p) == Write(p) \/ Log(p)
Next == \E p \in Callers : Read(p) \/ Work(p)
====
"""


def foreign(text: str) -> Subject:
    span = extractor.types.Span("counter.py", 7, 9)
    actions = [
        Action(name, "", "add", "Counter.add", (span,), (), (), "") for name in ("Read", "Write", "Log") if name in text
    ]
    comments = {"n": "self.count: how many", "log": "self.log", "seen": "what each has read", "done": "who has added"}
    spec = Spec(
        module="Foreign",
        title="",
        mode="threads",
        constants=(),
        variables=tuple(Variable(n, comments[n], "", "", None, observable=True) for n in variables(text)),
        helpers=(),
        actions=tuple(actions),
        properties=(),
        abstractions=(),
        assumptions=(),
        operations=("add",),
        text=text,
    )
    return subject_of(spec, Target("counter.py", "Counter", ("add",), "threads", span))


def test_a_specification_by_somebody_else_is_seen_by_what_its_variables_comments_name(
    tmp_path: Path, runner: Runner
) -> None:
    (tmp_path / "counter.py").write_text(COUNTER)
    subject = foreign(FOREIGN)
    assert {m.name: m.code for m in subject.mapped} == {"n": "self.count", "log": "self.log"}
    result = conform(subject, tmp_path, runner, ProcessSandbox(), schedules=12)
    assert (result.reason, result.refused) == ("", ())
    assert result.free == ("seen", "done")
    assert all(a.agreed == a.seen > 0 for a in result.actions)

    atomic = FOREIGN.replace("n' = seen[p] + 1", "n' = n + 1")
    result = conform(foreign(atomic), tmp_path, runner, ProcessSandbox(), schedules=12)
    assert any(text.startswith("counter.py:9") for text in result.refused)


def test_actions_are_found_where_the_next_state_relation_takes_them() -> None:
    found = {act.name: act for act in acts(FOREIGN, {"Read", "Write", "Log"})}
    assert list(found) == ["Read", "Write", "Log"]
    assert found["Log"].bounds == (("p", "Callers"),)


def test_code_that_cannot_run_is_the_reason_and_every_action_stays_in_the_denominator(
    tmp_path: Path, runner: Runner
) -> None:
    (tmp_path / "counter.py").write_text("import no_such_module\n" + COUNTER)
    result = conform(foreign(FOREIGN), tmp_path, runner, ProcessSandbox(), schedules=3)
    assert "no_such_module" in result.reason
    assert [(a.action, a.seen) for a in result.actions] == [("Read", 0), ("Write", 0), ("Log", 0)]
