"""Statements."""

from __future__ import annotations

import ast

from specgen.expr import Expr, Lit
from specgen.lower import assignments, handlers, kinds, loops, names, slices, subscripts, unwinding, with_statements
from specgen.lower.exprs import lower, rv
from specgen.lower.formulas import NONE, TRUE, disj, eq
from specgen.lower.graph import Edge
from specgen.lower.inlining import return_value
from specgen.lower.lowerer import Lowerer
from specgen.lower.state import Frame, Handlers
from specgen.lower.truth import split
from specgen.lower.values import Exc, External, Func, Val, Value, is_static
from specgen.source import Function
from specgen.syntax import dotted
from specgen.value_types import NoneT, is_container


def body(lw: Lowerer, statements: list[ast.stmt]) -> None:
    """A block."""
    for node in statements:
        if not lw.graph.cursor:
            return
        lw.check_size()
        where, frame = lw.graph.where, lw.frame
        assert frame is not None
        function = where.function
        if frame.module.path != where.path:  # what is run on the way out of a function of another file
            function = frame.function.name if frame.function else ""
        with lw.graph.at(frame.module.path, node.lineno, function):
            statement(lw, node)


def statement(lw: Lowerer, node: ast.stmt) -> None:
    """One statement."""
    match node:
        case ast.Expr(value=value):
            if not isinstance(value, ast.Constant):
                lower(lw, value)
        case ast.Assign(targets=targets, value=value):
            _name_for(lw, targets[0])
            lw.adopt("")
            _note_iterator(lw, value)
            found = lower(lw, value)
            if not lw.graph.cursor:
                return  # the value raised, and nothing is assigned
            # Names first: what is stored elsewhere as well then has a name that changes go through.
            for target in sorted(targets, key=lambda t: not isinstance(t, ast.Name)) if len(targets) > 1 else targets:
                assignments.assign(lw, target, found)
                if (
                    len(targets) > 1
                    and isinstance(target, ast.Name)
                    and isinstance(found, Val)
                    and is_container(found.ty)
                ):
                    found = names.lookup(lw, target.id)
            lw.pending_attr = ""
            lw.adopt("")
        case ast.AnnAssign(target=target, value=value) if value is not None:
            _name_for(lw, target)
            lw.adopt("")
            assignments.assign(lw, target, lower(lw, value))
            lw.pending_attr = ""
            lw.adopt("")
        case ast.AugAssign():
            assignments.augmented(lw, node)
        case ast.If():
            if_(lw, node)
        case ast.While():
            loops.while_(lw, node)
        case ast.For() | ast.AsyncFor():
            loops.for_(lw, node)
        case ast.Return(value=value):
            return_value(lw, lower(lw, value) if value is not None else Val(NONE, NoneT()))
        case ast.Raise():
            handlers.raise_(lw, node)
        case ast.Try():
            handlers.try_(lw, node)
        case ast.TryStar():
            lw.approximate("except*", "treated as except")
            handlers.try_(lw, ast.copy_location(ast.Try(node.body, node.handlers, node.orelse, node.finalbody), node))
        case ast.With() | ast.AsyncWith():
            with_statements.with_(lw, node, node.items)
        case ast.Assert():
            assert_(lw, node)
        case ast.Delete(targets=targets):
            for target in targets:
                delete(lw, target)
        case ast.Break():
            loops.leave_loop(lw, "breaks")
        case ast.Continue():
            loops.leave_loop(lw, "continues")
        case ast.FunctionDef() | ast.AsyncFunctionDef():
            assert lw.frame is not None
            nested = Function(node.name, node, lw.frame.module)
            lw.frame.names[node.name] = Func(nested, None, lw.frame)
        case ast.Match():
            match_(lw, node)
        case ast.Global() | ast.Nonlocal() | ast.Pass() | ast.Import() | ast.ImportFrom() | ast.AnnAssign():
            if isinstance(node, (ast.Import, ast.ImportFrom)) and lw.frame is not None:
                for alias in node.names:
                    base = f"{node.module}." if isinstance(node, ast.ImportFrom) else ""
                    lw.frame.names[alias.asname or alias.name.partition(".")[0]] = External(f"{base}{alias.name}")
        case _:
            lw.leave_out(type(node).__name__.lower(), "no effect")


def _note_iterator(lw: Lowerer, node: ast.expr) -> None:
    """An iterator that is kept is used up item by item, which a collection of its items is not."""
    if isinstance(node, ast.GeneratorExp) or (isinstance(node, ast.Call) and dotted(node.func) == "iter"):
        lw.leave_out("an iterator that is kept", "it begins anew at each use")


def _name_for(lw: Lowerer, target: ast.expr) -> None:
    """Objects made on the right are named after the attribute or name on the left."""
    if isinstance(target, ast.Attribute):
        lw.pending_attr = target.attr
    elif isinstance(target, ast.Name):
        lw.pending_attr = target.id


