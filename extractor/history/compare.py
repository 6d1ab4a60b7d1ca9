"""What a commit did to the mechanisms of one file: uses before against uses after, never lines of a diff.

So a lock that was moved, indented or renamed is no change of it, and one that guards other lines than before is.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence

from extractor.history.guards import guarded_otherwise, taken_at
from extractor.history.pair import Difference, Pair
from extractor.history.version import GUARDING, OBJECTS, Use, Version

_Group = tuple[str, str]
_LITERAL = re.compile(r"\b(?:\d+|True|False|None|true|false|null)\b")


def differences(pair: Pair) -> list[Difference]:
    """What changed, in the order of lines."""
    before, after = _by_group(pair.before.uses), _by_group(pair.after.uses)
    out: list[Difference] = []
    gone = [group for group in before if group not in after]
    new = [group for group in after if group not in before]
    for old_group, new_group in _same_under_other_names(pair, before, after, gone, new):
        gone.remove(old_group)
        new.remove(new_group)
        if (change := _replaced(pair, before[old_group], after[new_group])) is not None:
            out.append(change)
    for group in gone:
        out += _removed(pair, before[group])
    for group in new:
        out += _added(pair, after[group])
    for group in before:
        if group in after:
            out += _changed(pair, before[group], after[group])
    return sorted(out, key=lambda change: (change.use.line, change.kind))


def _by_group(uses: Iterable[Use]) -> dict[_Group, list[Use]]:
    """The uses of each object; what is no object is apart by its mechanism too."""
    out: dict[_Group, list[Use]] = defaultdict(list)
    for use in uses:
        scope, target = use.group
        out[scope, target if _is_object(use) else f"{use.mechanism} {target}"].append(use)
    return dict(out)


def _is_object(use: Use) -> bool:
    return use.mechanism in OBJECTS or use.operation == "create"


def _same_under_other_names(
    pair: Pair, before: dict[_Group, list[Use]], after: dict[_Group, list[Use]], gone: list[_Group], new: list[_Group]
) -> list[tuple[_Group, _Group]]:
    """Objects that went and came in one commit and are one: the class, the function or the object was renamed."""
    out: list[tuple[_Group, _Group]] = []
    left = list(new)
    for group in gone:
        best = max(left, key=lambda other: _likeness(pair, before[group], after[other]), default=None)
        if best is not None and _likeness(pair, before[group], after[best]) > 0:
            out.append((group, best))
            left.remove(best)
    return out


def _likeness(pair: Pair, old: Sequence[Use], new: Sequence[Use]) -> float:
    """How sure it is that two groups are one object, 0 for not at all."""
    one, other = old[0], new[0]
    same_kind = _kind(old) == _kind(new)
    same_lines = {pair.matched[use.line - 1] + 1 for use in new} & {use.line for use in old}
    if same_kind and one.target == other.target:
        return 3.0 + len(same_lines)
    if not (_is_object(one) and _is_object(other)):
        # A time-out spelled otherwise, a retry of another library: the same function still has one.
        return 1.0 if same_kind and one.scope == other.scope and one.scope else 0.0
    places = {use.function for use in old} & {use.function for use in new}
    if not places or one.scope != other.scope:
        return 0.0
    guards = {use.function for use in old if use.operation in GUARDING} & {
        use.function for use in new if use.operation in GUARDING
    }
    made = {use.function for use in old if use.operation == "create"} & {
        use.function for use in new if use.operation == "create"
    }
    return float(bool(guards)) + 0.5 * bool(made and (guards or same_kind))


def _kind(uses: Sequence[Use]) -> str:
    return next((use.mechanism for use in uses if use.operation == "create"), uses[0].mechanism)


def main_use(uses: Sequence[Use]) -> Use:
    """The use that says most: the first that guards, else the first."""
    return next((use for use in uses if use.operation in GUARDING), uses[0])


def _replaced(pair: Pair, old: Sequence[Use], new: Sequence[Use]) -> Difference | None:
    """The change where an object took another's place; None where it was only renamed."""
    said_old, said_new = _spelled(pair.before, old), _spelled(pair.after, new)
    if _kind(old) == _kind(new) and (old[0].target == new[0].target or said_old == said_new):
        return None
    use = main_use(new)
    if _kind(old) != _kind(new):
        detail = f"{_kind(old)} {old[0].target} became {_kind(new)} {new[0].target}"
    else:
        detail = f"{old[0].target} became {new[0].target}"
    lines = (
        tuple(u.line for u in old if pair.is_gone(u.line)),
        tuple(u.line for u in new if pair.is_new(u.line)),
    )
    if not lines[0] and not lines[1]:
        return None
    return Difference("altered", use, detail, *lines)


