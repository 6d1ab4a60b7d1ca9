"""Built-in functions and the standard library's functions that have a rule."""

from __future__ import annotations

import ast
from collections.abc import Callable

from specgen.expr import (
    AtomT,
    BoolT,
    Bound,
    CallerT,
    DictT,
    Expr,
    IntT,
    Lit,
    Me,
    NeverT,
    NoneT,
    Op,
    RefT,
    SeqT,
    SetT,
    StrT,
    TupleT,
    Ty,
    Var,
    join,
    kind_of,
    members,
)
from specgen.ir import Access
from specgen.lower import comprehensions, containers, kinds, names, suspension, sync
from specgen.lower.lowerer import ANYTHING, Lowerer
from specgen.lower.values import (
    EMPTY,
    FALSE,
    NONE,
    TRUE,
    ClassV,
    Contract,
    Coro,
    Exc,
    External,
    Func,
    Method,
    New,
    Obj,
    Place,
    Sync,
    Unknown,
    Val,
    Value,
    const,
)
from specgen.lower.values import (
    call as op_call,
)
from specgen.source import dotted

NOTHING = Val(NONE, NoneT())
QUIET_ROOTS = {
    "logging",
    "logger",
    "log",
    "warnings",
    "_logger",
    "_log",
    "LOG",
    "LOGGER",
    "metrics",
    "statsd",
    "tracer",
    "structlog",
    "gc",
    "traceback",
}
QUIET_CALLS = {"print", "super().__init__", "breakpoint", "id", "hash"}
CLOCKS = {
    "time.time",
    "time.monotonic",
    "time.perf_counter",
    "time.time_ns",
    "time.monotonic_ns",
    "time.perf_counter_ns",
    "datetime.now",
    "datetime.utcnow",
    "datetime.datetime.now",
    "datetime.datetime.utcnow",
    "loop.time",
    "time",
    "monotonic",
}
TOKENS = {"uuid.uuid4", "uuid.uuid1", "secrets.token_hex", "secrets.token_urlsafe", "secrets.token_bytes", "os.urandom"}
IDENTITIES = {
    "threading.get_ident",
    "threading.current_thread",
    "asyncio.current_task",
    "threading.get_native_id",
    "os.getpid",
    "_thread.get_ident",
    "threading.currentThread",
}


def quiet_call(lw: Lowerer, node: ast.Call, name: str) -> Value | None:
    """Logging and the like: no effect; arguments are not evaluated (they are only formatted)."""
    root = name.partition(".")[0]
    if root in QUIET_ROOTS and not lw.in_scope(root):
        return NOTHING
    return None


def special_form(lw: Lowerer, func: Value, node: ast.Call, awaited: bool) -> Value | None:
    """Calls whose arguments are not evaluated in the usual way."""
    from specgen.lower.exprs import lower, rv

    name = func.name if isinstance(func, External) else ""
    short = name.rpartition(".")[2]
    if name in {"any", "all"} and len(node.args) == 1 and isinstance(node.args[0], (ast.GeneratorExp, ast.ListComp)):
        return comprehensions.quantified(lw, node.args[0], name == "all")
    if name == "sum" and len(node.args) == 1 and isinstance(node.args[0], (ast.GeneratorExp, ast.ListComp)):
        return comprehensions.total(lw, node.args[0])
    if (
        name in {"set", "frozenset"}
        and len(node.args) == 1
        and isinstance(node.args[0], (ast.GeneratorExp, ast.ListComp))
    ):
        inside = node.args[0]
        return lower(lw, ast.copy_location(ast.SetComp(inside.elt, inside.generators), node))
    if name in {"next", "iter"} and node.args:
        return _next(lw, node, name)
    if name == "isinstance" and len(node.args) == 2:
        return _isinstance(lw, lower(lw, node.args[0]), node.args[1])
    if name == "hasattr" and len(node.args) == 2 and isinstance(node.args[1], ast.Constant):
        holder = lower(lw, node.args[0])
        if isinstance(holder, Sync):
            return Val(Lit(sync.has_attribute(holder, str(node.args[1].value))), BoolT())
    if name in {"hasattr", "callable"}:
        return Val(TRUE, BoolT())
    if name in {"getattr", "setattr"} and len(node.args) >= 2 and isinstance(node.args[1], ast.Constant):
        attr = ast.Attribute(node.args[0], str(node.args[1].value), ast.Load())
        ast.copy_location(attr, node)
        if name == "getattr":
            return lower(lw, attr)
        from specgen.lower.stmts import assign

        assign(
            lw, ast.copy_location(ast.Attribute(node.args[0], attr.attr, ast.Store()), node), lower(lw, node.args[2])
        )
        return NOTHING
    if name in {"cast", "typing.cast"} and len(node.args) == 2:
        return lower(lw, node.args[1])
    if short in {"wait_for", "shield", "timeout"} and name.startswith("asyncio") and node.args and awaited:
        return _wait_for(lw, short, node)
    if name == "asyncio.gather" and awaited:
        lw.approximate("asyncio.gather", "its parts run one after another")
        from specgen.lower.calls import lower_await

        items = [rv(lw, lower_await(lw, a)) for a in node.args if not isinstance(a, ast.Starred)]
        return Val(Op("tuple", tuple(i.expr for i in items)), TupleT(tuple(i.ty for i in items)))
    if name in {"defaultdict", "collections.defaultdict"} and node.args:
        return _defaultdict(lw, node)
    return None


