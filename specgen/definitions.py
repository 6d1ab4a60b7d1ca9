"""Definitions of a feature by what they say: their content without layout, and their lines by number of statement.

What is remembered of one commit names a definition by its address and a line by its number among the lines on which
statements of the definition begin. Both still stand when code moved, was reformatted or got comments.
"""

from __future__ import annotations

import ast
import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal, TypeAlias

from specgen.source import Class, Function, FunctionNode, Module
from specgen.sources import Sources

Kind: TypeAlias = Literal["module", "class", "function", "global"]
Definition: TypeAlias = Module | Class | Function

_DEFS = (ast.FunctionDef, ast.AsyncFunctionDef)
_DOCUMENTED = (*_DEFS, ast.ClassDef, ast.Module)


@dataclass(frozen=True, slots=True)
class Address:
    """Where a definition stands: ``path`` is below the feature, ``name`` qualified, ``nth`` of those of one name."""

    kind: Kind
    path: str
    name: str = ""
    nth: int = 0


@dataclass(frozen=True, slots=True)
class Unit:
    """A definition as it is now. ``lines`` are those on which its statements begin; a module's content is not asked."""

    address: Address
    module: Module
    definition: Definition | None
    node: ast.AST | None
    lines: tuple[int, ...]


class Definitions:
    """All definitions of one state of a feature."""

    def __init__(self, sources: Sources) -> None:
        self._sources = sources
        self._content: dict[int, str] = {}

    @cached_property
    def units(self) -> dict[Address, Unit]:
        """By address."""
        return {u.address: u for m in self._sources.modules.values() for u in self._of_module(m)}

    @cached_property
    def by_node(self) -> dict[int, Unit]:
        """By the identity of the syntax tree."""
        found = {id(u.node): u for u in self.units.values() if u.node is not None and u.address.kind != "global"}
        return found | {id(u.module.tree): u for u in self.units.values() if u.address.kind == "module"}

    @cached_property
    def by_line(self) -> dict[tuple[str, int], tuple[Address, int]]:
        """By path and line, the definition that the first statement there belongs to, and the number of the line."""
        found: dict[tuple[str, int], tuple[Address, int]] = {}
        for kind in ("global", "class", "function"):  # what stands further in is found
            for unit in self.units.values():
                if unit.address.kind == kind:
                    found |= {(unit.module.path, line): (unit.address, n) for n, line in enumerate(unit.lines)}
        return found

    @cached_property
    def assertions(self) -> dict[int, tuple[tuple[Address, int], ...]]:
        """By line, the ``assert`` statements of the feature there."""
        found: dict[int, list[tuple[Address, int]]] = {}
        for module in self._sources.modules.values():
            for node in ast.walk(module.tree):
                if isinstance(node, ast.Assert) and (module.path, node.lineno) in self.by_line:
                    found.setdefault(node.lineno, []).append(self.by_line[module.path, node.lineno])
        return {line: tuple(places) for line, places in found.items()}

    def content(self, unit: Unit) -> str:
        """What a definition says, 16 hexadecimal digits; of a class without its methods. Its own name is left out."""
        if unit.node is None:
            return ""
        key = id(unit.node)
        if key not in self._content:
            self._content[key] = content(unit.node)
        return self._content[key]

    def find(self, address: Address) -> Unit | None:
        """The definition at an address, or the only one of that kind and name where it moved to another file."""
        found = self.units.get(address)
        if found is None and address.kind in ("class", "function"):
            wanted = (address.kind, address.name, address.nth)
            others = [u for a, u in self.units.items() if (a.kind, a.name, a.nth) == wanted]
            found = others[0] if len(others) == 1 else None
        return found

    def _of_module(self, module: Module) -> Iterator[Unit]:
        path = self._sources.below(module.path)
        yield Unit(Address("module", path), module, module, None, ())
        for name, value in module.globals.items():
            if value is not None:
                yield Unit(Address("global", path, name), module, None, value, (value.lineno,))
        for function in module.functions.values():
            address = Address("function", path, function.name)
            yield Unit(address, module, function, function.node, _lines(function.node))
        for cls in module.classes.values():
            own = tuple(sorted({cls.node.lineno, *_class_lines(cls.node.body)}))
            yield Unit(Address("class", path, cls.name), module, cls, cls.node, own)
            seen: dict[str, int] = {}
            for node in _defs(cls.node.body):
                seen[node.name] = seen.get(node.name, 0) + 1
                address = Address("function", path, f"{cls.name}.{node.name}", seen[node.name])
                known = cls.methods.get(node.name)
                own_one = known if known is not None and known.node is node else Function(node.name, node, module, cls)
                yield Unit(address, module, own_one, node, _lines(node))


