"""An author whose every answer is in the transcript before anyone has looked into it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any, NoReturn

from specgen.authoring.transcript import Transcript
from specgen.authoring.types import Author, AuthorUnavailable, Reply, Task, Usage


def request(task: Task, author: str) -> dict[str, Any]:
    """What the transcript holds of a question: who is asked, and all of it."""
    return {
        "author": author,
        "kind": task.kind,
        "subject": task.subject,
        "attempt": task.attempt,
        "prompt": task.prompt,
        "schema": dict(task.schema),
    }


def response(text: str, usage: Usage) -> dict[str, Any]:
    """What the transcript holds of an answer."""
    return {"text": text, "usage": asdict(usage)}


class Recording:
    """The author of a replay: a name and nothing else, since the transcript has all of its answers.

    It is the one of the first run that is recorded, with ``last`` that of the last one.
    """

    model: str | None = None

    def __init__(self, path: Path, last: bool = False) -> None:
        lines = path.read_bytes().rpartition(b"\n")[0].splitlines() or [b"{}"]
        self.name = str(json.loads(lines[-1 if last else 0]).get("request", {}).get("author", "agent"))

    def answer(self, task: Task) -> NoReturn:
        """Raises AuthorUnavailable: what is asked is not in the transcript."""
        raise AuthorUnavailable(f"the transcript has no answer to the {task.kind} task {task.subject!r}")


class Recorded:
    """``author`` with a transcript: what it holds is not asked again, and what is asked is in it before it is used.

    For authors that answer a whole task at once. One that makes several calls for a task keeps them in the transcript
    itself.
    """

    def __init__(self, author: Author, transcript: Transcript) -> None:
        self.name = author.name
        self.model = author.model
        self._author = author
        self._transcript = transcript

    def answer(self, task: Task) -> Reply:
        """The recorded answer, or the author's. Raises TranscriptDiverges, and what the author raises."""

        def ask() -> Mapping[str, Any]:
            reply = self._author.answer(task)
            return response(reply.text, reply.usage)

        found, known = self._transcript.exchange(request(task, self.name), ask)
        usage = Usage(**found.get("usage", {}))
        if known:
            usage = replace(usage, calls=0, cached_calls=1)
        return Reply(str(found.get("text", "")), usage)
