"""Calls through the transcript: each is recorded with its answer or its failure, and failures are tried again."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import count
from typing import Any

from specgen.authoring.llm.client import CallFailed, Client, prompt_tokens
from specgen.authoring.llm.failures import Failure
from specgen.authoring.llm.ledger import Ledger
from specgen.authoring.transcript import Asked, Transcript, TranscriptDiverges, TranscriptEnds, request_digest
from specgen.authoring.types import AuthorUnavailable

#: Failures that say nothing of the next request.
_OF_THIS_REQUEST = frozenset({"overflow", "rejected"})


class RequestRejected(Exception):
    """The provider takes no request of this form; another form may do."""


@dataclass(frozen=True, slots=True)
class Patience:
    """How often a failing call is made, and how long the pauses are, in seconds.

    They begin at ``pause`` and double, or are as long as the provider asks; a provider that asks for more than
    ``longest_pause`` is not waited for.
    """

    tries: int = 5
    pause: float = 1.0
    longest_pause: float = 120.0


class Calls:
    """Makes calls, each at most once: one that is recorded is answered from the transcript.

    A recorded failure is stepped over. So a run that ended because the provider was away goes on from there, and a
    replay, which can ask nobody, ends where its recording did. Calls that were under way when an earlier process was
    killed count as made, and as dear as they can have been.
    """

    def __init__(
        self,
        client: Client,
        transcript: Transcript,
        ledger: Ledger,
        patience: Patience,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._client = client
        self._transcript = transcript
        self._ledger = ledger
        self._patience = patience
        self._sleep = sleep
        # Models that failed for good: the next task does not wait for them all over again.
        self._away: dict[str, Failure] = {}
        if not transcript.replaying:
            for asked in transcript.lost:
                ledger.lost(asked.model, asked.input, asked.output, calls=1)

    def make(self, question: Mapping[str, Any], formed_anew: bool) -> Mapping[str, Any]:
        """The response to a question (``client.Client.call`` says what both hold).

        Raises RequestRejected where the provider takes no such question and it can be ``formed_anew``,
        AuthorUnavailable after the last try, CapReached and TranscriptDiverges.
        """
        model: str = question["model"]
        failures = 0
        recorded: Failure | None = None
        for attempt in count(1):
            try:
                response, cached = self._exchange({**question, "attempt": attempt})
            except (TranscriptDiverges, TranscriptEnds):
                if recorded is None:
                    raise
                raise _unavailable(model, recorded) from None
            usage = response.get("usage") or {"input": 0, "output": 0}
            self._ledger.called(model, usage["input"], usage["output"], cached)
            if "error" not in response:
                return response
            failure = Failure(**response["error"])
            if failure.paid and not self._transcript.replaying:
                most = _at_most(question)
                self._ledger.lost(model, most.input, most.output)
            if failure.kind == "rejected" and formed_anew:
                raise RequestRejected(failure.text)
            if cached:
                recorded = failure
                continue
            failures += 1
            wait = self._wait(question, failures, failure)
            if not failure.passing or failures >= self._patience.tries or wait > self._patience.longest_pause:
                if failure.kind not in _OF_THIS_REQUEST:
                    self._away[model] = failure
                raise _unavailable(model, failure)
            self._ledger.wait(wait)
            self._sleep(wait)
        raise AssertionError("count() does not end")

    def _exchange(self, request: Mapping[str, Any]) -> tuple[Mapping[str, Any], bool]:
        def ask() -> Mapping[str, Any]:
            if away := self._away.get(request["model"]):
                raise _unavailable(request["model"], away)
            most = _at_most(request)
            self._ledger.before(most.model, most.input, most.output)
            self._client.set_up(request)
            self._transcript.asking(request, most)
            try:
                return self._client.call(request)
            except CallFailed as failed:
                return {"error": failed.failure.to_json()}

        return self._transcript.exchange(request, ask)

    def _wait(self, question: Mapping[str, Any], failures: int, failure: Failure) -> float:
        """Seconds: what the provider asks for, else doubling, of which the question's digest takes up to a half off."""
        if failure.retry_after is not None:
            return failure.retry_after
        share = 1 - int(request_digest(question)[:4], 16) / 0xFFFF / 2
        return share * min(self._patience.pause * 2.0 ** (failures - 1), self._patience.longest_pause)


def _at_most(request: Mapping[str, Any]) -> Asked:
    """What a call can cost: its prompt, and the longest answer."""
    return Asked(request["model"], prompt_tokens(request), request["max_tokens"])


def _unavailable(model: str, failure: Failure) -> AuthorUnavailable:
    asks = f" (it asks to wait {failure.retry_after:g} s)" if failure.retry_after else ""
    return AuthorUnavailable(
        f"{model}: {failure.kind}: {failure.text}{asks}; {failure.mend}; the same command goes on from here"
    )
