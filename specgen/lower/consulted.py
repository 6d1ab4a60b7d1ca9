"""The sources of a feature as one lowering consults them: what it learns of them is part of its conversation."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from specgen.lower.conversation import Log
from specgen.source import Class, Function, Module
from specgen.sources import Sources
from specgen.usage import Usage

#: What is asked of sources: methods by name.
QUESTIONS = frozenset(
    {
        "binding",
        "enum_of",
        "exception_ancestors",
        "external_bases",
        "find_base",
        "find_class",
        "find_function",
        "find_module",
        "has_field",
        "is_assigned",
        "is_changed",
        "is_exception",
        "is_global_assigned",
        "is_reshuffled",
        "method",
        "mro",
        "own_method",
    }
)


class Consulted(Sources):
    """Sources that write down what is asked of them."""

    def __init__(self, sources: Sources, log: Log) -> None:
        self.__dict__.update(vars(sources))  # the same modules, not another reading of them
        self._sources = sources
        self._log = log

    @property
    def usage(self) -> Usage:
        """How the feature uses names, as a whole: too much to write down."""
        self._log.spoil("it depends on how the whole feature uses names")
        return self._sources.usage

    def consult(self, function: Function) -> None:
        """The function's code is looked at; that of one inside another has been looked at with what is around it."""
        number = self._log.describer.book.number(function)
        if number is not None:
            self._log.ask(("code", number), function)

    def find_class(self, name: str, near: Module | None = None) -> Class | None:
        """As of Sources."""
        return self._told("find_class", name, near)  # type: ignore[no-any-return]

    def enum_of(self, names: str) -> Class | None:
        """As of Sources."""
        return self._told("enum_of", names)  # type: ignore[no-any-return]

    def find_module(self, target: str, near: Module) -> Module | None:
        """As of Sources."""
        return self._told("find_module", target, near)  # type: ignore[no-any-return]

    def find_function(self, name: str, near: Module) -> Function | None:
        """As of Sources."""
        return self._told("find_function", name, near)  # type: ignore[no-any-return]

    def binding(self, module: Module, name: str) -> Class | Function | str | None:
        """As of Sources."""
        return self._told("binding", module, name)  # type: ignore[no-any-return]

    def mro(self, cls: Class) -> list[Class]:
        """As of Sources."""
        return self._told("mro", cls)  # type: ignore[no-any-return]

    def find_base(self, cls: Class, base: str) -> Class | None:
        """As of Sources."""
        return self._told("find_base", cls, base)  # type: ignore[no-any-return]

    def method(self, cls: Class, name: str) -> Function | None:
        """As of Sources."""
        return self._told("method", cls, name)  # type: ignore[no-any-return]

    def own_method(self, cls: Class, name: str) -> Function | None:
        """As of Sources."""
        return self._told("own_method", cls, name)  # type: ignore[no-any-return]

    def inherited(self, order: Sequence[Class], name: str) -> Function | None:
        """As of Sources."""
        return next((found for cls in order if (found := self.own_method(cls, name)) is not None), None)

    def external_bases(self, cls: Class) -> list[str]:
        """As of Sources."""
        return self._told("external_bases", cls)  # type: ignore[no-any-return]

    def is_exception(self, name: str, near: Module | None = None) -> bool:
        """As of Sources."""
        return self._told("is_exception", name, near)  # type: ignore[no-any-return]

    def exception_ancestors(self, name: str, near: Module | None = None) -> list[str]:
        """As of Sources."""
        return self._told("exception_ancestors", name, near)  # type: ignore[no-any-return]

    def is_assigned(self, attr: str) -> bool:
        """As of Sources."""
        return self._told("is_assigned", attr)  # type: ignore[no-any-return]

    def is_changed(self, name: str) -> bool:
        """As of Sources."""
        return self._told("is_changed", name)  # type: ignore[no-any-return]

    def is_reshuffled(self, name: str) -> bool:
        """As of Sources."""
        return self._told("is_reshuffled", name)  # type: ignore[no-any-return]

    def is_global_assigned(self, module: Module, name: str) -> bool:
        """As of Sources."""
        return self._told("is_global_assigned", module, name)  # type: ignore[no-any-return]

    def has_field(self, cls: Class, attr: str) -> bool:
        """As of Sources."""
        return self._told("has_field", cls, attr)  # type: ignore[no-any-return]

    def _told(self, name: str, *args: str | Module | Class | None) -> Any:
        answer = getattr(self._sources, name)(*args)
        if self._log.listening:
            book = self._log.describer.book
            words = [a if a is None or isinstance(a, str) else book.number(a) for a in args]
            if any(w is None and a is not None for w, a in zip(words, args, strict=True)):
                self._log.spoil("a class stands inside a function")
            self._log.ask((name, *words), answer)
        return answer