class Book:
    """Addresses by number, as what is remembered writes them; those of an earlier commit are found as they are now."""

    def __init__(self, definitions: Definitions, known: Sequence[Address] = ()) -> None:
        self._definitions = definitions
        self.addresses = list(known)
        self._now = [definitions.find(a) for a in known]
        for number, address in enumerate(known):
            if self._now[number] is None and address.kind in ("module", "global"):
                self._now[number] = self._followed(address)
        self._numbers = {u.address: n for n, u in enumerate(self._now) if u is not None}

    def number(self, definition: Definition) -> int | None:
        """The number of a definition; None for a function that stands inside another."""
        node = definition.tree if isinstance(definition, Module) else definition.node
        unit = self._definitions.by_node.get(id(node))
        return None if unit is None else self._number(unit.address)

    def unit(self, number: int) -> Unit | None:
        """The definition of that number as it is now."""
        return self._now[number]

    def definition(self, number: int) -> Definition:
        """The definition of that number as it is now. Raises LookupError where there is none any more."""
        unit = self._now[number]
        if unit is None or unit.definition is None:
            raise LookupError(self.addresses[number].name)
        return unit.definition

    def text(self, definition: Definition) -> str:
        """Which definition it is and what it says."""
        number = self.number(definition)
        if number is None:
            return content(definition.node) if not isinstance(definition, Module) else ""
        unit = self._now[number]
        return f"{number}:{self._definitions.content(unit)}" if unit is not None else ""

    def position(self, path: str, line: int) -> tuple[int, int] | None:
        """A line as the number of the definition that it belongs to, and its number there."""
        found = self._definitions.by_line.get((path, line))
        return None if found is None else (self._number(found[0]), found[1])

    def line(self, number: int, nth: int) -> tuple[str, int] | None:
        """The path and the line of a position."""
        unit = self._now[number]
        return (unit.module.path, unit.lines[nth]) if unit is not None and nth < len(unit.lines) else None

    def assertions(self, line: int) -> tuple[tuple[int, int], ...]:
        """The positions of the ``assert`` statements that stand on a line of any file."""
        return tuple((self._number(address), nth) for address, nth in self._definitions.assertions.get(line, ()))

    def _number(self, address: Address) -> int:
        if address not in self._numbers:
            self._numbers[address] = len(self.addresses)
            self.addresses.append(address)
            self._now.append(self._definitions.units[address])
        return self._numbers[address]

    def _followed(self, address: Address) -> Unit | None:
        """A module whose file has another name now: where all classes and functions that are known of it went."""
        now = zip(self.addresses, self._now, strict=True)
        beside = {unit.address.path for known, unit in now if unit is not None and known.path == address.path}
        if len(beside) != 1:
            return None
        return self._definitions.units.get(Address(address.kind, beside.pop(), address.name))


def content(node: ast.AST) -> str:
    """What a definition says: its syntax without places, docstrings and its own name; of a class without methods.

    Whether a statement begins on the line of the one before it counts too: lines name steps.
    """
    total = hashlib.sha256()
    for word in _words(node, node, [0]):
        data = word.encode("utf-8", "surrogatepass")
        total.update(b"%d:" % len(data) + data)
    return total.hexdigest()[:16]


def _words(node: object, top: ast.AST, line: list[int]) -> Iterator[str]:
    if isinstance(node, list):
        yield f"[{len(node)}"
        for item in node:
            yield from _words(item, top, line)
    elif isinstance(node, ast.AST):
        yield type(node).__name__
        if isinstance(node, (ast.stmt, ast.ExceptHandler)):
            yield "same line" if node.lineno == line[0] else "new line"
            line[0] = node.lineno
        for name, value in ast.iter_fields(node):
            if (node is top and name == "name") or name == "type_comment":
                continue
            if name == "body" and isinstance(node, _DOCUMENTED):
                told = _face(value) if isinstance(top, ast.ClassDef) else _undocumented(value)
                yield from _words(told, top, line)
            else:
                yield from _words(value, top, line)
    else:
        yield f"{type(node).__name__} {node!r}"


def _undocumented(body: list[ast.stmt]) -> list[ast.stmt]:
    first = body[0] if len(body) > 1 else None
    match first:
        case ast.Expr(value=ast.Constant(value=str())):
            return body[1:]
    return body


def _face(body: list[ast.stmt]) -> list[ast.AST]:
    """A class without its methods: what it assigns, and the attributes that it has setters for."""
    setters = [d for s in body if isinstance(s, _DEFS) for d in s.decorator_list if isinstance(d, ast.Attribute)]
    return [*(s for s in _undocumented(body) if not isinstance(s, (*_DEFS, ast.Pass))), *setters]


def _lines(node: FunctionNode) -> tuple[int, ...]:
    found: set[int] = set()
    todo: list[ast.AST] = [node]
    while todo:
        at = todo.pop()
        if isinstance(at, (ast.stmt, ast.ExceptHandler)):
            found.add(at.lineno)
        if isinstance(at, _DEFS):
            found |= {decorator.lineno for decorator in at.decorator_list}
        inside = _undocumented(at.body) if isinstance(at, _DOCUMENTED) else ast.iter_child_nodes(at)
        todo += [c for c in inside if isinstance(c, (ast.stmt, ast.ExceptHandler, ast.match_case))]
    return tuple(sorted(found))


def _class_lines(body: list[ast.stmt]) -> Iterator[int]:
    yield from (s.lineno for s in _undocumented(body) if not isinstance(s, _DEFS))


def _defs(body: list[ast.stmt]) -> Iterator[FunctionNode]:
    for item in body:
        if isinstance(item, _DEFS):
            yield item
        elif isinstance(item, (ast.If, ast.Try)):
            yield from _defs([*item.body, *item.orelse])
