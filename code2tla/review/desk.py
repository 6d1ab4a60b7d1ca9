"""What lies on the reviewer's desk: one result, what may be decided in it, and the file that takes it down."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, StringConstraints

from code2tla import decisions, obeying
from code2tla.decisions import Kind
from code2tla.source import Lines
from reports import html
from reports.result import Decision, Result

_ASSETS = Path(__file__).parent

Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=10_000)]
Short = Annotated[str, StringConstraints(strip_whitespace=True, max_length=200)]


class Decide(BaseModel):
    """A decision as the page sends it."""

    model_config = ConfigDict(extra="forbid")

    kind: Kind
    id: str
    decision: Literal["accepted", "rejected"]
    reason: Text
    by: Short = ""
    expires: dt.date | None = None


class Withdraw(BaseModel):
    """A decision taken back."""

    model_config = ConfigDict(extra="forbid")

    kind: Kind
    id: str


class Answer(BaseModel):
    """An answer to a question."""

    model_config = ConfigDict(extra="forbid")

    id: str
    answer: Text


class Unknown(Exception):
    """The page speaks of something that the result does not hold."""


class Desk:
    """One specification directory under review. Every method that writes raises SettingError or InputError."""

    def __init__(self, spec_dir: Path, result: Result, lines: Lines, paths: list[str]) -> None:
        self._spec_dir = spec_dir
        self._result = result
        self._files = lines.files(paths)
        self._known = obeying.subjects(result)

    def page(self) -> str:
        """The report as it is with everything decided so far."""
        result = obeying.obeyed(self._result, decisions.read(self._spec_dir, _today()))
        decisions.ask(self._spec_dir, obeying.open_questions(result))
        hooks = html.ReviewHooks(
            script=(_ASSETS / "review.js").read_text(encoding="utf-8"),
            style=(_ASSETS / "review.css").read_text(encoding="utf-8"),
        )
        return html.render(result, self._files, hooks)

    def decide(self, asked: Decide) -> None:
        """Take a decision down. Raises Unknown."""
        self._check(asked.kind, asked.id)
        expires = asked.expires.isoformat() if asked.expires else ""
        made = Decision(asked.decision, asked.reason, asked.by, _today().isoformat(), expires)
        decisions.decide(self._spec_dir, asked.kind, asked.id, made)

    def withdraw(self, asked: Withdraw) -> None:
        """Strike a decision out. Raises Unknown if there is none."""
        if not decisions.withdraw(self._spec_dir, asked.kind, asked.id):
            raise Unknown(f"there is no decision on the {asked.kind} {asked.id}")

    def answer(self, asked: Answer) -> None:
        """Take an answer down. Raises Unknown."""
        if not decisions.answer(self._spec_dir, asked.id, asked.answer):
            raise Unknown(f"nobody asked {asked.id}")

    def _check(self, kind: Kind, id_: str) -> None:
        if id_ not in self._known[kind]:
            raise Unknown(f"the result has no {kind} {id_}")


def _today() -> dt.date:
    return dt.datetime.now().astimezone().date()
