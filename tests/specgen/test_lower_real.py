"""Forms that code in the wild is full of: each test is what a well-known package once tripped the compiler with."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest

import extractor
from specgen.static import StaticAuthor
from specgen.types import Spec

Write = Callable[..., Spec]


@pytest.fixture
def author(tmp_path: Path) -> Callable[..., StaticAuthor]:
    """The static author of a feature given as file name and text."""

    def make(**files: str) -> StaticAuthor:
        feature = tmp_path / "feature"
        feature.mkdir()
        for name, text in files.items():
            (feature / f"{name}.py").write_text(dedent(text))
        return StaticAuthor(extractor.index(tmp_path, "feature", tmp_path / "index.sqlite"))

    return make


@pytest.fixture
def write(author: Callable[..., StaticAuthor]) -> Write:
    """The specification of the one class that is asked for."""

    def make(cls: str, **files: str) -> Spec:
        maker = author(**files)
        (target,) = maker.plan((cls,)).targets
        return maker.write(target)

    return make


def approximated(spec: Spec) -> list[str]:
    """What the specification says it approximates."""
    return [a.construct for a in spec.abstractions]


def test_a_class_named_like_its_base_elsewhere_is_not_its_own_base(author: Callable[..., StaticAuthor]) -> None:
    made = author(
        wire="""
            import virtual

            class Channel(virtual.Channel):
                def __init__(self):
                    self.sent = 0

                def send(self):
                    self.sent += 1
        """
    )
    (target,) = made.plan().targets
    assert target.cls == "Channel"
    assert made.write(target).operations == ("send",)


def test_a_comprehension_that_raises_is_forgotten_whole(write: Write) -> None:
    spec = write(
        "Buffer",
        buffer="""
            class Buffer:
                def __init__(self):
                    self.items = []

                def _drop(self):
                    if not self.items:
                        raise IndexError
                    self.items.pop()

                def put(self, item):
                    self.items.append(item)
                    try:
                        [self._drop() for _ in range(2)]
                    except IndexError:
                        pass
        """,
    )
    assert spec.operations == ("put",)


def test_a_finally_runs_on_the_names_of_its_own_function(write: Write) -> None:
    spec = write(
        "Gauge",
        gauge="""
            class Gauge:
                def __init__(self):
                    self.busy = 0

                @staticmethod
                def check(amount):
                    if amount > 1:
                        raise ValueError(amount)

                def use(self, amount: int):
                    step = 1
                    self.busy += step
                    try:
                        self.check(amount)
                    finally:
                        self.busy -= step
        """,
    )
    assert approximated(spec) == []
    assert " - local[c].step" in "".join(a.text for a in spec.actions)


def test_a_finally_is_left_once_for_each_exception(write: Write) -> None:
    checks = "\n".join(f"            if self.n == {i}:\n                raise ValueError({i})" for i in range(12))
    text = "class Many:\n    def __init__(self):\n        self.n = 0\n        self.left = 0\n\n"
    text += "    def step(self):\n        try:\n"
    text += checks + "\n            self.n += 1\n        finally:\n            self.left += 1\n"
    spec = write("Many", many=text)
    assert sum(a.text.count("left' =") for a in spec.actions) <= 4


def test_a_private_lock_of_a_condition_lacks_what_only_reentrant_ones_have(write: Write) -> None:
    spec = write(
        "Gate",
        gate="""
            import threading

            class Gate:
                def __init__(self):
                    self._lock = lock = threading.Lock()
                    try:
                        self._leave = lock._release_save
                    except AttributeError:
                        pass
                    self.open = False

                def _leave(self):
                    self._lock.release()

                def unlock(self):
                    self._lock.acquire()
                    self.open = True
                    self._leave()
        """,
    )
    assert approximated(spec) == []


@pytest.mark.parametrize(
    ("wanted", "body"),
    [
        ("TypeError", "self.limit += 1"),
        ("AttributeError", "self.limit.append(1)"),
        ("TypeError", "len(self.limit)"),
    ],
)
def test_none_where_a_value_is_used_raises_and_never_stops_tlc(
    write: Write, explore: Callable[..., Any], wanted: str, body: str
) -> None:
    value = "1" if "+=" in body else "[1]"
    seen = explore(
        write(
            "Box",
            box=f"""
                class Box:
                    def __init__(self):
                        self.limit = None

                    def fill(self):
                        self.limit = {value}

                    def use(self):
                        {body}
            """,
        )
    )
    assert any(wanted in outcome for outcome in seen.outcomes)


def test_an_unknown_value_among_numbers_never_stops_tlc(write: Write, explore: Callable[..., Any]) -> None:
    spec = write(
        "Meter",
        meter="""
            import colours

            class Meter:
                def __init__(self):
                    self.level = 0

                def read(self):
                    self.level = colours.sample()

                def rise(self):
                    self.level += 1
        """,
    )
    assert any("not modelled here" in text for text in approximated(spec))
    assert explore(spec).outcomes


def test_a_private_list_made_when_first_needed_counts_as_empty(write: Write, explore: Callable[..., Any]) -> None:
    spec = write(
        "Ring",
        ring="""
            class Ring:
                def __init__(self):
                    self._waiting = None

                async def enter(self, who):
                    if self._waiting is None:
                        self._waiting = []

                async def look(self):
                    return not self._waiting
        """,
    )
    seen = explore(spec)
    assert seen.violated == {}
    assert all("<<>>" in outcome or "<< >>" in outcome for outcome in seen.outcomes)


def test_a_value_that_nests_in_itself_is_given_up_and_its_object_is_not(write: Write) -> None:
    spec = write(
        "Chain",
        chain="""
            class Chain:
                def __init__(self):
                    self.links = []
                    self.count = 0

                def grow(self):
                    self.links = [self.links]
                    self.count += 1
        """,
    )
    assert any("nests in itself" in text for text in approximated(spec))
    assert "count" in [v.name for v in spec.variables]


def test_call_and_dunder_call_are_two_operations(write: Write) -> None:
    spec = write(
        "Breaker",
        breaker="""
            class Breaker:
                def __init__(self):
                    self.calls = 0

                def __call__(self):
                    self.calls += 1

                def call(self):
                    self.calls += 1
        """,
    )
    assert len(set(spec.operations)) == 2
    names = [a.name for a in spec.actions]
    assert len(names) == len(set(names))


def test_one_argument_name_is_one_kind_of_value(write: Write) -> None:
    spec = write(
        "Leases",
        leases="""
            class Leases:
                def __init__(self):
                    self.until = 0
                    self.last = None

                def extend(self, ttl):
                    self.until = self.until + ttl

                def note(self, ttl):
                    self.last = ttl
        """,
    )
    (ttl,) = [c for c in spec.constants if c.name == "Ttls"]
    assert not ttl.is_set()
    assert "{1" in ttl.value[0]


def test_conditions_that_a_defaultdict_makes_work(write: Write, explore: Callable[..., Any]) -> None:
    spec = write(
        "Topics",
        topics="""
            import threading
            from collections import defaultdict

            class Topics:
                def __init__(self):
                    self.conditions = defaultdict(threading.Condition)

                def ring(self, topic):
                    condition = self.conditions[topic]
                    with condition:
                        condition.notify_all()
        """,
    )
    assert explore(spec).outcomes
    assert spec.text.count("new_condition2") == 0  # one is made, not a second one to look at


def test_the_backend_that_needs_nothing_from_outside_is_the_collaborator(write: Write) -> None:
    spec = write(
        "Limiter",
        limiter="""
            class Limiter:
                def __init__(self, backend):
                    self.backend = backend

                def hit(self):
                    return self.backend.bump()
        """,
        memory="""
            import threading

            class MemoryBackend:
                def __init__(self):
                    self.mutex = threading.Lock()
                    self.hits = 0

                def bump(self):
                    with self.mutex:
                        self.hits += 1
                        return self.hits
        """,
        remote="""
            import redis

            class RedisBackend:
                def __init__(self, client: redis.Redis):
                    self.client = client

                def bump(self):
                    return self.client.incr("hits")
        """,
    )
    assert approximated(spec) == []
    assert any("hits" in v.name for v in spec.variables)


def test_a_function_as_default_is_what_the_argument_stands_for(write: Write) -> None:
    spec = write(
        "Stamp",
        stamp="""
            import time

            class Stamp:
                def __init__(self):
                    self.last = 0

                def mark(self, now=time.monotonic):
                    self.last = now()
        """,
    )
    assert approximated(spec) == []
    assert "clock" in [v.name for v in spec.variables]


def test_an_argument_made_where_none_was_given_is_known(write: Write) -> None:
    spec = write(
        "Pool",
        pool="""
            import threading

            class Pool:
                def __init__(self, lock=None):
                    if lock is None:
                        lock = threading.Lock()
                    self._lock = lock
                    self.used = 0

                def take(self):
                    with self._lock:
                        self.used += 1
        """,
    )
    assert approximated(spec) == []


def test_names_of_a_module_of_the_feature_are_reached_through_it(write: Write) -> None:
    spec = write(
        "Door",
        door="""
            from . import errors

            class Door:
                def __init__(self):
                    self.shut = False

                def close(self):
                    if self.shut:
                        raise errors.Jammed("already")
                    self.shut = True
        """,
        errors="""
            class Jammed(RuntimeError):
                pass
        """,
    )
    assert approximated(spec) == []
    assert "Jammed" in spec.text


def test_the_running_loop_is_no_part_of_an_outcome(write: Write, explore: Callable[..., Any]) -> None:
    spec = write(
        "Bell",
        bell="""
            import asyncio

            class Bell:
                def __init__(self):
                    self._loop = None
                    self.rung = False

                async def ring(self):
                    if self._loop is None:
                        self._loop = asyncio.get_running_loop()
                    self.rung = True
        """,
    )
    assert all("loop" not in outcome for outcome in explore(spec).outcomes)


COUNTS = """
    class Counts:
        def __init__(self, table):
            self._table = table

        async def first(self, name):
            count = await self._table.get(name)
            {between}
            await self._table.put(name, 0)
            return count + 1
    """


@pytest.mark.parametrize(
    ("between", "raises"),
    [
        ("if count is None: count = 0", False),
        ("if count is None: raise LookupError(name)", False),
        ("while count is None: count = await self._table.get(name)", False),
        ("pass", True),
        ("if name is None: count = 0", True),
        ("if count is None: await self._table.put(name, 1)", True),
        ("if count is not None: count = await self._table.get(name)", True),
    ],
)
def test_what_was_made_sure_of_before_a_step_is_not_asked_in_it(write: Write, between: str, raises: bool) -> None:
    spec = write("Counts", counts=COUNTS.format(between=between))
    assert ('Finish(c, [raised |-> "TypeError"])' in spec.text) == raises, spec.text
