"""The gate: nothing an author writes becomes part of a specification without passing here."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from tree_sitter import Node

from extractor.types import Span
from specgen.authoring import agreement, tla
from specgen.authoring.answers import ActionAnswer, PropertyAnswer, TypeAnswer
from specgen.authoring.checker import Checker, Trial
from specgen.authoring.draft import Draft, DraftAction, DraftProperty
from specgen.authoring.evidence import Evidence
from specgen.authoring.frame import framing
from specgen.authoring.printing import to_spec

_CONSTANT = re.compile(
    r"\s*(?:-?\d{1,6}|TRUE|FALSE|\"[A-Za-z0-9_ ]{0,40}\"|[A-Za-z]\w{0,30}|"
    r"\{\s*(?:(?:[A-Za-z]\w{0,30}|-?\d{1,6}|\"[A-Za-z0-9_ ]{0,40}\")\s*(?:,\s*(?:[A-Za-z]\w{0,30}|-?\d{1,6}|"
    r"\"[A-Za-z0-9_ ]{0,40}\")\s*){0,11})?\})\s*\Z",
    re.ASCII,
)
#: Nodes that make a formula speak of steps, and of behaviours.
_STEPS = frozenset({"prime", "unchanged", "enabled", "step_expr_or_stutter", "step_expr_no_stutter"})
_BEHAVIOURS = frozenset({"always", "eventually", "leads_to", "fairness"})


@dataclass(frozen=True, slots=True)
class Gate:
    """The checks on drafts, actions and properties. Each says what is wrong in a sentence, "" if nothing is."""

    checker: Checker
    evidence: Evidence

    def plan(self, draft: Draft) -> str:
        """Check names, formulas and places of a plan, and that its module parses and begins somewhere."""
        return self.planned(draft) or _said(self.checker.trial(draft))

    def planned(self, draft: Draft) -> str:
        """Check the same of a plan, short of asking TLC."""
        return next(self._plan(draft), "")

    def action(self, draft: Draft, planned: DraftAction, answer: ActionAnswer) -> tuple[Draft, str]:
        """The draft with the action as answered, or as it was and what is wrong."""
        parameters = tuple(p.name for p in planned.parameters)
        made, wrong = tla.read_definition(answer.definition, planned.name, parameters)
        if made is None:
            return draft, wrong
        action = replace(
            planned,
            definition=made.text,
            abstractions=tuple(answer.abstractions),
            author=draft.author,
            hole=False,
        )
        changed = draft.with_action(action)
        module = tla.read_module(to_spec(changed).text)
        if wrong := _intact(module, changed):
            return draft, wrong
        if unknown := tla.unknown(module, made):
            return draft, f"nothing defines {unknown}"
        if bare := _bare(module, made.body):
            return draft, (
                f"TLC counts a step that is {bare} and nothing more as one of {bare}, so nobody would know whether "
                f"{planned.name} is ever taken; say in it what is its own, such as where it goes on"
            )
        seen = framing(module, module.definitions[planned.name])
        if seen.missing:
            return draft, (
                f"on some branch it gives no next value to {', '.join(seen.missing)}; prime each variable or name it "
                "in UNCHANGED on every branch"
            )
        apart = list(agreement.differences(changed, planned.sources, seen, answer.abstractions, self.evidence))
        if apart:
            return draft, f"{'; '.join(apart)}. Mend it, or say in `abstractions` why it differs, with the name"
        action = replace(action, reads=_ordered(module, seen.reads), writes=_ordered(module, seen.writes))
        changed = draft.with_action(action)
        trial = self.checker.trial(changed)
        if wrong := _said(trial):
            return draft, wrong
        if self._never(changed, planned.name, trial):
            return draft, "it can never be taken: every reachable state was explored and none enables it"
        return changed, ""

    def standing(self, draft: Draft, action: DraftAction) -> tuple[DraftAction, str]:
        """An action that was written under an earlier plan as it stands under this one, and what is wrong with it.

        A variable that it never touches is left as it is where its definition takes one conjunct more.
        """
        module = tla.read_module(to_spec(draft).text)
        parameters = tuple(p.name for p in action.parameters)
        made, wrong = tla.read_definition(action.definition, action.name, parameters)
        if made is None:
            return action, wrong
        if unknown := tla.unknown(module, made):
            return action, f"nothing defines {unknown} any more"
        seen = framing(module, made)
        if seen.missing:
            text = "" if seen.writes & set(seen.missing) else tla.leaving(made, seen.missing)
            if not text:
                return action, f"on some branch it gives no next value to {', '.join(seen.missing)}"
            action = replace(action, definition=text)
        apart = list(agreement.differences(draft, action.sources, seen, action.abstractions, self.evidence))
        action = replace(action, reads=_ordered(module, seen.reads), writes=_ordered(module, seen.writes))
        return action, "; ".join(apart)

    def property(self, draft: Draft, planned: DraftProperty, answer: PropertyAnswer) -> tuple[Draft, str]:
        """The draft with the property as answered, or as it was and what is wrong."""
        made, wrong = tla.read_definition(answer.definition, planned.name, ())
        if made is None:
            return draft, wrong
        changed = draft.with_property(replace(planned, definition=made.text, hole=False))
        module = tla.read_module(to_spec(changed).text)
        unknown = tla.unknown(module, made)
        wrong = f"nothing defines {unknown}" if unknown else ""
        wrong = wrong or _intact(module, changed) or _level(module, made, planned.kind) or _constant(module, made)
        if wrong:
            return draft, wrong
        wrong = _said(self.checker.trial(changed, (planned.name,)))
        return (draft, wrong) if wrong else (changed, "")

    def typing(self, draft: Draft, name: str, answer: TypeAnswer) -> tuple[Draft, str]:
        """The draft with another type of a variable, or as it was and what is wrong."""
        if wrong := tla.read_formula(answer.type_ok):
            return draft, wrong
        changed = replace(
            draft,
            variables=tuple(replace(v, type_ok=answer.type_ok) if v.name == name else v for v in draft.variables),
        )
        module = tla.read_module(to_spec(changed).text)
        wrong = _intact(module, changed) or _said(self.checker.trial(changed))
        return (draft, wrong) if wrong else (changed, "")

    def names(self, draft: Draft, names: Iterable[str]) -> str:
        """What is wrong with new names."""
        taken = set(_scope(draft))
        for name in names:
            if not tla.is_identifier(name):
                return f"{name} is a word of TLA+ or of the module's frame; choose another name"
            if name in taken:
                return f"{name} is there already; each name stands for one thing"
            taken.add(name)
        return ""

    def places(self, spans: Iterable[Span]) -> str:
        """What is wrong with places in the code."""
        return next((wrong for span in spans if (wrong := self.evidence.complaint(span))), "")

    def parameters(self, action: DraftAction) -> str:
        """What is wrong with the parameters of an action that is planned."""
        for parameter in action.parameters:
            if not tla.is_identifier(parameter.name):
                return f"{action.name}: {parameter.name} cannot be a parameter's name"
            wrong = "give it on one line" if "\n" in parameter.range else tla.read_formula(parameter.range)
            if wrong:
                return f"{action.name}: the range of {parameter.name}: {wrong}"
        return ""

    def _plan(self, draft: Draft) -> Iterator[str]:
        empty = replace(draft, constants=(), variables=(), helpers=(), actions=(), properties=())
        new = [
            a for a in draft.actions if draft.skeleton is None or a.name not in {s.name for s in draft.skeleton.actions}
        ]
        names = [c.name for c in draft.constants] + [v.name for v in draft.variables]
        names += [h.name for h in draft.helpers] + [a.name for a in new] + [p.name for p in draft.properties]
        checks = [self.names(empty, names)]
        checks += [
            f"the constant {c.name}: {value!r} is no number, TRUE, FALSE, string, name or set of such"
            for c in draft.constants
            for value in c.values
            if not _CONSTANT.match(value)
        ]
        for variable in draft.variables:
            for formula in (variable.init, variable.type_ok):
                wrong = tla.read_formula(formula)
                checks.append(f"the variable {variable.name}: {wrong}" if wrong else "")
        for helper in draft.helpers:
            wrong = tla.read_definition(helper.definition, helper.name)[1]
            checks.append(f"the helper {helper.name}: {wrong}" if wrong else "")
        checks += [self.parameters(a) for a in draft.actions]
        checks.append(self.places(v.source for v in draft.variables if v.source))
        checks.append(self.places(s for a in draft.actions for s in a.sources))
        checks.append(self.places(s for p in draft.properties for s in p.sources))
        if not any(checks):
            checks.append(_intact(tla.read_module(to_spec(draft).text), draft))
        return (wrong for wrong in checks if wrong)

    def _never(self, draft: Draft, name: str, trial: Trial) -> bool:
        """Whether the action is dead, as far as one can say before all actions are there."""
        waiting = any(not a.definition for a in draft.actions)
        return trial.complete and not waiting and name not in trial.fired


def _said(trial: Trial) -> str:
    if trial.complaint is None:
        return ""
    where = f"in {trial.complaint.name}: " if trial.complaint.name else ""
    return f"TLC says: {where}{' '.join(trial.complaint.text.split())[:600]}"


def _scope(draft: Draft) -> Sequence[str]:
    module = tla.read_module(to_spec(draft).text)
    return (*module.variables, *module.constants, *module.names)


def _intact(module: tla.Module, draft: Draft) -> str:
    """Whether the module holds what the draft says, each once: no text reached out of its place."""
    if module.broken:
        return "the module is no TLA+ with it"
    twice = [n for i, n in enumerate(module.names) if n in module.names[:i] or n in module.variables + module.constants]
    if twice:
        return f"{twice[0]} is defined twice"
    wanted = [h.name for h in draft.helpers]
    wanted += [a.name for a in draft.written_actions()] + [p.name for p in draft.written_properties()]
    missing = [name for name in wanted if name not in module.definitions]
    if missing:
        return f"{missing[0]} is not defined in the module"
    if draft.skeleton is None:
        frame = ["vars", "TypeOK", "Init", "Next", "Spec"]
        extra = [n for n in module.names if n not in {*wanted, *frame}]
        if extra or module.variables != tuple(v.name for v in draft.variables):
            return f"it adds {', '.join(extra) or 'a variable'} to the module"
    return ""


def _level(module: tla.Module, made: tla.Definition, kind: str) -> str:
    """Whether a formula speaks of states, steps or behaviours as its kind demands, through the operators it uses."""
    found = _marks(module, made, set())
    if kind == "temporal":
        return "" if found & _BEHAVIOURS else "a temporal property says [], <> or ~> of behaviours; this one does not"
    if found & (_STEPS | _BEHAVIOURS):
        return f"an {kind} speaks of one state: no prime, UNCHANGED, ENABLED, [], <>, ~> or fairness in it"
    return ""


def _bare(module: tla.Module, node: Node) -> str:
    """The operator that an action, or one of its alternatives, consists of alone; "" if there is none."""
    children = [c for c in node.named_children if "comment" not in c.type]
    match node.type:
        case "parentheses" | "disj_item" | "bounded_quantification" if children:
            return _bare(module, children[-1])
        case "disj_list":
            return next((found for c in children if (found := _bare(module, c))), "")
        case "identifier_ref" | "bound_op":
            name = tla.text_of(children[0] if node.type == "bound_op" else node)
            return name if name in module.definitions else ""
    return ""


def _marks(module: tla.Module, made: tla.Definition, seen: set[str]) -> set[str]:
    found: set[str] = set()
    for node in tla.walk(made.body):
        found.add(node.type)
        if node.type == "identifier_ref":
            name = tla.text_of(node)
            if name in module.definitions and name not in seen:
                seen.add(name)
                found |= _marks(module, module.definitions[name], seen)
    return found & (_STEPS | _BEHAVIOURS)


def _constant(module: tla.Module, made: tla.Definition) -> str:
    """A formula that looks at no variable is true or false whatever the code does."""
    seen = framing(module, made)
    return "" if seen.reads | seen.writes else "it looks at no variable, so it says nothing of the code"


def _ordered(module: tla.Module, names: frozenset[str]) -> tuple[str, ...]:
    return tuple(v for v in module.variables if v in names)
