"""What an answer changes in the plan of an earlier specification, and what has to be written again for it."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TypeVar

from specgen.authoring import tla
from specgen.authoring.answers import UpdateAnswer
from specgen.authoring.desk import Desk, planned, promised
from specgen.authoring.draft import Constant, Draft, DraftAction, DraftProperty, Fairness, Helper, StateVariable
from specgen.authoring.ledger import FlagKind, Proof
from specgen.authoring.planning import constants, helpers, left_out, variables
from specgen.authoring.printing import to_spec
from specgen.authoring.update_answer import complaint, replaced

_Thing = TypeVar("_Thing", Constant, StateVariable, Helper)

#: Why an action whose code has changed is written again where its plan stays as it was.
STALE = "the code that it models has changed; bring it up to date"
_UP_TO_DATE = "it follows from the plan as it was brought up to date"
_LEFT_ALONE = "the engine added that it leaves the new variables as they are, which it does not touch"


@dataclass(frozen=True, slots=True)
class Because:
    """Why something of the plan has changed, as its author says."""

    reason: str
    evidence: tuple[Proof, ...] = ()


@dataclass(frozen=True, slots=True)
class Recorded:
    """A change that the plan itself makes, for the ledger."""

    subject: str
    name: str
    old: str
    new: str
    because: Because
    flag: FlagKind | None = None


@dataclass(frozen=True, slots=True)
class Update:
    """A plan that has passed the gate.

    ``again`` are the actions and properties that are to be written, and why; ``before`` is what those said that have no
    definition under this plan. ``words`` tells the changes to a reader.
    """

    draft: Draft
    again: Mapping[str, Because]
    before: Mapping[str, str]
    ledger: tuple[Recorded, ...]
    words: tuple[str, ...]


def read(desk: Desk, answer: UpdateAnswer) -> tuple[Update | None, str]:
    """The plan as it is after the answer, or what is wrong with the answer."""
    if wrong := complaint(desk, answer):
        return None, wrong
    made = _Reading(desk, answer)
    draft = made.planned()
    if wrong := desk.gate.planned(draft):
        return None, wrong
    draft = made.properties(made.actions(draft))
    if wrong := desk.gate.plan(draft):
        return None, wrong
    words = tuple(f"{', '.join(r.names)}: {r.reason}" for r in answer.reasons)
    return Update(draft, made.again, made.before, tuple(made.ledger), words), ""


@dataclass(slots=True)
class _Reading:
    """One answer, applied to the draft; what has to be written again and recorded for it is collected on the way."""

    desk: Desk
    answer: UpdateAnswer
    again: dict[str, Because] = field(default_factory=dict)
    before: dict[str, str] = field(default_factory=dict)
    ledger: list[Recorded] = field(default_factory=list)

    def planned(self) -> Draft:
        """The draft with everything of the answer in its place; steps that are planned anew have no definition."""
        old, answer = self.desk.draft, self.answer
        gone = set(answer.remove)
        places = replaced(answer)
        anew = {a.name: planned(a) for a in answer.actions}
        for name, was in places.items():
            self.before[name] = self.desk.said(was)
            self.again[name] = self._because(name, f"in place of {was}: " if was not in ("", name) else "")
        taker = {was: name for name, was in places.items() if was}
        actions = [anew.pop(taker[a.name]) if a.name in taker else a for a in old.actions if a.name not in gone]
        for action in anew.values():
            actions.insert(_place(actions, action), action)
        fair = {taker.get(f.action, f.action): f.strength for f in old.fairness if f.action not in gone}
        fair |= {f.action: f.strength for f in answer.fairness}
        draft = replace(
            old,
            title=answer.title,
            constants=_merged(old.constants, constants(answer.constants), gone),
            variables=_merged(old.variables, variables(answer.variables), gone),
            helpers=_merged(old.helpers, helpers(answer.helpers), gone),
            actions=tuple(actions),
            properties=self._promised(),
            fairness=tuple(Fairness(name, strength) for name, strength in fair.items()),
            left_out=left_out(answer.left_out),
        )
        self._record(draft)
        return draft

    def actions(self, draft: Draft) -> Draft:
        """The draft with each step that was not named as it stands under the new plan."""
        stale, anew = self.desk.stale, self._operators_anew()
        for action in draft.actions:
            if action.name in self.again or not action.definition:
                continue
            stands, wrong = self.desk.gate.standing(draft, action)
            if wrong:
                self.before[action.name] = action.definition
                self.again[action.name] = Because(f"under the new plan, {wrong}")
                draft = draft.with_action(replace(action, definition="", hole=False))
                continue
            draft = draft.with_action(stands)
            self._put("action", action.name, action.definition, stands.definition, Because(_LEFT_ALONE))
            if action.name in stale:
                self.again[action.name] = Because(STALE)
            elif used := _used(draft, action) & anew:
                self.again[action.name] = Because(f"{_list(used)}, which it uses, is planned anew")
        return draft

    def properties(self, draft: Draft) -> Draft:
        """The draft without definitions of properties that nothing is left to say of."""
        module = tla.read_module(to_spec(draft).text)
        for prop in draft.written_properties():
            made = module.definitions[prop.name]
            if unknown := tla.unknown(module, made):
                self.before[prop.name] = prop.definition
                self.again[prop.name] = Because(f"under the new plan nothing defines {unknown}")
                draft = draft.with_property(replace(prop, definition=""))
            elif used := tla.reached(module, made) & self._operators_anew():
                why = Because(f"{_list(used)}, which it uses, is planned anew, so it may say less")
                self._put("property", prop.name, prop.definition, prop.definition, why, "weakened-property")
        return draft

    def _promised(self) -> tuple[DraftProperty, ...]:
        old = self.desk.draft.properties
        made = {p.name: p for p in old if p.name not in self.answer.remove}
        for number, given in enumerate(self.answer.properties, len(old) + 1):
            before = made.get(given.name)
            new = promised(given, before.rank if before else number)
            if before is not None and (before.words, before.kind) == (new.words, new.kind):
                new = replace(before, sources=new.sources)
            else:
                self.before[new.name] = before.definition if before else ""
                self.again[new.name] = self._because(new.name)
            made[new.name] = new
        return tuple(made.values())

    def _record(self, new: Draft) -> None:
        """Take down what the plan itself changes; what is written later is taken down then."""
        old, gone = self.desk.draft, set(self.answer.remove)
        written = {v for a in old.actions if a.name in self.desk.stale for v in a.writes}
        self._record_each("constant", _values(old), _values(new), {c.name for c in old.constants})
        # What a step that has changed writes may have other values now; every other type is changed for its own sake.
        self._record_each("type", _types(old), _types(new), {v.name for v in old.variables} - written)
        self._record_each("operator", _definitions(old.helpers), _definitions(new.helpers), set())
        for action in old.actions:
            if action.name in gone:
                self._put("action", action.name, action.definition, "", self._because(action.name), "vanished-action")
        for prop in old.properties:
            if prop.name in gone:
                self._put("property", prop.name, prop.definition, "", self._because(prop.name), "weakened-property")
        fair = "; ".join(f"{f.action}: {f.why}" for f in self.answer.fairness)
        self._put("fairness", new.module, _fair(old), _fair(new), Because(fair or _UP_TO_DATE))
        self._put("left out", new.module, _apart(old), _apart(new), Because(_UP_TO_DATE))

    def _record_each(
        self, subject: str, old: Mapping[str, str], new: Mapping[str, str], bounds: Collection[str]
    ) -> None:
        """Take down what is new, gone or different; a change to one of ``bounds`` is flagged."""
        for name in {**old, **new}:
            then, now = old.get(name, ""), new.get(name, "")
            widened = name in bounds and "" not in (then, now) and then != now
            self._put(subject, name, then, now, self._because(name), "widened-bound" if widened else None)

    def _put(self, subject: str, name: str, old: str, new: str, because: Because, flag: FlagKind | None = None) -> None:
        self.ledger.append(Recorded(subject, name, old, new, because, flag))

    def _because(self, name: str, before: str = "") -> Because:
        """What the answer says of a name."""
        reason = next((r for r in self.answer.reasons if name in r.names), None)
        if reason is None:
            return Because(before)
        commit = f" (commit {reason.commit[:12]})" if reason.commit else ""
        proofs = tuple(Proof(q.path, q.line, q.quote) for q in reason.evidence)
        return Because(f"{before}{reason.reason}{commit}", proofs)

    def _operators_anew(self) -> set[str]:
        """The operators that say something else than before."""
        old = {h.name: tla.normal(h.definition) for h in self.desk.draft.helpers}
        return {h.name for h in self.answer.helpers if old.get(h.name, "") not in ("", tla.normal(h.definition))}


def _merged(old: Sequence[_Thing], new: Sequence[_Thing], gone: set[str]) -> tuple[_Thing, ...]:
    """The old things with the new ones of their names in their places, and the others after them."""
    anew: dict[str, _Thing] = {x.name: x for x in new}
    kept: list[_Thing] = [anew.pop(x.name, x) for x in old if x.name not in gone]
    return tuple(kept + list(anew.values()))


def _place(actions: Sequence[DraftAction], new: DraftAction) -> int:
    """Where a new step goes: ahead of the first one that models later lines of its file."""
    first = new.sources[0]
    later = (i for i, a in enumerate(actions) for s in a.sources[:1] if s.path == first.path and s.line > first.line)
    return next(later, len(actions))


def _used(draft: Draft, action: DraftAction) -> frozenset[str]:
    module = tla.read_module(to_spec(draft).text)
    return tla.reached(module, module.definitions[action.name])


def _values(draft: Draft) -> dict[str, str]:
    return {c.name: ", then ".join(c.values) for c in draft.constants}


def _types(draft: Draft) -> dict[str, str]:
    return {v.name: f"{v.type_ok}; at first {v.init}" for v in draft.variables}


def _definitions(helpers: Sequence[Helper]) -> dict[str, str]:
    return {h.name: h.definition for h in helpers}


def _fair(draft: Draft) -> str:
    return ", ".join(f"{f.strength} {f.action}" for f in draft.fairness)


def _apart(draft: Draft) -> str:
    return "; ".join(f"{x.what}: {x.why}" for x in draft.left_out)


def _list(names: frozenset[str]) -> str:
    return ", ".join(sorted(names))
