"""A run by an agent through files: ``run --author agent`` leaves a task, ``answer`` takes the answer and goes on."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from authored_scripts import SOURCE, action, script
from pipeline_targets import Make

from code2tla.cli import main
from reports import jsonio

WAITING = 5


class Agent:
    """An agent that reads task.json and hands in the answers of a script, one command each."""

    def __init__(self, repo: Path, home: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.repo, self.home, self.capsys = repo, home, capsys
        self.spec_dir = home / "out" / "specs" / "counter"

    def begin(self, *words: str) -> int:
        out = str(self.home / "out")
        return self._command(
            "run", str(self.repo), "counter.py", "--author", "agent", "--from", "facts", "--out", out, *words
        )

    def answer(self, given: Any, *words: str) -> int:
        file = self.home / "answer.json"
        file.write_text(given if isinstance(given, str) else json.dumps(given))
        return self._command("answer", str(self.spec_dir), str(file), *words)

    def task(self) -> dict[str, Any]:
        return dict(json.loads((self.spec_dir / "task.json").read_text()))

    def _command(self, *words: str) -> int:
        status = main(list(words))
        self.said, self.erred = self.capsys.readouterr()
        assert "Traceback" not in self.erred
        return status


@pytest.fixture
def agent(make: Make, home: Path, capsys: pytest.CaptureFixture[str]) -> Agent:
    return Agent(make({"counter.py": SOURCE}), home, capsys)


def test_answered_task_by_task_to_the_end(agent: Agent) -> None:
    answers = script()
    assert agent.begin("--audit-budget", "0") == WAITING
    assert "code2tla answer" in agent.said
    text = (agent.spec_dir / "task.md").read_text()
    assert "# Task: plan" in text
    assert '"title": "PlanAnswer"' in text, "the schema stands in the text"
    seen, status = [], WAITING
    while status == WAITING:
        task = agent.task()
        seen.append(f"{task['kind']} {task['subject']}".strip())
        answer = answers.get(f"{task['kind']} {task['subject']}") or answers[task["kind"]]
        status = agent.answer(json.dumps(answer).replace("$subject", task["subject"]), "--task", task["digest"])
    assert status == 1
    assert seen[:4] == ["plan", "architecture Counter", "properties Counter", "action add_13"]
    assert seen[-2] == "violation NoLoss"
    result = jsonio.loads((agent.spec_dir / "result.json").read_text())
    assert (result.verdict, result.author.name) == ("violated", "agent")
    assert result.author.calls + result.author.cached_calls == len(seen) == 9
    assert result.violations[0].classification == "code"
    assert not {"run.json", "task.json", "task.md"} & {p.name for p in agent.spec_dir.iterdir()}
    assert agent.answer(answers["plan"]) == 2, "nothing waits any more"


def test_the_run_may_be_begun_again_at_any_time(agent: Agent) -> None:
    agent.begin()
    first = agent.task()
    assert agent.begin() == WAITING
    assert agent.task() == first
    agent.answer(script()["plan"])
    second = agent.task()
    assert second["kind"] == "architecture"
    assert agent.begin("--json") == WAITING
    assert json.loads(agent.said) == second == agent.task(), "the plan is not asked for again"


def test_an_answer_to_another_task_is_refused(agent: Agent) -> None:
    agent.begin()
    plan = agent.task()
    agent.answer(script()["plan"], "--task", plan["digest"])
    waiting = agent.task()
    assert agent.answer(script()["plan"], "--task", plan["digest"]) == 2
    assert f"the task {plan['digest']} does not wait any more" in agent.erred
    assert agent.task() == waiting
    assert len((agent.spec_dir / "transcript.jsonl").read_text().splitlines()) == 1


@pytest.mark.parametrize("broken", ["I would rather write prose.", "", "[1, 2", '{"title": 3}', "null"])
def test_what_is_no_answer_comes_back_as_the_next_attempt(agent: Agent, broken: str) -> None:
    agent.begin()
    assert agent.answer(broken) == WAITING
    assert "attempt 2" in agent.said
    task = agent.task()
    assert (task["kind"], task["attempt"]) == ("plan", 2)
    assert "The last answer could not be used: the answer " in task["prompt"]
    assert agent.answer(script()["plan"]) == WAITING
    assert agent.task()["kind"] == "architecture"


def test_an_action_that_is_another_operator_alone_comes_back(agent: Agent) -> None:
    plan = script()["plan"]
    adding = "Add(w) ==\n    /\\ w \\notin done\n    /\\ n' = n + 1\n    /\\ done' = done \\cup {w}"
    plan["helpers"] = [{"name": "Add", "meaning": "w adds one", "definition": adding}]
    agent.begin()
    for given in (plan, script()["architecture"], script()["properties"]):
        agent.answer(given)
    assert agent.answer(action("add_13(w) == Add(w)")) == WAITING
    task = agent.task()
    assert (task["subject"], task["attempt"]) == ("add_13", 2)
    assert "TLC counts a step that is Add and nothing more as one of Add" in task["prompt"]
    assert agent.answer(action("add_13(w) == w \\in Workers /\\ Add(w)")) == WAITING
    assert agent.task()["subject"] == "reset_17"


def test_an_answer_from_standard_input(agent: Agent, monkeypatch: pytest.MonkeyPatch) -> None:
    agent.begin()
    monkeypatch.setattr("sys.stdin", io.StringIO(json.dumps(script()["plan"])))
    assert main(["answer", str(agent.spec_dir), "-"]) == WAITING
    assert agent.task()["kind"] == "architecture"


def _no_file(agent: Agent) -> list[str]:
    return ["answer", str(agent.spec_dir), str(agent.home / "nowhere.json")]


def _no_run(agent: Agent) -> list[str]:
    return ["answer", str(agent.home), str(agent.home / "answer.json")]


def _broken_run(agent: Agent) -> list[str]:
    (agent.spec_dir / "run.json").write_text('{"repo": 3}')
    return ["answer", str(agent.spec_dir), str(agent.home / "answer.json")]


def _broken_task(agent: Agent) -> list[str]:
    (agent.spec_dir / "task.json").write_text("[]")
    return ["answer", str(agent.spec_dir), str(agent.home / "answer.json")]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (_no_file, "nowhere.json: cannot be read"),
        (_no_run, "run.json: cannot be read"),
        (_broken_run, "run.json: is no run of this version"),
        (_broken_task, "task.json: is no task of this version"),
    ],
)
def test_what_cannot_be_read_is_wrong_use(agent: Agent, words: Callable[[Agent], list[str]], said: str) -> None:
    (agent.home / "answer.json").write_text(json.dumps(script()["plan"]))
    agent.begin()
    status = main(words(agent))
    err = agent.capsys.readouterr().err
    assert status == 2
    assert said in err.replace("\n", "")
    assert "Traceback" not in err
    assert not (agent.spec_dir / "transcript.jsonl").exists(), "an answer that does not arrive costs nothing"
