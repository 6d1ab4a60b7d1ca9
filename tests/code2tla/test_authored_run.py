"""Specifications written task by task, through the command's front door, by a script of answers and with real TLC."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
from authored_scripts import ADD, SOURCE, action, judged, prop, script
from pipeline_targets import Make

from code2tla.cli import main
from reports import jsonio
from reports.result import Result


class Run:
    """Runs of one target with a script of answers."""

    def __init__(self, repo: Path, home: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.repo, self.home, self.capsys = repo, home, capsys
        self.spec_dir = home / "out" / "specs" / "counter"

    def __call__(self, answers: dict[str, Any], *words: str, out: str = "out", audit: str = "0") -> tuple[int, Result]:
        path = self.home / "script.json"
        path.write_text(json.dumps(answers))
        start = ("--audit-budget", audit, *(() if "--from" in words else ("--from", "facts")))
        author = () if "--replay" in words else ("--author", f"scripted:{path}")
        status = main(
            ["run", str(self.repo), "counter.py", "--out", str(self.home / out), *author, *start, "--json", *words]
        )
        text, err = self.capsys.readouterr()
        assert "Traceback" not in err
        return status, jsonio.loads(text)

    @property
    def calls(self) -> list[str]:
        return [" ".join(line.split()[:-1]) for line in (self.home / "script.json.log").read_text().splitlines()]

    def ledger(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in (self.spec_dir / "ledger.jsonl").read_text().splitlines()]


@pytest.fixture(scope="module")
def target(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One repository for all tests here, so that TLC is asked the same thing once."""
    root = tmp_path_factory.mktemp("authored")
    (root / "target").mkdir()
    (root / "target" / "counter.py").write_text(SOURCE)
    for words in (["init", "-q"], ["add", "-A"], ["commit", "-q", "-m", "Count under a lock"]):
        who = ["-c", "user.name=t", "-c", "user.email=t@example.org"]
        subprocess.run(["git", *who, *words], cwd=root / "target", check=True)
    return root


