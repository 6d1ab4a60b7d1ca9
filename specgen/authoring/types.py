"""The seam between the pipeline and whoever writes a specification: one task, one answer.

The writing loop is a function of its inputs and of the answers it is given. Every exchange is in the transcript before
its answer is used, so that an interrupted run, run again, asks nothing twice; a replay is a run whose answers are all
in the transcript; and an author that cannot answer at once (a coding agent) raises ``AnswerPending``, to be asked again
when its answer has been recorded.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol, TypeAlias

TaskKind: TypeAlias = Literal[
    "plan", "architecture", "properties", "action", "property", "mend", "violation", "history"
]


@dataclass(frozen=True, slots=True)
class Task:
    """One question.

    ``subject`` is what it is about (an action's or a property's name, a commit; "" for the whole feature), ``prompt``
    all that is asked, evidence included, ``schema`` the JSON Schema of the answer. ``attempt`` counts from 1; a later
    attempt's prompt says what was wrong with the earlier answer. With ``explores`` the author may look around with
    the read-only tools before it answers.
    """

    kind: TaskKind
    subject: str
    prompt: str
    schema: Mapping[str, Any]
    attempt: int = 1
    explores: bool = False

    def digest(self) -> str:
        """32 hexadecimal digits that name this question: equal for equal prompt and schema."""
        text = json.dumps([self.kind, self.subject, self.prompt, dict(self.schema), self.attempt], sort_keys=True)
        return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:32]


@dataclass(frozen=True, slots=True)
class Usage:
    """What answers cost: calls made now, calls answered from the transcript, tokens, US dollars (None: not known).

    ``lost_calls`` brought no answer and may have been paid for all the same, with ``lost_tokens`` and ``lost_usd`` at
    most; those of earlier processes of the run are among them.
    """

    calls: int = 0
    cached_calls: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    usd: float | None = 0.0
    lost_calls: int = 0
    lost_tokens: int = 0
    lost_usd: float | None = 0.0

    def __add__(self, other: Usage) -> Usage:
        return Usage(
            self.calls + other.calls,
            self.cached_calls + other.cached_calls,
            self.input_tokens + other.input_tokens,
            self.output_tokens + other.output_tokens,
            _together(self.usd, other.usd),
            self.lost_calls + other.lost_calls,
            self.lost_tokens + other.lost_tokens,
            _together(self.lost_usd, other.lost_usd),
        )


def _together(one: float | None, other: float | None) -> float | None:
    """A sum, not known where a part of it is not."""
    return None if one is None or other is None else one + other


@dataclass(frozen=True, slots=True)
class Reply:
    """An author's answer to one task as it came: JSON text that nobody has looked into, and what it cost."""

    text: str
    usage: Usage = field(default_factory=Usage)


class AuthorError(Exception):
    """An author gives no answer; one line says what happened and what to do.

    ``usage`` is what was spent on the answer that did not come.
    """

    usage = Usage()


class AnswerPending(AuthorError):
    """The author answers later, by another command; ``task`` is what it was asked."""

    def __init__(self, task: Task) -> None:
        super().__init__(f"the {task.kind} task {task.subject!r} waits for its answer")
        self.task = task


class CapReached(AuthorError):
    """A limit on calls, tokens, money, minutes, repairs or rounds is reached; nothing more is asked."""


class AuthorUnavailable(AuthorError):
    """The provider refuses, fails again and again, or cannot be reached."""


class Author(Protocol):
    """Whoever answers tasks: a model, a coding agent, or a script of answers."""

    @property
    def name(self) -> str:
        """What the result calls it: llm, agent."""
        ...

    @property
    def model(self) -> str | None:
        """The models that answer, if any do."""
        ...

    def answer(self, task: Task) -> Reply:
        """Answer one task. Raises AnswerPending, CapReached and AuthorUnavailable."""
        ...
