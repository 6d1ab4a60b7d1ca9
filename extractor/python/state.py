"""Accesses to shared state: attributes of the object, module globals, and calls on collaborators."""

from __future__ import annotations

import re
from typing import Any

from extractor.providers import Provider
from extractor.python.bindings import Bindings, Scopes
from extractor.python.calls import Site
from extractor.python.known import MECHANISMS, MUTATORS, mechanism_by_name, method_mode
from extractor.view import FileView

_METHOD = re.compile(rb"\s*\.\s*(\w+)\Z")
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
        # The innermost call that starts at a byte is the one made on what stands there.
        self.called: dict[int, tuple[int, int]] = {}
        sites: list[Site] = view.made["sites"]
        for site in sites:
            self.called.setdefault(site.start, (site.callee_end, site.end))

    def attributes(self) -> list[list[Any]]:
        """Touches of ``self.x`` in methods and in the functions and lambdas inside them."""
        view, scopes = self.view, self.scopes
        data = view.data
        receivers = tuple(
            {str(row[7][0][0]).encode() + b"." for row in scopes.rows if row[0] == "method" and row[7]}  # type: ignore[index]
        )
        methods = self._methods()
        rows: list[list[Any]] = []
        for start, end in view.ranges("attribute"):
            raw = data[start:end]
            if not raw.startswith(receivers):
                continue
            owner = view.owner(start)
            cls, receiver = scopes.receiver(owner)
            dot = len(receiver)
            if cls < 0 or raw[:dot] != receiver or raw[dot : dot + 1] != b".":
                continue
            name = raw[dot + 1 :].decode()
            if name in methods[cls]:
                continue
            created = self.bindings.created.get((cls, "self." + name))
            if created in MECHANISMS or (created is None and mechanism_by_name(name)):
                if (start, end) not in self.bindings.written:
                    continue
            target = view.spelled(raw)
            holds = self.bindings.collaborators.get(cls)
            external = holds is not None and name in holds
            self._touch(rows, start, end, owner, target, "attribute", external=external)
        return rows

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
        spelling = re.compile(rb"(?<![\w.])(?:" + b"|".join(sorted(name.encode() for name in names)) + rb")(?!\w)")
        rows: list[list[Any]] = []
        for match in spelling.finditer(view.data):
            start, end = match.span()
            owner = view.owner(start)
            name = match.group().decode()
            if owner < 0 or self.scopes.is_class(owner) or self.scopes.binds(owner, name, bindings):
                continue
            node = view.root.descendant_for_byte_range(start, end)
            if node is None or node.type != "identifier" or node.parent is None:
                continue
            if node.parent.type in ("keyword_argument", "parameters", "global_statement", "default_parameter"):
                field = node.parent.child_by_field_name("value")
                if field is None or field.start_byte != start:
                    continue
            self._touch(rows, start, end, owner, name, "global", external=False)
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
            name = _root(data, start)
            if name in encoded and view.owner(start) >= 0:
                names.add(name.decode())
        for start, (callee_end, _) in self.called.items():
            name = _root(data, start)
            if name in encoded:
                method = _LAST.search(data, start, callee_end)
                if method and method.group(1).decode() in MUTATORS and view.owner(start) >= 0:
                    names.add(name.decode())
        return {name for name in names if bindings.created.get((-1, name)) not in MECHANISMS}

    def _touch(
        self, rows: list[list[Any]], start: int, end: int, owner: int, target: str, scope: str, *, external: bool
    ) -> None:
        view, bindings = self.view, self.bindings
        line = last = view.line(start)
        if (start, end) in bindings.written:
            if (start, end) in bindings.updated:
                rows.append([start, owner, target, "read", scope, line, last])
            rows.append([start, owner, target, "write", scope, line, last])
            return
        if start in bindings.inside:
            rows.append([start, owner, target, "mutate", scope, line, last])
            return
        mode = "read"
        called = self.called.get(start)
        if called is not None:
            callee_end, call_end = called
            if callee_end == end and scope == "attribute" and not external:
                return  # a method of a base class or a stored function; the call says it all
            if callee_end > end:
                method = _METHOD.match(view.data, end, callee_end)
                if external and method:
                    name = method.group(1).decode()
                    rows.append(
                        [
                            start,
                            owner,
                            f"{target}.{name}",
                            method_mode(name),
                            "external",
                            line,
                            view.last_line(call_end),
                        ]
                    )
                    return
                last_name = _LAST.search(view.data, end, callee_end)
                if last_name and last_name.group(1).decode() in MUTATORS:
                    mode = "mutate"
        rows.append([start, owner, target, mode, scope, line, last])


_NAME = re.compile(rb"[^\W\d]\w*")


def _root(data: bytes, start: int) -> bytes:
    match = _NAME.match(data, start)
    return match.group() if match else b""


STATE = Provider(
    name="shared state",
    produces="accesses",
    run=_accesses,
    needs=("symbols", "scopes", "sites", "bindings"),
    patterns=("(attribute object: (identifier)) @attribute",),
)
