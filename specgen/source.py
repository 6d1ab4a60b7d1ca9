"""One source file: the classes, functions, imports and globals that it defines."""

from __future__ import annotations

import ast
from dataclasses import dataclass, field
from functools import lru_cache

from extractor.types import Span
from specgen.syntax import dotted, walk_shallow

FunctionNode = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(slots=True)
class Function:
    """A function or method and where it stands."""

    name: str
    node: FunctionNode
    module: Module
    cls: Class | None = None

    @property
    def qualname(self) -> str:
        """``Seats.hold`` for a method, ``hold`` for a function."""
        return f"{self.cls.name}.{self.name}" if self.cls else self.name

    @property
    def is_async(self) -> bool:
        """True for ``async def``."""
        return isinstance(self.node, ast.AsyncFunctionDef)

    @property
    def span(self) -> Span:
        """The lines of the definition, without decorators."""
        return Span(self.module.path, self.node.lineno, self.node.end_lineno or self.node.lineno)

    def decorators(self) -> set[str]:
        """Last name of each decorator: ``contextmanager`` for ``@contextlib.contextmanager``."""
        return {dotted(d.func if isinstance(d, ast.Call) else d).rpartition(".")[2] for d in self.node.decorator_list}

    def is_generator(self) -> bool:
        """True if the body yields (nested functions aside)."""
        return _yields(self.node)


@dataclass(slots=True)
class Class:
    """A class of the feature. ``bases`` are the names as written."""

    name: str
    node: ast.ClassDef
    module: Module
    bases: tuple[str, ...]
    methods: dict[str, Function] = field(default_factory=dict)

    @property
    def span(self) -> Span:
        """The lines of the class."""
        return Span(self.module.path, self.node.lineno, self.node.end_lineno or self.node.lineno)

    def decorators(self) -> set[str]:
        """Last name of each decorator."""
        return {dotted(d.func if isinstance(d, ast.Call) else d).rpartition(".")[2] for d in self.node.decorator_list}

    @property
    def is_enum(self) -> bool:
        """Whether it is an enumeration by its own bases."""
        return any(base.rpartition(".")[2] in {"Enum", "IntEnum", "StrEnum", "Flag"} for base in self.bases)

    def assigned(self) -> dict[str, ast.expr]:
        """Names that the body itself assigns, such as the members of an enumeration, with what it gives them."""
        return {
            item.targets[0].id: item.value
            for item in self.node.body
            if isinstance(item, ast.Assign) and isinstance(item.targets[0], ast.Name)
        }


@dataclass(slots=True)
class Module:
    """One source file."""

    path: str
    tree: ast.Module
    lines: list[str]
    classes: dict[str, Class] = field(default_factory=dict)
    functions: dict[str, Function] = field(default_factory=dict)
    imports: dict[str, str] = field(default_factory=dict)
    globals: dict[str, ast.expr | None] = field(default_factory=dict)


@lru_cache(maxsize=4096)
def _yields(node: FunctionNode) -> bool:
    return any(isinstance(n, (ast.Yield, ast.YieldFrom)) for n in walk_shallow(node.body))


def module_of(path: str, tree: ast.Module, lines: list[str]) -> Module:
    """What the file at that path defines."""
    module = Module(path, tree, lines)
    _collect(module, tree.body)
    return module


def _collect(module: Module, body: list[ast.stmt]) -> None:
    for node in body:
        match node:
            case ast.ClassDef():
                cls = Class(node.name, node, module, tuple(b for b in map(dotted, node.bases) if b))
                for item in _flatten(node.body):
                    if isinstance(item, (ast.FunctionDef, ast.AsyncFunctionDef)) and not _is_overload(item):
                        cls.methods[item.name] = Function(item.name, item, module, cls)
                module.classes[node.name] = cls
            case ast.FunctionDef() | ast.AsyncFunctionDef():
                module.functions[node.name] = Function(node.name, node, module)
            case ast.Import():
                for alias in node.names:
                    module.imports[alias.asname or alias.name.partition(".")[0]] = (
                        alias.name if alias.asname else alias.name.partition(".")[0]
                    )
            case ast.ImportFrom():
                for alias in node.names:
                    module.imports[alias.asname or alias.name] = (
                        f"{'.' * node.level}{node.module + '.' if node.module else ''}{alias.name}"
                    )
            case ast.Assign():
                for target in node.targets:
                    if isinstance(target, ast.Name):
                        module.globals[target.id] = node.value
            case ast.AnnAssign(target=ast.Name(id=name)):
                module.globals[name] = node.value
            case ast.If() | ast.Try():
                _collect(module, _flatten([node]))


def _flatten(body: list[ast.stmt]) -> list[ast.stmt]:
    out: list[ast.stmt] = []
    for node in body:
        if isinstance(node, ast.If):
            out += _flatten(node.body) + _flatten(node.orelse)
        elif isinstance(node, ast.Try):
            out += _flatten(node.body)
        else:
            out.append(node)
    return out


def _is_overload(node: FunctionNode) -> bool:
    return any(dotted(d).rpartition(".")[2] in {"overload", "setter", "deleter"} for d in node.decorator_list)
