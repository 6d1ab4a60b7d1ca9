"""Statements."""

from __future__ import annotations

import ast
from collections.abc import Callable
from functools import partial

from specgen.expr import (
    DictT,
    Expr,
    IntT,
    Lit,
    Local,
    NeverT,
    NoneT,
    Op,
    RaisedT,
    RecordT,
    SeqT,
    SetT,
    StrT,
    TupleT,
    Ty,
    members,
)
from specgen.lower import containers, kinds, names, suspension, sync
from specgen.lower.calls import call_method, inline, lower_await, open_frame, return_value
from specgen.lower.exprs import attribute_of, binary, lower, only_kinds, rv, split
from specgen.lower.graph import Edge
from specgen.lower.lowerer import Boundary, Detour, Finally, Frame, Handlers, Loop, Lowerer
from specgen.lower.values import (
    EMPTY,
    NONE,
    Exc,
    External,
    Func,
    Generated,
    New,
    Obj,
    Place,
    Sync,
    Unknown,
    Val,
    Value,
    apply,
    eq,
)
from specgen.lower.values import (
    call as op_call,
)
from specgen.source import Function, dotted, walk_shallow


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
                value_of = lower(lw, value)
                del value_of
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
            while_(lw, node)
        case ast.For() | ast.AsyncFor():
            for_(lw, node)
        case ast.Return(value=value):
            return_value(lw, lower(lw, value) if value is not None else Val(NONE, NoneT()))
        case ast.Raise():
            raise_(lw, node)
        case ast.Try():
            try_(lw, node)
        case ast.TryStar():
            lw.approximate("except*", "treated as except")
            try_(lw, ast.copy_location(ast.Try(node.body, node.handlers, node.orelse, node.finalbody), node))
        case ast.With() | ast.AsyncWith():
            with_(lw, node, node.items)
        case ast.Assert():
            assert_(lw, node)
        case ast.Delete(targets=targets):
            for target in targets:
                delete(lw, target)
        case ast.Break():
            leave_loop(lw, "breaks")
        case ast.Continue():
            leave_loop(lw, "continues")
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
            _assign_attribute(lw, owner, attr, value, target)
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


def _assign_attribute(lw: Lowerer, owner: Value, attr: str, value: Value, node: ast.Attribute) -> None:
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
            found = attribute_of(lw, owner, node)
            from specgen.expr import RefT
            from specgen.lower.objects import set_field

            ref = next((m for m in members(owner.ty) if isinstance(m, RefT)), None)
            cls = lw.sources.find_class(ref.cls) if ref is not None else None
            if cls is not None:
                set_field(lw, New(kinds.unbox(owner, "ref"), cls), attr, value)
            elif not isinstance(owner.ty, NeverT):
                del found
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
                _assign_attribute(lw, owner, attr, value, target)

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
        if containers.method(lw, current, name, [other], {}) is not None:
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


def while_(lw: Lowerer, node: ast.While) -> None:
    """``while``."""
    head = lw.graph.skip()
    loop = Loop(head)
    yes, no = split(lw, node.test)
    lw.graph.cursor = yes
    saved, lw.in_loop = lw.in_loop, True
    held = list(lw.held)
    with lw.within(loop):
        body(lw, node.body)
    lw.in_loop = saved
    lw.graph.cursor += loop.continues
    lw.graph.link(head)
    lw.held = held
    lw.graph.cursor = no
    body(lw, node.orelse)
    lw.graph.cursor = lw.graph.cursor + loop.breaks


