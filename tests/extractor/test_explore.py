"""The read-only exploration tools: what they show, and that nothing leads out of the repository."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import jsonschema
import pytest

from extractor.errors import RepositoryNotFound
from extractor.explore import Tool, tools
from extractor.explore.tool import LONGEST

FIXTURES = Path(__file__).parent / "fixtures"
SEATS = '''class Seats:
    """Seats of one show."""

    def __init__(self, left: int) -> None:
        self.left = left

    def hold(self, name: str) -> bool:
        if self.left > 0:
            self.left -= 1
            return True
        return False
'''


@pytest.fixture
def shop(repo: Path) -> Path:
    (repo / "shop").mkdir()
    (repo / "shop" / "seats.py").write_text(SEATS)
    (repo / "shop" / "desk.py").write_text(
        "from shop.seats import Seats\n\ndef sell():\n    seats = Seats(3)\n    seats.hold('a')\n"
    )
    (repo / "leases.go").write_bytes((FIXTURES / "leases.go").read_bytes())
    (repo / "tests").mkdir()
    (repo / "tests" / "test_seats.py").write_text("def test_hold():\n    assert seats.hold('a')\n")
    (repo / "README.md").write_text("Seats are sold here.\n")
    return repo


@pytest.fixture
def ask(shop: Path, cache: Path):
    made = tools(shop, "shop/seats.py", lambda path: [f"abc123 {path}: a lock came"], cache)

    def go(called: str, /, **arguments: object) -> str:
        (tool,) = (tool for tool in made if tool.name == called)
        return tool.run(arguments)

    return go


def test_every_tool_describes_itself_with_a_valid_schema(shop, cache):
    made: tuple[Tool, ...] = tools(shop, history=lambda path: [path], cache=cache)
    assert [tool.name for tool in made] == [
        "repo_map", "list_directory", "read_file", "search_text", "symbols", "references", "history",
    ]  # fmt: skip
    for tool in made:
        jsonschema.Draft202012Validator.check_schema(dict(tool.schema))
        json.dumps(tool.schema)
        assert tool.description.endswith(".")


def test_without_a_history_there_is_no_such_tool(shop, cache):
    assert "history" not in {tool.name for tool in tools(shop, cache=cache)}


def test_a_repository_that_is_not_there(tmp_path):
    with pytest.raises(RepositoryNotFound):
        tools(tmp_path / "nowhere")


def test_the_map_begins_with_the_feature_and_ends_with_the_tests(ask):
    lines = ask("repo_map").split("\n")
    assert [line for line in lines if not line.startswith(" ")] == [
        "shop/seats.py", "leases.go", "shop/desk.py", "tests/test_seats.py",
    ]  # fmt: skip
    assert lines[1:3] == ["  1-11 class Seats", "  4-5 method Seats.__init__(self, left: int)"]


@pytest.mark.parametrize("tokens", [100, 120, 150])
def test_the_map_keeps_to_its_budget_and_counts_what_it_leaves_out(ask, tokens):
    shown = ask("repo_map", tokens=tokens)
    assert len(shown) <= tokens * 4
    assert "more symbols)" in shown
    assert shown.startswith("shop/seats.py")


def test_a_directory_is_listed_without_what_git_keeps(ask, shop):
    (shop / ".git").mkdir()
    (shop / "out").symlink_to("/etc")
    assert ask("list_directory").split("\n") == [
        "README.md 21",
        f"leases.go {(shop / 'leases.go').stat().st_size}",
        "out (a link, not followed)",
        "shop/",
        "tests/",
    ]
    assert ask("list_directory", path="shop/seats.py") == "'shop/seats.py' is a file; read it instead"


def test_lines_of_a_file(ask):
    assert ask("read_file", path="shop/seats.py", line=7, end_line=8) == (
        "shop/seats.py, lines 7 to 8 of 12\n7:     def hold(self, name: str) -> bool:\n8:         if self.left > 0:"
    )
    assert ask("read_file", path="shop/seats.py", line=99) == "shop/seats.py has 12 lines; ask for some of them"


def test_text_is_searched_line_by_line(ask):
    assert ask("search_text", pattern=r"self\.left\b.*0") == "shop/seats.py:8:         if self.left > 0:"
    assert ask("search_text", pattern="sold here", context=1) == "README.md:1: Seats are sold here.\nREADME.md:2- "
    assert ask("search_text", pattern="hold", path="tests").count("\n") == 1
    assert ask("search_text", pattern="nothing of the kind") == "no line matches"
    assert "no regular expression: missing )" in ask("search_text", pattern="(")


def test_a_pattern_that_takes_forever_is_given_up(ask, shop, monkeypatch):
    (shop / "long.txt").write_text("a" * 400 + "!\n")
    monkeypatch.setattr("extractor.explore.files._SECONDS", 2)
    assert "took longer than 2 seconds" in ask("search_text", pattern="(a+)+$")


def test_symbols_by_path_and_by_name(ask):
    assert ask("symbols", path="shop/seats.py").split("\n")[2] == (
        "shop/seats.py:7-11 method Seats.hold(self, name: str)"
    )
    assert ask("symbols", name="ACQUIRE") == (
        "leases.go:44-59 method Table.Acquire(t: *Table, ctx: context.Context, job: string, holder: string)"
    )
    assert ask("symbols", name="nobody") == "no such symbol"


def test_references_of_a_method_a_class_and_a_field(ask):
    assert ask("references", name="Seats.hold").split("\n") == [
        "shop/seats.py:7-11 defined: method Seats.hold(self, name: str)",
        "shop/desk.py:5 called? in sell: seats.hold",
        "tests/test_seats.py:2 called? in test_hold: seats.hold",
    ]
    assert "shop/desk.py:4 called in sell: Seats" in ask("references", name="Seats")
    assert "leases.go:84" not in ask("references", name="Release")
    assert "leases.go:75 called in Table.Sweep: t.Release" in ask("references", name="Table.Release")
    assert ask("references", name="t.fence").split("\n") == [
        "leases.go:51 read in Table.Acquire: t.fence",
        "leases.go:51 write in Table.Acquire: t.fence",
        "leases.go:104 write in reset: t.fence",
    ]
    assert "leases.go:62 rwlock acquire in Table.Release: t.mu" in ask("references", name="mu")
    assert ask("references", name="nobody") == "nothing is called 'nobody'"


def test_the_history_is_that_of_a_path_inside(ask):
    assert ask("history", path="shop") == "abc123 shop: a lock came"
    assert "leads outside" in ask("history", path="../other")


@pytest.mark.parametrize("tool", ["list_directory", "read_file", "search_text", "symbols", "repo_map", "history"])
@pytest.mark.parametrize(
    ("path", "answer"),
    [
        ("../secret.txt", "leads outside the repository"),
        ("shop/../../secret.txt", "leads outside the repository"),
        ("/etc/passwd", "leads outside the repository"),
        (".git/config", "belongs to the version control"),
        ("shop/.GIT/config", "belongs to the version control"),
        ("out/passwd", "a link, which is not followed; it leaves the repository"),
        ("alias.py", "a link, which is not followed; it leads to shop/seats.py"),
        ("nowhere", "does not exist"),
        ("a\0b", "is no path"),
        ("shop\\seats.py", "is no path"),
    ],
)
def test_nothing_leads_out(ask, shop, tmp_path, tool, path, answer):
    (tmp_path / "secret.txt").write_text("pattern secret")
    (shop / ".git").mkdir()
    (shop / ".git" / "config").write_text("pattern secret")
    (shop / "out").symlink_to("/etc")
    (shop / "alias.py").symlink_to(shop / "shop" / "seats.py")
    more = {"pattern": "pattern"} if tool == "search_text" else {}
    shown = ask(tool, path=path, **more)
    assert answer in shown
    assert "secret" not in shown.replace(repr(path), "")


def test_what_cannot_be_read_is_said(ask, shop):
    (shop / "latin.txt").write_bytes(b"caf\xe9\n")
    (shop / "zero.bin").write_bytes(b"\0" * 10)
    (shop / "large.txt").write_bytes(b"a" * 2_000_001)
    assert "is no text: byte 3 is not utf-8" in ask("read_file", path="latin.txt")
    assert "is no text: holds zero bytes" in ask("read_file", path="zero.bin")
    assert "larger than 2,000,000 bytes" in ask("read_file", path="large.txt")
    assert "no regular file" in ask("read_file", path="shop")
    assert ask("search_text", pattern="aaa|caf") == "no line matches"


@pytest.mark.parametrize(
    ("tool", "arguments", "answer"),
    [
        ("read_file", {}, "the argument path must be a string"),
        ("read_file", {"path": 3}, "the argument path must be a string"),
        ("read_file", {"path": "README.md", "line": "1"}, "the argument line must be a integer"),
        (
            "read_file",
            {"path": "README.md", "mode": "w"},
            "no argument is called 'mode'; there are path, line, end_line",
        ),
        ("repo_map", {"tokens": True}, "the argument tokens must be a integer"),
        ("references", {"name": " "}, "give the name"),
    ],
)
def test_arguments_that_make_no_sense(ask, tool, arguments, answer):
    assert answer in ask(tool, **arguments)


def test_numbers_are_brought_within_bounds(ask):
    assert ask("read_file", path="README.md", line=-5).startswith("README.md, lines 1 to 2")
    assert len(ask("repo_map", tokens=10**9)) <= LONGEST


def test_answers_are_bounded_and_say_what_to_do(ask, shop):
    (shop / "many.txt").write_text("a line that matches\n" * 5_000)
    (shop / "wide.txt").write_text("x" * 1_000_000 + "\n")
    (shop / "many.py").write_text("".join(f"def function_number_{n}(): pass\n" for n in range(2_000)))
    for shown in (
        ask("read_file", path="many.txt"),
        ask("read_file", path="wide.txt"),
        ask("search_text", pattern="."),
        ask("symbols"),
        ask("repo_map", tokens=3_000),
    ):
        assert len(shown) <= LONGEST
    assert "more lines; name a smaller path" in ask("symbols")
    assert "more than 200 hits" in ask("search_text", pattern="a line that", path="many.txt")


def test_the_same_question_has_the_same_answer(shop, cache):
    def everything() -> list[str]:
        made = tools(shop, "shop", None, cache)
        asked = ({}, {}, {"path": "leases.go"}, {"pattern": "Seats"}, {}, {"name": "hold"})
        return [tool.run(arguments) for tool, arguments in zip(made, asked, strict=True)]

    assert everything() == everything()


def test_a_repository_without_source(repo, cache):
    (repo / "notes.txt").write_text("nothing\n")
    made = {tool.name: tool for tool in tools(repo, cache=cache)}
    assert made["repo_map"].run({}) == "no source file of a known language is below '.'"
    assert made["symbols"].run({}) == "no such symbol"
    shutil.rmtree(repo)
    assert "does not exist" in made["list_directory"].run({})
