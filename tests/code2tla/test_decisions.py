"""What people decided is kept in order and obeyed by the next run."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path

import pytest

import corpora
from code2tla import cli, decisions
from code2tla.errors import SettingError
from reports.result import Decision, Question

DAY = dt.date(2026, 11, 21)
FAST = ("--callers", "2", "--before", "1", "--audit-budget", "0")


def test_decisions_keep_their_order_and_the_comments_around_them(tmp_path: Path) -> None:
    decisions.ask(tmp_path, [Question("q1", "Is it so?", "M.x"), Question("q2", "two\nlines")])
    decisions.decide(tmp_path, "finding", "M.A", Decision("accepted", "known", "ada", "2026-11-20", "2026-12-01"))
    file = tmp_path / decisions.FILE_NAME
    file.write_text(file.read_text() + "\n# the ones above are old\n")
    decisions.decide(tmp_path, "finding", "M.B", Decision("rejected", "line one\nline two"))
    assert decisions.answer(tmp_path, "q2", "yes")
    assert not decisions.answer(tmp_path, "q3", "yes")
    text = file.read_text()
    assert "# the ones above are old" in text
    assert text.index('id = "M.A"') < text.index('id = "M.B"')
    decided = decisions.read(tmp_path, DAY)
    assert decided.of("finding", "M.A") == Decision("accepted", "known", "ada", "2026-11-20", "2026-12-01")
    assert decided.of("finding", "M.B") == Decision("rejected", "line one\nline two")
    assert [q.answer for q in decided.questions] == ["", "yes"]


def test_a_second_decision_replaces_the_first_in_its_place(tmp_path: Path) -> None:
    decisions.decide(tmp_path, "finding", "M.A", Decision("accepted", "known", expires="2027-01-01"))
    decisions.decide(tmp_path, "finding", "M.B", Decision("accepted", "known"))
    decisions.decide(tmp_path, "finding", "M.A", Decision("rejected", "an artefact"))
    text = (tmp_path / decisions.FILE_NAME).read_text()
    assert text.index('id = "M.A"') < text.index('id = "M.B"')
    assert "expires" not in text.split("[[finding]]", 1)[1]
    assert decisions.read(tmp_path, DAY).of("finding", "M.A") == Decision("rejected", "an artefact")
    assert decisions.withdraw(tmp_path, "finding", "M.A")
    assert decisions.read(tmp_path, DAY).of("finding", "M.A") is None
    assert not decisions.withdraw(tmp_path, "finding", "M.A")


def test_asking_again_leaves_the_answer_alone(tmp_path: Path) -> None:
    decisions.ask(tmp_path, [Question("q1", "Is it so?")])
    decisions.answer(tmp_path, "q1", "no")
    before = (tmp_path / decisions.FILE_NAME).read_text()
    decisions.ask(tmp_path, [Question("q1", "Is it so, really?")])
    assert (tmp_path / decisions.FILE_NAME).read_text() == before


def test_a_decision_expires_on_its_day(tmp_path: Path) -> None:
    decisions.decide(tmp_path, "finding", "M.A", Decision("accepted", "known", expires="2026-11-21"))
    kept = decisions.read(tmp_path, DAY - dt.timedelta(days=1)).of("finding", "M.A")
    gone = decisions.read(tmp_path, DAY).of("finding", "M.A")
    assert kept is not None
    assert gone is not None
    assert (kept.expired, gone.expired) == (False, True)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[[finding]]\nid = 'a'\n", "decision"),
        ("[[finding]]\nid = 'a'\ndecision = 'maybe'\nreason = 'r'\n", "accepted"),
        ("[[finding]]\nid = 'a'\ndecision = 'accepted'\nreason = ''\n", "reason"),
        ("[[finding]]\nid = 'a'\ndecision = 'accepted'\nreason = 'r'\nexpires = 'soon'\n", "expires"),
        ("[[found]]\nid = 'a'\n", "found"),
        ("[[finding\n", "TOML"),
        ("\xff", "read"),
    ],
)
def test_a_file_that_makes_no_sense_is_one_clear_line(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / decisions.FILE_NAME).write_bytes(text.encode("latin-1"))
    with pytest.raises(SettingError) as error:
        decisions.read(tmp_path, DAY)
    assert decisions.FILE_NAME in str(error.value)
    assert said in str(error.value)


@pytest.fixture
def refcount(tmp_path: Path) -> tuple[Path, str]:
    case = corpora.load("refcount")
    corpora.build(case, tmp_path / "repo", "buggy")
    return tmp_path / "repo", case.feature


def test_accepted_findings_let_a_run_pass_until_they_expire(
    refcount: tuple[Path, str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    repo, feature = refcount
    out = tmp_path / "out"
    run = ["run", str(repo), feature, "--out", str(out), "--json", "--quiet", *FAST]
    assert cli.main(run) == 1
    result = json.loads(capsys.readouterr().out)
    spec_dir = next((out / "specs").iterdir())
    for violation in result["violations"]:
        id_ = f"{result['spec']['module']}.{violation['property']}"
        decisions.decide(spec_dir, "finding", id_, Decision("accepted", "one writer in production"))
    assert cli.main(run) == 0
    again = json.loads(capsys.readouterr().out)
    assert again["verdict"] == "violated"
    assert {v["decision"]["reason"] for v in again["violations"]} == {"one writer in production"}
    decisions.decide(spec_dir, "finding", id_, Decision("accepted", "one writer", expires="2020-01-01"))
    assert cli.main(run) == 1


def test_a_rejected_assumption_takes_the_pass_away(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    case = corpora.load("refcount")
    corpora.build(case, tmp_path / "repo", "fixed")
    out = tmp_path / "out"
    run = ["run", str(tmp_path / "repo"), case.feature, "--out", str(out), "--json", "--quiet", *FAST]
    assert cli.main(run) == 0
    result = json.loads(capsys.readouterr().out)
    spec_dir = next((out / "specs").iterdir())
    asked = decisions.read(spec_dir, DAY).questions
    assert [q.about for q in asked] == [f"References.{a['id']}" for a in result["assumptions"]]
    decisions.answer(spec_dir, asked[0].id, "No, reads may be stale.")
    assert cli.main(run) == 3
    again = json.loads(capsys.readouterr().out)
    assert "rejected" in again["reason"]
    assert [a["status"] for a in again["assumptions"]] == ["rejected"]


def test_a_decision_on_what_is_no_more_is_noted(
    refcount: tuple[Path, str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    repo, feature = refcount
    out = tmp_path / "out"
    run = ["run", str(repo), feature, "--out", str(out), "--json", "--quiet", *FAST]
    cli.main(run)
    spec_dir = next((out / "specs").iterdir())
    decisions.decide(spec_dir, "action", "References.add_99", Decision("accepted", "fine"))
    capsys.readouterr()
    cli.main(run)
    notes = json.loads(capsys.readouterr().out)["notes"]
    assert any("References.add_99" in note for note in notes)
