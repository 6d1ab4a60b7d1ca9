"""What lowering each operation gave, and in which conversation: one is lowered where no conversation goes alike."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from extractor.types import Span
from specgen.definitions import Book
from specgen.ir import Operation
from specgen.lower import contracts, objects, operations, singletons
from specgen.lower.consulted import QUESTIONS
from specgen.lower.conversation import Ask, Do, Log, Named, Question, Step, Watched, WatchedSet
from specgen.lower.describing import Describer, Unspeakable
from specgen.lower.lowerer import Lowerer, TooLarge
from specgen.lower.operations import Part
from specgen.lower.values import Contract, Obj
from specgen.source import Class, Function, Module


@dataclass(frozen=True, slots=True, eq=False)
class Record:
    """One conversation of an operation, and what came of it."""

    steps: tuple[Step, ...]
    part: Part


class Memory:
    """Of the operations of one shared object, by name.

    ``anew`` maps each operation that was lowered to the reason, in words; ``used`` has the records that served.
    """

    def __init__(self, book: Book, records: Mapping[str, Sequence[Record]]) -> None:
        self.book = book
        self.log = Log(Describer(book))
        self.anew: dict[str, str] = {}
        self.used: dict[str, list[Record]] = {}
        self._records = {name: list(found) for name, found in records.items()}
        self._earlier = frozenset(records)

    def operation(self, lw: Lowerer, me: Obj, function: Function) -> Operation | None:
        """An operation of the object: as it was lowered before, or lowered now. None where it is too large."""
        name = operations.name_of(lw, me, function)
        known = self._records.setdefault(name, [])
        lw.operation, lw.noted_before = name, bool(lw.abstractions)
        found = _Retold(self, lw, me).find(known) if known else None
        if not isinstance(found, Record):
            self.anew.setdefault(name, self._why(name, function, found))
            found = self._lowered(lw, me, function, name)
        elif found not in self.used.setdefault(name, []):
            self.used[name].append(found)
        return operations.add(lw, function, name, found.part)

    def _lowered(self, lw: Lowerer, me: Obj, function: Function, name: str) -> Record:
        with self.log.conversation():
            self.log.ask(("pass",), (lw.mode, lw.afresh, lw.hopeful))
            self.log.ask(("me",), me)
            lw.sources.consult(function)
            part = operations.part(lw, me, function, name)
        record = Record(tuple(self.log.steps), part)
        if self.log.spoiled:
            self.anew[name] = self.log.spoiled
        else:
            self._records[name].append(record)
            self.used.setdefault(name, []).append(record)
        return record

    def _why(self, name: str, function: Function, asked: Question | None) -> str:
        """Why an operation is lowered, when no record has the answer to a question."""
        if name not in self._earlier:
            return "it is new" if self._earlier else "nothing is kept of an earlier extraction"
        match asked:
            case None:
                return "its code changed"
            case ("code", int(number)):
                changed = self.book.addresses[number].name
                return "its code changed" if changed == function.qualname else f"{changed}, which it uses, changed"
            case ("method" | "own_method", int(number), str(attr)):
                return f"{self.book.addresses[number].name}.{attr}, which it uses, changed"
            case ("state", "known types", str(key)):
                return f"what {f'`{key[2:]}` holds' if key[1:2] == '.' else 'calls return'} is of another type"
            case ("state" | "all" | "any", *_):
                return "the state that it uses is another"
        return "a class, name or function that it looks for is another"


class _Retold:
    """Records of one operation held against what would be answered now."""

    def __init__(self, memory: Memory, lw: Lowerer, me: Obj) -> None:
        self._book = memory.book
        self._log = memory.log
        self._lw = lw
        self._me = me
        self._before: tuple[Any, ...] | None = None

    def find(self, records: Sequence[Record]) -> Record | Question:
        """The record whose conversation goes as it would now, all that it did done; else the first new question."""
        lw, alike, at = self._lw, list(records), 0
        notes = lw.abstractions, lw.assumptions, lw.constants, lw.code_assertions
        # What first values add to the notes is in the record.
        lw.abstractions, lw.assumptions, lw.constants, lw.code_assertions = {}, {}, {}, {}
        try:
            while at < len(alike[0].steps):
                step = alike[0].steps[at]
                if isinstance(step, Do):
                    self._do(step)
                else:
                    now = Ask(step.question, self._answer(step.question))
                    alike = [record for record in alike if at < len(record.steps) and record.steps[at] == now]
                    if not alike:
                        self._undo()
                        return step.question
                at += 1
        finally:
            lw.abstractions, lw.assumptions, lw.constants, lw.code_assertions = notes
        return alike[0]

    def _answer(self, question: Question) -> str:
        """What is answered now; "" where the question has no sense any more."""
        try:
            return self._log.describer.brief(self._value(question))
        except (LookupError, Unspeakable):
            return ""

    def _value(self, question: Question) -> object:
        match question:
            case ("state" | "all" | "any", str(container), *_):
                return self._container(container).answer(question)
            case ("pass",):
                return (self._lw.mode, self._lw.afresh, self._lw.hopeful)
            case ("me",):
                return self._me
            case ("noted",):
                return self._lw.noted_before
            case ("wanted_elsewhere", str(parameter)):
                return self._lw.wanted_elsewhere(parameter)
            case ("code", int(number)):
                return self._book.definition(number)
        name, *words = question
        if name not in QUESTIONS:
            raise LookupError(name)
        args = (self._book.definition(word) if isinstance(word, int) else word for word in words)
        return getattr(self._lw.sources, str(name))(*args)

    def _container(self, name: str) -> Watched[Any] | WatchedSet:
        match name.partition(".")[0].split():
            case ["static" | "fields", "module" | "class", number] if name not in self._log.containers:
                found = self._book.definition(int(number))
                if isinstance(found, Module):
                    self._lw.object_of(found)
                elif isinstance(found, Class):
                    self._lw.class_object(found)
        return self._log.containers[name]

    def _do(self, step: Do) -> None:
        lw = self._lw
        if self._before is None:
            self._before = self._state()
        match step:
            case Do("put", (str(name), str(key), value)):
                container = self._container(name)
                if isinstance(container, WatchedSet):
                    container.add(key)
                else:
                    container[key] = lw.objects[value.name] if isinstance(value, Named) else value
            case Do("declare", (key, ty)):
                lw.declare(key, ty)
            case Do("need", (origin, kind)):
                lw.need(origin, kind)
            case Do("unify", (a, b)):
                lw.unify(a, b)
            case Do("compare", (origin, literals)):
                lw.compare(origin, literals)
            case Do("store", (name, key, Span(path, line))):
                with lw.graph.at(path, line, ""):
                    contracts.store_var(lw, Contract(name, key, frozenset()))
            case Do("field", (cls_name, attr, Span(path, line))):
                with lw.graph.at(path, line, ""):
                    objects.field_var(lw, cls_name, attr)
            case Do("begin", (number, attr)):
                module = self._book.definition(number)
                assert isinstance(module, Module)
                with suppress(TooLarge, RecursionError):  # as then, which ended the operation
                    singletons.first_use_of_global(lw, lw.object_of(module), attr)

    def _state(self) -> tuple[Any, ...]:
        lw = self._lw
        contents = {
            name: set(set.__iter__(c)) if isinstance(c, WatchedSet) else dict(dict.items(c))
            for name, c in self._log.containers.items()
        }
        mine = (dict(lw.new_types), dict(lw.inits), set(lw.globals_begun), dict(lw.objects), lw.collaborators)
        return contents, mine, dict(self._log.describer.objects)

    def _undo(self) -> None:
        """Have everything as it was before the first thing that was done."""
        if self._before is None:
            return
        lw = self._lw
        contents, mine, self._log.describer.objects = self._before
        lw.new_types, lw.inits, lw.globals_begun, lw.objects, lw.collaborators = mine
        for name in set(self._log.containers) - set(contents):
            del self._log.containers[name]
        for name, container in self._log.containers.items():
            if isinstance(container, WatchedSet):
                set.clear(container)
                set.update(container, contents[name])
            else:
                dict.clear(container)
                dict.update(container, contents[name])
