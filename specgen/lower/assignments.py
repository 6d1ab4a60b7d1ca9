"""Assignments: to names, attributes, items and slices, unpacking, ``op=``."""

from __future__ import annotations

import ast
from collections.abc import Callable
from functools import partial

from specgen.expr import Lit, Op
from specgen.lower import container_methods, containers, kinds, names, places, singletons, subscripts
from specgen.lower.attributes import attribute_of
from specgen.lower.exprs import lower, rv
from specgen.lower.formulas import NONE, apply
from specgen.lower.formulas import call as op_call
from specgen.lower.guards import only_kinds, raise_unless
from specgen.lower.lowerer import Lowerer
from specgen.lower.operators import binary
from specgen.lower.second_names import kept_elsewhere
from specgen.lower.values import New, Obj, Place, Unknown, Val, Value
from specgen.value_types import IntT, NeverT, RecordT, RefT, SeqT, SetT, TupleT, Ty, members


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
            if isinstance(holder, Place) and holder.root.startswith("l."):
                kept_elsewhere(lw, value)
            subscripts.set_item(lw, holder, key, rv(lw, value))
            if isinstance(holder, Place) and not holder.root.startswith("l.") and isinstance(value, Place):
                places.stored(
                    lw, value, Place(holder.root, (*holder.path, subscripts.place_key(lw, holder, key)), holder.ty)
                )
        case ast.Tuple(elts=elts) | ast.List(elts=elts):
            _unpack(lw, elts, value)
        case _:
            lw.leave_out("assignment target", "no effect")


def _assign_attribute(lw: Lowerer, owner: Value, attr: str, value: Value) -> None:
    match owner:
        case Obj():
            singletons.set_attribute(lw, owner, attr, value)
            if lw.pending_factory is not None or lw.pending_limit is not None or lw.pending_counter:
                known = owner.fields.get(attr, "")
                if lw.in_init:
                    lw.adopt(known)
                elif (now := lw.behaviour(known)).limit != lw.pending_limit or (now.factory is None) != (
                    lw.pending_factory is None
                ):
                    lw.approximate("defaultdict or bounded deque assigned later", "it behaves as a plain one")
        case New():
            from specgen.lower.objects import set_field

            set_field(lw, owner, attr, value)
        case Val():
            from specgen.lower.objects import set_field

            ref = next((m for m in members(owner.ty) if isinstance(m, RefT)), None)
            cls = lw.sources.find_class(ref.cls) if ref is not None else None
            if cls is not None:
                only_kinds(lw, owner, ("ref",), "AttributeError")
                set_field(lw, New(kinds.unbox(owner, "ref"), cls), attr, value)
            elif not isinstance(owner.ty, NeverT):
                lw.leave_out(f"assignment to attribute {attr} of a value", "no effect")
        case _:
            lw.leave_out(f"assignment to attribute {attr}", "no effect")


def _assign_slice(lw: Lowerer, holder: Value, value: Val, index: ast.Slice) -> None:
    if isinstance(holder, Place) and index.lower is None and index.upper is None:
        group = lw.graph.group()
        root, _ = places.fetch(lw, holder, group)
        places.store(lw, holder, value, root, group)
        return
    lw.leave_out("assignment to a slice", "no effect")


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
            parts = [subscripts.item(lw, val, Val(Lit(i), IntT())) for i in range(len(elts))]
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
        raise_unless(lw, fits, "ValueError")
    parts: list[Value] = []
    for i, target in enumerate(elts):
        if star is None or i < star:
            value = Val(apply(seq.expr, Lit(i + 1)), item)
        elif isinstance(target, ast.Starred):
            last = length if star == len(elts) - 1 else Op("-", (length, Lit(len(elts) - 1 - star)))
            value = Val(op_call("SubSeq", seq.expr, Lit(i + 1), last), SeqT(item))
        else:
            value = Val(apply(seq.expr, subscripts.index(seq.expr, Lit(i - len(elts)))), item)
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
            current = subscripts.item_of(lw, holder, key)

            def put(value: Value) -> None:
                subscripts.set_item(lw, holder, key, rv(lw, value))

        case _:
            lw.leave_out("augmented assignment to a slice", "no effect")
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
