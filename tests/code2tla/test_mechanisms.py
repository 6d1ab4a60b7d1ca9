"""What history made safer, taken away again: the specification without it violates something, or says that it does not.

Each repository has two commits, the second of which brings one mechanism.
"""

from __future__ import annotations

import json
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from textwrap import indent

import pytest

import corpora
import extractor
from code2tla.asked import Asked
from code2tla.authors import Author
from code2tla.changed import changes
from code2tla.checked import Checked
from code2tla.mechanisms import Mechanisms
from code2tla.pipeline import run
from code2tla.rundir import RunDirectory
from code2tla.runners import Recorded, choose
from code2tla.settings import load
from code2tla.undone import undone
from specgen.types import Spec


@dataclass(frozen=True)
class Mechanism:
    """A module whose line ``HERE`` is one text in the first commit and another in the second."""

    module: str
    before: str
    after: str

    @property
    def commits(self) -> tuple[str, str]:
        (line,) = [line for line in self.module.splitlines() if line.strip() == "HERE"]
        before, after = (indent(text.strip("\n"), line[: line.index("HERE")]) for text in (self.before, self.after))
        return self.module.replace(line, before), self.module.replace(line, after)


VERSION = Mechanism(
    """
import asyncio

class Page:
    def __init__(self):
        self.version = 0
        self.edits = 0

    async def edit(self):
        while True:
            seen, edits = self.version, self.edits
            await asyncio.sleep(0)
            HERE
        self.edits = edits + 1
        self.version += 1
""",
    "break",
    """
expected_version = seen
if expected_version == self.version:
    break
""",
)
RETRY = Mechanism(
    """
import asyncio

class Overtaken(Exception):
    pass

class Page:
    def __init__(self):
        self.edits = 0

    async def edit(self):
        HERE

    async def _try(self):
        edits = self.edits
        await asyncio.sleep(0)
        if self.edits != edits:
            raise Overtaken
        self.edits = edits + 1
""",
    "await self._try()",
    """
for _ in range(3):
    try:
        await self._try()
        return
    except Overtaken:
        continue
""",
)
IDEMPOTENCY = Mechanism(
    """
import asyncio

class Till:
    def __init__(self):
        self.paid = 0
        self.idempotency_keys = set()

    async def pay(self, idempotency_key):
        HERE
        self.idempotency_keys.add(idempotency_key)
        await asyncio.sleep(0)
""",
    "self.paid += 1",
    """
if idempotency_key in self.idempotency_keys:
    return
self.paid += 1
""",
)
FENCE = Mechanism(
    """
import asyncio

class StaleToken(Exception):
    pass

class Shelf:
    def __init__(self):
        self.token = 0
        self.kept = None

    async def take_over(self):
        await asyncio.sleep(0)
        self.token += 1
        return self.token

    async def put(self, token: int, item):
        await asyncio.sleep(0)
        HERE
""",
    "self.kept = item",
    """
if token != self.token:
    raise StaleToken
self.kept = item
""",
)
ORDERING = Mechanism(
    """
import asyncio

class Door:
    def __init__(self):
        self.places = 1

    async def enter(self):
        if self.places == 0:
            return False
        HERE
        return True
""",
    """
await asyncio.sleep(0)
self.places -= 1
""",
    """
self.places -= 1
await asyncio.sleep(0)
""",
)
TRANSACTION = Mechanism(
    """
import asyncio

class Ledger:
    def __init__(self, db):
        self.db = db
        self.rows = 0

    async def add(self, row):
        HERE
        self.rows += 1
""",
    "self.db.execute(row)",
    """
with self.db.transaction():
    self.db.execute(row)
""",
)


def committed(place: Path, texts: Sequence[str]) -> Path:
    repo = place / "repo"
    repo.mkdir()
    for text, subject in zip(texts, ("As it was", "Make it safe"), strict=True):
        (repo / "it.py").write_text(text)
        for words in (["init", "-q"], ["add", "."], ["commit", "-q", "-m", subject]):
            subprocess.run(["git", "-c", "user.name=t", "-c", "user.email=t@example.org", *words], cwd=repo, check=True)
    return repo