def for_(lw: Lowerer, node: ast.For | ast.AsyncFor) -> None:
    """``for``: over a sequence in order, over anything unordered in every order."""
    iterable = node.iter
    source = lower(lw, iterable)
    value = rv(lw, source)
    if isinstance(node, ast.AsyncFor):
        suspension.suspend(lw)
        lw.approximate("async for", "the items are there at once")
    found = containers.usable(lw, value)
    if _changes_items(node) and names.is_container(containers.item_type(value.ty)):
        lw.approximate("change of an item that a loop goes over", "the collection keeps the item as it was")
    if isinstance(found, NeverT):
        if isinstance(value.ty, NeverT):
            value = Val(EMPTY, SeqT(NeverT()))
        else:
            lw.approximate(f"loop over {ast.unparse(iterable)[:40]}", "the body runs at most once, on any value")
            value = _maybe_one(lw)
        found = value.ty
    if isinstance(value.expr, Op) and value.expr.name == "tuple" and len(value.expr.args) <= 4:
        _unrolled(lw, node, value, found)
        return
    todo = lw.temp("todo")
    lw.active.add(todo)
    match found:
        case SeqT(item):
            lw.set_local(todo, Val(kinds.unbox(value, "seq"), SeqT(item)))
        case SetT(item):
            _in_any_order(lw, todo, kinds.unbox(value, "set"), item)
        case DictT(item, _):
            _in_any_order(lw, todo, Op("DOMAIN", (kinds.unbox(value, "dict"),)), item)
        case _:
            item = NeverT()
            lw.set_local(todo, Val(value.expr, SeqT(item)))
    head = lw.graph.skip()
    rest = lw.local(todo)
    yes, no = lw.graph.branch(Op("#", (rest.expr, EMPTY)))
    lw.graph.cursor = yes
    item_ty = rest.ty.item if isinstance(rest.ty, SeqT) else item
    first = lw.temp("each")
    lw.active.add(first)
    current = lw.set_local(first, Val(op_call("Head", rest.expr), item_ty))
    lw.set_local(todo, Val(op_call("Tail", rest.expr), rest.ty))
    assign(lw, node.target, current)
    loop = Loop(head)
    saved, lw.in_loop = lw.in_loop, True
    with lw.within(loop):
        body(lw, node.body)
    lw.in_loop = saved
    lw.graph.cursor += loop.continues
    lw.graph.link(head)
    lw.graph.cursor = no
    body(lw, node.orelse)
    lw.graph.cursor = lw.graph.cursor + loop.breaks


_MUTATORS = {
    "append", "appendleft", "add", "pop", "popleft", "popitem", "remove", "discard", "clear", "update", "insert",
    "extend", "setdefault",
}  # fmt: skip


def _changes_items(node: ast.For | ast.AsyncFor) -> bool:
    """Whether the body of a loop changes the item in place."""
    bound = {n.id for n in ast.walk(node.target) if isinstance(n, ast.Name)}
    for inner in node.body:
        for found in ast.walk(inner):
            match found:
                case ast.Call(func=ast.Attribute(value=ast.Name(id=name), attr=attr)) if (
                    name in bound and attr in _MUTATORS
                ):
                    return True
                case ast.Subscript(value=ast.Name(id=name), ctx=ast.Store() | ast.Del()) if name in bound:
                    return True
    return False


def _unrolled(lw: Lowerer, node: ast.For | ast.AsyncFor, value: Val, found: object) -> None:
    assert isinstance(value.expr, Op)
    breaks = []
    types = (
        found.items
        if isinstance(found, TupleT)
        else [found.item if isinstance(found, SeqT) else NeverT()] * len(value.expr.args)
    )
    for item, ty in zip(value.expr.args, types, strict=True):
        if not lw.graph.cursor:
            break
        assign(lw, node.target, Val(item, ty))
        loop = Loop(-1)
        with lw.within(loop):
            body(lw, node.body)
        lw.graph.cursor = lw.graph.cursor + loop.continues
        breaks += loop.breaks
    body(lw, node.orelse)
    lw.graph.cursor = lw.graph.cursor + breaks


def _maybe_one(lw: Lowerer) -> Val:
    from specgen.expr import AtomT, Bound
    from specgen.lower.lowerer import ANYTHING
    from specgen.lower.values import const

    name = lw.temp("unknown_items")
    lw.active.add(name)
    anything = lw.shared.domain(ANYTHING)
    ty = SeqT(AtomT(anything))
    lw.declare(f"l.{name}", ty)
    one = Op("map", (const(anything), Op("tuple", (Bound("x"),))), ("x",))
    lw.graph.choose(Local(name), Op("union", (one, Op("set", (EMPTY,)))), "approximated")
    return Val(Local(name), ty)


