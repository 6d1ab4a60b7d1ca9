"""Types, functions and methods, with parameters, bases and decorators, out of the captures of a language's query."""

from __future__ import annotations

import re
from collections.abc import Container
from typing import Any

import tree_sitter

from extractor.view import FileView, one_line

#: Levels between a definition and what a query captures of its head.
_NEAR = 8
_ASYNC = re.compile(rb"\basync\b")
_SELF = ("self_parameter", "self")
_ENDS = ("identifier", "field_identifier", "property_identifier", "private_property_identifier", "type_identifier")


def symbols(view: FileView) -> list[list[Any]]:
    """Rows (kind, name, qualname, line, end line, bases, decorators, parameters, is_async, parent), in source order."""
    found: dict[int, tuple[tree_sitter.Node, str]] = {}
    for kind, node in view.captured("definition."):
        found[node.id] = node, kind
    for node in view.nodes("container"):
        found[node.id] = node, ""
    names = _inside(view, "name", found)
    holders, bases = _inside(view, "holder", found), _inside(view, "base", found)
    decorators = _inside(view, "decorator", found)
    namespaces = {view.name(node.start_byte, node.end_byte) for node in view.nodes("namespace")}
    rows: list[list[Any]] = []
    bodies: list[tuple[int, int, int]] = []
    enclosing: list[tuple[int, bool, str, int]] = []  # end, whether a type, prefix of qualnames, index
    for node, kind in sorted(found.values(), key=lambda each: (each[0].start_byte, -each[0].end_byte)):
        start, end = node.start_byte, node.end_byte
        if node.id not in names:
            continue
        while enclosing and enclosing[-1][0] <= start:
            enclosing.pop()
        _, in_type, prefix, parent = enclosing[-1] if enclosing else (0, False, "", -1)
        name_node = names[node.id][0]
        parts = bare_type(view.text(name_node.start_byte, name_node.end_byte)).split(".")
        while len(parts) > 1 and parts[0] in namespaces:
            del parts[0]
        held = [bare_type(view.text(each.start_byte, each.end_byte)) for each in holders.get(node.id, ())]
        qualname = prefix + ".".join(held + parts)
        if not kind:
            enclosing.append((end, True, qualname + ".", parent))
            continue
        is_function = kind == "function"
        is_method = is_function and (in_type or bool(held) or len(parts) > 1)
        place = len(rows)
        rows.append(
            [
                "method" if is_method else kind,
                parts[-1],
                qualname,
                view.line(start),
                view.last_line(end),
                [view.name(each.start_byte, each.end_byte) for each in bases.get(node.id, ())],
                [view.name(each.start_byte, each.end_byte).lstrip("@") for each in decorators.get(node.id, ())],
                _params(view, node) if is_function else [],
                _ASYNC.search(view.data, start, max(start, name_node.start_byte)) is not None
                or _is_async_value(view, node),
                parent,
            ]
        )
        bodies.append((start, end, place))
        enclosing.append((end, not is_function, qualname + ".", place))
    view.set_owners(bodies)
    return rows


def nearest(node: tree_sitter.Node, ids: Container[int]) -> int | None:
    """The id of the closest node around ``node`` (or itself) that is among ``ids``, looked for a few levels up."""
    around: tree_sitter.Node | None = node
    for _ in range(_NEAR):
        if around is None:
            return None
        if around.id in ids:
            return around.id
        around = around.parent
    return None


def bare_type(text: str) -> str:
    """A type's name, dotted, without pointers, references and type arguments: ``a.Map`` for ``*a::Map<K, V>``."""
    depth, kept = 0, []
    for character in text.replace("->", "."):
        if character in "<[(":
            depth += 1
        elif character in ">])":
            depth -= 1
        elif depth == 0 and not character.isspace():
            kept.append(character)
    return "".join(kept).replace("::", ".").strip("*&.")


def declared_names(node: tree_sitter.Node) -> list[tree_sitter.Node]:
    """The names that a declaration declares, whatever pointers, arrays and first values surround them."""
    found: list[tree_sitter.Node] = []
    stack = [node]
    while stack:
        each = stack.pop()
        if each.type in _ENDS:
            found.append(each)
            continue
        inner = [
            child
            for field in ("name", "declarator", "pattern", "left", "property")
            for child in each.children_by_field_name(field)
        ]
        if not inner and each.type in ("expression_list", "reference_declarator"):
            inner = each.named_children
        stack.extend(reversed(inner))
    return found


def _inside(view: FileView, capture: str, ids: Container[int]) -> dict[int, list[tree_sitter.Node]]:
    """The captured nodes by the id of the definition whose head they stand in."""
    found: dict[int, list[tree_sitter.Node]] = {}
    for node in view.nodes(capture):
        near = nearest(node, ids)
        if near is not None:
            found.setdefault(near, []).append(node)
    return found


def _is_async_value(view: FileView, node: tree_sitter.Node) -> bool:
    """``name = async () => ...``: the keyword stands before the value."""
    value = node.child_by_field_name("value")
    return value is not None and view.data.startswith(b"async", value.start_byte)


def _params(view: FileView, node: tree_sitter.Node) -> list[list[Any]]:
    inner: tree_sitter.Node | None = node.child_by_field_name("value") or node
    listed = None
    rows: list[list[Any]] = []
    while inner is not None and listed is None:
        listed = inner.child_by_field_name("parameters")
        inner = inner.child_by_field_name("declarator")
    receiver = node.child_by_field_name("receiver")
    for each in (receiver, listed):
        for child in each.named_children if each is not None else ():
            rows.extend(_param(view, child))
    return rows


def _param(view: FileView, node: tree_sitter.Node) -> list[list[Any]]:
    if node.type in _SELF:
        return [["self", view.name(node.start_byte, node.end_byte), None, "positional"]]
    if node.type not in _PARAMETERS:
        return []
    kind = "varargs" if node.type in ("spread_parameter", "variadic_parameter_declaration") else "positional"
    type_node = node.child_by_field_name("type")
    annotation = view.text(type_node.start_byte, type_node.end_byte).lstrip(": ") if type_node is not None else None
    named = declared_names(node)
    if node.child_by_field_name("declarator") is not None:  # C's types surround the name: const char *s
        annotation = view.text(node.start_byte, named[0].start_byte if named else node.end_byte).strip()
    if not named and annotation == "void":
        return []  # C's way to say that there are none
    names = [view.name(each.start_byte, each.end_byte) for each in named] or [""]
    return [[name, one_line(annotation, 500) if annotation else None, None, kind] for name in names]


_PARAMETERS = frozenset(
    {
        "parameter",
        "parameter_declaration",
        "optional_parameter_declaration",
        "variadic_parameter_declaration",
        "formal_parameter",
        "spread_parameter",
        "required_parameter",
        "optional_parameter",
    }
)
