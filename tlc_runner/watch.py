"""A hidden invariant by which TLC reports every second and stops itself at the budget.

TLC 2.15 prints its progress once a minute and knows no limit. What it does have is ``TLCGet`` and ``TLCSet("exit")``:
an invariant that is always true, evaluated once per distinct state after the job's own, can report and stop. A run
stopped this way still prints its statistics and its coverage. The job's modules stay as they are: the root that TLC is
given extends the job's root.

``Tick`` reads its register first: TLC evaluates constant expressions once, before the run, and keeps their value unless
that fails, as it does while the register is unset. What must not happen then takes an argument.
While TLC computes initial states, ``exit`` has no effect: a runner kills a run that has announced its stop and goes on.
"""

from __future__ import annotations

import math
import re
from dataclasses import replace

from tlc_runner.modules import strip_comments
from tlc_runner.types import Budget, Job

#: First element of the tuples that the invariant prints.
BEAT = "code2tla-beat"
STOP = "code2tla-stop"

_WATCH = """\
---- MODULE {watch} ----
LOCAL INSTANCE TLC
LOCAL INSTANCE Naturals
Start(register) == TLCSet(register, 0)
Report(what) == PrintT(<<what, TLCGet("duration"), TLCGet("distinct"), TLCGet("queue"), TLCGet("diameter")>>)
End(exit) == TLCSet({register}, {never}) /\\ Report("{stop}") /\\ TLCSet("exit", exit)
Tick ==
    IF TLCGet("duration") > TLCGet({register})
    THEN IF TLCGet("duration") >= {seconds}
         THEN End(TRUE)
         ELSE TLCSet({register}, TLCGet("duration")) /\\ Report("{beat}")
    ELSE {states}
====
"""
_ROOT = """\
---- MODULE {root} ----
EXTENDS {job_root}
{watch} == INSTANCE {watch}
ASSUME {watch}!Start({register})
{invariant} == {watch}!Tick
====
"""
#: A register that specifications do not use by accident (TLC keeps them in an array: a small number).
_REGISTER = 9973
_MAX_INT = 2**31 - 1
_WORD = re.compile(r"\w+")


def has_behaviour(job: Job) -> bool:
    """Whether the cfg names something to explore, and not just assumptions to evaluate."""
    return not {"SPECIFICATION", "INIT"}.isdisjoint(_WORD.findall(strip_comments(job.cfg)))


def add_watch(job: Job) -> Job:
    """``job`` with the watching modules and invariant, or as it was where it has no behaviour to watch."""
    text = strip_comments(job.modules[f"{job.root}.tla"])
    cfg = strip_comments(job.cfg)
    if not has_behaviour(job) or set(_WORD.findall(cfg)) & set(re.findall(r"\bLOCAL\s+(\w+)", text)):
        return job
    taken = " ".join([*job.modules, *job.modules.values(), job.cfg])
    stem = "Watch"
    while stem in taken:
        stem += "_"
    root, invariant = f"{stem}Root", f"{stem}Budget"
    modules = {
        **job.modules,
        f"{stem}.tla": _watch(stem, job.budget),
        f"{root}.tla": _ROOT.format(root=root, job_root=job.root, watch=stem, register=_REGISTER, invariant=invariant),
    }
    return replace(job, modules=modules, root=root, cfg=f"{job.cfg}\nINVARIANT {invariant}\n")


def _watch(name: str, budget: Budget) -> str:
    states = "TRUE"
    if budget.states is not None:
        states = (
            f'IF TLCGet("distinct") > {min(_MAX_INT, budget.states)} /\\ TLCGet({_REGISTER}) # {_MAX_INT}'
            " THEN End(TRUE) ELSE TRUE"
        )
    seconds = min(_MAX_INT, max(1, math.ceil(budget.seconds)))
    return _WATCH.format(
        watch=name, register=_REGISTER, never=_MAX_INT, beat=BEAT, stop=STOP, seconds=seconds, states=states
    )
