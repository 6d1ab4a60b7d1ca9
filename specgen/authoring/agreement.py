"""Whether an action touches the variables that the code of its lines touches, as far as the facts tell."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence

from extractor.types import Span
from specgen.authoring.draft import Draft
from specgen.authoring.evidence import Evidence
from specgen.authoring.frame import Framing


def targets(draft: Draft) -> dict[str, str]:
    """Each variable that stands for something the code names, with that name: ``left`` -> ``self.left``."""
    if draft.skeleton is not None:  # whose comments begin with it: ``self.store: a key/value store``
        named = {v.name: v.comment.split(":")[0].split(",")[0].strip() for v in draft.skeleton.variables}
        return {name: target for name, target in named.items() if target and " " not in target}
    return {v.name: v.target for v in draft.variables if v.target}


def differences(
    draft: Draft, spans: Sequence[Span], framing: Framing, stated: Sequence[str], evidence: Evidence
) -> Iterator[str]:
    """What an action does otherwise than its lines, in sentences; what ``stated`` names is left out.

    The facts see attributes, globals and calls on them. Where they know nothing of the lines there is nothing to
    compare. A variable that is read in the specification alone may be a guard; it must be touched somewhere in the
    functions of these lines.
    """
    touched = evidence.touched(spans)
    if not (touched.reads or touched.writes or touched.syncs):
        return
    nearby = evidence.touched(evidence.functions(spans))
    said = " ".join(stated)
    for variable, target in targets(draft).items():
        if re.search(rf"\b{re.escape(variable)}\b", said) or target in said:
            continue
        reads, writes = _of(target, touched.reads), _of(target, touched.writes)
        locked = _of(target, touched.syncs)
        if writes and variable not in framing.writes:
            yield f"the lines change {target}, the action leaves {variable} as it is"
        elif variable in framing.writes and not (writes or locked):
            yield f"the action changes {variable}, but the lines do not change {target}"
        elif reads and variable not in framing.reads | framing.writes:
            yield f"the lines read {target}, the action does not look at {variable}"
        elif variable in framing.reads and not any(
            _of(target, names) for names in (nearby.reads, nearby.writes, nearby.syncs)
        ):
            yield f"the action reads {variable}, but the function around the lines does not touch {target}"


def _of(target: str, names: Collection[str]) -> bool:
    """Whether one of the names is the target, or something of it (``self._store.put`` is of ``self.store``).

    Underscores ahead of a name do not count: the static author leaves them out.
    """
    wanted = _bare(target)
    return any(bare == wanted or bare.startswith((f"{wanted}.", f"{wanted}[")) for bare in map(_bare, names))


def _bare(name: str) -> str:
    return re.sub(r"(?<![A-Za-z0-9_])_+(?=\w)", "", name)
