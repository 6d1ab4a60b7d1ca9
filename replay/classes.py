"""Classes of the target, found in its source without running it."""

from __future__ import annotations

import ast
import sys
from dataclasses import dataclass, field
from pathlib import Path

_DEEPEST = 4


class CannotRebuild(Exception):
    """The object or a call cannot be written down; the text says why, in one line."""


@dataclass(slots=True)
class Classes:
    """The classes in source files below ``root``; a class is known by its file's path and its name."""

    root: Path
    _trees: dict[str, ast.Module] = field(default_factory=dict)

    def tree(self, path: str) -> ast.Module:
        """The syntax of a file. Raises CannotRebuild where it cannot be read."""
        if path not in self._trees:
            file = (self.root / path).resolve()
            try:
                if not file.is_relative_to(self.root.resolve()):
                    raise CannotRebuild(f"{path} lies outside the repository")
                self._trees[path] = ast.parse(file.read_text(encoding="utf-8", errors="replace"))
            except (OSError, SyntaxError, ValueError) as error:
                raise CannotRebuild(f"{path} cannot be read: {error}") from error
        return self._trees[path]

    def of(self, path: str, name: str) -> ast.ClassDef | None:
        """The class that the file itself defines at its top."""
        body = self.tree(path).body
        return next((n for n in body if isinstance(n, ast.ClassDef) and n.name == name), None)

    def find(self, path: str, name: str) -> tuple[str, str] | None:
        """Where the class called ``name`` in a file is defined, if in the repository."""
        if self.of(path, name):
            return path, name
        for node in ast.walk(self.tree(path)):
            if not isinstance(node, ast.ImportFrom):
                continue
            for alias in node.names:
                if (alias.asname or alias.name) != name:
                    continue
                for file in self._files(path, node):
                    if self.of(file, alias.name):
                        return file, alias.name
                    if file.endswith("__init__.py") and file != path and (found := self.find(file, alias.name)):
                        return found
        return None

    def _files(self, path: str, node: ast.ImportFrom) -> list[str]:
        parts = (node.module or "").split(".") if node.module else []
        homes = [Path(path).parents[node.level - 1]] if node.level else list(Path(path).parents)
        found = []
        for home in homes:
            for ending in (
                Path(*parts).with_suffix(".py") if parts else Path("__init__.py"),
                Path(*parts, "__init__.py"),
            ):
                file = home / ending
                if (self.root / file).is_file():
                    found.append(file.as_posix())
        return found

    def lineage(self, path: str, cls: str, depth: int = 0) -> list[tuple[str, ast.ClassDef]]:
        """The class and its bases in the repository, the class itself first."""
        node = self.of(path, cls)
        if node is None:
            raise CannotRebuild(f"{path} has no class {cls}")
        out = [(path, node)]
        for base in node.bases if depth < _DEEPEST else ():
            found = self.find(path, name_of(base))
            if found is not None:
                out += self.lineage(*found, depth + 1)
        return out

    def method(
        self, path: str, cls: str, name: str
    ) -> tuple[str, ast.ClassDef, ast.FunctionDef | ast.AsyncFunctionDef] | None:
        """The method, with the file and the class that define it; underscores around its name do not count."""
        for where, owner in self.lineage(path, cls):
            for node in owner.body:
                if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                    continue
                if node.name == name or (name != "__init__" and node.name.strip("_") == name.strip("_")):
                    return where, owner, node
        return None

    def fields(self, path: str, cls: str) -> list[tuple[ast.arg, ast.expr | None]]:
        """The parameters of a dataclass's own constructor that have no default."""
        node = self.of(path, cls)
        decorators = {name_of(d.func if isinstance(d, ast.Call) else d) for d in node.decorator_list} if node else set()
        if node is None or not decorators & {"dataclass", "define"}:
            return []
        fields = [n for n in node.body if isinstance(n, ast.AnnAssign) and isinstance(n.target, ast.Name)]
        return [(ast.arg(f.target.id, f.annotation), None) for f in fields if f.value is None]  # type: ignore[union-attr]

    def interface(self, path: str, cls: str) -> bool:
        """Whether the class only says what others have to do."""
        node = self.of(path, cls)
        if node is None or any(name_of(base) == "Protocol" for base in node.bases):
            return True
        methods = [n for n in node.body if isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef)]
        methods = [m for m in methods if not m.name.startswith("__")]
        return bool(methods) and all(_is_stub(m) for m in methods)

    def implementation(self, interface: tuple[str, str]) -> tuple[str, str] | None:
        """The one class of the interface's package that names it as its base."""
        found = []
        for file in sorted((self.root / interface[0]).parent.rglob("*.py")):
            path = file.relative_to(self.root).as_posix()
            classes = [node for node in self.tree(path).body if isinstance(node, ast.ClassDef)]
            found += [(path, c.name) for c in classes if any(self.find(path, name_of(b)) == interface for b in c.bases)]
        return self._only(found)

    def the_one_with(self, path: str, cls: str, methods: frozenset[str]) -> tuple[str, str] | None:
        """The one other class of the package that has these methods."""
        found = []
        for file in sorted((self.root / path).parent.rglob("*.py")):
            other = file.relative_to(self.root).as_posix()
            for node in self.tree(other).body:
                if isinstance(node, ast.ClassDef) and node.name != cls and not self.interface(other, node.name):
                    own = {n.name for n in node.body if isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef)}
                    if methods <= own:
                        found.append((other, node.name))
        return self._only(found)

    def _only(self, found: list[tuple[str, str]]) -> tuple[str, str] | None:
        """The only one, or the only one whose module imports nothing but itself and Python's own library."""
        if len(found) > 1:
            found = [one for one in found if _self_contained(self.tree(one[0]))]
        return found[0] if len(found) == 1 else None


def name_of(node: ast.expr | None) -> str:
    """The last name in an annotation, a base or a decorator; "" where there is none."""
    match node:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name
        case ast.Constant(value=str() as text):
            return text.rpartition(".")[2].partition("[")[0]
        case ast.Subscript(value=value):
            return name_of(value)
        case ast.BinOp(left=left, right=right):
            return name_of(left) if name_of(left) != "None" else name_of(right)
    return ""


def _self_contained(tree: ast.Module) -> bool:
    for node in ast.walk(tree):
        names = [a.name for a in node.names] if isinstance(node, ast.Import) else []
        if isinstance(node, ast.ImportFrom) and not node.level:
            names = [node.module or ""]
        if any(name.partition(".")[0] not in sys.stdlib_module_names for name in names):
            return False
    return True


def _is_stub(function: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    return all(
        isinstance(n, ast.Pass)
        or (isinstance(n, ast.Expr) and isinstance(n.value, ast.Constant))
        or (isinstance(n, ast.Raise) and "NotImplemented" in ast.unparse(n))
        for n in function.body
    )
