"""Rounds of checking and changing: errors are mended, counterexamples judged before anything is edited."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from specgen.authoring.answers import ViolationAnswer
from specgen.authoring.checker import Complaint, Violated
from specgen.authoring.desk import Desk
from specgen.authoring.ledger import Proof
from specgen.authoring.tasks import editable


@dataclass(frozen=True, slots=True)
class Judgement:
    """What a counterexample means: who is wrong, why, and the lines that show it."""

    property: str
    classification: Literal["code", "spec", "environment"]
    reason: str
    evidence: tuple[Proof, ...]
    assumption: str = ""


class Rounds:
    """Checks the specification again and again until an author has nothing to change, or the rounds are used up."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.judged: dict[tuple[str, ...], Judgement] = {}
        self.left = desk.brief.limits.rounds
        self._told: set[str] = set()

    @property
    def judgements(self) -> dict[str, Judgement]:
        """The last judgement on each property's counterexample."""
        return {judgement.property: judgement for judgement in self.judged.values()}

    def run(self) -> None:
        """Go on until nothing changes. Raises what the author raises."""
        while self.left > 0:
            self.left -= 1
            seen = self.desk.checker.check(self.desk.draft)
            if seen.complaint is not None:
                changed = self._mended(seen.complaint)
            else:
                # After the first change the other counterexamples are those of an older specification.
                changed = any(self._judge(v) for v in seen.violated if v.signature() not in self.judged)
                changed = changed or self._revived(seen.never)
            if not changed:
                return

    def _mended(self, complaint: Complaint) -> bool:
        """Mend the definition that could not be evaluated; if nobody can, an action becomes a hole."""
        desk, name = self.desk, complaint.name
        if desk.mend(name, f"TLC cannot evaluate it: {' '.join(complaint.text.split())[:600]}"):
            return True
        action = desk.draft.action_named(name)
        if action is not None and not action.hole:
            desk.leave_hole(action, "TLC cannot evaluate it, and no other definition passed the gate")
            return True
        return False

    def _revived(self, never: tuple[str, ...]) -> bool:
        """Ask once for each authored action that was never taken."""
        changed = False
        for name in never:
            action = self.desk.draft.action_named(name)
            if action is not None and not action.hole and name not in self._told:
                self._told.add(name)
                changed |= self.desk.mend(name, "it is never taken: no reachable state within the bounds enables it")
        return changed

    def _judge(self, violated: Violated) -> bool:
        """Have a counterexample judged, then change what the judgement names; True if something changed."""
        desk = self.desk
        answer = desk.ask(
            lambda again: desk.asking.violation(desk.draft, violated, again),
            ViolationAnswer,
            lambda given: self._accepted(violated, given),
        )
        if answer is None:
            return False
        proofs = tuple(Proof(q.path, q.line, q.quote) for q in answer.evidence)
        judgement = Judgement(violated.property, answer.classification, answer.reason, proofs, answer.assumption)
        self.judged[violated.signature()] = judgement
        reason = f"{violated.property} was violated, and the author says ({answer.classification}): {answer.reason}"
        if answer.instruction:
            reason += f" What to do: {answer.instruction}"
        changed = False
        for name in dict.fromkeys(answer.change):
            changed |= desk.mend(name, reason, proofs)
        return changed

    def _accepted(self, violated: Violated, answer: ViolationAnswer) -> tuple[ViolationAnswer | None, str]:
        desk = self.desk
        for quote in answer.evidence:
            if wrong := desk.evidence.unquoted(quote.path, quote.line, quote.quote):
                return None, f"evidence: {wrong}"
        if unknown := [name for name in answer.change if name not in editable(desk.draft)]:
            return None, f"change: {unknown[0]} is nothing that can be changed"
        if answer.classification == "code" and answer.change:
            return None, "change: where the code is wrong, the specification stays as it is"
        if answer.classification == "spec" and not answer.change:
            return None, "change: name what is wrong in the specification"
        if answer.classification == "environment" and not answer.assumption.strip():
            return None, "assumption: say what is assumed of the surroundings"
        if violated.property == "TypeOK" and answer.classification != "spec":
            return None, "classification: TypeOK belongs to the specification, so the specification is wrong"
        return answer, ""
