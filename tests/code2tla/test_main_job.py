"""The main job through the command's front door, on real repositories with real TLC."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from pipeline_targets import COUNTER, LOCKED, Make

from code2tla.cli import main
from code2tla.rundir import RunDirectory
from reports import jsonio


def run(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str, str]:
    status = main(list(words))
    out, err = capsys.readouterr()
    return status, out, err


def test_race_is_found_on_its_lines_and_a_second_run_asks_tlc_nothing(
    make: Make, home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    repo = make({"app/counter.py": COUNTER})
    words = ("run", str(repo), "app", "--out", str(home / "out"), "--callers", "2", "--before", "1", "--json")
    status, out, _ = run(capsys, *words)
    assert status == 1
    result = jsonio.loads(out)
    assert result.verdict == "violated"
    (found,) = result.violations
    assert found.kind == "serializable"
    assert [s.text for s in found.trace if s.source] != []
    assert {s.source.line for s in found.trace if s.source} <= {9, 10, 11}
    assert {s.function for s in found.trace} == {"Counter.add"}
    assert "add() and add() overlapped: both returned" in found.summary
    assert result.bounds["callers"] == 2
    assert any("not audited" in note for note in result.notes)
    assert list(result.seconds) == ["index", "history", "plan", "write", "check", "replay"]

    spec_dir = home / "out" / "specs" / "app"
    assert {p.name for p in spec_dir.iterdir()} == {
        *("Counter.tla", "Counter.cfg", "CounterSerial.tla", "plan.json", "provenance.json"),
        *("result.json", "report.html", "report.md", "repro", "results.sarif", "junit.xml", "traces"),
    }
    assert (spec_dir / "result.json").read_text() == out
    provenance = json.loads((spec_dir / "provenance.json").read_text())
    assert all(a["sources"] for a in provenance["actions"].values())
    origins = [source for a in provenance["actions"].values() for source in a["sources"]]
    assert all(len(origin["code_sha256"]) == 64 and origin["tokens"] for origin in origins)

    status, out, err = run(capsys, *words)
    assert status == 1
    assert jsonio.loads(out).violations == result.violations
    assert "overlapping" not in err  # no TLC run: the whole check was kept
    directory = RunDirectory.of(home / "cache", repo.resolve(), "app")
    events = (directory.path / "events.jsonl").read_text().splitlines()
    assert sum(json.loads(line)["kind"] == "RunEnded" for line in events) == 2


def test_interrupted_check_goes_on_from_the_runs_it_finished(
    make: Make, home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    repo = make({"counter.py": LOCKED})
    words = ("run", str(repo), "counter.py", "--out", str(home), "--callers", "2", "--before", "1")
    status, _, _ = run(capsys, *words)
    assert status == 0
    directory = RunDirectory.of(home / "cache", repo.resolve(), "counter.py")
    for kept in (directory.path / "stages").glob("check-*"):
        kept.unlink()  # as if it had been interrupted before the check was over
    status, _, err = run(capsys, *words)
    assert status == 0
    assert err.count("kept from an earlier run") == 2


def test_sound_class_is_verified_with_its_bounds(make: Make, home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    repo = make({"locked.py": LOCKED})
    status, out, _ = run(capsys, "run", str(repo), "locked.py", "--out", str(home), "--callers", "2", "--before", "1")
    assert status == 0
    assert "2 overlapping calls after at most 1 earlier call" in " ".join(out.split())
    assert (home / "specs" / "locked" / "Locked.tla").is_file()


def test_several_targets_have_a_directory_each_and_one_merged_result(
    make: Make, home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    repo = make({"app/counter.py": COUNTER, "app/locked.py": LOCKED})
    limits = ("--callers", "2", "--before", "1")
    status, out, _ = run(capsys, "run", str(repo), "app", "--out", str(home), "--json", *limits)
    assert status == 1
    result = jsonio.loads(out)
    assert {p.feature.classes: p.verdict for p in result.parts} == {("Counter",): "violated", ("Locked",): "verified"}
    assert result.violations == result.parts[0].violations
    top = home / "specs" / "app"
    assert (top / "Counter" / "Counter.tla").is_file()
    assert jsonio.loads((top / "Locked" / "result.json").read_text()).verdict == "verified"
    assert main(["report", str(top)]) == 0


def test_invariant_written_in_python_is_checked(make: Make, home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    settings = '[invariants]\nSmall = "self.n <= 1"\n'
    repo = make({"locked.py": LOCKED, "code2tla.toml": settings})
    limits = ("--callers", "2", "--before", "1")
    status, out, _ = run(capsys, "run", str(repo), "locked.py", "--out", str(home), "--json", *limits)
    assert status == 1
    assert [v.property for v in jsonio.loads(out).violations] == ["Small"]


def test_budget_too_small_for_one_rung_is_inconclusive(
    make: Make, home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    many = "".join(
        f"\n    def step{i}(self, by):\n"
        + "".join(f"        self.a{(i + j + 1) % 3} = self.a{(i + j) % 3} + by\n" for j in range(5))
        for i in range(8)
    )
    fields = "".join(f"        self.a{i} = 0\n" for i in range(3))
    repo = make({"many.py": f"class Many:\n    def __init__(self):\n{fields}{many}"})
    status, out, _ = run(capsys, "run", str(repo), "many.py", "--out", str(home), "--budget", "0.1")
    assert status == 3
    assert "Inconclusive" in out


def test_states_budget_is_inconclusive_and_says_so(make: Make, home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    repo = make({"locked.py": LOCKED})
    status, out, _ = run(capsys, "run", str(repo), "locked.py", "--out", str(home), "--states", "3", "--json")
    assert status == 3
    assert "3 distinct states" in jsonio.loads(out).reason


def test_a_method_handed_to_something_unknown_is_never_called_verified(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (home / "tally").mkdir()
    (home / "tally" / "tally.py").write_text(
        "import threading\n\n\n"
        "class Tally:\n"
        "    def __init__(self):\n        self.n = 0\n\n"
        "    def bump(self):\n        threading.Thread(target=self._one).start()\n\n"
        "    def _one(self):\n        self.n = self.n + 1\n\n"
        "    def total(self):\n        return self.n\n"
    )
    limits = ("--callers", "2", "--before", "1")
    status, out, _ = run(capsys, "run", str(home / "tally"), "tally.py", "--out", str(home / "out"), "--json", *limits)
    assert status == 3
    reason = json.loads(out)["reason"]
    assert "left out" in reason
    assert "tally.py:9" in reason
