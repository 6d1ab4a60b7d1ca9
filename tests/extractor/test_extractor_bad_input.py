from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from extractor import errors, index, workers
from extractor.types import Facts

GOOD = "def good(): pass\n"


def problems(facts: Facts) -> list[tuple[str, str, int]]:
    return [(problem.kind, problem.span.path, problem.span.line) for problem in facts.problems]


def names(facts: Facts) -> list[str]:
    return [symbol.qualname for symbol in facts.symbols]


def test_a_missing_repository(tmp_path, cache):
    with pytest.raises(errors.RepositoryNotFound, match="does not exist"):
        index(tmp_path / "nowhere", ".", cache=cache)


def test_a_repository_that_is_a_file(tmp_path, cache):
    (tmp_path / "file").write_text("")
    with pytest.raises(errors.RepositoryNotFound, match="not a directory"):
        index(tmp_path / "file", ".", cache=cache)


def test_a_missing_feature(read):
    with pytest.raises(errors.FeatureNotFound, match="nowhere"):
        read("nowhere")


@pytest.mark.parametrize("feature", ["..", "../outside", "a/../../outside", "/", "/etc/hostname", "../not_there"])
def test_a_feature_outside_the_repository(repo, read, feature):
    (repo / "a").mkdir()
    (repo.parent / "outside").mkdir()
    with pytest.raises(errors.FeatureOutsideRepository):
        read(feature)


def test_a_feature_that_a_link_leads_outside(repo, read, tmp_path):
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside" / "x.py").write_text(GOOD)
    (repo / "feature").symlink_to(tmp_path / "outside")
    with pytest.raises(errors.FeatureOutsideRepository):
        read("feature")


def test_a_feature_with_a_zero_byte_in_its_name(read):
    with pytest.raises(errors.FeatureNotFound):
        read("a\0b")


def test_a_feature_named_with_its_whole_path_or_through_dots(repo, read):
    (repo / "a").mkdir()
    (repo / "a" / "x.py").write_text(GOOD)
    assert read(repo / "a").feature == "a"
    assert read("a/../a/x.py").feature == "a/x.py"


@pytest.mark.parametrize("content", [{}, {"notes.txt": b"hello"}, {"x.py": b"\xff\xfe"}])
def test_an_empty_feature(repo, read, content):
    for name, data in content.items():
        (repo / name).write_bytes(data)
    with pytest.raises(errors.FeatureEmpty, match="no readable source"):
        read()


def test_a_feature_that_is_no_source(repo, read):
    (repo / "notes.txt").write_text("hello")
    with pytest.raises(errors.FeatureEmpty, match=r"notes\.txt"):
        read("notes.txt")


def test_every_error_is_one_line(repo):
    for error in (
        errors.RepositoryNotFound(repo / "x"),
        errors.FeatureNotFound(repo, "x"),
        errors.FeatureOutsideRepository(repo, ".."),
        errors.FeatureEmpty("x", "no source file in it", (".py",)),
    ):
        assert isinstance(error, errors.ExtractorError)
        assert "\n" not in str(error)


def test_a_syntax_error_leaves_the_rest_indexed(repo, read):
    (repo / "bad.py").write_text(
        "def before(): pass\n\ndef broken(:\n    pass\n\nclass After:\n    def m(self): pass\n"
    )
    (repo / "good.py").write_text(GOOD)
    facts = read()
    assert problems(facts) == [("syntax", "bad.py", 3)]
    assert {"before", "After", "After.m", "good"} <= set(names(facts))
    assert facts.files[0].text.startswith("def before")


def test_an_unclosed_bracket_names_its_line(repo, read):
    (repo / "bad.py").write_text("def before(): pass\n\nx = (1,\n\ndef after(): pass\n")
    facts = read()
    assert ("syntax", "bad.py", 3) in problems(facts)
    assert "was never closed" in facts.problems[0].text
    assert "before" in names(facts)


def test_undecodable_bytes_and_unknown_encodings_are_reported_and_skipped(repo, read):
    (repo / "good.py").write_text(GOOD)
    (repo / "latin.py").write_bytes(b"x = 1\ny = '\xe9'\n")
    (repo / "odd.py").write_bytes(b"# coding: klingon\n")
    (repo / "rot.py").write_bytes(b"# coding: rot13\n")
    facts = read()
    assert problems(facts) == [("encoding", "latin.py", 2), ("encoding", "odd.py", 1), ("encoding", "rot.py", 1)]
    assert [(file.path, file.text) for file in facts.files[1:]] == [("latin.py", ""), ("odd.py", ""), ("rot.py", "")]


def test_declared_encodings_marks_and_line_ends_are_honoured(repo, read):
    (repo / "a.py").write_bytes("# -*- coding: latin-1 -*-\ndef é(): pass\n".encode("latin-1"))
    (repo / "b.py").write_bytes(b"\xef\xbb\xbfdef b():\r\n    return 'x'\r\ndef c(): pass\r")
    facts = read()
    assert problems(facts) == []
    assert [(symbol.name, symbol.span.line) for symbol in facts.symbols] == [("é", 2), ("b", 1), ("c", 3)]
    assert facts.files[0].text == "# -*- coding: latin-1 -*-\ndef é(): pass\n"
    assert facts.files[1].text == "def b():\n    return 'x'\ndef c(): pass\n"