def _in_any_order(lw: Lowerer, todo: str, source: Expr, item: object) -> None:
    lw.declare(f"l.{todo}", SeqT(item))  # type: ignore[arg-type]
    lw.graph.choose(Local(todo), op_call("Orders", source), "unordered")


def leave_loop(lw: Lowerer, where: str) -> None:
    """``break`` and ``continue``."""
    # Loops of a generator that serves the ``with`` around are not those of its body.
    inside = next((x.below for x in reversed(lw.exits) if isinstance(x, Detour)), len(lw.exits))
    top = next((i for i in range(len(lw.exits) - 1, -1, -1) if isinstance(lw.exits[i], Detour)), -1)
    found = [i for i, x in enumerate(lw.exits) if isinstance(x, Loop) and (i < inside or i > top)]
    if found:
        loop = lw.exits[found[-1]]
        assert isinstance(loop, Loop)
        _leave_to(lw, loop, where)


def _leave_to(lw: Lowerer, loop: Loop, where: str) -> None:
    at = next(i for i, x in enumerate(lw.exits) if x is loop)
    height = lw.detour_above(at)
    if height is not None:
        lw.unwind(height + 1)
        detour = lw.exits[height]
        assert isinstance(detour, Detour)
        detour.ways.append((lw.graph.cursor, lambda: _leave_to(lw, loop, where)))
        lw.graph.cursor = []
        return
    lw.unwind(at + 1)
    getattr(loop, where).extend(lw.graph.cursor)
    lw.graph.cursor = []


def raise_(lw: Lowerer, node: ast.Raise) -> None:
    """``raise``."""
    if node.exc is None:
        assert lw.frame is not None
        current = lw.handled[-1] if lw.handled else Exc("RuntimeError")
        lw.raise_(current)
        return
    called = dotted(node.exc.func if isinstance(node.exc, ast.Call) else node.exc).rpartition(".")[2]
    if called[:1].isupper() and lw.sources.find_class(called, lw.frame.module if lw.frame else None) is None:
        # A class from elsewhere that is raised is an exception, whatever its name.
        lw.raise_(Exc(called))
        return
    value = lower(lw, node.exc)
    if isinstance(value, Exc):
        lw.raise_(value if value.name or value.expr is not None else Exc("Exception"))
        return
    if isinstance(value, (Val, Place)):
        held = rv(lw, value)
        known = next((m for m in members(held.ty) if isinstance(m, RaisedT)), None)
        if known is not None:
            only_kinds(lw, held, ("raised",), "TypeError")
            lw.raise_(Exc("", kinds.unbox(held, "raised"), known.values))
            return
        if isinstance(held.ty, NeverT):
            lw.graph.cursor = []
            return
    name = dotted(node.exc.func if isinstance(node.exc, ast.Call) else node.exc).rpartition(".")[2] or "Exception"
    if not lw.sources.is_exception(name):
        lw.approximate(f"raise {name}", "an Exception is raised")
        name = "Exception"
    lw.raise_(Exc(name))


def try_(lw: Lowerer, node: ast.Try) -> None:
    """``try``: handlers are made for the exceptions that reach them; ``finally`` on each way out."""
    if node.finalbody:

        def emit() -> None:
            body(lw, node.finalbody)

        with lw.within(Finally(emit)):
            _try_handlers(lw, node)
        if lw.graph.cursor:
            body(lw, node.finalbody)
        return
    _try_handlers(lw, node)


