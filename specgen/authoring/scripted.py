"""An author that answers from a script: for tests, for replays by hand, and to show a run without a model."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from specgen.authoring.types import AuthorUnavailable, Reply, Task, Usage


class ScriptUnreadable(AuthorUnavailable):
    """A script is no JSON list of answers; the message says where."""


class ScriptedAuthor:
    """Gives the answers of a list in order, or what a function of the task gives.

    An answer is text as it is, or data that becomes JSON; ``$subject`` in it stands for what the task is about.
    ``log``, if given, is a file that gets a line per answer.
    """

    name = "scripted"
    model: str | None = None

    def __init__(self, answers: Iterable[Any] | Callable[[Task], Any], log: Path | None = None) -> None:
        self._next = answers if callable(answers) else _in_order(answers)
        self._log = log

    @classmethod
    def of(cls, path: Path, log: Path | None = None) -> ScriptedAuthor:
        """From a JSON file: an object that maps ``kind subject`` or ``kind`` to an answer or a list of attempts."""
        try:
            script = json.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise ScriptUnreadable(f"{path}: is no script of answers ({error})") from error
        if not isinstance(script, dict):
            raise ScriptUnreadable(f"{path}: is no JSON object from tasks to answers")
        return cls(by_name(script), log)

    def answer(self, task: Task) -> Reply:
        """The next answer. Raises AuthorUnavailable when the script has none."""
        given = self._next(task)
        if self._log is not None:
            with self._log.open("a", encoding="utf-8") as file:
                file.write(f"{task.kind} {task.subject} {task.attempt} {task.digest()}\n")
        text = (given if isinstance(given, str) else json.dumps(given)).replace("$subject", task.subject)
        return Reply(text, Usage(calls=1))


def by_name(script: Mapping[str, Any]) -> Callable[[Task], Any]:
    """Answers by ``kind subject``, else by ``kind``; a list holds one for each attempt, the last for all later ones."""

    def find(task: Task) -> Any:
        for key in (f"{task.kind} {task.subject}", task.kind):
            if key in script:
                found = script[key]
                return found[min(task.attempt, len(found)) - 1] if isinstance(found, list) else found
        raise AuthorUnavailable(f"the script has no answer to the {task.kind} task {task.subject!r}")

    return find


def _in_order(answers: Iterable[Any]) -> Callable[[Task], Any]:
    waiting = iter(answers)
    ended = object()

    def find(task: Task) -> Any:
        found = next(waiting, ended)
        if found is ended:
            raise AuthorUnavailable(f"the script ends before the {task.kind} task {task.subject!r}")
        return found

    return find
