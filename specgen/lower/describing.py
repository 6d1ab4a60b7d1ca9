"""Values of a lowering as text: alike for values that lowering cannot tell apart, whichever run made them."""

from __future__ import annotations

import ast
import dataclasses
import hashlib
import re
from collections.abc import Callable
from typing import get_args

from specgen.definitions import Book, content
from specgen.lower.state import Frame, VarInfo
from specgen.lower.values import Contract, LambdaV, Obj, Sync
from specgen.source import Class, Function, Module
from specgen.value_types import Ty

_LONG = 40
_TYPES = get_args(Ty)
#: How an assertion's failure is named: by the line of the ``assert``.
ASSERTION = re.compile(r"AssertionError:(\d+)\Z")


class Unspeakable(Exception):
    """The value has no text: it holds code together with the names around it, or an object of another round."""


class Describer:
    """Describes values. ``objects`` names those that exist once, by identity."""

    def __init__(self, book: Book) -> None:
        self.book = book
        self.objects: dict[int, str] = {}
        self._known: dict[object, str] = {}

    def brief(self, value: object) -> str:
        """A value in words, or their digest where they are many. Raises Unspeakable."""
        text = self.text(value)
        return text if len(text) <= _LONG else hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:16]

    def text(self, value: object) -> str:
        """A value in words. Raises Unspeakable."""
        match value:
            case None | bool() | int() | float():
                return repr(value)
            case str():
                return repr(self._located(value))
            case tuple() | list():
                return f"({','.join(self.text(item) for item in value)})"
            case frozenset() | set():
                return f"{{{','.join(sorted(self.text(item) for item in value))}}}"
            case Module() | Class() | Function():
                return f"<{self.book.text(value)}>"
            case Obj():
                return self._object(value)
            case VarInfo():
                return self._fields(dataclasses.replace(value, source=None))
            case Sync() | Contract():
                return self._fields(value)
            case LambdaV():
                if _names_inside(value.node) - {a.arg for a in ast.walk(value.node) if isinstance(a, ast.arg)}:
                    raise Unspeakable("a lambda that uses names around it")
                return f"lambda {content(value.node)}"
            case ast.AST():
                return content(value)
        if isinstance(value, (Frame, Callable)) or not dataclasses.is_dataclass(value):  # type: ignore[arg-type]
            raise Unspeakable("code together with the names around it")
        if not isinstance(value, _TYPES):
            return self._fields(value)
        if value not in self._known:
            self._known[value] = self._fields(value)
        return self._known[value]

    def _fields(self, value: object) -> str:
        assert dataclasses.is_dataclass(value)
        parts = [self.text(getattr(value, field.name)) for field in dataclasses.fields(value)]
        return f"{type(value).__name__}({','.join(parts)})"

    def _object(self, value: Obj) -> str:
        name = self.objects.get(id(value))
        if name is None:
            raise Unspeakable("an object that an earlier round made")
        parts = (value.cls, value.module if value.cls is None else None, value.prefix, value.outside)
        return f"object {name} {self.text(parts)}"

    def _located(self, text: str) -> str:
        found = ASSERTION.match(text)
        return f"AssertionError at {self.book.assertions(int(found[1]))}" if found else text


def _names_inside(node: ast.Lambda) -> set[str]:
    return {n.id for n in ast.walk(node.body) if isinstance(n, ast.Name)}
