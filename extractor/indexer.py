"""``index``: the facts of a feature, parsing only what the index on disk doesn't know yet."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import tree_sitter

from extractor import assemble, git
from extractor.assemble import FileRows
from extractor.decode import Undecodable
from extractor.errors import FeatureEmpty
from extractor.languages import SUFFIXES, Reader, language_of, reader
from extractor.types import Counts, Facts, Problem, SourceFile, Span, lazily
from extractor.view import FileView, one_line
from extractor.walk import Found, Limits, locate, relative, walk

DEFAULT_LIMITS = Limits()


def index(repo: Path, feature: str | Path, cache: Path | None = None, limits: Limits = DEFAULT_LIMITS) -> Facts:
    """Read the feature (a file or directory inside ``repo``) and say what is in it.

    ``cache`` is the index file, by default ``code2tla/index.sqlite`` in the user's cache directory. Facts are
    worked out when first looked at. Raises RepositoryNotFound, FeatureNotFound, FeatureOutsideRepository and
    FeatureEmpty; whatever else can't be read is in ``problems``.
    """
    root, place = locate(Path(repo), feature)
    listing = walk(root, place, SUFFIXES, limits)
    problems = list(listing.problems)
    files: list[SourceFile] = []
    rows: list[FileRows] = []
    for found in listing.files:
        data = _read(found, limits, problems)
        if data is None:
            continue
        known = read_file(data, found.suffix, limits)
        problems.extend(Problem(kind, Span(found.path, line, line), text) for kind, line, text in known["problems"])
        language = language_of(found.suffix)
        assert language is not None
        readable = "symbols" in known
        later: dict[str, Callable[[], Any]] = {"text": partial(language.decode, data) if readable else str}
        files.append(
            lazily(
                SourceFile,
                later,
                path=found.path,
                sha256=hashlib.sha256(data).hexdigest(),
                language=language.name,
                size=len(data),
            )
        )
        if readable:
            rows.append(FileRows(found.path, partial(dict, known)))
    if not rows:
        raise FeatureEmpty(str(feature), _why_empty(problems), tuple(sorted(SUFFIXES)))
    return lazily(
        Facts,
        {"symbols": partial(assemble.symbols, rows)},
        repo=str(root),
        feature=relative(root, place),
        commit=git.state(root).commit,
        files=tuple(files),
        calls=(),
        accesses=(),
        syncs=(),
        suspensions=(),
        nondeterminism=(),
        exceptional=(),
        assertions=(),
        problems=tuple(problems),
        counts=Counts(len(rows), 0),
        dirty=False,
    )


def _read(found: Found, limits: Limits, problems: list[Problem]) -> bytes | None:
    try:
        with open(found.absolute, "rb") as file:
            data = file.read(limits.file_size + 1)
    except OSError as error:
        problems.append(Problem("unreadable", Span(found.path, 1, 1), f"file not read: {error.strerror or error}"))
        return None
    if len(data) > limits.file_size:
        text = f"larger than {limits.file_size:,} bytes; file not read"
        problems.append(Problem("size", Span(found.path, 1, 1), text))
        return None
    return data


def read_file(data: bytes, suffix: str, limits: Limits) -> dict[str, Any]:
    """Rows by kind of one file, and ``problems`` as (kind, line, text). Undecodable: problems alone."""
    language = language_of(suffix)
    assert language is not None
    ready = reader(language)
    try:
        text = language.decode(data)
    except Undecodable as error:
        return {"problems": [["encoding", error.line, str(error)]]}
    source = text.encode("utf-8")
    tree = ready.parser.parse(source)
    captures = tree_sitter.QueryCursor(ready.query).captures(tree.root_node)
    view = FileView(source, tree.root_node, captures)
    stored: dict[str, Any] = {"problems": _syntax_problems(ready, view)}
    for provider in ready.providers:
        made = view.made[provider.produces] = provider.run(view)
        if provider.stored:
            stored[provider.produces] = made
    return stored


def _syntax_problems(ready: Reader, view: FileView) -> list[list[Any]]:
    """One problem per line at most, so that one slip doesn't fill the report."""
    if not view.root.has_error:
        return []
    found: dict[int, str] = {}
    captures = tree_sitter.QueryCursor(ready.errors).captures(view.root)
    for node in captures.get("error", []):
        line = view.line(node.start_byte)
        words = one_line(view.text(node.start_byte, min(node.end_byte, node.start_byte + 60)), 40)
        found.setdefault(line, f"syntax error near {words!r}")
    for node in captures.get("missing", []):
        found.setdefault(view.line(node.start_byte), f"syntax error: {node.type!r} missing")
    return [["syntax", line, found[line]] for line in sorted(found)]


def _why_empty(problems: list[Problem]) -> str:
    if not problems:
        return "no source file in it"
    first = problems[0]
    more = f" (and {len(problems) - 1} more)" if len(problems) > 1 else ""
    return f"{first.span.path}: {first.text}{more}"
