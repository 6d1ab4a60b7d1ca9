"""The ways a run can look clean without being so, on what TLC itself says when it is started wrongly."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest

from tlc_runner.embedded import EmbeddedRunner
from tlc_runner.messages import Stream
from tlc_runner.trace import parse_values
from tlc_runner.types import CheckResult, Job, ModelValue, Outcome
from tlc_runner.values import make_function
from tlc_runner.verdict import Ending, Stop, judge

Spec = Callable[..., Job]


def run_by_hand(embedded: EmbeddedRunner, job: Job, directory: Path, *arguments: str) -> tuple[list[str], int]:
    """TLC's lines and exit status with ``arguments``, the way nobody should start it."""
    for name, text in {**job.modules, "MC.cfg": job.cfg}.items():
        (directory / name).write_text(text, encoding="utf-8")
    command = [embedded.java.path, f"-Djava.io.tmpdir={directory}", "-cp", embedded.jar.path, "tlc2.TLC", "-tool"]
    run = subprocess.run(
        [*command, "-config", "MC.cfg", *arguments, f"{job.root}.tla"],
        cwd=directory,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    return run.stdout.splitlines(), run.returncode


def read(lines: Iterable[str]) -> Stream:
    stream = Stream()
    for line in lines:
        stream.feed(line)
    stream.close()
    return stream


def judged(job: Job, lines: list[str], exit_code: int, stop: Stop | None = None, stderr: str = "") -> CheckResult:
    return judge(job, read(lines), Ending(exit_code, stop, stderr, 1.0), runner="by hand", jar_sha256="")


@pytest.fixture(scope="module")
def clean(embedded: EmbeddedRunner, spec: Spec, tmp_path_factory: pytest.TempPathFactory) -> tuple[Job, list[str], int]:
    job = spec("Clean")
    return job, *run_by_hand(embedded, job, tmp_path_factory.mktemp("clean"), "-coverage", "1")


def test_the_whole_output_of_a_clean_run_passes(clean: tuple[Job, list[str], int]) -> None:
    result = judged(*clean)
    assert (result.outcome, result.distinct) == (Outcome.PASSED, 4)


@pytest.mark.parametrize("message", [2187, 2193, 2199, 2186])
def test_a_run_without_one_of_its_messages_does_not_pass(clean: tuple[Job, list[str], int], message: int) -> None:
    job, lines, exit_code = clean
    start = lines.index(f"@!@!@STARTMSG {message}:0 @!@!@")
    end = lines.index(f"@!@!@ENDMSG {message} @!@!@")
    assert judged(job, lines[:start] + lines[end + 1 :], exit_code).outcome is not Outcome.PASSED


def test_no_beginning_of_a_clean_run_passes(clean: tuple[Job, list[str], int]) -> None:
    job, lines, _ = clean
    for count in range(len(lines) - 1):
        assert judged(job, lines[:count], 0).outcome is not Outcome.PASSED, lines[count - 1]


def test_a_clean_output_with_a_bad_exit_does_not_pass(clean: tuple[Job, list[str], int]) -> None:
    job, lines, _ = clean
    assert judged(job, lines, 1, stderr="Killed").outcome is Outcome.TOOL_ERROR
    assert judged(job, lines, -9, Stop.TIME).outcome is Outcome.INCOMPLETE
    assert judged(job, lines, -9, Stop.MEMORY).outcome is Outcome.INCOMPLETE


def test_a_run_that_is_stopped_within_a_trace_shows_no_half_of_it(
    embedded: EmbeddedRunner, spec: Spec, tmp_path: Path
) -> None:
    job = spec("TwoWays", keep_going=True)
    lines, exit_code = run_by_hand(embedded, job, tmp_path, "-continue")
    whole = [violation.trace for violation in judged(job, lines, exit_code).violations]
    assert len(whole) > 1
    seen = []
    for count in range(len(lines)):
        stopped = judged(job, lines[:count], -9, Stop.TIME)
        assert [violation.trace for violation in stopped.violations] == whole[: len(stopped.violations)]
        seen.append(len(stopped.violations))
    assert set(seen) == set(range(len(whole) + 1))


def test_states_left_on_the_queue(clean: tuple[Job, list[str], int]) -> None:
    job, lines, _ = clean
    left = [line.replace("0 states left on queue", "7 states left on queue") for line in lines]
    result = judged(job, left, 0)
    assert (result.outcome, result.queue) == (Outcome.INCOMPLETE, 7)


def test_an_error_in_the_middle_of_a_clean_run(clean: tuple[Job, list[str], int]) -> None:
    job, lines, _ = clean
    error = ["@!@!@STARTMSG 1000:1 @!@!@", "Something broke.", "@!@!@ENDMSG 1000 @!@!@"]
    assert judged(job, lines[:-3] + error + lines[-3:], 0).outcome is Outcome.SPEC_ERROR


def test_a_violation_with_continue_exits_zero_and_says_success(
    embedded: EmbeddedRunner, spec: Spec, tmp_path: Path
) -> None:
    job = spec("Initial")
    lines, exit_code = run_by_hand(embedded, job, tmp_path, "-continue", "-deadlock")
    assert exit_code == 0
    assert "@!@!@STARTMSG 2193:0 @!@!@" in lines
    result = judged(job, lines, exit_code)
    assert result.outcome is Outcome.VIOLATED
    assert {violation.trace[0].values["x"] for violation in result.violations} == {7, 8, 9}


def test_a_clean_simulation_proves_nothing(embedded: EmbeddedRunner, spec: Spec, tmp_path: Path) -> None:
    job = spec("Clean")
    lines, exit_code = run_by_hand(embedded, job, tmp_path, "-simulate", "num=3", "-depth", "5")
    result = judged(job, lines, exit_code)
    assert result.outcome is not Outcome.PASSED


def test_a_java_that_never_came_to_tlc(spec: Spec) -> None:
    result = judged(spec("Clean"), [], 1, stderr="Error: Could not create the Java Virtual Machine.\n")
    assert result.outcome is Outcome.TOOL_ERROR
    assert "Could not create the Java Virtual Machine" in result.reason


def test_a_value_printed_over_several_lines_is_one() -> None:
    values = ['<< "a, [",', '   "b" >>', "[x |->", "   {1,", "    2}]", '"one ("', "( c1 :> 1"]
    stream = read([*values, "@!@!@STARTMSG 2193:0 @!@!@", "done", "@!@!@ENDMSG 2193 @!@!@"])
    assert stream.prints == ['<< "a, [", "b" >>', "[x |-> {1, 2}]", "one (", "( c1 :> 1"]


def test_messages_nest_and_the_outer_one_keeps_the_inner_text() -> None:
    begun = ["@!@!@STARTMSG 1000:1 @!@!@", "Outer", ": @!@!@STARTMSG 2132:0 @!@!@", "inner"]
    ended = ['"@!@!@ENDMSG 1000 @!@!@"', "@!@!@ENDMSG 2132 @!@!@", "@!@!@ENDMSG 1000 @!@!@", "after"]
    stream = read([*begun, *ended])
    assert [(m.code, m.severity) for m in stream.messages] == [(2132, 0), (1000, 1)]
    assert stream.messages[1].text == 'Outer\ninner\n"@!@!@ENDMSG 1000 @!@!@"'
    assert stream.prints == ["after"]


def test_the_last_coverage_report_counts_and_adds_up_by_name() -> None:
    lines = []
    for generated in (1, 5):
        lines += ["@!@!@STARTMSG 2201:0 @!@!@", "at ...", "@!@!@ENDMSG 2201 @!@!@"]
        for line in (3, 4):
            text = f"<Up line {line}, col 1 to line {line}, col 2 of module A>: 2:{generated}"
            lines += ["@!@!@STARTMSG 2772:0 @!@!@", text, "@!@!@ENDMSG 2772 @!@!@"]
    stream = read(lines)
    assert {name: (c.distinct, c.generated) for name, c in stream.coverage.items()} == {"Up": (4, 10)}


def test_what_was_evaluated_of_an_action_that_was_never_taken_is_kept_with_and_without_its_cost() -> None:
    values = [
        (2221, "|line 4, col 6 to line 4, col 9 of module A: 3"),
        (2775, "|line 5, col 6 to line 5, col 9 of module A: 2:7"),
    ]
    said = [(2772, "<Up line 3, col 1 to line 3, col 2 of module A>: 0:0"), *values, values[0]]
    stream = read(
        line for code, text in said for line in (f"@!@!@STARTMSG {code}:0 @!@!@", text, f"@!@!@ENDMSG {code} @!@!@")
    )
    assert [(place.location.line, place.count) for place in stream.evaluated["Up"]] == [(4, 3), (5, 2), (4, 3)]


def test_the_variables_of_a_state() -> None:
    assert parse_values("x = <<1,\n  2>>") == {"x": (1, 2)}
    several = parse_values('/\\ a = ( c1 :> "/\\\\ b = 1" @@\n  c2 :> "" )\n/\\ b = 1..2\n/\\ c = [1..2 -> {0}]\n')
    assert several["a"] == make_function([(ModelValue("c1"), "/\\ b = 1"), (ModelValue("c2"), "")])
    assert several["b"] == frozenset({1, 2})
    assert several["c"] == "[1..2 -> {0}]", "what is no value stays text"
