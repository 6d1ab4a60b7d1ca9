"""Synchronisation objects: how they are made, where their state is, what their methods are given."""

from __future__ import annotations

from dataclasses import replace

from specgen.expr import Expr, Lit, Var
from specgen.ir import Access
from specgen.lower import kinds, unwinding
from specgen.lower.formulas import EMPTY, FALSE, NOBODY, NONE, TRUE, apply
from specgen.lower.formulas import call as op_call
from specgen.lower.graph import Edge
from specgen.lower.guards import number
from specgen.lower.lowerer import Lowerer
from specgen.lower.state import VarInfo
from specgen.lower.values import Exc, Sync, Val, Value
from specgen.value_types import BoolT, CallerT, DictT, IntT, NeverT, NoneT, RefT, SeqT, SetT, Ty, join

CLASSES: dict[str, str] = {
    "threading.Lock": "lock",
    "threading.RLock": "rlock",
    "threading.Condition": "condition",
    "threading.Semaphore": "semaphore",
    "threading.BoundedSemaphore": "bounded",
    "threading.Event": "event",
    "asyncio.Lock": "lock",
    "asyncio.Condition": "condition",
    "asyncio.Semaphore": "semaphore",
    "asyncio.BoundedSemaphore": "bounded",
    "asyncio.Event": "event",
    "queue.Queue": "queue",
    "queue.LifoQueue": "lifo",
    "queue.SimpleQueue": "queue",
    "asyncio.Queue": "queue",
    "asyncio.LifoQueue": "lifo",
    "multiprocessing.Lock": "lock",
    "multiprocessing.RLock": "rlock",
    "asyncio.locks.Lock": "lock",
    "_thread.allocate_lock": "lock",
    "threading._allocate_lock": "lock",
    "_thread.allocate": "lock",
    "_thread.RLock": "rlock",
    "asyncio.locks.Event": "event",
    "asyncio.locks.Condition": "condition",
    "asyncio.locks.Semaphore": "semaphore",
    "asyncio.locks.BoundedSemaphore": "bounded",
}


NOTHING = Val(NONE, NoneT())


ANSWER = Val(TRUE, BoolT())


def construct(lw: Lowerer, cls: str, attr: str, args: list[Value], kwargs: dict[str, Value]) -> Sync:
    """Make the variables of a synchronisation object that the attribute ``attr`` will hold."""
    from specgen.lower.exprs import rv

    kind = CLASSES[cls]
    span = lw.span()
    shown = f"self.{attr}"

    def declare(name: str, ty: object, init: Expr, lock: bool = False, comment: str = shown) -> str:
        var = lw.fresh_var(name)
        lw.vars[var] = VarInfo(var, span, comment, lock=lock, init=init)
        lw.declare(f"v.{var}", ty)  # type: ignore[arg-type]
        return var

    if kind in {"lock", "rlock"}:
        var = declare(attr, join(CallerT(), NoneT()), NONE, lock=True, comment=f"{shown}: who holds it")
        return Sync("lock", var, reentrant=kind == "rlock")
    if kind == "condition":
        given = next((a for a in args if isinstance(a, Sync)), None)
        lock = (
            given.var
            if given
            else declare(f"{attr}_lock", join(CallerT(), NoneT()), NONE, True, f"the lock of {shown}")
        )
        var = declare(f"{attr}_waiting", SeqT(CallerT()), EMPTY, comment=f"{shown}: who waits, first come first")
        return Sync("condition", var, lock, reentrant=True if given is None else given.reentrant)
    first = rv(lw, args[0]) if args else None
    if kind in {"semaphore", "bounded"}:
        first = first or (rv(lw, kwargs["value"]) if "value" in kwargs else Val(Lit(1), IntT()))
        lw.demand(first, "int")
        init = number(lw, first)
        var = declare(attr, IntT(), init, comment=f"{shown}: permits left")
        return Sync(kind, var, limit=init)
    if kind == "event":
        event = Sync("event", declare(attr, BoolT(), FALSE, comment=f"{shown}: set?"))
        if event.var in lw.shared.cleared:
            event.waiting = declare(f"{attr}_waiting", SetT(CallerT()), NOBODY, comment=f"{shown}: who waits")
            # Who waits for ever is in the outcome already, as a call without a result.
            lw.vars[event.waiting] = replace(lw.vars[event.waiting], observable=False)
        return event
    first = first or (rv(lw, kwargs["maxsize"]) if "maxsize" in kwargs else Val(Lit(0), IntT()))
    lw.demand(first, "int")
    var = declare(attr, SeqT(NeverT()), EMPTY)
    return Sync(kind, var, limit=number(lw, first))


def construct_again(lw: Lowerer, sync: Sync) -> Value:
    """Calling a lock object is not Python."""
    return lw.approximate(f"call of {sync.var}", "any value")


#: Class name of references to synchronisation objects that the code makes while it runs, by kind.
DYNAMIC = {
    "lock": "Lock",
    "condition": "Condition",
    "semaphore": "Semaphore",
    "bounded": "Semaphore",
    "event": "Event",
    "queue": "Queue",
    "lifo": "Queue",
}


_FIELDS = {"lock": "holder", "condition": "waiting", "semaphore": "permits", "event": "is_set", "queue": "items"}


