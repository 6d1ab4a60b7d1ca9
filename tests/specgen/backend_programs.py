"""Hand-built programs for the tests of the back end."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from seats_source import SOURCE

from extractor.types import Span
from specgen.expr import Arg, Bound, Const, Expr, Lit, Local, Me, NoneE, Op, Var
from specgen.ir import (
    Access,
    Alternative,
    CodeAssertion,
    ConstDecl,
    EnvAction,
    Node,
    Operation,
    ParamDecl,
    Program,
    UserInvariant,
    VarDecl,
)
from specgen.value_types import AtomT, BoolT, CallerT, DictT, IntT, NoneT, RaisedT, SeqT, SetT, StrT, TupleT, UnionT


def op(name: str, *args: Expr, names: tuple[str, ...] = ()) -> Op:
    return Op(name, args, names)


def eq(a: Expr, b: Expr) -> Op:
    return Op("=", (a, b))


@dataclass
class Builder:
    """Adds nodes in order; each falls through to the one added next unless told otherwise."""

    program: Program
    path: str
    function: str = ""
    groups: int = 0
    loose: list[tuple[int, str]] = field(default_factory=list)

    def group(self) -> int:
        self.groups += 1
        return self.groups

    def node(self, kind: Any, line: int, **fields: Any) -> int:
        n = len(self.program.nodes) + 1
        self.program.nodes[n] = Node(n, kind, self.path, line, self.function, **fields)
        for m, slot in self.loose:
            setattr(self.program.nodes[m], slot, n)
        self.loose = [] if kind == "done" else [(n, "next")]
        return n

    def access(self, var: str, mode: Any, group: int | None = None, effect: bool = False) -> tuple[Access, ...]:
        return (Access(var, mode, self.group() if group is None else group, effect),)

    def acquire(self, lock: str, line: int) -> None:
        a = self.access(lock, "acquire")
        self.node("guard", line, cond=eq(Var(lock), NoneE()), accesses=a)
        self.node("set", line, target=Var(lock), value=Me(), accesses=a)

    def release(self, lock: str, line: int) -> None:
        self.node("set", line, target=Var(lock), value=NoneE(), accesses=self.access(lock, "release"))

    def operation(self, name: str, cls: str, first: int, last: int, params: tuple[ParamDecl, ...] = ()) -> None:
        self.loose = []
        self.function = name
        self.program.operations.append(
            Operation(name, f"{cls}.{name}", params, len(self.program.nodes) + 1, Span(self.path, first, last))
        )


def seats() -> Program:
    held = StrT(frozenset({"held"}))
    value = UnionT(frozenset({NoneT(), held}))
    p = Program("Seats", "What Seats in seats.py does when its callers overlap", "asyncio")
    p.sources = {"seats.py": SOURCE.splitlines()}
    p.consts = [ConstDecl("Visitors", "values of the argument `visitor`", stem="v", size=(2,))]
    p.vars = [
        VarDecl("store", DictT(AtomT("Visitors"), value), op("function", Const("Visitors"), NoneE(), names=("v",)),
                "self.store", Span("seats.py", 10, 10)),
        VarDecl("left", IntT(), Lit(1), "self.left", Span("seats.py", 11, 11)),
    ]  # fmt: skip
    p.locals = {"state": value}
    p.result_ty = UnionT(frozenset({NoneT(), StrT(frozenset({"SoldOut"}))}))
    visitor = ParamDecl("visitor", Const("Visitors"), AtomT("Visitors"))
    b = Builder(p, "seats.py")
    b.operation("hold", "Seats", 13, 17, (visitor,))
    n = b.node("branch", 14, cond=eq(Var("left"), Lit(0)), accesses=b.access("left", "read"))
    b.node("done", 15, value=Lit("SoldOut"), raised=True)
    b.loose = [(n, "other")]
    b.node("suspend", 16)
    b.node("set", 16, target=Var("store"), value=op("except", Var("store"), Arg("visitor"), Lit("held")),
           accesses=b.access("store", "write", effect=True))  # fmt: skip
    b.node("suspend", 16)
    b.node("set", 17, target=Var("left"), value=op("-", Var("left"), Lit(1)), accesses=b.access("left", "update"))
    b.node("done", 17, value=NoneE())
    b.operation("cancel", "Seats", 19, 23, (visitor,))
    b.node("suspend", 20)
    b.node("set", 20, target=Local("state"), value=op("apply", Var("store"), Arg("visitor")),
           accesses=b.access("store", "read", effect=True))  # fmt: skip
    b.node("suspend", 20)
    n = b.node("branch", 21, cond=eq(Local("state"), Lit("held")))
    b.node("suspend", 22)
    b.node("set", 22, target=Var("store"), value=op("except", Var("store"), Arg("visitor"), NoneE()),
           accesses=b.access("store", "write", effect=True))  # fmt: skip
    b.node("suspend", 22)
    b.node("set", 23, target=Var("left"), value=op("+", Var("left"), Lit(1)), accesses=b.access("left", "update"))
    b.loose.append((n, "other"))
    b.node("done", 23, value=NoneE())
    return p


LOCK_TY = UnionT(frozenset({NoneT(), CallerT()}))


def counter(locked: bool) -> Program:
    p = Program("Counter", "What Counter in counter.py does when its callers overlap", "threads")
    p.sources = {
        "counter.py": [
            "class Counter:",
            "    def add(self):",
            "        with self.lock:",
            "            n = self.n",
            "            self.n = n + 1",
            "        return n",
        ]
    }
    p.vars = [VarDecl("n", IntT(), Lit(0), "self.n", Span("counter.py", 1, 1))]
    if locked:
        p.vars.append(VarDecl("lock", LOCK_TY, NoneE(), "self.lock", None, observable=False, lock=True))
    p.locals = {"n": IntT()}
    p.result_ty = IntT()
    b = Builder(p, "counter.py")
    b.operation("add", "Counter", 2, 6)
    if locked:
        b.acquire("lock", 3)
    b.node("set", 4, target=Local("n"), value=Var("n"), accesses=b.access("n", "read"))
    b.node("set", 5, target=Var("n"), value=op("+", Local("n"), Lit(1)), accesses=b.access("n", "write"))
    if locked:
        b.release("lock", 3)
    b.node("done", 6, value=Local("n"))
    return p


def two_locks() -> Program:
    """left then right against right then left."""
    p = Program("Pair", "What Pair in pair.py does when its callers overlap", "threads")
    p.sources = {
        "pair.py": [
            "",
            "def one(self):",
            "    with self.a:",
            "        with self.b:",
            "            self.n += 1",
            "",
            "def two(self):",
            "    with self.b:",
            "        with self.a:",
            "            self.n += 1",
        ]
    }
    p.vars = [
        VarDecl("n", IntT(), Lit(0), "self.n", Span("pair.py", 1, 1)),
        VarDecl("a", LOCK_TY, NoneE(), "self.a", None, observable=False, lock=True),
        VarDecl("b", LOCK_TY, NoneE(), "self.b", None, observable=False, lock=True),
    ]
    p.result_ty = NoneT()
    b = Builder(p, "pair.py")
    for name, line, first, second in (("one", 3, "a", "b"), ("two", 8, "b", "a")):
        b.operation(name, "Pair", line - 1, line + 2)
        b.acquire(first, line)
        b.acquire(second, line + 1)
        b.node("set", line + 2, target=Var("n"), value=op("+", Var("n"), Lit(1)), accesses=b.access("n", "update"))
        b.release(second, line + 1)
        b.release(first, line)
        b.node("done", line + 2, value=NoneE())
    return p


def buffer(notify_all: bool = True, put_notifies: bool = True) -> Program:
    """A bounded buffer: put waits while full, get while empty, one condition variable for both."""
    p = Program("Buffer", "What Buffer in buffer.py does when its callers overlap", "threads")
    p.sources = {"buffer.py": [f"    line {i}" for i in range(1, 30)]}
    p.consts = [ConstDecl("Items", "values of the argument `item`", stem="i", size=(1,))]
    item = AtomT("Items")
    p.vars = [
        VarDecl("items", SeqT(item), op("tuple"), "self.items", Span("buffer.py", 3, 3)),
        VarDecl("lock", LOCK_TY, NoneE(), "the lock of self.ready", None, observable=False, lock=True),
        VarDecl("waiting", SeqT(CallerT()), op("tuple"), "who waits for self.ready", None, observable=False),
    ]
    p.result_ty = UnionT(frozenset({NoneT(), item}))
    p.locals = {"got": item}
    b = Builder(p, "buffer.py")
    for name, line, params in (("put", 10, (ParamDecl("item", Const("Items"), item),)), ("get", 20, ())):
        b.operation(name, "Buffer", line, line + 6, params)
        b.acquire("lock", line + 1)
        full = eq(op("call", Var("items"), names=("Len",)), Lit(1)) if name == "put" else eq(Var("items"), op("tuple"))
        loop = b.node("branch", line + 2, cond=full, accesses=b.access("items", "read"))
        g = b.group()
        both = b.access("waiting", "update", g) + b.access("lock", "release", g)
        b.node(
            "set",
            line + 3,
            target=Var("waiting"),
            value=op("call", Var("waiting"), Me(), names=("Append",)),
            accesses=both,
        )
        b.node("set", line + 3, target=Var("lock"), value=NoneE(), accesses=both)
        g = b.group()
        both = b.access("waiting", "read", g) + b.access("lock", "acquire", g)
        free = op("and", op("notin", Me(), op("call", Var("waiting"), names=("Items",))), eq(Var("lock"), NoneE()))
        b.node("guard", line + 3, cond=free, accesses=both)
        last = b.node("set", line + 3, target=Var("lock"), value=Me(), accesses=both)
        p.nodes[last].next = loop
        b.loose = [(loop, "other")]
        if name == "put":
            b.node("set", line + 4, target=Var("items"), value=op("call", Var("items"), Arg("item"), names=("Append",)),
                   accesses=b.access("items", "update"))  # fmt: skip
        else:
            a = b.access("items", "update")
            b.node("set", line + 4, target=Local("got"), value=op("call", Var("items"), names=("Head",)), accesses=a)
            b.node("set", line + 4, target=Var("items"), value=op("call", Var("items"), names=("Tail",)), accesses=a)
        empty = op("tuple")
        one = op("if", eq(Var("waiting"), empty), empty, op("call", Var("waiting"), names=("Tail",)))
        if name == "get" or put_notifies:
            b.node(
                "set",
                line + 5,
                target=Var("waiting"),
                value=empty if notify_all else one,
                accesses=b.access("waiting", "update"),
            )
        b.release("lock", line + 1)
        b.node("done", line + 6, value=NoneE() if name == "put" else Local("got"))
    return p


def scan(mode: Any) -> Program:
    """One operation sums two cells in a loop, the other sets both: no event loop runs anything between."""
    p = Program("Cells", "What Cells in cells.py does when its callers overlap", mode)
    p.sources = {"cells.py": [f"line {i}" for i in range(1, 30)]}
    p.vars = [VarDecl("cells", SeqT(IntT()), op("tuple", Lit(0), Lit(0)), "self.cells", Span("cells.py", 2, 2))]
    p.locals = {"i": IntT(), "total": IntT()}
    p.result_ty = UnionT(frozenset({NoneT(), IntT()}))
    b = Builder(p, "cells.py")
    b.operation("total", "Cells", 3, 8)
    b.node("set", 4, target=Local("i"), value=Lit(1))
    b.node("set", 5, target=Local("total"), value=Lit(0))
    loop = b.node("branch", 6, cond=op("<=", Local("i"), Lit(2)))
    cell = op("apply", Var("cells"), Local("i"))
    b.node("set", 7, target=Local("total"), value=op("+", Local("total"), cell), accesses=b.access("cells", "read"))
    last = b.node("set", 6, target=Local("i"), value=op("+", Local("i"), Lit(1)))
    p.nodes[last].next = loop
    b.loose = [(loop, "other")]
    b.node("done", 8, value=Local("total"))
    b.operation("fill", "Cells", 10, 13)
    for i in (1, 2):
        b.node("set", 10 + i, target=Var("cells"), value=op("except", Var("cells"), Lit(i), Lit(1)),
               accesses=b.access("cells", "write"))  # fmt: skip
    b.node("done", 13, value=NoneE())
    return p


def gate(kind: Any) -> Program:
    """A call waits for the gate to open, for a while or until it is cancelled; another one opens it."""
    p = Program(
        "Gate", "What Gate in gate.py does when its callers overlap", "asyncio" if kind == "cancelled" else "threads"
    )
    p.sources = {"gate.py": [f"line {i}" for i in range(1, 30)]}
    p.vars = [
        VarDecl("is_open", BoolT(), Lit(False), "self.is_open", Span("gate.py", 2, 2)),
        VarDecl("inside", IntT(), Lit(0), "self.inside", Span("gate.py", 3, 3)),
    ]
    p.result_ty = UnionT(frozenset({BoolT(), NoneT(), RaisedT(frozenset({"CancelledError", "AssertionError"}))}))
    b = Builder(p, "gate.py")
    b.operation("enter", "Gate", 5, 9)
    if kind == "cancelled":
        b.node("suspend", 6, alternatives=(Alternative(kind, 100),))
    b.node(
        "guard", 6, cond=Var("is_open"), accesses=b.access("is_open", "read"), alternatives=(Alternative(kind, 100),)
    )
    b.node("set", 7, target=Var("inside"), value=op("+", Var("inside"), Lit(1)), accesses=b.access("inside", "update"))
    n = b.node("branch", 8, cond=op("<=", Var("inside"), Lit(1)), accesses=b.access("inside", "read"))
    b.node("done", 9, value=op("record", Lit(True), names=("bool",)))
    b.loose = [(n, "other")]
    b.node("done", 8, value=op("record", Lit("AssertionError"), names=("raised",)), raised=True)
    p.nodes[100] = Node(
        100, "done", "gate.py", 6, "enter", value=op("record", Lit("CancelledError"), names=("raised",)), raised=True
    )
    b.operation("open", "Gate", 11, 12)
    b.node("set", 12, target=Var("is_open"), value=Lit(True), accesses=b.access("is_open", "write"))
    b.node("done", 12, value=NoneE())
    p.code_assertions = [
        CodeAssertion("Assertion_8", "assert self.inside <= 1", op("record", Lit("AssertionError"), names=("raised",)),
                      Span("gate.py", 8, 8))
    ]  # fmt: skip
    p.invariants = [
        UserInvariant("FewInside", "self.inside <= 1", op("<=", Var("inside"), Lit(1))),
        UserInvariant(
            "NobodyBefore",
            "not self.inside or self.is_open",
            op("or", eq(Var("inside"), Lit(0)), Var("is_open")),
            "quiescent",
        ),
    ]
    return p


def clashing() -> Program:
    """Names of the program that are names of the frame, of helpers, of their parameters; values of several kinds."""
    anything = UnionT(frozenset({IntT(), StrT(frozenset({"a"})), NoneT()}))
    item = AtomT("Items")
    p = Program("Clash", "Names that clash", "threads")
    p.sources = {"clash.py": [f"line {i}  # (* odd *)" for i in range(1, 30)]}
    p.consts = [
        ConstDecl("Items", "some values", stem="i", size=(1, 2)),
        ConstDecl("Most", "a limit", value=("1", "2")),
    ]
    boxed = op("record", Lit(1), names=("int",))
    empty = op("tuple")
    p.vars = [
        VarDecl(name, DictT(item, anything), empty, f"self.{name}", None) for name in ("call", "d", "x", "c")
    ] + [
        VarDecl("s", SeqT(item), empty, "self.s", None),
        VarDecl("View", SetT(anything), op("set"), "self.View", None),
        VarDecl("k", BoolT(), Lit(False), "self.k", None, init_set=Const("BOOLEAN")),
    ]  # fmt: skip
    p.locals = {"v": anything, "item": UnionT(frozenset({item, NoneT()}))}
    p.result_ty = UnionT(frozenset({BoolT(), anything, TupleT((IntT(), item))}))
    b = Builder(p, "clash.py")
    b.operation(
        "put",
        "Clash",
        2,
        9,
        (ParamDecl("key", Const("Items"), item), ParamDecl("v", op("set", boxed, NoneE()), anything)),
    )
    for i, name in enumerate(("call", "d", "x", "c")):
        b.node("set", 3 + i, target=Var(name), value=op("call", Var(name), Arg("key"), Arg("v"), names=("Put",)),
               accesses=b.access(name, "update"))  # fmt: skip
    b.node(
        "set",
        7,
        target=Var("View"),
        value=op("union", Var("View"), op("set", Arg("v"))),
        accesses=b.access("View", "update"),
    )
    b.node(
        "set",
        8,
        target=Var("s"),
        value=op("call", Var("s"), Arg("key"), names=("Append",)),
        accesses=b.access("s", "update"),
    )
    b.node("done", 9, value=op("record", op("tuple", Lit(1), Arg("key")), names=("tuple2",)))
    b.operation("drop", "Clash", 11, 19, (ParamDecl("key", op("..", Lit(0), Const("Most")), IntT()),))
    inside = op("call", Var("s"), names=("Items",))
    b.node(
        "choose",
        12,
        target=Local("item"),
        value=op("union", inside, op("set", NoneE())),
        accesses=b.access("s", "read"),
    )
    n = b.node("branch", 13, cond=eq(Local("item"), NoneE()))
    b.node("done", 14, value=op("record", Lit(True), names=("bool",)))
    b.loose = [(n, "other")]
    found = op("exists", op("DOMAIN", Var("d")), eq(op("apply", Var("d"), Bound("x")), boxed), names=("x",))
    n = b.node("branch", 15, cond=found, accesses=b.access("d", "read"))
    b.node(
        "set",
        16,
        target=Var("d"),
        value=op("call", Var("d"), Local("item"), names=("Without",)),
        accesses=b.access("d", "update"),
    )
    b.loose += [(n, "other")]
    b.node("done", 17, value=op("record", Lit("a"), names=("str",)))
    p.env = [EnvAction("Flip", "The switch is turned.", op("not", Var("k")), (("k", Lit(True)),))]
    return p


def tally() -> Program:
    """asyncio: two effects under a lock; only who finds the lock taken suspends to wait for it."""
    p = Program("Tally", "What Tally in tally.py does when its callers overlap", "asyncio")
    p.sources = {"tally.py": [f"line {i}" for i in range(1, 30)]}
    p.vars = [
        VarDecl("store", IntT(), Lit(0), "self.store", Span("tally.py", 2, 2)),
        VarDecl("lock", LOCK_TY, NoneE(), "self.lock", None, observable=False, lock=True),
    ]
    p.locals = {"seen": IntT()}
    p.result_ty = NoneT()
    b = Builder(p, "tally.py")
    b.operation("add", "Tally", 3, 7)
    a = b.access("lock", "acquire")
    free = b.node("branch", 4, cond=eq(Var("lock"), NoneE()), accesses=a)
    b.node("set", 4, target=Var("lock"), value=Me(), accesses=a)
    taken = list(b.loose)
    b.loose = [(free, "other")]
    b.node("suspend", 4)
    b.acquire("lock", 4)
    b.loose += taken
    b.node("suspend", 5)
    b.node("set", 5, target=Local("seen"), value=Var("store"), accesses=b.access("store", "read", effect=True))
    b.node("suspend", 6)
    more = op("+", Local("seen"), Lit(1))
    b.node("set", 6, target=Var("store"), value=more, accesses=b.access("store", "write", effect=True))
    b.node("suspend", 6)
    b.release("lock", 4)
    b.node("done", 7, value=NoneE())
    return p