def if_(lw: Lowerer, node: ast.If) -> None:
    """``if``."""
    if _type_checking(node.test):
        return
    yes, no = split(lw, node.test)
    held = list(lw.held)
    known = dict(lw.frame.names) if lw.frame is not None else {}
    lw.graph.cursor = yes
    body(lw, node.body)
    after = lw.graph.cursor
    held_after = list(lw.held)
    lw.held = list(held)
    lw.graph.cursor = no
    if lw.in_init and lw.frame is not None:
        there, lw.frame.names = lw.frame.names, known
        body(lw, node.orelse)
        after = _agree(lw, lw.frame, there, after)
    else:
        body(lw, node.orelse)
    if after and lw.graph.cursor:
        lw.held = [h for h in lw.held if h in held_after]
    elif after:
        lw.held = held_after
    lw.graph.cursor = after + lw.graph.cursor


def _agree(lw: Lowerer, frame: Frame, there: dict[str, Value], after: list[Edge]) -> list[Edge]:
    """Let the names that a constructor knows the values of be the same at the ends of both branches of an ``if``."""
    here, ends = frame.names, lw.graph.cursor
    if not ends or not after:
        frame.names = there if after else here
        return after
    for name in [n for n in {**there, **here} if there.get(n) is not here.get(n) and there.get(n) != here.get(n)]:
        known = [v for v in (there.get(name), here.get(name)) if v is not None and is_static(v)]
        if known:
            if len(known) > 1 or (name in there and name in here):
                lw.approximate(f"{name}, which two branches make differently", "one of the two")
            here[name] = known[0]
            continue
        slot = lw.local_for(frame, name)
        for side, edges in ((there, after), (here, ends)):
            value = side.get(name)
            if isinstance(value, Val):
                lw.graph.cursor = edges
                lw.set_local(slot, value)
                edges[:] = lw.graph.cursor
        here.pop(name, None)
    lw.graph.cursor = ends
    return after


def _type_checking(test: ast.expr) -> bool:
    return dotted(test).rpartition(".")[2] == "TYPE_CHECKING"


def assert_(lw: Lowerer, node: ast.Assert) -> None:
    """``assert``: a failure ends the call, and is a property of its own."""
    yes, no = split(lw, node.test)
    if no:
        lw.graph.cursor = no
        name = f"AssertionError:{node.lineno}"
        caught = any(isinstance(x, Handlers) and _catches(lw, x, "AssertionError") for x in lw.exits)
        if caught or lw.in_init:
            unwinding.raise_(lw, Exc("AssertionError"))
        else:
            ty = unwinding.raised_type(lw, name)
            failure = kinds.coerce(Val(Lit(name), ty), lw.type_of("r"))
            text = ast.unparse(node.test)
            lw.code_assertions[f"{lw.graph.where.path}:{node.lineno}"] = (text, failure, lw.span())
            unwinding.raise_(lw, Exc(name))
    lw.graph.cursor = yes


def _catches(lw: Lowerer, handlers: Handlers, name: str) -> bool:
    ancestors = lw.sources.exception_ancestors(name)
    return any(not names_ or any(n in ancestors for n in names_) for names_ in handlers.catches)


def delete(lw: Lowerer, target: ast.expr) -> None:
    """``del``."""
    match target:
        case ast.Subscript(value=holder, slice=index) if not isinstance(index, ast.Slice):
            container = lower(lw, holder)
            subscripts.del_item(lw, container, rv(lw, lower(lw, index)))
        case ast.Subscript(value=holder, slice=ast.Slice() as part):
            slices.del_slice(lw, lower(lw, holder), part)
        case ast.Tuple(elts=elts) | ast.List(elts=elts):
            for item in elts:
                delete(lw, item)
        case ast.Attribute(attr=attr):
            lw.leave_out(f"del of attribute {attr}", "it keeps its value")
        case ast.Name():
            pass  # whether the name is used afterwards is nothing that other calls have a part in


def match_(lw: Lowerer, node: ast.Match) -> None:
    """``match`` on literals, names and alternatives of them."""
    subject = rv(lw, lower(lw, node.subject))
    ends: list[tuple[int, str]] = []
    for case in node.cases:
        test = _pattern(lw, case.pattern, subject)
        if test is None:
            lw.approximate("match pattern", "either way")
            from specgen.lower.exprs import any_value

            test = any_value(lw, "bool").expr
        yes, no = lw.graph.branch(test)
        lw.graph.cursor = yes
        if case.guard is not None:
            taken, missed = split(lw, case.guard)
            no = no + missed
            lw.graph.cursor = taken
        body(lw, case.body)
        ends += lw.graph.cursor
        lw.graph.cursor = no
    lw.graph.cursor = lw.graph.cursor + ends


def _pattern(lw: Lowerer, pattern: ast.pattern, subject: Val) -> Expr | None:
    match pattern:
        case ast.MatchValue(value=value):
            return kinds.equal(subject, rv(lw, lower(lw, value)))
        case ast.MatchSingleton(value=value):
            return (
                eq(subject.expr, NONE)
                if value is None
                else kinds.equal(subject, rv(lw, lower(lw, ast.Constant(value))))
            )
        case ast.MatchAs(pattern=None, name=name):
            if name is not None:
                names.assign_name(lw, name, subject)
            return TRUE
        case ast.MatchOr(patterns=patterns):
            tests = [_pattern(lw, p, subject) for p in patterns]
            return None if None in tests else disj(*[t for t in tests if t is not None])
    return None
