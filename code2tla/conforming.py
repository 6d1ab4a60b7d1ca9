"""Conformance in the pipeline's words: the specifications of a run, or of a directory, against the real code."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from code2tla import replaying, runners
from code2tla.conformance.check import conform
from code2tla.conformance.subject import subject_of
from code2tla.errors import InputError
from code2tla.settings import Settings
from extractor.types import Facts, Span
from reports.result import ConformanceResult, Result
from specgen.ir import Assumption, ConstDecl, Program
from specgen.static import StaticAuthor
from specgen.types import Action, Spec, Target, Variable

_COMMENT = re.compile(r"^ +(\w+),? +\\\* (.*?)(?:, \S+:\d+)?$", re.MULTILINE)


def conformed(
    result: Result, specs: Sequence[tuple[Target, Spec]], facts: Facts, repo: Path, settings: Settings
) -> Result:
    """The result with what the real code's steps say of each specification. Runs the target's code.

    ``specs`` belong to the first parts of the result, in their order. Raises ToolError.
    """
    if not specs:
        return result
    runner, _ = runners.choose(settings)
    box = replaying.sandbox(settings)
    author = StaticAuthor(facts)
    found = []
    for target, spec in specs:
        subject = subject_of(spec, target, _program(author, target))
        one = conform(subject, repo, runner, box, settings.schedules, settings.seed)
        found.append(replace(one, sandbox=box.name))
    if not result.parts:
        return replace(result, conformance=found[0])
    rest = result.parts[len(found) :]
    parts = [replace(part, conformance=one) for part, one in zip(result.parts, found, strict=False)]
    return replace(result, parts=(*parts, *rest), conformance=_merged(found))


def read_specs(spec_dir: Path, result: Result, facts: Facts) -> list[tuple[Target, Spec]]:
    """The specifications in a directory, whoever wrote them, with their targets. Raises InputError."""
    targets = {t.cls or t.path: t for t in StaticAuthor(facts).plan().targets}
    found = []
    for part in result.parts or (result,):
        target = targets.get(part.feature.classes[0]) if part.feature.classes else None
        if part.spec.module and target is not None:
            home = spec_dir / part.spec.module if result.parts else spec_dir
            found.append((target, _spec(part, target, home)))
    return found


def _spec(part: Result, target: Target, home: Path) -> Spec:
    module = part.spec.module
    try:
        text = (home / f"{module}.tla").read_text(encoding="utf-8")
        cfg = (home / f"{module}.cfg").read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{home / module}: cannot be read ({error}); run code2tla again to write it anew") from error
    comments = dict(_COMMENT.findall(text))
    given = dict(re.findall(r"^ +(\w+) = (.+)$", cfg, re.MULTILINE))
    own = {name: value for name, value in given.items() if name not in _FRAME}
    return Spec(
        module=module,
        title="",
        mode=target.mode,
        constants=tuple(ConstDecl(name, comments.get(name, ""), value=(value,)) for name, value in own.items()),
        variables=tuple(Variable(n, comments.get(n, ""), "", "", None, observable=True) for n in part.spec.variables),
        helpers=(),
        actions=tuple(
            Action(
                name=a.name,
                label="",
                operation=a.function.rpartition(".")[2].strip("_"),
                function=a.function,
                sources=tuple(Span(s.path, s.line, s.end_line) for s in a.sources),
                reads=(),
                writes=(),
                text=a.text,
            )
            for a in part.spec.actions
        ),
        properties=(),
        abstractions=(),
        assumptions=tuple(Assumption(a.id, a.text) for a in part.assumptions),
        operations=target.operations,
        text=text,
    )


#: Constants that every module of the static frame has; their values are conformance's own.
_FRAME = frozenset({"Callers", "Before", "Overlap", "None", "Setup"})


def _program(author: StaticAuthor, target: Target) -> Program | None:
    """What the compiler makes of the target, for the types of its variables; None where it cannot compile it."""
    try:
        return author.program(target)
    except Exception:  # noqa: BLE001 - a specification by somebody else does not need the compiler
        return None


def _merged(found: Sequence[ConformanceResult]) -> ConformanceResult:
    return ConformanceResult(
        actions=tuple(a for one in found for a in one.actions),
        schedules=sum(one.schedules for one in found),
        refused=tuple(text for one in found for text in one.refused),
        reason="; ".join(one.reason for one in found if one.reason),
        free=tuple(name for one in found for name in one.free),
        sandbox=found[0].sandbox,
    )
