"""The ledger: every change to what had been accepted, and which of them make a pass mean less."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

from specgen.authoring import tla

FlagKind: TypeAlias = Literal["weakened-property", "vanished-action", "widened-bound", "hole"]


@dataclass(frozen=True, slots=True)
class Proof:
    """A line of the target, word for word; it was compared with the file."""

    path: str
    line: int
    quote: str


@dataclass(frozen=True, slots=True)
class Entry:
    """One change. ``old`` is "" for what was not there, ``new`` for what is no more.

    ``subject`` is the kind of thing: action, property, type, fairness. ``flag`` says what it takes from a pass, "" for
    nothing.
    """

    number: int
    subject: str
    name: str
    old: str
    new: str
    reason: str
    evidence: tuple[Proof, ...] = ()
    flag: FlagKind | Literal[""] = ""


class Ledger:
    """Entries in the order in which the changes were made; nothing is ever taken back."""

    def __init__(self) -> None:
        self.entries: list[Entry] = []

    def record(
        self,
        subject: str,
        name: str,
        old: str,
        new: str,
        reason: str,
        evidence: Sequence[Proof] = (),
        flag: FlagKind | Literal[""] = "",
    ) -> None:
        """Add an entry, unless nothing changed."""
        if tla.normal(old) != tla.normal(new) or flag:
            self.entries.append(
                Entry(len(self.entries) + 1, subject, name, old, new, reason[:1_500], tuple(evidence), flag)
            )

    @property
    def flags(self) -> tuple[Entry, ...]:
        """The last entry of each thing and kind that is flagged."""
        last = {(e.flag, e.name): e for e in self.entries if e.flag}
        return tuple(last.values())


def weakened(name: str, old: str, new: str) -> bool:
    """Whether a property may say less than it did: true unless it only gained conjuncts.

    A comparison of texts cannot show that two formulas mean the same, so whatever is not plainly stronger counts.
    """
    before, after = _conjuncts(name, old), _conjuncts(name, new)
    return not set(before) <= set(after)


def _conjuncts(name: str, text: str) -> list[str]:
    made, _ = tla.read_definition(text, name)
    if made is None:
        return [tla.normal(text)]
    waiting, found = [made.body], []
    while waiting:
        node = waiting.pop()
        children = [c for c in node.named_children if "comment" not in c.type]
        if node.type == "conj_list":
            waiting += [item.named_children[-1] for item in children if item.type == "conj_item"]
        elif node.type == "parentheses" and children:
            waiting.append(children[-1])
        elif node.type == "bound_infix_op" and len(children) == 3 and children[1].type == "land":
            waiting += [children[0], children[2]]
        else:
            found.append(tla.normal(tla.text_of(node)))
    return found
