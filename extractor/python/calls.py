"""Call sites: who calls what, and whether the result is awaited."""

from __future__ import annotations

from typing import Any, NamedTuple

from extractor.providers import Provider
from extractor.view import FileView


class Site(NamedTuple):
    """A call in one file. ``callee`` is as written, ``meant`` has its imported root replaced by what it stands for."""

    start: int
    callee_end: int
    end: int
    owner: int
    callee: str
    meant: str
    line: int
    awaited: bool


def _sites(view: FileView) -> list[Site]:
    """Every call in source order; of two that start together, the inner one first."""
    awaited = set(view.ranges("awaited"))
    imports: dict[str, str] = view.made["imports"]
    meanings: dict[str, str] = {}
    data, spelled, owner, line = view.data, view.spelled, view.owner, view.line
    sites: list[Site] = []
    # A call and its callee start together and nest alike, so the two sorted lists run side by side.
    for whole, (start, callee_end) in zip(view.ranges("call"), view.ranges("callee"), strict=True):
        callee = spelled(data[start:callee_end])
        meant = meanings.get(callee)
        if meant is None:
            root, dot, rest = callee.partition(".")
            meant = meanings[callee] = imports.get(root, root) + dot + rest
        sites.append(Site(start, callee_end, whole[1], owner(start), callee, meant, line(start), whole in awaited))
    return sites


def _calls(view: FileView) -> list[list[Any]]:
    """Rows (owner, callee, awaited, line, end line)."""
    sites: list[Site] = view.made["sites"]
    last_line = view.last_line
    return [[owner, callee, awaited, line, last_line(end)] for _, _, end, owner, callee, _, line, awaited in sites]


SITES = Provider(
    name="call sites",
    produces="sites",
    run=_sites,
    needs=("symbols", "imports"),
    patterns=("(call function: (_) @callee) @call", "(await (call) @awaited)"),
    stored=False,
)

CALLS = Provider(name="calls", produces="calls", run=_calls, needs=("sites",))
