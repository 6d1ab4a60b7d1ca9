"""What an expression mentions, and other expressions put in for parts of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from specgen.expr import Bound, Const, Expr, Op, Var
from specgen.folding import fold

#: Operators whose last argument is evaluated under a bound name; all but the lambda have its set before it.
BINDERS = frozenset({"filter", "map", "function", "exists", "forall", "choose", "lambda"})


def walk(expr: Expr) -> Iterator[Expr]:
    """The expression and everything in it, outermost first."""
    yield expr
    if isinstance(expr, Op):
        for arg in expr.args:
            yield from walk(arg)


def variables(expr: Expr) -> set[str]:
    """Names of the shared variables that the expression reads."""
    return {e.name for e in walk(expr) if isinstance(e, Var)}


def constants(expr: Expr) -> set[str]:
    """Names of the constants that the expression mentions."""
    return {e.name for e in walk(expr) if isinstance(e, Const)}


def bounds_in(expr: Expr) -> set[str]:
    """Names of quantified variables that the expression mentions free or bound."""
    out = {e.name for e in walk(expr) if isinstance(e, Bound)}
    for e in walk(expr):
        if isinstance(e, Op) and e.name in BINDERS:
            out |= set(e.names)
    return out


def free_bounds(expr: Expr) -> set[str]:
    """Names of quantified variables that the expression mentions without binding them itself."""
    match expr:
        case Bound(name):
            return {name}
        case Op(name, args, names) if name in BINDERS:
            return set().union(*map(free_bounds, args[:-1])) | (free_bounds(args[-1]) - set(names))
        case Op(_, args, _):
            return set().union(*(free_bounds(a) for a in args)) if args else set()
    return set()


#: Names that nothing but a bound variable has.
_BOUND_NAMES = ("i", "j", "x", "y", "z", "u", "v", "w", "e", "f", "g", "h")


def apart(expr: Expr) -> Expr:
    """A quantifier, set or function whose bound name differs from those bound inside it: TLA+ wants them to."""
    if not isinstance(expr, Op) or expr.name not in BINDERS:
        return expr
    inside = {n for a in expr.args for e in walk(a) if isinstance(e, Op) and e.name in BINDERS for n in e.names}
    out = expr
    for name in expr.names:
        if name in inside:
            new = next((n for n in _BOUND_NAMES if n not in bounds_in(out)), f"{name}_")
            body = _rename(out.args[-1], name, new)
            out = Op(out.name, (*out.args[:-1], body), tuple(new if n == name else n for n in out.names))
    return out


def _rename(expr: Expr, old: str, new: str) -> Expr:
    match expr:
        case Bound(name):
            return Bound(new) if name == old else expr
        case Op(name, args, names) if name in BINDERS and old in names:
            return Op(name, (*(_rename(a, old, new) for a in args[:-1]), args[-1]), names)
        case Op(name, args, names):
            return Op(name, tuple(_rename(a, old, new) for a in args), names)
    return expr


def rebuild(expr: Expr, leaf: Callable[[Expr], Expr]) -> Expr:
    """The expression with ``leaf`` applied to everything that is no operator, folded again."""
    if isinstance(expr, Op):
        args = tuple(rebuild(a, leaf) for a in expr.args)
        return fold(Op(expr.name, args, expr.names))
    return leaf(expr)


def substitute(expr: Expr, env: Mapping[Expr, Expr]) -> Expr:
    """The expression with variables, locals and bound names replaced as ``env`` says, folded."""
    return rebuild(expr, lambda e: env.get(e, e))


def replace(expr: Expr, old: Expr, new: Expr) -> Expr:
    """The expression with every occurrence of ``old``, operators included, replaced by ``new``."""
    if expr == old:
        return new
    if isinstance(expr, Op):
        return Op(expr.name, tuple(replace(a, old, new) for a in expr.args), expr.names)
    return expr
