"""Locks, conditions, semaphores, events and queues of ``threading``, ``queue`` and ``asyncio``."""

from __future__ import annotations

from collections.abc import Callable

from specgen.expr import BoolT, CallerT, DictT, Expr, IntT, Lit, Me, NeverT, NoneT, Op, RefT, SeqT, Var, join
from specgen.ir import Access
from specgen.lower import kinds, queues, suspension
from specgen.lower.graph import Edge
from specgen.lower.lowerer import Finally, Lowerer, VarInfo
from specgen.lower.values import EMPTY, FALSE, NONE, TRUE, Exc, Sync, Val, Value, apply, conj, eq, neg
from specgen.lower.values import call as op_call

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
    from specgen.lower.operators import number

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
        return Sync("event", declare(attr, BoolT(), FALSE, comment=f"{shown}: set?"))
    first = first or (rv(lw, kwargs["maxsize"]) if "maxsize" in kwargs else Val(Lit(0), IntT()))
    lw.demand(first, "int")
    var = declare(attr, SeqT(NeverT()), EMPTY)
    return Sync(kind, var, limit=number(lw, first))


def construct_again(lw: Lowerer, sync: Sync) -> Value:
    """Calling a lock object is not Python."""
    return lw.approximate(f"call of {sync.var}", "any value")


# --- one object, or one of many ---------------------------------------------------------------------

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
    from specgen.lower.objects import field_var, new_builtin
    from specgen.lower.operators import number

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
    made = new_builtin(lw, DYNAMIC[kind], _FIELDS[_family(kind)], first)
    if kind == "condition":  # its lock is made with it
        holder = field_var(lw, DYNAMIC[kind], "holder")
        lw.declare(f"v.{holder}", DictT(RefT(DYNAMIC[kind]), join(CallerT(), NoneT())))
        lw.graph.set(
            Var(holder), op_call("Put", Var(holder), made.expr, NONE), Access(holder, "fresh", lw.graph.group())
        )
    return made


def dynamic(lw: Lowerer, cls: str, ref: Expr) -> Sync | None:
    """The synchronisation object that a reference of that class stands for."""
    from specgen.lower.objects import field_var

    kind = next((k for k, name in DYNAMIC.items() if name == cls), None)
    if kind is None:
        return None
    var = field_var(lw, cls, _FIELDS[_family(kind)])
    lock = field_var(lw, cls, "holder") if kind == "condition" else ""
    return Sync(kind, var, lock, ref=ref)


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


# --- locks ---------------------------------------------------------------------------------------


def acquire(lw: Lowerer, sync: Sync, timeout: bool = False, blocking: bool = True) -> Value:
    """Take the lock; returns whether it was taken."""
    var = sync.lock or sync.var
    if sync.reentrant and var in lw.held:
        return ANSWER
    if lw.in_init:
        return ANSWER
    free = eq(now(sync, var), NONE)
    if not blocking:
        return _try(lw, sync, var)
    lost = _guard_take(lw, sync, var, free, timeout)
    if sync.ref is None:
        lw.held.append(var)
    if not lost:
        return ANSWER
    return lw.join_value([(lw.graph.cursor, ANSWER), (lost, Val(FALSE, BoolT()))], "taken")


def _guard_take(lw: Lowerer, sync: Sync, var: str, free: Expr, timeout: bool) -> list[Edge]:
    group = lw.graph.group()
    wanted = suspension.guard_alternatives(lw, timeout)
    edges = lw.graph.guard(free, Access(var, "acquire", group), kinds=wanted)  # type: ignore[arg-type]
    assign(lw, sync, Me(), Access(var, "acquire", group), var=var)
    return alternatives(lw, wanted, edges)


def alternatives(lw: Lowerer, wanted: list[str], edges: list[list[Edge]]) -> list[Edge]:
    """Where cancellation leads is raised here; returns the edges of a time-out."""
    after, lost = lw.graph.cursor, []
    for kind, found in zip(wanted, edges, strict=True):
        if kind == "timeout":
            lost = found
        else:
            lw.graph.cursor = found
            lw.raise_(Exc("CancelledError"))
    lw.graph.cursor = after
    return lost