def _try_handlers(lw: Lowerer, node: ast.Try) -> None:
    if not node.handlers:
        body(lw, node.body)
        body(lw, node.orelse)
        return
    assert lw.frame is not None
    catches = [_caught(h.type) for h in node.handlers]
    handlers = Handlers(catches, [[] for _ in catches], lw.frame.module)
    held = list(lw.held)
    with lw.within(handlers):
        body(lw, node.body)
    body(lw, node.orelse)
    ends = lw.graph.cursor
    held_after = list(lw.held)
    for handler, incoming in zip(node.handlers, handlers.incoming, strict=True):
        live = [(e, x) for e, x in incoming if e]
        if not live:
            continue
        lw.held = list(held)
        exc = _caught_value(lw, live, handler)
        if handler.name:
            lw.frame.names[handler.name] = exc
        lw.handled.append(exc)
        where = lw.graph.where
        with lw.graph.at(where.path, handler.lineno, where.function):
            body(lw, handler.body)
        lw.handled.pop()
        ends = ends + lw.graph.cursor
    lw.graph.cursor = ends
    lw.held = held_after


def _caught(node: ast.expr | None) -> tuple[str, ...]:
    if node is None:
        return ()
    parts = node.elts if isinstance(node, ast.Tuple) else [node]
    return tuple(dotted(p).rpartition(".")[2] or "Exception" for p in parts)


def _caught_value(lw: Lowerer, live: list[tuple[list[tuple[int, str]], Exc]], handler: ast.ExceptHandler) -> Exc:
    found = {x.name for _, x in live}
    if len(found) == 1:
        lw.graph.cursor = [e for edges, _ in live for e in edges]
        return Exc(next(iter(found)))
    needs = any(isinstance(n, ast.Raise) for n in ast.walk(handler)) or bool(handler.name)
    if not needs:
        lw.graph.cursor = [e for edges, _ in live for e in edges]
        return Exc(min(found))
    name = lw.temp("error")
    lw.active.add(name)
    out = []
    for edges, exc in live:
        lw.graph.cursor = edges
        lw.set_local(name, Val(Lit(exc.name), StrT(frozenset({exc.name}))))
        out += lw.graph.cursor
    lw.graph.cursor = out
    return Exc("", Local(name), frozenset(found))


# --- with ----------------------------------------------------------------------------------------


def with_(lw: Lowerer, node: ast.With | ast.AsyncWith, items: list[ast.withitem]) -> None:
    """``with`` and ``async with``, item by item."""
    if not items:
        body(lw, node.body)
        return
    item, rest = items[0], items[1:]

    def inner() -> None:
        with_(lw, node, rest)

    context = item.context_expr
    if isinstance(context, ast.Call) and _is_timeout(context):
        lw.approximate("timeout()", "no time-out strikes inside")
        inner()
        return
    if isinstance(context, ast.Call) and dotted(context.func).rpartition(".")[2] == "suppress":
        catches = tuple(dotted(a).rpartition(".")[2] for a in context.args)
        assert lw.frame is not None
        handlers = Handlers([catches], [[]], lw.frame.module)
        with lw.within(handlers):
            inner()
        lw.graph.cursor = lw.graph.cursor + [e for edges, _ in handlers.incoming[0] for e in edges]
        return
    manager = _manager(lw, context)
    _enter(lw, node, manager, item, inner)


def _is_timeout(node: ast.Call) -> bool:
    return dotted(node.func) in {
        "asyncio.timeout",
        "asyncio.timeout_at",
        "async_timeout.timeout",
        "anyio.move_on_after",
        "anyio.fail_after",
    }


def _manager(lw: Lowerer, context: ast.expr) -> Value:
    if isinstance(context, ast.Call):
        func = lower(lw, context.func)
        if isinstance(func, Func) and {"contextmanager", "asynccontextmanager"} & func.function.decorators():
            args = [lower(lw, a) for a in context.args]
            kwargs = {k.arg: lower(lw, k.value) for k in context.keywords if k.arg}
            return Generated(func, tuple(args), kwargs)
    return lower_await(lw, context.value) if isinstance(context, ast.Await) else lower(lw, context)


