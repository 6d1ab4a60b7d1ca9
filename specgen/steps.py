"""The back end of the static compiler: a Program's graphs cut into atomic steps, the steps printed as a Spec."""

from __future__ import annotations

from dataclasses import replace

from specgen import movers
from specgen.cuts import Granularity
from specgen.execute import Executor
from specgen.expr import Expr, Lit, NoneE, Op, Var
from specgen.infer import Infer, inference
from specgen.ir import Operation, Program
from specgen.module import compose
from specgen.prepare import compute_before_suspending, prepared
from specgen.rewrite import BINDERS, substitute, walk
from specgen.tree import Leaf, Place, Step, leaves, rewrite
from specgen.types import Spec
from specgen.value_types import NeverT, RaisedT, StrT, Ty, boxed_kinds, join, members


def build(program: Program, granularity: Granularity = "step") -> Spec:
    """The specification of a program.

    With granularity "step" a step is the most that nobody else can tell apart (Lipton reduction; under asyncio
    the code between suspensions), and a call begins with its first step where that never waits. To measure what
    reduction saves there are two others, in which a step is one source statement and to begin is a step of its own:
    with "statement" calls drop their locals when they end and the set-up leaves no trace; with "plain" all that stays,
    as it does in a translation statement by statement (PlusCal's, for one).
    """
    program = prepared(program)
    if granularity != "plain":
        program = compute_before_suspending(program)
    steps = cut(program, granularity)
    if granularity == "step":
        before = -1
        while before != len(steps):
            before = len(steps)
            steps, program = without_free_locks(steps, program)
            steps = _reached(steps)
    program = replace(program, result_ty=_results(program, steps))
    return compose(program, steps, begin_apart=granularity != "step", keeps=granularity == "plain")


def cut(program: Program, granularity: Granularity = "step") -> list[Step]:
    """The steps of every operation, in the order in which its calls reach them."""
    classes = movers.analyse(program)
    taken = _names_in_use(program)
    out: list[Step] = []
    for operation in program.operations:
        out += _steps_of(program, operation, Executor(program, operation, classes, granularity, taken))
    return out


def _steps_of(program: Program, operation: Operation, executor: Executor) -> list[Step]:
    entry = executor.place(operation.entry)
    seen: dict[Place, None] = {entry: None}
    work = [entry]
    out: list[Step] = []
    while work:
        place = work.pop(0)
        steps = [executor.step(place)]
        steps += [executor.step(place, a.target, a.kind) for a in program.nodes[place.node].alternatives]
        out += steps
        for step in steps:
            for leaf in leaves(step.tree):
                if leaf.goto is not None and leaf.goto not in seen:
                    seen[leaf.goto] = None
                    work.append(leaf.goto)
    return _without_mere_jumps(entry, out)


def _without_mere_jumps(entry: Place, steps: list[Step]) -> list[Step]:
    """The steps without those that only go on elsewhere."""
    alone = {s.place for s in steps} - {s.place for s in steps if s.alternative is not None}
    ahead = {
        s.place: s.tree.goto
        for s in steps
        if s.place in alone
        and isinstance(s.tree, Leaf)
        and s.tree.goto is not None
        and not s.tree.updates
        and not s.tree.locals
        and s.place != entry
        and s.tree.goto.mid_turn == s.place.mid_turn
    }

    def end(place: Place | None) -> Place | None:
        seen: set[Place] = set()
        while place in ahead and place not in seen:
            seen.add(place)
            place = ahead[place]
        return place

    circles = {p for p in ahead if end(p) in ahead}
    for place in circles:
        del ahead[place]

    def redirect(leaf: Leaf) -> Leaf:
        return leaf if leaf.goto is None else replace(leaf, goto=end(leaf.goto))

    kept = [s for s in steps if s.place not in ahead]
    for step in kept:
        step.tree = rewrite(step.tree, lambda e: e, redirect)
    return kept


