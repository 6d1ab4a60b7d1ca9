"""What is taken over from an earlier extraction, and that the rest comes out as if all had been extracted again."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

import corpora
import extractor
from bench import nights
from specgen.static import Extraction, StaticAuthor

Kept = dict[str, Extraction]


def extract(repo: Path, feature: str, kept: Kept) -> Kept:
    """Extract every shared object from what is kept of it, and compare with what is extracted from nothing."""
    index = repo.parent / "index.sqlite"
    author, whole = (StaticAuthor(extractor.index(repo, feature, index)) for _ in range(2))
    found: Kept = {}
    for target in author.plan().targets:
        name = author.name_of(target)
        spec = author.write(target, remembered=kept[name].remembered if name in kept else "")
        assert spec == whole.write(target)
        found[name] = author.extraction(target)
    return found


@pytest.mark.parametrize("name", corpora.names())
def test_a_bug_and_its_fix_are_extracted_as_from_nothing(name: str, tmp_path: Path) -> None:
    feature = corpora.load(name).feature
    for twin in ("buggy", "fixed"):
        corpora.build(corpora.load(name), tmp_path / twin, twin)
    kept = extract(tmp_path / "fixed", feature, extract(tmp_path / "buggy", feature, {}))
    assert any(extraction.anew for extraction in kept.values())
    kept = extract(tmp_path / "buggy", feature, kept)
    assert not any(extraction.anew for extraction in extract(tmp_path / "buggy", feature, kept).values())


SPOILS: list[Callable[[str], str]] = [
    lambda text: text[:-9],
    lambda text: text.replace('"compiler":"', '"compiler":"0'),
    lambda _: "[]",
]


@pytest.mark.parametrize("spoil", SPOILS)
def test_what_is_damaged_or_of_another_compiler_is_not_taken_over(spoil: Callable[[str], str], tmp_path: Path) -> None:
    feature = corpora.load("seats").feature
    corpora.build(corpora.load("seats"), tmp_path / "repo", "fixed")
    kept = extract(tmp_path / "repo", feature, {})
    spoilt = {name: replace(extraction, remembered=spoil(extraction.remembered)) for name, extraction in kept.items()}
    assert not any(extraction.taken_over for extraction in extract(tmp_path / "repo", feature, spoilt).values())


def test_an_assertion_keeps_the_line_that_it_moves_to(tmp_path: Path) -> None:
    code = """
class Shelf:
    def __init__(self):
        self.items = []

    def add(self, item):
        self.items.append(item)

    def take(self):
        assert self.items, "empty"
        return self.items.pop()
"""
    (tmp_path / "repo").mkdir()
    (tmp_path / "repo/shelf.py").write_text(code)
    kept = extract(tmp_path / "repo", "shelf.py", {})
    (tmp_path / "repo/shelf.py").write_text(f"# Things.\n\n{code}")
    (moved,) = extract(tmp_path / "repo", "shelf.py", kept).values()
    assert (moved.anew, moved.taken_over) == ({}, ("add", "take"))


def test_a_changed_function_takes_its_callers_along_and_nobody_else(tmp_path: Path) -> None:
    code = """
import threading

class Shelf:
    def __init__(self):
        self.items = []
        self.lock = threading.Lock()

    def _push(self, item):
        self.items.append(item)

    def add(self, item):
        with self.lock:
            self._push(item)

    def size(self):
        return len(self.items)
"""
    (tmp_path / "repo").mkdir()
    (tmp_path / "repo/shelf.py").write_text(code)
    kept = extract(tmp_path / "repo", "shelf.py", {})
    (tmp_path / "repo/shelf.py").write_text(code.replace("append(item)", "insert(0, item)"))
    (changed,) = extract(tmp_path / "repo", "shelf.py", kept).values()
    assert (changed.anew, changed.taken_over) == ({"add": "Shelf._push, which it uses, changed"}, ("size",))


#: By night, the operations that are extracted again: "" where nothing but layout, place and words for people changed.
NIGHTS = [
    ("Say what add is for", ""),
    ("Reword a docstring", ""),
    ("Wrap a long line", ""),
    ("Unwrap it", ""),
    ("Call rows rows", "add delete"),
    ("Put delete first", ""),
    ("Count without the lock", "add"),
    ("Take that back", "add"),
    ("Name the lock after what it guards", "add delete"),
    ("Move the module", ""),
    ("Log in other words", "delete"),
    ("Read before the lock in delete", "delete"),
    ("Take that back", "delete"),
    ("Annotate the lock", ""),
    ("Write the default shorter", "add delete"),  # the local that it drops has its name in both
]


def test_nights_extract_what_their_commits_change(tmp_path: Path) -> None:
    repo, feature = tmp_path / "repo", corpora.load(nights.CASE).feature
    corpora.build(corpora.load(nights.CASE), repo, "fixed")
    kept, seen = extract(repo, feature, {}), []
    for commit in nights.commits()[: len(NIGHTS)]:
        nights.land(repo, commit)
        feature = feature.replace(*commit["move"]) if "move" in commit else feature
        kept = extract(repo, feature, kept)
        seen.append((commit["message"], " ".join(sorted(op for e in kept.values() for op in e.anew))))
    assert seen == NIGHTS
