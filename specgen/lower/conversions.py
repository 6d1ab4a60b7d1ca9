"""Built-in functions that make one value of another: int, str, tuple, copy."""

from __future__ import annotations

from specgen.expr import Lit, Op
from specgen.lower import containers, guards, orders
from specgen.lower.formulas import EMPTY, FALSE, NONE
from specgen.lower.guards import number
from specgen.lower.lowerer import Lowerer
from specgen.lower.values import Val, Value
from specgen.value_types import DictT, IntT, NoneT, RefT, SeqT, SetT, StrT, TupleT, Ty, members


def int_(lw: Lowerer, args: list[Val]) -> Value:
    """``int(x)``: of a number itself; a text is not taken for one."""
    from specgen.lower.exprs import any_value

    if not args:
        return Val(Lit(0), IntT())
    if args[0].origin is not None:
        return Val(number(lw, args[0]), IntT())
    match args[0].expr:
        case Lit(str(text)) if text.strip().lstrip("+-").isdecimal() and abs(int(text)) < 2**31:
            return Val(Lit(int(text)), IntT())
        case Lit(str()):
            guards.raise_unless(lw, FALSE, "ValueError")
            return Val(Lit(0), IntT())
    if any(isinstance(m, (StrT, TupleT)) for m in members(args[0].ty)):
        lw.approximate("number written as a text", "any number")
        return any_value(lw, "int")
    return Val(number(lw, args[0]), IntT())


def float_(lw: Lowerer, args: list[Val]) -> Value:
    """``float(x)``: of a number itself, of a text such as ``inf`` what a literal of that kind is."""
    if args and isinstance(args[0].expr, Lit) and isinstance(args[0].expr.value, str) and args[0].origin is None:
        text = args[0].expr.value
        number_for = -1 if text.startswith("-") else 1
        lw.approximate(f"number {text}", str(number_for))
        return Val(Lit(number_for), IntT())
    return int_(lw, args)


def copied(lw: Lowerer, args: list[Val]) -> Value:
    """``copy(x)``: values are their own copies, objects are not."""
    if args and _holds_object(args[0].ty):
        lw.leave_out("copy of an object", "the object itself")
    return args[0] if args else Val(NONE, NoneT())


def _holds_object(ty: Ty) -> bool:
    match containers.container_of(ty):
        case SeqT(item) | SetT(item) | DictT(_, item):
            return _holds_object(item)
        case TupleT(items):
            return any(map(_holds_object, items))
    return any(isinstance(m, RefT) for m in members(ty))


def tuple_(lw: Lowerer, args: list[Val]) -> Value:
    """``tuple(x)``: what has an order is its own tuple."""
    if args and isinstance(containers.container_of(args[0].ty), (SetT, DictT)):
        return orders.list_(lw, args)
    return args[0] if args else Val(EMPTY, TupleT(()))


def str_(lw: Lowerer, args: list[Val]) -> Value:
    """``str(x)``."""
    return text_of_value(args[0]) if args else Val(Lit(""), StrT(frozenset({""})))


def text_of_value(value: Val) -> Val:
    """The text of a value, which tells apart what the value does: of a number its own, equal to no literal."""
    return Val(Op("tuple", (value.expr,)), TupleT((IntT(),))) if isinstance(value.ty, IntT) else value
