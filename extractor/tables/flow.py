"""Synchronisation, suspension points, nondeterminism, exceptions and assertions of a language read by a table."""

from __future__ import annotations

import re
from typing import Any

import tree_sitter

from extractor.tables.calls import Site, Sites
from extractor.tables.symbols import declared_names, nearest
from extractor.tables.table import Meanings
from extractor.view import FileView, one_line

_TYPED = 160
_ARGUMENT = re.compile(r"[({]\s*(?:std::\w+\s*,\s*)?&?\s*([\w.\->:*]+(?:\[[^]]*\][\w.\->:*]*)*)")
_ITERATED = re.compile(
    r"([\w.>-]+)(?:\s*\.\s*(?:keys|values|values_mut|iter|iter_mut|into_iter|drain|keySet|entrySet|entries|stream)\(\))*$"
)


class Declared:
    """What the names declared in one file hold; ``made`` are the places where synchronisation is made."""

    def __init__(self, meanings: Meanings, view: FileView) -> None:
        self._symbols: list[list[Any]] = view.made["symbols"]
        self._kinds: dict[tuple[int, str], str] = {}
        self.made: list[tuple[int, int, str, str]] = []
        typed = view.nodes("typed")
        makes = {node.id for node in typed}
        for node in typed + view.nodes("hint"):
            kind = meanings.kind(view.text_of(node, _TYPED))
            if kind is None:
                continue
            for each in declared_names(node):
                name = view.name(each.start_byte, each.end_byte)
                owner = view.owner(node.start_byte)
                self._kinds.setdefault((owner if self._is_function(owner) else -1, name), kind)
                if kind != "unordered" and node.id in makes:
                    self.made.append((node.start_byte, node.end_byte, kind, name))

    def _is_function(self, owner: int) -> bool:
        return owner >= 0 and self._symbols[owner][0] in ("function", "method")

    def kind(self, owner: int, target: str) -> str | None:
        """What ``target``, named in definition ``owner``, holds: a local name's kind, else that of fields so named."""
        before, dot, name = target.rpartition(".")
        while not dot and owner >= 0:
            kind = self._kinds.get((owner, name))
            if kind is not None:
                return kind
            owner = self._symbols[owner][9]
        return None if before.endswith(")") else self._kinds.get((-1, name))


def sync_of(meanings: Meanings, declared: Declared, site: Site) -> tuple[str, str] | None:
    """(mechanism, operation) of a call: by what its target was declared as, else by its name."""
    target, dot, method = site.callee.rpartition(".")
    kind = declared.kind(site.owner, target) if dot else None
    found = meanings.method(kind, method) if kind is not None else None
    return found or site.meaning.sync


def syncs(meanings: Meanings, view: FileView) -> list[list[Any]]:
    """Rows (function, mechanism, operation, target, line, end line), in source order."""
    declared: Declared = view.made["declared"]
    sites: Sites = view.made["sites"]
    places = [(start, end, kind, "create", name) for start, end, kind, name in declared.made]
    for site in sites:
        found = sync_of(meanings, declared, site)
        if found is not None:
            places.append((site.start, site.end, *found, _target(view, site, found[1])))
    targets = view.ranges("target")
    for name, node in view.captured("sync."):
        mechanism, operation, *rest = name.split(".")
        start, end = node.start_byte, node.end_byte
        inner = next((each for each in targets if start <= each[0] and each[1] <= end), None)
        if rest:
            target = rest[0]
        elif inner is not None:
            target = view.name(*inner).strip("()")
        else:
            match = _ARGUMENT.search(view.text_of(node, 400))
            target = match.group(1) if match else one_line(view.text_of(node, 200))
        places.append((start, end, mechanism, operation, target))
    return [
        [view.owner(start), mechanism, operation, target.replace("->", "."), view.line(start), view.last_line(end)]
        for start, end, mechanism, operation, target in sorted(set(places))
    ]


def _target(view: FileView, site: Site, operation: str) -> str:
    """What is synchronised on: what the method is called on, what a made object is kept as, else the argument."""
    target, dot, _ = site.callee.rpartition(".")
    match = _ARGUMENT.match(view.data[site.arguments : min(site.end, site.arguments + 200)].decode(errors="ignore"))
    if match and (not dot or target in _MODULES):
        return match.group(1)
    around = site.node.parent if operation == "create" else None
    while around is not None and not around.type.endswith(("statement", "block")):
        names = declared_names(around)
        if names:
            return view.name(names[0].start_byte, names[0].end_byte)
        around = around.parent
    return target if dot else site.callee


