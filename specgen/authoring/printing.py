"""A draft as the Spec that the rest of the house works with, and as the files that TLC reads."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterable, Sequence
from dataclasses import replace

from extractor.types import Span
from specgen.authoring.draft import Draft, DraftAction, DraftProperty
from specgen.ir import Abstraction, ConstDecl
from specgen.module import templates
from specgen.types import Action, Property, Spec, Variable

_WIDTH = 80


def to_spec(draft: Draft) -> Spec:
    """The specification as it stands: what is not yet written is not in it."""
    actions = tuple(_action(a) for a in draft.written_actions())
    properties = tuple(_property(p) for p in draft.written_properties())
    if draft.skeleton is not None:
        return _on_skeleton(draft, draft.skeleton, actions, properties)
    spec = Spec(
        module=draft.module,
        title=draft.title,
        mode="threads",
        constants=tuple(ConstDecl(c.name, c.meaning, value=c.values) for c in draft.constants),
        variables=tuple(
            Variable(v.name, v.target or v.meaning, v.init, v.type_ok, v.source, bool(v.target))
            for v in draft.variables
        ),
        helpers=tuple(h.definition for h in draft.helpers),
        actions=actions,
        properties=properties,
        abstractions=tuple(x for a in actions for x in a.abstractions),
        assumptions=draft.assumptions,
        operations=(),
        text="",
    )
    return replace(spec, text=_module(draft, actions, properties))


def cfg(draft: Draft, rung: int, invariants: Sequence[str] = (), temporal: Sequence[str] = ()) -> str:
    """TLC's configuration for a draft without a skeleton, on one rung of its constants."""
    out = []
    if draft.constants:
        out += ["CONSTANTS", *(f"    {c.name} = {c.values[min(rung, len(c.values) - 1)]}" for c in draft.constants)]
    out += ["SPECIFICATION Spec", f"INVARIANTS {' '.join(['TypeOK', *invariants])}"]
    if temporal:
        out.append(f"PROPERTIES {' '.join(temporal)}")
    return "\n".join(out) + "\n"


def fair_cfg(text: str, temporal: Sequence[str]) -> str:
    """A configuration of a skeleton's overlapping run, turned to temporal properties under the draft's fairness.

    Symmetry is left out: TLC is not sound with it where liveness is checked.
    """
    lines = [line for line in text.splitlines() if not line.startswith("SYMMETRY")]
    lines = ["SPECIFICATION FairSpec" if line.startswith("SPECIFICATION") else line for line in lines]
    return "\n".join([*lines, f"PROPERTIES {' '.join(temporal)}"]) + "\n"


def _action(action: DraftAction) -> Action:
    sentences = (*action.abstractions, *(["left as a hole: it never happens here"] if action.hole else []))
    at = action.sources[0] if action.sources else Span("", 1, 1)
    return Action(
        name=action.name,
        label="",
        operation="",
        function="",
        sources=action.sources,
        reads=action.reads,
        writes=action.writes,
        text="\n".join([*_remarks(action), action.definition]),
        abstractions=tuple(Abstraction(at, action.name, sentence) for sentence in sentences),
        author=action.author,
    )


def _remarks(action: DraftAction) -> list[str]:
    """The comment above an action: what it models and where that stands."""
    places = ", ".join(map(str, action.sources))
    words = [f"{places}: {action.purpose}" if places else action.purpose]
    words += [f"Not as in the code: {sentence}" for sentence in action.abstractions]
    if action.hole:
        words.append("A HOLE: no definition of it passed the gate, so it never happens in this specification.")
    return [line for sentence in words for line in _comment(sentence)]


def _property(prop: DraftProperty) -> Property:
    text = "\n".join([*_comment(prop.words), prop.definition])
    return Property(prop.name, prop.kind, text, prop.words, prop.sources)


def _comment(words: str) -> list[str]:
    return [f"\\* {line}" for line in textwrap.wrap(plain(words), _WIDTH - 3) or [""]]


def plain(words: str) -> str:
    """An author's words as a comment may hold them: one line, and nothing that TLA+ takes for its own."""
    words = " ".join("".join(c if c.isprintable() else " " for c in words).split())
    return re.sub(r"\(\*|\*\)|-{4,}|={4,}", "..", words)[:400]


