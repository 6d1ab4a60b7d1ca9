"""What the lowering of one operation asks of all that outlives it, and what it does to that, in their order.

Lowering is a function of the answers: who asks the same questions and is answered alike does the same things. So an
operation of an earlier round, or of an earlier commit, need not be lowered again where its conversation goes as it
went then (the verifying traces of Mokhov, Mitchell, Peyton Jones: *Build systems a la carte*, ICFP 2018).
"""

from __future__ import annotations

from collections.abc import ItemsView, Iterable, Iterator, KeysView, ValuesView
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, TypeAlias, TypeVar

from specgen.lower.describing import Describer, Unspeakable
from specgen.lower.values import Obj

V = TypeVar("V")

#: Its kind first; ``("state", container, key)``, ``("all", container)`` and ``("any", container)`` are of containers.
Question: TypeAlias = tuple[str | int | None, ...]


@dataclass(frozen=True, slots=True)
class Ask:
    """A question and its answer as text."""

    question: Question
    answer: str


@dataclass(frozen=True, slots=True)
class Do:
    """Something done to what outlives the operation, by name, and with what."""

    name: str
    args: tuple[Any, ...]


Step: TypeAlias = Ask | Do


@dataclass(frozen=True, slots=True)
class Named:
    """An object that exists once, by its name in this round."""

    name: str


class Log:
    """The conversation of the operation that is being lowered; ``spoiled`` says why it cannot be written down."""

    def __init__(self, describer: Describer) -> None:
        self.describer = describer
        self.steps: list[Step] = []
        self.spoiled = ""
        self.containers: dict[str, Watched[Any] | WatchedSet] = {}
        self.listening = False
        self._asked: set[Question] = set()
        self._done: set[int] = set()
        #: Every step once: most are the same in the next round.
        self._known: dict[Any, Any] = {}

    def begin(self) -> None:
        """Forget the containers and objects of an earlier round."""
        self.containers, self.describer.objects = {}, {}

    @contextmanager
    def conversation(self) -> Iterator[None]:
        """Write down what is asked and done inside."""
        self.steps, self.spoiled, self._asked, self._done, self.listening = [], "", set(), set(), True
        try:
            yield
        finally:
            self.listening = False

    def curious(self, question: Question) -> bool:
        """Whether the answer is to be written down: it is not known until somebody writes there."""
        return self.listening and question not in self._asked

    def ask(self, question: Question, answer: object) -> None:
        """Something was asked and answered."""
        if not self.curious(question):
            return
        self._asked.add(question)
        try:
            step = Ask(question, self.describer.brief(answer))
            self.steps.append(self._known.setdefault(step, step))
        except Unspeakable as reason:
            self.spoil(str(reason))

    def spoil(self, reason: str) -> None:
        """What happens here cannot be written down."""
        if self.listening:
            self.spoiled = self.spoiled or reason

    def do(self, name: str, *args: object) -> None:
        """Something is done."""
        if self.listening:
            self.steps.append(Do(name, args))

    def once(self, name: str, *args: object) -> None:
        """Something is done that changes nothing when it is done again, and can be hashed."""
        if self.listening:
            step = Do(name, args)
            step = self._known.setdefault(step, step)
            if id(step) not in self._done:
                self._done.add(id(step))
                self.steps.append(step)

    @contextmanager
    def aside(self) -> Iterator[None]:
        """Do not listen: what is asked and done inside follows from what was written down."""
        listening, self.listening = self.listening, False
        try:
            yield
        finally:
            self.listening = listening

    def wrote(self, container: str, key: str, value: object) -> None:
        """A container holds another value under a key."""
        self._asked -= {("state", container, key), ("all", container), ("any", container)}
        if isinstance(value, Obj):
            name = self.describer.objects.get(id(value))
            if name is None:
                self.spoil("it keeps an object that an earlier round made")
                return
            value = Named(name)
        self.do("put", container, key, value)


class Watched(dict[str, V]):
    """A dictionary whose reads and writes are written down. Nothing is ever taken out of it."""

    def __init__(self, log: Log, name: str, items: dict[str, V]) -> None:
        super().__init__(items)
        self.log = log
        self.name = name
        log.containers[name] = self

    def answer(self, question: Question) -> object:
        """The answer to a question about it, unheard."""
        match question:
            case ("state", _, str(key)):
                return (dict.__getitem__(self, key),) if dict.__contains__(self, key) else None
            case ("any", _):
                return dict.__len__(self) > 0
        return tuple(dict.items(self))

    def _tell(self, *question: str) -> None:
        if self.log.curious(question):
            self.log.ask(question, self.answer(question))

    def __getitem__(self, key: str) -> V:
        if self.log.listening:
            self._tell("state", self.name, key)
        return super().__getitem__(key)

    def get(self, key: str, default: Any = None) -> Any:
        """As of a dict."""
        if self.log.listening:
            self._tell("state", self.name, key)
        return super().get(key, default)

    def __contains__(self, key: object) -> bool:
        if self.log.listening:
            self._tell("state", self.name, str(key))
        return super().__contains__(key)

    def setdefault(self, key: str, default: V) -> V:
        """As of a dict."""
        if key not in self:
            self[key] = default
        return super().__getitem__(key)

    def __setitem__(self, key: str, value: V) -> None:
        super().__setitem__(key, value)
        self.log.wrote(self.name, key, value)

    def __bool__(self) -> bool:
        if self.log.listening:
            self._tell("any", self.name)
        return super().__len__() > 0

    def __iter__(self) -> Iterator[str]:
        if self.log.listening:
            self._tell("all", self.name)
        return super().__iter__()

    def keys(self) -> KeysView[str]:  # type: ignore[override]
        """As of a dict."""
        if self.log.listening:
            self._tell("all", self.name)
        return super().keys()

    def values(self) -> ValuesView[V]:  # type: ignore[override]
        """As of a dict."""
        if self.log.listening:
            self._tell("all", self.name)
        return super().values()

    def items(self) -> ItemsView[str, V]:  # type: ignore[override]
        """As of a dict."""
        if self.log.listening:
            self._tell("all", self.name)
        return super().items()


class WatchedSet(set[str]):
    """A set of which is written down who was looked for and who was added."""

    def __init__(self, log: Log, name: str, items: Iterable[str]) -> None:
        super().__init__(items)
        self.log = log
        self.name = name
        log.containers[name] = self

    def answer(self, question: Question) -> object:
        """Whether somebody is in it, unheard."""
        return set.__contains__(self, question[2])

    def __contains__(self, item: object) -> bool:
        found = super().__contains__(item)
        if self.log.listening:
            self.log.ask(("state", self.name, str(item)), found)
        return found

    def add(self, item: str) -> None:
        """As of a set."""
        super().add(item)
        self.log.wrote(self.name, item, True)
