"""One version of one file: its lines, its functions, and the safety mechanisms it uses."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Any

import tree_sitter

from extractor import blob
from extractor.decode import Undecodable
from extractor.history import words
from extractor.indexer import parse
from extractor.languages import SUFFIXES, language_of, reader

#: Mechanisms that are an object with a name, taken and given back.
OBJECTS = frozenset({"lock", "rlock", "condition", "semaphore"})
#: Objects whose every use would be too much to tell: their making counts.
MADE = frozenset({"event", "queue"})
GUARDING = frozenset({"with", "acquire", "wait"})

_CALL = re.compile(r"\s*\(.*", re.DOTALL)
_RETRYING_LOOP = re.compile(r"(?:async\s+)?(?:while\b|for\b.*\b(?:range|count|attempts?|retries|tries|repeat)\b)")


@dataclass(frozen=True, slots=True)
class Use:
    """One use of a mechanism, 1-based lines. ``scope`` and ``target`` tell one lock from another.

    ``scope`` is the class for what hangs on ``self``, the function for what is no object, else "".
    """

    mechanism: str
    operation: str
    scope: str
    target: str
    function: str
    line: int
    end_line: int

    @property
    def group(self) -> tuple[str, str]:
        """Equal for all uses of one object."""
        return self.scope, self.target


@dataclass(frozen=True, slots=True)
class Moment:
    """A place where others may run (``suspend``), or a write to what is shared (``write``) or outside (``outside``)."""

    function: str
    kind: str
    what: str
    line: int


@dataclass(frozen=True, slots=True)
class Version:
    """A file at one commit; without lines where it was not there, without uses where it could not be parsed."""

    lines: tuple[str, ...]
    uses: tuple[Use, ...] = ()
    functions: dict[str, tuple[int, int]] = field(default_factory=dict)
    moments: tuple[Moment, ...] = ()


def is_source(path: str) -> bool:
    """Whether the file's language is known."""
    return PurePosixPath(path).suffix in SUFFIXES


def lines_of(data: bytes) -> tuple[str, ...]:
    """The lines as git counts them; bytes that are no UTF-8 come out as replacement characters."""
    text = data.decode("utf-8", "replace").replace("\r\n", "\n")
    return tuple(text.removesuffix("\n").split("\n")) if text else ()


def read(data: bytes, path: str) -> Version:
    """What one version of a file uses. One that its language can't make sense of has lines only."""
    suffix = PurePosixPath(path).suffix
    lines = lines_of(data)
    packed = parse(data, suffix)
    if not lines or not blob.is_readable(packed):
        return Version(lines)
    rows = blob.rows_of(packed)
    symbols = rows["symbols"]
    owners = [row[2] for row in symbols] + [""]
    functions = {row[2]: (row[3], row[4]) for row in symbols if row[0] != "class"}
    classes = {row[2] for row in symbols if row[0] == "class"}
    uses = [
        made
        for owner, mechanism, operation, target, line, end in rows["syncs"]
        if (made := _use(classes, lines, owners[owner], mechanism, operation, target, line, end)) is not None
    ]
    known = {(use.mechanism, use.line) for use in uses}
    uses += [use for use in _worded(data, suffix, owners, functions) if (use.mechanism, use.line) not in known]
    uses.sort(key=lambda use: (use.line, use.end_line))
    return Version(lines, tuple(uses), functions, tuple(_moments(rows, owners)))


def _use(
    classes: set[str],
    lines: tuple[str, ...],
    function: str,
    mechanism: str,
    operation: str,
    target: str,
    line: int,
    end_line: int,
) -> Use | None:
    """A row of the facts as a use, None for what is no safety mechanism by itself."""
    name = _CALL.sub("", target)
    if mechanism in OBJECTS:
        return Use(mechanism, operation, _class_of(classes, function, name), name, function, line, end_line)
    if mechanism in MADE:
        if operation != "create":
            return None
        return Use(mechanism, operation, _class_of(classes, function, name), name, function, line, end_line)
    if mechanism == "retry" and target == "continue" and not _goes_round_again(lines, line):
        return None
    if mechanism == "transaction":
        name = name.rpartition(".")[0] or name
    return Use(mechanism, operation, function, name, function, line, end_line)


