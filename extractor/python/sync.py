"""Synchronisation: locks and their kin, transactions, version checks, leases, retries."""

from __future__ import annotations

import re
from typing import Any

from extractor.providers import Provider
from extractor.python.bindings import Bindings, Scopes
from extractor.python.calls import Site, Sites
from extractor.python.known import (
    KEYWORDS,
    MECHANISMS,
    TRANSACTION_CONTEXTS,
    created_kind,
    mechanism_by_name,
    method_of,
)
from extractor.view import FileView, one_line

# Each starts with a literal, which is what makes the search fast.
_KEYWORDS = tuple((name.encode(), re.compile(name.encode() + rb"(?=\s*=[^=])")) for name in KEYWORDS)
_RETRY_DECORATOR = re.compile(r"(^|[._])(retry|retrying|backoff|on_exception)\b")


def _syncs(view: FileView) -> list[list[Any]]:
    """Rows (function, mechanism, operation, target, line, end line), in source order."""
    reader = _Reader(view)
    rows = reader.calls() + reader.withs() + reader.keywords() + reader.retries()
    rows.sort(key=lambda row: row[0])
    return [row[1:] for row in rows]


class _Reader:
    def __init__(self, view: FileView) -> None:
        self.view = view
        self.scopes: Scopes = view.made["scopes"]
        self.bindings: Bindings = view.made["bindings"]
        self.sites: Sites = view.made["sites"]

    def kind(self, owner: int, target: str) -> str | None:
        """What ``target`` was made as: in the class for ``self.x``, else in the function or the module."""
        created = self.bindings.created
        if not created:
            return None
        receiver, dot, name = target.partition(".")
        if dot:
            cls, known = self.scopes.receiver(owner)
            return created.get((cls, "self." + name)) if cls >= 0 and receiver.encode() == known else None
        while owner >= 0:
            kind = created.get((owner, target))
            if kind is not None:
                return kind
            owner = self.scopes.parent(owner)
        return created.get((-1, target))

    def calls(self) -> list[list[Any]]:
        """Makings of locks, methods called on them, and calls whose name promises a guarantee."""
        rows: list[list[Any]] = []
        for site, known in self.sites.telling:
            found: tuple[str, str] | None = None
            made = known.makes
            target = site.callee
            if made in MECHANISMS:
                found = made, "create"
                target = self._assigned(site) or target
            else:
                object_, dot, name = site.callee.rpartition(".")
                if known.method and dot and object_ not in ("self", "cls", "super()"):
                    found = method_of(self.kind(site.owner, object_), object_, name)
                    if found is not None:
                        target = object_
                found = found or known.promises
            if found is not None and found[0] == "retry" and self.view.data.startswith(b"@", site.start - 1):
                continue  # told with the function that it decorates
            if found is not None:
                rows.append([site.start, site.owner, *found, target, *self.view.span(site.start, site.end)])
        return rows

    def _assigned(self, site: Site) -> str | None:
        line_start = self.view.data.rfind(b"\n", 0, site.start) + 1
        for left in self.view.ranges("left"):
            if line_start <= left[0] < site.start:
                return self.view.name(*left)
            if left[0] > site.start:
                break
        return None

    def withs(self) -> list[list[Any]]:
        """``with`` on what was made as a lock, is called like one, or opens a transaction."""
        view = self.view
        rows: list[list[Any]] = []
        bodies = view.ranges("with")
        at = 0
        seen = -1
        for start, end in view.ranges("item"):
            if start == seen:
                continue  # the longer range with the same start is ``x as y``
            seen = start
            while at + 1 < len(bodies) and bodies[at + 1][0] <= start:
                at += 1
            text = one_line(view.text(start, end))
            called = text.endswith(")")
            target = text.partition("(")[0] if called else text
            owner = view.owner(start)
            mechanism = self.kind(owner, target) or mechanism_by_name(target)
            if called and mechanism is None:
                if target.rpartition(".")[2] in TRANSACTION_CONTEXTS and "." in target:
                    mechanism = "transaction"
                elif created_kind(target) in ("lock", "rlock"):
                    mechanism = created_kind(target)
            if mechanism in MECHANISMS or mechanism == "transaction":
                rows.append([start, owner, mechanism, "with", text, view.line(start), view.last_line(bodies[at][1])])
        return rows

    def keywords(self) -> list[list[Any]]:
        """``put(k, v, if_match=tag)``: keyword arguments that ask for a version check or a lease."""
        rows: list[list[Any]] = []
        for start, end, node_end in self.view.made["keywords"]:
            mechanism = KEYWORDS[self.view.name(start, end)]
            if mechanism != "timeout":
                row = [start, self.view.owner(start), mechanism, "use", self.view.name(start, node_end)]
                rows.append([*row, self.view.line(start), self.view.last_line(node_end)])
        return rows

    def retries(self) -> list[list[Any]]:
        """Decorators that retry, and loops that go round again on an exception."""
        view = self.view
        rows: list[list[Any]] = []
        for index, row in enumerate(self.scopes.rows):
            decorators, line = row[6], row[3]
            assert isinstance(decorators, list)
            assert isinstance(line, int)
            rows.extend(
                [view.line_start(line), index, "retry", "use", decorator, line, line]
                for decorator in decorators
                if _RETRY_DECORATOR.search(decorator.partition("(")[0])
            )
        for start, end in view.ranges("retry"):
            rows.append([start, view.owner(start), "retry", "use", "continue", view.line(start), view.last_line(end)])
        return rows


def _keyword_uses(view: FileView) -> list[tuple[int, int, int]]:
    """Keyword arguments of the known names: start, end of the name, end of the argument."""
    found: list[tuple[int, int, int]] = []
    for name, pattern in _KEYWORDS:
        if name not in view.data:
            continue
        for match in pattern.finditer(view.data):
            node = view.root.descendant_for_byte_range(*match.span())
            if node is None or node.type != "identifier" or node.byte_range != match.span():
                continue
            if node.parent is not None and node.parent.type == "keyword_argument":
                found.append((*match.span(), node.parent.end_byte))
    return sorted(found)


KEYWORD_USES = Provider(name="keyword arguments", produces="keywords", run=_keyword_uses, stored=False)

SYNC = Provider(
    name="synchronisation",
    produces="syncs",
    run=_syncs,
    needs=("symbols", "scopes", "sites", "bindings", "keywords"),
    patterns=(
        "(with_statement) @with",
        "[(with_item value: (_) @item) (with_item value: (as_pattern . (_) @item))]",
        "(except_clause (block (continue_statement) @retry))",
    ),
)
