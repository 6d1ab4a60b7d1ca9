"""One version of one file: its lines, its functions, and the safety mechanisms it uses."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from itertools import accumulate
from pathlib import PurePosixPath
from typing import Any

import tree_sitter

from extractor import blob
from extractor.history import words
from extractor.indexer import parse
from extractor.languages import SUFFIXES, language_of, reader

#: Mechanisms that are an object with a name, taken and given back.
OBJECTS = frozenset({"lock", "rlock", "condition", "semaphore"})
#: Objects whose every use would be too much to tell: their making counts.
MADE = frozenset({"event", "queue"})
#: Named mechanisms that are a call's own, and not an object that many calls share.
_LOCAL = frozenset({"timeout", "shield", "transaction"})
GUARDING = frozenset({"with", "acquire", "wait"})

_IMPORT = re.compile(r"\s*(?:import|from|use|using|#\s*include)\b|.*\brequire\(")
#: The name of what makes an object, where one would expect the object's own: nothing was assigned on that line.
_MAKER = re.compile(r"(?:\w+\.)*_?[A-Z]\w*")
_ASSIGNS = re.compile(r"^\s*([\w.]+)(?::[^=]+)?\s*=\s*(?:\w+\.)*[A-Z]\w*\(", re.MULTILINE)
_STATEMENT = 8
_DEFINED = re.compile(r"\b(?:def|class|func|fn)\s+$")
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
    uses += [use for use in _worded(data, suffix, functions) if (use.mechanism, use.line) not in known]
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
    if operation == "create" and _MAKER.fullmatch(name):
        found = _assigned(lines, line)
        if found is None:
            return None  # what nobody keeps guards nothing here
        name = found
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


def _assigned(lines: tuple[str, ...], line: int) -> str | None:
    """What an object made on this line is assigned to, where the statement began further up."""
    text = "\n".join(lines[max(line - _STATEMENT, 0) : line])
    found = [match.group(1) for match in _ASSIGNS.finditer(text) if "\n" not in text[match.end() :]]
    return found[-1] if found else None


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


def _worded(data: bytes, suffix: str, functions: dict[str, tuple[int, int]]) -> Iterator[Use]:
    """Mechanisms that show in a name or in a statement of SQL."""
    language = language_of(suffix, data)
    source = _Source(language.decode(data), reader(language).parser)
    inner = sorted(functions.items(), key=lambda item: item[1][1] - item[1][0])

    def function_at(row: int) -> str:
        return next((name for name, (first, last) in inner if first <= row + 1 <= last), "")

    for row in source.rows_with(words.NAMED_STEMS):
        line = source.lines[row]
        if _IMPORT.match(line):
            continue
        for mechanism, pattern in words.NAMED:
            for match in pattern.finditer(line):
                defined = mechanism in _LOCAL and _DEFINED.search(line[: match.start()])
                if not defined and source.text_at(row, match.start()) is None:
                    name = re.sub(r"\s*=\s*", "=", match.group())
                    function = function_at(row)
                    scope = function if mechanism in _LOCAL else ""
                    yield Use(mechanism, "use", scope, name, function, row + 1, row + 1)
    for node in source.statements():
        row = node.start_point.row
        statement = _inside(node)
        for mechanism, pattern in words.SQL:
            found = pattern.search(statement)
            if found is not None:
                said, function = " ".join(found.group().split()).upper()[:60], function_at(row)
                yield Use(mechanism, "use", function, said, function, row + 1, node.end_point.row + 1)


class _Source:
    """A file's text, parsed only when it is asked what is code in it and what is comment or text."""

    def __init__(self, text: str, parser: tree_sitter.Parser) -> None:
        self.lines = text.split("\n")
        self._data = text.encode("utf-8")
        self._lower = self._data.lower()
        self._starts = [0, *accumulate(len(line) + 1 for line in self._data.split(b"\n"))]
        self._parser = parser

    @cached_property
    def _root(self) -> tree_sitter.Node:
        return self._parser.parse(self._data).root_node

    def rows_with(self, stems: tuple[str, ...]) -> list[int]:
        """The 0-based lines that hold any of these, whatever their case."""
        return sorted({bisect_right(self._starts, at) - 1 for at in self._places(stems)})

    def statements(self) -> list[tree_sitter.Node]:
        """The texts that are statements of SQL with a word that matters."""
        found: dict[int, tree_sitter.Node] = {}
        for at in self._places(words.SQL_STEMS):
            node = _text_around(self._root.descendant_for_byte_range(at, at))
            if node is not None and "string" in node.type and not _is_docstring(node):
                found[node.start_byte] = node
        return [found[start] for start in sorted(found) if words.STATEMENT.match(_inside(found[start]))]

    def text_at(self, row: int, column: int) -> tree_sitter.Node | None:
        """The comment or text that a character stands in, None for code."""
        at = self._starts[row] + len(self.lines[row][:column].encode("utf-8"))
        return _text_around(self._root.descendant_for_byte_range(at, at))

    def _places(self, stems: tuple[str, ...]) -> Iterator[int]:
        for stem in stems:
            word = stem.encode("ascii")
            at = self._lower.find(word)
            while at >= 0:
                yield at
                at = self._lower.find(word, at + 1)


def _text_around(node: tree_sitter.Node | None) -> tree_sitter.Node | None:
    """The outermost comment or text that a node is in. What stands in the braces of a formatted text is code again."""
    found = None
    while node is not None and node.type not in ("interpolation", "template_substitution"):
        if "comment" in node.type or "string" in node.type or node.type in ("char_literal", "regex"):
            found = node
        node = node.parent
    return found


def _inside(text: tree_sitter.Node) -> str:
    """What a text says, without its quotation marks."""
    return (text.text or b"").decode("utf-8", "replace").lstrip("rRbBuUfFL").strip("\"'`")


def _is_docstring(node: tree_sitter.Node) -> bool:
    """A statement that is a text and nothing else."""
    around = node.parent
    return around is not None and around.type == "expression_statement" and around.named_child_count == 1
