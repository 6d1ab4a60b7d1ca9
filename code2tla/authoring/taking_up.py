"""Authors that go on from what was written before: one that leaves it as it is, and one that brings it up to date."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import NoReturn

from code2tla import assemble, output
from code2tla.authoring import kept as keeping
from code2tla.authoring.author import Told, WritingAuthor
from code2tla.authoring.checker import TlcChecker
from code2tla.authoring.kept import Taken
from code2tla.checked import Checked
from code2tla.fingerprint import Fingerprints
from code2tla.nightly.kept import Kept
from code2tla.settings import Settings
from extractor.types import Facts
from reports.result import LedgerFlag, Result, ViolationResult
from specgen.authoring import loop
from specgen.authoring.brief import Brief, Earlier
from specgen.authoring.loop import Authored
from specgen.authoring.types import Author, AuthorUnavailable, Task, Usage
from specgen.types import Spec

#: The value of ``Settings.author`` that has a specification directory checked as it is.
NAME = "kept"

_BECAME = {"changed": "changed", "gone": "gone away"}


@dataclass(frozen=True, slots=True)
class _Absent:
    """Whoever wrote it, who is not asked."""

    name: str
    model: str | None

    def answer(self, task: Task) -> NoReturn:
        raise AuthorUnavailable(f"a check asks nobody, so the {task.kind} task {task.subject!r} has no answer")


@dataclass(slots=True, kw_only=True)
class TakingUp(WritingAuthor):
    """Takes up what was written before, each action at the lines where its code is now.

    An action whose code has changed and that nobody brings up to date is flagged, and keeps the hashes of the code that
    it was written of, so that it is stale tomorrow too.
    """

    taken: Taken

    def authored(self, brief: Brief) -> Authored:
        """What becomes of the specification that was written, on the compiler's draft of the code as it is now."""
        earlier = self.taken.earlier.get(brief.module)
        if earlier is None:
            return Authored(None, Usage(), stopped=f"nobody has written a specification of {brief.module} yet")
        return self.taken_up(replace(brief, earlier=earlier), earlier)

    def taken_up(self, brief: Brief, earlier: Earlier) -> Authored:  # noqa: ARG002 - as who is not asked needs it
        """The specification, brought up to date by the author."""
        return loop.write(brief, self.author, self.checker)

    def result(self, part: Result, checked: Checked | None) -> Result:
        """The part with a flag for each action that is stale."""
        part = super(TakingUp, self).result(part, checked)
        stale = self._stale(part.spec.module)
        flags = [
            LedgerFlag("stale", name, f"the code that it models has {_BECAME[became]}")
            for name, became in stale.items()
        ]
        return replace(part, flags=(*part.flags, *flags))

    def files(self, spec: Spec) -> dict[str, str]:
        """What every author leaves, and where the actions come from, stale ones as they were."""
        made = super(TakingUp, self).files(spec)
        known, stale = self.taken.provenance.get(spec.module, {}), self._stale(spec.module)
        now = assemble.provenance(spec, Fingerprints(self.facts))
        actions = {name: known[name] if name in stale else entry for name, entry in now["actions"].items()}
        return made | {output.PROVENANCE: output.as_text(now | {"actions": actions})}

    def _stale(self, module: str) -> dict[str, str]:
        """The stale actions of a module with what became of their code."""
        written, earlier = self._written.get(module), self.taken.earlier.get(module)
        if written is None or earlier is None:
            return {}
        return {d.action: d.became for d in earlier.stale if d.action in written.stale}


@dataclass(slots=True, kw_only=True)
class KeptAuthor(TakingUp):
    """Leaves what was written as it is; ``judged`` are the last result's violations by module and property."""

    judged: Mapping[tuple[str, str], ViolationResult]

    def taken_up(self, brief: Brief, earlier: Earlier) -> Authored:
        """The specification as it was written."""
        flags = {(e.flag, e.name): e for e in earlier.ledger if e.flag}
        draft = replace(earlier.draft, skeleton=brief.skeleton)
        stale = tuple(drifted.action for drifted in earlier.stale)
        return Authored(draft, Usage(), ledger=earlier.ledger, flags=tuple(flags.values()), stale=stale)

    def result(self, part: Result, checked: Checked | None) -> Result:
        """The part with its author's earlier judgements."""
        part = super(KeptAuthor, self).result(part, checked)
        said = [(v, self.judged.get((part.spec.module, v.property), v)) for v in part.violations]
        violations = tuple(replace(v, classification=before.classification) for v, before in said)
        return replace(part, violations=violations)

    def files(self, spec: Spec) -> dict[str, str]:
        """The draft and the provenance with their new places; the rest stays as it is."""
        made = super(KeptAuthor, self).files(spec)
        return {name: made[name] for name in ("draft.json", output.PROVENANCE)}


def unasked(facts: Facts, settings: Settings, kept: Kept, checker: TlcChecker, told: Told) -> KeptAuthor:
    """Nobody brings it up to date. Raises InputError for a directory whose files cannot be read."""
    taken = keeping.read(kept, facts)
    return KeptAuthor(
        facts=facts,
        settings=replace(settings, start=taken.start),
        author=_Absent(kept.result.author.name, kept.result.author.model),
        checker=checker,
        told=told,
        taken=taken,
        judged={
            (part.spec.module, v.property): v for part in kept.result.parts or (kept.result,) for v in part.violations
        },
    )


def asked(facts: Facts, settings: Settings, taken: Taken, checker: TlcChecker, told: Told, author: Author) -> TakingUp:
    """``author`` brings it up to date."""
    return TakingUp(
        facts=facts,
        settings=replace(settings, start=taken.start),
        author=author,
        checker=checker,
        told=told,
        taken=taken,
    )
