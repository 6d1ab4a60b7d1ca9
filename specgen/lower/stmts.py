"""Statements."""

from __future__ import annotations

import ast
from collections.abc import Callable
from functools import partial

from specgen.expr import (
    Expr,
    IntT,
    Lit,
    NeverT,
    NoneT,
    Op,
    RecordT,
    SeqT,
    SetT,
    TupleT,
    Ty,
    members,
)
from specgen.lower import (
    container_methods,
    containers,
    handlers,
    kinds,
    loops,
    names,
    with_statements,
)
from specgen.lower.calls import return_value
from specgen.lower.exprs import attribute_of, lower, rv, split
from specgen.lower.graph import Edge
from specgen.lower.lowerer import Frame, Handlers, Lowerer
from specgen.lower.operators import binary, only_kinds
from specgen.lower.values import (
    NONE,
    Exc,
    External,
    Func,
    New,
    Obj,
    Place,
    Unknown,
    Val,
    Value,
    apply,
    eq,
)
from specgen.lower.values import (
    call as op_call,
)
from specgen.source import Function, dotted


def body(lw: Lowerer, statements: list[ast.stmt]) -> None:
    """A block."""
    for node in statements:
        if not lw.graph.cursor:
            return
        lw.check_size()
        where = lw.graph.where
        with lw.graph.at(where.path, node.lineno, where.function):
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
            found = lower(lw, value)
            if not lw.graph.cursor:
                return  # the value raised, and nothing is assigned
            # Names first: what is stored elsewhere as well then has a name that changes go through.
            for target in sorted(targets, key=lambda t: not isinstance(t, ast.Name)) if len(targets) > 1 else targets:
                assign(lw, target, found)
                if (
                    len(targets) > 1
                    and isinstance(target, ast.Name)
                    and isinstance(found, Val)
                    and names.is_container(found.ty)
                ):
                    found = names.lookup(lw, target.id)
            lw.pending_attr = ""
            lw.adopt("")
        case ast.AnnAssign(target=target, value=value) if value is not None:
            _name_for(lw, target)
            lw.adopt("")
            assign(lw, target, lower(lw, value))
            lw.pending_attr = ""
            lw.adopt("")
        case ast.AugAssign():
            augmented(lw, node)
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
            lw.approximate(type(node).__name__.lower(), "no effect")


def _name_for(lw: Lowerer, target: ast.expr) -> None:
    """Objects made on the right are named after the attribute or name on the left."""
    if isinstance(target, ast.Attribute):
        lw.pending_attr = target.attr
    elif isinstance(target, ast.Name):
        lw.pending_attr = target.id


def assign(lw: Lowerer, target: ast.expr, value: Value) -> None:
    """``target = value``."""
    match target:
        case ast.Name(id=name):
            names.assign_name(lw, name, value)
        case ast.Attribute(value=owner_node, attr=attr):
            owner = lower(lw, owner_node)
            _assign_attribute(lw, owner, attr, value)
        case ast.Subscript(value=holder_node, slice=index):
            holder = lower(lw, holder_node)
            if isinstance(index, ast.Slice):
                _assign_slice(lw, holder, rv(lw, value), index)
                return
            key = rv(lw, lower(lw, index))
            containers.set_item(lw, holder, key, rv(lw, value))
            if isinstance(holder, Place) and not holder.root.startswith("l.") and isinstance(value, Place):
                names.stored(
                    lw, value, Place(holder.root, (*holder.path, containers.place_key(lw, holder, key)), holder.ty)
                )
        case ast.Tuple(elts=elts) | ast.List(elts=elts):
            _unpack(lw, elts, value)
        case _:
            lw.approximate("assignment target", "no effect")


