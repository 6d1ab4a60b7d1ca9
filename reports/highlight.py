"""Source text as HTML lines with its syntax coloured; everything of the target is escaped here."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from itertools import groupby

from markupsafe import Markup, escape
from pygments.lexer import Lexer
from pygments.lexers import get_lexer_for_filename
from pygments.token import Comment, Keyword, Name, Number, Operator, String, _TokenType
from pygments.util import ClassNotFound

from reports.text import clip, visible

# Colouring serves reading; a file beyond this is shown plain, so that no text can make a report slow.
_LINES_LIMIT = 5000

_PYGMENTS: Sequence[tuple[_TokenType, str]] = (
    (Comment, "c"),
    (String.Doc, "c"),
    (String, "s"),
    (Keyword, "k"),
    (Operator.Word, "k"),
    (Number, "n"),
    (Name.Function, "f"),
    (Name.Class, "f"),
    (Name.Decorator, "f"),
    (Name.Builtin, "b"),
)

_TLA = re.compile(
    r"""(?P<open>\(\*)
    |(?P<c>\\\*.*|-{4,}.*|={4,})
    |(?P<s>"(?:[^"\\]|\\.)*")
    |(?P<k>\b(?:ACTION|ASSUME|CASE|CHOOSE|CONSTANTS?|DOMAIN|ELSE|ENABLED|EXCEPT|EXTENDS|IF|IN|INSTANCE|LAMBDA|LET|LOCAL
        |MODULE|OTHER|RECURSIVE|SF_|SUBSET|THEN|THEOREM|UNCHANGED|UNION|VARIABLES?|WF_|WITH|TRUE|FALSE|BOOLEAN)\b)
    |(?P<f>^\w+(?=(?:\([\w\s,]*\))?\s*==))
    |(?P<b>\w+')
    |(?P<n>\b\d+\b)""",
    re.VERBOSE,
)


def code(path: str, lines: Sequence[str]) -> list[Markup]:
    """Return each of the ``lines`` of ``path`` as HTML, coloured by the language that the file name tells."""
    shown = [clip(line) for line in lines]
    lexer = _lexer(path) if len(shown) <= _LINES_LIMIT else None
    if lexer is None:
        return [escape(line) for line in shown]
    rows: list[list[tuple[str, str]]] = [[]]
    for token, value in lexer.get_tokens("\n".join(shown)):
        css = next((name for kind, name in _PYGMENTS if token in kind), "")
        for index, piece in enumerate(value.split("\n")):
            if index:
                rows.append([])
            if piece:
                rows[-1].append((css, piece))
    if len(rows) < len(shown):
        return [escape(line) for line in shown]
    return [_row(row) for row in rows[: len(shown)]]


def tla(text: str) -> list[Markup]:
    """Return each line of TLA+ ``text`` as HTML."""
    rows: list[Markup] = []
    inside = False
    for line in text.split("\n"):
        row, inside = _tla_row(clip(line, 400), inside)
        rows.append(row)
    return rows


def _tla_row(line: str, inside: bool) -> tuple[Markup, bool]:
    pieces: list[tuple[str, str]] = []
    at = 0
    while at < len(line):
        if inside:
            end = line.find("*)", at)
            stop = len(line) if end < 0 else end + 2
            pieces.append(("c", line[at:stop]))
            inside, at = end < 0, stop
            continue
        match = _TLA.search(line, at)
        if match is None:
            break
        pieces.append(("", line[at : match.start()]))
        kind = match.lastgroup or ""
        if kind == "open":
            inside, at = True, match.start()
            # The search for the end must not take the star of the beginning.
            end = line.find("*)", at + 2)
            if end < 0:
                pieces.append(("c", line[at:]))
                at = len(line)
            continue
        pieces.append((kind, match.group()))
        at = match.end()
    pieces.append(("", line[at:]))
    return _row(pieces), inside


def _row(pieces: Iterable[tuple[str, str]]) -> Markup:
    out: list[Markup] = []
    for css, run in groupby(pieces, key=lambda piece: piece[0]):
        text = escape(visible("".join(piece for _, piece in run)))
        out.append(Markup('<span class="{}">{}</span>').format(css, text) if css and text else text)
    return Markup("").join(out)


def _lexer(path: str) -> Lexer | None:
    try:
        return get_lexer_for_filename(path, stripnl=False, ensurenl=False)
    except ClassNotFound:
        return None
