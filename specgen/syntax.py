"""Python's syntax trees, walked once, and the names that they spell."""

from __future__ import annotations

import ast
from functools import lru_cache


def dotted(node: ast.AST) -> str:
    """``a.b.c`` for a chain of attributes on a name; "" for anything else."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        inner = dotted(node.value)
        return f"{inner}.{node.attr}" if inner else ""
    if isinstance(node, ast.Subscript):
        return dotted(node.value)
    return ""


def walk_shallow(body: list[ast.stmt]) -> tuple[ast.AST, ...]:
    """Every node below the statements, nested functions, lambdas and classes left out."""
    return _walk_shallow(tuple(body))


@lru_cache(maxsize=4096)  # a function is lowered again wherever it is called, and in every round of finding types
def _walk_shallow(body: tuple[ast.stmt, ...]) -> tuple[ast.AST, ...]:
    out: list[ast.AST] = []
    todo: list[ast.AST] = list(body)
    while todo:
        node = todo.pop()
        out.append(node)
        if not isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda, ast.ClassDef)):
            todo.extend(ast.iter_child_nodes(node))
    return tuple(out)


@lru_cache(maxsize=4096)
def walk(node: ast.AST) -> tuple[ast.AST, ...]:
    """``ast.walk``, done once for each node."""
    return tuple(ast.walk(node))
