"""Which in-feature symbol a call reaches, where the source leaves no doubt.

No doubt means: the name is bound once, by that definition, and no subclass in the feature overrides the method.
Whatever code outside the feature may rebind is out of sight, as it is for any reader of the source.
"""

from __future__ import annotations

import posixpath
from typing import Any

_PACKAGE = "__init__"


class Resolver:
    """Knows every file's rows by path. ``resolve`` gives ``path:qualname`` or None."""

    def __init__(self, files: dict[str, dict[str, Any]], packages: frozenset[str]) -> None:
        self._files = files
        self._modules = _modules(files, packages)
        self._symbols: dict[str, dict[str, list[int]]] = {
            path: _by_qualname(rows["symbols"]) for path, rows in files.items()
        }
        self._bound: dict[str, dict[int, set[str]]] = {
            path: {int(owner): set(names) for owner, names in rows["bound"].items()} for path, rows in files.items()
        }
        self._seen: dict[tuple[str, int, str], str | None] = {}
        self._overriders: dict[tuple[str, str], list[tuple[str, str]]] | None = None

    def resolve(self, path: str, owner: int, callee: str) -> str | None:
        """The symbol that ``callee``, called in definition ``owner`` of the file ``path``, stands for."""
        key = (path, owner, callee)
        if key not in self._seen:
            self._seen[key] = self._resolve(path, owner, callee)
        return self._seen[key]

    def _resolve(self, path: str, owner: int, callee: str) -> str | None:
        if "(" in callee or "[" in callee:
            return None
        root, *rest = callee.split(".")
        cls, receiver = self._receiver(path, owner)
        if cls is not None and root == receiver:
            if len(rest) == 1:
                return self._method((path, cls), rest[0])
            if len(rest) == 2:
                return self._through_field(path, cls, rest[0], rest[1])
            return None
        found = self._name(path, owner, root)
        for part in rest:
            if found is None:
                return None
            found = self._member(found, part)
        if found is None or found[1] == "":
            return None
        return f"{found[0]}:{found[1]}"

    def _receiver(self, path: str, owner: int) -> tuple[str | None, str]:
        """The class that a method, or code inside it, belongs to, and the name of its first parameter."""
        symbols = self._files[path]["symbols"]
        while owner >= 0:
            kind, _, _, _, _, _, decorators, params, _, parent = symbols[owner]
            if kind == "method":
                if not params or "staticmethod" in decorators:
                    return None, ""
                return symbols[parent][2], params[0][0]
            if params and any(param[0] in ("self", "cls") for param in params):
                return None, ""  # an inner function with a ``self`` of its own
            owner = parent
        return None, ""

    def _name(self, path: str, owner: int, name: str) -> tuple[str, str] | None:
        """(path, qualname) of what a plain name means in a definition; the qualname "" is a module itself."""
        symbols = self._files[path]["symbols"]
        while owner >= 0:
            kind, _, qualname, *_, parent = symbols[owner]
            if kind != "class":
                inner = f"{qualname}.{name}"
                if name in self._bound[path].get(owner, ()):
                    return None
                if inner in self._symbols[path]:
                    return (path, inner) if len(self._symbols[path][inner]) == 1 else None
            owner = parent
        imported = self._files[path]["imports"].get(name)
        if name in self._bound[path].get(-1, ()):
            return None
        defined = self._symbols[path].get(name)
        if defined is not None:
            return (path, name) if len(defined) == 1 and imported is None else None
        return self._imported(path, imported) if imported is not None else None

    def _imported(self, path: str, dotted: str, depth: int = 0) -> tuple[str, str] | None:
        """The longest part of a dotted name that is a module of the feature, then what is in it."""
        if depth > 10:
            return None
        if dotted.startswith("."):
            dotted = _absolute(path, dotted)
        parts = dotted.split(".")
        for cut in range(len(parts), 0, -1):
            file = self._modules.get(".".join(parts[:cut]))
            if file is not None:
                found: tuple[str, str] | None = (file, "")
                for part in parts[cut:]:
                    found = self._member(found, part, depth + 1) if found is not None else None
                return found
        return None

    def _member(self, holder: tuple[str, str], name: str, depth: int = 0) -> tuple[str, str] | None:
        path, qualname = holder
        if qualname:
            defined = self._symbols[path].get(f"{qualname}.{name}")
            return (path, f"{qualname}.{name}") if defined is not None and len(defined) == 1 else None
        if name in self._bound[path].get(-1, ()):
            return None
        defined = self._symbols[path].get(name)
        if defined is not None:
            return (path, name) if len(defined) == 1 else None
        imported = self._files[path]["imports"].get(name)
        if imported is not None:
            return self._imported(path, imported, depth + 1)
        submodule = self._modules.get(f"{_full(path)}.{name}")
        return (submodule, "") if submodule is not None else None

    def _through_field(self, path: str, cls: str, attribute: str, method: str) -> str | None:
        """``self.store.put`` where every value seen for ``self.store`` is of one in-feature class."""
        index = self._symbols[path].get(cls, [-1])[0]
        kind = self._files[path]["fields"].get(str(index), {}).get(attribute)
        if not kind:
            return None
        held = self._class(path, kind)
        return self._method(held, method) if held is not None else None

    def _class(self, path: str, name: str) -> tuple[str, str] | None:
        root, *rest = name.split(".")
        found = self._name(path, -1, root)
        for part in rest:
            found = self._member(found, part) if found is not None else None
        if found is None or not found[1]:
            return None
        (index,) = self._symbols[found[0]][found[1]]
        return found if self._files[found[0]]["symbols"][index][0] == "class" else None

    def _method(self, cls: tuple[str, str], name: str) -> str | None:
        """The definition that every object of the class (or of a subclass in the feature) has."""
        found = self._inherited(cls, name, set())
        if found is None or self._overridden(cls, name, set()):
            return None
        return f"{found[0]}:{found[1]}"

    def _inherited(self, cls: tuple[str, str], name: str, seen: set[tuple[str, str]]) -> tuple[str, str] | None:
        path, qualname = cls
        if cls in seen:
            return None
        seen.add(cls)
        own = self._symbols[path].get(f"{qualname}.{name}")
        indices = self._symbols[path].get(qualname, [])
        if len(indices) != 1:
            return None
        if own is not None:
            return (path, f"{qualname}.{name}") if len(own) == 1 else None
        for base in self._files[path]["symbols"][indices[0]][5]:
            known = self._class(path, base.partition("[")[0])
            if known is None:
                if base.partition("[")[0] in ("object", "Generic", "Protocol", "ABC", "abc.ABC"):
                    continue
                return None
            found = self._inherited(known, name, seen)
            if found is not None:
                return found
        return None

    def _overridden(self, cls: tuple[str, str], name: str, seen: set[tuple[str, str]]) -> bool:
        for subclass in self._subclasses().get(cls, ()):
            if subclass in seen:
                continue
            seen.add(subclass)
            if f"{subclass[1]}.{name}" in self._symbols[subclass[0]] or self._overridden(subclass, name, seen):
                return True
        return False

    def _subclasses(self) -> dict[tuple[str, str], list[tuple[str, str]]]:
        if self._overriders is None:
            self._overriders = {}
            for path, rows in self._files.items():
                for row in rows["symbols"]:
                    if row[0] == "class":
                        for base in row[5]:
                            known = self._class(path, base.partition("[")[0])
                            if known is not None:
                                self._overriders.setdefault(known, []).append((path, row[2]))
        return self._overriders


