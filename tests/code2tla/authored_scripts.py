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
