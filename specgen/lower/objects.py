"""Objects of in-feature classes that the code makes while it runs: references and one variable per field.

An object is named ``<<c, n>>``: the n-th that call ``c`` made of its class, so that its name does not depend
on the order in which calls ran.
"""

from __future__ import annotations

import ast

from specgen.expr import Bound, Expr, Lit, Local, Me, Op, Var
from specgen.ir import Access
from specgen.lower import kinds, names
from specgen.lower.formulas import EMPTY, NONE, apply, domain, eq
from specgen.lower.formulas import call as op_call
from specgen.lower.lowerer import Lowerer
from specgen.lower.state import Frame, VarInfo
from specgen.lower.values import Contract, Exc, Func, New, Obj, Place, Sync, Val, Value
from specgen.source import Class, dotted
from specgen.value_types import DictT, NeverT, NoneT, RecordT, RefT


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
        names.set_attribute(lw, obj, name, value)


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
                    names.set_attribute(lw, obj, target, lower(lw, value))
                lw.frame = saved


def _class_assignment(item: ast.stmt) -> tuple[str, ast.expr | None]:
    match item:
        case ast.Assign(targets=[ast.Name(id=target)], value=value):
            return target, value
        case ast.AnnAssign(target=ast.Name(id=target), value=annotated):
            return target, annotated
    return "", None


def is_dataclass(cls: Class) -> bool:
    """A dataclass, attrs class or NamedTuple."""
    found = {b.rpartition(".")[2] for b in cls.bases}
    return bool({"dataclass", "define", "attrs", "s", "frozen"} & cls.decorators()) or "NamedTuple" in found


def dataclass_fields(lw: Lowerer, cls: Class, args: list[Value], kwargs: dict[str, Value]) -> dict[str, Value]:
    """Values of the fields that a dataclass's generated ``__init__`` assigns."""
    if not is_dataclass(cls):
        return {}
    out: dict[str, Value] = {}
    position = 0
    for owner in reversed(lw.sources.mro(cls)):
        for item in owner.node.body:
            if not isinstance(item, ast.AnnAssign) or not isinstance(item.target, ast.Name):
                continue
            if dotted(item.annotation).rpartition(".")[2] == "ClassVar":
                continue
            name = item.target.id
            lw.pending_attr = name
            if name in kwargs:
                out[name] = kwargs[name]
            elif position < len(args):
                out[name] = args[position]
            elif item.value is not None:
                out[name] = _default(lw, item.value, owner)
            else:
                out[name] = Val(NONE, NoneT())
            position += 1
    return out


def _default(lw: Lowerer, node: ast.expr, cls: Class) -> Value:
    from specgen.lower.calls import call_value
    from specgen.lower.exprs import lower

    saved, lw.frame = lw.frame, Frame(None, cls.module, None)
    try:
        if isinstance(node, ast.Call) and dotted(node.func).rpartition(".")[2] in {"field", "Factory", "ib", "attrib"}:
            for keyword in node.keywords:
                if keyword.arg in {"default_factory", "factory"}:
                    return call_value(lw, lower(lw, keyword.value), [], {}, None)
                if keyword.arg == "default":
                    return lower(lw, keyword.value)
            return Val(NONE, NoneT())
        return lower(lw, node)
    finally:
        lw.frame = saved


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
        return next(iter(_field_names(lw, cls)), "") if is_dataclass(cls) else ""
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
    if attr == "object" or (is_dataclass(cls) and attr in _field_names(lw, cls)):
        return True
    init = lw.sources.method(cls, "__init__")
    stored = [
        target.attr
        for item in (init.node.body if init is not None else [])
        for target in (item.targets if isinstance(item, ast.Assign) else [getattr(item, "target", None)])
        if isinstance(target, ast.Attribute)
    ]
    return attr in stored


def _field_names(lw: Lowerer, cls: Class) -> list[str]:
    return [
        item.target.id
        for owner in reversed(lw.sources.mro(cls))
        for item in owner.node.body
        if isinstance(item, ast.AnnAssign)
        and isinstance(item.target, ast.Name)
        and dotted(item.annotation).rpartition(".")[2] != "ClassVar"
    ]


def construct_new(lw: Lowerer, cls: Class, args: list[Value], kwargs: dict[str, Value]) -> Value:
    """Make an object while an operation runs."""
    from specgen.lower.exprs import rv
    from specgen.lower.inlining import inline

    if lw.sources.external_bases(cls) and not is_dataclass(cls) and lw.sources.method(cls, "__init__") is None:
        return lw.approximate(f"object of {cls.name}", "any value")
    record = _record(lw, cls, args, kwargs)
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


def _record(lw: Lowerer, cls: Class, args: list[Value], kwargs: dict[str, Value]) -> Val | None:
    """An object that is never changed once made and compares by its fields: a record, not a reference."""
    from specgen.lower.exprs import rv

    if not is_value_class(lw, cls):
        return None
    found = dataclass_fields(lw, cls, args, kwargs)
    values = {name: rv(lw, value) for name, value in found.items()}
    fields = tuple((name, value.ty) for name, value in values.items())
    return Val(Op("record", tuple(v.expr for v in values.values()), tuple(values)), RecordT(cls.name, fields))


def replaced(lw: Lowerer, record: Val, changes: dict[str, Val]) -> Val:
    """A copy of a record with other values in some fields."""
    assert isinstance(record.ty, RecordT)
    fields = dict(record.ty.fields)
    parts = {n: changes[n] if n in changes else Val(Op("field", (record.expr,), (n,)), t) for n, t in fields.items()}
    return Val(
        Op("record", tuple(v.expr for v in parts.values()), tuple(parts)),
        RecordT(record.ty.name, tuple((n, v.ty) for n, v in parts.items())),
    )


def is_value_class(lw: Lowerer, cls: Class) -> bool:
    """A NamedTuple, or a frozen dataclass, with fields and without a constructor of its own."""
    if not is_dataclass(cls) or lw.sources.method(cls, "__init__") or lw.sources.method(cls, "__post_init__"):
        return False
    named = "NamedTuple" in {b.rpartition(".")[2] for b in cls.bases}
    return bool(_field_names(lw, cls)) and (named or is_frozen(cls))


def is_frozen(cls: Class) -> bool:
    """``@dataclass(frozen=True)`` and its relatives."""
    for node in cls.node.decorator_list:
        name = dotted(node.func if isinstance(node, ast.Call) else node).rpartition(".")[2]
        flags = {k.arg: k.value for k in node.keywords} if isinstance(node, ast.Call) else {}
        frozen = flags.get("frozen")
        if name == "frozen" or (isinstance(frozen, ast.Constant) and frozen.value is True):
            return True
    return False


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
        return names.get_attribute(lw, lw.class_object(obj.cls), attr)
    var = field_var(lw, owner, attr)
    ty = lw.var_type(var)
    value_ty = ty.value if isinstance(ty, DictT) else NeverT()
    if names.is_container(value_ty):
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

    setter = names.setter_of(lw, obj.cls, attr)
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
