"""Which changes of safety mechanisms are seen in a history, and which edits are none."""

from __future__ import annotations

from pathlib import Path

import pytest
from history_repo import COUNTER, LOCKED, Grown

from extractor.history import HistoryFinding
from extractor.types import Span


@pytest.fixture
def grown(tmp_path: Path) -> Grown:
    return Grown(tmp_path / "target")


def told(findings: tuple[HistoryFinding, ...]) -> list[tuple[str, str, str]]:
    return [(f.kind, f.mechanism, f.target) for f in findings]


def change(
    grown: Grown, before: str, after: str, message: str = "Go on", path: str = "app/it.py"
) -> list[HistoryFinding]:
    """The findings of one commit that makes ``after`` of ``before``."""
    grown.commit("Begin", {path: before})
    commit = grown.commit(message, {path: after})
    return [f for f in grown.history().findings if f.commit == commit]


def test_a_lock_that_came_is_told_whole(grown):
    grown.commit("Begin", {"app/it.py": COUNTER})
    commit = grown.commit("Count one at a time", {"app/it.py": LOCKED, "tests/test_it.py": "def test(): pass\n"})
    grown.commit("Say more", {"app/it.py": '"""Counters."""\n\n' + LOCKED})
    found = grown.history()
    [finding] = found.findings
    assert told((finding,)) == [("added", "lock", "self._lock")]
    assert (finding.commit, finding.date, finding.subject) == (
        commit,
        "2024-01-01T02:00:00+00:00",
        "Count one at a time",
    )
    assert finding.then == Span("app/it.py", 10, 13)
    assert finding.now == Span("app/it.py", 12, 15)
    assert finding.also == (Span("app/it.py", 9, 9), Span("app/it.py", 18, 19))
    assert finding.quote.split("\n") == [
        "+        self._lock = threading.Lock()",
        "+        with self._lock:",
        "+        with self._lock:",
    ]
    assert finding.tests == ("tests/test_it.py",)
    assert (found.commits, found.whole, found.shallow, found.notes) == (3, True, False, ())


def test_a_lock_that_went_is_gone_today(grown):
    grown.commit("Begin", {"app/it.py": LOCKED})
    grown.commit("Trust the interpreter", {"app/it.py": COUNTER})
    removed, added = grown.history().findings
    assert told((removed, added)) == [("removed", "lock", "self._lock"), ("added", "lock", "self._lock")]
    assert removed.now is added.now is None
    assert removed.then == Span("app/it.py", 10, 13)
    assert removed.quote.startswith("-        self._lock = threading.Lock()")


@pytest.mark.parametrize(
    "after",
    [
        LOCKED.replace("_lock", "_guard"),
        LOCKED.replace("Counter", "Gauge"),
        LOCKED.replace("    def down", "    def less"),
        LOCKED.replace(
            "        with self._lock:\n            self.n -= 1",
            "        with self._lock:  # one at a time\n\n            self.n -= 1",
        ),
        LOCKED.replace("    ", "  "),
        LOCKED.replace("class", '"""Has no with self._lock: Lock()."""\n# asyncio.Lock() compare_and_set\n\nclass'),
        "import threading\n\n\nclass Other:\n    x = 1\n" + LOCKED[17:],
    ],
    ids=["lock-renamed", "class-renamed", "function-renamed", "comment", "indent", "words", "moved-down"],
)
def test_what_is_no_change_of_a_lock(grown, after):
    assert after != LOCKED
    assert change(grown, LOCKED, after) == []


def test_a_lock_that_moves_to_another_file_is_no_change(grown):
    grown.commit("Begin", {"app/it.py": LOCKED, "app/other.py": "x = 1\n"})
    commit = grown.commit("Move", {"app/it.py": "y = 2\n", "app/other.py": "x = 1\n" + LOCKED})
    findings = grown.history().findings
    assert all(f.commit != commit for f in findings)
    assert [f.now for f in findings] == [Span("app/other.py", 11, 14)]


def test_one_more_function_that_takes_a_lock(grown):
    half = LOCKED.replace("        with self._lock:\n            self.n -= 1", "        self.n -= 1")
    [finding] = change(grown, half, LOCKED)
    assert told((finding,)) == [("added", "lock", "self._lock")]
    assert finding.then == Span("app/it.py", 16, 17)
    [taken] = change(grown, LOCKED, half, "Take it back out")
    assert taken.then == Span("app/it.py", 16, 17)
    assert taken.kind in ("removed", "revert")


