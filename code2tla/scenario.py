"""What it takes to see a finding on the real code: the calls with their arguments, and the order of their steps."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from itertools import pairwise

from code2tla import pytext, trace
from code2tla.checked import Finding
from code2tla.trace import Context, Move
from reports.result import CallText, Scenario, ScheduledStep, Source
from specgen import printing
from specgen.types import Action, Spec, Target
from tlc_runner.types import Function, ModelValue, State

_ALTERNATIVE = re.compile(r"_(cancelled|timeout)(_b)*$")
_CONSTRUCTOR = re.compile(r"the constructor's argument `(\w+)`")
_WRITTEN = re.compile(r"(?P<when>At every moment|Whenever no call is in progress): (?P<text>.*)", re.DOTALL)


def of(context: Context, target: Target, finding: Finding) -> Scenario:
    """The scenario of a finding; ``missing`` says what a specification does not know about it."""
    moves = [move for before, after in pairwise(finding.trace) if (move := trace.transition(context, before, after))]
    setup = [_call(move.after, move.process) for move in moves if _begins(move) and move.process == trace.SETUP]
    last = finding.trace[-1]
    calls = {
        _process(who): _call(last, who)
        for who, label in pytext.pairs(last.values.get("at"))
        if who != trace.SETUP and label != "idle"
    }
    if not calls and setup:  # one call alone does it
        calls = {"c1": setup.pop()}
    written = _WRITTEN.fullmatch(finding.property.plain) if finding.property.kind == "invariant" else None
    return Scenario(
        mode=target.mode,
        path=target.path,
        cls=target.cls,
        setup=tuple(setup),
        calls=calls,
        schedule=tuple(_schedule(context, moves, last)),
        constructor=constructor(context.spec, finding.bounds.level),
        invariant=written["text"] if written else "",
        when="quiescent" if written and written["when"] != "At every moment" else "always",
        missing=_missing([*setup, *calls.values()]),
    )


def _begins(move: Move) -> bool:
    return pytext.get(move.before.values.get("at"), move.process) == "idle"


def _call(state: State, who: object) -> CallText:
    record = pytext.get(state.values.get("call"), who)
    known = dict(record.pairs) if isinstance(record, Function) else {}
    arguments = {str(name): pytext.text(value) for name, value in known.items() if name != "op"}
    return CallText(str(known.get("op", "")), arguments)


def _schedule(context: Context, moves: list[Move], last: State) -> Iterator[ScheduledStep]:
    for move in moves:
        if move.process == trace.ENVIRONMENT:
            yield ScheduledStep("", "tick", (), "")
        elif move.process != trace.SETUP and move.action is not None:
            yield _step(context, _process(move.process), move.action, _kind(move.action))
    for who, label in pytext.pairs(last.values.get("at")):
        if who != trace.SETUP and label not in ("idle", "end") and (action := context.action(None, label)):
            yield _step(context, _process(who), action, "waits")


def _step(context: Context, process: str, action: Action, kind: str) -> ScheduledStep:
    first = action.sources[0] if action.sources else None
    text = context.lines.at(first.path, first.line) if first else ""
    return ScheduledStep(process, kind, tuple(Source(s.path, s.line, s.end_line) for s in action.sources), text)


def _kind(action: Action) -> str:
    if found := _ALTERNATIVE.search(action.name):
        return found[1]
    return "write" if action.name.endswith("_write") else ""


def constructor(spec: Spec, level: int) -> dict[str, str]:
    """Numbers that the constructor is given, as this level of the ladder has them."""
    return {
        found[1]: printing.constant_value(const, level)
        for const in spec.constants
        if (found := _CONSTRUCTOR.search(const.comment))
    }


def _missing(calls: list[CallText]) -> str:
    for call in calls:
        for name, text in call.arguments.items():
            try:
                ast.literal_eval(text)
            except (ValueError, SyntaxError):
                return f"the argument {name} of {call.op} is {text}, which stands for no value that can be written down"
    return ""


def _process(who: object) -> str:
    return who.name if isinstance(who, ModelValue) else str(who)
