"""Initial values: the constructor's graph run once on symbols."""

from __future__ import annotations

from specgen.expr import Const, Expr, Lit, Local, Op, Var
from specgen.lower.formulas import EMPTY, FALSE, NONE, TRUE
from specgen.lower.lowerer import Lowerer

#: Steps of all paths, rounds of a loop, and undecided branches on one path: a constructor beyond them is cut off.
LIMIT = 4000
ROUNDS = 20
UNDECIDED = 12


def initial_values(lw: Lowerer, entry: int) -> dict[str, Expr]:
    """The value of each variable when the constructor has returned. Paths that raise are left out.

    Globals that it changes begin with what their module gave them.
    """
    begun: dict[Expr, Expr] = {Var(name): EMPTY for name in lw.heap.values()}
    begun |= {Var(name): value for name, value in lw.inits.items()}
    steps = [0]
    keep_raised = [False]

    def run(at: int, env: dict[Expr, Expr], seen: dict[int, int], undecided: int) -> dict[Expr, Expr] | None:
        while at >= 0:
            steps[0] += 1
            if steps[0] > LIMIT or seen.get(at, 0) > ROUNDS or undecided > UNDECIDED:
                return env
            seen = {**seen, at: seen.get(at, 0) + 1}
            node = lw.graph.nodes[at]
            match node.kind:
                case "set":
                    assert node.target is not None
                    assert node.value is not None
                    env = {**env, node.target: substitute(node.value, env)}
                case "choose":
                    assert node.target is not None
                    env = {**env, node.target: _one_of(node.value)}
                case "branch":
                    assert node.cond is not None
                    cond = _truth(substitute(node.cond, env))
                    if cond == TRUE:
                        at = node.next
                        continue
                    if cond == FALSE:
                        at = node.other
                        continue
                    yes, no = (run(to, env, seen, undecided + 1) for to in (node.next, node.other))
                    if yes is None or no is None:
                        return yes if yes is not None else no
                    return {k: _either(cond, yes.get(k), no.get(k)) for k in {**yes, **no}}
                case "done":
                    return None if node.raised and not keep_raised[0] else env
            at = node.next
        return env

    out = run(entry, begun, {}, 0)
    if out is None:  # an abstract class, whose constructor always raises: what it had set until then
        keep_raised[0] = True
        out = run(entry, begun, {}, 0) or {}
    return {k.name: v for k, v in out.items() if isinstance(k, Var)}


def _one_of(choice: Expr | None) -> Expr:
    """One value where the constructor may have any: the object has to begin somewhere."""
    if choice == Const("BOOLEAN"):
        return FALSE
    return choice.args[0] if isinstance(choice, Op) and choice.name == ".." else NONE


def _either(cond: Expr, a: Expr | None, b: Expr | None) -> Expr:
    if a is None or b is None or a == b:
        return a if a is not None else b if b is not None else NONE
    return Op("if", (cond, a, b))


def substitute(e: Expr, env: dict[Expr, Expr]) -> Expr:
    """The expression with variables and locals replaced by what they hold."""
    if isinstance(e, (Local, Var)):
        return env.get(e, NONE if isinstance(e, Local) else e)
    if isinstance(e, Op):
        return _simple(Op(e.name, tuple(substitute(a, env) for a in e.args), e.names))
    return e


#: What only numbers have.
_OF_NUMBERS = {"+", "-", "*", "<", "<=", ">", ">="}


def _simple(e: Op) -> Expr:
    if e.name in _OF_NUMBERS and NONE in e.args:  # of code not modelled, which gives some number here
        e = Op(e.name, tuple(Lit(0) if a == NONE else a for a in e.args), e.names)
    if e.name == "call" and e.names == ("Append",) and isinstance(e.args[0], Op) and e.args[0].name == "tuple":
        return Op("tuple", (*e.args[0].args, e.args[1]))
    if (
        e.name == "call"
        and e.names == ("Head",)
        and isinstance(e.args[0], Op)
        and e.args[0].name == "tuple"
        and e.args[0].args
    ):
        return e.args[0].args[0]
    if (
        e.name == "call"
        and e.names == ("Tail",)
        and isinstance(e.args[0], Op)
        and e.args[0].name == "tuple"
        and e.args[0].args
    ):
        return Op("tuple", e.args[0].args[1:])
    match e:
        case Op("call", (Op("filter", (Op("DOMAIN", (made,)), _)),), ("Cardinality",)):
            keys = _keys(made)  # all of them made by the constructor, which is what the filter asks
            return e if keys is None else Lit(len(keys))
        case Op("+", (Lit(int() as a), Lit(int() as b))):
            return Lit(a + b)
    return e


def _keys(d: Expr) -> set[Expr] | None:
    """The keys of a dict that is put together from the empty one."""
    match d:
        case Op("tuple", ()):
            return set()
        case Op("call", (before, key, _), ("Put",)):
            keys = _keys(before)
            return None if keys is None else {*keys, key}
    return None


def _truth(e: Expr) -> Expr:
    """Decide a condition on literals."""
    if isinstance(e, Op):
        args = tuple(_truth(a) for a in e.args)
        if e.name in {"=", "#"} and all(_closed(a) for a in args):
            return Lit((args[0] == args[1]) is (e.name == "="))
        if e.name == "not" and isinstance(args[0], Lit):
            return Lit(not args[0].value)
        numbers = [a.value for a in args if isinstance(a, Lit) and type(a.value) is int]
        if len(numbers) == 2 and e.name in {"<", "<=", ">", ">="}:
            p, q = numbers
            return Lit({"<": p < q, "<=": p <= q, ">": p > q, ">=": p >= q}[e.name])
        if e.name == "and" and FALSE in args:
            return FALSE
        if e.name == "and" and all(a == TRUE for a in args):
            return TRUE
        if e.name == "or" and TRUE in args:
            return TRUE
        if e.name == "or" and all(a == FALSE for a in args):
            return FALSE
        return Op(e.name, args, e.names)
    return e


def _closed(e: Expr) -> bool:
    if isinstance(e, Op):
        return e.name == "tuple" and all(_closed(a) for a in e.args)
    return isinstance(e, Lit) or e == NONE