def test_a_new_function_with_a_lock_that_was_there_is_no_change_of_it(grown):
    assert (
        change(grown, LOCKED, LOCKED + "\n    def get(self):\n        with self._lock:\n            return self.n\n")
        == []
    )


def test_a_lock_that_covers_more(grown):
    short = LOCKED.replace(
        "        with self._lock:\n            value = self.n\n", "        value = self.n\n        with self._lock:\n"
    )
    [finding] = change(grown, short, LOCKED)
    assert told((finding,)) == [("altered", "lock", "self._lock")]
    assert "took in 1 line" in finding.detail


@pytest.mark.parametrize(
    ("before", "after", "mechanism", "detail"),
    [
        ("threading.Lock()", "threading.RLock()", "rlock", "threading.Lock() became threading.RLock()"),
        ("threading.Semaphore(1)", "threading.Semaphore(2)", "semaphore", "Semaphore(1) became threading.Semaphore(2)"),
    ],
)
def test_a_lock_made_otherwise(grown, before, after, mechanism, detail):
    [finding] = change(grown, LOCKED.replace("threading.Lock()", before), LOCKED.replace("threading.Lock()", after))
    assert (finding.kind, finding.mechanism) == ("altered", mechanism)
    assert detail in finding.detail


WAITING = """\
import threading

class Box:
    def __init__(self):
        self.cond = threading.Condition()
        self.items = []

    def put(self, item):
        with self.cond:
            self.items.append(item)
            self.cond.notify()

    def get(self):
        with self.cond:
            if not self.items:
                self.cond.wait()
            return self.items.pop()
"""


def test_waits_and_notifications(grown):
    [finding] = change(grown, WAITING, WAITING.replace("if not", "while not"))
    assert "stands in `while`, no longer in `if`" in finding.detail
    [finding] = change(grown, WAITING, WAITING.replace("notify()", "notify_all()"))
    assert "told by notify_all, no longer by notify" in finding.detail


BUCKET = """\
import asyncio

class Bucket:
    def __init__(self, store):
        self.store = store
        self.tokens = 1

    async def take(self, who):
        await self.store.put(who, 1)
        self.tokens -= 1
"""


def test_a_write_that_changes_places_with_a_suspension(grown):
    other = BUCKET.replace(
        "        await self.store.put(who, 1)\n        self.tokens -= 1\n",
        "        self.tokens -= 1\n        await self.store.put(who, 1)\n",
    )
    [finding] = change(grown, BUCKET, other)
    assert told((finding,)) == [("altered", "ordering", "self.tokens")]
    assert "now written before" in finding.detail
    assert finding.now == finding.then == Span("app/it.py", 9, 10)


def test_two_locks_taken_the_other_way_round(grown):
    text = (
        "import threading\na_lock = threading.Lock()\nb_lock = threading.Lock()\ndef f():\n"
        "    with a_lock:\n        with b_lock:\n            pass\n"
    )
    other = text.replace("with a_lock", "with x").replace("with b_lock", "with a_lock").replace("with x", "with b_lock")
    [finding] = change(grown, text, other)
    assert told((finding,)) == [("altered", "ordering", "b_lock")]


