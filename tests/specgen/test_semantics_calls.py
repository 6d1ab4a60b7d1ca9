"""Calls that Python makes through something else: decorators, ``*args`` and ``**kwargs``, computed names."""

from __future__ import annotations

from pathlib import Path

import pytest
from differential import compare
from snippets import compile_all, compile_one, races

import extractor
from specgen.static import StaticAuthor

DECORATORS = """
import threading
from functools import wraps
from typing import cast


def locked(func):
    @wraps(func)
    def wrapper(*args, **kwargs):
        self = cast("Counter", args[0])
        with self.lock:
            return func(*args, **kwargs)

    return wrapper


def guarded_by(name):
    def decorate(func):
        def wrapper(self, *args, **kwargs):
            with getattr(self, name):
                return func(self, *args, **kwargs)

        return wrapper

    return decorate


def twice(func):
    def wrapper(self, *args):
        func(self, *args)
        return func(self, *args)

    return wrapper


class Counter:
    def _alone(func):
        def wrapper(self):
            with self.lock:
                return func(self)

        return wrapper

    def __init__(self):
        self.lock = threading.RLock()
        self.n = 0

    @locked
    def add(self, by: int = 2, *, more: int = 0):
        self.n += by + more
        return self.get()

    @locked
    def get(self):
        return self.n

    @guarded_by("lock")
    def take(self):
        if self.n == 0:
            raise LookupError("empty")
        self.n -= 1

    @_alone
    def reset(self):
        self.n = 0
        self.n = 1

    @locked
    @twice
    def double(self):
        self.n = self.n * 2
        return self.n
"""


def test_decorators_of_the_feature_do_what_python_has_them_do(tmp_path: Path) -> None:
    compare(tmp_path, DECORATORS)


def test_what_a_decorator_locks_is_locked(tmp_path: Path) -> None:
    made = compile_one(tmp_path, DECORATORS)
    assert not made.program.abstractions
    assert races(made) == set()
    bare = compile_one(tmp_path / "bare", DECORATORS.replace("    @locked\n    def get", "    def get"))
    assert "Serializable_get_reset" in races(bare)


def test_a_lock_of_asyncio_in_a_decorator(tmp_path: Path) -> None:
    source = """
import asyncio


def locked(func):
    async def wrapper(self, *args):
        async with self.lock:
            return await func(self, *args)

    return wrapper


class Counter:
    def __init__(self):
        self.lock = asyncio.Lock()
        self.n = 0

    @locked
    async def add(self):
        seen = self.n
        await asyncio.sleep(0)
        self.n = seen + 1

    async def racy(self):
        seen = self.n
        await asyncio.sleep(0)
        self.n = seen + 1
"""
    assert races(compile_one(tmp_path, source)) == {"Serializable_add_racy", "Serializable_racy_racy"}


@pytest.mark.parametrize(
    ("decorator", "told"),
    [
        ("functools.lru_cache", "decorator functools.lru_cache"),
        ("retry(3)", "decorator retry(3)"),
        ("registered", "decorator registered"),
    ],
)
def test_a_decorator_that_is_left_out_is_told_and_nothing_is_proved(decorator: str, told: str, tmp_path: Path) -> None:
    source = f"""
import functools
from elsewhere import retry

seen = []


def registered(func):
    seen.append(1)
    return func


class Box:
    def __init__(self):
        self.n = 0

    @{decorator}
    def get(self):
        return self.n

    def put(self):
        self.n = 1
"""
    made = compile_all(tmp_path, source, only=["Box"])["Box"]
    (found,) = made.program.abstractions
    assert (found.construct, found.span.line, found.leaves_out) == (told, 17, True)


def test_arguments_that_are_handed_on(tmp_path: Path) -> None:
    source = """
class Ledger:
    def __init__(self):
        self.d = {}

    def _put(self, key, by=1, *rest, scale=1, **others):
        self.d[key] = self.d.get(key, 0) + (by + len(rest)) * scale
        return rest

    def _through(self, *args, **kwargs):
        return self._put(*args, **kwargs)

    def plain(self, key: int):
        return self._through(key)

    def named(self, key: int):
        return self._through(key, 2, scale=3)

    def many(self, key: int):
        return self._through(key, 2, 7, 8, why=1)

    def first(self, key: int):
        return self._first(key, 5)

    def _first(self, *args):
        self.d[args[0]] = args[-1]
        return args
"""
    compare(tmp_path, source)


def test_arguments_that_cannot_be_handed_on_are_told(tmp_path: Path) -> None:
    source = """
class Runner:
    def __init__(self):
        self.n = 0
        self.waiting = []

    def later(self, by: int):
        self.waiting.append(by)

    def run(self):
        self._add(*self.waiting)

    def _add(self, by=0, other=0):
        self.n = by + other
"""
    made = compile_one(tmp_path, source)
    assert [a.construct for a in made.program.abstractions] == ["arguments *self.waiting"]


def test_the_body_of_a_with_stays_in_its_file(tmp_path: Path) -> None:
    feature = tmp_path / "feature"
    feature.mkdir()
    (feature / "base.py").write_text("""
import threading
from contextlib import contextmanager


class Base:
    def __init__(self):
        self.lock = threading.Lock()
        self.n = 0

    @contextmanager
    def held(self):
        with self.lock:
            yield
""")
    (feature / "it.py").write_text("""
from elsewhere import tell
from feature.base import Base


class It(Base):
    def add(self):
        with self.held():
            self.n += 1
            tell(self.n)
""")
    author = StaticAuthor(extractor.index(tmp_path, "feature", tmp_path / "index.sqlite"))
    program = author.program(author.plan(["It"]).targets[0])
    (found,) = program.abstractions
    assert (found.construct, found.span.path, found.span.line) == ("call tell(self.n)", "feature/it.py", 10)
