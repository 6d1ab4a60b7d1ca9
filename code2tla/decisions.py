"""``decisions.toml``: what people decided about a specification, read, obeyed and written.

The file is theirs: it is edited by hand or by ``code2tla review``, and what is written here keeps their comments and
their order. The idea of keeping guidance, questions and answers beside a specification is Allium's.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any, Literal, TypeAlias, get_args

import tomlkit
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from tomlkit.exceptions import TOMLKitError

from code2tla.errors import SettingError
from code2tla.rundir import write_text
from reports.result import Decision, Question

FILE_NAME = "decisions.toml"

Kind: TypeAlias = Literal["finding", "assumption", "action", "property", "flag"]
KINDS: tuple[Kind, ...] = get_args(Kind)

_HEAD = """\
# What people decided about this specification; code2tla obeys it and never changes an entry that is here.
# Written by hand or by `code2tla review`. `expires` is the day from which a decision counts no more.
"""


@dataclass(frozen=True, slots=True)
class Decided:
    """All of one file: decisions by kind and id, questions in their order, and guidance for the author."""

    entries: Mapping[Kind, Mapping[str, Decision]] = field(default_factory=lambda: MappingProxyType({}))
    questions: tuple[Question, ...] = ()
    guidance: str = ""

    def of(self, kind: Kind, id_: str) -> Decision | None:
        """The decision about this, if there is one."""
        return self.entries.get(kind, {}).get(id_)


class _Entry(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)

    id: str = Field(min_length=1)
    decision: Literal["accepted", "rejected"]
    reason: str = Field(min_length=1)
    by: str = ""
    on: dt.date | None = None
    expires: dt.date | None = None

    def decided(self, today: dt.date) -> Decision:
        return Decision(
            decision=self.decision,
            reason=self.reason.strip(),
            by=self.by,
            on=self.on.isoformat() if self.on else "",
            expires=self.expires.isoformat() if self.expires else "",
            expired=self.expires is not None and self.expires <= today,
        )


class _Question(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)

    id: str = Field(min_length=1)
    text: str
    about: str = ""
    answer: str = ""


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)

    guidance: str = ""
    finding: tuple[_Entry, ...] = Field(default=(), strict=False)
    assumption: tuple[_Entry, ...] = Field(default=(), strict=False)
    action: tuple[_Entry, ...] = Field(default=(), strict=False)
    property: tuple[_Entry, ...] = Field(default=(), strict=False)
    flag: tuple[_Entry, ...] = Field(default=(), strict=False)
    question: tuple[_Question, ...] = Field(default=(), strict=False)


def read(spec_dir: Path, today: dt.date) -> Decided:
    """What was decided about a specification; nothing where the file is not there. Raises SettingError."""
    values = _validated(_document(spec_dir / FILE_NAME), spec_dir / FILE_NAME)
    entries: dict[Kind, Mapping[str, Decision]] = {
        kind: {entry.id: entry.decided(today) for entry in getattr(values, kind)} for kind in KINDS
    }
    questions = tuple(Question(q.id, q.text.strip(), q.about, q.answer.strip()) for q in values.question)
    return Decided(entries, questions, values.guidance)


def decide(spec_dir: Path, kind: Kind, id_: str, decision: Decision) -> None:
    """Write a decision: in the place of an earlier one about the same, else at the end of its kind.

    Raises SettingError for a file that cannot be read, InputError for one that cannot be written.
    """
    path = spec_dir / FILE_NAME
    document = _document(path)
    entry = _entry_of(document, kind, id_)
    if entry is None:
        entry = _table(id_)
        _array(document, kind).append(entry)
    for key, value in _fields(decision).items():
        if value is None:
            entry.pop(key, None)
        else:
            entry[key] = value
    _write(path, document)


def withdraw(spec_dir: Path, kind: Kind, id_: str) -> bool:
    """Take a decision back; False if there was none. Raises SettingError and InputError as ``decide`` does."""
    path = spec_dir / FILE_NAME
    document = _document(path)
    entries = document.get(kind, [])
    for index, entry in enumerate(entries):
        if entry.get("id") == id_:
            del entries[index]
            if not entries:
                del document[kind]
            _write(path, document)
            return True
    return False


def answer(spec_dir: Path, id_: str, text: str) -> bool:
    """Answer a question; False if it was never asked. Raises SettingError and InputError as ``decide`` does."""
    path = spec_dir / FILE_NAME
    document = _document(path)
    entry = _entry_of(document, "question", id_)
    if entry is None:
        return False
    entry["answer"] = _text(text)
    _write(path, document)
    return True


def ask(spec_dir: Path, questions: Iterable[Question]) -> None:
    """Append the questions that are not there yet, unanswered; writes nothing where all are."""
    path = spec_dir / FILE_NAME
    document = _document(path)
    known = {entry.get("id") for entry in document.get("question", [])}
    new = [q for q in questions if q.id not in known]
    for question in new:
        entry = _table(question.id)
        entry["text"] = _text(question.text)
        if question.about:
            entry["about"] = question.about
        entry["answer"] = ""
        _array(document, "question").append(entry)
    if new:
        _write(path, document)


def _document(path: Path) -> tomlkit.TOMLDocument:
    try:
        return tomlkit.parse(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, NotADirectoryError):
        return tomlkit.parse(_HEAD)
    except (OSError, UnicodeDecodeError) as error:
        raise SettingError(f"{path}: cannot be read ({error}); mend or remove it") from error
    except TOMLKitError as error:
        raise SettingError(f"{path}: not valid TOML: {error}; mend it there") from error


def _validated(document: tomlkit.TOMLDocument, path: Path) -> _File:
    try:
        return _File.model_validate(document.unwrap())
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        where = ".".join(str(part + 1 if isinstance(part, int) else part) for part in first["loc"])
        raise SettingError(f"{path}: {where}: {first['msg'].lower()}; mend it there") from error


def _entry_of(document: tomlkit.TOMLDocument, kind: str, id_: str) -> Any:
    return next((entry for entry in document.get(kind, []) if entry.get("id") == id_), None)


def _array(document: tomlkit.TOMLDocument, kind: str) -> Any:
    if kind not in document:
        document.append(kind, tomlkit.aot())
    return document[kind]


def _table(id_: str) -> Any:
    entry = tomlkit.table()
    entry.trivia.indent = "\n"  # an empty line ahead of it
    entry["id"] = id_
    return entry


def _fields(decision: Decision) -> dict[str, object | None]:
    return {
        "decision": decision.decision,
        "reason": _text(decision.reason),
        "by": decision.by or None,
        "on": dt.date.fromisoformat(decision.on) if decision.on else None,
        "expires": dt.date.fromisoformat(decision.expires) if decision.expires else None,
    }


def _text(text: str) -> Any:
    """A string that reads well in the file: on lines of its own where it has several."""
    clean = text.replace("\r\n", "\n").replace("\r", "\n").strip()
    return tomlkit.string(f"{clean}\n", multiline=True) if "\n" in clean else clean


def _write(path: Path, document: tomlkit.TOMLDocument) -> None:
    text = tomlkit.dumps(document)
    _validated(tomlkit.parse(text), path)
    write_text(path, text)
