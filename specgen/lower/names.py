"""Names and attributes: what they stand for, and what assigning them does."""

from __future__ import annotations

import ast
import builtins
from dataclasses import replace

from specgen.expr import Arg, Lit, Local, Op
from specgen.lower import places
from specgen.lower.formulas import NONE
from specgen.lower.lowerer import Lowerer
from specgen.lower.state import Frame, VarInfo
from specgen.lower.values import (
    ClassV,
    Contract,
    Coro,
    Exc,
    External,
    Func,
    LambdaV,
    Method,
    New,
    Obj,
    Place,
    Sync,
    Unknown,
    Val,
    Value,
)
from specgen.source import Class, Function, Module, dotted, walk
from specgen.value_types import DictT, NeverT, NoneT, SeqT, SetT, StrT, TupleT, Ty, members


def lookup(lw: Lowerer, name: str) -> Value:
    """The value of a name in the current frame."""
    frame = lw.frame
    while frame is not None:
        if name in frame.globals_declared:
            break
        if name in frame.names:
            return frame.names[name]
        if name in frame.slots or name in frame.stored:
            return slot(lw, frame, name)
        frame = frame.outer
    assert lw.frame is not None
    return of_module(lw, name, lw.frame.module)


def slot(lw: Lowerer, frame: Frame, name: str) -> Value:
    """A Python local: a place where it holds a mutable container, else its value."""
    tla = lw.local_for(frame, name)
    value = lw.local(tla)
    if is_container(value.ty):
        return Place(f"l.{tla}", (), value.ty)
    return value


def is_container(ty: Ty) -> bool:
    """Whether values of the type are lists, dicts or sets (which code may mutate in place)."""
    found = [m for m in members(ty) if not isinstance(m, NoneT)]
    return bool(found) and all(isinstance(m, (SeqT, DictT, SetT)) for m in found)


def of_module(lw: Lowerer, name: str, module: Module) -> Value:
    """A name of module scope: class, function, global, import or builtin."""
    bound = lw.sources.binding(module, name)
    if isinstance(bound, Class):
        return Exc(name) if lw.sources.is_exception(name, module) else ClassV(bound)
    if isinstance(bound, Function):
        return Func(bound)
    if name in module.globals:
        return get_attribute(lw, module_object(lw, module), name)
    if name in module.imports:
        inside = lw.sources.find_module(module.imports[name], module)
        if inside is not None:
            return module_object(lw, inside)
        found = lw.sources.find_class(name, module)
        if found is not None:
            return Exc(found.name) if lw.sources.is_exception(found.name) else ClassV(found)
        function = lw.sources.find_function(name, module)
        if function is not None:
            return Func(function)
        return External(module.imports[name].lstrip("."))
    if lw.sources.is_exception(name, module):
        return Exc(name)
    if hasattr(builtins, name):
        return External(name)
    return Unknown(f"name {name}")


def module_object(lw: Lowerer, module: Module) -> Obj:
    """The module as an object whose attributes are its globals."""
    return lw.object_of(module)


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
                    from specgen.lower.exprs import lower

                    return lower(lw, value)
    bound = lw.sources.binding(obj.module, attr) if obj.cls is None else None
    if isinstance(bound, (Class, Function)):
        return of_module(lw, attr, obj.module)
    if obj.cls is None and attr in obj.module.globals:
        first_use_of_global(lw, obj, attr)
        if attr in obj.static or attr in obj.fields:
            return get_attribute(lw, obj, attr)
    return lw.approximate(f"attribute {attr}", "any value")


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


STATIC = (Obj, ClassV, External, Func, LambdaV, Method)


def is_static(value: Value) -> bool:
    """Whether the compiler knows the value whole, so that a name can simply stand for it."""
    return isinstance(value, (*STATIC, Contract, Coro, Sync, New))


def set_attribute(lw: Lowerer, obj: Obj, attr: str, value: Value) -> None:
    """``obj.attr = value``."""
    from specgen.lower.exprs import rv

    if attr not in obj.fields and obj.cls is not None and (setter := setter_of(lw, obj.cls, attr)) is not None:
        from specgen.lower.inlining import inline

        inline(lw, Func(setter, obj), [value], {})
        return
    if attr in obj.static:
        if is_static(value) and lw.in_init:
            lw.fix(obj, attr, value)
        elif not lw.in_init:
            lw.approximate(f"assignment to {attr}", "the attribute keeps its first value")
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
    stored(lw, value, Place(var, (), NeverT()))