def tried(repo: Path, feature: str, place: Path) -> Mechanisms:
    """Each mechanism of the feature's first class taken away, where the specification as it is holds."""
    settings = load(repo, {"cache": place / "cache"}, environ={})
    facts = extractor.index(repo, feature, place / "index.sqlite")
    history = extractor.history(repo, feature).findings
    author = Author(facts, settings, None)
    target = author.plan().targets[0]
    spec = author.write(target)
    assert isinstance(spec, Spec)
    runner, identity = choose(settings)
    oracle = Recorded(runner, RunDirectory.of(settings.cache, repo, feature), identity)
    made = tuple(changes(author.program(target), history))
    made += tuple(undone(facts, history, partial(author.rewritten, target)))
    holds = Checked("verified", "", properties={p.name: "holds" for p in spec.properties if len(p.operations) == 2})
    mechanisms = Mechanisms(Asked(spec, holds, oracle, 120.0, 1024), made)
    mechanisms.try_all()
    return mechanisms


@pytest.mark.parametrize(
    ("mechanism", "kind", "killed_by"),
    [
        (VERSION, "remove-check", "Serializable_edit_edit"),
        (RETRY, "revert", "Serializable_edit_edit"),
        (IDEMPOTENCY, "remove-check", "Serializable_pay_pay"),
        (FENCE, "remove-check", "Serializable_put_take_over"),
        (ORDERING, "revert", "Serializable_enter_enter"),
    ],
    ids=["version", "retry", "idempotency", "fence", "ordering"],
)
def test_without_what_a_commit_added_a_property_is_violated(
    tmp_path: Path, mechanism: Mechanism, kind: str, killed_by: str
) -> None:
    mechanisms = tried(committed(tmp_path, mechanism.commits), "it.py", tmp_path)
    mutants = [m for m in mechanisms.mutants if m.kind == kind]
    assert [m.status for m in mutants] == ["killed"] * max(len(mutants), 1)
    assert all(killed_by in m.killed_by for m in mutants)
    assert not mechanisms.findings


@pytest.mark.parametrize(
    ("case", "killed_by"),
    [
        ("token_bucket", "Serializable_take_take"),
        ("lost_wakeup", "NoDeadlock_resume_wait_until_running"),
        ("lease", "Serializable_save_take_over"),
        ("lock_order", "NoDeadlock_audit_fetch"),
    ],
)
def test_a_mend_of_the_corpora_taken_back_shows_the_fault_that_it_mended(
    tmp_path: Path, case: str, killed_by: str
) -> None:
    built = corpora.build(case, tmp_path / "repo", "fixed")
    mechanisms = tried(built.repo, built.case.feature, tmp_path)
    reverts = [m for m in mechanisms.mutants if m.kind == "revert" and m.status == "killed"]
    assert [killed_by in m.killed_by for m in reverts] == [True]


def test_a_mechanism_that_the_specification_does_not_see_is_said_to_be_so_in_every_report(tmp_path: Path) -> None:
    repo = committed(tmp_path, TRANSACTION.commits)
    words = {"audit-budget": 120, "callers": 2, "before": 1, "out": tmp_path / "out", "cache": tmp_path / "c"}
    made = run(repo, "it.py", load(repo, words, environ={}))
    (told,) = [h for h in made.result.history if h.subject == "Make it safe"]
    assert made.result.audit is not None
    (finding,) = [f for f in made.result.audit.findings if f.kind == "unexplained-mechanism"]
    said = f"commit {told.commit[:12]} added (Make it safe), the specification violates nothing"
    assert said in finding.text
    stored = json.loads((made.spec_dir / "result.json").read_text(encoding="utf-8"))
    assert said in json.dumps(stored["audit"])
    for report in ("report.md", "report.html"):
        assert "it does not see what this is there for" in (made.spec_dir / report).read_text(encoding="utf-8"), report
