"""Languages read by a table, on small programs under ``fixtures``; ``NAME.facts`` holds what must be found in NAME.

A line a fact: line number, kind, what, and function. Each was held against the program by reading it.
"""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from extractor import index
from extractor.languages import LANGUAGES, language_of
from extractor.show import sections, summary
from extractor.tables.calls import plain
from extractor.types import Counts, Facts

FIXTURES = Path(__file__).parent / "fixtures"
PROGRAMS = sorted(path.name.removesuffix(".facts") for path in FIXTURES.glob("*.facts"))
SOURCES = {
    "go": ("a.go", "package a\n\nfunc f() {}\n"),
    "rust": ("a.rs", "fn f() {}\n"),
    "java": ("A.java", "class A { void f() {} }\n"),
    "c": ("a.c", "void f(void) {}\n"),
    "c++": ("a.cpp", "void f() {}\n"),
    "typescript": ("a.ts", "function f() {}\n"),
    "tsx": ("a.tsx", "function f() { return <b/>; }\n"),
}


def told(facts: Facts) -> list[str]:
    """Every fact as a line, in source order."""
    rows: list[tuple[int, str]] = []
    for s in facts.symbols:
        head = ("async " if s.is_async else "") + s.kind
        params = ", ".join(f"{p.name}: {p.annotation}" if p.annotation else p.name for p in s.params)
        rest = f"({params})" if s.kind in ("function", "method") else f" of {', '.join(s.bases)}" if s.bases else ""
        rows.append((s.span.line, f"-{s.span.end_line} {head} {s.qualname}{rest}"))
    rows += [
        (c.span.line, f" call {c.callee} -> {c.resolved or '(awaited)'}")
        for c in facts.calls
        if c.resolved or c.awaited
    ]
    rows += [(a.span.line, f" {a.mode} {a.target} ({a.scope}) in {a.function}") for a in facts.accesses]
    rows += [(s.span.line, f" sync {s.mechanism} {s.operation} {s.target} in {s.function or '-'}") for s in facts.syncs]
    rows += [(s.span.line, f" {s.kind}: {s.text} in {s.function}") for s in facts.suspensions]
    rows += [(n.span.line, f" {n.kind}: {n.text} in {n.function}") for n in facts.nondeterminism]
    rows += [(e.span.line, f" {e.kind} {', '.join(e.names)} in {e.function}") for e in facts.exceptional]
    rows += [(a.span.line, f" assert {a.text} in {a.function}") for a in facts.assertions]
    return [f"{line}{text}" for line, text in sorted(rows)]


@pytest.mark.parametrize("program", PROGRAMS)
def test_the_facts_of_a_program(program, cache):
    facts = index(FIXTURES, program, cache=cache)
    assert told(facts) == (FIXTURES / f"{program}.facts").read_text(encoding="utf-8").splitlines()
    assert facts.problems == ()


def test_every_language_but_python_has_a_program():
    read = {language_of(Path(program).suffix, (FIXTURES / program).read_bytes()).name for program in PROGRAMS}
    assert read == {language.name for language in LANGUAGES} - {"python"}


def test_calls_reach_other_files_of_the_same_family_only(repo, read):
    for name in ("ring.c", "ring.h"):
        shutil.copy(FIXTURES / name, repo / name)
    (repo / "ring.py").write_text("def ring_used(): pass\n")
    (repo / "a.go").write_text("package a\n\nfunc ring_used() {}\n\nfunc g() { ring_used() }\n")
    reached = {(call.span.path, call.resolved) for call in read().calls if call.callee == "ring_used"}
    assert reached == {("ring.c", "ring.h:ring_used"), ("a.go", "a.go:ring_used")}


def test_a_method_that_a_subclass_has_too_is_not_resolved(repo, read):
    (repo / "A.java").write_text("class A { void f() { g(); this.h(); } void g() {} void h() {} }\n")
    (repo / "B.java").write_text("class B extends A { void g() {} }\n")
    assert {call.callee: call.resolved for call in read().calls} == {"g": None, "this.h": "A.java:A.h"}


def test_a_function_defined_twice_is_not_resolved(repo, read):
    (repo / "a.c").write_text("#ifdef X\nint f(void) { return 1; }\n#else\nint f(void) { return 2; }\n#endif\n")
    (repo / "b.c").write_text("int g(void) { return f(); }\n")
    assert [call.resolved for call in read().calls] == [None]


def test_what_begins_is_a_transaction_or_a_container(repo, read):
    (repo / "a.go").write_text("package a\n\nfunc f(s *S) { tx, _ := s.db.Begin(true); tx.Rollback() }\n")
    (repo / "b.cpp").write_text("int f(std::vector<int> &v) { return *v.begin(); }\n")
    assert [(s.span.path, s.mechanism, s.operation, s.target) for s in read().syncs] == [
        ("a.go", "transaction", "acquire", "s.db"),
        ("a.go", "transaction", "release", "tx"),
    ]