def _defaultdict(lw: Lowerer, node: ast.Call) -> Value:
    from specgen.lower.calls import call_value
    from specgen.lower.exprs import lower, rv

    factory = lower(lw, node.args[0])
    if len(node.args) > 1 or node.keywords:
        lw.approximate("first items of a defaultdict", "it starts empty")
    lw.pending_factory = lambda: rv(lw, call_value(lw, factory, [], {}, None))
    # Only what it makes is of interest here: an object of the kind that code makes while it runs.
    point, saved, lw.in_loop = lw.checkpoint(), lw.in_loop, True
    made = lw.pending_factory()
    lw.in_loop = saved
    lw.roll_back(point)
    return Val(EMPTY, DictT(NeverT(), made.ty))


def _wait_for(lw: Lowerer, short: str, node: ast.Call) -> Value:
    from specgen.expr import Local
    from specgen.lower.calls import lower_await
    from specgen.lower.exprs import lower

    timed = short == "wait_for" and not (
        len(node.args) > 1 and isinstance(lower(lw, node.args[1]), Val) and lower(lw, node.args[1]) == NOTHING
    )
    if timed:
        lw.approximate("asyncio.wait_for", "the time-out may strike before the call starts, and not in its middle")
        suspension.suspend(lw)
        name = lw.temp("timed_out")
        lw.active.add(name)
        lw.declare(f"l.{name}", BoolT())
        lw.graph.choose(Local(name), const("BOOLEAN"), "time-out")
        yes, no = lw.graph.branch(Local(name))
        lw.graph.cursor = yes
        lw.raise_(Exc("TimeoutError"))
        lw.graph.cursor = no
    return lower_await(lw, node.args[0])


def _next(lw: Lowerer, node: ast.Call, name: str) -> Value | None:
    from specgen.expr import Local
    from specgen.lower.exprs import lower, rv

    inner = node.args[0]
    if name == "iter":
        return lower(lw, inner) if len(node.args) == 1 else None
    if isinstance(inner, ast.Call) and dotted(inner.func) in {"iter", "reversed"} and inner.args:
        inner = inner.args[0]
    holder = rv(lw, lower(lw, inner))
    found = containers.container_of(holder.ty)
    if isinstance(found, NeverT):
        base = dotted(inner)
        if "count" in base or "counter" in base.lower() or isinstance(lower(lw, inner), Unknown):
            return lw.approximate("next()", "any value")
        return Val(NONE, NeverT()) if isinstance(holder.ty, NeverT) else lw.approximate("next()", "any value")
    empty = Op("=", (containers.size(holder), Lit(0)))
    yes, no = lw.graph.branch(empty)
    ends = []
    if len(node.args) > 1:
        lw.graph.cursor = yes
        default = rv(lw, lower(lw, node.args[1]))
        ends.append((lw.graph.cursor, default))
    else:
        lw.graph.cursor = yes
        lw.raise_(Exc("StopIteration"))
    lw.graph.cursor = no
    if isinstance(found, SeqT):
        first = Val(op_call("Head", holder.expr), found.item)
    else:
        item = found.key if isinstance(found, DictT) else found.item if isinstance(found, SetT) else NeverT()
        source = Op("DOMAIN", (holder.expr,)) if isinstance(found, DictT) else holder.expr
        lw.approximate("the first item of an unordered or insertion-ordered collection", "any item")
        local = lw.temp("first")
        lw.active.add(local)
        lw.declare(f"l.{local}", item)
        lw.graph.choose(Local(local), source, "any item")
        first = Val(Local(local), item)
    if not ends:
        return first
    ends.append((lw.graph.cursor, first))
    return lw.join_value(ends, "first")


