"""Which models a transcript was recorded with: a replay of it needs no other word about models."""

from __future__ import annotations

import json
from pathlib import Path

from specgen.authoring.llm.author import PLANNING, Models


def recorded_models(transcript: Path) -> tuple[Models, int] | None:
    """The models that answered and the longest answer they were allowed; None where no model did.

    The lines of the file are exchanges already: ``Transcript`` has read them.
    """
    by_role: dict[str, str] = {}
    answer_tokens = 0
    for line in transcript.read_bytes().rpartition(b"\n")[0].splitlines():
        request = json.loads(line).get("request", {})
        if "model" in request and "max_tokens" in request:
            by_role.setdefault("planner" if request.get("kind") in PLANNING else "writer", request["model"])
            answer_tokens = request["max_tokens"]
    if not by_role:
        return None
    planner, writer = by_role.get("planner"), by_role.get("writer")
    return Models(writer or planner or "", planner or writer or ""), answer_tokens
