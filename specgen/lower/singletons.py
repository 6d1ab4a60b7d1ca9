"""What exists once, the shared object, a module or a class: how it is built, and its attributes read and assigned."""

from __future__ import annotations

import ast
from dataclasses import replace

from specgen.expr import Lit
from specgen.lower import places, unwinding
from specgen.lower.formulas import NONE
from specgen.lower.lowerer import Lowerer
from specgen.lower.records import dataclass_fields, is_dataclass, is_frozen
from specgen.lower.state import Frame, VarInfo
from specgen.lower.values import (
    STATIC,
    ClassV,
    Exc,
    External,
    Func,
    Obj,
    Place,
    Unknown,
    Val,
    Value,
    is_constant,
    is_static,
)
from specgen.source import Class, Function, Module
from specgen.syntax import dotted
from specgen.value_types import NeverT, StrT, is_container


def of_definition(lw: Lowerer, found: Class | Function, module: Module) -> Value:
    """A class or function that the module defines."""
    if isinstance(found, Function):
        return Func(found)
    return Exc(found.name) if lw.sources.is_exception(found.name, module) else ClassV(found)


def get_attribute(lw: Lowerer, obj: Obj, attr: str) -> Value:
    """``obj.attr`` where ``obj`` exists once."""
    if attr in obj.static:
        return obj.static[attr]
    if attr in obj.fields:
        var = obj.fields[attr]
        ty = lw.var_type(var)
        if is_container(ty):
            return Place(var, (), ty)
        return lw.read(var)
    if obj.cls is not None:
        method = lw.sources.method(obj.cls, attr)
        if method is not None:
            if "property" in method.decorators() or "cached_property" in method.decorators():
                from specgen.lower.inlining import inline

                return inline(lw, Func(method, obj), [], {})
            if "staticmethod" in method.decorators():
                return Func(method)
            return Func(method, obj)
        if (marker := sentinel(lw, obj.cls, attr)) is not None:
            return marker
        for cls in lw.sources.mro(obj.cls):
            for item in cls.node.body:
                value = _class_level(item, attr)
                if value is not None:
                    return _of_class(lw, attr, value)
    bound = lw.sources.binding(obj.module, attr) if obj.cls is None else None
    if isinstance(bound, (Class, Function)):
        return of_definition(lw, bound, obj.module)
    if obj.cls is None and attr in obj.module.globals:
        first_use_of_global(lw, obj, attr)
        if attr in obj.static or attr in obj.fields:
            return get_attribute(lw, obj, attr)
    if attr == "__dict__":
        return lw.leave_out(f"attribute {attr}", "any value; what is changed by way of it is left out")
    return lw.approximate(f"attribute {attr}", "any value")


def _of_class(lw: Lowerer, attr: str, value: ast.expr) -> Value:
    """What the body of a class gives an attribute that all its objects share."""
    from specgen.lower.exprs import lower

    found = lower(lw, value)
    if isinstance(found, Val) and is_container(found.ty) and lw.sources.is_changed(attr):
        lw.leave_out(f"changes of {attr}, which all objects of a class share", "it stays what the class makes it")
    return found


def first_use_of_global(lw: Lowerer, obj: Obj, attr: str) -> None:
    """Lower the assignment that gives a module global its first value."""
    from specgen.lower.exprs import lower
    from specgen.lower.initial import initial_values

    node = obj.module.globals[attr]
    if node is None or attr in lw.globals_begun:
        return
    lw.globals_begun.add(attr)
    lw.log.do("begin", lw.log.describer.book.number(obj.module), attr)
    with lw.log.aside(), lw.apart(Frame(None, obj.module, None), attr):
        with lw.graph.at(obj.module.path, node.lineno, "<module>"):
            entry = lw.graph.skip()
            value = lower(lw, node)
            set_attribute(lw, obj, attr, value)
            lw.adopt(obj.fields.get(attr, ""))
            if lw.graph.cursor:
                lw.graph.done(NONE, raised=False)
        lw.inits.update(initial_values(lw, entry))


def sentinel(lw: Lowerer, cls: Class, attr: str) -> Val | None:
    """``marker = object()`` in the body of the class or of one above it: a value that equals nothing else."""
    for owner in lw.sources.mro(cls):
        for item in owner.node.body:
            value = _class_level(item, attr)
            if isinstance(value, ast.Call) and dotted(value.func) == "object" and not value.args:
                return of_sentinel(f"{owner.name}.{attr}")
    return None


def of_sentinel(name: str) -> Val:
    """The one object that ``object()`` made for that name."""
    return Val(Lit(name), StrT(frozenset({name})))


