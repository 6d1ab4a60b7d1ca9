"""Objects of in-feature classes that the code makes while it runs: references and one variable per field.

An object is named ``<<c, n>>``: the n-th that call ``c`` made of its class, so that its name does not depend
on the order in which calls ran.
"""

from __future__ import annotations

import ast

from specgen.expr import Bound, Expr, Lit, Local, Me, Op, Var
from specgen.ir import Access
from specgen.lower import kinds, singletons
from specgen.lower.formulas import EMPTY, NONE, apply, domain, eq
from specgen.lower.formulas import call as op_call
from specgen.lower.lowerer import Lowerer
from specgen.lower.records import dataclass_fields, field_names, is_dataclass, record_of
from specgen.lower.singletons import build
from specgen.lower.state import VarInfo
from specgen.lower.values import Contract, Exc, Func, New, Obj, Place, Sync, Val, Value
from specgen.source import Class
from specgen.value_types import DictT, NeverT, NoneT, RefT, is_container


def construct(lw: Lowerer, cls: Class, args: list[Value], kwargs: dict[str, Value]) -> Value:
    """``Class(...)``: one object known to the compiler while the shared object is built, a reference later."""
    if lw.sources.is_exception(cls.name, cls.module):
        return Exc(cls.name)
    if lw.in_init and not lw.in_loop:
        prefix = lw.pending_attr.strip("_") or cls.name.lower()
        obj = Obj(cls, cls.module, prefix)
        saved = lw.pending_attr
        build(lw, obj, args, kwargs)
        lw.pending_attr = saved
        return obj
    return construct_new(lw, cls, args, kwargs)


# --- references ----------------------------------------------------------------------------------


def field_var(lw: Lowerer, cls_name: str, attr: str) -> str:
    """The variable that holds this field of all objects of the class: reference -> value."""
    key, span = f"{cls_name}.{attr}", lw.span()
    lw.log.once("field", cls_name, attr, span)
    with lw.log.aside():
        if key not in lw.heap:
            var = lw.fresh_var(f"{cls_name.strip('_').lower()}_{attr.strip('_')}")
            lw.vars[var] = VarInfo(var, span, f"{attr} of each {cls_name}", init=EMPTY)
            lw.heap[key] = var
            lw.declare(f"v.{var}", DictT(RefT(cls_name), NeverT()))
    return lw.heap[key]


def allocate(lw: Lowerer, cls_name: str, attr: str) -> Expr:
    """A reference that this call has not used yet: one more than the objects of its that have the attribute."""
    number = lw.temp(f"new_{cls_name.strip('_').lower()}")
    lw.active.add(number)
    counter = field_var(lw, cls_name, attr)
    group = lw.graph.group()
    mine = Op("filter", (domain(Var(counter)), eq(apply(Bound("x"), Lit(1)), Me())), ("x",))
    index = Op("+", (op_call("Cardinality", mine), Lit(1)))
    lw.declare(f"l.{number}", RefT(cls_name))
    lw.graph.set(Local(number), Op("tuple", (Me(), index)), Access(counter, "fresh", group))
    return Local(number)


def _first_field(lw: Lowerer, cls: Class) -> str:
    """An attribute that every new object of the class is given; "" where none is certain."""
    init = lw.sources.method(cls, "__init__")
    if init is None:
        return next(iter(field_names(lw, cls)), "") if is_dataclass(cls) else ""
    me = init.node.args.args[0].arg if init.node.args.args else "self"
    for item in init.node.body:
        match item:
            case ast.Assign(targets=[ast.Attribute(value=ast.Name(id=name), attr=attr)]) if name == me:
                return attr
            case ast.AnnAssign(target=ast.Attribute(value=ast.Name(id=name), attr=attr), value=ast.expr()) if (
                name == me
            ):
                return attr
    return ""


def always_given(lw: Lowerer, cls_name: str, attr: str) -> bool:
    """Whether every object of the class has the attribute once it is made; other attributes may come later or never."""
    cls = lw.sources.find_class(cls_name)
    if cls is None:
        return not (cls_name == "Future" and attr in {"value", "error"})
    if attr == "object" or (is_dataclass(cls) and attr in field_names(lw, cls)):
        return True
    init = lw.sources.method(cls, "__init__")
    stored = [
        target.attr
        for item in (init.node.body if init is not None else [])
        for target in (item.targets if isinstance(item, ast.Assign) else [getattr(item, "target", None)])
        if isinstance(target, ast.Attribute)
    ]
    return attr in stored


