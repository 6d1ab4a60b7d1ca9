"""Where others may run (suspensions), what differs from run to run, exceptions and assertions."""

from __future__ import annotations

import re
from typing import Any

from extractor.providers import Provider
from extractor.python.bindings import Bindings, Scopes
from extractor.python.calls import Site, Sites
from extractor.python.known import KEYWORDS, QUEUE_OR_THREAD_METHODS
from extractor.view import FileView, one_line

_HANDLER = re.compile(
    r"(on|handle)_(message|msg|packet|request|event|reply|response|\w*message)$|(receive|on_receive)$"
)
_SET = re.compile(rb"\{[^:]*\}\Z", re.DOTALL)


def _suspensions(view: FileView) -> list[list[Any]]:
    """Rows (function, kind, text, line, end line), in source order."""
    data = view.data
    bindings: Bindings = view.made["bindings"]
    places: list[tuple[int, int, str]] = []
    places += [(start, end, "await") for start, end in view.ranges("await")]
    places += [(start, end, "yield") for start, end in view.ranges("yield")]
    for capture, kind in (("with", "async-with"), ("for", "async-for"), ("comprehension", "async-for")):
        for start, end in view.ranges(capture):
            if data.startswith(b"async", start):
                head = end if capture == "comprehension" else min(end, _head_end(data, start))
                places.append((start, head, kind))
    awaited = {start for start, _ in view.ranges("awaited")}
    sites: Sites = view.made["sites"]
    for site, known in sites.telling:
        waits = known.blocks or (known.method and _waits(site, bindings, view.made["scopes"]))
        if waits and site.start not in awaited:
            places.append((site.start, site.end, "blocking"))
    places.sort()
    return [
        [view.owner(start), kind, one_line(view.text(start, end)), view.line(start), view.last_line(end)]
        for start, end, kind in places
    ]


def _head_end(data: bytes, start: int) -> int:
    end = data.find(b":\n", start)
    return len(data) if end < 0 else end


def _waits(site: Site, bindings: Bindings, scopes: Scopes) -> bool:
    """``join`` of a known thread, ``get``, ``put`` or ``join`` of a known queue."""
    target, _, name = site.callee.rpartition(".")
    if name not in QUEUE_OR_THREAD_METHODS:
        return False
    receiver, dot, field = target.partition(".")
    if dot:
        cls, known = scopes.receiver(site.owner)
        key = (cls, "self." + field) if receiver.encode() == known else (-2, "")
    else:
        key = (site.owner, target)
    kind = bindings.created.get(key) or (None if dot else bindings.created.get((-1, target)))
    return kind == "queue" or (kind == "thread" and name == "join")


def _nondeterminism(view: FileView) -> list[list[Any]]:
    """Rows (function, kind, text, line, end line), in source order."""
    places: list[tuple[int, int, str]] = []
    bindings: Bindings = view.made["bindings"]
    scopes: Scopes = view.made["scopes"]
    sites: Sites = view.made["sites"]
    iterated = set(view.ranges("iterated"))
    for site, known in sites.telling:
        if known.nondeterminism is not None:
            places.append((site.start, site.end, known.nondeterminism))
        if known.unordered and (site.start, site.end) in iterated:
            places.append((site.start, site.end, "unordered"))
    for start, end in iterated:
        if _is_set(view, bindings, scopes, start, end):
            places.append((start, end, "unordered"))
    for start, end, node_end in view.made["keywords"]:
        if KEYWORDS[view.name(start, end)] == "timeout" and view.data[node_end - 4 : node_end] != b"None":
            places.append((start, node_end, "timeout"))
    for start, end in view.ranges("retry"):
        places.append((start, end, "retry"))
    rows: list[list[Any]] = [
        [start, view.owner(start), kind, one_line(view.text(start, end)), view.line(start), view.last_line(end)]
        for start, end, kind in places
    ]
    for index, symbol in enumerate(scopes.rows):
        name, line = symbol[1], symbol[3]
        assert isinstance(name, str)
        assert isinstance(line, int)
        if symbol[0] != "class" and _HANDLER.match(name):
            rows.append([view.line_start(line), index, "message", f"def {name}", line, line])
    rows.sort(key=lambda row: row[0])
    return [row[1:] for row in rows]


