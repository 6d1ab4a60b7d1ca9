"""What the HTML page shows, put in order: findings, code beside its actions, and what the verdict rests on."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from reports import highlight, steps, whole, wording
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
    html: Markup
    line_key: str
    line_keys: tuple[str, ...]


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
class PartView:
    """One part of the result, ready to draw."""

    result: Result
    key: str
    findings: tuple[Finding, ...]
    groups: tuple[Group, ...]
    module: Markup
    properties: tuple[Alike, ...]
    survivors: tuple[Survivor, ...]
    action_keys: Mapping[str, str]


def part_views(result: Result, files: Files) -> list[PartView]:
    """Prepare every part of ``result``; findings are numbered through."""
    sections = whole.sections(result)
    names = [action.name for part in sections for action in part.spec.actions]
    several = {name for name in names if names.count(name) > 1}
    views: list[PartView] = []
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
            steps.finding(number + n, v, rules.get(v.property) or wording.kind_rule(v.kind), keys, files)
            for n, v in enumerate(part.violations, 1)
        )
        number += len(findings)
        text = part.spec.text
        views.append(
            PartView(
                result=part,
                key=f"p{index}",
                findings=findings,
                groups=_groups(keyed, files),
                module=Markup("\n").join(highlight.tla(text)) if text else Markup(""),
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
        excerpts = files.excerpts([source for action, _ in members for source in action.sources], actions=modelled)
        shown = {(e.path, line.number): line.key for e in excerpts for run in e.runs for line in run}
        views = []
        for action, key in members:
            lines = [shown[at] for source in action.sources for n in span(source) if (at := (source.path, n)) in shown]
            html = Markup("\n").join(highlight.tla(action.text)) if action.text else Markup("")
            views.append(ActionView(action, key, html, lines[0] if lines else "", tuple(lines)))
        groups.append(Group(function, excerpts, tuple(views)))
    return tuple(groups)


def _stem(action: ActionResult) -> str:
    return re.sub(r"_\d+\w*$", "", action.name) or action.name