def construct_dynamic(lw: Lowerer, cls: str, args: list[Value], kwargs: dict[str, Value]) -> Val:
    """A synchronisation object made while an operation runs: a reference, its state in one variable per class."""
    from specgen.lower.exprs import rv
    from specgen.lower.futures import new_builtin
    from specgen.lower.objects import field_var

    kind = {"rlock": "lock"}.get(CLASSES[cls], CLASSES[cls])
    first: Val = {
        "lock": Val(NONE, join(CallerT(), NoneT())),
        "condition": Val(EMPTY, SeqT(CallerT())),
        "event": Val(FALSE, BoolT()),
        "queue": Val(EMPTY, SeqT(NeverT())),
        "lifo": Val(EMPTY, SeqT(NeverT())),
    }.get(kind, Val(Lit(1), IntT()))
    if kind == "condition" and args:
        lw.approximate("a condition on a lock that it is given, made while the code runs", "it has a lock of its own")
    if kind in {"semaphore", "bounded"} and args:
        first = Val(number(lw, rv(lw, args[0])), IntT())
    made = new_builtin(lw, DYNAMIC[kind], _FIELDS[family(kind)], first)

    def also(attr: str, ty: Ty, value: Expr) -> None:
        """A second variable of the object."""
        var = field_var(lw, DYNAMIC[kind], attr)
        lw.declare(f"v.{var}", DictT(RefT(DYNAMIC[kind]), ty))
        lw.graph.set(Var(var), op_call("Put", Var(var), made.expr, value), Access(var, "fresh", lw.graph.group()))

    if kind == "condition":
        also("holder", join(CallerT(), NoneT()), NONE)
    if kind == "event" and field_var(lw, DYNAMIC[kind], _FIELDS[kind]) in lw.shared.cleared:
        also("waiting", SetT(CallerT()), NOBODY)
    return made


def dynamic(lw: Lowerer, cls: str, ref: Expr) -> Sync | None:
    """The synchronisation object that a reference of that class stands for."""
    from specgen.lower.objects import field_var

    kind = next((k for k, name in DYNAMIC.items() if name == cls), None)
    if kind is None:
        return None
    var = field_var(lw, cls, _FIELDS[family(kind)])
    lock = field_var(lw, cls, "holder") if kind == "condition" else ""
    waiting = field_var(lw, cls, "waiting") if kind == "event" and var in lw.shared.cleared else ""
    return Sync(kind, var, lock, ref=ref, waiting=waiting)


def now(sync: Sync, var: str = "") -> Expr:
    """The state of the object, in a node that carries an access to it."""
    table = Var(var or sync.var)
    return table if sync.ref is None else apply(table, sync.ref)


def assign(lw: Lowerer, sync: Sync, value: Expr, *accesses: Access, var: str = "") -> None:
    """Give the object a new state."""
    target = Var(var or sync.var)
    lw.graph.set(target, value if sync.ref is None else op_call("Put", target, sync.ref, value), *accesses)


def look(lw: Lowerer, sync: Sync, group: int | None = None, var: str = "") -> Val:
    """Read the state of the object into a local."""
    found = lw.read(var or sync.var, group)
    if sync.ref is None:
        return found
    return Val(apply(found.expr, sync.ref), found.ty.value if isinstance(found.ty, DictT) else NeverT())


def alternatives(lw: Lowerer, wanted: list[str], edges: list[list[Edge]]) -> list[Edge]:
    """Where cancellation leads is raised here; returns the edges of a time-out."""
    after, lost = lw.graph.cursor, []
    for kind, found in zip(wanted, edges, strict=True):
        if kind == "timeout":
            lost = found
        else:
            lw.graph.cursor = found
            unwinding.raise_(lw, Exc("CancelledError"))
    lw.graph.cursor = after
    return lost


def family(kind: str) -> str:
    """The kind whose methods an object of this kind has."""
    return {"bounded": "semaphore", "lifo": "queue"}.get(kind, kind)


class Args:
    """Arguments of a method, by position or name."""

    def __init__(self, lw: Lowerer, args: list[Value], kwargs: dict[str, Value]) -> None:
        self.lw = lw
        self.args = args
        self.kwargs = kwargs

    def get(self, position: int, name: str) -> Value | None:
        """The argument, or None where it was not given."""
        if name in self.kwargs:
            return self.kwargs[name]
        return self.args[position] if position < len(self.args) else None

    def may_time_out(self, position: int, name: str = "timeout") -> bool:
        """A time-out is given and is not literally None or -1."""
        value = self.get(position, name)
        if value is None:
            return False
        return not (isinstance(value, Val) and (value.expr == NONE or value.expr == Lit(-1)))

    def is_false(self, position: int, name: str) -> bool:
        """The argument is literally false."""
        value = self.get(position, name)
        return isinstance(value, Val) and value.expr == FALSE

    def flag(self, position: int, name: str) -> Expr:
        """The argument as a condition; true where it was not given."""
        value = self.get(position, name)
        return kinds.truth(value) if isinstance(value, Val) else TRUE


def has_attribute(sync: Sync, attr: str) -> bool:
    """Whether the real object has the attribute: a plain lock lacks what only re-entrant ones offer to conditions."""
    if attr in {"_is_owned", "_release_save", "_acquire_restore"}:
        return sync.kind == "lock" and sync.reentrant
    return not attr.startswith("_") or attr.startswith("__")
