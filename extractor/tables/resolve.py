"""Which in-feature symbol a call reaches in a language read by a table, where names leave no doubt."""

from __future__ import annotations

import posixpath
from typing import Any

from extractor.tables.symbols import bare_type

_SELF = frozenset({"self", "this", "Self"})
_FUNCTIONS = ("function", "method")


class ByName:
    """Knows the rows of all files of one family. ``resolve`` gives ``path:qualname`` or None.

    A bare name is a function of the same file, of the same directory (a Go package), or the only one of its name
    (C's linker has one name space). ``this.m`` is the method of the type around the call, unless a type in
    the feature extends that one and has the method too; ``T.m`` that of the only type called so.
    """

    def __init__(self, files: dict[str, dict[str, Any]]) -> None:
        self._files = files
        self._places: dict[str, list[str]] = {}
        self._extended: dict[str, set[str]] = {}
        for path, rows in files.items():
            for kind, _, qualname, _, _, bases, *_ in rows["symbols"]:
                self._places.setdefault(qualname, []).append(path)
                if kind not in _FUNCTIONS:
                    for base in bases:
                        self._extended.setdefault(bare_type(base), set()).add(qualname)

    def resolve(self, path: str, owner: int, callee: str) -> str | None:
        """The symbol that ``callee``, called in definition ``owner`` of the file ``path``, stands for."""
        if any(mark in callee for mark in "([{… "):
            return None
        root, dot, name = callee.partition(".")
        holder, receivers = self._holder(path, owner)
        if not dot:
            if holder and path.endswith((".java", ".cpp", ".cc", ".cxx", ".hpp", ".h", ".hh")):
                return self._method(path, holder, root) or self._function(path, root)
            return self._function(path, root)
        if "." in name:
            return None
        if root in receivers:
            return self._method(path, holder, name) if holder else None
        return self._method(path, root, name) if root[:1].isupper() else None

    def _holder(self, path: str, owner: int) -> tuple[str, frozenset[str]]:
        """The type whose method a definition is or is inside of, and the names that stand for its object there."""
        symbols = self._files[path]["symbols"]
        while owner >= 0:
            kind, _, qualname, *_, params, _, parent = symbols[owner]
            if kind == "method":
                holder = qualname.rpartition(".")[0]
                own = {param[0] for param in params[:1] if param[1] and bare_type(param[1]) == holder}
                return holder, _SELF | own
            owner = parent
        return "", frozenset()

    def _function(self, path: str, name: str) -> str | None:
        places = self._places.get(name, [])
        for nearby in (
            [place for place in places if place == path],
            [place for place in places if posixpath.dirname(place) == posixpath.dirname(path)],
        ):
            if nearby:
                return f"{nearby[0]}:{name}" if len(nearby) == 1 else None
        return f"{places[0]}:{name}" if len(places) == 1 and path.endswith((".c", ".h")) else None

    def _method(self, path: str, holder: str, name: str) -> str | None:
        qualname = f"{holder}.{name}"
        places = self._places.get(qualname, [])
        if any(f"{heir}.{name}" in self._places for heir in self._extended.get(holder.rpartition(".")[2], ())):
            return None
        nearby = [place for place in places if posixpath.dirname(place) == posixpath.dirname(path)] or places
        return f"{nearby[0]}:{qualname}" if len(nearby) == 1 else None
