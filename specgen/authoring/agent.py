"""The author that is somebody else: a coding agent or a person, who answers by another command."""

from __future__ import annotations

from typing import NoReturn

from specgen.authoring.types import AnswerPending, Task


class AgentAuthor:
    """Has no answer of its own: one that is recorded is taken from the transcript before this is asked."""

    name = "agent"
    model: str | None = None

    def answer(self, task: Task) -> NoReturn:
        """Raises AnswerPending with the task."""
        raise AnswerPending(task)
