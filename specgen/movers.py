"""Which accesses commute with what other callers do: R. J. Lipton, "Reduction", CACM 18(12), 1975.

``I`` reads what nobody ever writes; ``B`` moves both ways (its variables are only touched under one common
lock); ``R`` moves right (an acquire), ``L`` left (a release); ``N`` does not move. A run of right movers, at
most one ``N``, then left movers, with any ``I`` and ``B`` between, can be taken for one atomic step.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias

from specgen.expr import Var
from specgen.flow import reachable, successors
from specgen.ir import Access, Node, Program
from specgen.value_types import IntT

Mover: TypeAlias = Literal["I", "B", "R", "L", "N"]

_WRITES = frozenset({"write", "update", "acquire", "release"})
_DEEPEST = 3


@dataclass(frozen=True, slots=True)
class Movers:
    """The class of every access group, by the key that ``key`` gives."""

    classes: Mapping[frozenset[int], Mover]

    def of(self, node: Node) -> Mover | None:
        """The class of the node's access group; None if the node touches nothing shared."""
        return self.classes[groups(node)] if node.accesses else None


def groups(node: Node) -> frozenset[int]:
    """The access groups that the node belongs to."""
    return frozenset(a.group for a in node.accesses)


def analyse(program: Program) -> Movers:
    """The class of every access group of the program, from the locks held at each access."""
    locks = frozenset(v.name for v in program.vars if v.lock and not isinstance(v.ty, IntT))
    outside = {name for action in program.env for name, _ in action.updates}
    written: set[str] = set()
    holding: dict[str, frozenset[str]] = {}
    writing: dict[str, frozenset[str]] = {}
    grouped: dict[frozenset[int], list[tuple[Access, frozenset[str]]]] = {}
    for operation in program.operations:
        ids = reachable(program, operation)
        held = _held(program, operation.entry, ids, locks)
        at_once = _groups_with_locks(program, ids, locks)
        for n in ids:
            node = program.nodes[n]
            owned = held[n] | at_once.get(groups(node), frozenset())
            fresh = {a.var for a in node.accesses if a.mode == "fresh"}
            if isinstance(node.target, Var) and node.target.name not in fresh:
                written.add(node.target.name)
            for access in node.accesses:
                if access.mode in _WRITES:
                    written.add(access.var)
                    writing[access.var] = writing.get(access.var, owned) & owned
                if access.mode != "fresh":
                    holding[access.var] = holding.get(access.var, owned) & owned
            grouped.setdefault(groups(node), []).extend((access, owned) for access in node.accesses)

    def one(access: Access, owned: frozenset[str]) -> Mover:
        if access.var in outside:
            return "N"
        if access.mode == "fresh":
            return "B"
        if access.var not in written:
            return "I"
        if holding[access.var]:
            return "B"
        if access.mode == "read" and owned & writing.get(access.var, frozenset()):
            # Whoever writes holds a lock that is held here too: nothing can change in between.
            return "B"
        return "R" if access.mode == "acquire" else "L" if access.mode == "release" else "N"

    return Movers({key: _together(one(*touch) for touch in touches) for key, touches in grouped.items() if touches})


def _together(movers: Iterable[Mover]) -> Mover:
    """The class of accesses that happen at one moment."""
    kinds = set(movers)
    if "N" in kinds or {"R", "L"} <= kinds:
        return "N"
    for mover in ("R", "L", "B"):
        if mover in kinds:
            return mover
    return "I"


def _groups_with_locks(program: Program, ids: list[int], locks: frozenset[str]) -> dict[frozenset[int], frozenset[str]]:
    """The locks that a group waits for and takes, or gives back: the rest of the group happens while they are held."""
    waiting = {groups(program.nodes[n]) for n in ids if program.nodes[n].kind == "guard"}
    out: dict[frozenset[int], frozenset[str]] = {}
    for n in ids:
        node = program.nodes[n]
        for access in node.accesses:
            if not isinstance(node.target, Var) or node.target.name != access.var or access.var not in locks:
                continue
            if access.mode == "release" or (access.mode == "acquire" and groups(node) in waiting):
                out[groups(node)] = out.get(groups(node), frozenset()) | {access.var}
    return out


def _held(program: Program, entry: int, ids: list[int], locks: frozenset[str]) -> dict[int, frozenset[str]]:
    """The locks certainly held when each node is reached; a lock taken twice must be released twice."""
    at: dict[int, dict[str, int]] = {entry: {}}
    work = [entry]
    while work:
        n = work.pop()
        node = program.nodes[n]
        after = dict(at[n])
        for access in node.accesses:
            if access.var not in locks:
                continue
            takes = isinstance(node.target, Var) and node.target.name == access.var
            if access.mode == "acquire" and takes:
                after[access.var] = min(after.get(access.var, 0) + 1, _DEEPEST)
            elif access.mode == "release" and takes:
                after[access.var] = max(after.get(access.var, 0) - 1, 0)
        for m in successors(node):
            if m not in at:
                at[m] = dict(after)
            else:
                met = {k: min(v, after.get(k, 0)) for k, v in at[m].items()}
                if met == at[m]:
                    continue
                at[m] = met
            work.append(m)
    return {n: frozenset(k for k, v in at.get(n, {}).items() if v) for n in ids}