def construct_new(lw: Lowerer, cls: Class, args: list[Value], kwargs: dict[str, Value]) -> Value:
    """Make an object while an operation runs."""
    from specgen.lower.exprs import rv
    from specgen.lower.inlining import inline

    if lw.sources.external_bases(cls) and not is_dataclass(cls) and lw.sources.method(cls, "__init__") is None:
        return lw.approximate(f"object of {cls.name}", "any value")
    record = record_of(lw, cls, args, kwargs)
    if record is not None:
        return record
    first = _first_field(lw, cls)
    if f"{cls.name}.{first}" in lw.shared.static_fields:
        first = ""
    new = New(allocate(lw, cls.name, first or "object"), cls)
    if not first:
        var = field_var(lw, cls.name, "object")
        lw.declare(f"v.{var}", DictT(RefT(cls.name), NoneT()))
        lw.graph.set(Var(var), op_call("Put", Var(var), new.ref, NONE), Access(var, "fresh", lw.graph.group()))
    init = lw.sources.method(cls, "__init__")
    if init is not None:
        lw.fresh_refs.append(new.ref)
        inline(lw, Func(init, new), args, kwargs)
        lw.fresh_refs.pop()
    elif is_dataclass(cls):
        lw.fresh_refs.append(new.ref)
        for name, value in dataclass_fields(lw, cls, args, kwargs).items():
            set_field(lw, new, name, value if isinstance(value, (Sync, Place)) else rv(lw, value))
        lw.fresh_refs.pop()
    return new


def get_field(lw: Lowerer, obj: New, attr: str) -> Value:
    """``ref.attr``."""
    method = lw.sources.method(obj.cls, attr)
    if method is not None:
        if "property" in method.decorators():
            from specgen.lower.inlining import inline

            return inline(lw, Func(method, obj), [], {})
        return Func(method, obj)
    for cls in lw.sources.mro(obj.cls):
        static = lw.static_fields.get(f"{cls.name}.{attr}") or lw.shared.static_fields.get(f"{cls.name}.{attr}")
        if static is not None:
            return static
    owner = next((c.name for c in lw.sources.mro(obj.cls) if f"{c.name}.{attr}" in lw.heap), obj.cls.name)
    if f"{owner}.{attr}" not in lw.heap and not lw.sources.has_field(obj.cls, attr):
        return singletons.get_attribute(lw, lw.class_object(obj.cls), attr)
    var = field_var(lw, owner, attr)
    ty = lw.var_type(var)
    value_ty = ty.value if isinstance(ty, DictT) else NeverT()
    if is_container(value_ty):
        return Place(var, (obj.ref,), value_ty)
    if lw.pure_reads or not isinstance(obj.ref, Local):  # the parts of a comprehension cannot be read one by one
        return Val(apply(lw.read(var, stem=attr.strip("_")).expr, obj.ref), value_ty)
    name = lw.temp(attr.strip("_"))
    lw.declare(f"l.{name}", value_ty)
    lw.graph.set(Local(name), apply(Var(var), obj.ref), lw.access(var, "read", lw.graph.group()))
    lw.active.add(name)
    return Val(Local(name), value_ty)


def _set_static(lw: Lowerer, key: str, value: Obj | Sync | Contract) -> None:
    """A field that holds something that exists once, the same for every object of the class."""

    def name(v: Value | None) -> object:
        if isinstance(v, Obj):
            return (v.cls, v.prefix, v.module.path)
        return getattr(v, "var", None) or getattr(v, "name", None)

    known = lw.static_fields.get(key)
    if known is not None and name(known) != name(value):
        lw.approximate(f"{key}: not the same for all objects", "the first one given")
        return
    lw.static_fields[key] = lw.shared.static_fields[key] = value


def set_field(lw: Lowerer, obj: New, attr: str, value: Value) -> None:
    """``ref.attr = value``."""
    from specgen.lower.exprs import rv

    setter = singletons.setter_of(lw, obj.cls, attr)
    if setter is not None:
        from specgen.lower.inlining import inline

        inline(lw, Func(setter, obj), [value], {})
        return
    if isinstance(value, (Obj, Sync, Contract)):
        _set_static(lw, f"{obj.cls.name}.{attr}", value)
        return
    var = field_var(lw, obj.cls.name, attr)
    val = lw.clear_of(f"v.{var}", rv(lw, value))
    lw.declare(f"v.{var}", DictT(RefT(obj.cls.name), val.ty))
    ty = lw.var_type(var)
    value_ty = ty.value if isinstance(ty, DictT) else NeverT()
    fitted = kinds.coerce(val, value_ty) if not isinstance(value_ty, NeverT) else val.expr
    group = lw.graph.group()
    mode = "fresh" if obj.ref in lw.fresh_refs else "update"
    lw.graph.set(Var(var), op_call("Put", Var(var), obj.ref, fitted), Access(var, mode, group))  # type: ignore[arg-type]
