"""Futures, and other built-in objects that have identity: made while the code runs."""

from __future__ import annotations

from specgen.expr import Expr, Lit, Var
from specgen.ir import Access
from specgen.lower import kinds, objects, primitives, suspension, unwinding
from specgen.lower.formulas import NONE, apply, eq, ite, neg
from specgen.lower.formulas import call as op_call
from specgen.lower.lowerer import Lowerer
from specgen.lower.values import Exc, Val, Value
from specgen.value_types import BoolT, DictT, NeverT, NoneT, RaisedT, RefT, StrT, join, members


def new_builtin(lw: Lowerer, cls_name: str, attr: str, first: Val) -> Val:
    """A lock, future or event made while an operation runs."""
    var = objects.field_var(lw, cls_name, attr)
    lw.declare(f"v.{var}", DictT(RefT(cls_name), first.ty))
    ref = objects.allocate(lw, cls_name, attr)
    ty = lw.var_type(var)
    value_ty = ty.value if isinstance(ty, DictT) else first.ty
    fitted = kinds.coerce(first, value_ty)
    lw.graph.set(Var(var), op_call("Put", Var(var), ref, fitted), Access(var, "fresh", lw.graph.group()))
    return Val(ref, RefT(cls_name))


def future(lw: Lowerer) -> Val:
    """``loop.create_future()``: pending, then done, failed or cancelled."""
    objects.field_var(lw, "Future", "value")
    states = StrT(frozenset({"pending", "done", "failed", "cancelled"}))
    return new_builtin(lw, "Future", "state", Val(Lit("pending"), states))


def await_future(lw: Lowerer, ref: Expr) -> Value:
    """``await future``: goes on at once if it is settled; cancelling the waiting task cancels the future."""
    var = objects.field_var(lw, "Future", "state")
    state = apply(Var(var), ref)
    settled = neg(eq(state, Lit("pending")))
    group = lw.graph.group()
    wanted = suspension.guard_alternatives(lw, False)
    edges = lw.graph.guard(settled, Access(var, "read", group), kinds=wanted)  # type: ignore[arg-type]
    after = lw.graph.cursor
    for found in edges:
        lw.graph.cursor = found
        group = lw.graph.group()
        pending, rest = lw.graph.branch(eq(state, Lit("pending")), Access(var, "update", group))
        lw.graph.cursor = pending
        lw.graph.set(Var(var), op_call("Put", Var(var), ref, Lit("cancelled")), Access(var, "update", group))
        lw.graph.cursor = lw.graph.cursor + rest
        unwinding.raise_(lw, Exc("CancelledError"))
    lw.graph.cursor = after
    return future_result(lw, ref)


def future_result(lw: Lowerer, ref: Expr) -> Value:
    """What a settled future gives: its value, or an exception."""
    table = lw.read(objects.field_var(lw, "Future", "state"), stem="future_state")
    state = apply(table.expr, ref)
    for name, error in (("cancelled", "CancelledError"), ("failed", "Exception"), ("pending", "InvalidStateError")):
        yes, no = lw.graph.branch(eq(state, Lit(name)))
        lw.graph.cursor = yes
        unwinding.raise_(lw, _failure(lw, ref) if name == "failed" and yes else Exc(error))
        lw.graph.cursor = no
    values = lw.read(objects.field_var(lw, "Future", "value"), stem="future_value")
    ty = values.ty.value if isinstance(values.ty, DictT) else NeverT()
    if isinstance(ty, NeverT):
        return Val(NONE, NoneT())
    return Val(apply(values.expr, ref), ty)


def _failure(lw: Lowerer, ref: Expr) -> Exc:
    """The exception that a failed future was given."""
    if not _ever_fails(lw):
        return Exc("Exception")
    errors = lw.read(objects.field_var(lw, "Future", "error"), stem="future_error")
    ty = errors.ty.value if isinstance(errors.ty, DictT) else NeverT()
    known = next((m for m in members(ty) if isinstance(m, RaisedT)), None)
    if known is None:
        return Exc("Exception")
    return Exc("", kinds.unbox(Val(apply(errors.expr, ref), ty), "raised"), known.values)


def _ever_fails(lw: Lowerer) -> bool:
    """Whether the code gives some future an exception."""
    return "Future.error" in lw.heap or not isinstance(lw.type_of("v.future_error"), NeverT)


def _settle(lw: Lowerer, ref: Expr, state: str, value: Val | None) -> Value:
    var = objects.field_var(lw, "Future", "state")
    group = lw.graph.group()
    pending, rest = lw.graph.branch(eq(apply(Var(var), ref), Lit("pending")), Access(var, "update", group))
    lw.graph.cursor = rest
    if state != "cancelled":
        unwinding.raise_(lw, Exc("InvalidStateError"))
    rest = lw.graph.cursor
    lw.graph.cursor = pending
    lw.graph.set(Var(var), op_call("Put", Var(var), ref, Lit(state)), Access(var, "update", group))
    if value is not None:
        values = objects.field_var(lw, "Future", "error" if state == "failed" else "value")
        lw.declare(f"v.{values}", DictT(RefT("Future"), value.ty))
        ty = lw.var_type(values)
        fitted = (
            kinds.coerce(value, ty.value) if isinstance(ty, DictT) and not isinstance(ty.value, NeverT) else value.expr
        )
        lw.graph.set(Var(values), op_call("Put", Var(values), ref, fitted), Access(values, "update", group))
    lw.graph.cursor = lw.graph.cursor + rest
    return Val(NONE, NoneT())


def builtin_object_call(
    lw: Lowerer, owner: Val, cls: str, name: str, args: list[Value], kwargs: dict[str, Value], awaited: bool
) -> Value | None:
    """A method of a synchronisation object or future with identity; None where there is no rule."""
    from specgen.lower import sync
    from specgen.lower.exprs import rv

    ref = kinds.unbox(owner, "ref")
    found = primitives.dynamic(lw, cls, ref)
    if found is not None:
        return sync.call(lw, found, name, args, kwargs, awaited)
    if cls != "Future":
        return None
    match name:
        case "set_result":
            return _settle(lw, ref, "done", rv(lw, args[0]) if args else Val(NONE, NoneT()))
        case "set_exception":
            return _settle(lw, ref, "failed", rv(lw, args[0]) if args else None)
        case "cancel":
            return _settle(lw, ref, "cancelled", None)
        case "done" | "cancelled":
            table = lw.read(objects.field_var(lw, "Future", "state"), stem="future_state")
            state = apply(table.expr, ref)
            test = neg(eq(state, Lit("pending"))) if name == "done" else eq(state, Lit("cancelled"))
            return Val(test, BoolT())
        case "result":
            return future_result(lw, ref)
        case "exception" if not _ever_fails(lw):
            return Val(NONE, NoneT())
        case "exception":
            table = lw.read(objects.field_var(lw, "Future", "state"), stem="future_state")
            errors = lw.read(objects.field_var(lw, "Future", "error"), stem="future_error")
            ty = errors.ty.value if isinstance(errors.ty, DictT) else NeverT()
            if isinstance(ty, NeverT):
                return Val(NONE, NoneT())
            failed = eq(apply(table.expr, ref), Lit("failed"))
            return Val(ite(failed, apply(errors.expr, ref), NONE), join(ty, NoneT()))
        case "add_done_callback" | "remove_done_callback":
            return lw.leave_out(f"{name} of a future", "the callback does not run")
    return None