_TYPE_KINDS = {
    "int": "int",
    "float": "int",
    "bool": "bool",
    "str": "str",
    "bytes": "str",
    "list": "seq",
    "deque": "seq",
    "dict": "dict",
    "set": "set",
}


def _isinstance(lw: Lowerer, value: Value, node: ast.expr) -> Value:
    from specgen.lower.exprs import rv
    from specgen.lower.values import disj

    wanted = [dotted(e).rpartition(".")[2] for e in (node.elts if isinstance(node, ast.Tuple) else [node])]
    if isinstance(value, (Obj, New)) and value.cls is not None:
        mine = {c.name for c in lw.sources.mro(value.cls)}
        return Val(Lit(bool(mine & set(wanted))), BoolT())
    if isinstance(value, Exc) and value.name:
        return Val(Lit(bool(set(lw.sources.exception_ancestors(value.name)) & set(wanted))), BoolT())
    if isinstance(value, Unknown):
        return Val(rv(lw, value, "bool").expr, BoolT())
    val = rv(lw, value)
    tests = [kinds.has_kind(val, _TYPE_KINDS[w]) for w in wanted if w in _TYPE_KINDS]
    if "int" in wanted and "bool" not in wanted:  # a bool is an int
        tests.append(kinds.has_kind(val, "bool"))
    if "tuple" in wanted:
        tests += [kinds.has_kind(val, str(kind_of(m))) for m in kinds.kinds(val.ty) if isinstance(m, TupleT)]
    for member in members(val.ty):
        if isinstance(member, RefT):
            cls = lw.sources.find_class(member.cls)
            names_ = {c.name for c in lw.sources.mro(cls)} if cls else {member.cls}
            tests.append(kinds.has_kind(val, "ref") if names_ & set(wanted) else FALSE)
        if isinstance(member, AtomT) and {"str", "bytes", "object"} & set(wanted):
            tests.append(Op("in", (val.expr, const(member.domain))))
    return Val(disj(*tests) if tests else FALSE, BoolT())


# --- ordinary functions ----------------------------------------------------------------------------


def call_external(
    lw: Lowerer, name: str, args: list[Value], kwargs: dict[str, Value], text: str, awaited: bool
) -> Value:
    """A function or class from outside the feature."""
    from specgen.lower.exprs import _truthy, object_class, rv

    if name in sync.CLASSES:
        if lw.in_init and not lw.in_loop:
            return sync.construct(lw, name, lw.pending_attr or "lock", args, kwargs)
        return sync.construct_dynamic(lw, name, args, kwargs)
    if name.endswith(("create_future", "asyncio.Future", "futures.Future")):
        from specgen.lower.objects import future

        return future(lw)
    short = name.rpartition(".")[2]
    if name in CLOCKS or name.endswith(".loop.time"):
        return clock(lw)
    if name in TOKENS or name.startswith("uuid."):
        from specgen.lower.contracts import fresh_token

        return fresh_token(lw)
    if name in IDENTITIES:
        return Val(Me(), CallerT())
    if name in {"asyncio.sleep", "trio.sleep", "anyio.sleep"}:
        suspension.suspend(lw)
        return NOTHING
    if name in {"time.sleep", "gc.collect"}:
        return NOTHING
    if name.partition(".")[0] in QUIET_ROOTS or name in QUIET_CALLS:
        return NOTHING if name not in {"id", "hash"} else (args[0] if args else NOTHING)
    rule = FUNCTIONS.get(name) or FUNCTIONS.get(
        short if name.partition(".")[0] in {"collections", "_collections", "builtins", "math", "copy", "typing"} else ""
    )
    if name in {"len", "bool"} and len(args) == 1 and (cls := object_class(lw, args[0])) is not None:
        if name == "bool":
            return Val(kinds.truth(_truthy(lw, args[0])), BoolT())
        if lw.sources.method(cls, "__len__") is not None:
            from specgen.lower.calls import call_method

            return call_method(lw, args[0], "__len__", [], {})
    if rule is not None and kwargs and short in _NAMED:
        found = _NAMED[short](lw, [rv(lw, a) for a in args], kwargs)
        return found if found is not None else lw.approximate(f"call {text}", "any value")
    if rule is not None and kwargs:
        return lw.approximate(f"call {text}", "any value")
    if rule is not None:
        return rule(
            lw,
            [
                rv(lw, a) if not isinstance(a, Unknown) else rv(lw, a, "int" if name in {"min", "max", "int"} else "")
                for a in args
            ],
        )
    if name == "random.choice" and args:
        return _pick(lw, rv(lw, args[0]))
    if name.endswith(("get_running_loop", "get_event_loop")):
        return External("loop")
    if name.startswith("random."):
        lw.approximate(name, "any number from 0 to 1")
        return Unknown(name)
    if lw.in_init:
        return _collaborator_made(lw, name, text)
    if awaited:
        suspension.suspend(lw)
    suspension.may_fail(lw, text)
    return lw.approximate(f"call {text}", "any value, no effect on the state modelled here")


