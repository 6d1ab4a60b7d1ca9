from __future__ import annotations

import hashlib
import json
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from extractor import index, workers
from extractor.cache import default_path
from extractor.indexer import parse
from extractor.show import sections, summary, to_json
from extractor.types import Counts
from extractor.walk import Limits

ONE = """class A:
    def __init__(self, store):
        self.store = store
    def m(self):
        self.store.get(1)
"""


@pytest.fixture
def three(repo: Path) -> Path:
    for name in ("a", "b", "c"):
        (repo / f"{name}.py").write_text(ONE + f"\ndef {name}(): pass\n")
    return repo


def test_an_unchanged_tree_is_not_parsed_again(three, read):
    first, again = read(), read()
    assert (first.counts, again.counts) == (Counts(3, 0), Counts(0, 3))
    assert to_json(first)["symbols"] == to_json(again)["symbols"]
    assert first.calls == again.calls
    assert first.accesses == again.accesses


def test_one_changed_file_of_three_is_parsed(three, read):
    read()
    (three / "b.py").write_text("def other(): pass\n")
    facts = read()
    assert facts.counts == Counts(1, 2)
    assert {symbol.name for symbol in facts.symbols if symbol.kind == "function"} == {"a", "other", "c"}


def test_a_change_of_same_length_and_time_is_seen(three, read):
    import os  # noqa: PLC0415

    before = (three / "b.py").stat()
    read()
    (three / "b.py").write_text((three / "b.py").read_text().replace("def b", "def d"))
    os.utime(three / "b.py", ns=(before.st_atime_ns, before.st_mtime_ns))
    assert read().counts == Counts(1, 2)


def test_a_moved_file_and_one_with_the_same_content_come_from_the_index(three, read):
    read()
    (three / "sub").mkdir()
    (three / "a.py").rename(three / "sub" / "moved.py")
    (three / "copy.py").write_bytes((three / "b.py").read_bytes())
    facts = read()
    assert facts.counts == Counts(0, 4)
    assert {symbol.span.path for symbol in facts.symbols} == {"b.py", "c.py", "copy.py", "sub/moved.py"}


def test_problems_come_from_the_index_too(repo, read):
    (repo / "bad.py").write_text("x = (\n")
    (repo / "latin.py").write_bytes(b"'\xe9'")
    assert read().problems == read().problems
    assert read().counts == Counts(0, 2)


@pytest.mark.parametrize("damage", [b"not a database at all", b"", b"SQLite format 3\0" + b"\xff" * 5000])
def test_a_damaged_index_is_replaced(three, read, cache, damage):
    read()
    for path in cache.parent.iterdir():
        path.unlink()
    cache.write_bytes(damage)
    assert read().counts == Counts(3, 0)
    assert read().counts == Counts(0, 3)


def test_damaged_pages_are_noticed(three, read, cache):
    read()
    with sqlite3.connect(cache) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()
    data = bytearray(cache.read_bytes())
    data[4096:] = b"\x5a" * (len(data) - 4096)
    cache.write_bytes(data)
    facts = read()
    assert facts.counts.parsed == 3
    assert len(facts.symbols) == 12
    assert read().counts == Counts(0, 3)


def test_a_damaged_row_is_parsed_again(three, read, cache):
    read()
    with sqlite3.connect(cache) as connection:
        connection.execute("UPDATE files SET facts = CAST('[]' AS BLOB) WHERE key = (SELECT min(key) FROM files)")
    connection.close()
    assert read().counts == Counts(1, 2)


def test_an_index_of_another_shape_is_replaced(three, read, cache):
    cache.parent.mkdir()
    with sqlite3.connect(cache) as connection:
        connection.execute("CREATE TABLE files (another)")
    connection.close()
    assert read().counts == Counts(3, 0)
    assert read().counts == Counts(0, 3)


def test_without_a_place_for_the_index_everything_is_parsed(three, tmp_path):
    (tmp_path / "file").write_text("")
    assert index(three, ".", cache=tmp_path / "file" / "index.sqlite").counts == Counts(3, 0)
    assert index(three, ".", cache=tmp_path).counts == Counts(3, 0)


def test_the_default_place_follows_the_user_cache(tmp_path, monkeypatch, three):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "xdg"))
    assert default_path() == tmp_path / "xdg" / "code2tla" / "index.sqlite"
    index(three, ".")
    assert default_path().exists()
    monkeypatch.setenv("XDG_CACHE_HOME", "relative")
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    assert default_path() == tmp_path / "home" / ".cache" / "code2tla" / "index.sqlite"


