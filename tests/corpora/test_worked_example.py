"""The worked example: its recorded answers make the same specifications and verdicts again, and nobody is asked.

The second run goes on from what the first one left, so it is replayed in the first one's specification directory.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

import corpora
from code2tla.cli import main
from corpora.worked import record
from corpora.worked.record import Answers, Run
from reports import jsonio
from reports.result import Result

#: The exit status of a run that waits for an answer.
WAITING = 5
#: Enough for it several times over. It was recorded with more, for which TLC's Java prepares itself for longer.
LIMITS = ("--budget", "120", "--audit-budget", "120")


@dataclass(frozen=True, slots=True)
class Replayed:
    """One run of the example, answered from its transcript."""

    status: int
    repo: Path
    spec_dir: Path
    result: Result


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A directory and a cache for both runs."""
    found = tmp_path_factory.mktemp("worked")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CODE2TLA_CACHE", str(found / "cache"))
        yield found


def replay(run: Run, home: Path) -> Replayed:
    repo = corpora.build(record.CASE, home / run, record.TWINS[run]).repo
    words = [*record.words(run, repo, home / "out"), *LIMITS, "--replay", str(record.transcript(run)), "--quiet"]
    status = main(words)
    (spec_dir,) = (home / "out" / "specs").iterdir()
    kept = home / f"kept-{run}"
    shutil.copytree(spec_dir, kept)
    return Replayed(status, repo, kept, jsonio.loads((kept / "result.json").read_text(encoding="utf-8")))


@pytest.fixture(scope="module")
def before(home: Path) -> Replayed:
    """The first run."""
    return replay("before", home)


@pytest.fixture(scope="module")
def asked(before: Replayed, home: Path) -> tuple[bytes, dict[str, Any]]:
    """What the second run asks first when an agent begins it: its transcript so far, and its task."""
    repo = corpora.build(record.CASE, home / "asked", record.TWINS["after"]).repo
    shutil.copytree(before.spec_dir, home / "waits" / "specs" / "blobkeeper.references")
    assert main([*record.words("after", repo, home / "waits"), "--author", "agent", "--quiet"]) == WAITING
    spec_dir = home / "waits" / "specs" / "blobkeeper.references"
    return (spec_dir / "transcript.jsonl").read_bytes(), json.loads((spec_dir / "task.json").read_text())


@pytest.fixture(scope="module")
def after(before: Replayed, home: Path) -> Replayed:
    """The second run."""
    return replay("after", home)


def exchanges(run: Run) -> list[dict[str, Any]]:
    """The questions with their answers that are recorded of a run alone."""
    lines = record.transcript(run).read_text(encoding="utf-8").splitlines()
    first = len(record.transcript("before").read_text(encoding="utf-8").splitlines()) + 1 if run == "after" else 0
    return [json.loads(line) for line in lines[first:]]


@pytest.mark.parametrize("run", ["before", "after"])
def test_the_same_specification_byte_for_byte(run: Run, request: pytest.FixtureRequest) -> None:
    made: Replayed = request.getfixturevalue(run)
    assert (made.spec_dir / "References.tla").read_bytes() == record.specification(run).read_bytes()
    assert made.result.author.calls == 0, "nobody is asked"
    assert made.result.author.cached_calls == len(exchanges(run))
    assert (made.spec_dir / "transcript.jsonl").read_bytes() == record.transcript(run).read_bytes()
    assert made.result.flags == (), "no property weakened, no action vanished or left as a hole"


def test_before_the_fix_the_code_is_at_fault(before: Replayed) -> None:
    made = before
    assert (made.status, made.result.verdict) == (1, "violated")
    violated = {v.property for v in made.result.violations}
    assert violated == {
        "NeverLost",
        "CountIsBalance",
        "NoLeak",
        "DeletedOnce",
        "AnswersAreCounts",
        "AddCountsOneMore",
        "DeleteCountsOneLess",
        "RefusedOnlyUnreferenced",
    }
    holds = {p.name for p in made.result.properties if p.status == "holds"}
    assert holds == {"NotCountedTwice", "NoEmptyRow", "EveryCallEnds"}
    assert {v.classification for v in made.result.violations} == {"code"}
    (lost,) = [v for v in made.result.violations if v.property == "NeverLost"]
    assert [step.action for step in lost.trace] == ["add_22", "add_22", "add_25", "add_25", "delete_30", "delete_35"]
    lines = (made.repo / "blobkeeper" / "references.py").read_text().splitlines()
    for step in lost.trace:
        assert step.source
        assert step.text == lines[step.source.line - 1].strip()
    assert "references.py:35 `await self._table.delete(name)`" in lost.summary


