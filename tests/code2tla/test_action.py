"""The GitHub action's own shell, run as the runner runs it."""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from pipeline_targets import keep, restore

import corpora
from code2tla import cli

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def action() -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load((ROOT / "action.yml").read_text())
    return loaded


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A repository with a race after its first run, and that run's cache."""
    home = tmp_path_factory.mktemp("action")
    case = corpora.load("lost_update")
    repo = corpora.build(case, home / "repo", "buggy").repo
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CODE2TLA_CACHE", str(home / "cache"))
        cli.main(["run", str(repo), case.feature, "--out", str(repo), "--callers", "2", "--quiet", "--json"])
    keep(repo)
    return home


@pytest.fixture
def repo(finished: Path) -> Path:
    return restore(finished / "repo")


@pytest.fixture
def environment(finished: Path) -> dict[str, str]:
    """What both shells find: the command, the cache, and the scenarios of the first run, since a sweep has no end."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    limits = {"CODE2TLA_CALLERS": "2", "CODE2TLA_BEFORE": "2"}
    return os.environ | limits | {"PATH": path, "CODE2TLA_CACHE": str(finished / "cache")}


def script(action: dict[str, Any], name: str) -> str:
    return next(step["run"] for step in action["runs"]["steps"] if step.get("name") == name)


def test_check_step_reports_the_status_and_gathers_the_logs(
    action: dict[str, Any], repo: Path, environment: dict[str, str], tmp_path: Path
) -> None:
    outputs, summary = tmp_path / "outputs", tmp_path / "summary.md"
    environment |= {
        "RUNNER_TEMP": str(tmp_path / "temp"),
        "GITHUB_OUTPUT": str(outputs),
        "GITHUB_STEP_SUMMARY": str(summary),
        "SPECS": "specs",
        "BUDGET": "20",
        "FAIL_ON": "violation",
        "EXECUTE": "false",
    }
    done = subprocess.run(
        ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", script(action, "Check")],
        cwd=repo,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert outputs.read_text() == "status=1\n"
    first, *printed, last = done.stdout.splitlines()
    stopped = re.fullmatch(r"::stop-commands::([0-9a-f]{32})", first)
    assert stopped is not None
    assert last == f"::{stopped[1]}::"
    assert any("violated" in line for line in printed)
    logs = list((tmp_path / "temp" / "code2tla-sarif").glob("*.sarif"))
    assert [json.loads(log.read_text())["version"] for log in logs] == ["2.1.0"]
    assert "violated" in summary.read_text().lower()
    verdict = subprocess.run(["bash", "-c", script(action, "Verdict")], env={"STATUS": "1"}, check=False)
    assert verdict.returncode == 1


def valid(schema: str, file: Path, *options: str) -> None:
    """``file`` fits the schema that the editors use, as check-jsonschema carries it."""
    words = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", f"vendor.{schema}", *options, str(file)]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_action_fits_its_schema() -> None:
    valid("github-actions", ROOT / "action.yml")


def test_what_the_documentation_offers_to_copy_fits_its_schema(tmp_path: Path) -> None:
    blocks = re.findall(r"```yaml\n(.*?)```", (ROOT / "docs" / "ci.md").read_text(encoding="utf-8"), re.DOTALL)
    workflows = [block for block in blocks if "runs-on:" in block]
    pipelines = [block for block in blocks if "CI_PIPELINE_SOURCE" in block]
    assert workflows
    assert pipelines
    for number, block in enumerate(workflows):
        file = tmp_path / f"workflow-{number}.yml"
        file.write_text(block if "\non:" in block else f"on: push\n{block}")
        valid("github-workflows", file)
    for number, block in enumerate(pipelines):
        file = tmp_path / f"pipeline-{number}.yml"
        file.write_text(block)
        valid("gitlab-ci", file, "--data-transform", "gitlab-ci")


def test_inputs_reach_the_shell_by_the_environment_only(action: dict[str, Any]) -> None:
    for step in action["runs"]["steps"]:
        assert "${{" not in step.get("run", "")


def test_the_hook_checks_and_changes_no_file_of_the_repository(repo: Path, environment: dict[str, str]) -> None:
    (hook,) = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text())
    before = {path: path.read_bytes() for path in (repo / "specs").rglob("*") if path.is_file()}
    done = subprocess.run(
        shlex.split(hook["entry"]), cwd=repo, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 1, done.stderr
    assert "violated" in done.stdout
    assert {path: path.read_bytes() for path in (repo / "specs").rglob("*") if path.is_file()} == before
    assert list((repo / ".git" / "code2tla").rglob("report.html"))