def test_a_large_file_is_reported_and_skipped(repo, read):
    (repo / "good.py").write_text(GOOD)
    (repo / "large.py").write_bytes(b"x = 1\n" * 850_000)
    facts = read()
    assert problems(facts) == [("size", "large.py", 1)]
    assert names(facts) == ["good"]
    with pytest.raises(errors.FeatureEmpty, match="2,000,000 bytes"):
        read("large.py")


def test_links_are_not_followed(repo, read, tmp_path):
    (tmp_path / "secret.py").write_text("def secret(): pass\n")
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "more.py").write_text("def more(): pass\n")
    (repo / "good.py").write_text(GOOD)
    (repo / "to_file.py").symlink_to(tmp_path / "secret.py")
    (repo / "to_directory").symlink_to(tmp_path / "elsewhere")
    (repo / "inside.py").symlink_to("good.py")
    (repo / "around").symlink_to(".")
    (repo / "loop.py").symlink_to("loop.py")
    facts = read()
    assert names(facts) == ["good"]
    assert [(problem.kind, problem.span.path) for problem in facts.problems] == [
        ("link", "around"),
        ("link", "inside.py"),
        ("link", "loop.py"),
        ("link", "to_directory"),
        ("link", "to_file.py"),
    ]
    assert "leaves the repository" in facts.problems[4].text
    assert "good.py" in facts.problems[1].text


def test_what_is_no_regular_file_is_left_alone(repo, read):
    os.mkfifo(repo / "pipe.py")
    (repo / "directory.py").mkdir()
    (repo / "good.py").write_text(GOOD)
    assert [file.path for file in read().files] == ["good.py"]


def test_other_peoples_directories_are_left_out(repo, read):
    for name in (".git", "__pycache__", "node_modules", ".venv", "lib/site-packages", "my-env/deep"):
        (repo / name).mkdir(parents=True)
        (repo / name / "x.py").write_text(GOOD)
    (repo / "my-env" / "pyvenv.cfg").write_text("")
    (repo / "src").mkdir()
    (repo / "src" / "x.py").write_text(GOOD)
    assert [file.path for file in read().files] == ["src/x.py"]


@pytest.mark.parametrize(
    "source",
    [
        "x = " + "(" * 5000 + "1" + ")" * 5000,
        "x = " + "[" * 2000 + "]" * 2000,
        "x = " + "+".join(["a"] * 5000),
        "x = (\n" + "a +\n" * 3000 + "a)",
        "x = " + "not " * 3000 + "a",
        "x = a" + ".b()" * 2000,
        "x = a" + ".b" * 100_000,
        "".join(" " * level + "if a:\n" for level in range(300)) + " " * 300 + "pass\n",
    ],
    ids=["parentheses", "lists", "sum", "sum over lines", "not", "method chain", "attribute chain", "indentation"],
)
def test_deep_nesting_is_reported(repo, read, source):
    (repo / "good.py").write_text(GOOD)
    (repo / "deep.py").write_text(source)
    facts = read()
    assert {problem.kind for problem in facts.problems} == {"depth"}
    assert "good" in names(facts)


def test_flat_code_is_not_called_deep(repo, read):
    lines = [f"x{number} = f({number}, [a[{number}], (b + c) * -d, not e]) if g else h\n" for number in range(3000)]
    (repo / "flat.py").write_text("".join(lines))
    assert read().problems == ()


@pytest.mark.parametrize("piece", ["(", "{", "f(g[ ", ") ", "'", "f'{", "async for with yield ", "\0", "@"])
def test_very_many_of_anything_is_read_in_time(repo, read, piece):
    (repo / "junk.py").write_text(
        "def good(): pass\nclass A:\n    def m(self): pass\n    x = " + piece * (1_800_000 // max(18, len(piece)))
    )
    facts = read()
    assert {problem.kind for problem in facts.problems} <= {"syntax", "depth"}
    assert facts.problems
    assert len(facts.problems) < 100


@pytest.fixture
def as_nobody(read, repo) -> Iterator[None]:
    """Run as a user without rights, because root may read everything."""
    if os.geteuid() != 0:
        yield
        return
    (repo / "warm.py").write_text(GOOD)
    read("warm.py")  # whatever is loaded on first use is loaded while its files can be read
    (repo / "warm.py").unlink()
    for place in (repo, *repo.parents):
        if place.stat().st_mode & 0o005 != 0o005:
            place.chmod(0o755)  # pytest's own directories are closed to others
    os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(0)


def test_unreadable_files_and_directories_are_reported(repo, read, request):
    (repo / "good.py").write_text(GOOD)
    (repo / "locked.py").write_text(GOOD)
    (repo / "locked.py").chmod(0)
    (repo / "closed").mkdir(mode=0)
    request.getfixturevalue("as_nobody")
    facts = read()
    assert problems(facts) == [("unreadable", "closed", 1), ("unreadable", "locked.py", 1)]
    assert names(facts) == ["good"]


def test_nothing_of_the_target_is_run(repo: Path, read, tmp_path, monkeypatch):
    proof = tmp_path / "proof"
    planted = f"open({str(proof)!r}, 'w').close()  # "
    for name in ("x.py", "sitecustomize.py", "conftest.py", "extractor.py", "tree_sitter.py", "json.py"):
        (repo / name).write_text(planted + name)
    monkeypatch.setattr(workers, "WORTH", 10)
    monkeypatch.chdir(repo)
    assert read().counts.parsed == 6
    assert not proof.exists()