def _collaborator_made(lw: Lowerer, name: str, text: str) -> Value:
    attr = lw.pending_attr
    methods = lw.methods_called_on(attr)
    from specgen.lower.contracts import is_store

    if attr and is_store(methods):
        return Contract(attr.strip("_"), "", methods, lw.graph.where.line)
    return lw.approximate(f"call {text}", "any value, no effect on the state modelled here")


def clock(lw: Lowerer) -> Value:
    """The time: a number that the surroundings advance."""
    from specgen.lower.lowerer import VarInfo

    if lw.in_init:
        return Val(Lit(0), IntT())
    if not lw.uses_clock:
        lw.uses_clock = True
        if "clock" not in lw.vars:
            lw.vars["clock"] = VarInfo("clock", lw.span(), "the time, in ticks", observable=False, init=Lit(0))
        lw.assume(
            "clock", "time is a whole number of ticks, never goes back, and may pass between any two steps", lw.span()
        )
    lw.declare("v.clock", IntT())
    return lw.read("clock", stem="now")


def _pick(lw: Lowerer, holder: Val) -> Value:
    from specgen.expr import Local

    found = containers.container_of(holder.ty)
    if not isinstance(found, (SeqT, SetT)):
        return lw.approximate("random.choice", "any value")
    name = lw.temp("picked")
    lw.active.add(name)
    lw.declare(f"l.{name}", found.item)
    source = op_call("Items", holder.expr) if isinstance(found, SeqT) else holder.expr
    lw.graph.choose(Local(name), source, "random")
    return Val(Local(name), found.item)


def _len(lw: Lowerer, args: list[Val]) -> Value:
    if args and isinstance(containers.container_of(args[0].ty), NeverT) and not isinstance(args[0].ty, NeverT):
        return lw.approximate("len of a value of unknown type", "0 or 1")
    if args:
        containers.usable(lw, args[0])
    return Val(containers.size(args[0]), IntT())


def _numbers(value: Val) -> Expr | None:
    """The set of the items of a collection of numbers."""
    match containers.container_of(value.ty):
        case SeqT(IntT()):
            return op_call("Items", kinds.unbox(value, "seq"))
        case SetT(IntT()):
            return kinds.unbox(value, "set")
        case DictT(IntT(), _):
            return Op("DOMAIN", (kinds.unbox(value, "dict"),))
        case TupleT(items) if items and all(isinstance(i, IntT) for i in items):
            return op_call("Items", kinds.unbox(value, str(kind_of(containers.container_of(value.ty)))))
    return None


def _extreme(smallest: bool) -> Callable[[Lowerer, list[Val]], Value]:
    def run(lw: Lowerer, args: list[Val]) -> Value:
        from specgen.lower.exprs import number

        if len(args) == 1:
            found = _numbers(args[0])
            if found is not None:
                containers.raise_unless(lw, Op("#", (containers.size(args[0]), Lit(0))), "ValueError")
                return Val(op_call("MinOf" if smallest else "MaxOf", found), IntT())
            if isinstance(containers.item_type(args[0].ty), NeverT):
                return Val(NONE, NeverT())
            return _one_of(lw, args[0], "min or max of a collection")
        out = number(lw, args[0])
        for other in args[1:]:
            right = number(lw, other)
            if isinstance(out, Lit) and isinstance(right, Lit):
                pick = min if smallest else max
                out = Lit(pick(int(out.value), int(right.value)))
                continue
            out = op_call("Min" if smallest else "Max", out, right)
        return Val(out, IntT())

    return run