@pytest.mark.parametrize(
    ("line", "mechanism"),
    [
        ("await asyncio.wait_for(self.go(), 3)", "timeout"),
        ("await asyncio.shield(self.go())", "shield"),
        ("self.db.compare_and_set(key, old, new)", "version"),
        ("await self.store.put(key, new, if_match=tag)", "version"),
        ("self.check(fencing_token)", "fence"),
        ("self.seen.add(idempotency_key)", "idempotency"),
        ("self.lease = lease_of(key)", "lease"),
        ("self.db.execute('SELECT n FROM t WHERE k = 1 FOR UPDATE')", "lock"),
        ("self.db.execute('INSERT INTO t VALUES (1) ON CONFLICT DO NOTHING')", "idempotency"),
        ("self.db.begin()", "transaction"),
        ("self.redis.transaction(self.go, key)", "transaction"),
        ("pipe = self.redis.pipeline()", "transaction"),
        ("self.swap = self.redis.register_script(key)", "transaction"),
        ("self.redis.set(key, new, nx=True)", "version"),
        ("self.db.execute(f'UPDATE t SET v = 1 WHERE version = {old}')", "version"),
    ],
)
def test_mechanisms_that_are_no_locks(grown, line, mechanism):
    text = "import asyncio\n\nclass Thing:\n    async def act(self, key, old, new, tag):\n        self.x = 1\n"
    [finding, *more] = change(grown, text, text + f"        {line}\n")
    assert (finding.kind, finding.mechanism) == ("added", mechanism)
    assert {f.mechanism for f in more} <= {mechanism}
    assert finding.now == Span("app/it.py", 6, 6)
    [back, *_] = change(grown, text + f"        {line}\n", text + "        pass\n")
    assert (back.mechanism, back.now) == (mechanism, None)


def test_a_retry_is_a_loop_that_goes_round_not_one_over_things(grown):
    text = "def f(things):\n    {0}:\n        try:\n            g()\n        except OSError:\n            {1}\n"
    assert [
        f.mechanism for f in change(grown, text.format("while True", "raise"), text.format("while True", "continue"))
    ] == ["retry"]
    assert change(grown, text.format("for x in things", "raise"), text.format("for x in things", "continue")) == []


SMALL = COUNTER.replace("value + 1", "value + 2")
TEST = {"tests/test_it.py": "def test_it():\n    assert True\n"}


@pytest.mark.parametrize(
    ("message", "files", "is_fix"),
    [
        ("Fix the step", {}, True),
        ("Count by two\n\nFixes #12", {}, True),
        ("Count by two", TEST, True),
        ("Count by two", {}, False),
        ("Fix typo in docstring", {}, False),
        ("Add counting by two", TEST, False),
        ("docs: fix the manual", TEST, False),
        ("Avoid a race when counting", {}, True),
        ("Counter.release(): count before to avoid a second one", {}, True),
        ("Prepare release 1.2, fix the version", {}, False),
    ],
)
def test_a_fix_shows_in_its_words_or_its_shape(grown, message, files, is_fix):
    grown.commit("Begin", {"app/it.py": COUNTER})
    grown.commit(message, {"app/it.py": SMALL, **files})
    findings = grown.history().findings
    assert told(findings) == ([("fix", "", "")] if is_fix else [])
    for finding in findings:
        assert finding.fix
        assert finding.now == Span("app/it.py", 10, 10)
        assert finding.quote.split("\n") == ["-        self.n = value + 1", "+        self.n = value + 2"]


def test_code_below_a_text_in_triple_quotes_is_code(grown):
    text = (
        'SWAP = """\nreturn redis.call()\n"""\n\n\ndef f(n):\n    """Count.\n\n    {1}\n    """\n    return n + {0}\n'
    )
    [finding] = change(grown, text.format(1, "By one."), text.format(2, "By one."), "Fix the step")
    assert finding.quote.split("\n") == ["-    return n + 1", "+    return n + 2"]
    assert change(grown, text.format(1, "By one."), text.format(1, "Up."), "Fix the words") == []


def test_reverts_by_word_and_by_text(grown):
    grown.commit("Begin", {"app/it.py": COUNTER})
    lock = grown.commit("Lock", {"app/it.py": LOCKED})
    named = grown.git("revert", "--no-edit", "HEAD") and grown.git("rev-parse", "HEAD")
    again = grown.commit("Lock again", {"app/it.py": LOCKED})
    back = grown.commit("Go back", {"app/it.py": COUNTER})
    by_commit = {f.commit: f for f in grown.history().findings}
    assert (by_commit[named].kind, by_commit[named].reverts) == ("revert", lock)
    assert (by_commit[back].kind, by_commit[back].reverts) == ("revert", again)
    assert by_commit[lock].kind == "added"


def test_tests_of_a_feature_are_not_its_mechanisms(grown):
    grown.commit("Begin", {"app/it.py": COUNTER, "app/tests/test_it.py": LOCKED})
    assert grown.history().findings == ()
    assert told(grown.history("app/tests").findings) == [("added", "lock", "self._lock")]
