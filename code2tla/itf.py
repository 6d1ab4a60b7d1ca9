"""A counterexample as ITF, Apalache's Informal Trace Format, with every value in its own type.

https://apalache-mc.org/docs/adr/015adr-trace.html has the format. TLC prints a record and a function of strings
alike, and a tuple and a sequence: both come out as what a specification of this tool means by them, an object and a
list. A model value is a string in Apalache's notation for values that are only told apart (``v1_OF_MODELVALUE``).
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from code2tla.checked import Finding
from code2tla.trace import Context, transition
from tlc_runner.types import Function, ModelValue, State

FORMAT_DESCRIPTION = "https://apalache-mc.org/docs/adr/015adr-trace.html"


def files(context: Context, findings: Iterable[Finding]) -> dict[str, str]:
    """Return a file for each finding, by its path in the specification directory: ``traces/<Property>.itf.json``."""
    return {f"traces/{f.property.name}.itf.json": dumps(context, f) for f in findings if f.trace}


def dumps(context: Context, finding: Finding) -> str:
    """Return the trace of ``finding`` as ITF; ends with a newline.

    Each state's ``#meta`` says which action led to it and, where that is known, which process and source line.
    """
    states = finding.trace
    head = {
        "#meta": {
            "format": "ITF",
            "format-description": FORMAT_DESCRIPTION,
            "description": f"A shortest trace to a state that violates {finding.property.name}",
            "source": f"{context.spec.module}.tla",
        },
        "vars": list(states[0].values),
    }
    rows = [
        {"#meta": _meta(context, states[index - 1] if index else None, state, index), **_values(context, state)}
        for index, state in enumerate(states)
    ]
    # A line a state: small enough to commit, and two traces still differ line by line.
    return f'{json.dumps(head)[:-1]}, "states": [\n{f",{chr(10)}".join(map(json.dumps, rows))}\n]}}\n'


def value(item: object) -> Any:
    """Return one TLA+ value in ITF's JSON."""
    match item:
        case bool() | str():
            return item
        case int():
            return {"#bigint": str(item)}
        case ModelValue(name=name):
            return f"{name}_OF_MODELVALUE"
        case tuple():
            return [value(each) for each in item]
        case frozenset():
            return {"#set": sorted((value(each) for each in item), key=json.dumps)}
        case Function(pairs=pairs) if all(isinstance(key, str) and not key.startswith("#") for key, _ in pairs):
            return {str(key): value(each) for key, each in pairs}
        case Function(pairs=pairs):
            return {"#map": [[value(key), value(each)] for key, each in pairs]}
    return {"#unserializable": str(item)}


def _values(context: Context, state: State) -> dict[str, Any]:
    return {name: _dict(each) if name in context.dicts else value(each) for name, each in state.values.items()}


def _dict(item: object) -> Any:
    """A dict is a map, whatever its keys; TLC prints one without entries, or with the keys 1 to n, as a sequence."""
    match item:
        case tuple():
            return {"#map": [[value(key), value(each)] for key, each in enumerate(item, 1)]}
        case Function(pairs=pairs):
            return {"#map": [[value(key), value(each)] for key, each in pairs]}
    return value(item)


def _meta(context: Context, before: State | None, state: State, index: int) -> dict[str, Any]:
    meta: dict[str, Any] = {"index": index}
    if state.action:
        meta["action"] = state.action
    move = transition(context, before, state) if before else None
    if move and move.action:
        meta["action"] = move.action.name
        meta["process"] = str(getattr(move.process, "name", move.process))
        if move.action.sources:
            at = move.action.sources[0]
            meta["source"] = {"path": at.path, "line": at.line, "end_line": at.end_line}
    return meta
