"""Containers that have a second name or a second home which no rule follows: found in the code, and said."""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterator

from specgen.lower.lowerer import Lowerer
from specgen.lower.state import Frame
from specgen.lower.values import Place, Val
from specgen.source import Function
from specgen.syntax import walk
from specgen.usage import ADDERS, REMOVERS
from specgen.value_types import DictT, SeqT, SetT, members

#: Methods that change a container in place.
MUTATORS = REMOVERS | ADDERS | {"reverse", "rotate", "sort"}
#: Methods that put their argument into a container.
KEEPERS = {"append", "appendleft", "add", "insert", "setdefault"}
_COPIES = {"list", "dict", "tuple", "sorted", "reversed", "deque", "copy"}


def is_changed(function: Function, name: str, value: Val) -> bool:
    """Whether the function changes its argument of that name, a container that was made for the call, in place."""
    from specgen.lower.changes import part_of_another

    held = [m for m in members(value.ty) if isinstance(m, (SeqT, SetT, DictT))]
    return bool(held) and not part_of_another(value.expr) and any(_changes(function.node, {name}))


def stays_one(lw: Lowerer, frame: Frame, value: Place) -> bool:
    """Whether a new name for a local's container can stand for that local, which never gets another one."""
    return not value.path and not lw.in_loop and all(frame.stored.get(n, 1) <= 1 for n in _names_of(frame, value))


def copied(lw: Lowerer, frame: Frame, name: str, value: Place) -> None:
    """``name`` was given a copy of a local's container: say so where one of the two is changed in place."""
    both = {name, *_names_of(frame, value)}
    if not lw.in_init and frame.function is not None and any(_changes(frame.function.node, both)):
        lw.leave_out(f"{name}, a second name for a container", "it holds a copy")


def kept_elsewhere(lw: Lowerer, value: object) -> None:
    """A container was put into another one: say so where the code goes on changing it by its own name."""
    frame = lw.frame
    if not isinstance(value, Place) or frame is None or frame.function is None or lw.in_init:
        return
    if not value.root.startswith("l."):
        lw.approximate("one container stored in two places", "each place keeps a copy")
        return
    names = _names_of(frame, value)
    here = lw.graph.where.line
    if any(lw.in_loop or line > here for line in _changes(frame.function.node, names)):
        lw.leave_out(f"{' or '.join(sorted(names))}, which another container holds too", "that one holds a copy")


def changed_inside(lw: Lowerer, place: Place) -> None:
    """An item of a container is changed in place: say so where the container is a copy that shares its items."""
    frame = lw.frame
    if not place.path or not place.root.startswith("l.") or frame is None or frame.function is None:
        return
    names = _names_of(frame, place)
    for node in walk(frame.function.node):
        match node:
            case ast.Assign(targets=[ast.Name(id=name)], value=value) if name in names and _is_copy(value):
                lw.leave_out(f"change of an item of {name}, a copy", "the original keeps its item")


def _is_copy(node: ast.expr) -> bool:
    match node:
        case ast.Call(func=ast.Name(id=name) | ast.Attribute(attr=name)):
            return name in _COPIES
        case ast.Subscript(slice=ast.Slice()) | ast.BinOp():
            return True
        case ast.List(elts=items) | ast.Tuple(elts=items) | ast.Dict(values=items):
            return any(isinstance(item, ast.Name) for item in items)
    return False


def _names_of(frame: Frame, value: Place) -> set[str]:
    """The names in the code that stand for the container."""
    slots = {name for name, slot in frame.slots.items() if f"l.{slot}" == value.root}
    return slots | {name for name, known in frame.names.items() if known == value}


def _changes(node: ast.AST, names: Collection[str]) -> Iterator[int]:
    """Lines on which one of the names is changed in place."""
    for found in walk(node):
        match found:
            case ast.Call(func=ast.Attribute(value=ast.Name(id=name), attr=attr)) if attr in MUTATORS:
                changed = name
            case ast.Subscript(value=ast.Name(id=name), ctx=ast.Store() | ast.Del()):
                changed = name
            case ast.AugAssign(target=ast.Name(id=name), op=ast.Add() | ast.BitOr()):
                changed = name
            case _:
                continue
        if changed in names:
            yield found.lineno
