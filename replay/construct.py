"""How an object is made as a specification has it, read from the target's source without running it.

The arguments follow the rules by which the static author chooses them: defaults stay, a class of the repository is made
in its turn, a collaborator that is taken for a key/value store becomes one in memory, one of which nothing is known a
fake of its calls, a number is the specification's, and anything else is a string of its own name.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from replay import collaborators
from replay.classes import CannotRebuild, Classes, name_of
from replay.collaborators import Assumed, Fake, Use

_PLAIN = frozenset(
    {"int", "float", "str", "bytes", "bool", "Decimal", "dict", "list", "set", "tuple", "timedelta", "Path"}
    | {"Dict", "List", "Set", "object", "Any", "None", "Optional"}
)
_DEEPEST = 4


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
    _classes: Classes = field(init=False)
    _named: dict[str, tuple[str, str]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._classes = Classes(self.root)

    def make(self, path: str, cls: str, depth: int = 0) -> Made:
        """The expression that makes an object of the class. Raises CannotRebuild."""
        if depth > _DEEPEST:
            raise CannotRebuild(f"{cls} needs an object that needs an object, and so on")
        init = self._classes.method(path, cls, "__init__")
        needs = [(path, cls)]
        fakes: list[Fake] = []
        shown = []
        unnamed = init[2].args.posonlyargs if init else []
        for param, default in _parameters(init[2]) if init else self._classes.fields(path, cls):
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
            for node in self._classes.tree(path).body:
                if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name.strip("_") == op.strip("_"):
                    return node
        else:
            found = self._classes.method(path, cls, op)
            if found is not None:
                return found[2]
        raise CannotRebuild(f"{path} has no operation {op}" + (f" in {cls}" if cls else ""))

    def awaits(self, path: str, cls: str, attr: str) -> tuple[str, ...]:
        """The methods of the attribute that the class awaits, sorted."""
        found = set()
        for _, owner in self._classes.lineage(path, cls):
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
        annotated = name_of(param.annotation)
        if shown in self.assumed.stores or param.arg.strip("_") in self.assumed.stores:
            return self._store(path, cls, held)
        found = self._classes.find(where, annotated) if annotated else None
        if isinstance(default, ast.Constant) and default.value is None:
            return None if found or not self._uses(path, cls, held) else self._fake(path, cls, held)
        if found is not None:
            concrete = found if not self._classes.interface(*found) else self._classes.implementation(found)
            if concrete is not None:
                return self.make(*concrete, depth + 1)
            return self._fake(path, cls, held)
        if param.arg in self.numbers:
            return Made(self.numbers[param.arg])
        methods = frozenset(use.method for use in self._uses(path, cls, held)) - {"__call__"}
        if methods and annotated not in _PLAIN:
            matching = self._classes.the_one_with(path, cls, methods)
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
        name = collaborators.class_name(held[0])
        if self._named.setdefault(name, (path, cls)) != (path, cls):
            name = f"{name}Of{cls}"
        one = collaborators.fake(name, held[0], found, awaits, self.assumed.values, self._raises(found))
        return Made(f"{one.name}()", one.needs, (one,))

    def _uses(self, path: str, cls: str, held: list[str]) -> list[Use]:
        return [u for where, owner in self._classes.lineage(path, cls) for u in collaborators.uses(where, owner, held)]

    def _raises(self, found: list[Use]) -> Mapping[str, tuple[str, tuple[tuple[str, str], ...]]]:
        """By method, the expression for what its calls may raise, and what that needs."""
        told = collaborators.raised(found, self.assumed)
        named = {m: collaborators.exception(path, self._classes.tree(path), name) for m, (path, name) in told.items()}
        return {method: one for method, one in named.items() if one is not None}

    def _held_by(self, path: str, cls: str, param: str) -> list[str]:
        """Attributes that the constructor makes of the parameter, or that of a base to which it is handed."""
        owners = [
            node
            for _, owner in self._classes.lineage(path, cls)
            for node in owner.body
            if isinstance(node, ast.FunctionDef) and node.name == "__init__"
        ]
        for init in owners:
            if out := _attributes_made_of(init, param):
                return out
        return [] if owners else [param]


def _parameters(
    function: ast.FunctionDef | ast.AsyncFunctionDef, bound: bool = True
) -> list[tuple[ast.arg, ast.expr | None]]:
    spec = function.args
    plain = [*spec.posonlyargs, *spec.args]
    defaults: list[ast.expr | None] = [None] * (len(plain) - len(spec.defaults)) + [*spec.defaults]
    static = any(name_of(d) == "staticmethod" for d in function.decorator_list)
    pairs = list(zip(plain, defaults, strict=True))
    return pairs[1 if bound and not static else 0 :] + list(zip(spec.kwonlyargs, spec.kw_defaults, strict=True))


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


def _gathered(node: ast.AST) -> bool:
    return isinstance(node, ast.Call) and name_of(node.func) in {"gather", "create_task", "ensure_future", "wait_for"}
