"""``transcript.jsonl``: every call to a model or an agent, written before its answer is used."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from specgen.authoring.types import AuthorError, AuthorUnavailable


class TranscriptUnreadable(AuthorError):
    """A transcript is no JSON lines of this form; the message says which line."""


class TranscriptDiverges(AuthorError):
    """A replay asks something that its transcript does not hold at this place."""


class TranscriptEnds(AuthorUnavailable):
    """A replay has used all of its transcript: the recorded run was not finished."""


def request_digest(request: Mapping[str, Any]) -> str:
    """32 hexadecimal digits that name a request: equal for equal JSON."""
    text = json.dumps(request, sort_keys=True, ensure_ascii=True)
    return hashlib.sha256(text.encode()).hexdigest()[:32]


class Transcript:
    """An append-only file of exchanges, one JSON object a line: ``request``, its ``digest``, and ``response``.

    An exchange that the file holds is answered from it, in any order; the same request made twice in a run is two
    exchanges. With ``replaying``, a request that is not in the file is an error instead of a call.
    A last line cut short by a kill is dropped: its answer was never used.
    """

    def __init__(self, path: Path, replaying: bool = False) -> None:
        self.path = path
        self.replaying = replaying
        self._known: dict[str, list[Mapping[str, Any]]] = {}
        self._read()

    def recorded(self, request: Mapping[str, Any]) -> Mapping[str, Any] | None:
        """The response to the next such request, or None; takes it, so that it is given once."""
        waiting = self._known.get(request_digest(request))
        return waiting.pop(0) if waiting else None

    def exchange(
        self, request: Mapping[str, Any], ask: Callable[[], Mapping[str, Any]]
    ) -> tuple[Mapping[str, Any], bool]:
        """The response to ``request``, and whether it came from the file.

        When replaying a request that is not there, raises TranscriptEnds if nothing is left of the file and
        TranscriptDiverges if something is; and whatever ``ask`` raises.
        """
        known = self.recorded(request)
        if known is not None:
            return known, True
        if self.replaying and not any(self._known.values()):
            raise TranscriptEnds(f"{self.path}: the recorded run ended here ({_words(request)})")
        if self.replaying:
            raise TranscriptDiverges(
                f"{self.path}: holds no answer to what is asked now ({_words(request)}); the code, the prompts or the "
                "tool have changed since it was recorded"
            )
        response = ask()
        self.append(request, response)
        return response, False

    def append(self, request: Mapping[str, Any], response: Mapping[str, Any]) -> None:
        """Write one exchange to the disk."""
        entry = {"digest": request_digest(request), "request": request, "response": response}
        line = json.dumps(entry, ensure_ascii=True) + "\n"
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with self.path.open("ab") as file:
            file.write(line.encode())
            file.flush()
            os.fsync(file.fileno())

    def _read(self) -> None:
        if not self.path.exists():
            return
        raw = self.path.read_bytes()
        whole, _, rest = raw.rpartition(b"\n")
        if rest and not self.replaying:
            with self.path.open("r+b") as file:
                file.truncate(len(raw) - len(rest))
        for number, line in enumerate(whole.splitlines(), 1):
            try:
                entry = json.loads(line)
                self._known.setdefault(entry["digest"], []).append(entry["response"])
            except (ValueError, KeyError, TypeError) as error:
                raise TranscriptUnreadable(f"{self.path}:{number}: is no exchange ({error})") from error


def _words(request: Mapping[str, Any]) -> str:
    return " ".join(str(request.get(key, "")) for key in ("kind", "subject")).strip() or request_digest(request)
