"""The whole front end: one shared object's source to a Program, lowered until types no longer change."""

from __future__ import annotations

import ast
from collections.abc import Iterable
from dataclasses import dataclass

from specgen.expr import (
    Arg,
    AtomT,
    DictT,
    Expr,
    Lit,
    NeverT,
    NoneT,
    Op,
    StrT,
    TupleT,
    Ty,
    boxed_kinds,
    depth,
)
from specgen.ir import (
    Operation,
    ParamDecl,
    Program,
    UserInvariant,
)
from specgen.lower import assembly, construction, decorators, names, parameters, unwinding
from specgen.lower.exprs import lower
from specgen.lower.inlining import inline, open_frame
from specgen.lower.lowerer import RESERVED, Lowerer, TooLarge
from specgen.lower.state import Boundary, Frame, Shared
from specgen.lower.stmts import body
from specgen.lower.truth import condition
from specgen.lower.values import EMPTY, NONE, ClassV, External, Func, Obj, Val, Value, const
from specgen.source import Class, Function, Sources, dotted
from specgen.types import Target

ROUNDS = 60
#: Rounds after which types that still change are given up on.
PATIENCE = 12
#: How deep values may nest in each other before their type is taken to grow without end.
DEEPEST = 6
#: Nodes that all rounds together may make, so that what takes too long ends the same way on every machine.
WORK = 60_000
#: Rounds in which types are found again from nothing, to lose what only a first guess had let in.
NARROWING = 4


class NothingToModel(Exception):
    """The target has no shared state, or no operation that could be lowered; says which."""


class InvariantUnsupported(Exception):
    """An invariant of the user's is not an expression the compiler can read as a state predicate."""


@dataclass(frozen=True, slots=True)
class WrittenInvariant:
    """An invariant from the settings: a Python expression over ``self``."""

    name: str
    expr: str
    when: str = "always"


def lower_target(sources: Sources, target: Target, invariants: Iterable[WrittenInvariant] = ()) -> Program:
    """Lower a target. Raises NothingToModel and InvariantUnsupported."""
    shared = Shared()
    wanted = list(invariants)
    made: Made | None = None
    # First as if nothing were approximated: what is not known yet would else count as any value, and stay one.
    hopeful, patience = True, PATIENCE
    work, moving = 0, set[str]()
    for _ in range(ROUNDS):
        if work > WORK:
            raise NothingToModel(_unsettled(target, moving, f"within {WORK:,} nodes"))
        demands, domains, split = dict(shared.demands), dict(shared.domains), set(shared.split)
        cleared = set(shared.cleared)
        literals = {k: set(v) for k, v in shared.literals.items()}
        made = _once(sources, target, shared, wanted, hopeful=hopeful)
        work += made.lw.graph.made
        old = {k: shared.canonical(v) for k, v in shared.types.items()}
        new = {k: shared.canonical(v) for k, v in made.lw.new_types.items()}
        merged = {**old, **new}
        moving = {k for k, t in merged.items() if old.get(k) != t} or moving
        endless = {k for k, t in merged.items() if depth(t) > DEEPEST} - shared.opaque
        if endless:
            shared.opaque |= {k for k in endless if k.startswith("v.")} or endless
            shared.types, hopeful = {}, True
            continue
        known, shared.ties = shared.ties, made.lw.ties
        if (demands, domains, literals, cleared) != (shared.demands, shared.domains, shared.literals, shared.cleared):
            shared.types, hopeful = {}, True
            continue
        if known != shared.ties:
            shared.types = merged
            continue
        conflicted = {k[2:] for k, t in merged.items() if k.startswith("l.") and boxed_kinds(t)} - split
        if conflicted and any(not n.endswith(f"_{op}") for n in conflicted for op in target.operations):
            stems = {n.rstrip("0123456789") for n in conflicted} | conflicted
            if stems - shared.split:
                shared.split |= stems
                shared.types = {k: t for k, t in merged.items() if not k.startswith("l.")}
                continue
        if merged == old and not hopeful:
            break
        patience -= not hopeful
        if patience == 0:
            shared.opaque |= {k for k in moving if k.startswith("v.")} or moving
            shared.types, hopeful, patience = {}, True, PATIENCE
            continue
        hopeful = hopeful and merged != old
        shared.types = merged
    else:
        raise NothingToModel(_unsettled(target, moving, f"in {ROUNDS} rounds"))
    made = _narrow(sources, target, shared, wanted) or made
    assert made is not None
    return assembly.assemble(sources, target, shared, made)


def _unsettled(target: Target, moving: set[str], limit: str) -> str:
    """Why a target is given up on; ``moving`` are the keys of the types that changed last."""
    named = sorted({k[2:] for k in moving if k.startswith("v.")} or {k[2:] for k in moving if k.startswith("l.")})
    shown = f"{', '.join(named[:3])}{', ...' if len(named) > 3 else ''}" if named else "what its calls return"
    return f"{target.cls or target.path}: the types of its values did not settle {limit} (still open: {shown})"