def _module(draft: Draft, actions: Sequence[Action], properties: Sequence[Property]) -> str:
    side = max((_WIDTH - len(head := f" MODULE {draft.module} ")) // 2, 4)
    header = [draft.title, *(f"Not modelled: {left.what}: {left.why}" for left in draft.left_out)]
    names = [v.name for v in draft.variables]
    text = (
        templates()
        .get_template("authored.tla.j2")
        .render(
            rule_module=("-" * side + head).ljust(_WIDTH, "-"),
            rule="-" * _WIDTH,
            rule_end="=" * _WIDTH,
            header=[
                f"(* {line.ljust(_WIDTH - 6)} *)"
                for words in header
                for line in textwrap.wrap(plain(words), _WIDTH - 6)
            ],
            constants=_declared([(c.name, plain(c.meaning)) for c in draft.constants]),
            variables=_declared([(v.name, _of_variable(v.meaning, v.target, v.source)) for v in draft.variables]),
            names=names,
            helpers=[{"meaning": plain(h.meaning), "definition": h.definition} for h in draft.helpers],
            type_ok=[_conjunct(v.type_ok) for v in draft.variables],
            init=[_conjunct(v.init) for v in draft.variables],
            actions=actions,
            next=[f"\\/ {line}" for line in (_disjunct(a) for a in draft.written_actions())] or ["UNCHANGED vars"],
            specification=_specification(draft),
            properties=properties,
        )
    )
    return re.sub(r"\n{3,}", "\n\n", text).rstrip() + "\n"


def _of_variable(meaning: str, target: str, source: Span | None) -> str:
    place = f", {source}" if source else ""
    return plain(f"{target}{place}: {meaning}" if target else meaning)


def _declared(pairs: Sequence[tuple[str, str]]) -> list[str]:
    width = max((len(name) for name, _ in pairs), default=0) + 2
    return [
        f"{name + (',' if i < len(pairs) - 1 else ''):<{width}}  \\* {words}" for i, (name, words) in enumerate(pairs)
    ]


def _conjunct(formula: str) -> list[str]:
    """A formula as one conjunct, in parentheses of its own so that its layout cannot reach out of them."""
    lines = formula.strip().splitlines()
    if len(lines) == 1 and "\\*" not in formula:
        return [f"/\\ ({lines[0]})" if re.search(r"\\/|=>|<=>", lines[0]) else f"/\\ {lines[0]}"]
    return ["/\\ (", *(f"      {line}" for line in lines), "   )"]


def _call(action: DraftAction) -> str:
    names = ", ".join(p.name for p in action.parameters)
    return f"{action.name}({names})" if names else action.name


def _bounds(action: DraftAction) -> str:
    return ", ".join(f"{p.name} \\in {p.range}" for p in action.parameters)


def _disjunct(action: DraftAction) -> str:
    return f"\\E {_bounds(action)} : {_call(action)}" if action.parameters else action.name


def _specification(draft: Draft, base: str = "Init /\\ [][Next]_vars", name: str = "Spec") -> str:
    lines = [f"    /\\ {line}" for line in _fair(draft)]
    if not lines:
        return f"{name} == {base}"
    return "\n".join([f"{name} ==", f"    /\\ {base}", *lines])


def _fair(draft: Draft) -> Iterable[str]:
    for fair in draft.fairness:
        sign = "WF" if fair.strength == "weak" else "SF"
        action = draft.action_named(fair.action)
        if action is None and draft.skeleton is not None and _skeletons(draft.skeleton, fair.action):
            each = "" if _bare(draft.skeleton, fair.action) else "\\A c \\in Everyone : "
            yield f"{each}{sign}_vars({fair.action}{'(c)' if each else ''})"
        elif action is not None and action.definition and not action.hole:
            where = f"\\A {_bounds(action)} : " if action.parameters else ""
            yield f"{where}{sign}_vars({_call(action)})"


# --- on the static author's specification --------------------------------------------------------


def _skeletons(skeleton: Spec, name: str) -> Action | None:
    return next((a for a in skeleton.actions if a.name == name), None)


def _bare(skeleton: Spec, name: str) -> bool:
    """Whether it is an action of the surroundings, which has no caller."""
    action = _skeletons(skeleton, name)
    return action is not None and f"\n{name} ==" in f"\n{action.text}"


def _on_skeleton(draft: Draft, skeleton: Spec, actions: Sequence[Action], properties: Sequence[Property]) -> Spec:
    """The static author's specification with some actions rewritten, and actions and properties added."""
    text = skeleton.text
    merged = list(skeleton.actions)
    for action in actions:
        old = _skeletons(skeleton, action.name)
        if old is not None:
            text = text.replace(old.text, action.text, 1)
            kept = replace(action, label=old.label, operation=old.operation, function=old.function)
            merged[merged.index(old)] = kept
        else:
            merged.append(action)
    new = [a for a in draft.written_actions() if _skeletons(skeleton, a.name) is None]
    by_name = {a.name: a.text for a in actions}
    rule = "-" * max(_WIDTH, text.index("\n"))
    before, _, after = text.rpartition("\nNext ==\n")
    helpers = [line for h in draft.helpers for line in (*_comment(h.meaning), h.definition, "")]
    added = "".join(f"{by_name[a.name]}\n\n" for a in new)
    before = before.removesuffix(rule) + "".join(f"{line}\n" for line in helpers) + added + rule
    after = "".join(f"    \\/ {_disjunct(a)}\n" for a in new) + after
    body, _, end = f"{before}\nNext ==\n{after}".rstrip().rpartition("\n")
    tail = [p.text for p in properties]
    if any(p.kind == "temporal" for p in properties) or draft.fairness:
        tail = [_specification(draft, "Spec", "FairSpec"), *tail]
    text = "\n\n".join([body, *tail]) + f"\n{end}\n"
    return replace(
        skeleton,
        actions=tuple(merged),
        properties=(*properties, *skeleton.properties),
        helpers=(*skeleton.helpers, *helpers),
        abstractions=(
            *(x for a in merged for x in a.abstractions),
            *(x for x in skeleton.abstractions if not any(x in a.abstractions for a in skeleton.actions)),
        ),
        assumptions=(*skeleton.assumptions, *draft.assumptions),
        text=re.sub(r"\n{3,}", "\n\n", text),
    )
