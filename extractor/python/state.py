"""Accesses to shared state: attributes of the object, module globals, and calls on collaborators."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

from extractor.providers import Provider
from extractor.python.bindings import Bindings, Scopes
from extractor.python.calls import Sites
from extractor.python.known import MECHANISMS, MUTATORS, mechanism_by_name, method_mode
from extractor.view import FileView

_METHOD = re.compile(rb"\s*\.\s*(\w+)\Z")
_WORD, _WORD_OR_DOT = re.compile(rb"[\w\x80-\xff]"), re.compile(rb"[\w.\x80-\xff]")
_LAST = re.compile(rb"\.\s*(\w+)\Z")


def _accesses(view: FileView) -> list[list[Any]]:
    """Rows (function, target, mode, scope, line, end line), in source order; ``x += 1`` is a read and a write."""
    reader = _Reader(view)
    rows = reader.attributes() + reader.module_globals()
    rows.sort(key=lambda row: row[0])
    return [row[1:] for row in rows]


class _Reader:
    def __init__(self, view: FileView) -> None:
        self.view = view
        self.scopes: Scopes = view.made["scopes"]
        self.bindings: Bindings = view.made["bindings"]
        self.sites: Sites = view.made["sites"]
        # The innermost call that starts at a byte is the one made on what stands there.
        self.called: dict[int, tuple[int, int]] = {}

    def attributes(self) -> list[list[Any]]:
        """Touches of ``self.x`` in methods and in the functions and lambdas inside them."""
        view, scopes = self.view, self.scopes
        data = view.data
        receivers = {row[7][0][0] for row in scopes.rows if row[0] == "method" and row[7]}  # type: ignore[index]
        if not receivers:
            return []
        direct = self._calls_on(receivers)
        methods = self._methods()
        created, holders = self.bindings.created, self.bindings.collaborators
        rows: list[list[Any]] = []
        at_start = view.root.descendant_for_byte_range
        # Attributes are a third of all syntax nodes worth capturing, most of them on other objects or called at
        # once: the spelling is looked for instead, and only what is left is asked whether it is code.
        found = [
            match for name in sorted(receivers) for match in _on(name).finditer(data) if match.start() not in direct
        ]
        for match in found:
            start, end = match.span()
            raw_name = match.group(1)
            owner = view.owner(start)
            cls, receiver = scopes.receiver(owner)
            if cls < 0 or not data.startswith(receiver, start) or (start and _WORD_OR_DOT.match(data, start - 1)):
                continue
            name = raw_name.decode()
            if name in methods[cls]:
                continue
            node = at_start(start, start + len(receiver))
            if node is None or node.type != "identifier":
                continue  # in a string or a comment
            made = created.get((cls, "self." + name))
            lock_like = made in MECHANISMS or (made is None and mechanism_by_name(name) is not None)
            if lock_like and (start, end) not in self.bindings.written:
                continue  # uses of locks are facts of their own
            target = f"{receiver.decode()}.{name}"
            self._touch(rows, start, end, owner, target, name in holders.get(cls, ()))
        return rows

    def _calls_on(self, receivers: set[str]) -> set[int]:
        """Note the calls on what hangs on the object; the starts of calls of its own methods, ``self.m()``."""
        hanging: dict[str, bool] = {}
        for callee in self.sites.meant:
            root, *rest = callee.split(".", 2)
            if root in receivers and rest:
                hanging[callee] = len(rest) == 1 and rest[0].isidentifier()
        direct: set[int] = set()
        for index, callee in enumerate(self.sites.callees):
            if callee in hanging:
                start, callee_end = self.sites.places[index]
                if hanging[callee]:
                    direct.add(start)
                else:
                    self.called.setdefault(start, (callee_end, self.sites.ends[index]))
        return direct

    def _methods(self) -> dict[int, set[str]]:
        methods: dict[int, set[str]] = {}
        for index, row in enumerate(self.scopes.rows):
            if row[0] == "class":
                methods.setdefault(index, set())
            elif row[0] == "method":
                methods.setdefault(self.scopes.parent(index), set()).add(str(row[1]))
        return methods

    def module_globals(self) -> list[list[Any]]:
        """Touches, inside functions, of those module variables that some function changes."""
        view, bindings = self.view, self.bindings
        names = self._shared_names()
        if not names:
            return []
        for index, callee in enumerate(self.sites.callees):
            if callee.partition(".")[0] in names:
                start, callee_end = self.sites.places[index]
                self.called.setdefault(start, (callee_end, self.sites.ends[index]))
        rows: list[list[Any]] = []
        places = [match.span() for name in names for match in re.finditer(re.escape(name.encode()), view.data)]
        for start, end in places:
            if _WORD.match(view.data, end) or (start and _WORD_OR_DOT.match(view.data, start - 1)):
                continue
            owner = view.owner(start)
            name = view.name(start, end)
            if owner < 0 or self.scopes.is_class(owner) or self.scopes.binds(owner, name, bindings):
                continue
            node = view.root.descendant_for_byte_range(start, end)
            if node is None or node.type != "identifier" or node.parent is None:
                continue
            if node.parent.type in ("keyword_argument", "parameters", "global_statement", "default_parameter"):
                field = node.parent.child_by_field_name("value")
                if field is None or field.start_byte != start:
                    continue
            self._touch(rows, start, end, owner, name)
        return rows

    def _shared_names(self) -> set[str]:
        """Module variables that are assigned under ``global``, or changed inside, by some function."""
        view, bindings = self.view, self.bindings
        module = bindings.module
        if not module:
            return set()
        names: set[str] = set()
        for declared in bindings.globals_of.values():
            names |= declared & module
        encoded = {name.encode() for name in module}
        data = view.data
        for start in bindings.inside:
            root = _root(data, start)
            if root in encoded and view.owner(start) >= 0:
                names.add(root.decode())
        for site, known in self.sites.telling:
            root_name = site.callee.partition(".")[0]
            if known.mutates and root_name in module and site.owner >= 0:
                names.add(root_name)
        return {name for name in names if bindings.created.get((-1, name)) not in MECHANISMS}

    def _touch(
        self, rows: list[list[Any]], start: int, end: int, owner: int, target: str, external: bool | None = None
    ) -> None:
        """Add a touch; ``external`` is None for a global, else whether the attribute holds a collaborator."""
        view, bindings = self.view, self.bindings
        scope = "global" if external is None else "attribute"
        line = last = view.line(start)
        modes = ["read"]
        if (start, end) in bindings.written:
            modes = ["read", "write"] if (start, end) in bindings.updated else ["write"]
        elif start in bindings.inside:
            modes = ["mutate"]
        elif start in self.called:
            callee_end, call_end = self.called[start]
            method = _METHOD.match(view.data, end, callee_end)
            if external and method:
                name = method.group(1).decode()
                target, scope, modes, last = f"{target}.{name}", "external", [method_mode(name)], view.line(call_end)
            else:
                last_name = _LAST.search(view.data, end, callee_end)
                if last_name and last_name.group(1).decode() in MUTATORS:
                    modes = ["mutate"]
        rows.extend([start, owner, target, mode, scope, line, last] for mode in modes)


@lru_cache(maxsize=256)
def _on(name: str) -> re.Pattern[bytes]:
    return re.compile(re.escape(name.encode()) + rb"\s*\.\s*([\w\x80-\xff]+)")


_NAME = re.compile(rb"[^\W\d]\w*")


def _root(data: bytes, start: int) -> bytes:
    match = _NAME.match(data, start)
    return match.group() if match else b""


STATE = Provider(
    name="shared state",
    produces="accesses",
    run=_accesses,
    needs=("symbols", "scopes", "sites", "bindings"),
)