def _narrow(sources: Sources, target: Target, shared: Shared, wanted: list[WrittenInvariant]) -> Made | None:
    """Find the types again from themselves alone, which drops what only an early round's ignorance had put there.

    A lowering whose values all fit the types that it was made with is as good as any; None (and the types as they
    were) where no such one is met.
    """
    before = dict(shared.types)
    known = (dict(shared.demands), dict(shared.domains), {k: set(v) for k, v in shared.literals.items()})
    for _ in range(NARROWING):
        made = _once(sources, target, shared, wanted, afresh=True)
        new = {k: shared.canonical(v) for k, v in made.lw.new_types.items()}
        if known != (shared.demands, shared.domains, shared.literals):
            break
        if new == {k: t for k, t in shared.types.items() if k in new}:
            shared.types = new
            return made
        shared.types = new
    shared.types = before
    shared.demands, shared.domains, shared.literals = known
    return None


@dataclass(slots=True)
class Made:
    """What one pass made."""

    lw: Lowerer
    me: Obj
    operations: list[Operation]
    inits: dict[str, Expr]
    invariants: list[UserInvariant]


def _once(
    sources: Sources,
    target: Target,
    shared: Shared,
    wanted: list[WrittenInvariant],
    afresh: bool = False,
    hopeful: bool = False,
) -> Made:
    lw = Lowerer(sources, target.mode, shared)
    lw.afresh, lw.hopeful = afresh, hopeful
    module = sources.modules[target.path]
    cls = module.classes.get(target.cls) if target.cls else None
    me = Obj(cls, module, "") if cls is not None else names.module_object(lw, module)
    inits: dict[str, Expr] = lw.inits
    if cls is not None:
        construction.construct(lw, me, cls, inits)
    functions = [_function(sources, me, n) for n in target.operations]
    found: list[Operation] = []
    for function in functions:
        if function is not None:
            operation = _operation(lw, me, function)
            if operation is not None:
                found.append(operation)
    for var, info in lw.vars.items():
        if info.init is None and var not in inits:
            lw.declare(f"v.{var}", NoneT())  # never given a first value that is known: None stands for that
    written = [_invariant(lw, me, w) for w in wanted]
    return Made(lw, me, found, inits, written)


def _function(sources: Sources, me: Obj, name: str) -> Function | None:
    if me.cls is not None:
        return sources.method(me.cls, name)
    return me.module.functions.get(name)


# --- operations ------------------------------------------------------------------------------------


def _operation(lw: Lowerer, me: Obj, function: Function) -> Operation | None:
    name = function.name.strip("_")
    if name != function.name and _function(lw.sources, me, name) is not None:
        name = f"{name}_special"  # __call__ beside call
    lw.operation = name
    lw.temps, lw.active, lw.origins, lw.held, lw.handled = {}, set(), {}, [], []
    before = set(lw.graph.nodes)
    lw.first_node = len(before)
    lw.graph.cursor = []
    frame = open_frame(function, me if me.cls is not None else None, None)
    lw.frame = frame
    lw.stack = [function]
    lw.exits = [Boundary(frame)]
    params: list[ParamDecl] = []
    try:
        with lw.graph.at(function.module.path, function.node.lineno, function.name):
            entry = lw.graph.skip()
            _parameters(lw, function, frame, params, name)
            _run(lw, me, function)
    except (TooLarge, RecursionError):
        for node_id in set(lw.graph.nodes) - before:
            del lw.graph.nodes[node_id]
        lw.graph.where.path, lw.graph.where.line = function.module.path, function.node.lineno
        lw.approximate(f"operation {name}", "left out: it is too large to model")
        return None
    finally:
        lw.stack = []
        lw.frame = None
        lw.exits = []
    return Operation(name, function.qualname, tuple(params), entry, function.span)


def _run(lw: Lowerer, me: Obj, function: Function) -> None:
    if function.is_generator() and function.decorators() & {"contextmanager", "asynccontextmanager"}:
        lw.frame = Frame(None, function.module, None)

        def around(value: Value) -> None:
            from specgen.lower import suspension

            suspension.suspend(lw)

        args: list[Value] = []
        inline(lw, Func(function, me if me.cls is not None else None), args, {}, yield_body=around)
    elif not decorators.run(lw, function):
        body(lw, function.node.body)
    lw.graph.where.line = function.node.body[-1].lineno
    if lw.graph.cursor:
        unwinding.finish(lw, Val(NONE, NoneT()))


