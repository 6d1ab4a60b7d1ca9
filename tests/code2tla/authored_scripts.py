"""Scripts of answers that the tests of written specifications share: a counter whose reset takes no lock."""

from __future__ import annotations

import copy
from typing import Any

SOURCE = '''\
"""A counter whose reset forgets the lock."""

import threading


class Counter:
    def __init__(self):
        self.lock = threading.Lock()
        self.n = 0

    def add(self):
        with self.lock:
            self.n += 1
            return self.n

    def reset(self):
        self.n = 0
'''


def lines(first: int, last: int | None = None) -> dict[str, Any]:
    return {"path": "counter.py", "line": first, "end_line": last or first}


def prop(name: str, kind: str, words: str) -> dict[str, Any]:
    return {"name": name, "kind": kind, "words": words, "sources": [lines(12, 14)]}


def action(definition: str, *abstractions: str) -> dict[str, Any]:
    return {
        "definition": definition,
        "reads": [],
        "writes": [],
        "abstractions": list(abstractions),
        "reason": "as the code does",
    }


def judged(classification: str, *change: str, line: int = 17, quote: str = "self.n = 0", **more: str) -> dict[str, Any]:
    return {
        "classification": classification,
        "reason": "the line shows it",
        "evidence": [{"path": "counter.py", "line": line, "quote": quote}],
        "change": list(change),
        "instruction": more.get("instruction", ""),
        "assumption": more.get("assumption", ""),
    }


ADD = "add_13(w) ==\n    /\\ w \\notin done\n    /\\ n' = n + 1\n    /\\ done' = done \\cup {w}"
RESET = "reset_17 ==\n    /\\ n' = 0\n    /\\ UNCHANGED done"

FROM_FACTS: dict[str, Any] = {
    "plan": {
        "title": "A counter that many threads add to",
        "constants": [{"name": "Workers", "meaning": "the threads", "values": ["{w1, w2}", "{w1, w2, w3}"]}],
        "variables": [
            {
                "name": "n",
                "meaning": "the count",
                "target": "self.n",
                "type_ok": "n \\in 0..3",
                "init": "n = 0",
                "source": lines(9),
            },
            {
                "name": "done",
                "meaning": "the threads that have added",
                "target": "",
                "type_ok": "done \\subseteq Workers",
                "init": "done = {}",
                "source": None,
            },
        ],
        "helpers": [],
        "actions": [
            {
                "name": "add_13",
                "purpose": "adds one under the lock",
                "parameters": [{"name": "w", "range": "Workers"}],
                "sources": [lines(12, 14)],
            },
            {"name": "reset_17", "purpose": "starts again, without the lock", "parameters": [], "sources": [lines(17)]},
        ],
        "properties": [prop("NoLoss", "invariant", "it counts every thread that has added")],
        "left_out": [{"what": "the value that add returns", "why": "nobody else sees it"}],
    },
    "architecture": {"document": "# Counter\n\nThreads share `self.n`."},
    "properties": {
        "document": "# Properties\n\n1. NoLoss",
        "properties": [
            prop("NoLoss", "invariant", "it counts every thread that has added"),
            prop("AllAdd", "temporal", "every thread adds in the end"),
        ],
        "fairness": [{"action": "add_13", "strength": "weak", "why": "threads run"}],
    },
    "action add_13": action(ADD),
    "action reset_17": action(RESET),
    "property NoLoss": {"definition": "NoLoss == n = Cardinality(done)", "reason": ""},
    "property AllAdd": {"definition": "AllAdd == <>(done = Workers)", "reason": ""},
    "violation NoLoss": judged("code"),
    "history": {
        "mechanisms": [
            {"commit": "$subject", "modelled": True, "actions": ["add_13"], "change": [], "reason": "one step"},
        ],
        "new_actions": [],
        "new_properties": [],
    },
}


def script(**changes: Any) -> dict[str, Any]:
    """The script with other answers; ``plan__actions`` stands for a part of one, blanks in names for ``_OF_``."""
    made = copy.deepcopy(FROM_FACTS)
    for key, value in changes.items():
        name = key.replace("_OF_", " ")
        made[name] = value
    return made


#: The counter as it is after a commit: a reset takes the lock, and counts itself.
LATER = SOURCE.replace(
    "        self.n = 0\n\n    def add", "        self.n = 0\n        self.resets = 0\n\n    def add"
).replace(
    "    def reset(self):\n        self.n = 0",
    "    def reset(self):\n        with self.lock:\n            self.n = 0\n            self.resets += 1",
)


def updated(**changes: Any) -> dict[str, Any]:
    """The plan brought up to date with a count of resets, which takes a variable more."""
    resets = {
        "name": "resets",
        "meaning": "how often it was reset",
        "target": "self.resets",
        "type_ok": "resets \\in 0..2",
        "init": "resets = 0",
        "source": lines(10),
    }
    shown = [{"path": "counter.py", "line": 20, "quote": "self.resets += 1"}]
    told = {"names": ["resets", "CountsUntilReset"], "reason": "it counts its resets", "evidence": shown, "commit": ""}
    return {
        "title": "A counter that many threads add to, and that counts its resets",
        "constants": [],
        "variables": [resets],
        "helpers": [],
        "actions": [],
        "properties": [
            prop("CountsUntilReset", "invariant", "until it is reset it counts every thread that has added")
        ],
        "fairness": [],
        "remove": [],
        "left_out": [{"what": "the value that add returns", "why": "nobody else sees it"}],
        "reasons": [told],
    } | changes


#: What brings the specification up to date with it.
UPDATE: dict[str, Any] = {
    "violation NoLoss": judged("code", line=19),
    "plan": updated(),
    "architecture": {"document": "# Counter\n\nThreads share `self.n` and `self.resets`."},
    "properties": {"document": "# Properties\n\n1. NoLoss\n2. CountsUntilReset"},
    "mend reset_17": action(
        "reset_17 ==\n    /\\ resets < 2\n    /\\ resets' = resets + 1\n    /\\ n' = 0\n    /\\ UNCHANGED done"
    ),
    "property CountsUntilReset": {
        "definition": "CountsUntilReset == resets = 0 => n = Cardinality(done)",
        "reason": "",
    },
}
