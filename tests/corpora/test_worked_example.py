"""The worked example: its recorded answers make the same specifications and verdicts again, and nobody is asked."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

import corpora
from code2tla.cli import main
from corpora.worked import record
from corpora.worked.record import Answers, Run
from reports import jsonio
from reports.result import Result


@dataclass(frozen=True, slots=True)
class Replayed:
    """One run of the example, answered from its transcript."""

    status: int
    repo: Path
    spec_dir: Path
    result: Result


@pytest.fixture(scope="module")
def replayed(tmp_path_factory: pytest.TempPathFactory) -> Callable[[Run], Replayed]:
    """Each run once for all tests here, on a repository and with a cache of its own."""
    known: dict[Run, Replayed] = {}

    def replay(run: Run) -> Replayed:
        if run not in known:
            home = tmp_path_factory.mktemp(run)
            repo = corpora.build(record.CASE, home / "repo", record.TWINS[run]).repo
            with pytest.MonkeyPatch.context() as patch:
                patch.setenv("CODE2TLA_CACHE", str(home / "cache"))
                status = main([*record.words(repo, home / "out"), "--replay", str(record.transcript(run)), "--quiet"])
            (spec_dir,) = (home / "out" / "specs").iterdir()
            result = jsonio.loads((spec_dir / "result.json").read_text(encoding="utf-8"))
            known[run] = Replayed(status, repo, spec_dir, result)
        return known[run]

    return replay


@pytest.mark.parametrize("run", ["before", "after"])
def test_the_same_specification_byte_for_byte(replayed: Callable[[Run], Replayed], run: Run) -> None:
    made = replayed(run)
    assert (made.spec_dir / "References.tla").read_bytes() == record.specification(run).read_bytes()
    assert made.result.author.calls == 0, "nobody is asked"
    assert made.result.author.cached_calls == len(record.transcript(run).read_text().splitlines())
    assert (made.spec_dir / "transcript.jsonl").read_bytes() == record.transcript(run).read_bytes()
    assert made.result.flags == (), "no property weakened, no action left as a hole"


def test_before_the_fix_the_code_is_at_fault(replayed: Callable[[Run], Replayed]) -> None:
    made = replayed("before")
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


def test_after_the_fix_it_is_verified_and_the_lock_is_found_in_the_history(
    replayed: Callable[[Run], Replayed],
) -> None:
    made = replayed("after")
    assert (made.status, made.result.verdict) == (0, "verified"), made.result.reason
    assert len(made.result.properties) == 13
    assert all(p.status == "holds" and p.killed for p in made.result.properties), "each noticed a mutant"
    assert all(a.fired for a in made.result.spec.actions)
    (found,) = made.result.history
    assert (found.mechanism, found.modelled) == ("lock", True)
    assert set(found.actions) <= {a.name for a in made.result.spec.actions}
    text = (made.spec_dir / "References.tla").read_text()
    assert text.index("ReadStillHolds ==") > text.index("EveryCallEnds =="), "written after the history was read"
    assert made.result.audit
    assert any(m.kind == "remove-lock" and "ReadStillHolds" in m.killed_by for m in made.result.audit.mutants)


@pytest.mark.parametrize("run", ["before", "after"])
def test_what_is_recorded_is_what_the_answers_say_now(run: Run) -> None:
    answers = Answers.of(run)
    for line in record.transcript(run).read_text(encoding="utf-8").splitlines():
        exchange = json.loads(line)
        assert exchange["response"]["text"] == answers.to(exchange["request"]), "python -m corpora.worked.record"