def _try(lw: Lowerer, sync: Sync, var: str) -> Value:
    lw.assume(f"try:{lw.graph.where.line}", "an attempt to take a lock without waiting may fail at any time", lw.span())
    group = lw.graph.group()
    yes, no = lw.graph.branch(eq(now(sync, var), NONE), Access(var, "update", group))
    lw.graph.cursor = yes
    name = lw.temp("gets_it")
    lw.declare(f"l.{name}", BoolT())
    from specgen.expr import Local
    from specgen.lower.values import const

    lw.graph.choose(Local(name), const("BOOLEAN"), "may fail")
    got, missed = lw.graph.branch(Local(name))
    lw.graph.cursor = got
    assign(lw, sync, Me(), Access(var, "update", group), var=var)
    return lw.join_value([(lw.graph.cursor, ANSWER), (no + missed, Val(FALSE, BoolT()))], "taken")


def release(lw: Lowerer, sync: Sync, checked: bool = False) -> None:
    """Give the lock back; ``checked``: an explicit call, which fails on a free lock."""
    var = sync.lock or sync.var
    if lw.in_init or not lw.graph.cursor:
        return
    group = lw.graph.group()
    if checked and var not in lw.held:
        yes, no = lw.graph.branch(neg(eq(now(sync, var), NONE)), Access(var, "release", group))
        lw.graph.cursor = no
        lw.raise_(Exc("RuntimeError"))
        lw.graph.cursor = yes
    assign(lw, sync, NONE, Access(var, "release", group), var=var)
    if var in lw.held:
        lw.held.remove(var)


def with_lock(lw: Lowerer, sync: Sync, run: Callable[[], None]) -> None:
    """``with lock: ...``."""
    var = sync.lock or sync.var
    if sync.kind in {"semaphore", "bounded"}:
        take_permit(lw, sync, False)
        with lw.within(Finally(lambda: give_permit(lw, sync))):
            run()
        if lw.graph.cursor:
            give_permit(lw, sync)
        return
    if sync.reentrant and var in lw.held:
        run()
        return
    acquire(lw, sync)
    held = list(lw.held)

    def leave() -> None:
        saved = list(lw.held)
        lw.held = list(held)
        release(lw, sync)
        lw.held = saved

    with lw.within(Finally(leave, var, implied=True)):
        run()
    if lw.graph.cursor:
        leave()
    if var in lw.held:
        lw.held.remove(var)


# --- the methods ---------------------------------------------------------------------------------


def call(lw: Lowerer, sync: Sync, name: str, args: list[Value], kwargs: dict[str, Value], awaited: bool) -> Value:
    """A method of a synchronisation object."""
    handler = _METHODS.get((_family(sync.kind), name))
    if handler is None:
        return lw.approximate(f"{sync.var}.{name}", "any value")
    return handler(lw, sync, Args(lw, args, kwargs))


def _family(kind: str) -> str:
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


def _acquire(lw: Lowerer, sync: Sync, args: Args) -> Value:
    flag = args.flag(0, "blocking")
    if flag in (TRUE, FALSE):
        return acquire(lw, sync, args.may_time_out(1), flag == TRUE)
    yes, no = lw.graph.branch(flag)
    lw.graph.cursor = no
    tried = acquire(lw, sync, False, False)
    missed = lw.graph.cursor
    lw.graph.cursor = yes
    held = list(lw.held)
    waited = acquire(lw, sync, args.may_time_out(1), True)
    lw.held = held
    from specgen.lower.exprs import rv

    return lw.join_value([(missed, rv(lw, tried)), (lw.graph.cursor, rv(lw, waited))], "taken")


def _release(lw: Lowerer, sync: Sync, args: Args) -> Value:
    release(lw, sync, checked=True)
    return NOTHING


def _exit(lw: Lowerer, sync: Sync, args: Args) -> Value:
    release(lw, sync)
    return NOTHING


def _restore(lw: Lowerer, sync: Sync, args: Args) -> Value:
    return acquire(lw, sync)


def _is_owned(lw: Lowerer, sync: Sync, args: Args) -> Value:
    if (sync.lock or sync.var) in lw.held:
        return ANSWER
    return Val(eq(look(lw, sync, var=sync.lock or sync.var).expr, Me()), BoolT())


def has_attribute(sync: Sync, attr: str) -> bool:
    """Whether the real object has the attribute: a plain lock lacks what only re-entrant ones offer to conditions."""
    if attr in {"_is_owned", "_release_save", "_acquire_restore"}:
        return sync.kind == "lock" and sync.reentrant
    return not attr.startswith("_") or attr.startswith("__")


