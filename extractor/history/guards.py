"""What a function does while it holds an object: which lines it guards, how it waits and whom it wakes."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence

from extractor.history.pair import Difference, Pair
from extractor.history.version import GUARDING, Use, Version

_NOTIFY = re.compile(r"\.(notify\w*|signal|broadcast)\(")
_NOTHING = re.compile(r"(?:#|//|\*|/\*|\"\"\"|'''|pass\b|else\s*:|try\s*:|finally\s*:|[{}()\[\],;]*$)")


def guarded_otherwise(pair: Pair, old: Sequence[Use], new: Sequence[Use]) -> Iterator[Difference]:
    """One function that took the object: it no longer does, or guards other lines."""
    olds = [use for use in old if use.operation in GUARDING]
    news = [use for use in new if use.operation in GUARDING]
    if not news:
        if not _guards_elsewhere(pair, olds):
            yield Difference(
                "removed", olds[0], f"{olds[0].function} no longer takes {olds[0].target}", taken_at(olds), ()
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
            quoted = tuple(sorted({*taken_at(news), *entered, *left}))
            yield Difference(
                "altered", news[0], f"{news[0].target} in {news[0].function} {' and '.join(said)}", (), quoted
            )


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
        if before and how not in before and pair.is_new(use.line):
            gone = tuple(u.line for u in old if u.operation == "notify" and pair.is_gone(u.line))
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
        if pair.is_new(line) and len(found := gone.get(pair.after.lines[line - 1].strip(), [])) == 1
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


def taken_at(uses: Sequence[Use]) -> tuple[int, ...]:
    """The first line of each use."""
    return tuple(dict.fromkeys(use.line for use in uses))