def _served_by_generator(
    lw: Lowerer, node: ast.With | ast.AsyncWith, manager: Generated, item: ast.withitem, inner: Callable[[], None]
) -> None:
    outer = lw.frame
    detour = Detour(len(lw.exits))
    leaving = ""
    if any(isinstance(n, (ast.Return, ast.Break, ast.Continue)) for n in walk_shallow(node.body)):
        leaving = lw.temp("leaving")
        lw.active.add(leaving)
        lw.set_local(leaving, Val(Lit(0), IntT()))

    def around(value: Value) -> None:
        saved, lw.frame = lw.frame, outer
        where = lw.graph.where
        lw.graph.where = type(where)(where.path, node.lineno, outer.function.name if outer and outer.function else "")
        with lw.within(detour):
            if item.optional_vars is not None:
                assign(lw, item.optional_vars, value)
            inner()
        lw.frame = saved
        after = lw.graph.cursor
        only.append(not after and sum(bool(e) for e, _ in detour.ways) == 1)
        for number, (edges, _) in enumerate(detour.ways, 1):
            lw.graph.cursor = edges
            if edges:
                lw.set_local(leaving, Val(Lit(number), IntT()))
            after = after + lw.graph.cursor
        lw.graph.cursor = after
        lw.graph.where = where

    only: list[bool] = []
    inline(lw, manager.func, list(manager.args), manager.kwargs, yield_body=around)
    swallows = any(isinstance(n, ast.ExceptHandler) for n in ast.walk(manager.func.function.node))
    for number, (edges, go_on) in enumerate(detour.ways, 1):
        if not edges or not lw.graph.cursor:
            continue
        if all(only) and not swallows:
            go_on()
            return
        yes, no = lw.graph.branch(eq(Local(leaving), Lit(number)))
        lw.graph.cursor = yes
        go_on()
        lw.graph.cursor = no


def _enter(
    lw: Lowerer, node: ast.With | ast.AsyncWith, manager: Value, item: ast.withitem, inner: Callable[[], None]
) -> None:
    if isinstance(manager, Generated):
        _served_by_generator(lw, node, manager, item, inner)
        return
    if isinstance(manager, Sync):
        if item.optional_vars is not None:
            assign(lw, item.optional_vars, Val(NONE, NoneT()))
        sync.with_lock(lw, manager, inner)
        return
    from specgen.expr import RefT

    if isinstance(manager, (Val, Place)):
        value = rv(lw, manager)
        ref = next((m for m in members(value.ty) if isinstance(m, RefT)), None)
        only_kinds(lw, value, ("ref",), "AttributeError")
        one = sync.dynamic(lw, ref.cls, kinds.unbox(value, "ref")) if ref is not None else None
        if one is not None:
            if item.optional_vars is not None:
                assign(lw, item.optional_vars, Val(NONE, NoneT()))
            sync.with_lock(lw, one, inner)
            return
        found = lw.sources.find_class(ref.cls) if ref is not None else None
        if found is not None:
            manager = New(kinds.unbox(value, "ref"), found)
    prefix = "a" if isinstance(node, ast.AsyncWith) else ""
    if (
        isinstance(manager, (Obj, New))
        and manager.cls is not None
        and lw.sources.method(manager.cls, f"__{prefix}enter__")
    ):
        entered = call_method(lw, manager, f"__{prefix}enter__", [], {}, True)
        if item.optional_vars is not None:
            assign(lw, item.optional_vars, entered)
        nothing: list[Value] = [Val(NONE, NoneT())] * 3

        def leave() -> None:
            name, lw.in_flight = lw.in_flight, ""
            told: list[Value] = [Exc(name), Exc(name), Val(Lit("traceback"), StrT(frozenset({"traceback"})))]
            got = call_method(lw, manager, f"__{prefix}exit__", told if name else nothing, {}, True)
            if name:
                test = kinds.truth(rv(lw, got, "bool"))
                lw.swallows = None if test == Lit(False) else test

        with lw.within(Finally(leave)):
            inner()
        if lw.graph.cursor:
            leave()
        return
    if isinstance(node, ast.AsyncWith):
        suspension.suspend(lw)
    lw.approximate(f"with {ast.unparse(item.context_expr)[:50]}", "only the body")
    if item.optional_vars is not None:
        assign(lw, item.optional_vars, manager if isinstance(manager, Unknown) else Unknown("context"))
    inner()


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


__all__ = ["Boundary", "body", "open_frame", "statement"]
