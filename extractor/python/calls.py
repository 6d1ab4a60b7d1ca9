"""Call sites: who calls what, and whether the result is awaited.

The many call sites of a file have few different callees, so whatever depends on the callee's name alone is asked
once per name: ``Sites`` keeps columns, not objects.
"""

from __future__ import annotations

import re
from array import array
from operator import itemgetter
from typing import NamedTuple

from extractor.providers import Provider
from extractor.python.about import About, about
from extractor.view import FileView, Range

_PLAIN = re.compile(rb"[\w\x80-\xff]+(?:\.[\w\x80-\xff]+)*(?=\()")
_BEHIND = re.compile(rb"(?:\s*\.\s*[\w\x80-\xff]+)*(?=\()")
_first, _second = itemgetter(0), itemgetter(1)


class Site(NamedTuple):
    """A call. ``callee`` is as written, ``meant`` has its imported root replaced by what it stands for."""

    start: int
    callee_end: int
    end: int
    owner: int
    callee: str
    meant: str


class Sites:
    """The calls of one file in source order; of two that start together, the inner one first."""

    __slots__ = ("_view", "callees", "ends", "meant", "places", "starts", "telling")

    def __init__(self, view: FileView) -> None:
        self._view = view
        calls = view.ranges("call")
        self.starts: list[int] = list(map(_first, calls))
        self.ends: list[int] = list(map(_second, calls))
        data = view.data
        self.places: list[Range] = list(zip(self.starts, _callee_ends(view, calls), strict=True))
        raws = [data[start:end] for start, end in self.places]
        spelled = {raw: view.spelled(raw) for raw in set(raws)}
        self.callees: list[str] = list(map(spelled.__getitem__, raws))
        imports: dict[str, str] = view.made["imports"]
        self.meant: dict[str, str] = {}
        known: dict[str, About] = {}
        for callee in dict.fromkeys(self.callees):
            root, dot, rest = callee.partition(".")
            meant = self.meant[callee] = imports.get(root, root) + dot + rest
            if (found := about(meant)) is not None:
                known[callee] = found
        #: The calls whose name says something.
        self.telling: list[tuple[Site, About]] = [
            (self.at(index), known[callee]) for index, callee in enumerate(self.callees) if callee in known
        ]

    def at(self, index: int) -> Site:
        """One call."""
        start, callee_end = self.places[index]
        callee = self.callees[index]
        return Site(start, callee_end, self.ends[index], self._view.owner(start), callee, self.meant[callee])


def _callee_ends(view: FileView, calls: list[Range]) -> list[int]:
    """Where the callee of each call ends.

    Capturing callees as nodes of their own would cost about as much again as capturing the calls, and nearly all
    are dotted names, or dotted names behind a call that starts at the same place.
    """
    data, plain, behind = view.data, _PLAIN.match, _BEHIND.match
    ends: list[int] = []
    last_start = last_end = -1
    for start, end in calls:
        found = behind(data, last_end) if start == last_start else plain(data, start)
        if found is not None:
            ends.append(found.end())
        else:
            node = view.root.descendant_for_byte_range(start, end)
            callee = node.child_by_field_name("function") if node is not None else None
            ends.append(callee.end_byte if callee is not None else end)
        last_start, last_end = start, end
    return ends


def _calls(view: FileView) -> dict[str, list[str] | list[int]]:
    """The different callees as ``names``; the places, in ``columns``, of the calls that are ``awaited``."""
    sites: Sites = view.made["sites"]
    awaited = set(view.ranges("awaited"))
    return {
        "names": list(sites.meant),
        "awaited": [at for at, place in enumerate(view.ranges("call")) if place in awaited] if awaited else [],
    }


def _columns(view: FileView) -> array[int]:
    """Four numbers a call, one after another for all calls: name (in ``calls``), owner, line, end line."""
    sites: Sites = view.made["sites"]
    number = {name: index for index, name in enumerate(sites.meant)}
    columns = array("i", map(number.__getitem__, sites.callees))
    columns.extend(view.owners(sites.starts))
    columns.extend(view.lines(sites.starts))
    columns.extend(view.lines(sites.ends))
    return columns


SITES = Provider(
    name="call sites",
    produces="sites",
    run=Sites,
    needs=("symbols", "imports"),
    patterns=("(call) @call",),
    rare=((b"async", "(await (call) @awaited)"),),
    stored=False,
)

CALLS = Provider(name="calls", produces="calls", run=_calls, needs=("sites",))

COLUMNS = Provider(name="calls in numbers", produces="columns", run=_columns, needs=("sites",))
