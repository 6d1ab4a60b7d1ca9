"""What a provider's failure is: one word for it, whether asking again may help, and what a person can do.

Every provider's package has exceptions of its own. They share the HTTP status they came with, and the names that
LangChain and the HTTP clients give their base classes; nothing of any provider is imported here.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal, TypeAlias

FailureKind: TypeAlias = Literal[
    "rate-limit", "quota", "server", "timeout", "connection", "broken", "rejected", "overflow", "denied", "not-found"
]

#: What may pass by itself.
_PASSING = frozenset({"rate-limit", "server", "timeout", "connection", "broken"})

_MEND: Mapping[FailureKind, str] = {
    "rate-limit": "wait a while",
    "quota": "see to the account's credit",
    "server": "wait until the provider has mended it",
    "timeout": "see whether the provider is overloaded, or take a faster model",
    "connection": "see whether the address is right and something answers there",
    "broken": "see whether the address is one of a model server",
    "rejected": "see whether the model takes such requests, or take another",
    "overflow": "take a model with a larger context",
    "denied": "see whether the key is right and may use this model",
    "not-found": "correct the model's name",
}

_BY_STATUS: Mapping[int, FailureKind] = {
    401: "denied", 402: "quota", 403: "denied", 404: "not-found", 408: "timeout", 409: "server", 413: "overflow",
    429: "rate-limit",
}  # fmt: skip

#: What has no status of its own, as providers word it.
_BY_WORDS: tuple[tuple[FailureKind, re.Pattern[str]], ...] = (
    (
        "overflow",
        re.compile(r"context (size|length|window)|prompt is too long|maximum number of tokens", re.IGNORECASE),
    ),
    ("quota", re.compile(r"credit balance is too low", re.IGNORECASE)),
    ("denied", re.compile(r"API key (not valid|expired)", re.IGNORECASE)),
)
#: Where Google says how long to wait: in the body, as seconds.
_RETRY_DELAY = re.compile(r"retryDelay\W+(\d+(?:\.\d+)?)s")

#: What HTTP clients raise before anything is sent.
_UNCONNECTED = frozenset({"ConnectError", "ConnectTimeout"})

#: Names of base classes, from the more to the less telling: LangChain's, then those of httpx and of Python.
_BY_NAME: tuple[tuple[FailureKind, frozenset[str]], ...] = (
    ("overflow", frozenset({"ContextOverflowError"})),
    ("timeout", frozenset({"ModelTimeoutError", "APITimeoutError", "TimeoutException", "TimeoutError"})),
    ("connection", frozenset({"ModelConnectionError", "APIConnectionError", "TransportError", "ConnectionError"})),
    ("denied", frozenset({"ModelAuthenticationError", "ModelPermissionDeniedError"})),
    ("not-found", frozenset({"ModelNotFoundError"})),
    ("rate-limit", frozenset({"ModelRateLimitError"})),
    ("server", frozenset({"ModelAPIError"})),
    ("rejected", frozenset({"ModelInvalidRequestError"})),
)


@dataclass(frozen=True, slots=True)
class Failure:
    """A call that brought no answer. ``retry_after`` is in seconds, None where the provider named no time.

    ``paid`` says that the provider may have worked on the answer, and may want to be paid for it.
    """

    kind: FailureKind
    text: str
    retry_after: float | None = None
    paid: bool = False

    @property
    def passing(self) -> bool:
        """Whether the same request may succeed a little later."""
        return self.kind in _PASSING

    @property
    def mend(self) -> str:
        """What a person can do about it."""
        return _MEND[self.kind]

    def to_json(self) -> dict[str, Any]:
        """As it stands in the transcript."""
        return asdict(self)


def classify(error: BaseException, text: str) -> Failure:
    """The failure behind an exception of a provider's package; ``text`` is its message, already free of keys."""
    names = {cls.__name__ for cls in type(error).__mro__}
    if getattr(error, "code", None) == "insufficient_quota":
        return Failure("quota", text)
    for kind, known in _BY_NAME[:3]:
        if names & known:
            return Failure(kind, text, _retry_after(error), paid=kind != "overflow" and not _never_sent(error))
    for kind, words in _BY_WORDS:
        if words.search(str(error)):
            return Failure(kind, text)
    status = _status(error)
    if status is not None:
        kind = _BY_STATUS.get(status, "server" if status >= 500 else "rejected")
        return Failure(kind, text, _retry_after(error))
    for kind, known in _BY_NAME[3:]:
        if names & known:
            return Failure(kind, text, _retry_after(error))
    return Failure("broken", text, paid=True)


def _never_sent(error: BaseException | None) -> bool:
    """Whether no connection was made at all."""
    while error is not None:
        if {cls.__name__ for cls in type(error).__mro__} & _UNCONNECTED:
            return True
        error = error.__cause__ or error.__context__
    return False


def _status(error: BaseException) -> int | None:
    for name in ("status_code", "code"):
        value = getattr(error, name, None)
        if isinstance(value, int) and value >= 400:
            return value
    return None


def _retry_after(error: BaseException) -> float | None:
    headers: Any = getattr(getattr(error, "response", None), "headers", None) or {}
    try:
        seconds = float(headers.get("retry-after", ""))
    except ValueError:  # none, or a date
        told = _RETRY_DELAY.search(str(error))
        return float(told[1]) if told else None
    return seconds if 0 <= seconds < float("inf") else None
