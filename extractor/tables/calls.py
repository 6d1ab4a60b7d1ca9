"""Call sites of a language read by a table, and what each callee's name means."""

from __future__ import annotations

import re
from array import array
from typing import NamedTuple

import tree_sitter

from extractor.tables.table import Meaning, Meanings
from extractor.view import FileView

#: A chain of calls repeats its beginning in every callee; of a longer one the end is kept.
_BYTES = 400
_CHARACTERS = 120
_OPEN, _CLOSE = "([{<", ")]}>"
_DOTS = re.compile(r"\s*(?:\?\.|!\.|::|->|\.)\s*")


class Site(NamedTuple):
    """A call. ``callee`` has dots for ``::`` and ``->`` and neither arguments nor type arguments."""

    start: int
    arguments: int
    end: int
    owner: int
    callee: str
    node: tree_sitter.Node
    meaning: Meaning


class Sites(list[Site]):
    """The calls of one file in source order."""

    def __init__(self, meanings: Meanings, view: FileView) -> None:
        super().__init__()
        spelled: dict[bytes, str] = {}
        for node in view.nodes("call"):
            start = node.start_byte
            listed = node.child_by_field_name("arguments") or next(
                (child for child in node.named_children if child.type == "token_tree"), None
            )
            arguments = listed.start_byte if listed is not None else node.end_byte
            raw = view.data[max(start, arguments - _BYTES) : arguments]
            callee = spelled.get(raw)
            if callee is None:
                callee = spelled[raw] = plain(raw.decode(errors="ignore"), arguments - _BYTES > start)
            meaning = meanings.of(callee)
            self.append(Site(start, arguments, node.end_byte, view.owner(start), callee, node, meaning))


def plain(text: str, cut: bool = False) -> str:
    """A callee as Site has it; ``cut`` when its beginning is missing."""
    text = _DOTS.sub(".", text)
    kept: list[str] = ["…"] if cut else []
    depth = 0
    for place, character in enumerate(text):
        if character in _OPEN and (
            character != "<" or depth or (place and (text[place - 1].isalnum() or text[place - 1] in "_."))
        ):
            depth += 1
            if depth == 1 and character != "<":
                kept.append(character + _CLOSE[_OPEN.index(character)])
        elif character in _CLOSE and (character != ">" or depth):
            depth -= 1
            if depth < 0:  # its beginning was cut off
                kept, depth = ["…"], 0
        elif depth == 0:
            kept.append(" " if character.isspace() else character)
    callee = re.sub(r"\.(?=\.|$)", "", " ".join("".join(kept).split()))
    return callee if len(callee) <= _CHARACTERS else "…" + callee[1 - _CHARACTERS :]


def calls(view: FileView) -> dict[str, list[str] | list[int]]:
    """The different callees as ``names``; the places, in ``columns``, of the calls that are ``awaited``."""
    sites: Sites = view.made["sites"]
    awaited = set(view.ranges("awaited"))
    return {
        "names": list(dict.fromkeys(site.callee for site in sites)),
        "awaited": [at for at, site in enumerate(sites) if (site.start, site.end) in awaited],
    }


def columns(view: FileView) -> array[int]:
    """Four numbers a call, one after another for all calls: name (in ``calls``), owner, line, end line."""
    sites: Sites = view.made["sites"]
    number = {name: index for index, name in enumerate(dict.fromkeys(site.callee for site in sites))}
    made = array("i", [number[site.callee] for site in sites])
    made.extend([site.owner for site in sites])
    made.extend([view.line(site.start) for site in sites])
    made.extend([view.last_line(site.end) for site in sites])
    return made
