"""Locks and conditions."""

from __future__ import annotations

from collections.abc import Callable

from specgen.expr import Bound, Expr, Lit, Local, Me, Op
from specgen.ir import Access
from specgen.lower import kinds, primitives, semaphores, suspension, unwinding
from specgen.lower.formulas import EMPTY, FALSE, NONE, TRUE, conj, const, eq, neg
from specgen.lower.formulas import call as op_call
from specgen.lower.graph import Edge
from specgen.lower.guards import number
from specgen.lower.lowerer import Lowerer
from specgen.lower.state import Finally
from specgen.lower.values import Exc, Sync, Val, Value
from specgen.value_types import BoolT


def acquire(lw: Lowerer, sync: Sync, timeout: bool = False, blocking: bool = True) -> Value:
    """Take the lock; returns whether it was taken."""
    var = sync.lock or sync.var
    if sync.reentrant and var in lw.held:
        return primitives.ANSWER
    if lw.in_init:
        return primitives.ANSWER
    free = eq(primitives.now(sync, var), NONE)
    if not blocking:
        return _try(lw, sync, var)
    lost = _guard_take(lw, sync, var, free, timeout)
    if sync.ref is None:
        lw.held.append(var)
    if not lost:
        return primitives.ANSWER
    return lw.join_value([(lw.graph.cursor, primitives.ANSWER), (lost, Val(FALSE, BoolT()))], "taken")


def _guard_take(lw: Lowerer, sync: Sync, var: str, free: Expr, timeout: bool) -> list[Edge]:
    group = lw.graph.group()
    wanted = suspension.guard_alternatives(lw, timeout)
    edges = lw.graph.guard(free, Access(var, "acquire", group), kinds=wanted)  # type: ignore[arg-type]
    primitives.assign(lw, sync, Me(), Access(var, "acquire", group), var=var)
    return primitives.alternatives(lw, wanted, edges)


def _try(lw: Lowerer, sync: Sync, var: str) -> Value:
    lw.assume(f"try:{lw.graph.where.line}", "an attempt to take a lock without waiting may fail at any time", lw.span())
    group = lw.graph.group()
    yes, no = lw.graph.branch(eq(primitives.now(sync, var), NONE), Access(var, "update", group))
    lw.graph.cursor = yes
    name = lw.temp("gets_it")
    lw.declare(f"l.{name}", BoolT())
    lw.graph.choose(Local(name), const("BOOLEAN"), "may fail")
    got, missed = lw.graph.branch(Local(name))
    lw.graph.cursor = got
    primitives.assign(lw, sync, Me(), Access(var, "update", group), var=var)
    return lw.join_value([(lw.graph.cursor, primitives.ANSWER), (no + missed, Val(FALSE, BoolT()))], "taken")


def release(lw: Lowerer, sync: Sync, checked: bool = False) -> None:
    """Give the lock back; ``checked``: an explicit call, which fails on a free lock."""
    var = sync.lock or sync.var
    if lw.in_init or not lw.graph.cursor:
        return
    group = lw.graph.group()
    if checked and var not in lw.held:
        yes, no = lw.graph.branch(neg(eq(primitives.now(sync, var), NONE)), Access(var, "release", group))
        lw.graph.cursor = no
        unwinding.raise_(lw, Exc("RuntimeError"))
        lw.graph.cursor = yes
    primitives.assign(lw, sync, NONE, Access(var, "release", group), var=var)
    if var in lw.held:
        lw.held.remove(var)


def with_lock(lw: Lowerer, sync: Sync, run: Callable[[], None]) -> None:
    """``with lock: ...``."""
    var = sync.lock or sync.var
    if sync.kind in {"semaphore", "bounded"}:
        semaphores.take_permit(lw, sync, False)
        with unwinding.within(lw, Finally(lambda: semaphores.give_permit(lw, sync))):
            run()
        if lw.graph.cursor:
            semaphores.give_permit(lw, sync)
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

    with unwinding.within(lw, Finally(leave, var, implied=True)):
        run()
    if lw.graph.cursor:
        leave()
    if var in lw.held:
        lw.held.remove(var)


def _acquire(lw: Lowerer, sync: Sync, args: primitives.Args) -> Value:
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


def _release(lw: Lowerer, sync: Sync, args: primitives.Args) -> Value:
    release(lw, sync, checked=True)
    return primitives.NOTHING


