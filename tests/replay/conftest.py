"""Replays of calls on small modules, without a generated test around them."""

from __future__ import annotations

import itertools
import json
import textwrap
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from replay import runtime
from replay.runtime import Call, Scenario, Step

_numbers = itertools.count()
Check = Callable[..., dict[str, Any]]


@pytest.fixture
def check(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Check:
    """Replays calls on a class ``Thing`` written in a module of its own; gives what the replay noted down."""

    def run(code: str, *calls: Call, mode: str = "threads", kind: str = "serializable", **more: Any) -> dict[str, Any]:
        module = f"replayed_{next(_numbers)}.py"
        (tmp_path / module).write_text(textwrap.dedent(code))
        out = tmp_path / "out.jsonl"
        monkeypatch.setenv("CODE2TLA_REPLAY_OUT", str(out))
        monkeypatch.setenv("CODE2TLA_REPO", str(tmp_path))
        more["schedule"] = [Step(p, module, lines, "", *kind) for p, lines, *kind in more.get("schedule", ())]
        make = more.pop("make", lambda module: module.Thing())
        named = {f"c{n}": call for n, call in enumerate(calls, 1)}
        scenario = Scenario(mode, kind, named, **more)  # type: ignore[arg-type]
        out.unlink(missing_ok=True)
        try:
            runtime.check(scenario, lambda load: make(load(module)), "t")
        except AssertionError as error:
            told = dict(json.loads(out.read_text()))
            return {**told, "message": str(error)}
        return dict(json.loads(out.read_text()))

    return run
