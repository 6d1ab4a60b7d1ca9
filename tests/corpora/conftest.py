"""What the tests on the targets' real code share: loading a twin, looking at state, and the oracle."""

from __future__ import annotations

import importlib
import itertools
import sys
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

import corpora

#: (operation, arguments)
Call = tuple[str, tuple[Any, ...]]
#: results of the calls in the order of ``calls``, and the state afterwards
Outcome = tuple[tuple[str, ...], str]


class Twin:
    """A checked-out twin whose packages can be imported."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.packages = {path.parent.name for path in root.glob("*/__init__.py")}

    def module(self, name: str) -> ModuleType:
        return importlib.import_module(name)

    def view(self, value: Any) -> str:
        """State as text: containers and the target's own objects by content, anything else by its type."""
        match value:
            case None | bool() | int() | str():
                return repr(value)
            case list() | deque() | tuple():
                return f"[{', '.join(self.view(item) for item in value)}]"
            case dict():
                return f"{{{', '.join(sorted(f'{self.view(k)}: {self.view(v)}' for k, v in value.items()))}}}"
            case set() | frozenset():
                return f"{{{', '.join(sorted(self.view(item) for item in value))}}}"
            case BaseException():
                return type(value).__name__
        if type(value).__module__.partition(".")[0] in self.packages or hasattr(type(value), "is_stand_in"):
            return self.view(vars(value))
        return type(value).__name__


@pytest.fixture
def checkout(tmp_path: Path) -> Iterator[Callable[[str, corpora.Twin], Twin]]:
    before = set(sys.modules)
    made: list[str] = []

    def check_out(name: str, twin: corpora.Twin) -> Twin:
        _forget(before)
        while made:
            sys.path.remove(made.pop())
        root = corpora.build(name, tmp_path / f"{name}-{twin}", twin).repo
        made.append(str(root))
        sys.path.insert(0, str(root))
        importlib.invalidate_caches()
        return Twin(root)

    written, sys.dont_write_bytecode = sys.dont_write_bytecode, True
    yield check_out
    sys.dont_write_bytecode = written
    for path in made:
        sys.path.remove(path)
    _forget(before)


def _forget(before: set[str]) -> None:
    for name in set(sys.modules) - before:
        if "corpora" not in name and "test" not in name:
            del sys.modules[name]


def scenarios(calls: Iterable[Call], before: int, callers: int) -> Iterator[tuple[tuple[Call, ...], tuple[Call, ...]]]:
    """Every sequence of at most ``before`` set-up calls with every ``callers`` concurrent ones."""
    calls = tuple(calls)
    for length in range(before + 1):
        for setup in itertools.product(calls, repeat=length):
            for together in itertools.combinations_with_replacement(calls, callers):
                yield setup, together


@pytest.fixture
def unexplained() -> Callable[..., dict[Any, set[Outcome]]]:
    def find(
        calls: Iterable[Call],
        before: int,
        callers: int,
        overlapping: Callable[[tuple[Call, ...], tuple[Call, ...]], Iterator[Outcome]],
        serial: Callable[[tuple[Call, ...], tuple[Call, ...]], Iterator[Outcome]],
    ) -> dict[Any, set[Outcome]]:
        """By scenario, the outcomes of overlapping calls that no serial order of the same calls gives."""
        found = {}
        for setup, together in scenarios(calls, before, callers):
            explained = set()
            for order in itertools.permutations(range(len(together))):
                for results, state in serial(setup, tuple(together[i] for i in order)):
                    explained.add((tuple(results[order.index(i)] for i in range(len(together))), state))
            outcomes = set(overlapping(setup, together))
            assert bool(explained) == bool(outcomes) == bool(explained & outcomes), (setup, together)
            if outcomes - explained:
                found[setup, together] = outcomes - explained
        return found

    return find
