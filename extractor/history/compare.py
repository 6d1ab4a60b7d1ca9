"""What a commit did to the mechanisms of one file: uses before against uses after, never lines of a diff.

So a lock that was moved, indented or renamed is no change of it, and one that guards other lines than before is.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from extractor.history.align import align
from extractor.history.types import Kind
from extractor.history.version import GUARDING, OBJECTS, Use, Version

_Group = tuple[str, str]
_NOTIFY = re.compile(r"\.(notify\w*|signal|broadcast)\(")
_LITERAL = re.compile(r"\b(?:\d+|True|False|None|true|false|null)\b")
_NOTHING = re.compile(r"(?:#|//|\*|/\*|\"\"\"|'''|pass\b|else\s*:|try\s*:|finally\s*:|[{}()\[\],;]*$)")


@dataclass(frozen=True, slots=True)
class Difference:
    """One change of one mechanism. ``use`` is its place after the commit; before it where ``kind`` is removed.

    ``old`` and ``new`` are the 1-based lines to quote of either version.
    """

    kind: Kind
    use: Use
    detail: str
    old: tuple[int, ...]
    new: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Pair:
    """A file before and after a commit. ``matched`` gives for each line after its index before, -1 for a new one."""

    before: Version
    after: Version
    matched: tuple[int, ...]

    @classmethod
    def of(cls, before: Version, after: Version) -> Pair:
        """The two versions with their lines aligned."""
        return cls(before, after, tuple(align(before.lines, after.lines)))


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
        tuple(u.line for u in old if _is_gone(pair, u.line)),
        tuple(u.line for u in new if _is_new(pair, u.line)),
    )
    if not lines[0] and not lines[1]:
        return None
    return Difference("altered", use, detail, *lines)


def _spelled(version: Version, uses: Sequence[Use]) -> tuple[str, ...]:
    """The lines of these uses without the name of the object."""
    name = re.escape(uses[0].target)
    last = re.escape(uses[0].target.rpartition(".")[2])
    return tuple(sorted(re.sub(rf"{name}\b|\b{last}\b", "it", version.lines[use.line - 1].strip()) for use in uses))


def _is_gone(pair: Pair, line: int) -> bool:
    """Whether a 1-based line of the version before has no line after."""
    return line - 1 not in pair.matched


def _is_new(pair: Pair, line: int) -> bool:
    return pair.matched[line - 1] < 0


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
    return bool(pair.after.lines) and all(not _is_gone(pair, use.line) for use in uses)


def _added(pair: Pair, uses: Sequence[Use]) -> Iterator[Difference]:
    known = {use.mechanism for use in pair.before.uses}
    if not _is_object(uses[0]) and uses[0].scope not in pair.before.functions and uses[0].mechanism in known:
        return  # a new function like those that are there
    if all(not _is_new(pair, use.line) for use in uses):
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
                yield from _guarded_otherwise(pair, olds, news)
            else:
                entered += [use for use in news if use.operation in GUARDING and _is_new(pair, use.line)]
    if entered:
        names = list(dict.fromkeys(use.function for use in entered))
        detail = f"{', '.join(names)} now take{'s' * (len(names) == 1)} {entered[0].target}"
        yield Difference("added", entered[0], detail, (), _lines(entered))


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


def _guarded_otherwise(pair: Pair, old: Sequence[Use], new: Sequence[Use]) -> Iterator[Difference]:
    """One function that took the object: it no longer does, or guards other lines."""
    olds = [use for use in old if use.operation in GUARDING]
    news = [use for use in new if use.operation in GUARDING]
    if not news:
        if not _guards_elsewhere(pair, olds):
            yield Difference(
                "removed", olds[0], f"{olds[0].function} no longer takes {olds[0].target}", _lines(olds), ()
            )
    else:
        yield from _waits_otherwise(pair, old, new)
        entered, left = _crossing(pair, olds, news)
        if entered or left:
            said = [
                f"{what} {len(lines)} line{'s' * (len(lines) > 1)}"
                for what, lines in (("took in", entered), ("let out", left))
                if lines
            ]
            quoted = tuple(sorted({*_lines(news), *entered, *left}))
            yield Difference(
                "altered", news[0], f"{news[0].target} in {news[0].function} {' and '.join(said)}", (), quoted
            )


def _lines(uses: Sequence[Use]) -> tuple[int, ...]:
    return tuple(dict.fromkeys(use.line for use in uses))


def _guards_elsewhere(pair: Pair, olds: Sequence[Use]) -> bool:
    """Whether a new function guards what was guarded here by the same object: it was taken out of this one."""
    body = {pair.before.lines[at].strip() for use in olds for at in range(use.line, use.end_line)} - {""}
    for use in pair.after.uses:
        if use.group == olds[0].group and use.operation in GUARDING and use.function not in pair.before.functions:
            there = {pair.after.lines[at].strip() for at in range(use.line, use.end_line)}
            if body and len(body & there) * 2 >= len(body):
                return True
    return False


def _waits_otherwise(pair: Pair, old: Sequence[Use], new: Sequence[Use]) -> Iterator[Difference]:
    """A wait that is asked about again after waking, or no longer; all woken in place of one."""
    olds = [use for use in old if use.operation == "wait"]
    news = [use for use in new if use.operation == "wait"]
    if len(olds) == len(news) == 1:
        one, other = _around(pair.before, olds[0]), _around(pair.after, news[0])
        if one != other and {one, other} <= {"if", "while", "with", "for"}:
            yield Difference(
                "altered",
                news[0],
                f"the wait on {news[0].target} stands in `{other}`, no longer in `{one}`",
                (max(olds[0].line - 1, 1), olds[0].line),
                (max(news[0].line - 1, 1), news[0].line),
            )
    woken = [
        (use, found.group(1))
        for use in new
        if use.operation == "notify" and (found := _NOTIFY.search(_text(pair.after, use)))
    ]
    before = {
        found.group(1)
        for use in old
        if use.operation == "notify" and (found := _NOTIFY.search(_text(pair.before, use)))
    }
    for use, how in woken:
        if before and how not in before and _is_new(pair, use.line):
            gone = tuple(u.line for u in old if u.operation == "notify" and _is_gone(pair, u.line))
            yield Difference(
                "altered",
                use,
                f"{use.target} is told by {how}, no longer by {', '.join(sorted(before))}",
                gone,
                (use.line,),
            )
            return


def _text(version: Version, use: Use) -> str:
    return version.lines[use.line - 1]


def _around(version: Version, use: Use) -> str:
    """The first word of the statement that a line stands in."""
    line = version.lines[use.line - 1]
    indent = len(line) - len(line.lstrip())
    for above in reversed(version.lines[: use.line - 1]):
        if above.strip() and len(above) - len(above.lstrip()) < indent:
            word = re.match(r"\W*(?:async\s+|\}\s*else\s+)?(\w+)", above)
            return word.group(1) if word else ""
    return ""


def _crossing(pair: Pair, olds: Sequence[Use], news: Sequence[Use]) -> tuple[list[int], list[int]]:
    """Lines of the function after the commit that were outside the guard and are inside it, and the other way round."""
    first, last = pair.after.functions[news[0].function]
    old_first, old_last = pair.before.functions[olds[0].function]
    inside_before, inside_after = _covered(olds, pair.before), _covered(news, pair.after)
    came_from = _same_text(pair, range(old_first, old_last + 1), range(first, last + 1))
    taking = {use.line for use in pair.after.uses if use.operation in GUARDING}
    entered: list[int] = []
    left: list[int] = []
    for line in range(first + 1, last + 1):
        at = pair.matched[line - 1] + 1 or came_from.get(line, 0)
        text = pair.after.lines[line - 1].strip()
        if not old_first < at <= old_last or not text or _NOTHING.match(text) or line in taking:
            continue
        if line in inside_after and at not in inside_before:
            entered.append(line)
        elif at in inside_before and line not in inside_after:
            left.append(line)
    return entered, left


def _same_text(pair: Pair, old: range, new: range) -> dict[int, int]:
    """New lines that read like exactly one that went: a line that others were moved across."""
    kept = set(pair.matched)
    gone: dict[str, list[int]] = defaultdict(list)
    for line in old:
        if line - 1 not in kept:
            gone[pair.before.lines[line - 1].strip()].append(line)
    return {
        line: found[0]
        for line in new
        if _is_new(pair, line) and len(found := gone.get(pair.after.lines[line - 1].strip(), [])) == 1
    }


def _covered(uses: Sequence[Use], version: Version) -> set[int]:
    """The lines that are run while the object is held, the taking of it apart; nothing where that can't be told."""
    out: set[int] = set()
    for use in uses:
        if use.operation == "with":
            out.update(range(use.line + 1, use.end_line + 1))
        elif use.operation == "acquire":
            ends = [
                u.line
                for u in version.uses
                if u.operation == "release" and u.group == use.group and u.function == use.function
            ]
            out.update(range(use.line + 1, max(ends, default=use.line)))
    return out
