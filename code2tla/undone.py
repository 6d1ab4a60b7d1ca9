"""Programs as they would be without a commit that made them safer, for the mutants that history gives."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from itertools import groupby

from code2tla.changed import Change
from extractor.history.types import HistoryFinding
from extractor.history.undo import without
from extractor.types import Facts
from specgen.ir import Program

#: Bytes of a quote that a diff shows.
_QUOTED = 2_000


def undone(
    facts: Facts, history: Sequence[HistoryFinding], write: Callable[[Facts], Program | None]
) -> Iterator[Change]:
    """Each commit that added or altered a mechanism, or mended a fault, taken back.

    ``write`` gives the program of the same object where the feature's facts are these.
    """
    safer = [f for f in history if f.now is not None and (f.kind in ("added", "altered") or f.kind == "fix")]
    for commit, found in groupby(safer, key=lambda f: f.commit):
        about = tuple(found)
        first = about[0]
        assert first.now is not None
        yield Change(
            kind="revert",
            subject=_named(about) or commit[:12],
            make=partial(_program, facts, about, write),
            diff=f"--- {first.now.path}:{first.now.line}\n{_reversed(about)}"[:_QUOTED],
            place=(first.now.path, first.now.line),
            about=about,
            mechanism=_words(about),
        )


def _program(facts: Facts, about: Sequence[HistoryFinding], write: Callable[[Facts], Program | None]) -> Program | None:
    before = without(facts, about)
    return write(before) if before is not None else None


def _named(about: Sequence[HistoryFinding]) -> str:
    return ", ".join(dict.fromkeys(_target(f) or f.mechanism for f in about if f.mechanism))


def _target(finding: HistoryFinding) -> str:
    """What a mechanism is called; a retry has but the keyword that goes round again."""
    return "" if finding.mechanism == "retry" else finding.target


def _words(about: Sequence[HistoryFinding]) -> str:
    """What a commit brought: ``the ordering of self._tokens``."""
    joint = {"ordering": " of"}
    names = dict.fromkeys(
        f"the {f.mechanism}{joint.get(f.mechanism, '')} {_target(f)}".rstrip() for f in about if f.mechanism
    )
    return " and ".join(names) or "the change"


def _reversed(about: Sequence[HistoryFinding]) -> str:
    """What the commit changed, the other way round."""
    turned = {"+": "-", "-": "+"}
    lines = dict.fromkeys(line for f in about for line in f.quote.split("\n"))
    return "\n".join(turned.get(line[:1], line[:1]) + line[1:] for line in lines)