def _class_level(item: ast.stmt, attr: str) -> ast.expr | None:
    match item:
        case ast.Assign(targets=targets, value=value):
            return value if any(isinstance(t, ast.Name) and t.id == attr for t in targets) else None
        case ast.AnnAssign(target=ast.Name(id=name), value=value):
            return value if name == attr else None
    return None


def set_attribute(lw: Lowerer, obj: Obj, attr: str, value: Value) -> None:
    """``obj.attr = value``."""
    from specgen.lower.exprs import rv

    if attr not in obj.fields and obj.cls is not None and (setter := setter_of(lw, obj.cls, attr)) is not None:
        from specgen.lower.inlining import inline

        inline(lw, Func(setter, obj), [value], {})
        return
    if obj.cls is not None and not lw.in_init and is_frozen(obj.cls):
        unwinding.raise_(lw, Exc("FrozenInstanceError"))
        return
    if attr in obj.static:
        if is_static(value) and lw.in_init:
            lw.fix(obj, attr, value)
        elif not lw.in_init:
            lw.leave_out(f"assignment to {attr}", "the attribute keeps its first value")
        return
    if lw.in_init and is_static(value):
        lw.fix(obj, attr, value)
        return
    if lw.in_init and isinstance(value, Unknown) and attr not in obj.fields:
        lw.fix(obj, attr, value)
        return
    frozen = lw.in_init and attr not in lw.written_outside_init(obj)
    if frozen and isinstance(value, Val) and is_constant(value) and attr not in obj.fields:
        lw.fix(obj, attr, value)
        return
    var = obj.fields.get(attr) or declare_field(lw, obj, attr)
    if value == External("loop"):
        # Which loop runs the calls is no part of what they do.
        lw.vars[var] = replace(lw.vars[var], observable=False)
    if isinstance(value, (Unknown, *STATIC)):
        value = rv(lw, value)
    new = rv(lw, value)
    places.detach(lw, var)
    lw.write(var, new)
    places.stored(lw, value, Place(var, (), NeverT()))


def setter_of(lw: Lowerer, cls: Class, attr: str) -> Function | None:
    """The setter of a property."""
    for owner in lw.sources.mro(cls):
        for item in owner.node.body:
            if not isinstance(item, ast.FunctionDef) or item.name != attr:
                continue
            if any(dotted(d) == f"{attr}.setter" for d in item.decorator_list):
                return Function(attr, item, owner.module, owner)
    return None


def declare_field(lw: Lowerer, obj: Obj, attr: str) -> str:
    """Make the variable for an attribute; returns its name."""
    stem = f"{obj.prefix}_{attr.strip('_')}" if obj.prefix else attr
    var = lw.fresh_var(stem)
    owner = "self" if obj.cls is not None else obj.module.path.rpartition("/")[2].removesuffix(".py")
    shown = f"{owner}.{attr}" if not obj.prefix else f"{owner}.{obj.prefix}.{attr}"
    if obj.cls is None:
        shown = attr
    span = lw.span()
    lw.vars[var] = VarInfo(var, span, shown, effect=obj.outside)
    obj.fields[attr] = var
    return var


def build(lw: Lowerer, obj: Obj, args: list[Value], kwargs: dict[str, Value]) -> None:
    """Run class-level defaults and ``__init__`` of an object that exists once."""
    from specgen.lower.inlining import inline

    assert obj.cls is not None
    class_defaults(lw, obj)
    init = lw.sources.method(obj.cls, "__init__")
    if init is not None:
        inline(lw, Func(init, obj), args, kwargs)
        return
    for name, value in dataclass_fields(lw, obj.cls, args, kwargs).items():
        set_attribute(lw, obj, name, value)


def class_defaults(lw: Lowerer, obj: Obj) -> None:
    """Class-level assignments of attributes that methods assign again become fields."""
    assert obj.cls is not None
    if is_dataclass(obj.cls):
        return
    from specgen.lower.exprs import lower

    for cls in reversed(lw.sources.mro(obj.cls)):
        for item in cls.node.body:
            target, value = _class_assignment(item)
            if target and value is not None and target in lw.written_outside_init(obj):
                saved, lw.frame = lw.frame, Frame(None, cls.module, None)
                with lw.graph.at(cls.module.path, item.lineno, cls.name):
                    lw.pending_attr = target
                    set_attribute(lw, obj, target, lower(lw, value))
                lw.frame = saved


def _class_assignment(item: ast.stmt) -> tuple[str, ast.expr | None]:
    match item:
        case ast.Assign(targets=[ast.Name(id=target)], value=value):
            return target, value
        case ast.AnnAssign(target=ast.Name(id=target), value=annotated):
            return target, annotated
    return "", None
