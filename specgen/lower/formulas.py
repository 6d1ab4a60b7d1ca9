"""TLA+ expressions as lowering builds them, folded where their parts are known."""

from __future__ import annotations

from specgen.expr import Const, Expr, Lit, NoneE, Op

TRUE: Expr = Lit(True)


FALSE: Expr = Lit(False)


NONE: Expr = NoneE()


EMPTY: Expr = Op("tuple")


NOBODY: Expr = Op("set")


def eq(a: Expr, b: Expr) -> Expr:
    """``a = b``, folded where both are literals."""
    if a == b:
        return TRUE
    if isinstance(a, (Lit, NoneE)) and isinstance(b, (Lit, NoneE)):
        return FALSE
    return Op("=", (a, b))


def neg(a: Expr) -> Expr:
    """Logical not, folded."""
    if isinstance(a, Lit) and isinstance(a.value, bool):
        return Lit(not a.value)
    if isinstance(a, Op):
        flip = {"=": "#", "#": "=", "<": ">=", ">=": "<", ">": "<=", "<=": ">", "in": "notin", "notin": "in"}
        if a.name == "not":
            return a.args[0]
        if a.name in flip:
            return Op(flip[a.name], a.args)
    return Op("not", (a,))


def conj(*parts: Expr) -> Expr:
    """Conjunction, folded."""
    kept = [p for p in parts if p != TRUE]
    if FALSE in kept:
        return FALSE
    return TRUE if not kept else kept[0] if len(kept) == 1 else Op("and", tuple(kept))


def disj(*parts: Expr) -> Expr:
    """Disjunction, folded."""
    kept = [p for p in parts if p != FALSE]
    if TRUE in kept:
        return TRUE
    return FALSE if not kept else kept[0] if len(kept) == 1 else Op("or", tuple(kept))


def ite(c: Expr, a: Expr, b: Expr) -> Expr:
    """``IF c THEN a ELSE b``, folded."""
    if c == TRUE or a == b:
        return a
    if c == FALSE:
        return b
    if a == TRUE and b == FALSE:
        return c
    if a == FALSE and b == TRUE:
        return neg(c)
    return Op("if", (c, a, b))


def call(name: str, *args: Expr) -> Expr:
    """``name(args)``: a helper operator or one of a standard module."""
    return Op("call", args, (name,))


def apply(f: Expr, x: Expr) -> Expr:
    """``f[x]``."""
    return Op("apply", (f, x))


def domain(f: Expr) -> Expr:
    """``DOMAIN f``."""
    return Op("DOMAIN", (f,))


def const(name: str) -> Expr:
    """A declared constant."""
    return Const(name)
