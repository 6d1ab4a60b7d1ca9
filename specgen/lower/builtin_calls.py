"""Built-in functions and the standard library's functions that have a rule."""

from __future__ import annotations

import ast
from collections.abc import Sequence

from specgen.expr import Lit, Local, Me
from specgen.lower import builtin_functions, containers, heaps, kinds, membership, primitives, suspension
from specgen.lower.formulas import NONE
from specgen.lower.formulas import call as op_call
from specgen.lower.lowerer import Lowerer
from specgen.lower.state import VarInfo
from specgen.lower.values import External, Place, Unknown, Val, Value
from specgen.syntax import dotted
from specgen.value_types import BoolT, CallerT, IntT, NeverT, NoneT, SeqT, SetT, StrT, kind_of, members

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
    if root in QUIET_ROOTS and not lw.in_scope(root) and not _of_feature(lw, root):
        return NOTHING
    return None


def _of_feature(lw: Lowerer, root: str) -> bool:
    """Whether the name stands for something of the feature's own: a module, a class, or a global that holds values."""
    assert lw.frame is not None
    module = lw.frame.module
    match lw.sources.binding(module, root):
        case None:
            return False
        case "global":
            value = module.globals[root]
            made = dotted(value.func) if isinstance(value, ast.Call) else ""
            return (
                not isinstance(value, ast.Call)
                or made in builtin_functions.FUNCTIONS
                or (lw.sources.find_class(made, module) is not None)
            )
        case str(imported):
            return lw.sources.find_module(imported, module) is not None
    return True


def call_external(
    lw: Lowerer, name: str, args: list[Value], kwargs: dict[str, Value], text: str, awaited: bool
) -> Value:
    """A function or class from outside the feature."""
    from specgen.lower.exprs import rv
    from specgen.lower.truth import object_class, truthy

    if name in primitives.CLASSES:
        if lw.in_init and not lw.in_loop:
            return primitives.construct(lw, name, lw.pending_attr or "lock", args, kwargs)
        return primitives.construct_dynamic(lw, name, args, kwargs)
    if name.endswith(("create_future", "asyncio.Future", "futures.Future")):
        from specgen.lower.futures import future

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
    rule = builtin_functions.FUNCTIONS.get(name) or builtin_functions.FUNCTIONS.get(
        short if name.partition(".")[0] in {"collections", "_collections", "builtins", "math", "copy", "typing"} else ""
    )
    if name in {"len", "bool"} and len(args) == 1 and (cls := object_class(lw, args[0])) is not None:
        if name == "bool":
            return Val(kinds.truth(truthy(lw, args[0])), BoolT())
        if lw.sources.method(cls, "__len__") is not None:
            from specgen.lower.calls import call_method

            return call_method(lw, args[0], "__len__", [], {})
    if rule is not None and kwargs and short in builtin_functions.NAMED:
        found = builtin_functions.NAMED[short](lw, [rv(lw, a) for a in args], kwargs)
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
    if (of_heap := heaps.function(lw, name, args)) is not None:
        return of_heap
    if name.endswith(("get_running_loop", "get_event_loop")):
        return External("loop")
    if name.startswith("random."):
        lw.approximate(name, "any number from 0 to 1")
        return Unknown(name)
    if lw.in_init:
        return _collaborator_made(lw, name, text, [*args, *kwargs.values()])
    if awaited:
        suspension.suspend(lw)
    suspension.may_fail(lw, text)
    return lw.opaque(text, [*args, *kwargs.values()])


def _collaborator_made(lw: Lowerer, name: str, text: str, handed: Sequence[Value]) -> Value:
    attr = lw.pending_attr
    methods = lw.methods_called_on(attr)
    from specgen.lower.contracts import is_store

    if attr and is_store(methods):
        return lw.collaborator(attr.strip("_"), methods)
    return lw.opaque(text, handed)


def clock(lw: Lowerer) -> Value:
    """The time: a number that the surroundings advance."""
    if lw.in_init:
        return Val(Lit(0), IntT())
    if "clock" not in lw.vars:
        lw.vars["clock"] = VarInfo("clock", lw.span(), "the time, in ticks", observable=False, init=Lit(0))
    lw.assume(
        "clock", "time is a whole number of ticks, never goes back, and may pass between any two steps", lw.span()
    )
    lw.declare("v.clock", IntT())
    return lw.read("clock", stem="now")


def _pick(lw: Lowerer, holder: Val) -> Value:
    found = containers.container_of(holder.ty)
    if not isinstance(found, (SeqT, SetT)):
        return lw.approximate("random.choice", "any value")
    name = lw.temp("picked")
    lw.active.add(name)
    lw.declare(f"l.{name}", found.item)
    source = op_call("Items", holder.expr) if isinstance(found, SeqT) else holder.expr
    lw.graph.choose(Local(name), source, "random")
    return Val(Local(name), found.item)


#: Methods whose results tell apart what the values themselves do.
_SAME_TEXT = {"encode", "decode", "format", "hex", "isoformat", "total_seconds", "timestamp"}
#: Methods that may give one text for several.
_CHANGED_TEXT = {"strip", "lower", "upper", "casefold"}


def _changed_text(lw: Lowerer, owner: Val, name: str) -> Val:
    """``text.lower()``: of a literal its result, of any other text the text itself."""
    if isinstance(owner.expr, Lit) and isinstance(owner.expr.value, str):
        text = str(getattr(owner.expr.value, name)())
        return Val(Lit(text), StrT(frozenset({text})))
    if not isinstance(owner.ty, NeverT):
        lw.approximate(f"{name}() of a text", "the text itself")
    return owner


def text_method(lw: Lowerer, owner: Val | Place, name: str, args: list[Val]) -> Value | None:
    """Methods of strings and numbers, and of dunder names on built-ins."""
    if isinstance(owner, Place):
        if name == "__contains__" and args:
            return Val(membership.contains(lw, args[0], owner), BoolT())
        if name == "__len__":
            from specgen.lower.exprs import rv

            return Val(containers.size(rv(lw, owner)), IntT())
        return None
    own = {kind_of(m) for m in members(owner.ty)}
    if name in _SAME_TEXT:
        return owner
    if name in _CHANGED_TEXT and not args:
        return _changed_text(lw, owner, name)
    if own <= {"str", None} and name in {"startswith", "endswith", "isdigit"}:
        return Unknown(f"{name}()")
    return None