def _one_of(lw: Lowerer, holder: Val, what: str) -> Value:
    """Any element of a collection, for what picks one by an order that is not modelled."""
    from specgen.expr import Local

    found = containers.container_of(holder.ty)
    item = containers.item_type(holder.ty)
    if not isinstance(found, (SeqT, SetT, DictT)) or isinstance(item, NeverT):
        return lw.approximate(what, "any value")
    lw.approximate(what, "any item")
    containers.raise_unless(lw, Op("#", (containers.size(holder), Lit(0))), "ValueError")
    name = lw.temp("picked")
    lw.active.add(name)
    lw.declare(f"l.{name}", item)
    match found:
        case SeqT():
            source = op_call("Items", kinds.unbox(holder, "seq"))
        case DictT():
            source = Op("DOMAIN", (kinds.unbox(holder, "dict"),))
        case _:
            source = kinds.unbox(holder, "set")
    lw.graph.choose(Local(name), source, "any item")
    return Val(Local(name), item)


def _extreme_named(name: str) -> Callable[[Lowerer, list[Val], dict[str, Value]], Value | None]:
    def run(lw: Lowerer, args: list[Val], kwargs: dict[str, Value]) -> Value | None:
        from specgen.lower.exprs import rv

        if len(args) != 1 or set(kwargs) - {"default", "key"}:
            return None
        choose = FUNCTIONS[name] if "key" not in kwargs else (lambda lw, args: _one_of(lw, args[0], f"{name} by a key"))
        if "default" not in kwargs:
            return choose(lw, args)
        some, none = lw.graph.branch(Op("#", (containers.size(args[0]), Lit(0))))
        lw.graph.cursor = none
        ends = [(lw.graph.cursor, rv(lw, kwargs["default"]))]
        lw.graph.cursor = some
        if some:
            found = rv(lw, choose(lw, args))
            ends.append((lw.graph.cursor, found))
        return lw.join_value(ends, "extreme")

    return run


def _sum(lw: Lowerer, args: list[Val]) -> Value:
    from specgen.lower.exprs import number
    from specgen.lower.values import domain

    first = number(lw, args[1]) if len(args) > 1 else Lit(0)
    behind = comprehensions.values_of(args[0].expr)
    item = containers.item_type(args[0].ty)
    found = containers.container_of(args[0].ty)
    if isinstance(item, NeverT):
        return Val(first, IntT())
    if not isinstance(item, IntT):
        return lw.approximate("sum", "any number")
    if behind is not None:
        out = op_call("SumOver", behind, domain(behind))
    elif isinstance(found, (SeqT, TupleT)):
        seq = kinds.unbox(args[0], str(kind_of(found)))
        out = op_call("SumOver", seq, domain(seq))
    else:
        numbers = _numbers(args[0])
        assert numbers is not None
        out = op_call("SumOver", Op("function", (numbers, Bound("x")), ("x",)), numbers)
    return Val(out if first == Lit(0) else Op("+", (first, out)), IntT())


def _list(lw: Lowerer, args: list[Val]) -> Value:
    if not args:
        return Val(EMPTY, SeqT(NeverT()))
    behind = comprehensions.values_of(args[0].expr)
    match containers.container_of(args[0].ty):
        case SetT(item) if behind is not None:
            return Val(_values_in_some_order(lw, behind), SeqT(item))
        case SeqT() as ty:
            return Val(kinds.unbox(args[0], "seq"), ty)
        case SetT() as ty:
            return Val(kinds.unbox(args[0], "set"), ty)
        case DictT(key, _):
            return Val(Op("DOMAIN", (kinds.unbox(args[0], "dict"),)), SetT(key))
        case TupleT() as ty:
            whole = SeqT(containers.tuple_item(ty))
            return Val(kinds.coerce(args[0], whole), whole)
    return args[0]


def _values_in_some_order(lw: Lowerer, d: Expr) -> Expr:
    from specgen.lower.values import apply, domain

    order = comprehensions.in_some_order(
        lw, domain(d), comprehensions.Source(domain(d), lambda x: Val(x, _key_type(lw, d)))
    )
    return Op("function", (domain(order), apply(d, apply(order, Bound("i")))), ("i",))