def _assign_attribute(lw: Lowerer, owner: Value, attr: str, value: Value) -> None:
    match owner:
        case Obj():
            names.set_attribute(lw, owner, attr, value)
            if lw.pending_factory is not None or lw.pending_limit is not None or lw.pending_counter:
                known = owner.fields.get(attr, "")
                if lw.in_init:
                    lw.adopt(known)
                elif (known in lw.factories) != (lw.pending_factory is not None) or lw.limits.get(
                    known
                ) != lw.pending_limit:
                    lw.approximate("defaultdict or bounded deque assigned later", "it behaves as a plain one")
        case New():
            from specgen.lower.objects import set_field

            set_field(lw, owner, attr, value)
        case Val():
            from specgen.expr import RefT
            from specgen.lower.objects import set_field

            ref = next((m for m in members(owner.ty) if isinstance(m, RefT)), None)
            cls = lw.sources.find_class(ref.cls) if ref is not None else None
            if cls is not None:
                only_kinds(lw, owner, ("ref",), "AttributeError")
                set_field(lw, New(kinds.unbox(owner, "ref"), cls), attr, value)
            elif not isinstance(owner.ty, NeverT):
                lw.approximate(f"assignment to attribute {attr} of a value", "no effect")
        case _:
            lw.approximate(f"assignment to attribute {attr}", "no effect")


def _assign_slice(lw: Lowerer, holder: Value, value: Val, index: ast.Slice) -> None:
    if isinstance(holder, Place) and index.lower is None and index.upper is None:
        group = lw.graph.group()
        root, _ = lw.fetch(holder, group)
        lw.store(holder, value, root, group)
        return
    lw.approximate("assignment to a slice", "no effect")


def _unpack(lw: Lowerer, elts: list[ast.expr], value: Value) -> None:
    val = rv(lw, value)
    if isinstance(val.ty, RecordT):
        fields = [Val(Op("field", (val.expr,), (n,)), t) for n, t in val.ty.fields]
        val = Val(Op("tuple", tuple(f.expr for f in fields)), TupleT(tuple(f.ty for f in fields)))
    found = next((m for m in sorted(members(val.ty), key=repr) if isinstance(m, (TupleT, SeqT))), None)
    if (
        isinstance(found, TupleT)
        and len(found.items) == len(elts)
        and not any(isinstance(e, ast.Starred) for e in elts)
    ):
        if isinstance(val.expr, Op) and val.expr.name == "tuple" and len(elts) > 1:
            parts: list[Value] = []
            for part, ty in zip(val.expr.args, found.items, strict=True):
                local = lw.temp("part")
                lw.active.add(local)
                parts.append(lw.set_local(local, Val(part, ty)))
        else:
            parts = [containers.item(lw, val, Val(Lit(i), IntT())) for i in range(len(elts))]
        for target, item in zip(elts, parts, strict=True):
            assign(lw, target, item)
        return
    if isinstance(found, TupleT):
        found = SeqT(containers.item_type(found))
        val = Val(kinds.coerce(val, found), found)
    if isinstance(found, SeqT):
        _unpack_sequence(lw, elts, Val(kinds.unbox(val, "seq"), found), found.item)
        return
    if isinstance(containers.container_of(val.ty), SetT):
        lw.approximate("unpacking of an unordered collection", "any value")
    for target in elts:
        unknown: Value = Val(NONE, NeverT()) if isinstance(val.ty, NeverT) else lw.approximate("unpacking", "any value")
        assign(lw, target.value if isinstance(target, ast.Starred) else target, unknown)


def _unpack_sequence(lw: Lowerer, elts: list[ast.expr], seq: Val, item: Ty) -> None:
    star = next((i for i, e in enumerate(elts) if isinstance(e, ast.Starred)), None)
    length = op_call("Len", seq.expr)
    if not isinstance(item, NeverT):
        fits = Op("=", (length, Lit(len(elts)))) if star is None else Op(">=", (length, Lit(len(elts) - 1)))
        containers.raise_unless(lw, fits, "ValueError")
    parts: list[Value] = []
    for i, target in enumerate(elts):
        if star is None or i < star:
            value = Val(apply(seq.expr, Lit(i + 1)), item)
        elif isinstance(target, ast.Starred):
            last = length if star == len(elts) - 1 else Op("-", (length, Lit(len(elts) - 1 - star)))
            value = Val(op_call("SubSeq", seq.expr, Lit(i + 1), last), SeqT(item))
        else:
            value = Val(apply(seq.expr, containers.index(seq.expr, Lit(i - len(elts)))), item)
        local = lw.temp("part")
        lw.active.add(local)
        parts.append(lw.set_local(local, value) if len(elts) > 1 else value)
    for target, part in zip(elts, parts, strict=True):
        assign(lw, target.value if isinstance(target, ast.Starred) else target, part)


