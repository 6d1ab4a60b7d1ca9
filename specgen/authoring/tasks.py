"""The questions: each is a prompt from ``specgen/prompts`` with a version, the schema of its answer, and evidence."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal, TypeAlias

from jinja2 import Environment, PackageLoader, StrictUndefined
from pydantic import BaseModel

from specgen.authoring import answers
from specgen.authoring.agreement import targets
from specgen.authoring.brief import Brief, HistoryNote
from specgen.authoring.checker import Violated
from specgen.authoring.draft import Draft, DraftAction, DraftProperty
from specgen.authoring.evidence import Evidence, fenced
from specgen.authoring.printing import to_spec
from specgen.authoring.types import Task, TaskKind

#: Room for evidence in each kind of task, in characters; about three make a token of code.
_ROOM = {"map": 22_000, "source": 34_000, "update": 15_000, "action": 6_000, "trace": 6_000, "module": 9_000}
_QUOTE = 700

#: The documents that are written beside a specification.
DocumentKind: TypeAlias = Literal["architecture", "properties"]


@dataclass(frozen=True, slots=True)
class Again:
    """An earlier answer that could not be used: what it was, what was wrong, and which attempt this is."""

    attempt: int = 1
    answer: str = ""
    wrong: str = ""


@dataclass(frozen=True, slots=True)
class Asking:
    """Makes the tasks of one specification."""

    brief: Brief
    evidence: Evidence

    def plan(self, again: Again) -> Task:
        """What to model: from the facts alone, or what to change in the static author's draft."""
        skeleton = self.brief.skeleton
        room = _ROOM["source"] - (len(skeleton.text) if skeleton else 0)
        return self._task(
            "plan",
            self.brief.module if skeleton else "",
            "revise" if skeleton else "plan",
            answers.RevisionAnswer if skeleton else answers.PlanAnswer,
            again,
            explores=True,
            outline=self.evidence.outline(_ROOM["map"]),
            source=self._near(max(room, 8_000)),
            skeleton=skeleton,
            history=[_note(n) for n in self.brief.history[:12]],
        )

    def architecture(self, draft: Draft, again: Again) -> Task:
        """The architecture document."""
        return self._task(
            "architecture", draft.module, "architecture", answers.ArchitectureAnswer, again, draft=draft,
            actions=_actions(draft), outline=self.evidence.outline(_ROOM["map"] // 2),
            source=self._near(_ROOM["source"] // 2), explores=True,
        )  # fmt: skip

    def properties(self, draft: Draft, again: Again) -> Task:
        """The properties document and the list of properties."""
        return self._task(
            "properties", draft.module, "properties", answers.PropertiesAnswer, again, draft=draft,
            actions=_actions(draft), variables=_variables(draft), source=self._near(_ROOM["source"] // 2),
        )  # fmt: skip

    def update(self, draft: Draft, again: Again) -> Task:
        """What changes in the plan of an earlier specification."""
        text = to_spec(draft).text
        return self._task(
            "plan", draft.module, "update", answers.UpdateAnswer, again, explores=True, draft=draft,
            constants=[f"`{c.name}`: {c.meaning}; {', then '.join(c.values)}"[:400] for c in draft.constants],
            drift=_drift(self.brief), found=_found(self.brief), text=_ends(text, _ROOM["update"]),
            skeleton=draft.skeleton, source=self._near(max(_ROOM["source"] - len(text), _ROOM["update"])),
            history=[_note(n) for n in self.brief.overlooked[:12]],
        )  # fmt: skip

    def document(self, draft: Draft, which: DocumentKind, text: str, changes: Sequence[str], again: Again) -> Task:
        """A document, brought up to date with ``changes`` of the plan."""
        return self._task(
            which, draft.module, "document", answers.DocumentAnswer, again, draft=draft, which=which,
            document=text[:_ROOM["source"] // 2], changes=_clipped(changes, _ROOM["action"]), actions=_actions(draft),
            variables=_variables(draft), source=self._near(_ROOM["source"] // 2), explores=which == "architecture",
        )  # fmt: skip

    def action(self, draft: Draft, action: DraftAction, again: Again, reason: str = "", old: str = "") -> Task:
        """One action: written for the first time, or mended because of ``reason``.

        ``old`` is what it said before it was planned anew, "" for one that the draft holds as it was.
        """
        first = again.attempt == 1 and not reason
        return self._task(
            "action" if first else "mend", action.name, "action", answers.ActionAnswer, again, draft=draft,
            action=action, old=_text(draft, action.name) or old, reason=reason, variables=_variables(draft),
            frame=_frame(draft), others=[a for a in _actions(draft, 60) if a["name"] != action.name],
            source=self.evidence.slices(action.sources, _ROOM["action"], around=4),
            facts=self.evidence.touched(action.sources), targets=targets(draft),
        )  # fmt: skip

    def property(self, draft: Draft, prop: DraftProperty, again: Again, reason: str = "", old: str = "") -> Task:
        """One property: written for the first time, or mended because of ``reason``; ``old`` as of an action."""
        first = again.attempt == 1 and not reason
        return self._task(
            "property" if first else "mend", prop.name, "property", answers.PropertyAnswer, again, draft=draft,
            prop=prop, old=prop.definition or old, reason=reason, variables=_variables(draft), frame=_frame(draft),
            actions=_actions(draft), source=self.evidence.slices(prop.sources, _ROOM["action"] // 2),
        )  # fmt: skip

    def typing(self, draft: Draft, name: str, again: Again, reason: str) -> Task:
        """The type of one variable, because of ``reason``."""
        variable = next(v for v in draft.variables if v.name == name)
        return self._task(
            "mend", name, "type", answers.TypeAnswer, again, draft=draft, variable=variable, reason=reason,
            variables=_variables(draft),
        )  # fmt: skip

    def violation(self, draft: Draft, violated: Violated, again: Again) -> Task:
        """What a counterexample means."""
        spans = [s for step in violated.steps for s in step.sources]
        used = list(dict.fromkeys(step.action for step in violated.steps if step.action))
        return self._task(
            "violation", violated.property, "violation", answers.ViolationAnswer, again, draft=draft,
            violated=violated, definition=_text(draft, violated.property),
            definitions=_clipped([_text(draft, name) for name in used], _ROOM["module"]), trace=self._trace(violated),
            source=self.evidence.slices(self.evidence.functions(list(dict.fromkeys(spans))), _ROOM["trace"]),
            editable=editable(draft),
        )  # fmt: skip

    def history(self, draft: Draft, notes: Sequence[HistoryNote], again: Again) -> Task:
        """Which of these commits' mechanisms the specification does not model."""
        return self._task(
            "history", notes[0].commit[:12], "history", answers.HistoryAnswer, again, draft=draft,
            notes=[_note(n) for n in notes], actions=_actions(draft), variables=_variables(draft),
            source=self.evidence.slices([n.now for n in notes if n.now], _ROOM["trace"]), editable=editable(draft),
        )  # fmt: skip

    def _task(
        self,
        kind: TaskKind,
        subject: str,
        template: str,
        model: type[BaseModel],
        again: Again,
        explores: bool = False,
        **about: Any,
    ) -> Task:
        prompt = (
            _environment()
            .get_template(f"{template}.md.j2")
            .render(
                brief=self.brief,
                feature=self.brief.facts.feature,
                again=again,
                fenced=fenced,
                place=str,
                **about,
            )
        )
        return Task(kind, subject, prompt.strip() + "\n", answers.schema(model), again.attempt, explores)

    def _near(self, room: int) -> str:
        """The source that matters: the skeleton's own lines first, else the busiest functions of the feature."""
        skeleton = self.brief.skeleton
        if skeleton is None:
            return self.evidence.whole(room)
        spans = self.evidence.functions(list(dict.fromkeys(s for a in skeleton.actions for s in a.sources)))
        return self.evidence.slices(spans, room, around=1)

    def _trace(self, violated: Violated) -> str:
        rows = [f"at first: {_values(violated.initial)}"]
        for number, step in enumerate(violated.steps, 1):
            source = step.sources[0] if step.sources else None
            line = self.evidence.line(source.path, source.line).strip() if source else ""
            place = f" at {source}: {line}" if source else ""
            who = f" of {step.process}" if step.process else ""
            rows.append(
                f"{number}. {step.action or 'begins'}{who}{place}\n      then {_values(step.changed) or 'nothing'}"
            )
        return fenced("the counterexample, step by step", "\n".join(_clipped(rows, _ROOM["trace"])))


def editable(draft: Draft) -> list[str]:
    """The names that an answer may ask to change."""
    names = [a.name for a in draft.skeleton.actions] if draft.skeleton else []
    names += [a.name for a in draft.written_actions()] + [p.name for p in draft.written_properties()]
    return list(dict.fromkeys([*names, *(v.name for v in draft.variables)]))


def _actions(draft: Draft, most: int = 160) -> list[dict[str, str]]:
    """Every action by name, with its purpose or place in at most so many characters."""
    found: dict[str, str] = {}
    if draft.skeleton is not None:
        found |= {a.name: ", ".join(map(str, a.sources)) for a in draft.skeleton.actions}
    found |= {a.name: a.purpose for a in draft.actions}
    return [{"name": name, "about": about[:most]} for name, about in list(found.items())[:80]]


def _variables(draft: Draft) -> list[str]:
    if draft.skeleton is None:
        return [f"{v.name} ({v.target or 'not in the code'}): {v.meaning}; {v.type_ok}"[:260] for v in draft.variables]
    return [f"{v.name} ({v.comment}): {v.type_ok}"[:260] for v in draft.skeleton.variables]


def _drift(brief: Brief) -> list[str]:
    """What became of the code of each action of an earlier specification, and what no action models."""
    earlier = brief.earlier
    if earlier is None:
        return []
    stale = {d.action: d for d in earlier.stale}
    rows = []
    for action in earlier.draft.actions:
        found = stale.get(action.name)
        if found is None:
            rows.append(f"`{action.name}`: says what it said, at {', '.join(map(str, action.sources))}")
        else:
            now = f"; the lines themselves are at {found.now}" if found.now else ""
            rows.append(f"`{action.name}`: {found.became} since it was written of {found.then}{now}")
    rows += [f"no action models {name} ({span})" for name, span in earlier.unmodelled]
    return _clipped(rows, _ROOM["action"])


def _found(brief: Brief) -> str:
    """What the last check of an earlier specification found, "" for nothing."""
    found = brief.earlier.found if brief.earlier else ()
    return fenced("violated, as it was told then", "\n".join(_clipped(found, _ROOM["trace"]))) if found else ""


def _text(draft: Draft, name: str) -> str:
    """The definition of an action or property as it stands, "" where there is none."""
    spec = to_spec(draft)
    texts = {p.name: p.text for p in spec.properties} | {a.name: a.text for a in spec.actions}
    return texts.get(name, "")


def _frame(draft: Draft) -> str:
    """The operators that an action may use, as TLA+ text."""
    if draft.skeleton is None:
        return "\n".join(h.definition for h in draft.helpers)
    text = draft.skeleton.text
    start, end = text.find("\nvars =="), text.find("(*", text.find("\nEndSetup =="))
    return text[start:end].strip()[: _ROOM["module"]] if 0 <= start < end else ""


def _clipped(rows: Sequence[str], room: int) -> list[str]:
    kept: list[str] = []
    for row in rows:
        if len(row) > room:
            kept.append(f"({len(rows) - len(kept)} more are left out)")
            break
        kept.append(row)
        room -= len(row) + 1
    return kept


def _ends(text: str, room: int) -> str:
    """A module without its middle where it is too long: it begins with its frame and ends with its properties."""
    return text if len(text) <= room else f"{text[: room * 2 // 3]}\n\\* (left out here)\n{text[-room // 3 :]}"


def _values(values: Any) -> str:
    return ", ".join(f"{name} = {value[:160]}" for name, value in values.items())


def _note(note: HistoryNote) -> dict[str, str]:
    where = f", today at {note.now}" if note.now else ", gone today"
    head = f"commit {note.commit[:12]} of {note.date[:10]}, {note.kind} {note.mechanism}{where}"
    return {"commit": note.commit, "text": fenced(head, f"{note.subject[:200]}\n{note.quote[:_QUOTE]}")}


@lru_cache(maxsize=1)
def _environment() -> Environment:
    return Environment(
        loader=PackageLoader("specgen", "prompts"),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        autoescape=False,  # noqa: S701 - a prompt is no page
    )
