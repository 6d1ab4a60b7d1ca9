from __future__ import annotations

import dataclasses
import os
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tlc_runner.embedded import EmbeddedRunner
from tlc_runner.errors import BadJob, UnsafeModule
from tlc_runner.types import Budget, Coverage, Job, Location, Outcome, Progress

Spec = Callable[..., Job]


def test_all_explored_and_nothing_found(embedded: EmbeddedRunner, spec: Spec) -> None:
    result = embedded.check(spec("Clean"))
    assert (result.outcome, result.exit_code) == (Outcome.PASSED, 0)
    assert result.reason == "all 4 distinct states explored"
    assert (result.distinct, result.generated, result.depth, result.queue) == (4, 5, 4, 0)
    assert result.coverage == {"Init": Coverage(1, 1), "Up": Coverage(3, 3), "Reset": Coverage(0, 1)}
    assert result.version.startswith("2.")
    assert (result.runner, result.jar_sha256) == ("embedded", embedded.jar.sha256)
    assert (result.violations, result.errors, result.prints) == ((), (), ())


def test_coverage_is_left_out_where_nobody_asks(embedded: EmbeddedRunner, spec: Spec) -> None:
    assert embedded.check(spec("Clean", coverage=False)).coverage == {}


def test_a_violated_invariant_comes_with_its_shortest_trace(embedded: EmbeddedRunner, spec: Spec) -> None:
    result = embedded.check(spec("Violated"))
    assert (result.outcome, result.reason) == (Outcome.VIOLATED, "invariant Inv violated")
    (violation,) = result.violations
    assert (violation.kind, violation.name) == ("invariant", "Inv")
    assert [state.number for state in violation.trace] == [1, 2, 3, 4, 5, 6]
    assert [state.action for state in violation.trace] == [None, *["Up"] * 5]
    assert [dict(state.values) for state in violation.trace] == [{"x": n} for n in range(6)]
    assert violation.trace[1].location == Location("Violated", 6, 7, 6, 16)
    assert violation.trace[0].location is None


def test_an_initial_state_can_violate(embedded: EmbeddedRunner, spec: Spec) -> None:
    result = embedded.check(spec("Initial"))
    assert result.outcome is Outcome.VIOLATED
    (violation,) = result.violations
    assert [dict(state.values) for state in violation.trace] == [{"x": 7}]


def test_a_deadlock_is_found_only_where_asked_for(embedded: EmbeddedRunner, spec: Spec) -> None:
    result = embedded.check(spec("Deadlocked"))
    assert (result.outcome, result.reason) == (Outcome.VIOLATED, "deadlock reached")
    assert [dict(state.values) for state in result.violations[0].trace] == [{"x": 0}, {"x": 1}, {"x": 2}]
    assert embedded.check(spec("Deadlocked", deadlock=False)).outcome is Outcome.PASSED


def test_a_failed_assert_is_a_violation(embedded: EmbeddedRunner, spec: Spec) -> None:
    result = embedded.check(spec("Asserted"))
    assert result.outcome is Outcome.VIOLATED
    (violation,) = result.violations
    assert (violation.kind, violation.name) == ("assertion", 'count "x" is 3')
    assert result.error_location is not None
    assert result.error_location.line == 6


def test_a_failed_assert_within_an_invariant_has_its_trace(embedded: EmbeddedRunner, spec: Spec) -> None:
    (violation,) = embedded.check(spec("AssertedInside")).violations
    assert (violation.kind, violation.name) == ("assertion", '<<"too big", 3>>')
    assert [state.values["x"] for state in violation.trace] == [0, 1, 2, 3]


def test_all_violations_of_one_run_that_goes_on(embedded: EmbeddedRunner, spec: Spec) -> None:
    result = embedded.check(spec("TwoWays", keep_going=True))
    assert (result.outcome, result.complete, result.distinct) == (Outcome.VIOLATED, True, 7)
    assert [(v.name, [s.values["x"] for s in v.trace]) for v in result.violations] == [
        ("NotTwo", [0, 1, 2]),
        ("NotFour", [0, 1, 2, 3, 4]),
    ]
    first = embedded.check(spec("TwoWays"))
    assert (first.outcome, first.complete, len(first.violations)) == (Outcome.VIOLATED, False, 1)


def test_assumptions_alone_are_evaluated_and_prove_nothing(embedded: EmbeddedRunner, spec: Spec) -> None:
    result = embedded.check(spec("OnlyAssumptions"))
    assert (result.outcome, result.prints) == (Outcome.INCOMPLETE, ("2",))
    assert "names no behaviour" in result.reason


