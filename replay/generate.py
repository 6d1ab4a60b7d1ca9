"""A test file for each finding: the object, the calls and the schedule of its counterexample, as short Python."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from replay.classes import CannotRebuild
from replay.collaborators import assumed
from replay.construct import Made, Reader
from reports.result import Result, Scenario, ScheduledStep, ViolationResult

DIRECTORY = "repro"
_VALUE = re.compile(r"'a(\d+)'")
_WIDTH = 110


@dataclass(frozen=True, slots=True)
class Generated:
    """Test files by the finding's place in the result (part, violation), and why the others have none."""

    files: Mapping[str, str]
    tests: Mapping[tuple[int, int], str]
    refused: Mapping[tuple[int, int], str]


def generate(result: Result, repo: Path) -> Generated:
    """Write a test for every finding of the result; the source below ``repo`` is read, nothing of it is run."""
    files: dict[str, str] = {}
    tests: dict[tuple[int, int], str] = {}
    refused: dict[tuple[int, int], str] = {}
    for p, part in enumerate(result.parts or (result,)):
        for v, violation in enumerate(part.violations):
            name = _file_name(violation.property, part, files)
            try:
                files[name] = _test(part, violation, repo, Path(name).stem)
                tests[p, v] = name
            except CannotRebuild as reason:
                refused[p, v] = str(reason)
    return Generated(files, tests, refused)


def _file_name(prop: str, part: Result, taken: Mapping[str, str]) -> str:
    stem = "test_" + (re.sub(r"\W", "_", prop) or "finding")
    if f"{stem}.py" in taken:
        stem = f"{stem}_{re.sub(r'[^0-9A-Za-z]', '_', part.spec.module or part.feature.classes[0])}"
    while f"{stem}.py" in taken:
        stem += "_"
    return f"{stem}.py"


def _test(part: Result, violation: ViolationResult, repo: Path, stem: str) -> str:
    scenario = violation.scenario
    if scenario is None:
        raise CannotRebuild("this result does not say which calls were made; run code2tla again to write it anew")
    if scenario.missing:
        raise CannotRebuild(scenario.missing)
    if not scenario.calls:
        raise CannotRebuild("no call takes part in this finding")
    known = assumed({a.id: a.text for a in part.assumptions}, _values(violation))
    reader = Reader(repo, known, scenario.constructor)
    made = reader.make(scenario.path, scenario.cls) if scenario.cls else None
    lines = [
        *_header(violation),
        "",
        *import_lines(made, {"Call", "Scenario", "Step"}),
        "",
        "",
        *build_lines(made, scenario.path),
        "",
        "",
        *_scenario(reader, scenario, violation),
        "",
        "",
        f"def {stem}():",
        "    runtime.check(SCENARIO, build, __name__)",
    ]
    return "\n".join(lines) + "\n"


def _values(violation: ViolationResult) -> int:
    """How many opaque values the counterexample shows, at least one."""
    shown = [text for step in violation.trace for text in (*step.changed.values(), step.outcome or "")]
    return max([int(n) for text in shown for n in _VALUE.findall(text)], default=1)


def _header(violation: ViolationResult) -> Iterator[str]:
    yield '"""' + _doc(_wrapped(violation.summary))
    yield ""
    yield f"Violated: {_doc(violation.property)}. The steps of the counterexample:"
    yield ""
    for step in violation.trace:
        at = f"{step.source.path}:{step.source.line}" if step.source else ""
        changed = ", ".join(f"{k} = {v}" for k, v in step.changed.items())
        ended = f"{step.operation} {step.outcome}" if step.outcome else ""
        told = "; ".join(x for x in (changed, ended) if x)
        line = f"  {step.step:2} {step.process:7} {at}  {step.text}" + (f"   # {told}" if told else "")
        yield _doc(" ".join(line.split("\n"))).rstrip()
    yield ""
    yield "Runs the real code in CODE2TLA_REPO (by default the current directory) and fails while the calls can end as"
    yield "no order of them ends. The scheduler and the stand-ins come from the package code2tla (`replay.runtime`):"
    yield "    CODE2TLA_REPO=/path/to/repository python -m pytest -q THIS_FILE"
    yield '"""'


def import_lines(made: Made | None, names: set[str]) -> list[str]:
    """The imports of a test that uses these names beside the stand-ins in ``made``."""
    names = names | {name for name in ("Store", "Anything") if made and f"{name}(" in made.text}
    names |= {"Collaborator"} if made and made.fakes else set()
    return ["from replay import runtime", f"from replay.runtime import {', '.join(sorted(names))}"]


def build_lines(made: Made | None, path: str) -> Iterator[str]:
    """The function that makes the object, or gives the module of ``path``."""
    yield "def build(load):"
    if made is None:
        yield '    """The module whose functions are called."""'
        yield f"    return load({quoted(path)})"
        return
    yield '    """The object as the counterexample begins with it."""'
    for where, cls in made.needs:
        yield f"    {cls} = load({quoted(where)}).{cls}"
    for fake in made.fakes:
        yield ""
        yield textwrap.indent(fake.text, "    ")
        yield ""
    yield f"    return {made.text}"


def _scenario(reader: Reader, scenario: Scenario, violation: ViolationResult) -> Iterator[str]:
    yield "SCENARIO = Scenario("
    yield f"    mode={quoted(scenario.mode)},"
    yield f"    kind={quoted(violation.kind)},"
    if scenario.setup:
        yield "    setup=["
        for call in scenario.setup:
            yield f"        {reader.call(scenario.path, scenario.cls, call.op, call.arguments)},"
        yield "    ],"
    yield "    calls={"
    for process, call in sorted(scenario.calls.items()):
        yield f"        {quoted(process)}: {reader.call(scenario.path, scenario.cls, call.op, call.arguments)},"
    yield "    },"
    if scenario.schedule:
        yield "    schedule=["
        yield from (f"        {_step(step)}," for step in scenario.schedule)
        yield "    ],"
    if scenario.invariant:
        yield f"    invariant=lambda self: {scenario.invariant},"
        yield f"    when={quoted(scenario.when)},"
    yield ")"


def _step(step: ScheduledStep) -> str:
    if step.kind == "tick":
        return 'Step("", kind="tick")'
    path = step.sources[0].path if step.sources else ""
    lines = tuple((s.line, s.end_line) for s in step.sources if s.path == path)
    kind = f", {quoted(step.kind)}" if step.kind else ""
    return f"Step({quoted(step.process)}, {quoted(path)}, {lines!r}, {quoted(step.text)}{kind})"


def quoted(text: str) -> str:
    """A string literal, in double quotes where that takes no escapes."""
    return f'"{text}"' if repr(text) == f"'{text}'" and '"' not in text else repr(text)


def _wrapped(text: str) -> str:
    return "\n".join(textwrap.wrap(text, _WIDTH, break_long_words=False)) or text


def _doc(text: str) -> str:
    """Text that may stand in a docstring."""
    return re.sub(r"[\x00-\x09\x0b-\x1f\x7f]", "?", text.replace("\\", "\\\\").replace('"""', "'''"))
