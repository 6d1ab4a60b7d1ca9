"""Source text as HTML lines with its syntax coloured; everything of the target is escaped here."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cache
from html import escape
from itertools import groupby
from pathlib import PurePath

from markupsafe import Markup
from pygments.lexer import Lexer
from pygments.lexers import get_lexer_by_name, get_lexer_for_filename
from pygments.token import Comment, Keyword, Name, Number, Operator, String, _TokenType
from pygments.util import ClassNotFound

from reports.text import clip, visible

# Colouring serves reading; a file beyond this is shown plain, so that no text can make a report slow.
_LINES_LIMIT = 5000

# To find a lexer by file name, Pygments compiles the patterns of all that it has: a tenth of a second.
_LEXERS = {
    ".py": "python",
    ".c": "c",
    ".h": "c",
    ".cpp": "cpp",
    ".go": "go",
    ".java": "java",
    ".rs": "rust",
    ".ts": "typescript",
}

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


def code(path: str, lines: Sequence[str]) -> list[Markup]:
    """Return each of the ``lines`` of ``path`` as HTML, coloured by the language that the file name tells."""
    shown = [clip(line) for line in lines]
    lexer = _lexer(PurePath(path).suffix) if len(shown) <= _LINES_LIMIT else None
    if lexer is None:
        return [_row([("", line)]) for line in shown]
    rows: list[list[tuple[str, str]]] = [[]]
    for token, value in lexer.get_tokens("\n".join(shown)):
        css = next((name for kind, name in _PYGMENTS if token in kind), "")
        for index, piece in enumerate(value.split("\n")):
            if index:
                rows.append([])
            if piece:
                rows[-1].append((css, piece))
    if len(rows) < len(shown):
        return [_row([("", line)]) for line in shown]
    return [_row(row) for row in rows[: len(shown)]]


def _row(pieces: Iterable[tuple[str, str]]) -> Markup:
    out: list[str] = []
    for css, run in groupby(pieces, key=lambda piece: piece[0]):
        text = escape(visible("".join(piece for _, piece in run)), quote=False)
        out.append(f"<i class={css}>{text}</i>" if css and text else text)
    return Markup("".join(out))  # noqa: S704 - every piece is escaped above


@cache
def _lexer(suffix: str) -> Lexer | None:
    name = _LEXERS.get(suffix)
    try:
        return (
            get_lexer_by_name(name, stripnl=False, ensurenl=False)
            if name
            else get_lexer_for_filename(f"file{suffix}", stripnl=False, ensurenl=False)
        )
    except ClassNotFound:
        return None
