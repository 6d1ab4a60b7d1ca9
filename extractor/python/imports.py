"""What the imported names of a file stand for."""

from __future__ import annotations

import re

from extractor.providers import Provider
from extractor.view import FileView

_FROM = re.compile(r"from\s+([.\w\s]*?)\s*import\b\s*(.*)", re.DOTALL)
_COMMENT = re.compile(r"#[^\n]*")
_ALIAS = re.compile(r"\s+as\s+")


def _imports(view: FileView) -> dict[str, str]:
    """Local name -> dotted name it stands for; relative imports keep their leading dots (``.locks.Event``)."""
    found: dict[str, str] = {}
    for start, end in view.ranges("import"):
        text = _COMMENT.sub("", view.text(start, end)).replace("\\\n", " ")
        match = _FROM.match(text)
        if match:
            module = "".join(match.group(1).split())
            joint = "" if module.endswith(".") else "."
            for name, alias in _names(match.group(2)):
                if name != "*":
                    found[alias or name] = f"{module}{joint}{name}"
        else:
            for name, alias in _names(text[len("import") :]):
                if alias:
                    found[alias] = name
                else:
                    root = name.partition(".")[0]
                    found[root] = root
    return found


def _names(text: str) -> list[tuple[str, str]]:
    names: list[tuple[str, str]] = []
    for part in text.strip().strip("()").split(","):
        name, *alias = _ALIAS.split(part.strip())
        if name:
            names.append(("".join(name.split()), alias[0].strip() if alias else ""))
    return names


IMPORTS = Provider(
    name="imports",
    produces="imports",
    run=_imports,
    patterns=("[(import_statement) (import_from_statement)] @import",),
)
