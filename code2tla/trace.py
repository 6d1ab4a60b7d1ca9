"""A counterexample on the source: TLC's states become steps that name process, function, line and change."""

from __future__ import annotations

import builtins
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from code2tla import heap, pytext, summary
from code2tla.checked import Finding
from code2tla.source import Lines
from code2tla.summary import Ended, Scene
from extractor.types import Facts, Symbol
from reports.result import Source, Step, ViolationResult
from specgen.types import Action, Spec
from tlc_runner.types import ModelValue, State

#: The process that makes the calls before the overlapping ones, and what acts where no call does.
SETUP = ModelValue("Setup")
ENVIRONMENT = "environment"

#: Variables that say where calls stand; what else a specification has is state of the object.
_CONTROL = frozenset({"call", "at", "local", "result", "start", "before"})

_BUILTIN_EXCEPTIONS = frozenset(
    name for name, value in vars(builtins).items() if isinstance(value, type) and issubclass(value, BaseException)
)


@dataclass(frozen=True, slots=True)
class Context:
    """What a trace is read with.

    ``parameters`` by operation, ``raised`` the names of exceptions, ``functions`` the qualified name of the function
    that an action models, ``dicts`` the variables that hold a dict.
    """

    spec: Spec
    lines: Lines
    parameters: Mapping[str, tuple[str, ...]]
    raised: frozenset[str]
    functions: Mapping[str, str]
    dicts: frozenset[str]

    @classmethod
    def of(cls, spec: Spec, facts: Facts, lines: Lines) -> Context:
        """The context of a specification of these facts."""
        functions = {a.name: _function(facts, a) for a in spec.actions}
        parameters = {}
        for action in reversed(spec.actions):
            if (symbol := functions[action.name]) and symbol.name.strip("_") == action.operation:
                names = (p.name for p in symbol.params if p.name not in ("self", "cls"))
                parameters[action.operation] = tuple(names)
        raised = {n.rpartition(".")[2] for e in facts.exceptional for n in e.names} | _BUILTIN_EXCEPTIONS
        shown = {name: symbol.qualname for name, symbol in functions.items() if symbol}
        marks = ("DOMAIN {}", "IsDict({},")
        dicts = frozenset(v.name for v in spec.variables if any(m.format(v.name) in v.type_ok for m in marks))
        return cls(spec, lines, parameters, frozenset(raised), shown, dicts)

    def show(self, name: str, value: object) -> str:
        """A variable's value as text; TLC prints an empty dict as it prints an empty list."""
        return "{}" if value == () and name in self.dicts else pytext.text(value)

    def show_local(self, name: object, value: object) -> str:
        """The same for a local of a call."""
        return "{}" if value == () and name in self.spec.dict_locals else pytext.text(value)

    def call(self, record: object) -> str:
        """A call as Python text."""
        return pytext.call(record, self.parameters)

    def action(self, name: str | None, label: object) -> Action | None:
        """The action of this name, or the first that may be taken at this label."""
        named = (a for a in self.spec.actions if a.name == name)
        return next(named, next((a for a in self.spec.actions if a.label == label), None))

    @property
    def object(self) -> tuple[str, ...]:
        """The variables that are state of the object."""
        return tuple(v.name for v in self.spec.variables if v.name not in _CONTROL)


def violation(context: Context, finding: Finding) -> ViolationResult:
    """A finding as a reader is given it."""
    states = heap.readable(finding.trace, heap.fields(context.spec.variables))
    first, last = states[0], states[-1]
    told = summary.tell(finding, _scene(context, last, over=finding.property.kind not in ("invariant", "assertion")))
    return ViolationResult(
        property=finding.property.name,
        kind=finding.property.kind,
        summary=told.sentence,
        trace=tuple(steps(context, states)),
        serial=told.serial,
        outcome=told.outcome,
        initial={name: context.show(name, first.values[name]) for name in context.object if name in first.values},
    )


def steps(context: Context, states: Sequence[State]) -> Iterator[Step]:
    """The steps between the states; the beginning of a call is told with its first step, if it takes one."""
    moves = [move for before, after in pairwise(states) if (move := transition(context, before, after))]
    number = 0
    for index, move in enumerate(moves):
        if move.action is None and any(later.process == move.process for later in moves[index + 1 :]):
            continue
        number += 1
        yield _step(context, number, move)