def _locked(lw: Lowerer, sync: Sync, args: Args) -> Value:
    found = look(lw, sync, var=sync.lock or sync.var)
    return Val(neg(eq(found.expr, NONE)), BoolT())


def wait(lw: Lowerer, sync: Sync, timeout: bool) -> Value:
    """``Condition.wait``: give the lock back and queue up, at one moment; go on when notified and the lock is free."""
    lock, waiting = sync.lock, sync.var
    group = lw.graph.group()
    assign(lw, sync, op_call("Append", now(sync), Me()), Access(waiting, "update", group))
    assign(lw, sync, NONE, Access(lock, "release", group), var=lock)
    group = lw.graph.group()
    notified = conj(Op("notin", (Me(), op_call("Items", now(sync)))), eq(now(sync, lock), NONE))
    wanted = suspension.guard_alternatives(lw, timeout)
    accesses = (Access(waiting, "read", group), Access(lock, "acquire", group))
    edges = lw.graph.guard(notified, *accesses, kinds=wanted)  # type: ignore[arg-type]
    assign(lw, sync, Me(), Access(lock, "acquire", group), var=lock)
    after = lw.graph.cursor
    lost: list[Edge] = []
    for kind, found in zip(wanted, edges, strict=True):
        lw.graph.cursor = found
        group = lw.graph.group()
        assign(lw, sync, _dropped(now(sync)), Access(waiting, "update", group))
        _guard_take(lw, sync, lock, eq(now(sync, lock), NONE), False)
        if kind == "timeout":
            lost = lw.graph.cursor
        else:
            lw.raise_(Exc("CancelledError"))
    lw.graph.cursor = after
    if not lost:
        return ANSWER
    return lw.join_value([(after, ANSWER), (lost, Val(FALSE, BoolT()))], "notified")


def _dropped(waiting: Expr) -> Expr:
    from specgen.expr import Bound

    return op_call("SelectSeq", waiting, Op("lambda", (Op("#", (Bound("x"), Me())),), ("x",)))


def _wait(lw: Lowerer, sync: Sync, args: Args) -> Value:
    return wait(lw, sync, args.may_time_out(0))


def _wait_for(lw: Lowerer, sync: Sync, args: Args) -> Value:
    from specgen.lower.calls import call_value
    from specgen.lower.exprs import rv

    predicate = args.get(0, "predicate")
    if predicate is None:
        return NOTHING
    head = lw.graph.skip()
    value = rv(lw, call_value(lw, predicate, [], {}, None), "bool")
    yes, no = lw.graph.branch(kinds.truth(value))
    lw.graph.cursor = no
    out = rv(lw, wait(lw, sync, args.may_time_out(1)))
    lost: list[Edge] = []
    if args.may_time_out(1):
        again, lost = lw.graph.branch(out.expr)
        lw.graph.cursor = again
    lw.graph.link(head)
    if not lost:
        lw.graph.cursor = yes
        return ANSWER
    return lw.join_value([(yes, ANSWER), (lost, Val(FALSE, BoolT()))], "met")


def _notify(lw: Lowerer, sync: Sync, args: Args) -> Value:
    from specgen.lower.exprs import rv
    from specgen.lower.operators import number

    group = lw.graph.group()
    waiting = look(lw, sync, group)
    n = args.get(0, "n")
    count = number(lw, rv(lw, n)) if n is not None else Lit(1)
    rest = op_call("SubSeq", waiting.expr, Op("+", (count, Lit(1))), op_call("Len", waiting.expr))
    if count == Lit(1):
        rest = Op("if", (eq(waiting.expr, EMPTY), EMPTY, op_call("Tail", waiting.expr)))
    assign(lw, sync, rest, Access(sync.var, "update", group))
    return NOTHING


def _notify_all(lw: Lowerer, sync: Sync, args: Args) -> Value:
    assign(lw, sync, EMPTY, Access(sync.var, "write", lw.graph.group()))
    return NOTHING


def take_permit(lw: Lowerer, sync: Sync, timeout: bool) -> Value:
    """``Semaphore.acquire``."""
    var = sync.var
    if lw.in_init:
        return ANSWER
    some = Op(">", (now(sync), Lit(0)))
    less = Op("-", (now(sync), Lit(1)))
    group = lw.graph.group()
    wanted = suspension.guard_alternatives(lw, timeout)
    edges = lw.graph.guard(some, Access(var, "update", group), kinds=wanted)  # type: ignore[arg-type]
    assign(lw, sync, less, Access(var, "update", group))
    lost = alternatives(lw, wanted, edges)
    if not lost:
        return ANSWER
    return lw.join_value([(lw.graph.cursor, ANSWER), (lost, Val(FALSE, BoolT()))], "taken")