def _key_type(lw: Lowerer, d: Expr) -> Ty:
    from specgen.expr import Local

    ty = lw.type_of(f"l.{d.name}") if isinstance(d, Local) else lw.var_type(d.name) if isinstance(d, Var) else NeverT()
    found = containers.container_of(ty)
    return found.key if isinstance(found, DictT) else NeverT()


def _set(lw: Lowerer, args: list[Val]) -> Value:
    if not args:
        return Val(Op("set"), SetT(NeverT()))
    match containers.container_of(args[0].ty):
        case SeqT(item):
            return Val(op_call("Items", kinds.unbox(args[0], "seq")), SetT(item))
        case SetT() as ty:
            return Val(kinds.unbox(args[0], "set"), ty)
        case DictT(key, _):
            return Val(Op("DOMAIN", (kinds.unbox(args[0], "dict"),)), SetT(key))
    return Val(Op("set"), SetT(NeverT()))


def _dict(lw: Lowerer, args: list[Val]) -> Value:
    if args and isinstance(containers.container_of(args[0].ty), DictT):
        return Val(kinds.unbox(args[0], "dict"), containers.container_of(args[0].ty))
    return Val(EMPTY, DictT(NeverT(), NeverT()))


def _bool(lw: Lowerer, args: list[Val]) -> Value:
    return Val(kinds.truth(args[0]) if args else FALSE, BoolT())


def _int(lw: Lowerer, args: list[Val]) -> Value:
    from specgen.lower.exprs import number

    return Val(number(lw, args[0]), IntT()) if args else Val(Lit(0), IntT())


def _same(lw: Lowerer, args: list[Val]) -> Value:
    return args[0] if args else NOTHING


def _str(lw: Lowerer, args: list[Val]) -> Value:
    return args[0] if args else Val(Lit(""), StrT(frozenset({""})))


def _abs(lw: Lowerer, args: list[Val]) -> Value:
    from specgen.lower.exprs import number

    e = number(lw, args[0])
    return Val(op_call("Max", e, Op("-", (Lit(0), e))), IntT())


def _range(lw: Lowerer, args: list[Val]) -> Value:
    from specgen.expr import Bound
    from specgen.lower.exprs import number

    if len(args) > 2:
        return lw.approximate("range with a step", "any value")
    low = number(lw, args[0]) if len(args) == 2 else Lit(0)
    high = number(lw, args[-1])
    if isinstance(low, Lit) and isinstance(high, Lit) and int(high.value) - int(low.value) <= 8:
        return Val(Op("tuple", tuple(Lit(i) for i in range(int(low.value), int(high.value)))), SeqT(IntT()))
    count = Op("..", (Lit(1), high if low == Lit(0) else Op("-", (high, low))))
    offset = Op("-", (Bound("i"), Lit(1)))
    return Val(Op("function", (count, offset if low == Lit(0) else Op("+", (low, offset))), ("i",)), SeqT(IntT()))


def _reversed(lw: Lowerer, args: list[Val]) -> Value:
    if args and isinstance(containers.container_of(args[0].ty), SeqT):
        return Val(containers.backwards(kinds.unbox(args[0], "seq")), containers.container_of(args[0].ty))
    return args[0]


def _sorted(lw: Lowerer, args: list[Val]) -> Value:
    from specgen.expr import Local
    from specgen.lower.values import apply, domain

    value = args[0]
    found = containers.container_of(value.ty)
    item = containers.item_type(value.ty)
    if isinstance(item, NeverT):
        return Val(EMPTY, SeqT(NeverT()))
    behind = comprehensions.values_of(value.expr)
    if isinstance(item, IntT) and behind is not None:
        keys = op_call("SeqOf", domain(behind))
        each = Op("function", (domain(keys), apply(behind, apply(keys, Bound("i")))), ("i",))
        return Val(op_call("Sorted", each), SeqT(IntT()))
    if isinstance(item, IntT) and isinstance(found, SeqT):
        return Val(op_call("Sorted", kinds.unbox(value, "seq")), SeqT(IntT()))
    numbers = _numbers(value)
    if numbers is not None:
        return Val(op_call("Ascending", numbers), SeqT(IntT()))
    lw.approximate("sorted", "any order")
    if isinstance(found, SeqT):
        seq = kinds.unbox(value, "seq")
        name = lw.temp("order")
        lw.active.add(name)
        lw.declare(f"l.{name}", SeqT(IntT()))
        lw.graph.choose(Local(name), op_call("Orders", domain(seq)), "any order")
        at = apply(seq, apply(Local(name), Bound("i")))
        return Val(Op("function", (domain(seq), at), ("i",)), found)
    return _list(lw, args)


