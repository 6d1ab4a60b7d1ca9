"""The sources of a feature, with their names resolved: what a name means, what a class inherits, what is an exception.

Facts say which files there are; each is parsed with the standard library's ``ast`` (a file that ``ast`` rejects is left
to the facts' problems). Nothing is imported.
"""

from __future__ import annotations

import ast
import builtins
from collections.abc import Sequence
from functools import cached_property

from extractor.types import Facts
from specgen.source import Class, Function, Module, module_of
from specgen.usage import Usage


class Sources:
    """All modules of a feature. ``rejected`` maps a path to why ``ast`` could not parse it."""

    def __init__(self, facts: Facts) -> None:
        self.feature = facts.feature
        self.modules: dict[str, Module] = {}
        self.rejected: dict[str, str] = {}
        for file in facts.files:
            if file.language != "python" or not file.text:
                continue
            try:
                tree = ast.parse(file.text)
            except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
                self.rejected[file.path] = f"{type(error).__name__}: {error}"
                continue
            self.modules[file.path] = module_of(file.path, tree, file.text.splitlines())
        self._classes: dict[str, list[Class]] = {}
        for module in self.modules.values():
            for cls in module.classes.values():
                self._classes.setdefault(cls.name, []).append(cls)

    @cached_property
    def usage(self) -> Usage:
        """How the feature uses names."""
        usage = Usage()
        for module in self.modules.values():
            usage.add(module)
        return usage

    def find_class(self, name: str, near: Module | None = None) -> Class | None:
        """The class of that name: in ``near`` first, else through its imports, else the only one."""
        if near is not None:
            if name in near.classes:
                return near.classes[name]
            name = near.imports.get(name, name)
        candidates = self._classes.get(name.rpartition(".")[2], [])
        return candidates[0] if len(candidates) == 1 else None

    def enum_of(self, names: str) -> Class | None:
        """The one enumeration that has all of these members, given with spaces between."""
        wanted = set(names.split())
        known = (c for module in self.modules.values() for c in module.classes.values() if c.is_enum)
        found = [cls for cls in known if wanted <= {*cls.assigned()}]
        return found[0] if wanted and len(found) == 1 else None

    def find_module(self, target: str, near: Module) -> Module | None:
        """The feature's module that an import names: ``.locks`` beside ``near``, or one known by its whole path."""
        name = target.lstrip(".")
        if not name or (name == target and "." not in name):
            return None
        tail = name.replace(".", "/")
        if target.startswith("."):
            above = near.path.split("/")[: -target.index(name)]
            for path in ("/".join([*above, f"{tail}.py"]), "/".join([*above, tail, "__init__.py"])):
                if path in self.modules:
                    return self.modules[path]
            return None
        found = [m for m in self.modules.values() if f"/{m.path}".endswith((f"/{tail}.py", f"/{tail}/__init__.py"))]
        return found[0] if len(found) == 1 else None

    def find_function(self, name: str, near: Module) -> Function | None:
        """The function of that name in ``near``, or the one that an import of the feature brings there."""
        if name in near.functions:
            return near.functions[name]
        target = near.imports.get(name)
        if target is None:
            return None
        package, _, last = target.rpartition(".")
        for module in self.modules.values():
            stem = module.path.removesuffix(".py").replace("/", ".")
            if last in module.functions and (package or target.startswith(".")) and stem.endswith(package.lstrip(".")):
                return module.functions[last]
        return None

    def below(self, path: str) -> str:
        """The path as seen from the feature; "" for a feature that is one file."""
        return path.removeprefix(self.feature).removeprefix("/")

    def mro(self, cls: Class) -> list[Class]:
        """The class and its in-feature bases, depth first, each once."""
        order: list[Class] = []
        todo = [cls]
        while todo:
            current = todo.pop(0)
            if current in order:
                continue
            order.append(current)
            found = [self.find_base(current, b) for b in current.bases]
            todo = [b for b in found if b is not None] + todo
        return order

    def find_base(self, cls: Class, base: str) -> Class | None:
        """The class of the feature that a base of ``cls`` names; ``class Channel(virtual.Channel)`` is not its own."""
        found = self.find_class(base.rpartition(".")[2], cls.module)
        if found is not cls:
            return found
        others = [c for c in self._classes.get(cls.name, []) if c is not cls]
        return others[0] if len(others) == 1 else None

    def method(self, cls: Class, name: str) -> Function | None:
        """The method that a call on an instance reaches, inherited ones included."""
        return self.inherited(self.mro(cls), name)

    def inherited(self, order: Sequence[Class], name: str) -> Function | None:
        """The method of the first class in that order that has it."""
        return next((found for cls in order if (found := self.own_method(cls, name)) is not None), None)

    def own_method(self, cls: Class, name: str) -> Function | None:
        """The method that the class itself defines."""
        return cls.methods.get(name)

    def is_assigned(self, attr: str) -> bool:
        """Whether a function other than a constructor assigns an attribute of that name."""
        return attr in self.usage.assigned

    def is_reshuffled(self, name: str) -> bool:
        """Whether code takes items out of a container of that name, or puts others in their place."""
        return name in self.usage.reshuffled

    def is_changed(self, name: str) -> bool:
        """Whether code adds items to a container of that name, takes some out, or puts others in their place."""
        return name in self.usage.reshuffled or name in self.usage.grown

    def is_global_assigned(self, module: Module, name: str) -> bool:
        """Whether a function of the module assigns that global."""
        return name in self.usage.globals_assigned.get(module.path, set())

    def has_field(self, cls: Class, attr: str) -> bool:
        """Whether instances of the class are given that attribute somewhere."""
        return any(attr in self.usage.fields(owner) for owner in self.mro(cls))

    def binding(self, module: Module, name: str) -> Class | Function | str | None:
        """What the module itself means by a name: "global" or "declared" for a variable, else what an import says."""
        if name in module.classes:
            return module.classes[name]
        if name in module.functions:
            return module.functions[name]
        if name in module.globals:
            return "global" if module.globals[name] is not None else "declared"
        return module.imports.get(name)

    def external_bases(self, cls: Class) -> list[str]:
        """Bases that the feature does not define, ``object`` and the like aside."""
        plain = {"object", "Generic", "Protocol", "ABC", "typing.Generic", "abc.ABC"}
        return [b for c in self.mro(cls) for b in c.bases if b not in plain and self.find_base(c, b) is None]

    def is_exception(self, name: str, near: Module | None = None) -> bool:
        """True if the name is a class that derives from BaseException, as far as can be seen."""
        return "BaseException" in self.exception_ancestors(name, near)

    def exception_ancestors(self, name: str, near: Module | None = None) -> list[str]:
        """Names of the exception class and of its bases, most special first; ends in BaseException."""
        short = name.rpartition(".")[2]
        cls = self.find_class(short, near)
        if cls is not None:
            family = self.mro(cls)
            outside = [b.rpartition(".")[2] for c in family for b in c.bases if self.find_base(c, b) is None]
            above = [a for b in outside for a in self._outside_ancestors(b)]
            return list(dict.fromkeys([c.name for c in family] + above))
        return self._outside_ancestors(short)

    def _outside_ancestors(self, short: str) -> list[str]:
        if short in _EXTERNAL_EXCEPTIONS:
            return [short, *self._outside_ancestors(_EXTERNAL_EXCEPTIONS[short])]
        known = getattr(builtins, short, None)
        if isinstance(known, type) and issubclass(known, BaseException):
            return [k.__name__ for k in known.__mro__ if k is not object]
        if short.endswith(("Error", "Exception", "Warning")):
            return [short, "Exception", "BaseException"]
        return [short]


_EXTERNAL_EXCEPTIONS = {
    "CancelledError": "BaseException",
    "Empty": "Exception",
    "Full": "Exception",
    "QueueEmpty": "Exception",
    "QueueFull": "Exception",
    "ShutDown": "Exception",
    "QueueShutDown": "Exception",
    "InvalidStateError": "Exception",
    "BrokenBarrierError": "RuntimeError",
    "FrozenInstanceError": "AttributeError",
}
