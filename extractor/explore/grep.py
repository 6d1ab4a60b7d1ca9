"""The searching child of ``search_text``: reads what to look for from standard input, writes the hits as JSON."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import Any

from extractor.explore.place import Place, Refused

_LINE = 500


def search(asked: dict[str, Any]) -> dict[str, Any]:
    """``lines`` of the first hits and whether there are ``more``; or the ``error`` of the pattern."""
    try:
        pattern = re.compile(asked["pattern"])
    except (re.error, RecursionError, OverflowError) as error:
        return {"error": str(error)}
    place = Place(Path(asked["root"]))
    lines: list[str] = []
    hits = 0
    for path in asked["files"]:
        try:
            text = place.text(path).split("\n")
        except Refused:
            continue
        for number, line in enumerate(text, 1):
            if pattern.search(line[:_LINE]) is None:
                continue
            hits += 1
            if hits > asked["hits"]:
                return {"lines": lines, "more": True}
            around = range(max(1, number - asked["context"]), min(len(text), number + asked["context"]) + 1)
            lines.extend(f"{path}:{at}{':' if at == number else '-'} {text[at - 1][:_LINE]}" for at in around)
    return {"lines": lines, "more": False}


if __name__ == "__main__":
    sys.stdout.write(json.dumps(search(json.load(sys.stdin))))