@pytest.fixture
def run(target: Path, home: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.setenv("CODE2TLA_CACHE", str(target / "cache"))
    return Run(target / "target", home, capsys)


def test_written_from_the_facts_judged_and_replayed_byte_for_byte(run: Run) -> None:
    answers = script()
    answers["action add_13"] = action("add_13(w) == w \\notin done /\\ n' = n + 1")  # says nothing of `done`
    answers["mend add_13"] = action(ADD)
    status, result = run(answers)
    assert status == 1
    assert result.verdict == "violated"
    assert result.author.name == "scripted"
    assert result.author.calls == 10
    assert [(h.modelled, h.actions) for h in result.history] == [(True, ("add_13",))]
    (found,) = result.violations
    assert (found.property, found.classification) == ("NoLoss", "code")
    assert [s.action for s in found.trace] == ["add_13", "reset_17"]
    assert [s.source.line for s in found.trace if s.source] == [12, 17]
    assert "`self.n = 0`" in found.summary
    assert {p.name: p.status for p in result.properties} == {"NoLoss": "violated", "AllAdd": "holds"}
    assert run.calls[:5] == [
        "plan 1",
        "architecture Counter 1",
        "properties Counter 1",
        "action add_13 1",
        "mend add_13 2",
    ]
    text = (run.spec_dir / "Counter.tla").read_text()
    assert "\\* counter.py:12-14: adds one under the lock" in text
    names = {p.name for p in run.spec_dir.iterdir()}
    assert names >= {"transcript.jsonl", "ledger.jsonl", "architecture.md", "properties.md", "draft.json"}
    assert [e["name"] for e in run.ledger()] == ["add_13", "reset_17", "NoLoss", "AllAdd"]

    asked = len(run.calls)
    status, again = run(answers)
    assert (status, len(run.calls)) == (1, asked), "a second run asks nothing"
    assert again.author.cached_calls == 10

    transcript = run.home / "kept.jsonl"
    transcript.write_bytes((run.spec_dir / "transcript.jsonl").read_bytes())
    status, _ = run({}, "--replay", str(transcript), out="replayed")
    assert status == 1
    assert len(run.calls) == asked
    other = run.home / "replayed" / "specs" / "counter"
    for name in ("Counter.tla", "Counter.cfg", "draft.json", "ledger.jsonl", "architecture.md", "provenance.json"):
        assert (other / name).read_bytes() == (run.spec_dir / name).read_bytes(), name
    assert (other / "transcript.jsonl").read_bytes() == transcript.read_bytes()


def test_an_action_that_never_passes_the_gate_is_a_counted_hole(run: Run) -> None:
    hopeless = action("reset_17 == n' = 0")
    status, result = run(script(action_OF_reset_17=hopeless, mend=hopeless), "--repairs", "1")
    assert status == 3
    assert result.verdict == "inconclusive"
    assert [(f.kind, f.subject) for f in result.flags] == [("hole", "reset_17")]
    assert [c for c in run.calls if "reset_17" in c] == ["action reset_17 1", "mend reset_17 2"]
    assert "A HOLE" in (run.spec_dir / "Counter.tla").read_text()
    assert any("gives no next value to done" in note for note in result.notes)


def test_without_its_bug_the_counter_is_verified(run: Run) -> None:
    answers = script()
    answers["plan"]["actions"].pop()
    answers["properties"]["properties"].pop()  # no mutant is about fairness, so none would be noticed
    status, result = run(answers, audit="60")
    assert (status, result.verdict, result.flags) == (0, "verified", ())
    assert result.properties[0].killed
    assert result.bounds == {"Workers": "{w1, w2, w3}"}


def test_a_weakened_property_is_flagged_and_keeps_a_run_from_verified(run: Run) -> None:
    weaker = {"definition": "NoLoss == n <= Cardinality(done)", "reason": "reset may come between"}
    status, result = run(
        script(violation_OF_NoLoss=judged("spec", "NoLoss", instruction="allow less"), mend_OF_NoLoss=weaker)
    )
    assert status == 3
    assert result.verdict == "inconclusive"
    assert [(f.kind, f.subject) for f in result.flags] == [("weakened-property", "NoLoss")]
    entry = run.ledger()[-1]
    assert entry["old"] == "NoLoss == n = Cardinality(done)"
    assert entry["new"] == weaker["definition"]
    assert entry["evidence"] == [{"path": "counter.py", "line": 17, "quote": "self.n = 0"}]


def test_a_judgement_needs_a_quote_that_stands_there(run: Run) -> None:
    invented = judged("spec", "NoLoss", quote="self.n = 7")
    status, result = run(script(violation_OF_NoLoss=invented), "--repairs", "1")
    assert status == 1
    assert result.violations[0].classification == "unclassified"
    assert any("does not read 'self.n = 7'" in note for note in result.notes)
    assert [e["name"] for e in run.ledger()] == ["add_13", "reset_17", "NoLoss", "AllAdd"], "nothing was edited"


def test_a_type_that_is_left_is_mended_and_flagged(run: Run) -> None:
    answers = script()
    answers["plan"]["variables"][0]["type_ok"] = "n \\in 0..1"
    answers["plan"]["actions"].pop()
    answers["violation TypeOK"] = judged("spec", "n", line=13, quote="self.n += 1")
    answers["mend n"] = {"type_ok": "n \\in 0..3", "reason": "one for each thread"}
    status, result = run(answers)
    assert status == 3
    assert [(f.kind, f.subject) for f in result.flags] == [("widened-bound", "n")]


def test_an_action_that_changes_what_its_lines_do_not_must_say_so(run: Run) -> None:
    answers = script()
    answers["action reset_17"] = action("reset_17 == UNCHANGED <<n, done>>")
    answers["mend reset_17"] = action("reset_17 == UNCHANGED <<n, done>>", "self.n is left as it is, for this test")
    status, result = run(answers)
    assert status == 0
    assert "reset_17: self.n is left as it is, for this test" in result.spec.actions[1].abstractions
    assert "mend reset_17 2" in run.calls


def test_an_author_that_gives_up_leaves_a_partial_result(run: Run) -> None:
    answers = script()
    del answers["action reset_17"]
    status, result = run(answers)
    assert status == 3
    assert result.verdict == "inconclusive"
    assert "stopped early" in result.reason
    assert [f.subject for f in result.flags] == ["reset_17"]

    status, result = run({}, out="nothing")
    assert status == 3
    assert "no answer to the plan task" in result.reason


def test_the_static_draft_is_rewritten_and_gets_properties_of_its_own(run: Run) -> None:
    rewritten = 'reset_17(c) ==\n    /\\ Begin(c, [op : {"reset"}])\n    /\\ n\' = 0\n    /\\ Finish(c, None)'
    answers = {
        "plan": {
            "title": "A counter",
            "rewrite": [],
            "helpers": [{"name": "Low", "meaning": "no less than nothing", "definition": "Low == n >= 0"}],
            "actions": [],
            "properties": [prop("NeverNegative", "invariant", "it never counts below zero")],
            "left_out": [],
        },
        "architecture": {"document": "# Counter"},
        "properties": {
            "document": "# Properties",
            "properties": [
                prop("NeverNegative", "invariant", "it never counts below zero"),
                prop("AllEnd", "temporal", "every call ends"),
            ],
            "fairness": [],
        },
        "property NeverNegative": {"definition": "NeverNegative == Low", "reason": ""},
        "property AllEnd": {"definition": "AllEnd == [](n >= 0)", "reason": ""},
        "violation": judged("code"),
        "history": {
            "mechanisms": [
                {"commit": "$subject", "modelled": True, "actions": ["reset_17"], "change": ["reset_17"], "reason": "-"}
            ],
            "new_actions": [],
            "new_properties": [],
        },
        "mend reset_17": [action(rewritten), action(f"{rewritten}\n    /\\ UNCHANGED lock")],
    }
    status, result = run(answers, "--from", "draft", "--callers", "2", "--before", "1")
    known = {p.name: p.status for p in result.properties}
    assert known["NeverNegative"] == known["AllEnd"] == "holds"
    assert any(p.kind == "serializable" for p in result.properties), "the oracle of the draft is kept"
    assert status == 1
    assert {v.classification for v in result.violations} == {"code"}
    assert "mend reset_17 2" in run.calls, "the first one says nothing of the lock"
    provenance = json.loads((run.spec_dir / "provenance.json").read_text())["actions"]
    assert {name: p["author"] for name, p in provenance.items()}["reset_17"] == "scripted"
    assert provenance["add_12"]["author"] == "static"
    text = (run.spec_dir / "Counter.tla").read_text()
    assert "\\* no less than nothing\nLow == n >= 0" in text


def test_each_commit_is_asked_about_once_however_many_objects_there_are(make: Make, home: Path) -> None:
    other = SOURCE.replace("class Counter", "class Meter").partition('"""\n\nimport threading\n')[2]
    repo = make({"counter.py": SOURCE + other})
    later = (repo / "counter.py").read_text()
    at = later.rindex("        self.n = 0")
    (repo / "counter.py").write_text(f"{later[:at]}        with self.lock:\n            self.n = 0\n")
    who = ["-c", "user.name=t", "-c", "user.email=t@example.org"]
    subprocess.run(["git", "-C", str(repo), *who, "commit", "-qam", "Lock a meter that is reset"], check=True)
    told = {"commit": "$subject", "modelled": True, "actions": [], "change": [], "reason": "in each step"}
    empty: dict[str, Any] = {"helpers": [], "actions": [], "properties": [], "left_out": [], "rewrite": []}
    answers = {
        "plan": {"title": "It counts", **empty},
        "architecture": {"document": "# It counts"},
        "properties": {"document": "# None", "properties": [], "fairness": []},
        "violation": judged("code"),
        "history": {"mechanisms": [told], "new_actions": [], "new_properties": []},
    }
    file = home / "two.json"
    file.write_text(json.dumps(answers))
    words = ["run", str(repo), "counter.py", "--out", str(home / "two"), "--author", f"scripted:{file}"]
    assert main([*words, "--callers", "2", "--before", "1", "--audit-budget", "0", "--quiet"]) == 1
    recorded = (home / "two" / "specs" / "counter" / "transcript.jsonl").read_text().splitlines()
    asked = [json.loads(line)["request"] for line in recorded]
    plans = {request["subject"]: request["prompt"] for request in asked if request["kind"] == "plan"}
    assert set(plans) == {"Counter", "Meter"}
    assert ["Lock a meter that is reset" in plans[name] for name in ("Counter", "Meter")] == [False, True]
    commits = [request["subject"] for request in asked if request["kind"] == "history"]
    assert len(commits) == len(set(commits)) == 2


def test_what_a_replay_does_not_hold_is_told_in_one_line(run: Run) -> None:
    run(script())
    transcript = run.home / "other.jsonl"
    kept = (run.spec_dir / "transcript.jsonl").read_text().splitlines()
    del kept[3]
    transcript.write_text("\n".join(kept) + "\n")
    status = main(
        [
            "run",
            str(run.repo),
            "counter.py",
            "--out",
            str(run.home / "x"),
            "--from",
            "facts",
            "--replay",
            str(transcript),
        ]
    )
    assert status == 2
    assert "holds no answer to what is asked now (action add_13)" in run.capsys.readouterr().err
