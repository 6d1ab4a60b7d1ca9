"""Guards: what must hold for the code to go on, and the exception that Python raises where it does not."""

from __future__ import annotations

from specgen.expr import Expr, Lit, Op
from specgen.lower import kinds, unwinding
from specgen.lower.containers import container_of
from specgen.lower.formulas import FALSE, NONE, disj, ite
from specgen.lower.lowerer import Lowerer
from specgen.lower.values import Exc, Val
from specgen.value_types import AtomT, IntT, NeverT, NoneT, Ty, join_all, kind_of, members


def raise_unless(lw: Lowerer, test: Expr, name: str) -> None:
    """Raise the exception where the test fails; go on where it holds."""
    yes, no = lw.graph.branch(test)
    if no:
        lw.graph.cursor = no
        unwinding.raise_(lw, Exc(name))
    lw.graph.cursor = yes


#: Kinds of values that are certainly no numbers.
_NO_NUMBERS = {"str", "seq", "set", "dict", "ref"}


def number(lw: Lowerer, value: Val) -> Expr:
    """The value as an integer (a bool counts 0 or 1); anything else there raises TypeError, as in Python."""
    lw.demand(value, "int")
    own = {kind_of(m) for m in members(value.ty)}
    only_kinds(lw, value, ("int", "bool"), "TypeError")
    if {"int", "bool"} <= own:
        one = ite(kinds.unbox(value, "bool"), Lit(1), Lit(0))
        return ite(kinds.has_kind(value, "int"), kinds.unbox(value, "int"), one)
    if "int" in own:
        return kinds.unbox(value, "int")
    if "bool" in own:
        return ite(kinds.unbox(value, "bool"), Lit(1), Lit(0))
    opaque = value.origin or any(isinstance(m, AtomT) for m in members(value.ty))
    if own & _NO_NUMBERS and not opaque and not (lw.in_init or lw.pure_reads or lw.bound_depth or lw.hopeful):
        raise_unless(lw, FALSE, "TypeError")
    return Lit(0) if not isinstance(value.expr, Lit) or isinstance(value.expr.value, str) else value.expr


def only_number(lw: Lowerer, value: Val) -> Val:
    """The value where numbers alone will do; TypeError where it is of another kind."""
    own = {kind_of(m) for m in members(value.ty)} - {None}
    if own <= {"int", "bool"} or not own & {"int", "bool"} or lw.in_init or lw.pure_reads:
        return value
    raise_unless(lw, disj(kinds.has_kind(value, "int"), kinds.has_kind(value, "bool")), "TypeError")
    return Val(number(lw, Val(value.expr, without_none(value.ty))), IntT())


def without_none(ty: Ty) -> Ty:
    """The type of what is left where None is known not to be there."""
    return join_all([m for m in members(ty) if not isinstance(m, NoneT)])


def never_none(lw: Lowerer, value: Val, error: str) -> None:
    """Raise the exception that Python raises where a value that may be None is used as if it were not."""
    if NoneT() in members(value.ty) and len(members(value.ty)) > 1 and not lw.in_init and not lw.pure_reads:
        raise_unless(lw, Op("#", (value.expr, NONE)), error)


def only_kinds(lw: Lowerer, value: Val, wanted: tuple[str, ...], error: str) -> None:
    """Go on only where the value is of one of the kinds that the code can do something with.

    Python raises ``error`` on None and on values of another kind; a value that comes from code not modelled is taken
    to be one of them too, which is an approximation.
    """
    found = members(value.ty)
    if found == {NoneT()} and not (lw.in_init or lw.pure_reads or lw.bound_depth or lw.hopeful):
        raise_unless(lw, FALSE, error)
        return
    if not any(kind_of(m) in wanted for m in found) or lw.in_init or lw.pure_reads or lw.bound_depth:
        return
    never_none(lw, value, error)
    others = [m for m in found if kind_of(m) not in wanted and not isinstance(m, NoneT)]
    if others:
        if any(isinstance(m, AtomT) for m in others):
            lw.approximate(
                "use of a value that may come from code not modelled here", f"it raises {error} where it does"
            )
        raise_unless(lw, disj(*[kinds.has_kind(value, k) for k in wanted]), error)


def usable(lw: Lowerer, value: Val, error: str = "TypeError") -> Ty:
    """The container that a value is used as; ``error`` is raised where it is None or of another kind."""
    found = container_of(value.ty)
    if not isinstance(found, NeverT):
        only_kinds(lw, value, (str(kind_of(found)),), error)
    return found
