"""TLC's configuration files: read into their parts, changed, and written again."""

from __future__ import annotations

import re
from dataclasses import dataclass

_KEYWORDS = {
    "CONSTANT": "constants",
    "CONSTANTS": "constants",
    "SPECIFICATION": "specification",
    "INIT": "init",
    "NEXT": "next",
    "INVARIANT": "invariants",
    "INVARIANTS": "invariants",
    "PROPERTY": "properties",
    "PROPERTIES": "properties",
    "CONSTRAINT": "constraints",
    "CONSTRAINTS": "constraints",
    "ACTION_CONSTRAINT": "action_constraints",
    "ACTION_CONSTRAINTS": "action_constraints",
    "ACTION-CONSTRAINT": "action_constraints",
    "ACTION-CONSTRAINTS": "action_constraints",
    "SYMMETRY": "symmetry",
    "VIEW": "view",
    "CHECK_DEADLOCK": "check_deadlock",
    "ALIAS": "alias",
    "POSTCONDITION": "postcondition",
    "TYPE": "type",
    "TYPE_CONSTRAINT": "type_constraint",
}
_WORD = re.compile(r"(?<![\w\"])[A-Z][A-Z_-]*(?![\w\"])")
_COMMENT = re.compile(r"\(\*.*?\*\)|\\\*[^\n]*", re.DOTALL)
#: Keywords of today's TLC that an older one takes for names.
_LATER = ("check_deadlock", "alias", "postcondition")


@dataclass(frozen=True, slots=True)
class Cfg:
    """A configuration. ``constants`` are whole sections, as they stand; ``deadlock`` is None where nothing is said.

    ``left_out`` are the keywords that TLC 2.15 does not know.
    """

    constants: tuple[str, ...] = ()
    specification: str = ""
    init: str = ""
    next: str = ""
    invariants: tuple[str, ...] = ()
    properties: tuple[str, ...] = ()
    constraints: tuple[str, ...] = ()
    action_constraints: tuple[str, ...] = ()
    symmetry: str = ""
    view: str = ""
    deadlock: bool | None = None
    left_out: tuple[str, ...] = ()

    def text(self) -> str:
        """The configuration as TLC reads it."""
        lines = [f"CONSTANTS {section}" for section in self.constants]
        for keyword, value in (
            ("SPECIFICATION", self.specification),
            ("INIT", self.init),
            ("NEXT", self.next),
            ("SYMMETRY", self.symmetry),
            ("VIEW", self.view),
        ):
            if value:
                lines.append(f"{keyword} {value}")
        for keyword, names in (
            ("INVARIANTS", self.invariants),
            ("PROPERTIES", self.properties),
            ("CONSTRAINTS", self.constraints),
            ("ACTION_CONSTRAINTS", self.action_constraints),
        ):
            if names:
                lines.append(f"{keyword} {' '.join(names)}")
        return "\n".join(lines) + "\n"


def read(text: str) -> Cfg:
    """The configuration that ``text`` holds."""
    bare = without_comments(text)
    places = [(m.start(), m.end(), _KEYWORDS[m[0]]) for m in _WORD.finditer(bare) if m[0] in _KEYWORDS]
    found: dict[str, list[str]] = {}
    for index, (_, end, part) in enumerate(places):
        until = places[index + 1][0] if index + 1 < len(places) else len(bare)
        found.setdefault(part, []).append(bare[end:until].strip())
    names = {part: tuple(" ".join(texts).split()) for part, texts in found.items()}
    deadlock = names.get("check_deadlock", ())
    return Cfg(
        constants=tuple(found.get("constants", ())),
        specification=_one(names, "specification"),
        init=_one(names, "init"),
        next=_one(names, "next"),
        invariants=names.get("invariants", ()),
        properties=names.get("properties", ()),
        constraints=names.get("constraints", ()),
        action_constraints=names.get("action_constraints", ()),
        symmetry=_one(names, "symmetry"),
        view=_one(names, "view"),
        deadlock=None if not deadlock else deadlock[0] != "FALSE",
        left_out=tuple(part.upper() for part in _LATER[1:] if part in found),
    )


def without_comments(text: str) -> str:
    """``text`` without comments; strings stay."""
    return _COMMENT.sub(" ", text)


def _one(names: dict[str, tuple[str, ...]], part: str) -> str:
    return names.get(part, ("",))[0]
