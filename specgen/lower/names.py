"""Names: what they stand for, and what assigning them does."""

from __future__ import annotations

import ast
import builtins
from functools import lru_cache

from specgen.expr import Local
from specgen.lower import disturbance, places, second_names
from specgen.lower.lowerer import Lowerer
from specgen.lower.singletons import first_use_of_global, get_attribute, of_definition, set_attribute
from specgen.lower.state import Frame
from specgen.lower.values import ClassV, Exc, External, Func, LambdaV, Place, Value, is_static
from specgen.source import Class, Function, FunctionNode, Module
from specgen.syntax import walk
from specgen.value_types import is_container


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
    if frame.function is not None and name in _assigned_within(frame.function.node) and not lw.pure_reads:
        seen = lw.temp(f"{name}_seen")  # what stands beside it may call a function that assigns it
        lw.active.add(seen)
        return lw.set_local(seen, value)
    return value


@lru_cache(maxsize=4096)
def _assigned_within(node: FunctionNode) -> frozenset[str]:
    """Names of the function that functions inside it assign."""
    return frozenset(name for inner in walk(node) if isinstance(inner, ast.Nonlocal) for name in inner.names)


def of_module(lw: Lowerer, name: str, module: Module) -> Value:
    """A name of module scope: class, function, global, import or builtin."""
    bound = lw.sources.binding(module, name)
    if isinstance(bound, (Class, Function)):
        return of_definition(lw, bound, module)
    if name in module.globals:
        return get_attribute(lw, lw.object_of(module), name)
    if name in module.imports:
        inside = lw.sources.find_module(module.imports[name], module)
        if inside is not None:
            return lw.object_of(inside)
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
    return lw.approximate(f"name {name}", "any value")


def assign_name(lw: Lowerer, name: str, value: Value) -> None:
    """``name = value`` in the current frame."""
    from specgen.lower.exprs import rv

    frame = lw.frame
    assert frame is not None
    if name in frame.globals_declared or frame.function is None:
        module = lw.object_of(frame.module)
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
    if once and not local and value.default is None and not disturbance.replaced(lw, frame, value, name):
        frame.names[name] = value
        return
    if once and local and value.default is None and second_names.stays_one(lw, frame, value):
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
        second_names.copied(lw, frame, name, value)
        places.untie(lw, tla)
