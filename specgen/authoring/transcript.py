"""``transcript.jsonl``: every call to a model or an agent, written before its answer is used."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from specgen.authoring.types import AuthorError, AuthorUnavailable

#: The kind of an entry that says what a run starts from.
START = "start"


class TranscriptUnreadable(AuthorError):
    """A transcript is no JSON lines of this form; the message says which line."""


class TranscriptDiverges(AuthorError):
    """A replay asks something that its transcript does not hold at this place."""


class TranscriptEnds(AuthorUnavailable):
    """A replay has used all of its transcript: the recorded run was not finished."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What a call costs at most, in tokens, written down before it is made."""

    model: str
    input: int
    output: int


def request_digest(request: Mapping[str, Any]) -> str:
    """32 hexadecimal digits that name a request: equal for equal JSON."""
    text = json.dumps(request, sort_keys=True, ensure_ascii=True)
    return hashlib.sha256(text.encode()).hexdigest()[:32]


class Transcript:
    """An append-only file of exchanges, one JSON object a line: ``request``, its ``digest``, and ``response``.

    An exchange that the file holds is answered from it, in any order; the same request made twice in a run is two
    exchanges. With ``replaying``, a request that is not in the file is an error instead of a call. What a run starts
    from, where that is no answer to anything, is an entry as well (``start``).
    A last line cut short by a kill is dropped: its answer was never used.
    """

    def __init__(self, path: Path, replaying: bool = False) -> None:
        self.path = path
        self.replaying = replaying
        #: Calls that were under way when an earlier process ended: nobody has their answers, and somebody may be paid.
        self.lost: list[Asked] = []
        # Each response with the number of its line.
        self._known: dict[str, list[tuple[int, Mapping[str, Any]]]] = {}
        self._start: tuple[int, str, Mapping[str, Any]] = (0, "", {})
        self._read()

    def recorded(self, request: Mapping[str, Any]) -> Mapping[str, Any] | None:
        """The response to the next such request, or None; takes it, so that it is given once."""
        waiting = self._known.get(request_digest(request))
        return waiting.pop(0)[1] if waiting else None

    def start(self, about: Mapping[str, Any], state: Callable[[], Mapping[str, Any]]) -> Mapping[str, Any]:
        """What a run starts from: as it was when the run first began, else ``state()``, which is written down.

        ``about`` tells one run from the next. Only the file's last start counts, since what comes after it was made of
        it. When replaying, raises TranscriptDiverges if that is another run's.
        """
        request = {"kind": START, **about}
        _, digest, known = self._start
        if digest == request_digest(request):
            return known
        if self.replaying:
            raise TranscriptDiverges(f"{self.path}: holds no run that started from what was kept, on this code")
        response = state()
        self.append(request, response)
        return response

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
        begun = self._start[0]
        if self.replaying and not any(number > begun for known in self._known.values() for number, _ in known):
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
        """Write one entry to the disk."""
        self._write({"digest": request_digest(request), "request": request, "response": response})

    def asking(self, request: Mapping[str, Any], asked: Asked) -> None:
        """Write down that a call is about to be made, so that it counts even if this process does not live to tell."""
        self._write({"digest": request_digest(request), "asked": asdict(asked)})

    def _write(self, entry: Mapping[str, Any]) -> None:
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
        under_way: dict[str, Asked] = {}
        for number, line in enumerate(whole.splitlines(), 1):
            try:
                entry = json.loads(line)
                if "asked" in entry:  # calls are made one after another
                    self.lost += under_way.values()
                    under_way = {entry["digest"]: Asked(**entry["asked"])}
                    continue
                under_way.pop(entry["digest"], None)
                if entry["request"].get("kind") == START:  # another run, whose account begins here
                    self.lost, under_way = [], {}
                    self._start = (number, entry["digest"], entry["response"])
                else:
                    self._known.setdefault(entry["digest"], []).append((number, entry["response"]))
            except (ValueError, KeyError, TypeError) as error:
                raise TranscriptUnreadable(f"{self.path}:{number}: is no exchange ({error})") from error
        self.lost += under_way.values()


def _words(request: Mapping[str, Any]) -> str:
    return " ".join(str(request.get(key, "")) for key in ("kind", "subject")).strip() or request_digest(request)