def test_processes_at_once_share_an_index(three, cache):
    script = "import sys; from pathlib import Path; from extractor import index; "
    script += "print(len(index(Path(sys.argv[1]), '.', cache=Path(sys.argv[2])).symbols))"
    command = [sys.executable, "-c", script, str(three), str(cache)]
    running = [subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) for _ in range(4)]
    for process in running:
        out, err = process.communicate(timeout=120)
        assert (out.strip(), err) == (b"12", b"")
    assert index(three, ".", cache=cache).counts == Counts(0, 3)


def test_one_process_and_several_find_the_same(repo, tmp_path, monkeypatch):
    monkeypatch.setattr(workers, "WORTH", 1000)
    for number in range(12):
        body = "".join(f"def f{number}_{line}(x):\n    return g(x, self.a[{line}])\n" for line in range(50))
        (repo / f"m{number}.py").write_text(ONE + body)
    (repo / "latin.py").write_bytes(b"'\xe9'")
    one = index(repo, ".", cache=tmp_path / "one.sqlite", limits=Limits(processes=1))
    three = index(repo, ".", cache=tmp_path / "three.sqlite", limits=Limits(processes=3))
    assert one == three
    assert three.counts == Counts(13, 0)


def test_other_processes_take_their_share_and_a_failing_one_is_made_up_for(tmp_path, monkeypatch):
    monkeypatch.setattr(workers, "WORTH", 10)
    jobs = []
    for number in range(6):
        path = tmp_path / f"m{number}.py"
        path.write_text(ONE + f"\nx = {number}\n")
        data = path.read_bytes()
        jobs.append(workers.Job(str(number), str(path), ".py", hashlib.sha256(data).hexdigest(), data))
    here: list[bytes] = []

    def parse_here(data: bytes, suffix: str) -> bytes:
        here.append(data)
        return parse(data, suffix)

    expected = {job.key: parse(job.data, job.suffix) for job in jobs}
    assert dict(workers.parse_all(jobs, parse_here, 3)) == expected
    assert len(here) == 2
    here.clear()
    (tmp_path / "m5.py").write_text("changed = 1\n")
    assert dict(workers.parse_all(jobs, parse_here, 6)) == expected
    assert len(here) == 2  # its own, and the one that changed meanwhile
    here.clear()
    monkeypatch.setattr(workers.sys, "executable", "/nowhere/python")
    assert dict(workers.parse_all(jobs, parse_here, 3)) == expected
    assert len(here) == 6


def test_a_bound_on_the_number_of_files(three, cache):
    facts = index(three, ".", cache=cache, limits=Limits(files=2))
    assert [file.path for file in facts.files] == ["a.py", "b.py"]
    assert [problem.kind for problem in facts.problems] == ["size"]
    assert "1 files beyond" in facts.problems[0].text


def test_json_holds_every_fact_and_no_text(three, read):
    shown = json.loads(json.dumps(to_json(read())))
    assert shown["schema"] == "code2tla/facts/1"
    assert shown["counts"] == {"parsed": 3, "cached": 0}
    assert set(shown["files"][0]) == {"path", "sha256", "language", "size"}
    assert shown["accesses"][1] == {
        "function": "A.m",
        "target": "self.store.get",
        "mode": "read",
        "scope": "external",
        "span": {"path": "a.py", "line": 5, "end_line": 5},
    }
    assert len(shown["symbols"]) == 12


def test_the_summary_and_the_sections_say_what_there_is(three, read):
    (three / "bad.py").write_text("x = )\n")
    (three / "d.go").write_text("package d\n\ntype D struct{}\n")
    facts = read()
    assert summary(facts)[1:] == (
        f"4 python, 1 go files (5 parsed, 0 from the index), {sum(file.size for file in facts.files)} bytes",
        "symbols: 6 method, 3 class, 3 function, 1 struct",
        "calls: 3, 0 resolved inside the feature",
    )
    titles = {section.title: section.rows for section in sections(facts)}
    assert list(titles) == ["Shared state", "Not read"]
    assert titles["Shared state"][1] == ("a.py:5", "A.m", "read self.store.get (external)")
    assert titles["Not read"][0][:2] == ("bad.py:1", "")


def test_facts_are_ordinary_frozen_values(three, read):
    import pickle  # noqa: PLC0415
    from dataclasses import FrozenInstanceError, replace  # noqa: PLC0415

    facts = read()
    assert pickle.loads(pickle.dumps(facts)) == facts
    assert replace(facts, feature="x").symbols == facts.symbols
    assert "symbols=(Symbol(" in repr(facts)
    with pytest.raises(FrozenInstanceError):
        facts.symbols = ()
    with pytest.raises(AttributeError):
        facts.nothing  # noqa: B018
