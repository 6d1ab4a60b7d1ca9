"""The hand-written specifications say of both twins what the generated ones say, at no more than the promised cost."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass

import pytest

from bench.handwritten import HAND_AT_MOST, HANDS, RUNGS, Hand, explored, generated, program
from corpora import Twin
from specgen import printing, steps
from tlc_runner.embedded import EmbeddedRunner
from tlc_runner.types import CheckResult, Job, Outcome

SMALLEST = RUNGS[0]


@dataclass(frozen=True)
class Answers:
    """What TLC says of one case: by hand both twins, generated the buggy one, and the states of the fixed one."""

    buggy: CheckResult
    fixed: CheckResult
    compiled: CheckResult
    compiled_states: int | None


def ask(hand: Hand) -> Answers:
    runner = EmbeddedRunner()
    # A fix that leaves the calls what they are one at a time has the outcomes of the code before it.
    serial = runner.check(hand.job(hand.cfg("buggy", SMALLEST, ["TypeOK", "Report"], overlap=False)))
    assert serial.outcome is Outcome.PASSED, (serial.reason, serial.errors)
    return Answers(
        against(runner, hand, "buggy", serial.prints),
        against(runner, hand, "fixed", serial.prints),
        compiled(runner, hand),
        explored(runner, generated(steps.build(program(hand.case, "fixed")), SMALLEST)),
    )


def against(runner: EmbeddedRunner, hand: Hand, twin: Twin, outcomes: Sequence[str]) -> CheckResult:
    """The hand-written module's overlapping run against serial outcomes."""
    return runner.check(hand.job(hand.cfg(twin, SMALLEST, ["TypeOK", "Explained"]), outcomes))


def compiled(runner: EmbeddedRunner, hand: Hand) -> CheckResult:
    spec = steps.build(program(hand.case, "buggy"))
    asked = [p for p in spec.properties if p.kind in {"serializable", "deadlock"}]

    def run(overlap: bool, outcomes: tuple[str, ...]) -> CheckResult:
        name, serial = printing.serial_module(spec, outcomes)
        modules = {f"{spec.module}.tla": spec.text, name: serial}
        return runner.check(
            Job(modules=modules, root=spec.module, cfg=printing.cfg(spec, SMALLEST, overlap, asked), coverage=False)
        )

    alone = run(False, ())
    assert alone.outcome is Outcome.PASSED, alone.reason
    return run(True, alone.prints)


def steps_of_code(result: CheckResult) -> int:
    frame = {None, "Begin", "Arrive", "EndSetup"}
    return sum(state.action not in frame for state in result.violations[0].trace)


@pytest.fixture(scope="module")
def answers() -> Iterator[dict[str, Future[Answers]]]:
    with ThreadPoolExecutor(2) as pool:
        yield {hand.case: pool.submit(ask, hand) for hand in HANDS}


@pytest.mark.parametrize("case", [hand.case for hand in HANDS])
def test_a_specification_by_hand_and_the_generated_one_agree(case: str, answers: dict[str, Future[Answers]]) -> None:
    said = answers[case].result()
    assert said.buggy.outcome is Outcome.VIOLATED, (said.buggy.reason, said.buggy.errors)
    assert [v.name for v in said.buggy.violations] == ["Explained"]
    assert said.compiled.outcome is Outcome.VIOLATED, (said.compiled.reason, said.compiled.errors)
    assert said.compiled.violations[0].name != "TypeOK"
    # Breadth first, both: the shortest way into the bug has as many steps of code in either, but for one more or less.
    assert abs(steps_of_code(said.buggy) - steps_of_code(said.compiled)) <= 1
    assert said.fixed.outcome is Outcome.PASSED, (said.fixed.reason, said.fixed.errors)
    assert said.compiled_states is not None
    assert said.compiled_states <= HAND_AT_MOST * said.fixed.distinct
