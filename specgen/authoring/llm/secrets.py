"""Keys stay out of everything that is written: transcripts, errors, logs."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

_NAMED_LIKE_A_KEY = re.compile(r"(API_?KEY|TOKEN|SECRET|PASSWORD|CREDENTIALS)$", re.IGNORECASE)
_USER_IN_URL = re.compile(r"(?<=://)[^/@\s]+@")
_SHORTEST = 8
_HIDDEN = "[hidden]"


class Redactor:
    """Takes out of a text what the environment holds under a name like a key's, and users and passwords of URLs."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        values = {v for k, v in environ.items() if _NAMED_LIKE_A_KEY.search(k) and len(v) >= _SHORTEST}
        # The longest first: one key may begin with another.
        self._values = sorted(values, key=len, reverse=True)

    def text(self, text: str) -> str:
        """The text without them."""
        for value in self._values:
            text = text.replace(value, _HIDDEN)
        return _USER_IN_URL.sub("", text)

    def json(self, value: Any) -> Any:
        """A JSON value whose strings are all free of them."""
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, dict):
            return {self.text(key): self.json(part) for key, part in value.items()}
        if isinstance(value, list):
            return [self.json(part) for part in value]
        return value
