"""Whether a container may be taken from where it is stored while a name for it is in use."""

from __future__ import annotations

import ast

from specgen.lower import places
from specgen.lower.lowerer import Lowerer
from specgen.lower.state import Frame
from specgen.lower.values import Place
from specgen.source import Function
from specgen.syntax import walk


def replaced(lw: Lowerer, frame: Frame, place: Place, name: str) -> bool:
    """Whether code takes the container out of where it is stored, or puts another one there, while the name is used."""
    if frame.function is None:
        return False
    attr = places.attribute_of(lw, place.root)
    if lw.sources.is_assigned(attr) or lw.sources.is_global_assigned(frame.module, attr):
        return True
    if place.path and lw.sources.is_reshuffled(attr) and not _undisturbed(lw, frame.function, name):
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


def _undisturbed(lw: Lowerer, function: Function, name: str) -> bool:
    """Whether nobody else runs from where the function assigns the name to where it uses it last."""
    nodes = list(walk(function.node))
    if lw.mode == "asyncio":
        return not any(isinstance(node, (ast.Await, ast.AsyncFor, ast.AsyncWith)) for node in nodes)
    if not lw.held or any(lets_go(node) for node in nodes):
        return False
    around = [node for node in nodes if isinstance(node, ast.With) and _occurrences(node, name, ast.Store)]
    # Without a `with` around it, the lock was taken before the call and is held to its end.
    return not around or _occurrences(around[-1], name) == _occurrences(function.node, name)


def lets_go(node: ast.AST) -> bool:
    """Whether a lock may be given back there in the middle of a ``with``."""
    return (
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in {"release", "wait", "wait_for"}
    )


def _occurrences(node: ast.AST, name: str, ctx: type[ast.expr_context] = ast.expr_context) -> int:
    return sum(isinstance(n, ast.Name) and n.id == name and isinstance(n.ctx, ctx) for n in ast.walk(node))
