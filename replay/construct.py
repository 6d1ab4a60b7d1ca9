"""How an object is made as a specification has it, read from the target's source without running it.

The arguments follow the rules by which the static author chooses them: defaults stay, a class of the repository is made
in its turn, a collaborator that is taken for a key/value store becomes one in memory, one of which nothing is known a
fake of its calls, a number is the specification's, and anything else is a string of its own name.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from replay import collaborators
from replay.collaborators import Assumed, Fake, Use

_PLAIN = frozenset(
    {"int", "float", "str", "bytes", "bool", "Decimal", "dict", "list", "set", "tuple", "timedelta", "Path"}
    | {"Dict", "List", "Set", "object", "Any", "None", "Optional"}
)
_DEEPEST = 4


class CannotRebuild(Exception):
    """The object or a call cannot be written down; the text says why, in one line."""


@dataclass(frozen=True, slots=True)
class Made:
    """Python that makes an object: an expression, the (module path, class) that it names, and fakes to be defined."""

    text: str
    needs: tuple[tuple[str, str], ...] = ()
    fakes: tuple[Fake, ...] = ()


@dataclass(slots=True)
class Reader:
    """Reads source files below ``root``.

    ``assumed`` is what is taken for granted of collaborators, ``numbers`` what the constructor is given by parameter.
    """

    root: Path
    assumed: Assumed = field(default_factory=Assumed)
    numbers: Mapping[str, str] = field(default_factory=dict)
    _trees: dict[str, ast.Module] = field(default_factory=dict)

    def make(self, path: str, cls: str, depth: int = 0) -> Made:
        """The expression that makes an object of the class. Raises CannotRebuild."""
        if depth > _DEEPEST:
            raise CannotRebuild(f"{cls} needs an object that needs an object, and so on")
        init = self._method(path, cls, "__init__")
        needs = [(path, cls)]
        fakes: list[Fake] = []
        shown = []
        unnamed = init[2].args.posonlyargs if init else []
        for param, default in _parameters(init[2]) if init else self._fields(path, cls):
            where = init[0] if init else path
            made = self._argument(where, path, cls, param, default, depth)
            if made is not None:
                shown.append(made.text if param in unnamed else f"{param.arg}={made.text}")
                needs += made.needs
                fakes += made.fakes
        return Made(f"{cls}({', '.join(shown)})", tuple(dict.fromkeys(needs)), tuple(dict.fromkeys(fakes)))

    def call(self, path: str, cls: str | None, op: str, arguments: Mapping[str, str]) -> str:
        """``Call("hold", "v1")`` as Python text. Raises CannotRebuild."""
        function = self.operation(path, cls, op)
        real = {p.arg.strip("_") or "it": p.arg for p, _ in _parameters(function, bound=cls is not None)}
        if unknown := sorted(set(arguments) - set(real) - set(real.values())):
            raise CannotRebuild(f"{op} has no parameter {unknown[0]}")
        only = {p.arg for p in function.args.posonlyargs}
        shown = [f'"{function.name}"']
        known = {real.get(name, name): text for name, text in arguments.items()}
        leading = True
        for param, _ in _parameters(function, bound=cls is not None):
            if param.arg not in known:
                leading = False
            elif (leading or param.arg in only) and param not in function.args.kwonlyargs:
                shown.append(known[param.arg])
            else:
                shown.append(f"{param.arg}={known[param.arg]}")
        return f"Call({', '.join(shown)})"

    def operation(self, path: str, cls: str | None, op: str) -> ast.FunctionDef | ast.AsyncFunctionDef:
        """The method or function that a specification knows as ``op``. Raises CannotRebuild."""
        if cls is None:
            for node in self._tree(path).body:
                if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name.strip("_") == op.strip("_"):
                    return node
        else:
            found = self._method(path, cls, op)
            if found is not None:
                return found[2]
        raise CannotRebuild(f"{path} has no operation {op}" + (f" in {cls}" if cls else ""))

    def awaits(self, path: str, cls: str, attr: str) -> tuple[str, ...]:
        """The methods of the attribute that the class awaits, sorted."""
        found = set()
        for _, owner in self._lineage(path, cls):
            for node in ast.walk(owner):
                if isinstance(node, ast.Await | ast.AsyncWith) or _gathered(node):
                    for call in ast.walk(node):
                        if isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute):
                            held = call.func.value
                            if isinstance(held, ast.Attribute) and held.attr == attr:
                                found.add(call.func.attr)
                        if (
                            isinstance(call, ast.Call)
                            and isinstance(call.func, ast.Attribute)
                            and call.func.attr == attr
                        ):
                            found.add("__call__")
        return tuple(sorted(found))

    # Arguments of a constructor.

    def _argument(
        self, where: str, path: str, cls: str, param: ast.arg, default: ast.expr | None, depth: int
    ) -> Made | None:
        held = self._held_by(path, cls, param.arg)
        shown = (held[0] if held else param.arg).strip("_")
        annotated = _name(param.annotation)
        if shown in self.assumed.stores or param.arg.strip("_") in self.assumed.stores:
            return self._store(path, cls, held)
        found = self._find(where, annotated) if annotated else None
        if isinstance(default, ast.Constant) and default.value is None:
            return None if found or not self._uses(path, cls, held) else self._fake(path, cls, held)
        if found is not None:
            concrete = found if not self._interface(*found) else self._implementation(found)
            if concrete is not None:
                return self.make(*concrete, depth + 1)
            return self._fake(path, cls, held)
        if param.arg in self.numbers:
            return Made(self.numbers[param.arg])
        methods = frozenset(use.method for use in self._uses(path, cls, held)) - {"__call__"}
        if methods and annotated not in _PLAIN:
            matching = self._the_one_with(path, cls, methods)
            return self.make(*matching, depth + 1) if matching else self._fake(path, cls, held)
        if default is not None:
            return None
        if annotated in ("Callable", "Awaitable", "Coroutine"):
            return self._fake(path, cls, held)
        return Made({"bool": "True", "int": "1", "float": "1.0"}.get(annotated, repr(param.arg)))

    def _store(self, path: str, cls: str, held: list[str]) -> Made:
        raises = self._raises(self._uses(path, cls, held))
        awaits = self.awaits(path, cls, held[0]) if held else ()
        options = [f"awaits={list(awaits)!r}"] if awaits else []
        if raises:
            options.append(f"raises={{{', '.join(f'{m!r}: {text}' for m, (text, _) in sorted(raises.items()))}}}")
        return Made(f"Store({', '.join(options)})", tuple(need for _, needs in raises.values() for need in needs))

    def _fake(self, path: str, cls: str, held: list[str]) -> Made:
        found = self._uses(path, cls, held)
        if not found:
            return Made("Anything()")
        awaits = self.awaits(path, cls, held[0])
        one = collaborators.fake(held[0], found, awaits, self.assumed.values, self._raises(found))
        return Made(f"{one.name}()", one.needs, (one,))

    def _uses(self, path: str, cls: str, held: list[str]) -> list[Use]:
        return [u for where, owner in self._lineage(path, cls) for u in collaborators.uses(where, owner, held)]

    def _raises(self, found: list[Use]) -> Mapping[str, tuple[str, tuple[tuple[str, str], ...]]]:
        """By method, the expression for what its calls may raise, and what that needs."""
        told = collaborators.raised(found, self.assumed)
        named = {m: collaborators.exception(path, self._tree(path), name) for m, (path, name) in told.items()}
        return {method: one for method, one in named.items() if one is not None}

    def _held_by(self, path: str, cls: str, param: str) -> list[str]:
        """Attributes that the constructor makes of the parameter, or that of a base to which it is handed."""
        owners = [
            node
            for _, owner in self._lineage(path, cls)
            for node in owner.body
            if isinstance(node, ast.FunctionDef) and node.name == "__init__"
        ]
        for init in owners:
            if out := _attributes_made_of(init, param):
                return out
        return [] if owners else [param]

    # Classes.

    def _tree(self, path: str) -> ast.Module:
        if path not in self._trees:
            file = (self.root / path).resolve()
            try:
                if not file.is_relative_to(self.root.resolve()):
                    raise CannotRebuild(f"{path} lies outside the repository")
                self._trees[path] = ast.parse(file.read_text(encoding="utf-8", errors="replace"))
            except (OSError, SyntaxError, ValueError) as error:
                raise CannotRebuild(f"{path} cannot be read: {error}") from error
        return self._trees[path]

    def _class(self, path: str, name: str) -> ast.ClassDef | None:
        body = self._tree(path).body
        return next((n for n in body if isinstance(n, ast.ClassDef) and n.name == name), None)

    def _find(self, path: str, name: str) -> tuple[str, str] | None:
        """Where the class called ``name`` in a file is defined, if in the repository."""
        if self._class(path, name):
            return path, name
        for node in ast.walk(self._tree(path)):
            if not isinstance(node, ast.ImportFrom):
                continue
            for alias in node.names:
                if (alias.asname or alias.name) != name:
                    continue
                for file in self._files(path, node):
                    if self._class(file, alias.name):
                        return file, alias.name
                    if file.endswith("__init__.py") and file != path and (found := self._find(file, alias.name)):
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

    def _lineage(self, path: str, cls: str, depth: int = 0) -> list[tuple[str, ast.ClassDef]]:
        """The class and its bases in the repository, the class itself first."""
        node = self._class(path, cls)
        if node is None:
            raise CannotRebuild(f"{path} has no class {cls}")
        out = [(path, node)]
        for base in node.bases if depth < _DEEPEST else ():
            found = self._find(path, _name(base))
            if found is not None:
                out += self._lineage(*found, depth + 1)
        return out

    def _method(
        self, path: str, cls: str, name: str
    ) -> tuple[str, ast.ClassDef, ast.FunctionDef | ast.AsyncFunctionDef] | None:
        for where, owner in self._lineage(path, cls):
            for node in owner.body:
                if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                    continue
                if node.name == name or (name != "__init__" and node.name.strip("_") == name.strip("_")):
                    return where, owner, node
        return None

    def _fields(self, path: str, cls: str) -> list[tuple[ast.arg, ast.expr | None]]:
        """The parameters of a dataclass's own constructor that have no default."""
        node = self._class(path, cls)
        decorators = {_name(d.func if isinstance(d, ast.Call) else d) for d in node.decorator_list} if node else set()
        if node is None or not decorators & {"dataclass", "define"}:
            return []
        fields = [n for n in node.body if isinstance(n, ast.AnnAssign) and isinstance(n.target, ast.Name)]
        return [(ast.arg(f.target.id, f.annotation), None) for f in fields if f.value is None]  # type: ignore[union-attr]

    def _interface(self, path: str, cls: str) -> bool:
        node = self._class(path, cls)
        if node is None or any(_name(base) == "Protocol" for base in node.bases):
            return True
        methods = [n for n in node.body if isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef)]
        methods = [m for m in methods if not m.name.startswith("__")]
        return bool(methods) and all(_is_stub(m) for m in methods)

    def _implementation(self, interface: tuple[str, str]) -> tuple[str, str] | None:
        """The one class of the interface's package that names it as its base."""
        found = []
        for file in sorted((self.root / interface[0]).parent.rglob("*.py")):
            path = file.relative_to(self.root).as_posix()
            classes = [node for node in self._tree(path).body if isinstance(node, ast.ClassDef)]
            found += [(path, c.name) for c in classes if any(self._find(path, _name(b)) == interface for b in c.bases)]
        return self._only(found)

    def _the_one_with(self, path: str, cls: str, methods: frozenset[str]) -> tuple[str, str] | None:
        """The one other class of the package that has these methods."""
        found = []
        for file in sorted((self.root / path).parent.rglob("*.py")):
            other = file.relative_to(self.root).as_posix()
            for node in self._tree(other).body:
                if isinstance(node, ast.ClassDef) and node.name != cls and not self._interface(other, node.name):
                    own = {n.name for n in node.body if isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef)}
                    if methods <= own:
                        found.append((other, node.name))
        return self._only(found)

    def _only(self, found: list[tuple[str, str]]) -> tuple[str, str] | None:
        """The only one, or the only one whose module imports nothing but itself and Python's own library."""
        if len(found) > 1:
            found = [one for one in found if _self_contained(self._tree(one[0]))]
        return found[0] if len(found) == 1 else None