def _is_set(view: FileView, bindings: Bindings, scopes: Scopes, start: int, end: int) -> bool:
    if view.data.startswith(b"{", start):
        return bool(_SET.match(view.data, start, end))
    if not bindings.created or end - start > 80:
        return False
    raw = view.data[start:end]
    text = raw.decode()
    owner = view.owner(start)
    receiver, dot, name = text.partition(".")
    if dot:
        cls, known = scopes.receiver(owner)
        return receiver.encode() == known and bindings.created.get((cls, "self." + name)) == "set"
    return "set" in (bindings.created.get((owner, text)), bindings.created.get((-1, text)))


_RAISED = re.compile(r"raise\s+([\w.]+)")
_CAUGHT = re.compile(r"except\s*\*?\s*(\(.*?\)|[\w.]+)?\s*(as\s+\w+\s*)?:", re.DOTALL)


def _exceptional(view: FileView) -> list[list[Any]]:
    """Rows (function, kind, names, line, end line), in source order."""
    places = [(start, end, "raise") for start, end in view.ranges("raise")]
    places += [(start, end, "catch") for start, end in view.ranges("except")]
    places += [(start, end, "finally") for start, end in view.ranges("finally")]
    places.sort()
    rows: list[list[Any]] = []
    for start, end, kind in places:
        names: list[str] = []
        if kind == "raise":
            match = _RAISED.match(view.text(start, end))
            names = [match.group(1)] if match else []
        elif kind == "catch":
            match = _CAUGHT.match(view.text(start, min(end, _head_end(view.data, start) + 1)))
            if match and match.group(1):
                names = [name for name in re.split(r"[\s(),]+", match.group(1)) if name]
        rows.append([view.owner(start), kind, names, view.line(start), view.last_line(end)])
    return rows


def _assertions(view: FileView) -> list[list[Any]]:
    """Rows (function, condition, line, end line), in source order."""
    condition_ends = dict(reversed(view.ranges("condition")))
    rows: list[list[Any]] = []
    for start, end in view.ranges("assert"):
        inner = start + len("assert")
        while view.data[inner : inner + 1].isspace() or view.data[inner : inner + 1] == b"\\":
            inner += 1
        text = one_line(view.text(inner, condition_ends.get(inner, end)), 500)
        rows.append([view.owner(start), text, view.line(start), view.last_line(end)])
    return rows


SUSPENSIONS = Provider(
    name="suspensions",
    produces="suspensions",
    run=_suspensions,
    needs=("symbols", "scopes", "sites", "bindings"),
    patterns=("(yield) @yield", "(with_statement) @with"),
    rare=((b"async", "(await) @await (for_statement) @for (for_in_clause) @comprehension"),),
)

NONDETERMINISM = Provider(
    name="nondeterminism",
    produces="nondeterminism",
    run=_nondeterminism,
    needs=("symbols", "scopes", "sites", "bindings", "keywords"),
    patterns=(
        "[(for_statement right: (_) @iterated) (for_in_clause right: (_) @iterated)]",
        "(except_clause (block (continue_statement) @retry))",
    ),
)

EXCEPTIONS = Provider(
    name="exceptions",
    produces="exceptional",
    run=_exceptional,
    needs=("symbols",),
    patterns=("(raise_statement) @raise", "(except_clause) @except", "(finally_clause) @finally"),
)

ASSERTIONS = Provider(
    name="assertions",
    produces="assertions",
    run=_assertions,
    needs=("symbols",),
    patterns=("(assert_statement . (_) @condition) @assert",),
)
