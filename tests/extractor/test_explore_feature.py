"""A feature's files are found from what it is called and where it is."""

from __future__ import annotations

from pathlib import Path

import pytest

from corpora.case import load, names
from corpora.history import build
from extractor.errors import FeatureNotFound
from extractor.explore import find_feature
from extractor.explore.place import Refused


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Every case of the corpora as a repository of its own, in one directory."""
    home = tmp_path_factory.mktemp("cases")
    for name in names():
        build(name, home / name, "buggy")
    return home


def source_files(repo: Path, feature: str) -> set[str]:
    place = repo / feature
    return {feature} if place.is_file() else {p.relative_to(repo).as_posix() for p in place.rglob("*.py")}


@pytest.mark.parametrize("name", names())
def test_the_files_of_every_case_from_its_name_and_directory(name, built, cache):
    case = load(name)
    directory = case.feature.rpartition("/")[0] if case.feature.endswith(".py") else case.feature
    for called in (name, name.replace("_", " "), Path(case.feature).stem):
        found = find_feature(built / name, called, directory, cache)
        assert source_files(built / name, case.feature) <= set(found.files)


@pytest.mark.parametrize("name", names())
def test_the_file_of_every_case_from_its_name_alone(name, built, cache):
    case = load(name)
    wanted = source_files(built / name, case.feature)
    assert set(find_feature(built / name, case.feature, cache=cache).files) == wanted
    assert wanted <= set(find_feature(built / name, Path(case.feature).stem, cache=cache).files)
    for cls in case.classes:
        if not cls.endswith(".py"):
            assert find_feature(built / name, cls, cache=cache).files[0] in wanted


def test_words_in_any_style_find_a_file_a_directory_and_a_class(repo, cache):
    for path, text in (
        ("src/billing/token_bucket.go", "package billing\n"),
        ("src/leases/table.go", "package leases\n\ntype Sweeper struct{}\n"),
        ("src/leases/store.go", "package leases\n"),
        ("tests/token_bucket.go", "package tests\n"),
    ):
        (repo / path).parent.mkdir(parents=True, exist_ok=True)
        (repo / path).write_text(text)
    for called in ("token bucket", "TokenBucket", "token-buckets"):
        assert find_feature(repo, called, cache=cache).path == "src/billing/token_bucket.go"
    assert find_feature(repo, "lease", cache=cache).path == "src/leases"
    assert find_feature(repo, "Sweeper", cache=cache).files[0] == "src/leases/table.go"
    assert find_feature(repo, "quotas", "src", cache=cache).path == "src"
    assert len(find_feature(repo, "quotas", "src", cache=cache).files) == 3


def test_where_nothing_can_be_found(repo, cache):
    (repo / "docs").mkdir()
    (repo / "a.py").write_text("x = 1\n")
    with pytest.raises(FeatureNotFound):
        find_feature(repo, "anything", "docs", cache=cache)
    with pytest.raises(Refused):
        find_feature(repo, "anything", "..", cache=cache)
