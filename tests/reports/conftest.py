"""The rich result, and what becomes of it, as fixtures."""

import dataclasses
import os
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser
from seats_result import HOSTILE, PATH, poison, seats
from seats_source import SOURCE

from bench.browser import chromium, path
from reports.result import Result


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    if path() is None and not os.environ.get("CODE2TLA_REQUIRE_BROWSER"):
        pytest.skip("no Chromium on this machine")
    with chromium() as browser:
        yield browser


@pytest.fixture
def result() -> Result:
    return seats()


@pytest.fixture
def sources() -> dict[str, list[str]]:
    return {PATH: SOURCE.splitlines()}


@pytest.fixture
def verified(result: Result) -> Result:
    properties = tuple(dataclasses.replace(p, status="holds", mutants=9, killed=9) for p in result.properties)
    return dataclasses.replace(
        result,
        verdict="verified",
        reason="TLC explored every state and found nothing.",
        violations=(),
        properties=properties,
    )


@pytest.fixture
def two_parts(result: Result, verified: Result) -> Result:
    other = dataclasses.replace(
        verified,
        feature=dataclasses.replace(verified.feature, classes=("Rooms",)),
        spec=dataclasses.replace(verified.spec, module="Rooms"),
        bounds={"callers": 3, "before": 0},
        notes=(),
    )
    return dataclasses.replace(
        result,
        feature=dataclasses.replace(result.feature, classes=("Seats", "Rooms")),
        parts=(result, other),
        notes=(*result.notes, "booking/huge.py was not read: 5 MB is more than the limit of 1 MB."),
        bounds={},
    )


@pytest.fixture
def hostile(result: Result) -> Result:
    poisoned = poison(result, [0])
    assert isinstance(poisoned, Result)
    return poisoned


@pytest.fixture
def hostile_results(result: Result) -> list[Result]:
    """One poisoned result for each rotation, so that every piece of text has been every hostile string once."""
    out = [poison(result, [shift]) for shift in range(len(HOSTILE))]
    return [r for r in out if isinstance(r, Result)]
