"""Names of places and steps: ``at[c] = "hold:14"`` and ``hold_14``."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import count

from specgen.ir import Node, Operation, Program
from specgen.tree import Place, Step
from specgen.words import RESERVED


def identifier(text: str) -> str:
    """The text as a TLA+ identifier."""
    name = re.sub(r"\W", "_", text, flags=re.ASCII)
    return name if re.search(r"[A-Za-z]", name) and not name.startswith(("WF_", "SF_")) else f"x_{name}"


def fresh(name: str, taken: frozenset[str] | set[str]) -> str:
    """The name, lengthened until it is new."""
    while name in taken or name in RESERVED:
        name += "_"
    return name


def name_places(
    program: Program, steps: Sequence[Step], taken: frozenset[str]
) -> tuple[dict[tuple[str, Place], str], dict[int, str]]:
    """Label of every place of an operation and name of every step (by index), all of them distinct."""
    labels: dict[tuple[str, Place], str] = {}
    actions: dict[int, str] = {}
    stems: dict[tuple[str, Place], str] = {}
    used_labels: set[str] = set()
    used: set[str] = set(taken)
    operations = {o.name: o for o in program.operations}
    for i, step in enumerate(steps):
        key = (step.operation, step.place)
        if key not in stems:
            node = program.nodes[step.place.node]
            stem, label = _stem(operations[step.operation], node)
            full, action = next(
                (full, action)
                for full, action in _candidates(label, stem, _does(program, step))
                if full not in used_labels and action not in used and action not in RESERVED
            )
            used_labels.add(full)
            used.add(action)
            labels[key], stems[key] = full, action
            actions[i] = action
        if step.alternative is not None:
            name = f"{stems[key]}_{step.alternative}"
            while name in used:
                name += "_b"
            used.add(name)
            actions[i] = name
        elif i not in actions:
            actions[i] = fresh(stems[key], used)
            used.add(actions[i])
    return labels, actions


def _candidates(label: str, stem: str, does: str) -> Iterator[tuple[str, str]]:
    """Labels and action names: the bare one, one that says what is done, then lettered and numbered ones."""
    yield label, stem
    for suffix in (does, *"bcdefghijklmnopqrstuvwxyz"):
        yield f"{label}.{suffix}", f"{stem}_{suffix}"
    for n in count(27):
        yield f"{label}.{n}", f"{stem}_{n}"


def _stem(operation: Operation, node: Node) -> tuple[str, str]:
    own = operation.qualname.rsplit(".", 1)[-1]
    if node.function in {own, operation.name, operation.qualname}:
        return f"{operation.name}_{node.line}", f"{operation.name}:{node.line}"
    inner = identifier(node.function.rsplit(".", 1)[-1].strip("_") or "inner")
    return f"{operation.name}_{inner}_{node.line}", f"{operation.name}:{node.line}"


_FIRST: Mapping[str, str] = {
    "read": "read",
    "write": "write",
    "update": "write",
    "acquire": "acquire",
    "release": "release",
}


def _does(program: Program, step: Step) -> str:
    """What the step does first: read, write, acquire, release, wait or resume."""
    start = program.nodes[step.place.node]
    if start.kind == "suspend":
        return "resume"
    for n in step.nodes:
        node = program.nodes[n]
        if node.kind == "guard" and not any(a.mode == "acquire" for a in node.accesses):
            return "wait"
        modes = [a.mode for a in node.accesses]
        for mode in ("acquire", "release", "update", "write", "read"):
            if mode in modes:
                return _FIRST[mode]
    return "go_on"
