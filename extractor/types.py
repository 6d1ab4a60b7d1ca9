"""Facts: what the extractor says about a feature, as frozen data.

Lines are 1-based and inclusive; paths are relative to the repository root, with forward slashes.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar

_T = TypeVar("_T", bound="_Lazy")


class _Lazy:
    """Lets a frozen dataclass have fields that are worked out on first use.

    A field listed in ``_later`` starts without a value; the first look at it calls its function and keeps what
    that gives. Equality, repr, replace and pickling see an ordinary field.
    """

    __slots__ = ("_later",)

    _later: dict[str, Callable[[], Any]]

    if not TYPE_CHECKING:

        def __getattr__(self, name: str) -> Any:
            if name == "_later":
                raise AttributeError(name)
            make = getattr(self, "_later", {}).get(name)
            if make is None:  # no such field, or another thread has just made it
                return object.__getattribute__(self, name)
            value = make()
            object.__setattr__(self, name, value)
            self._later.pop(name, None)
            return value


def lazily(cls: type[_T], later: dict[str, Callable[[], Any]], **known: Any) -> _T:
    """An instance of ``cls`` whose fields in ``later`` are made on first use and the rest are ``known``."""
    made = object.__new__(cls)
    object.__setattr__(made, "_later", later)
    for name, value in known.items():
        object.__setattr__(made, name, value)
    return made


@dataclass(frozen=True, slots=True)
class Span:
    """A run of source lines, 1-based and inclusive; as text ``path:line`` or ``path:line-end_line``."""

    path: str
    line: int
    end_line: int

    def __str__(self) -> str:
        return f"{self.path}:{self.line}" + (f"-{self.end_line}" if self.end_line != self.line else "")


@dataclass(frozen=True, slots=True)
class Problem:
    """Something that could not be read; the rest of the feature still was.

    ``kind`` is one of ``syntax``, ``encoding``, ``size``, ``link``, ``depth``, ``unreadable``.
    """

    kind: str
    span: Span
    text: str


@dataclass(frozen=True, slots=True)
class SourceFile(_Lazy):
    """One file of the feature. ``text`` is empty when a problem kept it from being read."""

    path: str
    sha256: str
    language: str
    size: int
    text: str = field(repr=False, default="")


@dataclass(frozen=True, slots=True)
class Param:
    """One parameter; ``kind`` is positional, keyword, varargs or varkwargs."""

    name: str
    annotation: str | None = None
    default: str | None = None
    kind: str = "positional"


@dataclass(frozen=True, slots=True)
class Symbol:
    """A class, function or method. ``qualname`` is dotted from the module: ``Seats.hold``.

    ``kind`` is class, function or method; outside Python also struct, union, enum, interface, trait and record.
    """

    kind: str
    name: str
    qualname: str
    span: Span
    bases: tuple[str, ...] = ()
    decorators: tuple[str, ...] = ()
    params: tuple[Param, ...] = ()
    is_async: bool = False


@dataclass(frozen=True, slots=True)
class Call:
    """A call site. ``caller`` is the qualname of the function or class around it, "" at module level.

    ``resolved`` is ``path:qualname`` of the in-feature symbol it reaches, when that is certain.
    """

    caller: str
    callee: str
    resolved: str | None
    awaited: bool
    span: Span


@dataclass(frozen=True, slots=True)
class Access:
    """A touch of shared state: ``target`` is ``self.left``, ``CACHE`` or ``self.store.put``.

    ``mode`` is read, write or mutate; ``scope`` is attribute, global or external.
    """

    function: str
    target: str
    mode: str
    scope: str
    span: Span


@dataclass(frozen=True, slots=True)
class Sync:
    """A use of a synchronisation mechanism.

    ``mechanism``: lock, rlock, condition, semaphore, event, queue, transaction, retry, lease, version; outside
    Python also rwlock, channel, atomic, barrier (wait groups too), once and volatile.
    ``operation``: create, acquire, release, with, wait, notify, use.
    """

    function: str
    mechanism: str
    operation: str
    target: str
    span: Span


@dataclass(frozen=True, slots=True)
class Suspension:
    """A place where others may run: ``kind`` is await, yield, async-for, async-with or blocking."""

    function: str
    kind: str
    span: Span
    text: str


@dataclass(frozen=True, slots=True)
class Nondeterminism:
    """``kind``: unordered, gather, clock, random, timeout, message, retry; outside Python also select."""

    function: str
    kind: str
    span: Span
    text: str


@dataclass(frozen=True, slots=True)
class Exceptional:
    """``kind`` is raise, catch or finally; ``names`` are the exception names as written."""

    function: str
    kind: str
    names: tuple[str, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class Assertion:
    """An ``assert`` statement and its condition as written."""

    function: str
    span: Span
    text: str


@dataclass(frozen=True, slots=True)
class Counts:
    """How much of the tree was parsed anew and how much came from the index."""

    parsed: int = 0
    cached: int = 0


@dataclass(frozen=True, slots=True)
class Facts(_Lazy):
    """Everything known about one feature at one moment. ``commit`` is None outside git.

    ``dirty`` when the feature's source is not what that commit has: changed, new or deleted files.
    """

    repo: str
    feature: str
    commit: str | None
    files: tuple[SourceFile, ...] = ()
    symbols: tuple[Symbol, ...] = ()
    calls: tuple[Call, ...] = ()
    accesses: tuple[Access, ...] = ()
    syncs: tuple[Sync, ...] = ()
    suspensions: tuple[Suspension, ...] = ()
    nondeterminism: tuple[Nondeterminism, ...] = ()
    exceptional: tuple[Exceptional, ...] = ()
    assertions: tuple[Assertion, ...] = ()
    problems: tuple[Problem, ...] = ()
    counts: Counts = Counts()
    dirty: bool = False
