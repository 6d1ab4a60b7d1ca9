"""What SANY, TLA+'s parser, complains about."""

from __future__ import annotations

import re
from collections.abc import Sequence

from tlc_runner.trace import locations
from tlc_runner.types import Location, SanyError

_NOISE = re.compile(
    r"Parsing file |Semantic processing of module |\s*$|\*\*\* (?:Errors|Abort messages|Warnings): \d+|"
    r"Semantic errors:|SANY finished|Residual stack trace|\w[\w ]* starting at line |tla2sany\.|"
    r"Fatal errors while parsing|Could not parse module|In module \w+$|\*{4,} SANY|"
    r"-+$|linting of module|This version of SANY"
)
_PLACE = re.compile(r"line \d+, col \d+ to line \d+, col \d+ of module \w+\s*\Z")
_POINT = re.compile(r"at line (\d+), column (\d+)")
#: Who could not be parsed; the second names the root where the first does not name a module.
_FILES = (
    re.compile(r"Could not parse module (\w+)"),
    re.compile(r"Fatal errors while parsing TLA\+ spec in file (\w+)"),
)


def parse_report(lines: Sequence[str]) -> tuple[SanyError, ...]:
    """The errors in SANY's report (``lines`` without line breaks), warnings left out."""
    found: list[SanyError] = []
    named = [m[1] for pattern in _FILES for line in lines if (m := pattern.search(line))]
    module = named[0] if named else ""
    place: Location | None = None
    words: list[str] = []
    warning = False

    def end() -> None:
        nonlocal place
        if words and not warning:
            text = " ".join(words)
            point = _POINT.search(text)
            if place is None and point and module:
                line, column = int(point[1]), int(point[2])
                place = Location(module, line, column, line, column)
            found.append(SanyError(text, place))
        words.clear()
        place = None

    for line in lines:
        text = line.strip()
        if text.startswith("*** Warnings"):
            end()
            warning = True
        elif text.startswith(("*** Errors", "*** Abort", "***Parse Error***", "Lexical error", "Fatal errors")):
            end()
            warning = False
        if _PLACE.match(text):
            end()
            place = locations(text)[0]
        elif text.startswith("***Parse Error***"):
            continue
        elif _NOISE.match(text):
            if words and not text:
                end()
        else:
            words.append(text)
    end()
    return tuple(dict.fromkeys(found))