def test_the_hidden_invariant_answers_to_no_name_of_the_job(embedded: EmbeddedRunner, spec: Spec) -> None:
    job = spec("Clean")
    result = embedded.check(dataclasses.replace(job, cfg=f"{job.cfg}INVARIANT WatchBudget\n"))
    assert (result.outcome, "WatchBudget" in result.reason) == (Outcome.SPEC_ERROR, True)


def test_temporal_and_action_properties(embedded: EmbeddedRunner, spec: Spec) -> None:
    (backwards,) = embedded.check(spec("Backwards")).violations
    assert (backwards.kind, backwards.name) == ("property", "Mono")
    assert [state.action for state in backwards.trace] == [None, "Up", "Up", "Up", "Back"]
    (stutters,) = embedded.check(spec("Stutters")).violations
    assert stutters.kind == "temporal"
    last = stutters.trace[-1]
    assert (last.action, last.number, last.values) == (None, len(stutters.trace), stutters.trace[-2].values)
    (lasso,) = embedded.check(spec("Lasso")).violations
    back = lasso.trace[-1]
    assert (back.action, back.number < len(lasso.trace), back.values["x"]) == ("Back", True, 1)


@pytest.mark.parametrize(
    ("name", "says", "line"),
    [
        ("BadStep", "out of domain", 7),
        ("MixedTypes", "Attempted to check equality of integer 0 with non-integer", 6),
        ("HalfFrame", "not completely specified", 5),
        ("BadInvariant", "Evaluating invariant Odd failed", 7),
        ("Syntax", 'Encountered ")"', 6),
        ("Unknown", "Unknown operator: `foo'", 6),
        ("Misspelt", "configuration file at line 2", None),
        ("NoSuchInvariant", "Nope", None),
        ("NoConstant", "constant parameter N is not assigned", None),
        ("FalseAssumption", "is false", 3),
        ("NoInitialState", "no initial state", None),
        ("TooDeep", "StackOverflowError", None),
    ],
)
def test_a_wrong_specification_is_told_apart_and_located(
    embedded: EmbeddedRunner, spec: Spec, name: str, says: str, line: int | None
) -> None:
    result = embedded.check(spec(name))
    assert result.outcome is Outcome.SPEC_ERROR, result
    assert says in result.reason
    assert "\n" not in result.reason
    assert (result.error_location and result.error_location.line) == line
    if line:
        assert result.error_location is not None
        assert result.error_location.module == name


def test_the_time_budget_ends_a_run_with_all_it_knows(embedded: EmbeddedRunner, spec: Spec) -> None:
    seen: list[Progress] = []
    began = time.monotonic()
    result = embedded.check(spec("Endless", budget=Budget(seconds=3.0, memory_mb=512)), seen.append)
    assert time.monotonic() - began < 6.0
    assert (result.outcome, result.reason) == (Outcome.INCOMPLETE, "stopped at the time budget of 3 s")
    assert result.queue > 0
    assert seen
    assert 0 < seen[0].distinct <= result.distinct


def test_the_time_budget_ends_even_a_step_that_never_ends(embedded: EmbeddedRunner, spec: Spec) -> None:
    began = time.monotonic()
    result = embedded.check(spec("OneLongStep", budget=Budget(seconds=1.0, memory_mb=512)))
    assert time.monotonic() - began < 5.0
    assert (result.outcome, result.reason) == (Outcome.INCOMPLETE, "stopped at the time budget of 1 s")


def test_the_state_budget_ends_a_run(embedded: EmbeddedRunner, spec: Spec) -> None:
    result = embedded.check(spec("Endless", budget=Budget(seconds=30.0, memory_mb=512, states=2000)))
    assert (result.outcome, result.reason) == (Outcome.INCOMPLETE, "stopped at the budget of 2000 distinct states")
    assert 2000 < result.distinct < 2010
    assert set(result.coverage) == {"Init", "X", "Y", "Z"}


def test_the_state_budget_holds_among_the_initial_states(embedded: EmbeddedRunner, spec: Spec) -> None:
    began = time.monotonic()
    result = embedded.check(spec("ManyStarts", budget=Budget(seconds=30.0, memory_mb=512, states=2000)))
    assert time.monotonic() - began < 10.0
    assert (result.outcome, result.reason) == (Outcome.INCOMPLETE, "stopped at the budget of 2000 distinct states")


