"""Stand-ins for collaborators outside the feature, in memory, as their contracts have them."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Collection, Mapping
from typing import Any

# What methods of a store do, by their names: as specgen.lower.contracts has it, to which a test holds them.
_CREATE = re.compile(r"^(setnx|put_if_absent|add_if_absent|create_if_absent|insert_if_absent|set_if_absent)$")
_SWAP = re.compile(
    r"^(cas|compare_and_set|compare_and_swap|replace_if|put_if_version|put_if|set_if|swap_if|write_if)(_|$)"
)
_COUNT = re.compile(r"^(incr|increment|incrby|add_to)(_|$)")
_UNCOUNT = re.compile(r"^(decr|decrement|decrby)(_|$)")
_DELETE = re.compile(r"^(delete|remove|del|discard|evict|drop|purge|unset|erase)(_|$)")
_EXISTS = re.compile(r"^(exists|contains|has|is)(_|$)|^__contains__$")
_WRITE = re.compile(
    r"^(put|set|write|save|store|insert|upsert|update|create|replace|assign|record|add|charge|publish|upload)(_|$)"
)
_LIST = re.compile(r"^(keys|list|scan|all)(_|$)")

#: Keyword arguments that count, in the order in which they stand for positional ones.
_KEYWORDS = ("key", "value", "expected", "new", "version")


class Moment:
    """Where an awaited call of a collaborator stands: its effect is yet to come, or has been."""

    BEFORE = "before"
    AFTER = "after"

    #: Told by whoever steps the tasks: called with BEFORE and AFTER as a call passes these moments.
    tell: Callable[[str], None] = staticmethod(lambda _: None)


class Answers:
    """Which of its possible answers a collaborator gives."""

    #: Told by whoever runs the calls: the index of one of so many options.
    choose: Callable[[int], int] = staticmethod(lambda _: 0)


class Store:
    """A key/value store. What a method does follows from its name, each call being one atomic step.

    ``awaits`` names the methods that the code awaits; such a call suspends before and after its effect, so that the
    effect has a moment of its own, as over a wire. ``raises`` has what a call of a method may raise, with no effect.
    """

    def __init__(self, awaits: Collection[str] = (), raises: Mapping[str, type[BaseException]] | None = None) -> None:
        self._awaits = frozenset(awaits)
        self._raises = raises or {}
        self._rows: dict[Any, Any] = {}

    def replay_view(self) -> object:
        """What is compared of it."""
        return self._rows

    def __getattr__(self, name: str) -> Callable[..., Any]:
        if name.startswith("_"):
            raise AttributeError(name)

        def method(*args: Any, **kwargs: Any) -> Any:
            if name in self._raises and Answers.choose(2):
                raise self._raises[name]
            values = [*args, *(kwargs[k] for k in _KEYWORDS if k in kwargs)]
            return _awaited(lambda: self._do(name, values)) if name in self._awaits else self._do(name, values)

        return method

    def __getitem__(self, key: Any) -> Any:
        return self._rows[key]

    def __setitem__(self, key: Any, value: Any) -> None:
        self._rows[key] = value

    def __delitem__(self, key: Any) -> None:
        del self._rows[key]

    def __contains__(self, key: Any) -> bool:
        return key in self._rows

    def _do(self, name: str, args: list[Any]) -> Any:
        rows = self._rows
        if _LIST.match(name) and not args:
            return list(rows)
        key = args[0] if args else name
        if _CREATE.match(name) and len(args) > 1:
            return rows.setdefault(key, args[1]) is args[1] if key not in rows else False
        if _SWAP.match(name) and len(args) > 2:
            same = rows.get(key) == args[1]
            if same:
                rows[key] = args[2]
            return same
        if _COUNT.match(name) or _UNCOUNT.match(name):
            by = args[1] if len(args) > 1 else 1
            rows[key] = rows.get(key, 0) + (-by if _UNCOUNT.match(name) else by)
            return rows[key]
        if _DELETE.match(name):
            rows.pop(key, None)
            return None
        if _EXISTS.match(name):
            return key in rows
        if _WRITE.match(name):
            rows[key] = args[1] if len(args) > 1 else True
            return None
        return rows.get(key, args[1] if len(args) > 1 else None)


class Collaborator:
    """Base of fakes whose calls answer in one of several ways and change nothing."""

    def replay_view(self) -> object:
        """Nothing of it is compared."""
        return None

    def answer(self, *options: Any) -> Any:
        """One of the options; an exception among them is raised."""
        chosen = options[Answers.choose(len(options))]
        if isinstance(chosen, type) and issubclass(chosen, BaseException):
            raise chosen
        return chosen

    async def answer_later(self, *options: Any) -> Any:
        """The same of an awaited call, which suspends before and after it has been answered."""
        return await _awaited(lambda: self.answer(*options))


class Anything(Collaborator):
    """A collaborator of which no call is seen: any call is taken and answered with None."""

    def __getattr__(self, name: str) -> Callable[..., Any]:
        if name.startswith("_"):
            raise AttributeError(name)
        return lambda *_args, **_kwargs: None

    def __call__(self, *_args: Any, **_kwargs: Any) -> Any:
        """Called itself, it answers in the same way."""
        return None


async def _awaited(effect: Callable[[], Any]) -> Any:
    Moment.tell(Moment.BEFORE)
    await asyncio.sleep(0)
    answer = effect()
    Moment.tell(Moment.AFTER)
    await asyncio.sleep(0)
    Moment.tell("")
    return answer