def test_the_second_run_starts_from_what_the_first_one_left(asked: tuple[bytes, dict[str, Any]]) -> None:
    transcript, task = asked
    assert record.transcript("after").read_bytes().startswith(transcript), "the first run, then what it left"
    lines = transcript.splitlines()
    assert json.loads(lines[-1])["request"]["kind"] == "start"
    assert b"\n".join(lines[:-1]) + b"\n" == record.transcript("before").read_bytes()
    first = exchanges("after")[0]["request"]
    assert (task["kind"], task["prompt"], task["answer_schema"]) == (first["kind"], first["prompt"], first["schema"])
    shown = task["prompt"]
    for action in ("add_22", "add_25", "delete_30", "delete_35", "delete_37"):
        assert f"`{action}`: changed since it was written" in shown
    assert "NeverLost (code): After add_22" in shown, "what the first run found"
    assert "commit 930cffafd5cd of 2023-08-14, added lock self._lock" in shown
    kinds = [exchange["request"]["kind"] for exchange in exchanges("after")]
    assert kinds.count("plan") == 1
    assert "violation" not in kinds
    subjects = {e["request"]["subject"] for e in exchanges("after") if e["request"]["kind"] == "property"}
    assert subjects == {"LockGivenBack", "ReadStillHolds"}, "what stays is not asked for again"


def test_after_the_fix_the_specification_has_the_lock_and_is_verified(after: Replayed, before: Replayed) -> None:
    made = after
    assert (made.status, made.result.verdict) == (0, "verified"), made.result.reason
    assert len(made.result.properties) == 13
    assert all(p.status == "holds" and p.killed for p in made.result.properties), "each noticed a mutant"
    assert all(a.fired for a in made.result.spec.actions)
    (found,) = made.result.history
    assert (found.mechanism, found.modelled) == ("lock", True)
    assert set(found.actions) <= {a.name for a in made.result.spec.actions}
    assert made.result.audit
    assert any(m.kind == "remove-lock" and "ReadStillHolds" in m.killed_by for m in made.result.audit.mutants)

    text, old = ((run.spec_dir / "References.tla").read_text() for run in (made, before))
    for name in (p.name for p in before.result.properties):
        definition = old[old.index(f"\n{name} ==") :].split("\n\n")[0]
        assert definition in text, "as it was written for the first run"


def test_the_ledger_tells_what_became_of_each_step(after: Replayed, before: Replayed) -> None:
    entries = [json.loads(line) for line in (after.spec_dir / "ledger.jsonl").read_text().splitlines()]
    first = (before.spec_dir / "ledger.jsonl").read_text().splitlines()
    assert [json.loads(line) for line in first] == entries[: len(first)]
    new = {(e["subject"], e["name"]): e for e in entries[len(first) :]}
    assert new["type", "lock"]["old"] == ""
    assert new["action", "add_29"]["old"].startswith("add_25(k) ==")
    assert new["action", "add_29"]["new"].startswith("add_29(k) ==")
    for (subject, _), entry in new.items():
        if subject in ("action", "type", "operator", "property"):
            assert entry["evidence"], entry["name"]
    assert "(commit 930cffafd5cd)" in new["action", "add_25"]["reason"]


@pytest.mark.parametrize("run", ["before", "after"])
def test_what_is_recorded_is_what_the_answers_say_now(run: Run) -> None:
    answers = Answers.of(run)
    for exchange in exchanges(run):
        assert exchange["response"]["text"] == answers.to(exchange["request"]), "python -m corpora.worked.record"
