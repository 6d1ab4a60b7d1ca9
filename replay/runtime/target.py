"""The code under replay: imported as it is; ``threading``, ``time`` and such are stand-ins for it."""

from __future__ import annotations

import builtins
import dis
import importlib
import os
import sys
from collections import deque
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import CodeType, FunctionType, ModuleType
from typing import Any


class Target:
    """A repository whose modules can be imported. ``stand_ins`` are given to its modules instead of the real ones."""

    def __init__(self, root: Path, stand_ins: Mapping[str, ModuleType]) -> None:
        self.root = root.resolve()
        self._below = f"{self.root}{os.sep}"
        self._stand_ins = stand_ins
        self._kept: list[tuple[Any, Any]] = []
        self._globals: list[tuple[ModuleType, dict[str, Any]]] = []

    @contextmanager
    def open(self) -> Iterator[None]:
        """Within it, the target's modules can be imported, and see the stand-ins, whenever they import."""
        real = builtins.__import__

        def ours(name: str, space: Any = None, local: Any = None, wanted: Any = (), level: int = 0) -> Any:
            if level == 0 and name in self._stand_ins and space:
                file = space.get("__file__") or ""
                if str(file).startswith(self._below):
                    return self._stand_ins[name if wanted else name.partition(".")[0]]
            return real(name, space, local, wanted, level)

        builtins.__import__ = ours  # type: ignore[assignment]
        written, sys.dont_write_bytecode = sys.dont_write_bytecode, True
        try:
            yield
        finally:
            builtins.__import__ = real
            sys.dont_write_bytecode = written

    def load(self, path: str) -> ModuleType:
        """The module of a file of the repository. Raises whatever its import raises."""
        file = self.root / path
        home = file.parent
        while (home / "__init__.py").is_file() and home != self.root:
            home = home.parent
        for place in (self.root, home):
            if str(place) not in sys.path:
                sys.path.insert(0, str(place))
        parts = list(file.relative_to(home).with_suffix("").parts)
        if parts[-1] == "__init__":
            parts.pop()
        return importlib.import_module(".".join(parts))

    def keep(self) -> None:
        """Remember what the modules and classes of the repository hold, for ``restore``."""
        for module in list(sys.modules.values()):
            if not (getattr(module, "__file__", None) or "").startswith(self._below):
                continue
            self._globals.append((module, dict(vars(module))))
            for value in vars(module).values():
                self._keep(value)
                if isinstance(value, type) and value.__module__ == module.__name__:
                    for held in vars(value).values():
                        self._keep(held)

    def _keep(self, value: Any) -> None:
        if type(value) in (list, dict, set, deque):
            self._kept.append((value, type(value)(value)))

    def restore(self) -> None:
        """Give modules and classes what they held, before a run."""
        for module, names in self._globals:
            for name, value in names.items():
                if vars(module).get(name, self) is not value:
                    setattr(module, name, value)
        for value, copy in self._kept:
            if value != copy:
                value.clear()
                value.update(copy) if isinstance(value, (dict, set)) else value.extend(copy)

    def fresh(self, module: ModuleType) -> None:
        """Run a module's code again, for its globals as they begin."""
        importlib.reload(module)


def changing(module: ModuleType) -> frozenset[str]:
    """The globals that functions of the module assign."""
    names: set[str] = set()

    def walk(code: CodeType) -> None:
        names.update(str(i.argval) for i in dis.get_instructions(code) if i.opname == "STORE_GLOBAL")
        for const in code.co_consts:
            if isinstance(const, CodeType):
                walk(const)

    for value in list(vars(module).values()):
        if isinstance(value, FunctionType) and value.__module__ == module.__name__:
            walk(value.__code__)
    return frozenset(names)