def _class_of(classes: set[str], function: str, target: str) -> str:
    """The class that ``self.x`` belongs to; "" for what is no attribute."""
    if not target.startswith(("self.", "cls.", "this.")):
        return ""
    while function and function not in classes:
        function = function.rpartition(".")[0]
    return function


def _goes_round_again(lines: tuple[str, ...], line: int) -> bool:
    """Whether a ``continue`` tries the same again; in a loop over things it goes on with the next one."""
    indent = _indent(lines[line - 1])
    for above in reversed(lines[: line - 1]):
        if above.strip() and _indent(above) < indent:
            indent = _indent(above)
            text = above.strip()
            if text.startswith(("for ", "while ", "async for ")):
                return _RETRYING_LOOP.match(text) is not None
            if text.startswith(("def ", "class ", "async def ")):
                return False
    return False


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip())


def _moments(rows: dict[str, Any], owners: list[str]) -> Iterator[Moment]:
    for owner, target, mode, scope, line, _ in rows["accesses"]:
        if mode in ("write", "mutate"):
            yield Moment(owners[owner], "outside" if scope == "external" else "write", target, line)
    for owner, kind, text, line, _ in rows["suspensions"]:
        if kind in ("await", "async-with", "yield"):
            yield Moment(owners[owner], "suspend", text, line)


def _worded(data: bytes, suffix: str, owners: list[str], functions: dict[str, tuple[int, int]]) -> Iterator[Use]:
    """Mechanisms that show in a name or in a statement of SQL."""
    if not words.TELLING.search(data.decode("utf-8", "replace")):
        return
    language = language_of(suffix)
    try:
        source = language.decode(data).encode("utf-8")
    except Undecodable:
        return
    code, statements = _code(source, reader(language).parser.parse(source).root_node)
    text = code.decode("utf-8", "replace")
    inner = sorted(functions.items(), key=lambda item: item[1][1] - item[1][0])

    def function_at(line: int) -> str:
        return next((name for name, (first, last) in inner if first <= line <= last), "")

    for mechanism, pattern in words.NAMED:
        for match in pattern.finditer(text):
            line = text.count("\n", 0, match.start()) + 1
            function = function_at(line)
            name = re.sub(r"\s*=\s*", "=", match.group())
            scope = function if mechanism in ("timeout", "shield") else ""
            yield Use(mechanism, "use", scope, name, function, line, line)
    for line, end_line, statement in statements:
        for mechanism, pattern in words.SQL:
            found = pattern.search(statement)
            if found is not None:
                function = function_at(line)
                yield Use(
                    mechanism, "use", function, " ".join(found.group().split()).upper()[:60], function, line, end_line
                )


def _code(source: bytes, root: tree_sitter.Node) -> tuple[bytes, list[tuple[int, int, str]]]:
    """The source with comments and text blanked out, and every text that is a statement of SQL with its lines."""
    out = bytearray(source)
    statements: list[tuple[int, int, str]] = []
    stack = [root]
    while stack:
        node = stack.pop()
        kind = node.type
        is_text = "string" in kind and node.is_named
        if "comment" in kind or is_text or kind in ("char_literal", "rune_literal", "regex"):
            raw = source[node.start_byte : node.end_byte]
            if is_text:
                inside = raw.decode("utf-8", "replace").lstrip("rRbBuUfFL").strip("\"'`")
                if words.STATEMENT.match(inside):
                    statements.append((node.start_point.row + 1, node.end_point.row + 1, inside))
            out[node.start_byte : node.end_byte] = re.sub(rb"[^\n]", b" ", raw)
        else:
            stack.extend(node.children)
    return bytes(out), statements
