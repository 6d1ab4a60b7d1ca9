import dataclasses
import json
from typing import Any, get_args, get_type_hints

import jsonschema
import pytest

from reports import jsonio
from reports.result import Result

# The shape that the design promises, with plain values in place of its dots.
PROMISED: dict[str, Any] = {
    "schema": "code2tla/result/1",
    "verdict": "violated",
    "reason": "...",
    "feature": {"repo": "...", "path": "...", "commit": "...", "classes": ["..."]},
    "author": {
        "name": "static", "model": None, "calls": 0, "cached_calls": 0, "input_tokens": 0, "output_tokens": 0,
        "usd": 0.0,
    },
    "spec": {
        "module": "...",
        "variables": [],
        "actions": [
            {"name": "...", "sources": [{"path": "...", "line": 1, "end_line": 1}], "fired": 0, "abstractions": []}
        ],
    },
    "properties": [{"name": "p", "kind": "invariant", "status": "holds", "mutants": 0, "killed": 0, "sources": []}],
    "violations": [
        {
            "property": "p",
            "classification": "code",
            "replay": {"status": "confirmed", "test": "..."},
            "trace": [
                {
                    "step": 1,
                    "process": "...",
                    "action": "...",
                    "source": {"path": "...", "line": 1, "end_line": 1},
                    "changed": {"var": "value"},
                }
            ],
        }
    ],
    "assumptions": [{"id": "...", "text": "...", "source": {}, "status": "assumed"}],
    "bounds": {},
    "tlc": {
        "version": "...", "runner": "embedded", "distinct_states": 0, "generated_states": 0, "depth": 0, "seconds": 0.0,
        "jar_sha256": "...",
    },
}  # fmt: skip


def validate(text: str) -> None:
    jsonschema.Draft202012Validator(jsonio.json_schema()).validate(json.loads(text))


def test_the_schema_is_a_schema() -> None:
    jsonschema.Draft202012Validator.check_schema(jsonio.json_schema())


def test_dumps_is_valid_and_comes_back(result: Result, verified: Result, two_parts: Result) -> None:
    for each in (result, verified, two_parts):
        text = jsonio.dumps(each)
        validate(text)
        assert jsonio.loads(text) == each


def test_hostile_text_is_valid_and_comes_back(hostile_results: list[Result]) -> None:
    for each in hostile_results:
        text = jsonio.dumps(each)
        validate(text)
        assert jsonio.dumps(jsonio.loads(text)) == text
        assert jsonio.loads(text).reason == each.reason.replace("\udce9", "\\udce9")


def test_the_order_of_keys_is_the_promised_one(result: Result, two_parts: Result) -> None:
    data = json.loads(jsonio.dumps(result))
    assert list(data)[: len(PROMISED)] == list(PROMISED)
    assert jsonio.dumps(two_parts) == jsonio.dumps(jsonio.loads(jsonio.dumps(two_parts)))


def test_the_promised_shape_is_valid_and_readable() -> None:
    validate(json.dumps(PROMISED))
    result = jsonio.loads(json.dumps(PROMISED))
    assert result.violations[0].trace[0].text == ""
    assert result.properties[0].plain == "p"
    assert result.assumptions[0].source is None


def test_every_field_is_documented_in_the_schema() -> None:
    definitions = jsonio.json_schema()["$defs"].values()
    documented = [set(d["properties"]) for d in definitions if "properties" in d]
    for cls in _dataclasses(Result, set()):
        assert {f.name for f in dataclasses.fields(cls)} in documented, cls.__name__


def _dataclasses(cls: type, seen: set[type]) -> set[type]:
    seen.add(cls)
    for hint in get_type_hints(cls).values():
        for inner in (hint, *get_args(hint)):
            if dataclasses.is_dataclass(inner) and inner not in seen:
                _dataclasses(inner, seen)  # type: ignore[arg-type]
    return seen


@pytest.mark.parametrize(
    "change",
    [
        {"verdict": "fine"},
        {"feature": None},
        {"tlc": {**PROMISED["tlc"], "depth": -1}},
        {"violations": [{"property": "p"}]},
        {"parts": [{}]},
    ],
)
def test_the_schema_refuses_what_is_wrong(change: dict[str, Any]) -> None:
    with pytest.raises(jsonschema.ValidationError):
        validate(json.dumps({**PROMISED, **change}))


def test_text_printed_to_a_terminal_holds_nothing_that_it_obeys(hostile_results: list[Result]) -> None:
    for each in hostile_results:
        text = jsonio.dumps(each)
        text.encode()
        for char in "\x1b\x07\x9b\u202e\u2066\u2028\ufeff":
            assert char not in text


def test_foreign_values_in_bounds_become_json(result: Result) -> None:
    bounds = {"callers": (2, 3), "values": frozenset({"b", "a"}), 3: {"x": None}}
    text = jsonio.dumps(dataclasses.replace(result, bounds=bounds))
    assert json.loads(text)["bounds"] == {"callers": [2, 3], "values": ["a", "b"], "3": {"x": None}}


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "no JSON"),
        ("{", "no JSON"),
        ("[" * 100_000, "no JSON"),
        ("[]", "schema null"),
        ('{"schema": "code2tla/result/9"}', "code2tla/result/9"),
        ('{"schema": "code2tla/result/1"}', "verdict"),
        (json.dumps({**PROMISED, "verdict": "fine"}), "verdict"),
        (json.dumps({**PROMISED, "bounds": [1]}), "bounds"),
        (json.dumps(PROMISED).replace('"depth": 0', '"depth": "0"'), "tlc.depth"),
        (json.dumps(PROMISED).replace('"depth": 0', '"depth": NaN'), "NaN"),
        (json.dumps(PROMISED).replace('"step": 1', '"step": null'), "violations[0].trace[0].step"),
        (json.dumps({**PROMISED, "verdict": "\x1b[2J\n"}), "verdict"),
        (json.dumps({**PROMISED, "reason": 3}), "reason"),
        (json.dumps({**PROMISED, "reason": "\ud800"}), "Invalid JSON"),
    ],
)
def test_an_unreadable_result_gives_one_clear_line(text: str, says: str) -> None:
    with pytest.raises(jsonio.ResultUnreadable) as caught:
        jsonio.loads(text)
    message = str(caught.value)
    assert says in message
    assert message.isprintable()
    assert len(message) < 400


def test_fields_of_a_later_version_are_passed_over() -> None:
    assert jsonio.loads(json.dumps({**PROMISED, "weather": {"sun": 1}})).reason == "..."