def _sorted_named(lw: Lowerer, args: list[Val], kwargs: dict[str, Value]) -> Value | None:
    if len(args) != 1 or set(kwargs) - {"reverse", "key"}:
        return None
    if "key" in kwargs:
        whole = containers.container_of(args[0].ty)
        if isinstance(whole, SeqT) and isinstance(whole.item, IntT):
            return None
        return _sorted(lw, args)
    reverse = kwargs["reverse"]
    out = _sorted(lw, args)
    if isinstance(reverse, Val) and reverse.expr == TRUE and isinstance(out, Val) and isinstance(out.ty, SeqT):
        return Val(containers.backwards(out.expr), out.ty)
    return out if isinstance(reverse, Val) and reverse.expr == FALSE else None


def _enumerate_named(lw: Lowerer, args: list[Val], kwargs: dict[str, Value]) -> Value | None:
    from specgen.lower.exprs import rv

    return _enumerate(lw, [*args, rv(lw, kwargs["start"])]) if set(kwargs) == {"start"} else None


def _dict_named(lw: Lowerer, args: list[Val], kwargs: dict[str, Value]) -> Value | None:
    from specgen.lower.exprs import rv

    out = _dict(lw, args)
    assert isinstance(out, Val)
    for name, value in kwargs.items():
        v = rv(lw, value)
        assert isinstance(out.ty, DictT)
        ty = DictT(join(out.ty.key, StrT(frozenset({name}))), join(out.ty.value, v.ty))
        out = Val(op_call("Put", out.expr, Lit(name), kinds.coerce(v, ty.value)), ty)
    return out


def _counter(lw: Lowerer, args: list[Val]) -> Value:
    """``Counter()``: what is not there counts 0."""
    if args:
        return lw.approximate("Counter of a collection", "any value")
    lw.pending_counter = True
    return Val(EMPTY, DictT(NeverT(), IntT()))


def _deque(lw: Lowerer, args: list[Val]) -> Value:
    return _list(lw, args[:1]) if len(args) < 2 else _bounded(lw, args[:1], args[1])


def _deque_named(lw: Lowerer, args: list[Val], kwargs: dict[str, Value]) -> Value | None:
    from specgen.lower.exprs import rv

    return _bounded(lw, args, rv(lw, kwargs["maxlen"])) if set(kwargs) == {"maxlen"} else None


def _bounded(lw: Lowerer, args: list[Val], limit: Val) -> Value:
    """``deque(maxlen=n)``: whoever assigns it learns the limit."""
    from specgen.lower.exprs import number

    if limit.expr != NONE:
        lw.demand(limit, "int")
        lw.pending_limit = number(lw, limit)
    return _list(lw, args)


def _zip(lw: Lowerer, args: list[Val]) -> Value:
    from specgen.lower.values import apply, domain

    types = [containers.container_of(a.ty) for a in args]
    if not args or not all(isinstance(t, SeqT) for t in types):
        return lw.approximate("zip", "any value")
    seqs = [kinds.unbox(a, "seq") for a in args]
    shortest = op_call("Len", seqs[0])
    for other in seqs[1:]:
        shortest = op_call("Min", shortest, op_call("Len", other))
    pair = Op("tuple", tuple(apply(s, Bound("i")) for s in seqs))
    keys = domain(seqs[0]) if len(seqs) == 1 else Op("..", (Lit(1), shortest))
    return Val(Op("function", (keys, pair), ("i",)), SeqT(TupleT(tuple(t.item for t in types if isinstance(t, SeqT)))))


