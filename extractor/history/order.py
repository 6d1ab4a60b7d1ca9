"""Orderings: in one function, a write that changed places with what lets others run or look; two locks too."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from extractor.history.pair import Difference, Pair
from extractor.history.version import Moment, Use, Version

_SETTING_UP = frozenset({"__init__", "__post_init__", "__new__", "setUp", "constructor"})


def reordered(pair: Pair) -> Iterator[Difference]:
    """One difference for each write that is now before, or after, a suspension or a change outside it was not.

    Only what occurs once in the function before and after is compared, and never in constructors, whose object
    nobody else has yet.
    """
    if pair.before.lines == pair.after.lines:
        return
    before, after = _by_function(pair.before), _by_function(pair.after)
    for function in sorted(before.keys() & after.keys(), key=lambda name: pair.after.functions[name]):
        if function.rpartition(".")[2] in _SETTING_UP:
            continue
        old, new = _once(before[function]), _once(after[function])
        for key, write in new.items():
            if write.kind != "write" or key not in old:
                continue
            passed = [
                other
                for other_key, other in new.items()
                if other.kind != "write"
                and other_key in old
                and other.line != write.line
                and old[other_key].line != old[key].line
                and (other.line < write.line) != (old[other_key].line < old[key].line)
            ]
            if passed:
                yield _difference(function, old[key], write, passed[0])


def taken_otherwise(pair: Pair) -> Iterator[Difference]:
    """One difference for each two objects of which a function took the one inside the other, and now the other way."""
    before, after = _nested(pair.before), _nested(pair.after)
    for (function, outer, inner), (first, second) in after.items():
        was = before.get((function, inner, outer))
        if was is not None and (function, outer, inner) not in before and (function, inner, outer) not in after:
            use = Use("ordering", "before", function, outer, function, first.line, second.line)
            detail = f"{function} takes {outer} before {inner} now"
            yield Difference("altered", use, detail, _both(*was), _both(first, second))


def _both(one: Use, other: Use) -> tuple[int, ...]:
    return tuple(dict.fromkeys((one.line, other.line)))


def _nested(version: Version) -> dict[tuple[str, str, str], tuple[Use, Use]]:
    """(function, outer, inner) of every object taken while another is held."""
    taken = [use for use in version.uses if use.operation == "with"]
    return {
        (one.function, one.target, other.target): (one, other)
        for at, one in enumerate(taken)
        for other in taken[at + 1 :]
        if one.function == other.function and one.target != other.target and other.end_line <= one.end_line
    }


def _difference(function: str, old: Moment, write: Moment, passed: Moment) -> Difference:
    side = "before" if write.line < passed.line else "after"
    first, last = sorted((write.line, passed.line))
    use = Use("ordering", side, function, write.what, function, first, last)
    what = passed.what if len(passed.what) <= 60 else passed.what[:59] + "…"
    return Difference("altered", use, f"{write.what} is now written {side} {what}", (old.line,), (write.line,))


def _by_function(version: Version) -> dict[str, list[Moment]]:
    out: dict[str, list[Moment]] = {}
    for moment in version.moments:
        if moment.function in version.functions:
            out.setdefault(moment.function, []).append(moment)
    return out


def _once(moments: list[Moment]) -> dict[tuple[str, str], Moment]:
    count = Counter((moment.kind, moment.what) for moment in moments)
    return {(m.kind, m.what): m for m in moments if count[m.kind, m.what] == 1}
