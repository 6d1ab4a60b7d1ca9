"""TLA+ values as TLC prints them, to Python and back to a short text."""

from __future__ import annotations

import re
from typing import NoReturn, cast

from tlc_runner.errors import ValueSyntaxError
from tlc_runner.types import Function, ModelValue, TlaValue

_TOKEN = re.compile(
    r"""\s*(?:
      (?P<str>"(?:[^"\\]|\\.)*")
    | (?P<int>-?\d+(?![\w!]))
    | (?P<name>[A-Za-z0-9_][\w!]*)
    | (?P<op><<|>>|\|->|:>|@@|\.\.|[{}()\[\],])
    )""",
    re.VERBOSE | re.DOTALL,
)
_ESCAPE = re.compile(r"\\(.)", re.DOTALL)
_ESCAPED = {"n": "\n", "t": "\t", "r": "\r", "f": "\f"}
_UNESCAPED = str.maketrans({"\\": "\\\\", '"': '\\"', "\n": "\\n", "\t": "\\t", "\r": "\\r", "\f": "\\f"})
_IDENTIFIER = re.compile(r"(?=\w*[A-Za-z])\w+\Z")

#: An interval such as ``1..3`` is spelt out up to this many elements.
MAX_INTERVAL = 1_000_000


def unquote(text: str) -> str:
    """The string that the TLA+ literal ``text``, quotes included, stands for."""
    inner = text[1:-1]
    if "\\" not in inner:
        return inner
    return _ESCAPE.sub(lambda m: _ESCAPED.get(m[1], m[1]), inner)


def parse_value(text: str) -> TlaValue:
    """The value that ``text`` stands for; raises ValueSyntaxError where it is none.

    ``<<...>>`` gives a tuple, ``{...}`` and ``1..3`` a frozenset, ``[f |-> v]`` and ``(a :> 1 @@ b :> 2)``
    a Function, any other name a ModelValue.
    """
    parser = _Parser(text)
    try:
        value = parser.value()
    except RecursionError:
        raise ValueSyntaxError("value nested too deeply to read; make the model's values flatter") from None
    if parser.kind:
        parser.fail("the end")
    return value


class _Parser:
    """Recursive descent over one pass of the token pattern; ``kind`` is "" at the end."""

    __slots__ = ("at", "kind", "symbol", "text")

    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.kind = ""
        self.symbol = ""
        self.advance()

    def advance(self) -> None:
        match = _TOKEN.match(self.text, self.at)
        if match is None:
            if self.text[self.at :].strip():
                self.kind = "?"
                self.fail("a value")
            self.kind = self.symbol = ""
            return
        self.kind = match.lastgroup or ""
        self.symbol = match[self.kind]
        self.at = match.end()

    def fail(self, wanted: str) -> NoReturn:
        start = max(0, self.at - 20)
        raise ValueSyntaxError(
            f"not a TLC value: expected {wanted} at offset {self.at}, near {self.text[start : self.at + 20]!r}"
        )

    def expect(self, symbol: str) -> None:
        if self.kind != "op" or self.symbol != symbol:
            self.fail(repr(symbol))
        self.advance()

    def value(self) -> TlaValue:
        kind, symbol = self.kind, self.symbol
        if kind == "str":
            self.advance()
            return unquote(symbol)
        if kind == "int":
            self.advance()
            return self.interval(int(symbol)) if self.symbol == ".." and self.kind == "op" else int(symbol)
        if kind == "name":
            self.advance()
            if symbol == "TRUE":
                return True
            return False if symbol == "FALSE" else ModelValue(symbol)
        if symbol == "<<":
            return tuple(self.items(">>"))
        if symbol == "{":
            return frozenset(self.items("}"))
        if symbol == "[":
            return self.record()
        if symbol != "(":
            self.fail("a value")
        return self.function()

    def items(self, close: str) -> list[TlaValue]:
        self.advance()
        found: list[TlaValue] = []
        if not (self.kind == "op" and self.symbol == close):
            found.append(self.value())
            while self.kind == "op" and self.symbol == ",":
                self.advance()
                found.append(self.value())
        self.expect(close)
        return found

    def interval(self, low: int) -> TlaValue:
        self.advance()
        if self.kind != "int":
            self.fail("an integer")
        high = int(self.symbol)
        self.advance()
        if high - low >= MAX_INTERVAL:
            raise ValueSyntaxError(f"interval {low}..{high} has more than {MAX_INTERVAL} elements")
        return frozenset(range(low, high + 1))

    def record(self) -> TlaValue:
        self.advance()
        pairs: list[tuple[object, object]] = []
        while True:
            name = self.symbol
            if self.kind not in ("name", "int"):
                self.fail("a field name")
            self.advance()
            self.expect("|->")
            pairs.append((name, self.value()))
            if self.symbol != ",":
                break
            self.advance()
        self.expect("]")
        return make_function(pairs)

    def function(self) -> TlaValue:
        self.advance()
        first = self.value()
        if self.kind == "op" and self.symbol == ")":  # a value in parentheses
            self.advance()
            return first
        self.expect(":>")
        pairs: list[tuple[object, object]] = [(first, self.value())]
        while self.kind == "op" and self.symbol == "@@":
            self.advance()
            argument = self.value()
            self.expect(":>")
            pairs.append((argument, self.value()))
        self.expect(")")
        return make_function(pairs)


def make_function(pairs: list[tuple[object, object]]) -> Function:
    """A Function with its pairs in the one order that makes equal functions equal."""
    return Function(tuple(sorted(pairs, key=lambda pair: sort_key(pair[0]))))


def sort_key(value: object) -> tuple[int, int, str]:
    """An order over all values: booleans, integers, strings, model values, then the rest by their text."""
    if isinstance(value, bool):
        return (0, int(value), "")
    if isinstance(value, int):
        return (1, value, "")
    if isinstance(value, str):
        return (2, 0, value)
    if isinstance(value, ModelValue):
        return (3, 0, value.name)
    return (4, 0, format_value(value))


def format_value(value: object) -> str:
    """``value`` on one line as TLC would print it, sets and functions in a fixed order."""
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, str):
        return '"' + value.translate(_UNESCAPED) + '"'
    if isinstance(value, ModelValue):
        return value.name
    if isinstance(value, tuple):
        return "<<" + ", ".join(map(format_value, value)) + ">>"
    if isinstance(value, frozenset):
        return "{" + ", ".join(format_value(v) for v in sorted(value, key=sort_key)) + "}"
    if isinstance(value, Function):
        return _format_function(value)
    raise TypeError(f"not a TLA+ value: {type(value).__name__}")


def _format_function(value: Function) -> str:
    if value.pairs and all(isinstance(k, str) and _IDENTIFIER.match(k) for k, _ in value.pairs):
        fields = (f"{cast('str', k)} |-> {format_value(v)}" for k, v in value.pairs)
        return "[" + ", ".join(fields) + "]"
    if not value.pairs:
        return "<<>>"
    return "(" + " @@ ".join(f"{format_value(k)} :> {format_value(v)}" for k, v in value.pairs) + ")"
