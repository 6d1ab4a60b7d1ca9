from __future__ import annotations

import pytest

from tlc_runner.errors import BadJob, UnsafeModule
from tlc_runner.modules import check_modules, strip_comments, used_modules
from tlc_runner.types import Job


def job(body: str, **others: str) -> Job:
    modules = {"A.tla": f"---- MODULE A ----\n{body}\n====", **{f"{name}.tla": text for name, text in others.items()}}
    return Job(modules, "A", "")


@pytest.mark.parametrize(
    "body",
    [
        "EXTENDS Integers, TLC,\n  Sequences",
        "LOCAL INSTANCE FiniteSets",
        "I == INSTANCE B WITH x <- 1",
        "\\* EXTENDS IOUtils",
        "(* EXTENDS IOUtils (* INSTANCE Json *) still *)",
        'S == "EXTENDS IOUtils \\" INSTANCE Json"',
        "---- MODULE Inner ----\n====\nINSTANCE Inner",
    ],
)
def test_what_is_allowed(body: str) -> None:
    check_modules(job(body, B="---- MODULE B ----\n===="))


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ("EXTENDS IOUtils", r"A\.tla:2: module IOUtils"),
        ("EXTENDS Integers,\n\\* a comment\n Json", r"A\.tla:4: module Json"),
        ("I == INSTANCE CSV", "module CSV"),
        ("LOCAL INSTANCE (* hidden *)\nTLCExt", r"A\.tla:3: module TLCExt"),
        ('S == "(*"\nEXTENDS IOUtils', "module IOUtils"),
        ("(* (* *) *) EXTENDS IOUtils", "module IOUtils"),
    ],
)
def test_what_is_not(body: str, says: str) -> None:
    with pytest.raises(UnsafeModule, match=says):
        check_modules(job(body))


@pytest.mark.parametrize("name", ["IOUtils", "TLC", "Toolbox", "_TETrace"])
def test_no_module_of_the_job_may_pose_as_one_of_tlc(name: str) -> None:
    with pytest.raises(UnsafeModule, match=f"module {name}"):
        check_modules(job("", **{name: "---- MODULE X ----\n===="}))
    with pytest.raises(UnsafeModule, match=f"module {name}"):
        check_modules(job(f"---- MODULE {name} ----\n===="))


@pytest.mark.parametrize("name", ["../B.tla", "B", "B.cfg", "a/B.tla", ".tla", "B.tla\n", "1.tla"])
def test_a_file_name_is_a_module_name_and_nothing_else(name: str) -> None:
    with pytest.raises(BadJob, match="file name"):
        check_modules(Job({"A.tla": "---- MODULE A ----\n====", name: ""}, "A", ""))


def test_the_root_must_be_there() -> None:
    with pytest.raises(BadJob, match=r"no module B\.tla among A\.tla"):
        check_modules(Job({"A.tla": ""}, "B", ""))


def test_comments_go_and_lines_stay() -> None:
    text = 'a \\* b\n(* c\n (* d *)\n*) e "\\* f (*" g'
    stripped = strip_comments(text)
    assert stripped.splitlines()[0].strip() == "a"
    assert stripped.splitlines()[3].split() == ["e", '""', "g"]
    assert stripped.count("\n") == text.count("\n")


def test_names_and_lines_of_what_is_used() -> None:
    text = "EXTENDS A, B,\n C\nVARIABLE x\nI == INSTANCE M WITH x <- 1\nLOCAL INSTANCE N"
    assert list(used_modules(text)) == [("A", 1), ("B", 1), ("C", 2), ("M", 4), ("N", 5)]