def setter_of(lw: Lowerer, cls: Class, attr: str) -> Function | None:
    """The setter of a property."""
    for owner in lw.sources.mro(cls):
        for item in owner.node.body:
            if not isinstance(item, ast.FunctionDef) or item.name != attr:
                continue
            if any(dotted(d) == f"{attr}.setter" for d in item.decorator_list):
                return Function(attr, item, owner.module, owner)
    return None


def stored(lw: Lowerer, value: Value, place: Place) -> None:
    """A value was stored at a place: a container that has a name already has a second one now."""
    if not isinstance(value, Place) or lw.in_init or lw.pure_reads:
        return
    if value.root.startswith("l.") and not value.path:
        places.tie(lw, value.root[2:], place, Lit(True))
    elif (value.root, value.path) != (place.root, place.path):
        lw.approximate("one container stored in two places", "each place keeps a copy")


def is_constant(value: Val) -> bool:
    """No local and no argument in it: the same in every state."""

    def clean(e: object) -> bool:
        if isinstance(e, Op):
            return all(clean(a) for a in e.args)
        return not isinstance(e, (Local, Arg))

    return clean(value.expr) and not _holds_container(value.ty)


def _holds_container(ty: Ty) -> bool:
    """Whether values of the type are lists, dicts or sets, or tuples that hold one."""
    return is_container(ty) or any(_holds_container(t) for m in members(ty) if isinstance(m, TupleT) for t in m.items)


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


def assign_name(lw: Lowerer, name: str, value: Value) -> None:
    """``name = value`` in the current frame."""
    from specgen.lower.exprs import rv

    frame = lw.frame
    assert frame is not None
    if name in frame.globals_declared or frame.function is None:
        module = module_object(lw, frame.module)
        if name in frame.module.globals:
            first_use_of_global(lw, module, name)  # or the variable would begin without its first value
        set_attribute(lw, module, name, value)
        return
    owner: Frame | None = frame
    while owner is not None and name not in owner.stored and name not in owner.names:
        owner = owner.outer
    frame = owner or frame
    if isinstance(value, Place):
        _assign_container(lw, frame, name, value)
        return
    if is_static(value):
        once = frame.stored.get(name, 1) <= 1
        if once or isinstance(value, (Func, LambdaV, ClassV, External)):
            if name in frame.slots:
                return
            frame.names[name] = value
            return
    if isinstance(value, Exc) and frame.stored.get(name, 1) <= 1 and name not in frame.slots:
        frame.names[name] = value
        return
    frame.names.pop(name, None)
    tla = lw.local_for(frame, name)
    lw.set_local(tla, rv(lw, value))
    lw.adopt(f"l.{tla}")
    places.untie(lw, tla)


def _assign_container(lw: Lowerer, frame: Frame, name: str, value: Place) -> None:
    """``name = self.items``: one more name for a container, or a local that follows where it is stored."""
    local = value.root.startswith("l.")
    once = frame.stored.get(name, 1) <= 1 and name not in frame.slots
    if once and not local and value.default is None and not _replaced(lw, frame, value.root):
        frame.names[name] = value
        return
    frame.names.pop(name, None)
    tla = lw.local_for(frame, name)
    group = lw.graph.group()
    root, found = places.fetch(lw, value, group)
    if not local:
        lw.set_local(tla, found)
        places.tie(lw, tla, value, places.present(lw, value, root))
        return
    other = value.root[2:]
    tied = places.tie_of(lw, other)
    lw.set_local(tla, found)
    if tied is not None and not value.path and other != tla:
        places.tie(lw, tla, tied, Local(f"{other}_shared"))
    elif other != tla:
        places.untie(lw, tla)


def _replaced(lw: Lowerer, frame: Frame, root: str) -> bool:
    """Whether code takes the container out of where it is stored, or puts another one there."""
    if frame.function is None:
        return False
    attr = places.attribute_of(lw, root)
    if lw.sources.is_assigned(attr) or lw.sources.is_global_assigned(frame.module, attr):
        return True

    def here(node: ast.expr) -> bool:
        return (isinstance(node, ast.Attribute) and node.attr == attr) or (
            isinstance(node, ast.Name) and node.id == attr
        )

    for node in walk(frame.function.node):
        match node:
            case ast.Subscript(value=holder, ctx=ast.Store() | ast.Del()) if here(holder):
                return True
            case ast.Call(func=ast.Attribute(value=holder, attr="pop" | "popitem" | "clear")) if here(holder):
                return True
    return False