def test_a_lock_in_an_array_is_named_with_its_index(repo, read):
    (repo / "a.c").write_text("void f(int n) { mutex_lock(&locks[n & mask(n)]); }\n")
    facts = read()
    assert [(s.mechanism, s.target) for s in facts.syncs] == [("lock", "locks[n & mask(n)]")]
    assert [s.kind for s in facts.suspensions] == ["blocking"]


def test_headers_are_c_or_cplusplus_by_what_is_in_them(repo, read):
    (repo / "a.h").write_text("struct a { int x; };\n")
    (repo / "b.h").write_text("#pragma once\nnamespace n { class B { int x; }; }\n")
    facts = read()
    assert [(file.path, file.language) for file in facts.files] == [("a.h", "c"), ("b.h", "c++")]
    assert [(symbol.kind, symbol.qualname) for symbol in facts.symbols] == [("struct", "a"), ("class", "B")]


def test_a_feature_in_several_languages_is_one_feature_and_comes_from_the_index(repo, read):
    for name, text in SOURCES.values():
        (repo / name).write_text(text)
    (repo / "a.py").write_text("def f(): pass\n")
    facts = read()
    assert {file.language for file in facts.files} == {*SOURCES, "python"}
    assert [symbol.name for symbol in facts.symbols if symbol.kind != "class"] == ["f"] * 8
    assert facts.counts == Counts(8, 0)
    assert read().counts == Counts(0, 8)
    (repo / "a.go").write_text("package a\n")
    assert read().counts == Counts(1, 7)


def test_the_summary_names_the_languages(repo, read):
    shutil.copy(FIXTURES / "leases.go", repo / "leases.go")
    facts = read()
    assert summary(facts)[1].startswith("1 go file (1 parsed")
    assert summary(facts)[2] == "symbols: 6 method, 2 struct, 2 function, 1 interface"
    shown = {section.title: section.rows for section in sections(facts)}
    assert ("leases.go:45", "Table.Acquire", "rwlock acquire t.mu") in shown["Synchronisation"]


@pytest.mark.parametrize("language", SOURCES)
def test_what_cannot_be_read_is_reported_and_the_rest_is_read(language, repo, read):
    name, text = SOURCES[language]
    suffix = name[name.rindex(".") :]
    (repo / name).write_text(text)
    (repo / f"latin{suffix}").write_bytes(b"// one\n// \xe9\n")
    (repo / f"zero{suffix}").write_bytes(b"\0\0")
    (repo / f"deep{suffix}").write_text("(" * 70_000)
    (repo / f"link{suffix}").symlink_to("/etc/hostname")
    found = {(problem.kind, problem.span.path.partition(".")[0], problem.span.line) for problem in read().problems}
    assert {("encoding", "latin", 2), ("encoding", "zero", 1), ("link", "link", 1)} <= found
    assert any(path == "deep" for _, path, _ in found)
    assert [symbol.name for symbol in read().symbols if symbol.kind != "class"] == ["f"]


@pytest.mark.parametrize("language", SOURCES)
def test_line_ends_and_a_byte_order_mark_change_nothing(language, repo, read):
    name, text = SOURCES[language]
    (repo / name).write_bytes(b"\xef\xbb\xbf" + text.replace("\n", "\r\n").encode())
    facts = read()
    assert facts.files[0].text == text
    assert facts.problems == ()


@pytest.mark.parametrize("language", SOURCES)
@pytest.mark.parametrize(
    "piece", ["{", "((", "a.b(", "x = ", '"', "<", "/*", "class A {", "@", "\n", ";\n", "=> ", "😀"]
)
def test_odd_text_never_stops_the_reader(language, piece, repo, read):
    name, text = SOURCES[language]
    (repo / name).write_text(text + piece * 300)
    facts = read()
    assert facts.files[0].size > 300
    assert facts.problems or any(line.endswith((" f()", ".f()")) for line in told(facts))
    assert told(facts) == told(read())


def test_a_syntax_error_is_told_once_a_file(repo, read):
    (repo / "a.go").write_text("package a\n\nfunc f( {}\n\nfunc g() {}\n\nfunc ) {}\n")
    problems = read().problems
    assert [(problem.kind, problem.span.line) for problem in problems] == [("syntax", 3)]
    assert "more lines of the file" in problems[0].text


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("self.map\n    .lock()\n    .unwrap()\n    .insert", "self.map.lock().unwrap().insert"),
        ("std::make_shared<Map<int, int>>", "std.make_shared"),
        ("Vec::<u8>::new", "Vec.new"),
        ("q->items", "q.items"),
        ("new Foo<Bar>", "new Foo"),
        ("a[i + f(x)].go", "a[].go"),
        ("this.x?.y!.z", "this.x.y.z"),
        ("(*handler)", "()"),
    ],
)
def test_callees_are_spelled_alike(written, shown):
    assert plain(written) == shown
