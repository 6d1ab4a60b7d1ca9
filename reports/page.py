"""What the HTML page shows, put in order: findings, code beside its actions, and what the verdict rests on."""

from __future__ import annotations

import re
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass

from reports import steps, whole, wording
from reports.files import Excerpt, Files, span
from reports.result import ActionResult, MutantResult, PropertyResult, Result
from reports.steps import Finding

#: So many properties of one kind that fared alike are shown one by one; more are folded.
_FEW = 3


@dataclass(frozen=True, slots=True)
class ActionView:
    """An action with its id in the page and the id of its first source line."""

    action: ActionResult
    key: str
    line_key: str


@dataclass(frozen=True, slots=True)
class Group:
    """The actions of one function beside its code."""

    function: str
    excerpts: tuple[Excerpt, ...]
    actions: tuple[ActionView, ...]


@dataclass(frozen=True, slots=True)
class Alike:
    """Properties of one kind that fared alike. ``rule`` is what all ask for; "" where each stands for itself."""

    rule: str
    members: tuple[PropertyResult, ...]


@dataclass(frozen=True, slots=True)
class Survivor:
    """A change to the specification that no property noticed, with the lines of its diff coloured."""

    mutant: MutantResult
    diff: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Piece:
    """A piece of the module: its text, or the id of the action that shows it already."""

    text: str
    action_key: str = ""


@dataclass(frozen=True, slots=True)
class PartView:
    """One part of the result, ready to draw."""

    result: Result
    key: str
    findings: tuple[Finding, ...]
    groups: tuple[Group, ...]
    module: tuple[Piece, ...]
    properties: tuple[Alike, ...]
    survivors: tuple[Survivor, ...]
    action_keys: Mapping[str, str]


def part_views(result: Result, files: Files) -> list[PartView]:
    """Prepare every part of ``result``; findings are numbered through."""
    sections = whole.sections(result)
    names = [action.name for part in sections for action in part.spec.actions]
    several = {name for name in names if names.count(name) > 1}
    views: list[PartView] = []
    drawn: dict[Hashable, str] = {}
    number = 0
    for index, part in enumerate(sections, 1):
        # An action's own name is the id to link to, unless two modules have one of that name.
        keyed = [
            (a, files.anchors.take(f"action-{f'{part.spec.module}.' if a.name in several else ''}{a.name}"))
            for a in part.spec.actions
        ]
        keys = {action.name: key for action, key in reversed(keyed)}
        rules = {prop.name: prop.plain for prop in part.properties}
        findings = tuple(
            steps.finding(number + n, v, rules.get(v.property) or wording.kind_rule(v.kind), keys, files, drawn)
            for n, v in enumerate(part.violations, 1)
        )
        number += len(findings)
        views.append(
            PartView(
                result=part,
                key=f"p{index}",
                findings=findings,
                groups=_groups(keyed, files),
                module=_module(part.spec.text, keyed),
                properties=_alike(part.properties),
                survivors=_survivors(part),
                action_keys=keys,
            )
        )
    return views


def _alike(properties: Sequence[PropertyResult]) -> tuple[Alike, ...]:
    """Violated ones first; many of one kind that fared alike are one thing to know, and fold."""
    ranks = {"violated": 0, "unchecked": 1, "holds": 2}
    groups: dict[tuple[str, str], list[PropertyResult]] = {}
    for prop in sorted(properties, key=lambda p: ranks[p.status]):
        groups.setdefault((prop.status, prop.kind), []).append(prop)
    out: list[Alike] = []
    for (status, kind), members in groups.items():
        folds = status != "violated" and len(members) > _FEW and wording.kind_rule(kind)
        out.append(Alike(wording.kind_rule(kind) if folds else "", tuple(members)))
    return tuple(out)


def _survivors(part: Result) -> tuple[Survivor, ...]:
    mutants = part.audit.mutants if part.audit else ()
    return tuple(Survivor(m, _diff(m.diff)) for m in mutants if m.status == "survived")


def _diff(text: str) -> tuple[tuple[str, str], ...]:
    """Lines of a diff with the class that colours each; its file headers are left out."""
    kinds = {"+": "added", "-": "removed", "@": "where"}
    lines = [line for line in text.splitlines() if not line.startswith(("+++", "---"))]
    return tuple((kinds.get(line[:1], ""), line) for line in lines[:40])


def _groups(keyed: Sequence[tuple[ActionResult, str]], files: Files) -> tuple[Group, ...]:
    together: dict[str, list[tuple[ActionResult, str]]] = {}
    for action, key in keyed:
        together.setdefault(action.function or _stem(action), []).append((action, key))
    groups: list[Group] = []
    for function, members in together.items():
        modelled: dict[tuple[str, int], list[str]] = {}
        for action, key in members:
            for source in action.sources:
                for line in span(source):
                    modelled.setdefault((source.path, line), []).append(key)
        excerpts = files.beside_actions(modelled)
        shown = {(e.path, line.number): line.key for e in excerpts for run in e.runs for line in run.lines}
        views = []
        for action, key in members:
            places = ((source.path, line) for source in action.sources for line in span(source))
            views.append(ActionView(action, key, next((shown[at] for at in places if at in shown), "")))
        groups.append(Group(function, excerpts, tuple(views)))
    return tuple(groups)


def _module(text: str, keyed: Sequence[tuple[ActionResult, str]]) -> tuple[Piece, ...]:
    """Cut the module at the actions that it holds to the letter."""
    pieces: list[Piece] = []
    shown = 0
    for at, key, definition in sorted((text.find(a.text), key, a.text) for a, key in keyed if a.text):
        if at >= shown:  # not one that is missing, nor one within another
            pieces += [Piece(text[shown:at]), Piece("", key)]
            shown = at + len(definition)
    return tuple(piece for piece in (*pieces, Piece(text[shown:])) if piece.text or piece.action_key)


def _stem(action: ActionResult) -> str:
    return re.sub(r"_\d+\w*$", "", action.name) or action.name