def test_a_state_budget_that_is_just_enough(embedded: EmbeddedRunner, spec: Spec) -> None:
    assert embedded.check(spec("Clean", budget=Budget(states=4))).outcome is Outcome.PASSED
    assert embedded.check(spec("Clean", budget=Budget(states=3))).outcome is Outcome.INCOMPLETE


def test_a_small_heap_is_a_budget_too(embedded: EmbeddedRunner, spec: Spec) -> None:
    result = embedded.check(spec("Greedy", budget=Budget(seconds=30.0, memory_mb=48)))
    assert (result.outcome, result.reason) == (Outcome.INCOMPLETE, "the memory budget of 48 MB is used up")


def test_what_the_specification_prints(embedded: EmbeddedRunner, spec: Spec) -> None:
    result = embedded.check(spec("Printing"))
    assert result.outcome is Outcome.PASSED
    long = "<< " + ", ".join(['"long value"'] * 30) + " >>"
    once = [[f'say "hi" \\ {x}', f'<<{x}, {{"a b"}}>>', long, "@!@!@STARTMSG 2193:0 @!@!@"] for x in (0, 1)]
    assert list(result.prints) == once[0] + once[1]


def test_a_specification_that_stops_tlc_never_passes(embedded: EmbeddedRunner, spec: Spec) -> None:
    result = embedded.check(spec("Quits"))
    assert (result.outcome, result.exit_code) == (Outcome.INCOMPLETE, 0)


def test_several_workers_see_the_same_states(embedded: EmbeddedRunner, spec: Spec) -> None:
    result = embedded.check(spec("Clean", workers=2))
    assert (result.outcome, result.distinct) == (Outcome.PASSED, 4)


def test_nothing_is_left_behind_even_when_interrupted(
    embedded: EmbeddedRunner, spec: Spec, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    commands: list[bytes] = []

    def interrupt(_: Progress) -> None:
        commands.extend(_running(tmp_path))
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        embedded.check(spec("Endless"), interrupt)
    assert commands, "TLC ran in the directory it was given"
    assert not _running(tmp_path)
    assert not list(tmp_path.iterdir())


def _running(directory: Path) -> list[bytes]:
    found: list[bytes] = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            command = (process / "cmdline").read_bytes()
        except OSError:
            continue
        if os.fsencode(directory) in command and int(process.name) != os.getpid():
            found.append(command)
    return found


def test_the_environment_does_not_get_into_java(
    embedded: EmbeddedRunner, spec: Spec, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("JAVA_TOOL_OPTIONS", "-Xmx1m")
    monkeypatch.setenv("_JAVA_OPTIONS", "-Duser.language=de")
    assert embedded.check(spec("Clean")).outcome is Outcome.PASSED


@pytest.mark.parametrize(
    "budget", [Budget(seconds=0), Budget(seconds=float("inf")), Budget(memory_mb=1), Budget(states=0)]
)
def test_a_budget_that_makes_no_sense(embedded: EmbeddedRunner, spec: Spec, budget: Budget) -> None:
    with pytest.raises(BadJob, match="give"):
        embedded.check(spec("Clean", budget=budget))


def test_modules_that_reach_outside_never_get_to_tlc(embedded: EmbeddedRunner) -> None:
    text = "---- MODULE A ----\n\\* EXTENDS fine\nEXTENDS TLC, IOUtils\n===="
    with pytest.raises(UnsafeModule, match=r"A\.tla:3: module IOUtils"):
        embedded.check(Job({"A.tla": text}, "A", ""))


def test_sany_names_every_error_with_its_place(embedded: EmbeddedRunner) -> None:
    def errors(body: str) -> list[tuple[str, int | None]]:
        found = embedded.sany({"A.tla": f"---- MODULE A ----\nEXTENDS Integers\n{body}\n===="}, "A")
        return [(error.message, error.location.line if error.location else None) for error in found]

    assert errors("X == 1 + 1") == []
    assert errors("X == 1 + y\nZ == foo") == [("Unknown operator: `y'.", 3), ("Unknown operator: `foo'.", 4)]
    ((message, line),) = errors("X ==\n  1 + )")
    assert 'Encountered ")"' in message
    assert line == 4
    ((message, line),) = errors("X(y) == \\E y \\in {} : TRUE")
    assert "Multiply-defined symbol 'y'" in message
    assert line == 3


def test_sany_on_no_module_at_all(embedded: EmbeddedRunner) -> None:
    assert embedded.sany({"A.tla": "nothing here"}, "A")