def without_free_locks(steps: list[Step], program: Program) -> tuple[list[Step], Program]:
    """Leaves out every lock that is free at both ends of every step: nobody ever waits for it."""
    names = [v.name for v in program.vars if v.lock and v.init_set is None]
    while True:
        initial: dict[Expr, Expr] = {Var(v.name): v.init for v in program.vars if v.name in names}
        held = {
            name
            for step in steps
            for leaf in leaves(step.tree)
            for name, value in leaf.updates
            if name in names and substitute(value, initial) != initial[Var(name)]
        }
        held |= {name for action in program.env for name, _ in action.updates if name in names}
        if not held:
            break
        names = [n for n in names if n not in held]
    if not names:
        return steps, program
    dropped = set(names)

    def fewer(leaf: Leaf) -> Leaf:
        return replace(leaf, updates=tuple((n, e) for n, e in leaf.updates if n not in dropped))

    def free(expr: Expr) -> Expr:
        return substitute(expr, initial)

    for step in steps:
        step.tree = rewrite(step.tree, free, fewer)
    variables = [
        replace(v, view=None if v.view is None else free(v.view)) for v in program.vars if v.name not in dropped
    ]
    return steps, replace(
        program,
        vars=variables,
        env=[replace(a, guard=free(a.guard), updates=tuple((n, free(e)) for n, e in a.updates)) for a in program.env],
        invariants=[replace(i, expr=free(i.expr)) for i in program.invariants],
        result_view=None if program.result_view is None else free(program.result_view),
    )


def _reached(steps: list[Step]) -> list[Step]:
    """The steps without those that no call comes to any more; each operation's first step is its entry."""
    seen: set[tuple[str, Place]] = set()
    work = list({s.operation: (s.operation, s.place) for s in reversed(steps)}.values())
    while work:
        at = work.pop()
        if at in seen:
            continue
        seen.add(at)
        mine = [s for s in steps if (s.operation, s.place) == at]
        work += [(s.operation, leaf.goto) for s in mine for leaf in leaves(s.tree) if leaf.goto is not None]
    return [s for s in steps if (s.operation, s.place) in seen]


def _results(program: Program, steps: list[Step]) -> Ty:
    """The type of results without the exceptions that no step ends with."""
    operations = {o.name: o for o in program.operations}
    named: set[str] = set()
    for step in steps:
        infer = inference(program, operations[step.operation])
        for leaf in leaves(step.tree):
            texts = _texts(leaf.result, infer) if leaf.result is not None else set()
            if texts is None:
                return program.result_ty
            named |= texts
    raised = any(isinstance(m, RaisedT) for m in members(program.result_ty))
    out: Ty = NeverT()
    for ty in members(program.result_ty):
        if isinstance(ty, RaisedT) or (isinstance(ty, StrT) and not raised):
            out = join(out, type(ty)(ty.values & named)) if ty.values & named else out
        else:
            out = join(out, ty)
    return out if boxed_kinds(out) == boxed_kinds(program.result_ty) else program.result_ty


def _texts(e: Expr, infer: Infer) -> set[str] | None:
    """The texts that a result may be, the names of exceptions among them; None where that is not known."""
    match e:
        case Lit(str() as text):
            return {text}
        case Op("if", (_, yes, no)):
            first, second = _texts(yes, infer), _texts(no, infer)
            return None if first is None or second is None else first | second
        case Op("record", (inner,), ("raised",)):
            return _texts(inner, infer)
        case Lit() | NoneE() | Op("record" | "tuple" | "set"):
            return set()
    ty = infer(e)
    return None if ty is None or any(isinstance(m, (StrT, RaisedT)) for m in members(ty)) else set()


def _names_in_use(program: Program) -> set[str]:
    """Names that a choice may not take: variables, constants, names bound in expressions."""
    names = {v.name for v in program.vars} | {c.name for c in program.consts}
    for node in program.nodes.values():
        for expr in (node.value, node.cond):
            if expr is not None:
                names |= {n for e in walk(expr) if isinstance(e, Op) and e.name in BINDERS for n in e.names}
    return names


__all__ = ["Granularity", "build", "cut", "without_free_locks"]
