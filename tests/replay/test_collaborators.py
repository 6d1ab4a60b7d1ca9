"""Collaborators that are no stores: the fakes in a generated test do what the specification takes for granted."""

from __future__ import annotations

from pathlib import Path

import pytest

import extractor
from replay import run
from replay.collaborators import assumed
from replay.construct import Reader
from replay.runtime import Store, fakes
from replay.runtime.fakes import Answers
from replay.sandbox import ProcessSandbox
from reports.result import (
    AssumptionResult,
    Author,
    CallText,
    Feature,
    Replay,
    Result,
    Scenario,
    ScheduledStep,
    Source,
    SpecResult,
    Step,
    ViolationResult,
)
from specgen.lower import contracts
from specgen.static import StaticAuthor

ERRORS = "class Refused(Exception): ...\n"

SHOP = """
import errors


class Shop:
    def __init__(self, gateway, mailer, left: int = 1):
        self._gateway = gateway
        self._mailer = mailer
        self.left = left

    async def buy(self):
        if self.left < 1:
            return False
        try:
            ticket = await self._gateway.authorize("owner")
        except errors.Refused:
            return "refused"
        if not ticket:
            return None
        self.left -= 1
        await self._mailer.tell(ticket)
        return ticket
"""

FIXED = SHOP.replace("self.left -= 1", "if self.left < 1:\n            return False\n        self.left -= 1")


def finding(repo: Path, setup: int = 0) -> Result:
    """Two calls that both pass the check, with the assumptions of the compiler's own specification of the class."""
    author = StaticAuthor(extractor.index(repo, "shop.py"))
    (target,) = author.plan().targets
    assumptions = tuple(AssumptionResult(a.id, a.text) for a in author.write(target).assumptions)
    check, sell = ((Source("shop.py", 12, 19),), (Source("shop.py", 20, 22),))
    steps = [ScheduledStep(who, "", check, "if self.left < 1:") for who in ("c1", "c2")]
    steps += [ScheduledStep(who, "", sell, "self.left -= 1") for who in ("c1", "c2")]
    scenario = Scenario(
        mode="asyncio",
        path="shop.py",
        cls="Shop",
        setup=(CallText("buy"),) * setup,
        calls={"c1": CallText("buy"), "c2": CallText("buy")},
        schedule=tuple(steps),
        constructor={"left": str(setup + 1)},
    )
    seen = Step(1, "c1", "buy()", "buy_12", "Shop.buy", None, "", {"c1.ticket": "'a1'"}, None)
    violation = ViolationResult("Serializable_buy_buy", "serializable", "oversold", (seen,), scenario=scenario)
    feature = Feature("", "shop.py", None, ("Shop",))
    spec = SpecResult("Shop", (), ())
    return Result("violated", "", feature, Author(), spec, violations=(violation,), assumptions=assumptions)


@pytest.fixture
def repo(tmp_path: Path) -> Path:
    (tmp_path / "repo").mkdir()
    (tmp_path / "repo" / "errors.py").write_text(ERRORS)
    (tmp_path / "repo" / "shop.py").write_text(SHOP)
    return tmp_path / "repo"


def replayed(result: Result, repo: Path, place: Path) -> Replay:
    prepared, made = run.prepare(result, repo, place)
    (violation,) = run.execute(prepared, made, repo, place, ProcessSandbox()).violations
    return violation.replay


FAKE = """
    class FakeGateway(Collaborator):
        \"""What `gateway` does is not known: each call answers in any of these ways and changes nothing.\"""

        async def authorize(self, *args, **kwargs):
            return await self.answer_later("a1", None, errors.Refused)
"""


@pytest.mark.parametrize("setup", [0, 1])
def test_fakes_give_the_values_and_exceptions_that_are_assumed(repo: Path, tmp_path: Path, setup: int) -> None:
    result = finding(repo, setup)
    told = replayed(result, repo, tmp_path / "spec")
    assert (told.status, told.exact) == ("confirmed", True), told.reason
    (text,) = [file.read_text() for file in (tmp_path / "spec" / "repro").glob("test_*.py")]
    assert FAKE in text
    assert 'errors = load("shop.py").errors' in text
    assert "return await self.answer_later(None)\n" in text, "nobody looks at what the mailer says"

    (repo / "shop.py").write_text(FIXED)
    assert replayed(result, repo, tmp_path / "spec").status == "not_reproduced"


def test_code_that_never_gets_past_a_fake_is_doubtful(repo: Path, tmp_path: Path) -> None:
    result = finding(repo)
    (repo / "shop.py").write_text(SHOP.replace("if not ticket:", "if ticket != 7:"))
    told = replayed(result, repo, tmp_path / "spec")
    assert told.status == "not_reproduced"
    assert told.reason


KEPT = """
class Kept:
    def __init__(self, table, meter):
        self._table = table
        self._meter = meter

    def keep(self, key):
        try:
            self._table.put(key, self._meter.count() + 1)
        except KeyError:
            return False
        self._meter.tick()

    def again(self, key):
        self._table.put(key, 2)
        level = self._meter.level()
        return level > 1
"""


def test_a_store_fails_where_every_call_may_and_a_number_is_one_where_it_is_counted_with(tmp_path: Path) -> None:
    (tmp_path / "kept.py").write_text(KEPT)
    failing = {f"may-raise:kept.py:{n}": "it may raise KeyError, which the code around it catches" for n in (9, 15)}
    every = {"store:table": "", **failing}
    made = Reader(tmp_path, assumed(every)).make("kept.py", "Kept")
    assert made.text == "Kept(table=Store(raises={'put': KeyError}), meter=FakeMeter())"
    (fake,) = made.fakes
    for method, answers in (("count", "1, 0, KeyError"), ("tick", "None"), ("level", "1, 0")):
        assert f"def {method}(self, *args, **kwargs):\n        return self.answer({answers})" in fake.text

    del every["may-raise:kept.py:15"]
    assert "Kept(table=Store(), " in Reader(tmp_path, assumed(every)).make("kept.py", "Kept").text


def test_a_call_of_a_store_that_fails_has_no_effect(monkeypatch: pytest.MonkeyPatch) -> None:
    store = Store(raises={"put": KeyError})
    store.put("k", 1)
    monkeypatch.setattr(Answers, "choose", lambda options: options - 1)
    with pytest.raises(KeyError):
        store.put("k", 2)
    assert store.get("k") == 1


@pytest.mark.parametrize("does", ["CREATE", "SWAP", "COUNT", "UNCOUNT", "DELETE", "EXISTS", "WRITE", "LIST"])
def test_a_store_takes_names_of_methods_as_the_specification_does(does: str) -> None:
    assert getattr(fakes, f"_{does}") == getattr(contracts, does)


TWO = """
class Inner:
    def __init__(self, mailer):
        self.mailer = mailer

    def tell(self):
        return self.mailer.tell()


class Outer:
    def __init__(self, inner: Inner, mailer):
        self.inner = inner
        self.mailer = mailer

    def ask(self):
        return self.mailer.ask(), self.inner.tell()
"""


def test_two_collaborators_of_one_name_are_two_fakes(tmp_path: Path) -> None:
    (tmp_path / "two.py").write_text(TWO)
    made = Reader(tmp_path).make("two.py", "Outer")
    assert made.text == "Outer(inner=Inner(mailer=FakeMailer()), mailer=FakeMailerOfOuter())"
    assert [("tell" in fake.text, "ask" in fake.text) for fake in made.fakes] == [(True, False), (False, True)]