def _spelled(version: Version, uses: Sequence[Use]) -> tuple[str, ...]:
    """The lines of these uses without the name of the object."""
    name = re.escape(uses[0].target)
    last = re.escape(uses[0].target.rpartition(".")[2])
    return tuple(sorted(re.sub(rf"{name}\b|\b{last}\b", "it", version.lines[use.line - 1].strip()) for use in uses))


def _removed(pair: Pair, uses: Sequence[Use]) -> Iterator[Difference]:
    mechanisms_left = {use.mechanism for use in pair.after.uses}
    if not _is_object(uses[0]) and uses[0].scope not in pair.after.functions and uses[0].mechanism in mechanisms_left:
        return  # it went with its function, and others of its kind stay
    if _is_object(uses[0]) and _moved_along(pair, uses):
        return
    lines = tuple(dict.fromkeys(use.line for use in uses))
    yield Difference("removed", main_use(uses), f"{_kind(uses)} {uses[0].target} is no longer used", lines, ())


def _moved_along(pair: Pair, uses: Sequence[Use]) -> bool:
    """Whether every line of the uses is still there: what they are called on is only known otherwise now."""
    return bool(pair.after.lines) and all(not pair.is_gone(use.line) for use in uses)


def _added(pair: Pair, uses: Sequence[Use]) -> Iterator[Difference]:
    known = {use.mechanism for use in pair.before.uses}
    if not _is_object(uses[0]) and uses[0].scope not in pair.before.functions and uses[0].mechanism in known:
        return  # a new function like those that are there
    if all(not pair.is_new(use.line) for use in uses):
        return
    guarded = ", ".join(dict.fromkeys(use.function for use in uses if use.operation in GUARDING and use.function))
    detail = f"{_kind(uses)} {uses[0].target}" + (f" in {guarded}" if guarded else "")
    yield Difference("added", main_use(uses), detail, (), tuple(dict.fromkeys(use.line for use in uses)))


def _changed(pair: Pair, old: Sequence[Use], new: Sequence[Use]) -> Iterator[Difference]:
    """What became of an object, or of a function's mechanism, that is there before and after."""
    if not _is_object(old[0]) and not _is_object(new[0]):
        return
    yield from _made_otherwise(pair, old, new)
    both = pair.before.functions.keys() & pair.after.functions.keys()
    entered: list[Use] = []
    for function in dict.fromkeys(use.function for use in (*old, *new)):
        if function in both:
            olds = [use for use in old if use.function == function]
            news = [use for use in new if use.function == function]
            if any(use.operation in GUARDING for use in olds):
                yield from guarded_otherwise(pair, olds, news)
            else:
                entered += [use for use in news if use.operation in GUARDING and pair.is_new(use.line)]
    if entered:
        names = list(dict.fromkeys(use.function for use in entered))
        detail = f"{', '.join(names)} now take{'s' * (len(names) == 1)} {entered[0].target}"
        yield Difference("added", entered[0], detail, (), taken_at(entered))


def _made_otherwise(pair: Pair, old: Sequence[Use], new: Sequence[Use]) -> Iterator[Difference]:
    olds = [use for use in old if use.operation == "create"]
    news = [use for use in new if use.operation == "create"]
    if len(olds) != 1 or len(news) != 1:
        return
    one, other = olds[0], news[0]
    text, now = _value(pair.before, one), _value(pair.after, other)
    if text == now or (_kind(old) == _kind(new) and _arguments(text) == _arguments(now)):
        return
    yield Difference("altered", other, f"{other.target}: {text} became {now}", (one.line,), (other.line,))


def _value(version: Version, use: Use) -> str:
    """What is assigned where an object is made, on one line without a comment."""
    text = " ".join(" ".join(version.lines[use.line - 1 : use.end_line]).split("#")[0].split())
    return text.partition("= ")[2] or text


def _arguments(text: str) -> list[str]:
    """The literals that an object is made with: of other arguments, the names may change and the values not."""
    return _LITERAL.findall(text.partition("(")[2])