def _some(every: bool) -> Callable[[Lowerer, list[Val]], Value]:
    def run(lw: Lowerer, args: list[Val]) -> Value:
        item = containers.item_type(args[0].ty)
        found = containers.container_of(args[0].ty)
        if isinstance(item, NeverT):
            return Val(Lit(every), BoolT())
        inner = kinds.unbox(args[0], str(kind_of(found)))
        if isinstance(found, TupleT):
            inner = kinds.coerce(Val(inner, found), SeqT(item))
        whole = (
            inner
            if isinstance(found, SetT)
            else Op("DOMAIN", (inner,))
            if isinstance(found, DictT)
            else op_call("Items", inner)
        )
        test = kinds.truth(Val(Bound("x"), item))
        return Val(Op("forall" if every else "exists", (whole, test), ("x",)), BoolT())

    return run


_NAMED: dict[str, Callable[[Lowerer, list[Val], dict[str, Value]], Value | None]] = {
    "min": _extreme_named("min"),
    "max": _extreme_named("max"),
    "sorted": _sorted_named,
    "enumerate": _enumerate_named,
    "dict": _dict_named,
    "deque": _deque_named,
}


def _enumerate(lw: Lowerer, args: list[Val]) -> Value:
    from specgen.lower.values import apply, domain

    found = containers.container_of(args[0].ty)
    if isinstance(found, SeqT):
        from specgen.lower.exprs import number

        i = Bound("i")
        first = number(lw, args[1]) if len(args) > 1 else Lit(0)
        at: Expr = (
            Op("-", (i, Lit(1)))
            if first == Lit(0)
            else i
            if first == Lit(1)
            else Op("+", (Op("-", (i, Lit(1))), first))
        )
        seq = kinds.unbox(args[0], "seq")
        pair = Op("tuple", (at, apply(seq, i)))
        return Val(Op("function", (domain(seq), pair), ("i",)), SeqT(TupleT((IntT(), found.item))))
    return lw.approximate("enumerate", "any value")


def _partial(lw: Lowerer, args: list[Val]) -> Value:
    return lw.approximate("functools.partial", "any value")


def _token(lw: Lowerer, args: list[Val]) -> Value:
    from specgen.lower.contracts import fresh_token

    if lw.in_init:
        return Val(Lit("sentinel"), StrT(frozenset({"sentinel"})))
    return fresh_token(lw)


FUNCTIONS: dict[str, Callable[[Lowerer, list[Val]], Value]] = {
    "len": _len,
    "min": _extreme(True),
    "max": _extreme(False),
    "sum": _sum,
    "list": _list,
    "deque": _deque,
    "any": _some(False),
    "all": _some(True),
    "zip": _zip,
    "set": _set,
    "frozenset": _set,
    "dict": _dict,
    "OrderedDict": _dict,
    "bool": _bool,
    "int": _int,
    "float": _int,
    "str": _str,
    "repr": _str,
    "abs": _abs,
    "range": _range,
    "reversed": _reversed,
    "sorted": _sorted,
    "copy": _same,
    "deepcopy": _same,
    "tuple": _same,
    "Counter": _counter,
    "ceil": _int,
    "floor": _int,
    "round": _int,
    "bytes": _str,
    "object": _token,
    "WeakValueDictionary": _dict,
    "WeakKeyDictionary": _dict,
    "weakref.WeakValueDictionary": _dict,
    "weakref.WeakKeyDictionary": _dict,
    "weakref.WeakSet": _set,
    "enumerate": _enumerate,
    "functools.partial": _partial,
}


def text_method(lw: Lowerer, owner: Val | Place, name: str, args: list[Val]) -> Value | None:
    """Methods of strings and numbers, and of dunder names on built-ins."""
    if isinstance(owner, Place):
        if name == "__contains__" and args:
            return Val(containers.contains(lw, args[0], owner), BoolT())
        if name == "__len__":
            from specgen.lower.exprs import rv

            return Val(containers.size(rv(lw, owner)), IntT())
        return None
    own = {kind_of(m) for m in members(owner.ty)}
    if name in {
        "encode",
        "decode",
        "strip",
        "lower",
        "upper",
        "format",
        "hex",
        "isoformat",
        "total_seconds",
        "timestamp",
        "casefold",
    }:
        return owner
    if own <= {"str", None} and name in {"startswith", "endswith", "isdigit"}:
        return Unknown(f"{name}()")
    return None


__all__ = [
    "ANYTHING",
    "Access",
    "ClassV",
    "Coro",
    "Func",
    "Method",
    "Sync",
    "Var",
    "call_external",
    "clock",
    "names",
    "quiet_call",
    "special_form",
    "text_method",
]
