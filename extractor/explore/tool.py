"""What every exploration tool is: a name, what it does, the JSON Schema of its arguments, and a bounded answer."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Protocol

from extractor.explore.place import Refused

#: Characters of one answer.
LONGEST = 12_000


class Tool(Protocol):
    """A read-only look at a repository. The same arguments give the same answer while the repository stays as it is."""

    @property
    def name(self) -> str:
        """What it is called by."""
        ...

    @property
    def description(self) -> str:
        """What it shows, in one or two sentences."""
        ...

    @property
    def schema(self) -> Mapping[str, Any]:
        """The JSON Schema of its arguments, an object."""
        ...

    def run(self, arguments: Mapping[str, Any]) -> str:
        """At most ``LONGEST`` characters; for arguments that make no sense, a sentence that says so."""
        ...


@dataclass(frozen=True, slots=True)
class Argument:
    """One argument: its JSON type, what it means, and its bounds or default, if any."""

    type: str
    meaning: str
    default: str | int | None = None
    minimum: int | None = None
    maximum: int | None = None


class Explorer(ABC):
    """A tool that declares its arguments: a subclass is given them read, and may raise Refused."""

    name: ClassVar[str]
    description: ClassVar[str]
    arguments: ClassVar[Mapping[str, Argument]]

    @property
    def schema(self) -> Mapping[str, Any]:
        """The JSON Schema of the arguments; those without a default are required."""
        properties: dict[str, Any] = {}
        for name, argument in self.arguments.items():
            told: dict[str, Any] = {"type": argument.type, "description": argument.meaning}
            for key in ("default", "minimum", "maximum"):
                value = getattr(argument, key)
                if value is not None:
                    told[key] = value
            properties[name] = told
        required = [name for name, argument in self.arguments.items() if argument.default is None]
        return {"type": "object", "properties": properties, "required": required, "additionalProperties": False}

    def run(self, arguments: Mapping[str, Any]) -> str:
        """The answer; for arguments that make no sense, or a path that cannot be used, a sentence that says so."""
        given = _read(self.arguments, arguments)
        if isinstance(given, str):
            return given
        try:
            return self._answer(given)
        except Refused as error:
            return str(error)

    @abstractmethod
    def _answer(self, given: Mapping[str, Any]) -> str:
        """At most ``LONGEST`` characters; ``given`` has every argument, of its type and within its bounds."""


def _read(arguments: Mapping[str, Argument], given: Mapping[str, Any]) -> dict[str, Any] | str:
    """The arguments with defaults filled in and numbers within bounds; or what is wrong with them."""
    unknown = [name for name in given if name not in arguments]
    if unknown:
        return f"no argument is called {str(unknown[0])[:50]!r}; there are {', '.join(arguments)}"
    values: dict[str, Any] = {}
    for name, argument in arguments.items():
        value = given.get(name, argument.default)
        wanted = int if argument.type == "integer" else str
        if not isinstance(value, wanted) or isinstance(value, bool):
            return f"the argument {name} must be a {argument.type}: {argument.meaning}"
        if isinstance(value, int):
            value = max(value, argument.minimum if argument.minimum is not None else value)
            value = min(value, argument.maximum if argument.maximum is not None else value)
        values[name] = value
    return values


def bounded(lines: Iterable[str], advice: str, most: int = LONGEST) -> str:
    """The lines that fit into ``most`` characters; what was left out is counted, with what to do about it."""
    listed = list(lines)
    room = most - 200
    for count, line in enumerate(listed):
        room -= len(line) + 1
        if room < 0:
            shown = listed[:count] or [line[: most - 200]]
            return "\n".join([*shown, f"... ({len(listed) - count} more lines; {advice})"])
    return "\n".join(listed)