def _parameters(
    function: ast.FunctionDef | ast.AsyncFunctionDef, bound: bool = True
) -> list[tuple[ast.arg, ast.expr | None]]:
    spec = function.args
    plain = [*spec.posonlyargs, *spec.args]
    defaults: list[ast.expr | None] = [None] * (len(plain) - len(spec.defaults)) + [*spec.defaults]
    static = any(_name(d) == "staticmethod" for d in function.decorator_list)
    pairs = list(zip(plain, defaults, strict=True))
    return pairs[1 if bound and not static else 0 :] + list(zip(spec.kwonlyargs, spec.kw_defaults, strict=True))


def _name(node: ast.expr | None) -> str:
    match node:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name
        case ast.Constant(value=str() as text):
            return text.rpartition(".")[2].partition("[")[0]
        case ast.Subscript(value=value):
            return _name(value)
        case ast.BinOp(left=left, right=right):
            return _name(left) if _name(left) != "None" else _name(right)
    return ""


def _attributes_made_of(init: ast.FunctionDef, param: str) -> list[str]:
    out = []
    for node in ast.walk(init):
        value = getattr(node, "value", None)
        if not isinstance(node, ast.Assign | ast.AnnAssign) or value is None:
            continue
        if any(isinstance(n, ast.Name) and n.id == param for n in ast.walk(value)):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            out += [t.attr for t in targets if isinstance(t, ast.Attribute)]
    return out


def _self_contained(tree: ast.Module) -> bool:
    for node in ast.walk(tree):
        names = [a.name for a in node.names] if isinstance(node, ast.Import) else []
        if isinstance(node, ast.ImportFrom) and not node.level:
            names = [node.module or ""]
        if any(name.partition(".")[0] not in sys.stdlib_module_names for name in names):
            return False
    return True


def _gathered(node: ast.AST) -> bool:
    return isinstance(node, ast.Call) and _name(node.func) in {"gather", "create_task", "ensure_future", "wait_for"}


def _is_stub(function: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    return all(
        isinstance(n, ast.Pass)
        or (isinstance(n, ast.Expr) and isinstance(n.value, ast.Constant))
        or (isinstance(n, ast.Raise) and "NotImplemented" in ast.unparse(n))
        for n in function.body
    )