@dataclass(frozen=True, slots=True)
class Move:
    """One transition; ``action`` is None where it only begins a call. Most calls begin with their first step."""

    process: object
    before: State
    after: State
    action: Action | None


def transition(context: Context, before: State, after: State) -> Move | None:
    """The transition, or None where only the set-up ended."""
    moved = _differing(before.values.get("at"), after.values.get("at"))
    moved = moved or _differing(before.values.get("call"), after.values.get("call"))
    if not moved and before.values.get("before") != after.values.get("before"):
        moved = [SETUP]  # the same call once more, begun and over in one step
    if not moved:
        action = context.action(after.action, None)
        return Move(ENVIRONMENT, before, after, action) if after.action else None
    who = moved[0]
    label = pytext.get(before.values.get("at"), who)
    if label == "idle":
        over = who == SETUP and pytext.get(after.values.get("at"), who) == "end"
        return None if over else Move(who, before, after, context.action(after.action, None))
    return Move(who, before, after, context.action(after.action, label))


def _step(context: Context, number: int, move: Move) -> Step:
    before, after, who = move.before, move.after, move.process
    action = move.action
    source = action.sources[0] if action and action.sources else None
    running = after if pytext.get(before.values.get("at"), who) == "idle" else before
    operation = context.call(pytext.get(running.values.get("call"), who))
    ended = pytext.get(after.values.get("at"), who) == "end" and who != SETUP
    return Step(
        step=number,
        process=_process(who),
        operation=operation,
        action=action.name if action else after.action or "Begin",
        function=context.functions.get(action.name, action.function) if action else "",
        source=Source(source.path, source.line, source.end_line) if source else None,
        text=context.lines.at(source.path, source.line) if source else f"{operation} begins" if operation else "",
        changed=_changed(context, move),
        outcome=summary.said(pytext.get(after.values.get("result"), who), context.raised) if ended else None,
    )


def _changed(context: Context, move: Move) -> dict[str, str]:
    """Changed state of the object, and changed locals of the call as ``c1.state``."""
    before, after, who = move.before.values, move.after.values, move.process
    changed = {n: context.show(n, after[n]) for n in context.object if n in after and before.get(n) != after[n]}
    if pytext.get(after.get("at"), who) in ("end", "idle"):
        return changed  # the call is over, and its locals with it
    was, now = pytext.get(before.get("local"), who), pytext.get(after.get("local"), who)
    for name in _differing(was, now):
        value = pytext.get(now, name)
        if value != ModelValue("None"):  # which also stands for a local that is needed no longer
            changed[f"{_process(who)}.{name}"] = context.show_local(name, value)
    return changed


def _scene(context: Context, last: State, over: bool) -> Scene:
    """The last state, as the summary needs it; ``over`` if no call goes on from it."""
    ended: list[Ended] = []
    for who, record in pytext.pairs(last.values.get("call")):
        if who == SETUP or not (call := context.call(record)):
            continue
        label = pytext.get(last.values.get("at"), who)
        if label == "end":
            result = summary.said(pytext.get(last.values.get("result"), who), context.raised)
        else:
            action = context.action(None, label)
            at = f" at {action.sources[0].path}:{action.sources[0].line}" if action and action.sources else ""
            result = f"waits for ever{at}" if over and label != "idle" else ""
        ended.append(Ended(call, record, result))
    names = tuple(v.name for v in context.spec.variables if v.observable and v.name not in _CONTROL)
    state = {name: last.values[name] for name in names if name in last.values}
    return Scene(tuple(ended), last.values.get("start"), state, context.raised, context.show)


def _function(facts: Facts, action: Action) -> Symbol | None:
    """The function or method that the action's first line stands in, the innermost one."""
    if not action.sources:
        return None
    at = action.sources[0]
    around = [
        s
        for s in facts.symbols
        if s.kind != "class" and s.span.path == at.path and s.span.line <= at.line <= s.span.end_line
    ]
    return max(around, key=lambda s: s.span.line, default=None)


def _process(who: object) -> str:
    if who == SETUP:
        return "set-up"
    return who.name if isinstance(who, ModelValue) else str(who)


def _differing(before: object, after: object) -> list[object]:
    """Arguments at which two functions differ."""
    return [key for key, value in pytext.pairs(after) if pytext.get(before, key) != value]
