"""The smaller commands: index, doctor, report."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from pipeline_targets import COUNTER, LOCKED, Make

from code2tla.cli import main

FAST = ("--callers", "2", "--before", "1")


def test_index_prints_facts_with_their_lines(make: Make, home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    repo = make({"app/locked.py": LOCKED})
    assert main(["index", str(repo), "app", "--json"]) == 0
    facts = json.loads(capsys.readouterr().out)
    assert facts["schema"] == "code2tla/facts/1"
    assert len(facts["commit"]) == 40
    assert "text" not in facts["files"][0]
    assert [s["span"]["line"] for s in facts["syncs"] if s["operation"] == "with"] == [12]
    assert main(["index", str(repo), "app"]) == 0
    out = capsys.readouterr().out
    assert "app/locked.py:12" in out
    assert "0 parsed, 1 from the index" in out  # nothing was parsed again


def test_doctor_says_what_a_run_would_use(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["doctor", "--json"]) == 0
    findings = {f["what"]: f for f in json.loads(capsys.readouterr().out)}
    assert findings["tla2tools.jar"]["found"]
    assert all(f["found"] or f["mend"] for f in findings.values())


def test_report_is_drawn_again_with_and_without_the_source(
    make: Make, home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    repo = make({"counter.py": COUNTER})
    assert main(["run", str(repo), "counter.py", "--out", str(home), *FAST]) == 1
    spec_dir = home / "specs" / "counter"
    first = (spec_dir / "report.html").read_text()
    (spec_dir / "report.html").unlink()
    assert main(["report", str(spec_dir)]) == 0
    assert (spec_dir / "report.html").read_text() == first
    shutil.rmtree(repo)
    assert main(["report", str(spec_dir)]) == 0
    assert "self.n = seen + 1" in (spec_dir / "report.html").read_text()


def test_report_reads_nothing_outside_the_repository(
    make: Make, home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    repo = make({"counter.py": COUNTER})
    assert main(["run", str(repo), "counter.py", "--out", str(home), *FAST]) == 1
    (home / "secret.py").write_text("TOKEN = 'hunter2'\n" * 12)
    stored = home / "specs" / "counter" / "result.json"
    stored.write_text(stored.read_text().replace('"path": "counter.py"', '"path": "../secret.py"'))
    assert main(["report", str(stored.parent)]) == 0
    capsys.readouterr()
    assert "hunter2" not in (stored.parent / "report.html").read_text()


def test_wrong_words_are_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["fly"])
    assert ended.value.code == 2
    assert "invalid choice" in capsys.readouterr().err