def _by_qualname(symbols: list[list[Any]]) -> dict[str, list[int]]:
    found: dict[str, list[int]] = {}
    for index, row in enumerate(symbols):
        found.setdefault(row[2], []).append(index)
    return found


def _modules(files: dict[str, dict[str, Any]], packages: frozenset[str]) -> dict[str, str]:
    """Dotted name -> path, under every root a file may be imported from; a name with two meanings has none."""
    found: dict[str, str] = {}
    twice: set[str] = set()
    for path in files:
        for name in {_dotted(path, packages), _full(path)}:
            if name in found and found[name] != path:
                twice.add(name)
            found[name] = path
    return {name: path for name, path in found.items() if name not in twice}


def _full(path: str) -> str:
    stem = posixpath.splitext(path)[0].removesuffix("/" + _PACKAGE)
    return stem.replace("/", ".")


def _dotted(path: str, packages: frozenset[str]) -> str:
    """The name as imported from the directory above the outermost package."""
    directory, stem = posixpath.split(posixpath.splitext(path)[0])
    parts = [] if stem == _PACKAGE else [stem]
    while directory in packages and directory:
        directory, name = posixpath.split(directory)
        parts.append(name)
    return ".".join(reversed(parts)) or stem


def _absolute(path: str, dotted: str) -> str:
    """A relative import as the full dotted path of the file it is written in would have it."""
    name = dotted.lstrip(".")
    directory = posixpath.dirname(path)
    for _ in range(len(dotted) - len(name) - 1):
        directory = posixpath.dirname(directory)
    base = directory.replace("/", ".")
    return ".".join(part for part in (base, name) if part)
