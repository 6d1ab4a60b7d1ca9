"""What is taken over from an earlier extraction, and that the rest comes out as if all had been extracted again."""

from __future__ import annotations

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


#: Of each night's commit, the operations that are extracted again: "" where nothing but names, layout and place changed.
NIGHTS = [
    ("Say what add is for", ""),
    ("Reword a docstring", ""),
    ("Wrap a long line", ""),
    ("Unwrap it", ""),
    ("Call rows rows", "add delete"),
    ("Put delete first", "add delete"),  # whoever is first to use the table declares it
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
