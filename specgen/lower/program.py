"""The whole front end: one shared object's source to a Program, lowered until types no longer change."""

from __future__ import annotations

import ast
from collections.abc import Iterable
from dataclasses import dataclass

from specgen.definitions import Book, Definitions
from specgen.expr import Expr, Lit, Op
from specgen.ir import Operation, Program, UserInvariant
from specgen.lower import assembly, construction, operations
from specgen.lower.lowerer import Lowerer, TooLarge
from specgen.lower.memory import Memory
from specgen.lower.state import Frame, Shared
from specgen.lower.truth import condition
from specgen.lower.values import Obj
from specgen.lower.world import RESERVED
from specgen.sources import Sources
from specgen.types import Target
from specgen.value_types import NoneT, boxed_kinds, depth

ROUNDS = 100
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


def lower_target(
    sources: Sources, target: Target, invariants: Iterable[WrittenInvariant] = (), memory: Memory | None = None
) -> Program:
    """Lower a target, of its operations only those that ``memory`` does not know in these circumstances.

    Raises NothingToModel and InvariantUnsupported.
    """
    memory = memory or Memory(Book(Definitions(sources)), {})
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
        literals = dict(shared.literals)
        made = _once(sources, target, shared, memory, wanted, hopeful=hopeful)
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
    made = _narrow(sources, target, shared, memory, wanted) or made
    assert made is not None
    return assembly.assemble(sources, target, shared, made)


def _unsettled(target: Target, moving: set[str], limit: str) -> str:
    """Why a target is given up on; ``moving`` are the keys of the types that changed last."""
    named = sorted({k[2:] for k in moving if k.startswith("v.")} or {k[2:] for k in moving if k.startswith("l.")})
    shown = f"{', '.join(named[:3])}{', ...' if len(named) > 3 else ''}" if named else "what its calls return"
    return f"{target.cls or target.path}: the types of its values did not settle {limit} (still open: {shown})"


def _narrow(
    sources: Sources, target: Target, shared: Shared, memory: Memory, wanted: list[WrittenInvariant]
) -> Made | None:
    """Find the types again from themselves alone, which drops what only an early round's ignorance had put there.

    A lowering whose values all fit the types that it was made with is as good as any; None (and the types as they
    were) where no such one is met.
    """
    before = dict(shared.types)
    known = (dict(shared.demands), dict(shared.domains), dict(shared.literals))
    for _ in range(NARROWING):
        made = _once(sources, target, shared, memory, wanted, afresh=True)
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
    memory: Memory,
    wanted: list[WrittenInvariant],
    afresh: bool = False,
    hopeful: bool = False,
) -> Made:
    lw = Lowerer(sources, target.mode, shared, memory.log)
    lw.afresh, lw.hopeful = afresh, hopeful
    module = sources.modules[target.path]
    cls = module.classes.get(target.cls) if target.cls else None
    me = Obj(cls, module, "") if cls is not None else lw.object_of(module)
    lw.watch("me", me)
    if cls is not None:
        construction.construct(lw, me, cls, lw.inits)
    functions = [operations.method(lw, me, n) for n in target.operations]
    found: list[Operation] = []
    for function in functions:
        if function is not None:
            operation = memory.operation(lw, me, function)
            if operation is not None:
                found.append(operation)
    for var, info in lw.vars.items():
        if info.init is None and var not in lw.inits:
            lw.declare(f"v.{var}", NoneT())  # never given a first value that is known: None stands for that
    written = [_invariant(lw, me, w) for w in wanted]
    return Made(lw, me, found, lw.inits, written)


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
