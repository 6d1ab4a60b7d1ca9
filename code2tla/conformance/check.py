"""Random schedules of the real code, recorded in a sandbox, against the actions of a specification."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from code2tla import pytext
from code2tla.conformance.explained import Judge
from code2tla.conformance.nextstate import acts, variables
from code2tla.conformance.recorded import Reader
from code2tla.conformance.subject import BOUNDS, Subject, constants, in_sets
from code2tla.conformance.windows import SETUP, Follower
from code2tla.scenario import constructor
from replay import recording
from replay.classes import CannotRebuild
from replay.collaborators import assumed
from replay.recording import Recording, Wanted
from replay.sandbox import Sandbox
from reports.result import ActionConformance, CallText, ConformanceResult
from specgen import printing
from specgen.types import Spec
from tlc_runner.types import Budget, CheckResult, Function, Job, ModelValue, Outcome, Runner
from tlc_runner.values import parse_value

_TICKS = 2
_SECONDS = 120.0

_CALLS = r"""---- MODULE {root} ----
EXTENDS {module}, TLC
ASSUME \A k \in Calls : PrintT(ToString(k))
Never == FALSE /\ UNCHANGED <<{variables}>>
====
"""


def conform(
    subject: Subject, repo: Path, runner: Runner, sandbox: Sandbox, schedules: int = 60, seed: int = 0
) -> ConformanceResult:
    """Record schedules of the real code in the sandbox and let TLC explain them. Runs the target's code."""
    if not subject.mapped:
        return ConformanceResult(reason="no variable of the specification is mapped to the code's state")
    try:
        calls = _calls(subject.spec, runner)
        wanted = _wanted(subject, calls, schedules, seed)
        recorded = recording.record(wanted, repo, sandbox)
    except (CannotRebuild, _NotListed) as reason:
        return _empty(subject, str(reason))
    if not recorded.schedules:
        return _empty(subject, recorded.reason or "no schedule could be recorded")
    return explain(subject, calls, recorded, runner)


def explain(subject: Subject, calls: Sequence[Function], recorded: Recording, runner: Runner) -> ConformanceResult:
    """Whether the specification explains what was recorded of these calls; runs nothing of the target."""
    given = constants(subject.spec)
    reader = Reader(subject, calls)
    traces = [reader.trace(one) for one in recorded.schedules]
    follower = Follower(
        module=subject.spec.module,
        mapped={m.name: m.value for m in subject.mapped} | ({subject.clock: subject.clock} if subject.clock else {}),
        acts=acts(subject.spec.text, {a.name for a in subject.spec.actions}),
        variables=variables(subject.spec.text),
        processes=[*([SETUP] if _has_setup(subject.spec) else []), *(f"c{n + 1}" for n in range(BOUNDS.callers))],
        values=[name for name in in_sets(given) if not re.search(rf"^\s*{name} = ", given, re.MULTILINE)],
    )
    result = _tlc(subject.spec, runner, follower.root, follower.text(traces), follower.cfg(given))
    if result.outcome is not Outcome.PASSED:
        said = result.errors[0] if result.errors else result.reason
        return _empty(subject, f"TLC could not follow the schedules: {' '.join(said.split())}")
    return Judge(subject.spec, follower, traces, result.prints).verdict()


class _NotListed(Exception):
    """The calls of the specification cannot be listed; the text says why."""


def _calls(spec: Spec, runner: Runner) -> list[Function]:
    """Every call that the specification may make. Raises _NotListed."""
    root = f"{spec.module}Calls"
    text = _CALLS.format(root=root, module=spec.module, variables=", ".join(variables(spec.text)))
    result = _tlc(spec, runner, root, text, f"{constants(spec)}\nINIT Init\nNEXT Never\n")
    if result.outcome is not Outcome.PASSED:
        raise _NotListed(f"its calls could not be listed: {' '.join((result.errors or (result.reason,))[0].split())}")
    found = [value for line in dict.fromkeys(result.prints) if isinstance(value := parse_value(line), Function)]
    return [call for call in found if _writable(call)]


def _writable(call: Function) -> bool:
    """Whether the arguments can be written down in Python: a caller's identity cannot."""
    return not any(isinstance(v, ModelValue) and re.fullmatch(r"c\d+|Setup", v.name) for _, v in call.pairs)


def _wanted(subject: Subject, calls: Sequence[Function], schedules: int, seed: int) -> Wanted:
    spec, target = subject.spec, subject.target
    texts = [
        CallText(str(pytext.get(k, "op")), {str(n): pytext.text(v) for n, v in k.pairs if n != "op"}) for k in calls
    ]
    return Wanted(
        mode=target.mode,
        path=target.path,
        cls=target.cls,
        calls=texts,
        state={m.name: m.code for m in subject.mapped},
        constructor=constructor(spec, BOUNDS.level),
        assumed=assumed({a.id: a.text for a in spec.assumptions}, _values(spec)),
        schedules=schedules,
        seed=seed,
        callers=BOUNDS.callers,
        before=BOUNDS.before if _has_setup(spec) else 0,
        cancels=int(any("_cancelled" in a.name for a in spec.actions)),
        ticks=_TICKS if subject.clock else 0,
        clock=subject.clock,
    )


def _values(spec: Spec) -> int:
    """How many opaque values the specification has on the level of the comparison."""
    texts = [printing.constant_value(c, BOUNDS.level) for c in spec.constants if c.name == "Anything"]
    return max((len(re.findall(r"\w+", text)) for text in texts), default=1)


def _has_setup(spec: Spec) -> bool:
    """Whether the specification lets calls be made one after another ahead of the others."""
    return bool(re.search(rf"\b{SETUP}\b", spec.text))


def _tlc(spec: Spec, runner: Runner, root: str, text: str, cfg: str) -> CheckResult:
    serial, empty = printing.serial_module(spec)
    modules = {f"{spec.module}.tla": printing.module_text(spec), serial: empty, f"{root}.tla": text}
    return runner.check(Job(modules=modules, root=root, cfg=cfg, budget=Budget(_SECONDS), coverage=False))


def _empty(subject: Subject, reason: str) -> ConformanceResult:
    return ConformanceResult(tuple(ActionConformance(a.name, 0, 0) for a in subject.spec.actions), reason=reason)
