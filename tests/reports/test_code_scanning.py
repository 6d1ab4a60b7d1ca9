"""What GitHub's documentation says that code scanning takes in ("SARIF support for code scanning"), point by point."""

import dataclasses
import gzip
import json
import re
from typing import Any

import pytest

from reports import sarif
from reports.result import Result

LEVELS = {"none", "note", "warning", "error"}
PRECISIONS = {"very-high", "high", "medium", "low"}


def runs(text: str) -> list[dict[str, Any]]:
    log = json.loads(text)
    assert log["version"] == "2.1.0"
    assert log["$schema"].endswith("sarif-schema-2.1.0.json")
    found: list[dict[str, Any]] = log["runs"]
    return found


def check(text: str) -> None:
    """Every documented limit, and everything that is documented as required."""
    assert len(gzip.compress(text.encode())) <= 10_000_000
    assert len(runs(text)) <= 20
    for run in runs(text):
        driver = run["tool"]["driver"]
        assert driver["name"]
        assert driver["version"]
        assert len(run["tool"].get("extensions", [])) <= 100
        # All up to the last slash is the category, which tells the logs of several features apart.
        assert re.fullmatch(r"code2tla/.+/", run["automationDetails"]["id"], re.DOTALL)
        assert len(driver["rules"]) <= 25_000
        assert len(run["results"]) <= 5_000
        for rule in driver["rules"]:
            check_rule(rule)
        for result in run["results"]:
            assert driver["rules"][result["ruleIndex"]]["id"] == result["ruleId"]
            check_result(result)


def check_rule(rule: dict[str, Any]) -> None:
    assert 0 < len(rule["id"]) <= 255
    assert 0 < len(rule["name"]) <= 255
    assert 0 < len(rule["shortDescription"]["text"]) <= 1024
    assert 0 < len(rule["fullDescription"]["text"]) <= 1024
    assert rule["help"]["text"]
    assert rule["help"]["markdown"]
    assert rule["defaultConfiguration"]["level"] in LEVELS
    assert len(rule["properties"]["tags"]) <= 10
    assert rule["properties"]["precision"] in PRECISIONS


def check_result(result: dict[str, Any]) -> None:
    assert result["message"]["text"]
    assert result["level"] in LEVELS
    assert result["partialFingerprints"]["primaryLocationLineHash"]
    assert 0 < len(result["locations"]) <= 100
    flows = [flow for each in result.get("codeFlows", []) for flow in each["threadFlows"]]
    steps = [step["location"] for flow in flows for step in flow["locations"]]
    assert len(steps) <= 1_000
    assert all(step["message"]["text"] for step in steps)
    for location in [*result["locations"], *steps]:
        place = location["physicalLocation"]
        uri = place["artifactLocation"]["uri"]
        assert uri
        assert not re.match(r"/|[A-Za-z][A-Za-z0-9+.-]*:|.*(?:^|/)\.\.(?:/|$)", uri)
        region = place["region"]
        assert 1 <= region["startLine"] <= region.get("endLine", region["startLine"])


def test_everything_that_is_required_is_there(result: Result, two_parts: Result, verified: Result) -> None:
    for each in (result, two_parts, verified):
        check(sarif.dumps(each))


def test_hostile_text_changes_nothing_of_it(hostile_results: list[Result]) -> None:
    for each in hostile_results:
        check(sarif.dumps(each))


def test_a_log_of_too_much_is_cut_to_the_limits(result: Result) -> None:
    step = result.violations[0].trace[2]
    long = tuple(dataclasses.replace(step, step=n) for n in range(1, 1_201))
    many = tuple(dataclasses.replace(result.violations[0], property=f"p{n}", trace=long[:2]) for n in range(5_100))
    longest = dataclasses.replace(result.violations[0], trace=long)
    text = sarif.dumps(dataclasses.replace(result, violations=(longest, *many)))
    check(text)
    assert len(runs(text)[0]["results"]) == 5_000


@pytest.mark.parametrize("text", ["](" * 2_000, "{0}" * 2_000, "\U000e0041" * 2_000, "\x00" * 2_000])
def test_what_grows_as_it_is_made_harmless_stays_within_the_limits(result: Result, text: str) -> None:
    finding = dataclasses.replace(result.violations[0], summary=text, kind=text)
    log = sarif.dumps(dataclasses.replace(result, violations=(finding,)))
    check(log)
    assert len(runs(log)[0]["results"][0]["message"]["text"]) <= 1024


@pytest.mark.parametrize("path", ["", "/", "..", "src/feature", "a b/ü"])
def test_each_feature_is_a_category_of_its_own(result: Result, path: str) -> None:
    check(sarif.dumps(dataclasses.replace(result, feature=dataclasses.replace(result.feature, path=path))))
