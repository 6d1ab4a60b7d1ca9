"""Members of an Enum: each is its name, and ``value`` what the class gives it."""

from __future__ import annotations

import ast

from specgen.expr import Lit
from specgen.lower.formulas import eq, ite
from specgen.lower.lowerer import Lowerer
from specgen.lower.values import Val
from specgen.value_types import BoolT, IntT, StrT, Ty, join


def attribute(lw: Lowerer, member: Val, attr: str) -> Val | None:
    """``member.name`` or ``member.value``; None where the value is no member of a known Enum with plain values."""
    cls = lw.sources.enum_of(" ".join(sorted(member.ty.values))) if isinstance(member.ty, StrT) else None
    if cls is None or attr not in {"name", "value"} or not isinstance(member.ty, StrT):
        return None
    if attr == "name":
        return member
    given = {name: _constant(value) for name, value in cls.assigned().items() if name in member.ty.values}
    plain = [(name, value) for name, value in sorted(given.items()) if value is not None]
    if len(plain) != len(given) or len({type(value.ty) for _, value in plain}) != 1:
        return None
    ty: Ty = plain[0][1].ty
    out = plain[-1][1].expr
    for name, value in reversed(plain[:-1]):
        out, ty = ite(eq(member.expr, Lit(name)), value.expr, out), join(ty, value.ty)
    return Val(out, join(ty, plain[-1][1].ty))


def _constant(value: ast.expr) -> Val | None:
    match value:
        case ast.Constant(value=bool(flag)):
            return Val(Lit(flag), BoolT())
        case ast.Constant(value=int(number)):
            return Val(Lit(number), IntT())
        case ast.Constant(value=str(text)):
            return Val(Lit(text), StrT(frozenset({text})))
    return None
