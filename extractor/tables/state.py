"""Accesses to shared state in a language read by a table: fields of the object, variables outside functions, stores."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator
from typing import Any

import tree_sitter

from extractor.tables.calls import Site, Sites
from extractor.tables.flow import Declared, sync_of
from extractor.tables.table import Meanings, Table
from extractor.view import FileView

_OBJECT = re.compile(rb"\(?\*?\s*([\w$]+)\)?")
#: What the grammar puts in where a name is missing, and loggers, which nobody models.
_UNTOLD = frozenset({"", "log", "logger", "LOG", "LOGGER"})
_WORD = re.compile(rb"[\w$]")
#: Syntax that reaches into a value: what happens to the whole happens inside of it.
_REACHING = frozenset(
    {
        "selector_expression", "index_expression", "slice_expression", "field_expression", "subscript_expression",
        "member_expression", "field_access", "array_access", "parenthesized_expression", "pointer_expression",
        "non_null_expression", "type_assertion_expression",
    }
)  # fmt: skip
_ASSIGNING = frozenset({"assignment_statement", "assignment_expression", "assignment"})
_UPDATING = frozenset(
    {
        "compound_assignment_expr",
        "augmented_assignment_expression",
        "update_expression",
        "inc_statement",
        "dec_statement",
    }
)
_POINTING = frozenset({"unary_expression", "pointer_expression", "reference_expression"})
_NAMES = frozenset({"identifier", "field_identifier", "type_identifier"})
_DECLARING = frozenset({"name", "declarator", "pattern", "parameter", "label"})


def accesses(table: Table, meanings: Meanings, view: FileView) -> list[list[Any]]:
    """Rows (function, target, mode, scope, line, end line), in source order; ``x += 1`` is a read and a write."""
    reader = _Reader(table, meanings, view)
    rows = reader.fields() + reader.stores() + reader.variables()
    rows.sort(key=lambda row: row[0])
    return [row[1:] for row in rows]


class _Reader:
    def __init__(self, table: Table, meanings: Meanings, view: FileView) -> None:
        self.table = table
        self.view = view
        self.symbols: list[list[Any]] = view.made["symbols"]
        self.declared: Declared = view.made["declared"]
        sites: Sites = view.made["sites"]
        self.sites: dict[int, Site] = {site.node.id: site for site in sites}
        self.synced: set[int] = set()
        handed: list[tuple[int, int]] = []
        for site in sites:
            found = sync_of(meanings, self.declared, site)
            if found is not None:
                self.synced.add(site.start)
                if found[0] != "atomic" and "." not in site.callee:  # pthread_mutex_lock(&r->lock)
                    handed.append((site.arguments, site.end))
        guards = [node for _, node in view.captured("sync.") if node.type == "declaration"]
        handed += [(node.start_byte, node.end_byte) for node in guards]
        self.handed = sorted(handed)
        self.receivers = _owned(view, "receiver")
        self.guarded = _owned(view, "guarded")
        self.variables_of = _owned(view, "variable")

    def fields(self) -> list[list[Any]]:
        """Touches of ``object.field``, and of a bare field name where the language lets it stand for one."""
        view = self.view
        rows: list[list[Any]] = []
        for node in view.nodes("field"):
            match = _OBJECT.match(view.data, node.start_byte)
            if match is None:
                continue
            owner, name = view.owner(node.start_byte), match.group(1).decode()
            guarded = self._has(self.guarded, owner, name)
            if guarded and node.parent is not None and node.parent.id in self.sites:
                start, mutates = node.start_byte, self.sites[node.parent.id].meaning.mutates
                line = view.line(start)
                rows.append([start, owner, name, "mutate" if mutates else "read", "attribute", line, line])
            elif guarded or name in self.table.receivers or self._has(self.receivers, owner, name):
                field = node.child_by_field_name("field") or node.child_by_field_name("property")
                if field is not None:
                    target = f"{name}.{view.name(field.start_byte, field.end_byte)}"
                    self._touch(rows, node, owner, target, "attribute")
        if self.table.bare_members:
            members = _owned(view, "member")
            for name, node in self._words({name for names in members.values() for name in names}):
                owner = view.owner(node.start_byte)
                holder = self._holder(owner, members, name)
                if holder is not None and not self._has(self.variables_of, owner, name):
                    self._touch(rows, node, owner, f"this.{name}", "attribute")
        return rows

    def variables(self) -> list[list[Any]]:
        """Touches, inside functions, of those variables outside of them that some function changes."""
        names = self.variables_of.get(-1, frozenset())
        found: dict[str, list[list[Any]]] = {}
        for name, node in self._words(names):
            owner = self.view.owner(node.start_byte)
            if (
                owner >= 0
                and self.symbols[owner][0] in ("function", "method")
                and not self._has(self.variables_of, owner, name)
            ):
                self._touch(found.setdefault(name, []), node, owner, name, "global")
        return [row for rows in found.values() if any(row[3] != "read" for row in rows) for row in rows]

    def stores(self) -> list[list[Any]]:
        """Calls on databases, files, caches and other services."""
        view = self.view
        return [
            [site.start, site.owner, site.callee, site.meaning.stores, "external", *view.span(site.start, site.end)]
            for site in self.sites.values()
            if site.meaning.stores is not None
        ]

    def _has(self, names: dict[int, frozenset[str]], owner: int, name: str) -> bool:
        """Whether a definition, or one around it, has ``name`` among its names."""
        while owner >= 0:
            if self.symbols[owner][0] in ("function", "method") and name in names.get(owner, ()):
                return True
            owner = self.symbols[owner][9]
        return False

    def _holder(self, owner: int, members: dict[int, frozenset[str]], name: str) -> int | None:
        """The type around a function, or the one a function is written for, that declares the member."""
        inside = False
        while owner >= 0:
            kind, qualname = self.symbols[owner][0], self.symbols[owner][2]
            if kind not in ("function", "method"):
                if inside and name in members.get(owner, ()):
                    return owner
            else:
                inside = True
                of = qualname.rpartition(".")[0]
                for place, names in members.items():
                    if name in names and place >= 0 and self.symbols[place][2] == of:
                        return place
            owner = self.symbols[owner][9]
        return None

    def _words(self, names: set[str] | frozenset[str]) -> Iterator[tuple[str, tree_sitter.Node]]:
        """Every place where one of ``names`` is used as a plain name."""
        data = self.view.data
        for name in sorted(names - _UNTOLD):
            raw = name.encode()
            start = data.find(raw)
            while start >= 0:
                end = start + len(raw)
                alone = not _WORD.match(data, end) and not (start and _WORD.match(data, start - 1))
                node = self.view.root.descendant_for_byte_range(start, end) if alone else None
                if node is not None and node.type in _NAMES and node.end_byte == end and _is_use(node):
                    yield name, node
                start = data.find(raw, end)

    def _touch(self, rows: list[list[Any]], node: tree_sitter.Node, owner: int, target: str, scope: str) -> None:
        start = node.start_byte
        at = bisect_right(self.handed, (start, len(self.view.data))) - 1
        if start in self.synced or (at >= 0 and start < self.handed[at][1]):
            return  # uses of locks are facts of their own
        line = self.view.line(start)
        rows.extend([start, owner, target, mode, scope, line, line] for mode in self._modes(node))

    def _modes(self, node: tree_sitter.Node) -> tuple[str, ...]:
        """What happens to a value: () for a method of the object itself, which is a call and no touch of a field."""
        inside, whole = False, node
        around = node.parent
        while around is not None and around.type in _REACHING and _is_first(around, whole):
            call = around.parent
            if call is not None and call.id in self.sites and self.sites[call.id].arguments >= around.end_byte:
                return ("mutate",) if self.sites[call.id].meaning.mutates else ("read",)
            inside = inside or around.type != "parenthesized_expression"
            whole, around = around, around.parent
        if around is None:
            return ("read",)
        if around.id in self.sites and self.sites[around.id].arguments >= whole.end_byte:
            site = self.sites[around.id]
            if around.type == "method_invocation":  # its object: Java's method name is no node around it
                return ("mutate",) if site.meaning.mutates else ("read",)
            return ()
        if around.type == "expression_list" and around.parent is not None:  # the left side in Go
            whole, around = around, around.parent
        if around.type in _UPDATING and _is_first(around, whole):
            return ("mutate",) if inside else ("read", "write")
        if around.type in _ASSIGNING and _is_first(around, whole):
            operator = self.view.data[whole.end_byte : whole.end_byte + 8].lstrip()
            if inside:
                return ("mutate",)
            return ("write",) if operator.startswith(b"=") else ("read", "write")
        if around.type in _POINTING and self.view.data.startswith(b"&mut", around.start_byte):
            return ("mutate",)
        if around.type in _POINTING and self.view.data.startswith(b"&", around.start_byte):
            return ("read",) if self.table.family == "rust" else ("mutate",)
        if around.type in ("argument_list", "arguments") and _is_first(around, whole):
            call = around.parent
            if call is not None and call.id in self.sites and self.sites[call.id].callee == "delete":
                return ("mutate",)  # Go's delete(map, key)
        if around.type == "unary_expression" and self.view.data.startswith(b"delete", around.start_byte):
            return ("mutate",)
        return ("read",)


def _owned(view: FileView, capture: str) -> dict[int, frozenset[str]]:
    """The captured names by the definition they stand in; -1 for the file."""
    found: dict[int, set[str]] = {}
    for node in view.nodes(capture):
        found.setdefault(view.owner(node.start_byte), set()).add(view.name(node.start_byte, node.end_byte))
    return {owner: frozenset(names) for owner, names in found.items()}


def _is_first(around: tree_sitter.Node, inner: tree_sitter.Node) -> bool:
    if not around.named_child_count:
        return False
    first = around.named_child(0)
    return first.start_byte == inner.start_byte and first.end_byte == inner.end_byte


def _is_use(node: tree_sitter.Node) -> bool:
    """False for the name in a declaration, after a dot, of a called method, or of a key."""
    around = node.parent
    if around is None:
        return False
    if around.type in _REACHING:
        return _is_first(around, node)
    if around.type == "method_invocation":
        name = around.child_by_field_name("name")
        return name is None or name.start_byte != node.start_byte
    for place, child in enumerate(around.children):
        if child.start_byte == node.start_byte and child.end_byte == node.end_byte:
            return around.field_name_for_child(place) not in _DECLARING and around.type not in _HEADS
    return True


_HEADS = frozenset(
    {
        "qualified_identifier", "scoped_identifier", "formal_parameters", "inferred_parameters", "labeled_statement",
        "marker_annotation", "annotation", "field_initializer", "keyed_element", "lambda_capture_specifier",
        "shorthand_field_initializer", "catch_formal_parameter",
    }
)  # fmt: skip
