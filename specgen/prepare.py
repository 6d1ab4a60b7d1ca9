"""Makes a program fit to be printed: no shared variable or bound name clashes with a name of the module's frame."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from specgen.expr import Bound, Const, Expr, Local, Me, Op, Var
from specgen.flow import live_locals, reachable, successors
from specgen.ir import Access, Node, Program
from specgen.names import fresh
from specgen.rewrite import BINDERS, substitute
from specgen.words import RESERVED


def prepared(program: Program) -> Program:
    """A copy of the program in which every name can be printed as it is."""
    operations = {o.name for o in program.operations}
    taken = {v.name for v in program.vars} | {c.name for c in program.consts} | operations
    renamed: dict[str, str] = {}
    for v in program.vars:
        if v.name in RESERVED:
            renamed[v.name] = fresh(v.name + "_", taken)
            taken.add(renamed[v.name])
    outer = {renamed.get(v.name, v.name) for v in program.vars} | {c.name for c in program.consts} | RESERVED

    def expr(e: Expr, bound: dict[str, str]) -> Expr:
        match e:
            case Var(name):
                return Var(renamed.get(name, name))
            case Bound(name):
                return Bound(bound.get(name, name))
            case Op(name, args, names) if name in BINDERS:
                new = tuple(_clear(n, outer) for n in names)
                inner = bound | dict(zip(names, new, strict=True))
                return Op(name, (*(expr(a, bound) for a in args[:-1]), expr(args[-1], inner)), new)
            case Op(name, args, names):
                return Op(name, tuple(expr(a, bound) for a in args), names)
        return e

    # The object is made before anyone calls it: by the caller that sets up, if by anyone.
    at_first: dict[Expr, Expr] = {Me(): Const("Setup")}

    def opt(e: Expr | None) -> Expr | None:
        return None if e is None else expr(e, {})

    def one(node: Node) -> Node:
        target = node.target
        if isinstance(target, Var):
            target = Var(renamed.get(target.name, target.name))
        accesses = tuple(Access(renamed.get(a.var, a.var), a.mode, a.group, a.effect) for a in node.accesses)
        return replace(node, accesses=accesses, target=target, value=opt(node.value), cond=opt(node.cond))

    return replace(
        program,
        vars=[
            replace(
                v,
                name=renamed.get(v.name, v.name),
                init=substitute(expr(v.init, {}), at_first),
                init_set=None if v.init_set is None else substitute(expr(v.init_set, {}), at_first),
                view=opt(v.view),
            )
            for v in program.vars
        ],
        nodes={n: one(node) for n, node in program.nodes.items()},
        env=[
            replace(a, guard=expr(a.guard, {}), updates=tuple((renamed.get(n, n), expr(e, {})) for n, e in a.updates))
            for a in program.env
        ],
        invariants=[replace(i, expr=expr(i.expr, {})) for i in program.invariants],
        result_view=opt(program.result_view),
    )


def _clear(name: str, outer: set[str] | frozenset[str]) -> str:
    while name in outer:
        name += "_"
    return name


def compute_before_suspending(program: Program) -> Program:
    """The program with what is computed from locals alone moved ahead of the suspension before it.

    Nobody can tell the difference, and a call then keeps the value it needs, not all that the value came from.
    """
    nodes = {n: replace(node) for n, node in program.nodes.items()}
    for operation in program.operations:
        shape = replace(program, nodes=nodes)
        ids = reachable(shape, operation)
        entered = {operation.entry: 1}
        for n in ids:
            for m in successors(nodes[n]):
                entered[m] = entered.get(m, 0) + 1
        live = live_locals(shape, ids)
        for n in ids:
            first = n
            while _may_swap(nodes, first, entered, live):
                wait, local = nodes[first], nodes[nodes[first].next]
                nodes[first] = replace(local, id=first, next=local.id)
                nodes[local.id] = replace(wait, id=local.id, next=local.next)
                first = local.id
    return replace(program, nodes=nodes)


def _may_swap(nodes: dict[int, Node], n: int, entered: dict[int, int], live: Mapping[int, frozenset[str]]) -> bool:
    wait = nodes[n]
    if wait.kind != "suspend" or wait.accesses or wait.next == n:
        return False
    after = nodes[wait.next]
    return (
        after.kind == "set"
        and not after.accesses
        and isinstance(after.target, Local)
        and entered.get(after.id, 0) == 1
        and all(after.target.name not in live.get(a.target, frozenset()) for a in wait.alternatives)
    )
