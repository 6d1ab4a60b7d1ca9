import json
from pathlib import Path
from typing import Any

import pytest

import corpora
from code2tla import itf
from code2tla.cli import main
from tlc_runner.types import Function, ModelValue


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (True, True),
        (7, {"#bigint": "7"}),
        (-(2**70), {"#bigint": str(-(2**70))}),
        ("a", "a"),
        (ModelValue("v1"), "v1_OF_MODELVALUE"),
        ((1, "x"), [{"#bigint": "1"}, "x"]),
        (frozenset({"b", "a"}), {"#set": ["a", "b"]}),
        (Function((("op", "hold"), ("n", 1))), {"op": "hold", "n": {"#bigint": "1"}}),
        (Function(((1, "a"), (2, "b"))), {"#map": [[{"#bigint": "1"}, "a"], [{"#bigint": "2"}, "b"]]}),
        (Function((("#set", "a"),)), {"#map": [["#set", "a"]]}),
    ],
)
def test_every_kind_of_value_keeps_its_type(value: object, shown: Any) -> None:
    assert itf.value(value) == shown


def test_a_run_leaves_its_traces_and_what_ci_reads(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    case = corpora.load("check_then_act")
    repo = tmp_path / "repo"
    corpora.build(case, repo, "buggy")
    monkeypatch.setenv("CODE2TLA_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(tmp_path / "summary.md"))
    words = ["run", str(repo), case.feature, "--out", str(tmp_path), "--budget", "60", "--quiet", "--callers", "2"]
    assert main(words) == 1
    (home,) = (tmp_path / "specs").iterdir()
    result = json.loads((home / "result.json").read_text())
    names = {f"{v['property']}.itf.json" for v in result["violations"]}
    assert names
    assert {path.name for path in (home / "traces").iterdir()} == names
    for name in names:
        trace = json.loads((home / "traces" / name).read_text())
        assert trace["#meta"]["format"] == "ITF"
        for index, state in enumerate(trace["states"]):
            assert set(state) == {"#meta", *trace["vars"]}
            assert state["#meta"]["index"] == index
        assert trace["states"][-1]["#meta"]["source"]["path"].startswith(case.feature)
        # A dict has one type in all states, with and without entries.
        assert {tuple(state["owners"]) for state in trace["states"]} == {("#map",)}
    assert json.loads((home / "results.sarif").read_text())["version"] == "2.1.0"
    assert "<testsuites" in (home / "junit.xml").read_text()
    assert (tmp_path / "summary.md").read_text().startswith("## Violated")
    (home / "traces" / "Old.itf.json").write_text("{}")
    main(words)
    assert {path.name for path in (home / "traces").iterdir()} == names
