"""Classes, functions and methods, with parameters, bases and decorators."""

from __future__ import annotations

from bisect import bisect_left
from functools import lru_cache
from typing import Any

import tree_sitter

from extractor.providers import Provider
from extractor.view import FileView, one_line


def _symbols(view: FileView) -> list[list[Any]]:
    """Rows (kind, name, qualname, line, end line, bases, decorators, parameters, is_async, parent), in source order."""
    rows: list[list[Any]] = []
    bodies: list[tuple[int, int, int]] = []
    enclosing: list[tuple[int, str, str, int]] = []  # end, kind, prefix of qualnames, index
    starts: list[int] = []
    for node in view.nodes("definition"):
        name_node, body = node.child_by_field_name("name"), node.child_by_field_name("body")
        if name_node is None or body is None:
            continue
        start, end = node.start_byte, node.end_byte
        name = view.name(name_node.start_byte, name_node.end_byte)
        while enclosing and enclosing[-1][0] <= start:
            enclosing.pop()
        _, outer_kind, prefix, parent = enclosing[-1] if enclosing else (0, "", "", -1)
        if node.type == "class_definition":
            kind, params, is_async = "class", [], False
            bases = _bases(view, node.child_by_field_name("superclasses"))
        else:
            kind = "method" if outer_kind == "class" else "function"
            bases = []
            params = _params(view, node.child_by_field_name("parameters"))
            is_async = view.data.startswith(b"async", start)
        place = len(rows)
        bodies.append((body.start_byte, body.end_byte, place))
        starts.append(start)
        qualname = prefix + name
        rows.append([kind, name, qualname, view.line(start), view.last_line(end), bases, [], params, is_async, parent])
        enclosing.append((end, kind, qualname + ".", place))
    for start, end in view.ranges("decorator"):
        place = bisect_left(starts, end)
        if place < len(rows):
            rows[place][6].append(view.name(start + 1, end).strip())
    view.set_owners(bodies)
    return rows


def _bases(view: FileView, arguments: tree_sitter.Node | None) -> list[str]:
    if arguments is None:
        return []
    return [
        view.name(child.start_byte, child.end_byte)
        for child in arguments.named_children
        if child.type not in ("keyword_argument", "comment")
    ]


def _params(view: FileView, parameters: tree_sitter.Node | None) -> list[list[Any]]:
    if parameters is None:
        return []
    raw = view.data[parameters.start_byte : parameters.end_byte]
    known = _simple_params(raw)
    if known is not None:
        return known
    return _typed_params(view, parameters)


@lru_cache(maxsize=4096)
def _simple_params(raw: bytes) -> list[list[Any]] | None:
    """Plain names only; most lists are, and many are alike."""
    inner = raw[1:-1].strip()
    if not inner:
        return []
    names = [part.strip() for part in inner.split(b",")]
    if all(name.isidentifier() for name in map(_ascii, names)):
        return [[name.decode(), None, None, "positional"] for name in names]
    return None


def _ascii(raw: bytes) -> str:
    return raw.decode("ascii", "replace")


def _typed_params(view: FileView, parameters: tree_sitter.Node) -> list[list[Any]]:
    params: list[list[Any]] = []
    kind = "positional"
    for child in parameters.named_children:
        if child.type in ("keyword_separator", "list_splat_pattern") or (
            child.type == "typed_parameter" and view.data[child.start_byte : child.start_byte + 1] == b"*"
        ):
            if child.type != "keyword_separator":
                params.append(_param(view, child, kind))
            kind = "keyword"
        elif child.type not in ("positional_separator", "comment", "ERROR"):
            params.append(_param(view, child, kind))
    return params


def _param(view: FileView, node: tree_sitter.Node, kind: str) -> list[Any]:
    annotation, default = node.child_by_field_name("type"), node.child_by_field_name("value")
    named = node.child_by_field_name("name")
    if named is None:
        named = node.named_children[0] if node.type == "typed_parameter" else node
    spelling = view.text(named.start_byte, named.end_byte)
    if spelling.startswith("**"):
        kind = "varkwargs"
    elif spelling.startswith("*"):
        kind = "varargs"
    return [
        spelling.lstrip("* "),
        one_line(view.text(annotation.start_byte, annotation.end_byte), 500) if annotation else None,
        one_line(view.text(default.start_byte, default.end_byte), 500) if default else None,
        kind,
    ]


SYMBOLS = Provider(
    name="symbols",
    produces="symbols",
    run=_symbols,
    patterns=("[(class_definition) (function_definition)] @definition", "(decorator) @decorator"),
)