#: Names before the dot that say where a function is from, not what it is called on.
_MODULES = frozenset({"atomic", "std", "Atomics"})


def suspensions(view: FileView) -> list[list[Any]]:
    """Rows (function, kind, text, line, end line), in source order."""
    rows = [_row(view, node, kind) for kind, node in view.captured("suspension.")]
    awaited = set(view.ranges("awaited"))
    sites: Sites = view.made["sites"]
    rows += [
        _call_row(view, site, site.meaning.suspends)
        for site in sites
        if site.meaning.suspends is not None and (site.start, site.end) not in awaited
    ]
    return _in_order(rows)


def nondeterminism(view: FileView) -> list[list[Any]]:
    """Rows (function, kind, text, line, end line), in source order."""
    rows = [_row(view, node, kind) for kind, node in view.captured("nondeterminism.")]
    declared: Declared = view.made["declared"]
    sites: Sites = view.made["sites"]
    rows += [_call_row(view, site, site.meaning.differs) for site in sites if site.meaning.differs is not None]
    for start, end in view.ranges("iterated"):
        match = _ITERATED.search(view.name(start, min(end, start + 200)))
        if match and declared.kind(view.owner(start), match.group(1).replace("->", ".")) == "unordered":
            rows.append(
                [start, view.owner(start), "unordered", view.name(start, end), view.line(start), view.last_line(end)]
            )
    return _in_order(rows)


def _row(view: FileView, node: tree_sitter.Node, kind: str) -> list[Any]:
    start, end = node.start_byte, node.end_byte
    return [start, view.owner(start), kind, one_line(view.text_of(node, 400)), view.line(start), view.last_line(end)]


def _call_row(view: FileView, site: Site, kind: str) -> list[Any]:
    """A call as its callee, without the arguments of earlier calls of a chain, and its arguments."""
    arguments = view.data[site.arguments : min(site.end, site.arguments + 400)].decode(errors="ignore")
    text = one_line(site.callee + arguments)
    return [site.start, site.owner, kind, text, view.line(site.start), view.last_line(site.end)]


def _in_order(rows: list[list[Any]]) -> list[list[Any]]:
    """Rows by their first column, which they lose; of two that are alike, one."""
    unique = {tuple(row): row for row in rows}
    return [row[1:] for row in sorted(unique.values(), key=lambda row: (row[0], row[2]))]


def exceptional(view: FileView) -> list[list[Any]]:
    """Rows (function, kind, names, line, end line), in source order."""
    found = {node.id: (node, kind) for kind in ("raise", "catch", "finally") for node in view.nodes(kind)}
    named: dict[int, list[str]] = {}
    for node in view.nodes("exception"):
        near = nearest(node, found)
        if near is not None:
            named.setdefault(near, []).append(view.name(node.start_byte, node.end_byte))
    places = [
        (node.start_byte, node.end_byte, kind, tuple(named.get(identity, ())))
        for identity, (node, kind) in found.items()
    ]
    sites: Sites = view.made["sites"]
    for site in sites:
        if site.meaning.raises or site.meaning.catches:
            kind = "raise" if site.meaning.raises else "catch"
            places.append((site.start, site.end, kind, (site.callee,)))
    return [
        [view.owner(start), kind, list(names), view.line(start), view.last_line(end)]
        for start, end, kind, names in sorted(set(places))
    ]


def assertions(view: FileView) -> list[list[Any]]:
    """Rows (function, condition, line, end line), in source order."""
    places = [(node.start_byte, node.end_byte, node.start_byte) for node in view.nodes("assertion")]
    sites: Sites = view.made["sites"]
    for site in sites:
        if site.meaning.asserts:
            fluent = _chain(site.node)  # assertThat(x).isEqualTo(1) says what it asserts further on
            inner = site.arguments if fluent.id == site.node.id else site.start
            places.append((site.start, fluent.end_byte, inner))
    rows: list[list[Any]] = []
    for start, end, inner in sorted(set(places)):
        text = one_line(view.text(inner, end), 500).removeprefix("assert ").rstrip(";")
        if text.startswith("(") and text.endswith(")"):
            text = text[1:-1].strip()
        rows.append([view.owner(start), text, view.line(start), view.last_line(end)])
    return rows


def _chain(node: tree_sitter.Node) -> tree_sitter.Node:
    """The outermost call of the chain that begins with a call."""
    around = node.parent
    while around is not None and around.type in ("method_invocation", "call_expression", "member_expression"):
        if around.start_byte != node.start_byte:
            break
        node, around = around, around.parent
    return node