def _parameters(lw: Lowerer, function: Function, frame: Frame, params: list[ParamDecl], owner: str) -> None:
    spec = function.node.args
    wanted = [*spec.posonlyargs, *spec.args]
    if function.cls is not None and "staticmethod" not in function.decorators() and wanted:
        assert frame.me is not None
        frame.names[wanted[0].arg] = frame.me
        wanted = wanted[1:]
    defaults = dict(zip([p.arg for p in wanted][::-1], spec.defaults[::-1], strict=False))
    for param, default in zip(spec.kwonlyargs, spec.kw_defaults, strict=True):
        if default is not None:
            defaults[param.arg] = default
    for param in [*wanted, *spec.kwonlyargs]:
        fixed = _fixed_default(lw, function, defaults.get(param.arg))
        if fixed is not None:
            frame.names[param.arg] = fixed
            continue
        annotated = (
            lw.sources.find_class(dotted(param.annotation).rpartition(".")[2], function.module)
            if param.annotation
            else None
        )
        value, ty, domain = parameters.parameter(lw, owner, param, defaults.get(param.arg))
        if annotated is not None and param.arg not in defaults:
            ty, domain, value = _object_parameter(lw, param, annotated, value)
        if domain is not None:
            params.append(ParamDecl(param.arg.strip("_") or "it", domain, ty))  # type: ignore[arg-type]
        if param.arg in frame.stored:
            lw.set_local(lw.local_for(frame, param.arg), value)
        else:
            frame.names[param.arg] = value
    if spec.vararg is not None:
        frame.names[spec.vararg.arg] = Val(Op("tuple"), TupleT(()))
    if spec.kwarg is not None:
        frame.names[spec.kwarg.arg] = Val(EMPTY, DictT(NeverT(), NeverT()))


def _fixed_default(lw: Lowerer, function: Function, default: ast.expr | None) -> Value | None:
    """The function, class or sentinel that a parameter is unless a caller says otherwise, as in ``now=time.time``."""
    if not isinstance(default, (ast.Name, ast.Attribute)):
        return None
    if isinstance(default, ast.Name) and function.cls is not None:
        marker = names.sentinel(lw, function.cls, default.id)
        if marker is not None:
            return marker
    point, saved = lw.checkpoint(), lw.frame
    lw.frame = Frame(None, function.module, None)
    try:
        value = lower(lw, default)
    finally:
        lw.frame = saved
    marked = isinstance(value, Val) and isinstance(value.ty, StrT) and isinstance(value.expr, Lit)
    if (marked or isinstance(value, (Func, ClassV, External))) and lw.untouched_since(point):
        return value
    lw.roll_back(point)
    return None


def _object_parameter(lw: Lowerer, param: ast.arg, cls: Class, value: Val) -> tuple[Ty, Expr | None, Val]:
    domain = lw.shared.domain(parameters.domain_name(param.arg))
    return AtomT(domain), const(domain), Val(Arg(param.arg.strip("_") or "it"), AtomT(domain), value.origin)


# --- invariants ------------------------------------------------------------------------------------


def _invariant(lw: Lowerer, me: Obj, wanted: WrittenInvariant) -> UserInvariant:
    try:
        tree = ast.parse(wanted.expr, mode="eval").body
    except (SyntaxError, ValueError) as error:
        raise InvariantUnsupported(
            f"invariant {wanted.name}: `{wanted.expr}` is not a Python expression: {error}"
        ) from error
    frame = Frame(None, me.module, me)
    frame.names["self"] = me
    lw.frame, lw.pure_reads, lw.operation = frame, True, wanted.name
    lw.graph.cursor = []
    known = dict(lw.abstractions)
    mark = lw.graph.mark()
    try:
        expr = _predicate(lw, tree)
    except Exception as error:
        if isinstance(error, (InvariantUnsupported, TooLarge)):
            raise
        raise InvariantUnsupported(f"invariant {wanted.name}: `{wanted.expr}` could not be read: {error}") from error
    finally:
        lw.frame, lw.pure_reads = None, False
    if lw.graph.grown_since(mark) or lw.abstractions != known:
        lw.graph.roll_back(mark)
        raise InvariantUnsupported(
            f"invariant {wanted.name}: `{wanted.expr}` is beyond what the compiler can read as a state predicate"
        )
    if isinstance(expr, Lit) and isinstance(expr.value, bool) and not _settled(lw):
        expr = Lit(True)
    return UserInvariant(
        _identifier(wanted.name), wanted.expr, expr, "quiescent" if wanted.when == "quiescent" else "always", None
    )


def _settled(lw: Lowerer) -> bool:
    return bool(lw.shared.types)


def _predicate(lw: Lowerer, node: ast.expr) -> Expr:
    if isinstance(node, ast.BoolOp):
        parts = tuple(_predicate(lw, v) for v in node.values)
        return Op("and" if isinstance(node.op, ast.And) else "or", parts)
    return condition(lw, node)


def _identifier(name: str) -> str:
    words = [w for w in "".join(ch if ch.isalnum() else " " for ch in name).split() if w]
    text = "".join(w[:1].upper() + w[1:] for w in words) or "Invariant"
    return text if text[0].isalpha() and text not in RESERVED else f"Inv{text}"
