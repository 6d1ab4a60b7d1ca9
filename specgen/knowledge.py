"""What is known on one path of a step: the values assigned so far, and the conditions that were decided."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from specgen.expr import Expr, Lit, Op
from specgen.folding import distinct, fold, negate
from specgen.infer import Infer, sharpen
from specgen.rewrite import rebuild


@dataclass(slots=True)
class Knowledge:
    """Values of variables and locals over the state before the step, and the truth of decided conditions over it."""

    values: dict[Expr, Expr] = field(default_factory=dict)
    truths: dict[Expr, bool] = field(default_factory=dict)

    def fork(self) -> Knowledge:
        """The same, to go on from apart."""
        return replace(self, values=dict(self.values), truths=dict(self.truths))

    def value(self, expr: Expr, infer: Infer) -> Expr:
        """The expression over the state before the step, with decided conditions folded in."""
        value = rebuild(expr, lambda e: self.values.get(e, e))
        return _settled(sharpen(value, infer), self.truths)

    def learn(self, cond: Expr, truth: bool) -> None:
        """Remember what a decided condition says about itself and its parts."""
        if isinstance(cond, Op):
            if cond.name == "not":
                self.learn(cond.args[0], not truth)
                return
            if (cond.name, truth) in {("and", True), ("or", False)}:
                for part in cond.args:
                    self.learn(part, truth)
        self.truths[cond] = truth
        self.truths[negate(cond)] = not truth

    def equal(self, a: Expr, b: Expr) -> bool:
        """Whether ``a = b`` was decided to be true."""
        return self.truths.get(Op("=", (a, b)), False)


def _settled(expr: Expr, truths: Mapping[Expr, bool]) -> Expr:
    """The expression with decided conditions replaced by their truth."""
    if not truths:
        return expr
    if expr in truths:
        return Lit(truths[expr])
    if not isinstance(expr, Op):
        return expr
    if expr.name == "=" and _contradicted(expr, truths):
        return Lit(False)
    if expr.name == "#" and _contradicted(Op("=", expr.args), truths):
        return Lit(True)
    args = tuple(_settled(a, truths) for a in expr.args)
    return expr if args == expr.args else fold(Op(expr.name, args, expr.names))


def _contradicted(equation: Op, truths: Mapping[Expr, bool]) -> bool:
    """Whether ``a = 1`` is known where ``a = 2`` is asked."""
    a, b = equation.args
    for fact, truth in truths.items():
        if truth and isinstance(fact, Op) and fact.name == "=":
            x, y = fact.args
            if any(p == q and distinct(r, s) for p, r in ((x, y), (y, x)) for q, s in ((a, b), (b, a))):
                return True
    return False