def give_permit(lw: Lowerer, sync: Sync) -> None:
    """``Semaphore.release``."""
    if not lw.graph.cursor:
        return
    group = lw.graph.group()
    found = look(lw, sync, group)
    if sync.kind == "bounded" and sync.ref is None:
        yes, no = lw.graph.branch(Op("<", (found.expr, sync.limit)))
        lw.graph.cursor = no
        lw.raise_(Exc("ValueError"))
        lw.graph.cursor = yes
    assign(lw, sync, Op("+", (found.expr, Lit(1))), Access(sync.var, "update", group))


def _sem_acquire(lw: Lowerer, sync: Sync, args: Args) -> Value:
    flag = args.flag(0, "blocking")
    if flag == TRUE:
        return take_permit(lw, sync, args.may_time_out(1))
    group = lw.graph.group()
    found = look(lw, sync, group)
    yes, no = lw.graph.branch(Op(">", (found.expr, Lit(0))))
    lw.graph.cursor = yes
    assign(lw, sync, Op("-", (found.expr, Lit(1))), Access(sync.var, "update", group))
    return lw.join_value([(lw.graph.cursor, ANSWER), (no, Val(FALSE, BoolT()))], "taken")


def _sem_release(lw: Lowerer, sync: Sync, args: Args) -> Value:
    give_permit(lw, sync)
    return NOTHING


def _sem_locked(lw: Lowerer, sync: Sync, args: Args) -> Value:
    return Val(Op("<=", (look(lw, sync).expr, Lit(0))), BoolT())


def _set(value: bool) -> Callable[[Lowerer, Sync, Args], Value]:
    def run(lw: Lowerer, sync: Sync, args: Args) -> Value:
        assign(lw, sync, Lit(value), Access(sync.var, "write", lw.graph.group()))
        return NOTHING

    return run


def _is_set(lw: Lowerer, sync: Sync, args: Args) -> Value:
    return look(lw, sync)


def _event_wait(lw: Lowerer, sync: Sync, args: Args) -> Value:
    group = lw.graph.group()
    wanted = suspension.guard_alternatives(lw, args.may_time_out(0))
    edges = lw.graph.guard(now(sync), Access(sync.var, "read", group), kinds=wanted)  # type: ignore[arg-type]
    lost = alternatives(lw, wanted, edges)
    if not lost:
        return ANSWER
    return lw.join_value([(lw.graph.cursor, ANSWER), (lost, Val(FALSE, BoolT()))], "set_in_time")


_METHODS: dict[tuple[str, str], Callable[[Lowerer, Sync, Args], Value]] = {
    ("lock", "acquire"): _acquire,
    ("lock", "release"): _release,
    ("lock", "locked"): _locked,
    ("lock", "__enter__"): _acquire,
    ("lock", "__aenter__"): _acquire,
    ("lock", "__exit__"): _exit,
    ("lock", "__aexit__"): _exit,
    ("lock", "_is_owned"): _is_owned,
    ("lock", "_release_save"): _exit,
    ("lock", "_acquire_restore"): _restore,
    ("condition", "acquire"): _acquire,
    ("condition", "release"): _release,
    ("condition", "locked"): _locked,
    ("condition", "wait"): _wait,
    ("condition", "wait_for"): _wait_for,
    ("condition", "notify"): _notify,
    ("condition", "notify_all"): _notify_all,
    ("condition", "notifyAll"): _notify_all,
    ("semaphore", "acquire"): _sem_acquire,
    ("semaphore", "release"): _sem_release,
    ("semaphore", "locked"): _sem_locked,
    ("event", "set"): _set(True),
    ("event", "clear"): _set(False),
    ("event", "is_set"): _is_set,
    ("event", "wait"): _event_wait,
    ("queue", "put"): queues.put,
    ("queue", "put_nowait"): queues.put_nowait,
    ("queue", "get"): queues.get,
    ("queue", "get_nowait"): queues.get_nowait,
    ("queue", "qsize"): queues.qsize,
    ("queue", "empty"): queues.empty,
    ("queue", "full"): queues.full,
}
