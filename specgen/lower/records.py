"""Dataclasses, attrs classes and NamedTuples: their fields, and the records that stand for frozen ones."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping

from specgen.expr import Op
from specgen.lower.formulas import NONE
from specgen.lower.lowerer import Lowerer
from specgen.lower.state import Frame
from specgen.lower.values import Obj, Val, Value
from specgen.source import Class
from specgen.syntax import dotted
from specgen.usage import is_class_var
from specgen.value_types import NoneT, RecordT


def is_dataclass(cls: Class) -> bool:
    """A dataclass, attrs class or NamedTuple."""
    found = {b.rpartition(".")[2] for b in cls.bases}
    return bool({"dataclass", "define", "attrs", "s", "frozen"} & cls.decorators()) or "NamedTuple" in found


def dataclass_fields(lw: Lowerer, cls: Class, args: list[Value], kwargs: dict[str, Value]) -> dict[str, Value]:
    """Values of the fields that a dataclass's generated ``__init__`` assigns."""
    if not is_dataclass(cls):
        return {}
    out: dict[str, Value] = {}
    for position, (owner, name, default) in enumerate(_fields(lw, cls)):
        lw.pending_attr = name
        if name in kwargs:
            out[name] = kwargs[name]
        elif position < len(args):
            out[name] = args[position]
        elif default is not None:
            out[name] = _default(lw, default, owner)
        else:
            out[name] = Val(NONE, NoneT())
    return out


def _fields(lw: Lowerer, cls: Class) -> Iterator[tuple[Class, str, ast.expr | None]]:
    """Each field, with the class that declares it and what it declares as default."""
    for owner in reversed(lw.sources.mro(cls)):
        for item in owner.node.body:
            match item:
                case ast.AnnAssign(target=ast.Name(id=name), annotation=annotation, value=default):
                    if not is_class_var(annotation):
                        yield owner, name, default


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


def field_names(lw: Lowerer, cls: Class) -> list[str]:
    """Names of the fields that the bodies of the class and of those above it declare."""
    return [name for _, name, _ in _fields(lw, cls)]


def record_of(lw: Lowerer, cls: Class, args: list[Value], kwargs: dict[str, Value]) -> Val | None:
    """An object that is never changed once made and compares by its fields: a record, not a reference."""
    from specgen.lower.exprs import rv

    if not is_value_class(lw, cls):
        return None
    found = dataclass_fields(lw, cls, args, kwargs)
    return _record(cls.name, {name: rv(lw, value) for name, value in found.items()})


def as_record(lw: Lowerer, obj: Obj, cls: Class) -> Val:
    """An object that exists once as the record that others of its class are."""
    from specgen.lower.exprs import rv
    from specgen.lower.singletons import get_attribute

    return _record(cls.name, {name: rv(lw, get_attribute(lw, obj, name)) for name in field_names(lw, cls)})


def _record(cls_name: str, values: Mapping[str, Val]) -> Val:
    fields = tuple((name, value.ty) for name, value in values.items())
    return Val(Op("record", tuple(v.expr for v in values.values()), tuple(values)), RecordT(cls_name, fields))


def replaced(lw: Lowerer, record: Val, changes: dict[str, Val]) -> Val:
    """A copy of a record with other values in some fields."""
    assert isinstance(record.ty, RecordT)
    fields = dict(record.ty.fields)
    parts = {n: changes[n] if n in changes else Val(Op("field", (record.expr,), (n,)), t) for n, t in fields.items()}
    return _record(record.ty.name, parts)


def is_value_class(lw: Lowerer, cls: Class) -> bool:
    """A NamedTuple, or a frozen dataclass, with fields and without a constructor of its own."""
    if not is_dataclass(cls) or lw.sources.method(cls, "__init__") or lw.sources.method(cls, "__post_init__"):
        return False
    named = "NamedTuple" in {b.rpartition(".")[2] for b in cls.bases}
    return bool(field_names(lw, cls)) and (named or is_frozen(cls))


def is_frozen(cls: Class) -> bool:
    """``@dataclass(frozen=True)`` and its relatives."""
    return any(name == "frozen" or flags.get("frozen") is True for name, flags in _decorators(cls))


def compares_fields(cls: Class) -> bool:
    """A dataclass whose ``==`` is not told to be that of objects."""
    return any(flags.get("eq") is not False for name, flags in _decorators(cls) if name in {"dataclass", "define"})


def _decorators(cls: Class) -> Iterator[tuple[str, Mapping[str | None, object]]]:
    """The last name of each decorator, and those of its flags that are constants."""
    for node in cls.node.decorator_list:
        flags = node.keywords if isinstance(node, ast.Call) else []
        name = dotted(node.func if isinstance(node, ast.Call) else node).rpartition(".")[2]
        yield name, {k.arg: k.value.value for k in flags if isinstance(k.value, ast.Constant)}
