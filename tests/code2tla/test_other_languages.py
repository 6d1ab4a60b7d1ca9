"""What the command says of a feature that has no Python."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from pipeline_targets import COUNTER, Make

from code2tla.cli import main

GO = """package counter

import "sync"

type Counter struct {
	mu sync.Mutex
	n  int
}

func (c *Counter) Add() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.n++
}
"""


def test_a_run_without_python_ends_inconclusive_and_says_what_to_do(
    make: Make, home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    repo = make({"counter/counter.go": GO})
    assert main(["run", str(repo), "counter", "--out", str(home), "--json"]) == 3
    result = json.loads(capsys.readouterr().out)
    assert result["verdict"] == "inconclusive"
    assert result["reason"] == (
        "the feature has no Python, which is all that the static author models: it is go; "
        "run again with --author llm or --author agent"
    )


def test_python_among_other_languages_is_modelled(make: Make, home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    repo = make({"counter/counter.go": GO, "counter/counter.py": COUNTER})
    status = main(["run", str(repo), "counter", "--out", str(home), "--json", "--callers", "2", "--before", "1"])
    assert status == 1
    assert json.loads(capsys.readouterr().out)["feature"]["classes"] == ["Counter"]


def test_index_shows_the_facts_of_other_languages(make: Make, capsys: pytest.CaptureFixture[str]) -> None:
    repo = make({"counter/counter.go": GO})
    assert main(["index", str(repo), "counter"]) == 0
    out = capsys.readouterr().out
    assert "1 go file (" in out
    assert "symbols: 1 struct, 1 method" in out
    assert "lock acquire c.mu" in out
    assert "write c.n (attribute)" in out
