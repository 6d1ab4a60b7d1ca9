"""Classes, functions and methods, with parameters, bases and decorators."""

from __future__ import annotations

import re
from bisect import bisect_left
from functools import lru_cache
from typing import Any

import tree_sitter

from extractor.providers import Provider
from extractor.view import FileView, one_line

# Keyword and name, then plain parameter names, or plain bases, or nothing; anything more is read by its nodes.
_HEAD = re.compile(
    rb"(async[ \t]+)?(?:(def)[ \t]+([\w\x80-\xff]+)[ \t]*\(([\w\s,\x80-\xff]*)\)"
    rb"|(class)[ \t]+([\w\x80-\xff]+)[ \t]*(?:\(([\w\s,.\x80-\xff]*)\))?[ \t]*:)"
)


def _symbols(view: FileView) -> list[list[Any]]:
    """Rows (kind, name, qualname, line, end line, bases, decorators, parameters, is_async, parent), in source order."""
    rows: list[list[Any]] = []
    bodies: list[tuple[int, int, int]] = []
    enclosing: list[tuple[int, str, str, int]] = []  # end, kind, prefix of qualnames, index
    starts: list[int] = []
    data = view.data
    for node, (start, end) in zip(view.nodes("definition"), view.ranges("definition"), strict=True):
        while enclosing and enclosing[-1][0] <= start:
            enclosing.pop()
        _, outer_kind, prefix, parent = enclosing[-1] if enclosing else (0, "", "", -1)
        bases: list[str] = []
        params: list[list[Any]] = []
        head = _HEAD.match(data, start)
        if head is not None:
            # Most heads are simple enough to be read as they stand, which is several times as fast as by node.
            is_async = head.group(1) is not None
            keyword, raw_name, inner = head.group(2, 3, 4) if head.group(2) else head.group(5, 6, 7)
            name, body = view.spelled(raw_name), head.end()
            if keyword == b"def":
                params = _simple_params(inner)
            elif inner:
                bases = [base for base in map(str.strip, inner.decode().split(",")) if base]
        else:
            name_node = node.child_by_field_name("name")
            if name_node is None:
                continue
            name = view.name(name_node.start_byte, name_node.end_byte)
            is_async = data.startswith(b"async", start)
            keyword = b"class" if node.type == "class_definition" else b"def"
            arguments = node.child_by_field_name("superclasses" if keyword == b"class" else "parameters")
            body = (arguments or name_node).end_byte
            if arguments is not None and keyword == b"class":
                bases = _bases(view, arguments)
            elif arguments is not None:
                params = _params(view, arguments)
        kind = "class" if keyword == b"class" else "method" if outer_kind == "class" else "function"
        place = len(rows)
        bodies.append((body, end, place))
        starts.append(start)
        qualname = prefix + name
        line, last_line = view.line(start), view.last_line(end)
        rows.append([kind, name, qualname, line, last_line, bases, [], params, is_async, parent])
        enclosing.append((end, kind, qualname + ".", place))
    for start, end in view.ranges("decorator"):
        place = bisect_left(starts, end)
        if place < len(rows):
            rows[place][6].append(view.name(start + 1, end).strip())
    view.set_owners(bodies)
    return rows


def _bases(view: FileView, arguments: tree_sitter.Node) -> list[str]:
    return [
        view.name(child.start_byte, child.end_byte)
        for child in arguments.named_children
        if child.type not in ("keyword_argument", "comment")
    ]


@lru_cache(maxsize=4096)
def _simple_params(inner: bytes) -> list[list[Any]]:
    """Plain names only; many lists are alike."""
    return [[name, None, None, "positional"] for name in map(str.strip, inner.decode().split(",")) if name]


def _params(view: FileView, parameters: tree_sitter.Node) -> list[list[Any]]:
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
