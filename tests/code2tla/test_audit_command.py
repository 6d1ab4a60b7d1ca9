"""``code2tla audit`` on specifications that someone else wrote, and the gate on our own."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

import corpora
from code2tla.cli import main
from code2tla.pipeline import run
from code2tla.settings import load

TURNSTILE = """---- MODULE Turnstile ----
EXTENDS Naturals
VARIABLES inside, broken
Enter == inside < 3 /\\ inside < 9 /\\ inside' = inside + 1 /\\ UNCHANGED broken
Leave == inside > 0 /\\ inside' = inside - 1 /\\ UNCHANGED broken
Mend == broken /\\ broken' = FALSE /\\ UNCHANGED inside
Init == inside = 0 /\\ broken = FALSE
Next == Enter \\/ Leave \\/ Mend
Spec == Init /\\ [][Next]_<<inside, broken>>
NeverFull == inside <= 3
====
"""
ACCOUNT = """
import threading

class Account:
    def __init__(self):
        self.lock = threading.Lock()
        self.cents = 0

    def put(self):
        with self.lock:
            self.cents += 1

    def take(self):
        with self.lock:
            if self.cents == 0:
                return False
            self.cents -= 1
            return True
"""
LAMP = """
import threading

class Lamp:
    def __init__(self):
        self.lock = threading.Lock()
        self.lit = False

    def light(self):
        with self.lock:
            self.lit = True

    def look(self):
        return self.lit
"""


def test_json_has_findings_mutants_and_what_each_property_noticed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    module = tmp_path / "Turnstile.tla"
    module.write_text(TURNSTILE)
    module.with_suffix(".cfg").write_text("SPECIFICATION Spec\nINVARIANT NeverFull\nCHECK_DEADLOCK FALSE\n")
    assert main(["audit", str(module), "--json", "--quiet", "--budget", "90"]) == 3
    result = json.loads(capsys.readouterr().out)
    assert result["verdict"] == "inconclusive"
    assert "never taken: Mend" in result["reason"]
    kinds = {finding["kind"] for finding in result["audit"]["findings"]}
    assert {"dead-action", "idle-guard", "deadlock-off"} <= kinds
    killed = {p["name"]: p["killed"] for p in result["properties"]}
    assert killed["NeverFull"] > 0
    survivors = [m for m in result["audit"]["mutants"] if m["status"] == "survived"]
    assert survivors
    assert all(m["diff"].startswith("--- Turnstile.tla") and m["source"]["path"] == "Turnstile.tla" for m in survivors)


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("Notes.txt", "", "name a module's file"),
        ("Absent.tla", None, "cannot be read"),
        ("Alone.tla", "---- MODULE Alone ----\n====\n", "no Alone.cfg beside it"),
        ("Runs.tla", "---- MODULE Runs ----\nEXTENDS IOUtils\nVARIABLE x\n====\n", "IOUtils"),
    ],
)
def test_what_cannot_be_audited_is_said_in_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str, text: str | None, said: str
) -> None:
    if text is not None:
        (tmp_path / name).write_text(text)
    if name == "Runs.tla":
        (tmp_path / "Runs.cfg").write_text("INIT Init\nNEXT Next\n")
    assert main(["audit", str(tmp_path / name), "--quiet"]) == 2
    err = capsys.readouterr().err
    assert said in err
    assert err.count("\n") == 1


def test_a_pass_stands_where_every_property_noticed_a_mutant_and_the_lock_is_explained(tmp_path: Path) -> None:
    (tmp_path / "account.py").write_text(ACCOUNT)
    words = {
        "budget": 60,
        "audit-budget": 120,
        "callers": 2,
        "before": 1,
        "out": tmp_path / "out",
        "cache": tmp_path / "c",
    }
    result = run(tmp_path, "account.py", load(tmp_path, words, environ={})).result
    assert (result.verdict, result.audit is not None) == ("verified", True)
    assert all(p.killed for p in result.properties if p.status == "holds")
    assert result.audit is not None
    (without,) = [m for m in result.audit.mutants if m.action == "lock"]
    assert (without.status, "with self.lock:" in without.diff) == ("killed", True)
    assert all(m.source for m in result.audit.mutants if m.action.startswith(("put_", "take_")))


def test_a_lock_that_nothing_needs_is_named_with_the_commit_that_added_it(tmp_path: Path) -> None:
    repo = tmp_path / "repo"
    repo.mkdir()
    for text, subject in ((LAMP.replace("with self.lock:", "if True:"), "A lamp"), (LAMP, "Lock the lamp")):
        (repo / "lamp.py").write_text(text)
        for words in (["init", "-q"], ["add", "."], ["commit", "-q", "-m", subject]):
            subprocess.run(["git", "-c", "user.name=t", "-c", "user.email=t@example.org", *words], cwd=repo, check=True)
    words = {"audit-budget": 120, "callers": 2, "before": 1, "out": tmp_path / "out", "cache": tmp_path / "c"}
    result = run(repo, "lamp.py", load(repo, words, environ={})).result
    assert result.audit is not None
    (finding,) = [f for f in result.audit.findings if f.kind == "unexplained-mechanism"]
    added = next(h for h in result.history if h.subject == "Lock the lamp")
    assert finding.subject == "lock"
    assert f"commit {added.commit[:12]} added (Lock the lamp)" in finding.text
    assert (finding.source.line if finding.source else 0) == 1 + LAMP.splitlines().index("        with self.lock:")


def test_a_pair_of_calls_that_may_end_in_every_state_notices_what_else_can_go_wrong(tmp_path: Path) -> None:
    built = corpora.build("lost_wakeup", tmp_path / "repo", "fixed")
    words = {"audit-budget": 120, "callers": 2, "before": 1, "out": tmp_path / "out", "cache": tmp_path / "c"}
    result = run(built.repo, built.case.feature, load(built.repo, words, environ={})).result
    killed = {p.name: p.killed for p in result.properties if p.status == "holds"}
    assert result.verdict == "verified"
    assert killed["Serializable_pause_resume"] > 0
    assert killed["NoDeadlock_pause_wait_until_running"] > 0


def test_a_pass_whose_audit_had_no_time_does_not_stand(tmp_path: Path) -> None:
    (tmp_path / "account.py").write_text(ACCOUNT)
    words = {
        "budget": 60,
        "audit-budget": 0.5,
        "callers": 3,
        "before": 1,
        "out": tmp_path / "o",
        "cache": tmp_path / "c",
    }
    result = run(tmp_path, "account.py", load(tmp_path, words, environ={})).result
    assert result.verdict == "inconclusive"
    assert "in the time of the audit" in result.reason
    assert not result.violations
