"""The decision tree that one atomic step is: what it asks, waits for and chooses, and how it ends."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import TypeAlias

from specgen.expr import Bound, Expr, Op, Var
from specgen.folding import FALSE, TRUE, conj, disj, fold, negate
from specgen.rewrite import free_bounds, substitute, walk
from specgen.rewrite import replace as replace_in


@dataclass(frozen=True, slots=True)
class Place:
    """Where a call may stand between two steps: at a node; ``mid_turn``: nobody else may run now."""

    node: int
    mid_turn: bool = False


@dataclass(frozen=True, slots=True)
class If:
    """One of two ways, as the condition says."""

    cond: Expr
    yes: Tree
    no: Tree


@dataclass(frozen=True, slots=True)
class Choose:
    """Some element of ``domain``, called ``name``."""

    name: str
    domain: Expr
    body: Tree


@dataclass(frozen=True, slots=True)
class Guard:
    """The step can't be taken until the condition holds."""

    cond: Expr
    body: Tree


@dataclass(frozen=True, slots=True)
class Let:
    """A name for an expression that the body uses more than once."""

    name: str
    value: Expr
    body: Tree


@dataclass(frozen=True, slots=True)
class Leaf:
    """How the step ends: new values of variables and locals, over the state before the step.

    The call goes on at ``goto``, or has ended with ``result``. ``reset``: no local is needed any more.
    """

    updates: tuple[tuple[str, Expr], ...] = ()
    locals: tuple[tuple[str, Expr], ...] = ()
    goto: Place | None = None
    result: Expr | None = None
    reset: bool = False


Tree: TypeAlias = If | Choose | Guard | Let | Leaf


@dataclass(slots=True)
class Step:
    """One atomic step of an operation; ``alternative`` is the kind of a time-out or cancellation.

    ``lines`` holds (path, line, function) of every node it models.
    """

    operation: str
    place: Place
    tree: Tree
    lines: dict[tuple[str, int, str], None] = field(default_factory=dict)
    nodes: dict[int, None] = field(default_factory=dict)
    alternative: str | None = None
    named: dict[Expr, str] = field(default_factory=dict)


def leaves(tree: Tree) -> Iterator[Leaf]:
    """Every way the step may end."""
    match tree:
        case Leaf():
            yield tree
        case If(_, yes, no):
            yield from leaves(yes)
            yield from leaves(no)
        case Choose(_, _, body) | Guard(_, body) | Let(_, _, body):
            yield from leaves(body)


def branch(cond: Expr, yes: Tree, no: Tree) -> Tree:
    """``If``, or less where the two ways are the same."""
    if yes == no:
        return yes
    if isinstance(cond, Op) and cond.name in {"not", "#", "notin"}:
        return If(negate(cond), no, yes)
    return If(cond, yes, no)


def rewrite(tree: Tree, expr: Callable[[Expr], Expr], leaf: Callable[[Leaf], Leaf] = lambda x: x) -> Tree:
    """The tree with every expression rewritten, then every leaf, then folded again."""
    match tree:
        case Leaf(updates, local, _, result):
            new = replace(
                tree,
                updates=tuple((n, expr(e)) for n, e in updates),
                locals=tuple((n, expr(e)) for n, e in local),
                result=None if result is None else expr(result),
            )
            return leaf(new)
        case If(cond, yes, no):
            cond = expr(cond)
            if cond == TRUE:
                return rewrite(yes, expr, leaf)
            if cond == FALSE:
                return rewrite(no, expr, leaf)
            return branch(cond, rewrite(yes, expr, leaf), rewrite(no, expr, leaf))
        case Guard(cond, body):
            cond = expr(cond)
            body = rewrite(body, expr, leaf)
            return body if cond == TRUE else Guard(cond, body)
        case Choose(name, domain, body):
            return Choose(name, expr(domain), rewrite(body, expr, leaf))
        case Let(name, value, body):
            return Let(name, expr(value), rewrite(body, expr, leaf))


def expressions(tree: Tree) -> Iterator[Expr]:
    """Every expression of the tree, conditions and new values."""
    match tree:
        case Leaf(updates, local, _, result):
            yield from (e for _, e in updates)
            yield from (e for _, e in local)
            if result is not None:
                yield result
        case If(cond, yes, no):
            yield cond
            yield from expressions(yes)
            yield from expressions(no)
        case Guard(cond, body):
            yield cond
            yield from expressions(body)
        case Choose(_, domain, body):
            yield domain
            yield from expressions(body)
        case Let(_, value, body):
            yield value
            yield from expressions(body)


def reads(tree: Tree) -> set[str]:
    """Shared variables that the step reads."""
    return {e.name for expr in expressions(tree) for e in walk(expr) if isinstance(e, Var)}


def writes(tree: Tree) -> set[str]:
    """Shared variables that the step may change."""
    return {name for leaf in leaves(tree) for name, _ in leaf.updates}


def blocked(tree: Tree) -> Expr:
    """The condition under which the step can't be taken."""
    match tree:
        case Leaf():
            return FALSE
        case Guard(cond, body):
            return disj(negate(cond), blocked(body))
        case If(cond, yes, no):
            a, b = blocked(yes), blocked(no)
            if b == FALSE:
                return conj(cond, a)
            if a == FALSE:
                return conj(negate(cond), b)
            return fold(Op("if", (cond, a, b)))
        case Choose(name, domain, body):
            inner = blocked(body)
            return FALSE if inner == FALSE else Op("forall", (domain, inner), (name,))
        case Let(name, value, body):
            return substitute(blocked(body), {Bound(name): value})


def name_repeats(tree: Tree, named: Mapping[Expr, str], worth: Callable[[Expr], bool], taken: set[str]) -> Tree:
    """The tree with a LET for every expression of ``named`` that is ``worth`` a name and used twice or more."""
    by_size = sorted(named, key=lambda e: -sum(1 for _ in walk(e)))
    for value in by_size:
        if not worth(value):
            continue
        uses = sum(1 for e in expressions(tree) for inner in walk(e) if inner == value)
        if uses < 2:
            continue
        name = named[value]
        while name in taken:
            name += "_"
        taken.add(name)
        tree = _place(_replace(tree, value, Bound(name)), name, value)
    return tree


def _replace(tree: Tree, old: Expr, new: Expr) -> Tree:
    return rewrite(tree, lambda e: replace_in(e, old, new))


def _place(tree: Tree, name: str, value: Expr) -> Tree:
    """The LET just below the choices that its value depends on."""
    if isinstance(tree, Choose) and tree.name in free_bounds(value):
        return Choose(tree.name, tree.domain, _place(tree.body, name, value))
    match tree:
        case Choose(n, d, body) if free_bounds(value):
            return Choose(n, d, _place(body, name, value))
        case Guard(cond, body) if not any(e == Bound(name) for e in walk(cond)):
            return Guard(cond, _place(body, name, value))
        case If(cond, yes, no) if not any(e == Bound(name) for e in walk(cond)):
            used_yes, used_no = _uses(yes, name), _uses(no, name)
            if used_yes and used_no and not free_bounds(value):
                return Let(name, value, tree)
            return If(
                cond,
                _place(yes, name, value) if used_yes else yes,
                _place(no, name, value) if used_no else no,
            )
        case Let(n, v, body) if not any(e == Bound(name) for e in walk(v)):
            return Let(n, v, _place(body, name, value))
    return Let(name, value, tree)


def _uses(tree: Tree, name: str) -> bool:
    return any(x == Bound(name) for e in expressions(tree) for x in walk(e))