def _exit(lw: Lowerer, sync: Sync, args: primitives.Args) -> Value:
    release(lw, sync)
    return primitives.NOTHING


def _restore(lw: Lowerer, sync: Sync, args: primitives.Args) -> Value:
    return acquire(lw, sync)


def _is_owned(lw: Lowerer, sync: Sync, args: primitives.Args) -> Value:
    if (sync.lock or sync.var) in lw.held:
        return primitives.ANSWER
    return Val(eq(primitives.look(lw, sync, var=sync.lock or sync.var).expr, Me()), BoolT())


def _locked(lw: Lowerer, sync: Sync, args: primitives.Args) -> Value:
    found = primitives.look(lw, sync, var=sync.lock or sync.var)
    return Val(neg(eq(found.expr, NONE)), BoolT())


def wait(lw: Lowerer, sync: Sync, timeout: bool) -> Value:
    """``Condition.wait``: give the lock back and queue up, at one moment; go on when notified and the lock is free."""
    lock, waiting = sync.lock, sync.var
    group = lw.graph.group()
    primitives.assign(lw, sync, op_call("Append", primitives.now(sync), Me()), Access(waiting, "update", group))
    primitives.assign(lw, sync, NONE, Access(lock, "release", group), var=lock)
    group = lw.graph.group()
    notified = conj(Op("notin", (Me(), op_call("Items", primitives.now(sync)))), eq(primitives.now(sync, lock), NONE))
    wanted = suspension.guard_alternatives(lw, timeout)
    accesses = (Access(waiting, "read", group), Access(lock, "acquire", group))
    edges = lw.graph.guard(notified, *accesses, kinds=wanted)  # type: ignore[arg-type]
    primitives.assign(lw, sync, Me(), Access(lock, "acquire", group), var=lock)
    after = lw.graph.cursor
    lost: list[Edge] = []
    for kind, found in zip(wanted, edges, strict=True):
        lw.graph.cursor = found
        group = lw.graph.group()
        primitives.assign(lw, sync, _dropped(primitives.now(sync)), Access(waiting, "update", group))
        _guard_take(lw, sync, lock, eq(primitives.now(sync, lock), NONE), False)
        if kind == "timeout":
            lost = lw.graph.cursor
        else:
            unwinding.raise_(lw, Exc("CancelledError"))
    lw.graph.cursor = after
    if not lost:
        return primitives.ANSWER
    return lw.join_value([(after, primitives.ANSWER), (lost, Val(FALSE, BoolT()))], "notified")


def _dropped(waiting: Expr) -> Expr:
    return op_call("SelectSeq", waiting, Op("lambda", (Op("#", (Bound("x"), Me())),), ("x",)))


def _wait(lw: Lowerer, sync: Sync, args: primitives.Args) -> Value:
    return wait(lw, sync, args.may_time_out(0))


def _wait_for(lw: Lowerer, sync: Sync, args: primitives.Args) -> Value:
    from specgen.lower.calls import call_value
    from specgen.lower.exprs import rv

    predicate = args.get(0, "predicate")
    if predicate is None:
        return primitives.NOTHING
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
        return primitives.ANSWER
    return lw.join_value([(yes, primitives.ANSWER), (lost, Val(FALSE, BoolT()))], "met")


def _notify(lw: Lowerer, sync: Sync, args: primitives.Args) -> Value:
    from specgen.lower.exprs import rv

    group = lw.graph.group()
    waiting = primitives.look(lw, sync, group)
    n = args.get(0, "n")
    count = number(lw, rv(lw, n)) if n is not None else Lit(1)
    rest = op_call("SubSeq", waiting.expr, Op("+", (count, Lit(1))), op_call("Len", waiting.expr))
    if count == Lit(1):
        rest = Op("if", (eq(waiting.expr, EMPTY), EMPTY, op_call("Tail", waiting.expr)))
    primitives.assign(lw, sync, rest, Access(sync.var, "update", group))
    return primitives.NOTHING


def _notify_all(lw: Lowerer, sync: Sync, args: primitives.Args) -> Value:
    primitives.assign(lw, sync, EMPTY, Access(sync.var, "write", lw.graph.group()))
    return primitives.NOTHING


#: (family, method) -> its rule.
METHODS: dict[tuple[str, str], Callable[[Lowerer, Sync, primitives.Args], Value]] = {
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
}
