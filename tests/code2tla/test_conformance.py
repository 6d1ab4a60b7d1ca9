"""Steps of the real code against specifications: the compiler's on the corpora, wrong ones, and somebody else's."""

from __future__ import annotations

from pathlib import Path

import pytest

import corpora
import extractor
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


def seen(result: ConformanceResult) -> tuple[int, int]:
    return sum(a.agreed for a in result.actions), sum(a.seen for a in result.actions)


@pytest.mark.parametrize("twin", ["buggy", "fixed"])
@pytest.mark.parametrize("name", ["lost_update", "lock_order", "seats", "token_bucket", "cancelled_waiter"])
def test_every_step_is_one_of_the_compiler_s_specification(
    name: str, twin: corpora.Twin, tmp_path: Path, runner: Runner
) -> None:
    repo = corpora.build(name, tmp_path / "repo", twin).repo
    for subject in subjects(repo, load(name).feature, tmp_path):
        result = conform(subject, repo, runner, ProcessSandbox(), schedules=25)
        assert (result.reason, result.refused) == ("", ())
        agreed, of = seen(result)
        assert agreed == of > 0
        assert {a.action for a in result.actions} == {a.name for a in subject.spec.actions}


@pytest.mark.parametrize("name", ["lost_update", "seats"])
def test_steps_of_the_buggy_code_are_none_of_the_fixed_specification(name: str, tmp_path: Path, runner: Runner) -> None:
    buggy = corpora.build(name, tmp_path / "buggy", "buggy").repo
    fixed = corpora.build(name, tmp_path / "fixed", "fixed").repo
    (subject,) = subjects(fixed, load(name).feature, tmp_path)
    result = conform(subject, buggy, runner, ProcessSandbox(), schedules=40)
    assert result.refused
    assert all(".py:" in text or "ended with a result" in text for text in result.refused)
    agreed, of = seen(result)
    assert agreed < of


def test_the_same_seed_records_the_same_steps(tmp_path: Path, runner: Runner) -> None:
    repo = corpora.build("seats", tmp_path / "repo", "buggy").repo
    (subject,) = subjects(repo, load("seats").feature, tmp_path)
    first, again = (conform(subject, repo, runner, ProcessSandbox(), schedules=8, seed=7) for _ in range(2))
    assert first == again


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
    result = conform(subject, tmp_path, runner, ProcessSandbox(), schedules=20)
    assert (result.reason, result.refused) == ("", ())
    assert result.free == ("seen", "done")
    assert all(a.agreed == a.seen > 0 for a in result.actions)

    atomic = FOREIGN.replace("n' = seen[p] + 1", "n' = n + 1")
    result = conform(foreign(atomic), tmp_path, runner, ProcessSandbox(), schedules=20)
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
