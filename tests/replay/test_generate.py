"""How an object and its calls are written down, from source that nobody runs."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from replay.classes import CannotRebuild
from replay.collaborators import Assumed
from replay.construct import Reader
from replay.generate import generate
from reports.result import (
    AssumptionResult,
    Author,
    CallText,
    Feature,
    Result,
    Scenario,
    ScheduledStep,
    Source,
    SpecResult,
    Step,
    ViolationResult,
)

SHOP = """
from typing import Protocol
from dataclasses import dataclass
from shop.parts.shelf import Shelf
from .parts import Clerk


class Table(Protocol):
    async def get(self, key): ...


@dataclass
class Till:
    cents: int
    open: bool
    owner: str
    log: list = None


class Shop:
    def __init__(self, table: Table, shelf: Shelf, clerk: Clerk, till: Till, size: int, /, name="x", *, big=9) -> None:
        self._table = table
        self.shelf = shelf
        self._clerk = clerk
        self._till = till
        self._size = size

    async def sell(self, item, /, count, *, gift=False):
        await self._table.put(item, count)
        return self._table.get(item)

    def _private(self): ...
    def __len__(self): return 0


class Sub(Shop):
    pass


def top(n): ...
"""


@pytest.fixture
def repo(tmp_path: Path) -> Path:
    parts = tmp_path / "shop" / "parts"
    parts.mkdir(parents=True)
    (tmp_path / "shop" / "__init__.py").write_text("")
    (parts / "__init__.py").write_text("from shop.parts.clerk import Clerk\n")
    (parts / "shelf.py").write_text("class Shelf:\n    def __init__(self, room=2): self.room = room\n")
    (parts / "clerk.py").write_text("class Clerk:\n    def __init__(self, name: str): self.name = name\n")
    (tmp_path / "shop" / "shop.py").write_text(SHOP)
    return tmp_path


def test_an_object_is_made_of_stores_classes_of_the_repository_numbers_and_names(repo: Path) -> None:
    made = Reader(repo, Assumed(frozenset({"table"})), {"size": "2", "big": "1"}).make("shop/shop.py", "Shop")
    assert made.text == (
        "Shop(Store(awaits=['put']), Shelf(), Clerk(name='name'), Till(cents=1, open=True, owner='owner'), 2, big=1)"
    )
    assert made.needs == (
        ("shop/shop.py", "Shop"),
        ("shop/parts/shelf.py", "Shelf"),
        ("shop/parts/clerk.py", "Clerk"),
        ("shop/shop.py", "Till"),
    )
    assert Reader(repo, Assumed(frozenset({"table"}))).make("shop/shop.py", "Sub").text.startswith("Sub(Store(")


def test_a_collaborator_of_which_nothing_is_known_becomes_a_fake_of_its_calls(repo: Path) -> None:
    made = Reader(repo).make("shop/shop.py", "Shop")
    assert made.text.startswith("Shop(FakeTable(), Shelf(), ")
    (fake,) = made.fakes
    assert "async def put(self, *args, **kwargs):\n        return await self.answer_later(None)" in fake.text
    assert 'def get(self, *args, **kwargs):\n        return self.answer("a1", None)' in fake.text


@pytest.mark.parametrize(
    ("op", "arguments", "text"),
    [
        ("sell", {"item": "'i1'", "count": "1"}, "Call(\"sell\", 'i1', 1)"),
        ("sell", {"gift": "True", "item": "'i1'", "count": "None"}, "Call(\"sell\", 'i1', None, gift=True)"),
        ("private", {}, 'Call("_private")'),
        ("len", {}, 'Call("__len__")'),
    ],
)
def test_a_call_has_the_function_s_own_name_and_order(
    repo: Path, op: str, arguments: dict[str, str], text: str
) -> None:
    assert Reader(repo).call("shop/shop.py", "Shop", op, arguments) == text
    assert Reader(repo).call("shop/shop.py", "Sub", op, arguments) == text


def test_functions_of_a_module_are_called_by_name(repo: Path) -> None:
    assert Reader(repo).call("shop/shop.py", None, "top", {"n": "1"}) == 'Call("top", 1)'


@pytest.mark.parametrize(
    ("path", "cls", "op", "why"),
    [
        ("shop/shop.py", "Shop", "buy", "no operation buy in Shop"),
        ("shop/shop.py", "Nothing", "sell", "no class Nothing"),
        ("shop/gone.py", "Shop", "sell", "cannot be read"),
        ("../shop.py", "Shop", "sell", "no class Shop"),
    ],
)
def test_what_is_not_there_is_said(repo: Path, path: str, cls: str, op: str, why: str) -> None:
    (repo.parent / "shop.py").write_text("class Shop: ...\n")
    with pytest.raises(CannotRebuild, match=why if path[0] != "." else "outside the repository|no class Shop"):
        Reader(repo).call(path, cls, op, {})


HOSTILE = 'sell(\'"""\\\\\') """ \\ {x} ended\x00 \n"""'


def result(**changes: object) -> Result:
    source = Source("shop/shop.py", 4, 5)
    scenario = Scenario(
        mode="asyncio",
        path="shop/shop.py",
        cls="Shop",
        setup=(CallText("len"),),
        calls={"c1": CallText("sell", {"item": repr(HOSTILE), "count": "1"}), "c2": CallText("len")},
        schedule=(ScheduledStep("c1", "", (source,), HOSTILE), ScheduledStep("", "tick", (), "")),
        constructor={"size": "2"},
        invariant="len(self) >= 0",
        when="quiescent",
    )
    violation = ViolationResult(
        property=HOSTILE,
        kind="invariant",
        summary=HOSTILE,
        trace=(Step(1, "c1", HOSTILE, "a", "f", source, HOSTILE, {"x": HOSTILE}, HOSTILE),),
        scenario=replace(scenario, **changes),  # type: ignore[arg-type]
    )
    return Result(
        verdict="violated",
        reason="",
        feature=Feature("", "shop", None, ("Shop",)),
        author=Author(),
        spec=SpecResult("Shop", (), ()),
        violations=(violation, violation, replace(violation, scenario=None)),
        assumptions=(AssumptionResult("store:table", ""),),
    )


def test_any_text_gives_python_and_every_finding_a_file_of_its_own(repo: Path) -> None:
    made = generate(result(), repo)
    assert len(made.files) == 2
    for name, text in made.files.items():
        compile(text, name, "exec")
        assert "invariant=lambda self: len(self) >= 0" in text
    assert list(made.tests) == [(0, 0), (0, 1)]
    assert "run code2tla again" in made.refused[0, 2]


def test_a_value_that_cannot_be_written_down_is_the_reason(repo: Path) -> None:
    made = generate(result(missing="the argument x of f is [c1, 1]"), repo)
    assert made.refused[0, 0] == "the argument x of f is [c1, 1]"
    assert not made.files
