"""How a feature uses names, found once for all of it: what is assigned where, and what is called on what."""

from __future__ import annotations

import ast
from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from specgen.syntax import dotted

if TYPE_CHECKING:
    from specgen.source import Class, Function, Module

#: Methods of lists, dicts and sets that take items out.
REMOVERS = frozenset({"clear", "discard", "pop", "popitem", "popleft", "remove"})
#: Methods that put items in.
ADDERS = frozenset({"add", "append", "appendleft", "extend", "extendleft", "insert", "setdefault", "update"})
_CONSTRUCTORS = frozenset({"__init__", "__new__", "__post_init__"})


def spelled(holder: ast.expr) -> str:
    """The attribute or name that a container, or the one that it is in, is reached by; "" where there is none."""
    match holder:
        case ast.Attribute(attr=name) | ast.Name(id=name):
            return name
        case ast.Subscript(value=inner) | ast.Call(func=ast.Attribute(value=inner)):
            return spelled(inner)
    return ""


def is_class_var(annotation: ast.expr) -> bool:
    """``ClassVar`` or ``ClassVar[...]``."""
    return dotted(annotation).rpartition(".")[2] == "ClassVar"


@dataclass(slots=True)
class Usage:
    """Attribute and method names by their plain spelling: two classes' attributes of one name count as one.

    ``methods_on``: attribute -> methods called on it; ``called``: attributes of ``self`` called like functions;
    ``assigned``: attributes that a function other than a constructor assigns or deletes; ``reshuffled``: attributes
    and globals from whose container some code takes items out, or puts others in their place; ``grown``: those to
    which some code adds; ``numeric``: attributes that are reckoned with or held against others by size;
    ``globals_assigned``: path -> globals that its functions assign.
    """

    methods_on: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    called: set[str] = field(default_factory=set)
    assigned: set[str] = field(default_factory=set)
    reshuffled: set[str] = field(default_factory=set)
    grown: set[str] = field(default_factory=set)
    numeric: set[str] = field(default_factory=set)
    globals_assigned: dict[str, set[str]] = field(default_factory=dict)
    _fields: dict[int, set[str]] = field(default_factory=dict)
    _on_names: dict[int, dict[str, set[str]]] = field(default_factory=dict)

    def add(self, module: Module) -> None:
        """Look through one module."""
        for node in ast.walk(module.tree):
            match node:
                case ast.Call(func=ast.Attribute(value=ast.Attribute(attr=name), attr=method)):
                    self.methods_on[name].add(method)
                case ast.Call(func=ast.Attribute(value=ast.Name(id="self"), attr=name)):
                    self.called.add(name)
            match node:
                case ast.Call(func=ast.Attribute(value=holder, attr=method)) if method in REMOVERS | ADDERS:
                    (self.reshuffled if method in REMOVERS else self.grown).add(spelled(holder))
                case ast.Subscript(value=holder, ctx=ast.Store() | ast.Del()):
                    self.reshuffled.add(spelled(holder))
                case ast.AugAssign(target=ast.Attribute(attr=name), op=ast.Sub() | ast.Mult()):
                    self.numeric.add(name)
                case ast.BinOp(op=ast.Sub() | ast.FloorDiv(), left=left, right=right):
                    self._numeric(left, right)
                case ast.Compare(left=left, ops=[ast.Lt() | ast.LtE() | ast.Gt() | ast.GtE()], comparators=[right]):
                    self._numeric(left, right)
        functions = list(module.functions.values())
        for cls in module.classes.values():
            functions += cls.methods.values()
            self._setters(cls)
        names: set[str] = set()
        for function in functions:
            names |= self._function(function)
        self.globals_assigned[module.path] = names

    def _numeric(self, *operands: ast.expr) -> None:
        self.numeric |= {operand.attr for operand in operands if isinstance(operand, ast.Attribute)}

    def _setters(self, cls: Class) -> None:
        """Setters of properties, which are no methods of their own name."""
        for item in cls.node.body:
            if isinstance(item, ast.FunctionDef) and any(
                isinstance(d, ast.Attribute) and d.attr in {"setter", "deleter"} for d in item.decorator_list
            ):
                for node in ast.walk(item):
                    if isinstance(node, ast.Attribute) and isinstance(node.ctx, (ast.Store, ast.Del)):
                        self.assigned.add(node.attr)

    def _function(self, function: Function) -> set[str]:
        declared: set[str] = set()
        stored: set[str] = set()
        for node in ast.walk(function.node):
            match node:
                case ast.Global(names=names):
                    declared.update(names)
                case ast.Name(id=name, ctx=ast.Store() | ast.Del()):
                    stored.add(name)
                case ast.Attribute(attr=attr, ctx=ast.Store() | ast.Del()) if function.name not in _CONSTRUCTORS:
                    self.assigned.add(attr)
        return stored & declared

    def fields(self, cls: Class) -> set[str]:
        """Attributes that the class's own body assigns or declares somewhere."""
        key = id(cls)
        if key not in self._fields:
            found = self._fields[key] = set()
            for node in ast.walk(cls.node):
                match node:
                    case ast.Attribute(attr=attr, ctx=ast.Store()):
                        found.add(attr)
                    case ast.AnnAssign(target=ast.Name(id=name), annotation=annotation) if not is_class_var(annotation):
                        found.add(name)
        return self._fields[key]

    def methods_on_name(self, cls: Class, name: str) -> set[str]:
        """Methods that the class's own body calls on a plain name."""
        key = id(cls)
        if key not in self._on_names:
            found: dict[str, set[str]] = defaultdict(set)
            for node in ast.walk(cls.node):
                match node:
                    case ast.Call(func=ast.Attribute(value=ast.Name(id=on), attr=method)):
                        found[on].add(method)
            self._on_names[key] = dict(found)
        return self._on_names[key].get(name, set())