def augmented(lw: Lowerer, node: ast.AugAssign) -> None:
    """``target op= value``: read, compute, write (two moments where others may come between)."""
    target = node.target
    current: Value
    put: Callable[[Value], None]
    # What leads to the target is evaluated once.
    match target:
        case ast.Name(id=name):
            current = lower(lw, ast.copy_location(ast.Name(name, ast.Load()), node))
            put = partial(assign, lw, target)
        case ast.Attribute(value=owner_node, attr=attr):
            owner = lower(lw, owner_node)
            current = attribute_of(lw, owner, ast.copy_location(ast.Attribute(owner_node, attr, ast.Load()), node))

            def put(value: Value) -> None:
                _assign_attribute(lw, owner, attr, value)

        case ast.Subscript(value=holder_node, slice=index) if not isinstance(index, ast.Slice):
            holder, key = lower(lw, holder_node), rv(lw, lower(lw, index))
            current = containers.item_of(lw, holder, key)

            def put(value: Value) -> None:
                containers.set_item(lw, holder, key, rv(lw, value))

        case _:
            lw.approximate("augmented assignment to a slice", "no effect")
            return
    if isinstance(current, Place) and isinstance(node.op, (ast.Add, ast.BitOr)):
        other = rv(lw, lower(lw, node.value))
        name = "extend" if isinstance(node.op, ast.Add) else "update"
        if container_methods.method(lw, current, name, [other], {}) is not None:
            return
    if isinstance(current, Unknown):
        lower(lw, node.value)
        put(current)
        return
    put(binary(lw, node.op, rv(lw, current, "int"), rv(lw, lower(lw, node.value))))


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
        known = [v for v in (there.get(name), here.get(name)) if v is not None and names.is_static(v)]
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


# --- with ----------------------------------------------------------------------------------------


# --- the rest ------------------------------------------------------------------------------------


def assert_(lw: Lowerer, node: ast.Assert) -> None:
    """``assert``: a failure ends the call, and is a property of its own."""
    yes, no = split(lw, node.test)
    if no:
        lw.graph.cursor = no
        name = f"AssertionError:{node.lineno}"
        caught = any(isinstance(x, Handlers) and _catches(lw, x, "AssertionError") for x in lw.exits)
        if caught or lw.in_init:
            lw.raise_(Exc("AssertionError"))
        else:
            ty = lw.raised_type(name)
            failure = kinds.coerce(Val(Lit(name), ty), lw.type_of("r"))
            text = ast.unparse(node.test)
            lw.code_assertions[f"{lw.graph.where.path}:{node.lineno}"] = (text, failure, lw.span())
            lw.raise_(Exc(name))
    lw.graph.cursor = yes


def _catches(lw: Lowerer, handlers: Handlers, name: str) -> bool:
    ancestors = lw.sources.exception_ancestors(name)
    return any(not names_ or any(n in ancestors for n in names_) for names_ in handlers.catches)


def delete(lw: Lowerer, target: ast.expr) -> None:
    """``del``."""
    match target:
        case ast.Subscript(value=holder, slice=index) if not isinstance(index, ast.Slice):
            container = lower(lw, holder)
            containers.del_item(lw, container, rv(lw, lower(lw, index)))
        case ast.Subscript(value=holder, slice=ast.Slice() as part):
            containers.del_slice(lw, lower(lw, holder), part)
        case ast.Tuple(elts=elts):
            for item in elts:
                delete(lw, item)
        case ast.Attribute() | ast.Name():
            pass


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
    from specgen.lower.values import TRUE, disj

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
