"""Attributes of values: fields, methods, constants of classes."""

from __future__ import annotations

import ast

from specgen.expr import Lit, Op
from specgen.lower import enums, exprs, guards, kinds, singletons, unwinding
from specgen.lower.formulas import NONE
from specgen.lower.lowerer import Lowerer
from specgen.lower.values import ClassV, Exc, External, Func, Method, New, Obj, SuperV, Sync, Unknown, Val, Value
from specgen.source import Class
from specgen.value_types import NeverT, RecordT, RefT, StrT, members


def attribute(lw: Lowerer, node: ast.Attribute) -> Value:
    """``value.attr``."""
    owner = exprs.lower(lw, node.value)
    return attribute_of(lw, owner, node)


def attribute_of(lw: Lowerer, owner: Value, node: ast.Attribute) -> Value:
    """``owner.attr``."""
    from specgen.lower.primitives import has_attribute

    attr = node.attr
    if attr == "create_future" and lw.mode == "asyncio" and not isinstance(owner, Obj):
        return External("loop.create_future")
    match owner:
        case Obj():
            return singletons.get_attribute(lw, owner, attr)
        case New():
            from specgen.lower.objects import get_field

            return get_field(lw, owner, attr)
        case SuperV(me, above):
            inherited = lw.sources.inherited(above, attr)
            if inherited is not None and "property" in inherited.decorators():
                from specgen.lower.inlining import inline

                return inline(lw, Func(inherited, me), [], {})
            return Func(inherited, me) if inherited is not None else Method(owner, attr, node)
        case Sync() if not has_attribute(owner, attr):
            unwinding.raise_(lw, Exc("AttributeError"))
            return Val(NONE, NeverT())
        case External(name):
            return External(f"{name}.{attr}")
        case ClassV(cls):
            method = lw.sources.method(cls, attr)
            if method is not None:
                return Func(method)
            return _class_constant(lw, cls, attr)
        case Val(ty=RefT(cls_name)):
            found = lw.sources.find_class(cls_name)
            if found is not None:
                from specgen.lower.objects import get_field

                return get_field(lw, New(owner.expr, found), attr)
        case Val(ty=ty):
            for member in members(ty):
                if isinstance(member, RecordT):
                    record = Val(kinds.unbox(owner, "record"), member)
                    guards.only_kinds(lw, owner, ("record",), "AttributeError")
                    if attr in dict(member.fields):
                        return Val(Op("field", (record.expr,), (attr,)), dict(member.fields)[attr])
                    return _of_record(lw, record, member.name, node)
                if isinstance(member, RefT):
                    found = lw.sources.find_class(member.cls)
                    if found is not None:
                        guards.only_kinds(lw, owner, ("ref",), "AttributeError")
                        from specgen.lower.objects import get_field

                        return get_field(lw, New(kinds.unbox(owner, "ref"), found), attr)
            if isinstance(ty, NeverT):
                return Val(NONE, NeverT())
            if (of_member := enums.attribute(lw, owner, attr)) is not None:
                return of_member
        case Exc():
            return lw.approximate(f"attribute {attr} of an exception", "any value")
        case Unknown():
            return owner
    return Method(owner, attr, node)


def _of_record(lw: Lowerer, record: Val, cls_name: str, node: ast.Attribute) -> Value:
    cls = lw.sources.find_class(cls_name)
    method = lw.sources.method(cls, node.attr) if cls is not None else None
    if method is not None and "property" in method.decorators():
        from specgen.lower.inlining import inline

        return inline(lw, Func(method, record), [], {})
    return Method(record, node.attr, node)


def _class_constant(lw: Lowerer, cls: object, attr: str) -> Value:
    assert isinstance(cls, Class)
    if cls.is_enum:
        return Val(Lit(attr), StrT(frozenset({attr})))
    return singletons.get_attribute(lw, lw.class_object(cls), attr)
