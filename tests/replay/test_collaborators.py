"""Collaborators that are no stores: the fakes in a generated test do what the specification takes for granted."""

from __future__ import annotations

from pathlib import Path

import pytest

import extractor
from replay import run
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
