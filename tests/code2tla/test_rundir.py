from __future__ import annotations

import json
from pathlib import Path
from types import MappingProxyType

import pytest

from code2tla import records
from code2tla.checked import Checked, Finding, Rung
from code2tla.rundir import RunDirectory, digest, write_text
from specgen.types import Bounds, Property
from tlc_runner.types import CheckResult, Coverage, Function, ModelValue, Outcome, State, Violation

STATE = State(
    1,
    "hold_14",
    None,
    MappingProxyType(
        {
            "left": 1,
            "store": Function(((ModelValue("v1"), "held"), (ModelValue("v2"), ModelValue("None")))),
            "seen": frozenset({1, 2}),
            "log": ((), (True, "a\u2028\x1b[31m")),
        }
    ),
)
RESULT = CheckResult(
    Outcome.VIOLATED,
    "x",
    12,
    "embedded",
    "2.15",
    "ab",
    violations=(Violation("invariant", "P", (STATE,)),),
    prints=("one",),
    coverage=MappingProxyType({"hold_14": Coverage(1, 2)}),
)


def test_records_give_back_what_they_were_given() -> None:
    prop = Property("P", "serializable", "P == TRUE", "plain", operations=("hold", "hold"))
    checked = Checked("violated", "r", (Finding(prop, Bounds(), (STATE,), ("o",)),), rungs=(Rung(Bounds(), 1, 2),))
    for value in (RESULT, checked):
        again = records.loads(records.dumps(value))
        assert again == value
        assert type(again) is type(value)


@pytest.mark.parametrize(
    "text",
    ["", "[", "{}", '{"class":"Popen","fields":{}}', '{"class":"State","fields":{"x":1}}', "[" * 100_000],
)
def test_records_of_anything_else_are_refused(text: str) -> None:
    with pytest.raises(records.RecordError):
        records.loads(text)


def test_a_damaged_record_counts_as_none(tmp_path: Path) -> None:
    directory = RunDirectory(tmp_path)
    directory.put("tlc", "k", RESULT)
    assert directory.get("tlc", "k") == RESULT
    assert directory.get("tlc", "other") is None
    file = next((tmp_path / "stages").iterdir())
    file.write_text(file.read_text()[:-7])
    assert directory.get("tlc", "k") is None


def test_events_are_appended_one_a_line(tmp_path: Path) -> None:
    RunDirectory(tmp_path).log("began", text="a\nb")
    RunDirectory(tmp_path).log("ended")
    events = [json.loads(line) for line in (tmp_path / "events.jsonl").read_text().splitlines()]
    assert [event["kind"] for event in events] == ["began", "ended"]
    assert events[0]["text"] == "a\nb"


def test_digest_tells_parts_apart() -> None:
    assert digest("a", "b") != digest("ab") != digest("ab", "")
    assert digest("a", 1) == digest("a", 1)


def test_write_leaves_nothing_beside(tmp_path: Path) -> None:
    write_text(tmp_path / "a" / "b.txt", "x\udcff")
    write_text(tmp_path / "a" / "b.txt", "y")
    assert [p.name for p in (tmp_path / "a").iterdir()] == ["b.txt"]
    assert (tmp_path / "a" / "b.txt").read_text() == "y"
