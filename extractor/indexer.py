"""``index``: the facts of a feature, parsing only what the index on disk doesn't know yet."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import tree_sitter

from extractor import assemble, blob, git
from extractor.assemble import FileRows
from extractor.broken import faults, readable_parts
from extractor.cache import Index, default_path
from extractor.decode import Undecodable
from extractor.errors import FeatureEmpty
from extractor.languages import LANGUAGES, SUFFIXES, fingerprint, language_of, reader
from extractor.memory import no_collection
from extractor.nesting import UNREADABLE, too_deep
from extractor.types import Counts, Facts, Problem, SourceFile, Span, lazily
from extractor.view import FileView, one_line
from extractor.walk import Found, Limits, locate, packages, relative, walk
from extractor.workers import Job, available, parse_all

DEFAULT_LIMITS = Limits()
#: Levels of nested syntax above which a file is reported. Part of what is stored, so no setting of one call.
DEPTH = 250


def index(repo: Path, feature: str | Path, cache: Path | None = None, limits: Limits = DEFAULT_LIMITS) -> Facts:
    """Read the feature (a file or directory inside ``repo``) and say what is in it.

    ``cache`` is the index file, by default ``code2tla/index.sqlite`` in the user's cache directory. Facts are
    worked out when first looked at. Raises RepositoryNotFound, FeatureNotFound, FeatureOutsideRepository and
    FeatureEmpty; whatever else can't be read is in ``problems``.
    """
    root, place = locate(Path(repo), feature)
    listing = walk(root, place, SUFFIXES, limits)
    problems = list(listing.problems)
    read: list[tuple[Found, bytes, str]] = []
    for found in listing.files:
        data = _read(found, limits, problems)
        if data is not None:
            read.append((found, data, hashlib.sha256(data).hexdigest()))
    blobs, parsed = _facts_of(read, cache or default_path(), limits)
    files: list[SourceFile] = []
    rows: list[FileRows] = []
    for found, data, sha in read:
        facts = blobs[_key(found, sha)]
        readable = blob.is_readable(facts)
        for kind, line, text in blob.problems_of(facts):
            problems.append(Problem(kind, Span(found.path, line, line), text))
        language = language_of(found.suffix, data)
        files.append(
            lazily(
                SourceFile,
                {"text": partial(language.decode, data) if readable else str},
                path=found.path,
                sha256=sha,
                language=language.name,
                size=len(data),
            )
        )
        if readable:
            rows.append(FileRows(found.path, language, facts))
    if not rows:
        raise FeatureEmpty(str(feature), _why_empty(problems), tuple(language.name for language in LANGUAGES))
    head = git.state(root)
    return lazily(
        Facts,
        assemble.later(rows, packages(root, rows)),
        repo=str(root),
        feature=relative(root, place),
        commit=head.commit,
        files=tuple(files),
        problems=tuple(sorted(problems, key=lambda problem: (problem.span.path, problem.span.line))),
        counts=Counts(parsed, len(read) - parsed),
        dirty=head.commit is not None
        and git.is_dirty(root, relative(root, place), {found.path: data for found, data, _ in read}, SUFFIXES),
    )


def _key(found: Found, sha: str) -> str:
    return f"{sha}:{fingerprint()}:{found.suffix}"


def _facts_of(read: list[tuple[Found, bytes, str]], cache: Path, limits: Limits) -> tuple[dict[str, bytes], int]:
    """The stored facts by key, and how many files had to be parsed for them."""
    wanted = {
        _key(found, sha): Job(_key(found, sha), found.absolute, found.suffix, sha, data) for found, data, sha in read
    }
    with Index(cache) as store:
        blobs = store.get(wanted)
        missing = [job for key, job in wanted.items() if key not in blobs]
        if missing:
            with no_collection():
                fresh = parse_all(missing, parse, limits.processes or available())
            store.put(fresh)
            blobs.update(fresh)
    return blobs, len(missing)


def _read(found: Found, limits: Limits, problems: list[Problem]) -> bytes | None:
    try:
        with open(found.absolute, "rb") as file:  # noqa: PTH123 - a Path for each of thousands of files is dear
            data = file.read(limits.file_size + 1)
    except OSError as error:
        problems.append(Problem("unreadable", Span(found.path, 1, 1), f"file not read: {error.strerror or error}"))
        return None
    if len(data) > limits.file_size:
        text = f"larger than {limits.file_size:,} bytes; file not read"
        problems.append(Problem("size", Span(found.path, 1, 1), text))
        return None
    return data


def parse(data: bytes, suffix: str) -> bytes:
    """What the index keeps of one file, as ``extractor.blob`` packs it."""
    language = language_of(suffix, data)
    ready = reader(language)
    try:
        source = language.decode(data).encode("utf-8")
    except Undecodable as error:
        return blob.pack([["encoding", error.line, str(error)]], None)
    tree = ready.parser.parse(source)
    problems: list[list[Any]] = []
    lengths = list(map(len, source.split(b"\n")))
    deep = too_deep(source, max(lengths), tree.root_node, DEPTH)
    if deep is not None:
        line, levels = deep
        if levels > UNREADABLE:
            return blob.pack([["depth", line, f"syntax nested {levels} levels deep; file not read"]], None)
        problems.append(["depth", line, f"syntax nested {levels} levels deep, more than {DEPTH}"])
    parts = readable_parts(tree.root_node)
    captures = _captures(ready.query, parts)
    for word, query in ready.rare:
        if word in source:
            captures.update(_captures(query, parts))
    view = FileView(source, lengths, tree.root_node, captures)
    rows: dict[str, Any] = {}
    for provider in ready.providers:
        made = view.made[provider.produces] = provider.run(view)
        if provider.stored:
            rows[provider.produces] = made
    view.made.clear()  # what providers make may hold the view: without this only a garbage collection frees it
    if language.complaint is not None:
        problems.extend(_syntax_problems(view, language.complaint))
    else:
        problems.extend(_unread_parts(view))
    return blob.pack(problems, rows)


def _captures(query: tree_sitter.Query, parts: list[tree_sitter.Node]) -> dict[str, list[tree_sitter.Node]]:
    if len(parts) == 1:
        return tree_sitter.QueryCursor(query).captures(parts[0])
    found: dict[str, list[tree_sitter.Node]] = {}
    for part in parts:
        for name, nodes in tree_sitter.QueryCursor(query).captures(part).items():
            found.setdefault(name, []).extend(nodes)
    return found


def _syntax_problems(view: FileView, complaint: Callable[[str], tuple[int, str] | None]) -> list[list[Any]]:
    """One problem per line at most, so that one slip doesn't fill the report."""
    if not view.root.has_error:
        return []
    found: dict[int, str] = {}
    told = complaint(view.data.decode())
    if told is not None:
        found[told[0]] = f"syntax error: {told[1]}"
    for start, end, missing in faults(view.root):
        if told is not None and (end - start) * 2 > len(view.data):
            continue  # when most of the file is one ERROR, its first line says nothing
        words = one_line(view.data[start : min(end, start + 60)].decode(errors="ignore"), 40)
        text = f"not understood: {words!r}" if missing is None else f"{missing!r} missing"
        found.setdefault(view.line(start), f"syntax error: {text}")
    return [["syntax", line, found[line]] for line in sorted(found)]


def _unread_parts(view: FileView) -> list[list[Any]]:
    """One problem a file at most, at the first line that the grammar made nothing of."""
    lines = sorted({view.line(start) for start, _, _ in faults(view.root)})
    if not lines:
        return []
    first = one_line(view.text_at(lines[0]), 60)
    more = f", and {len(lines) - 1} more lines of the file" if len(lines) > 1 else ""
    return [["syntax", lines[0], f"not understood, a macro or a syntax error: {first!r}{more}"]]


def _why_empty(problems: list[Problem]) -> str:
    if not problems:
        return "no source file in it"
    first = problems[0]
    more = f" (and {len(problems) - 1} more)" if len(problems) > 1 else ""
    return f"{first.span.path}: {first.text}{more}"
