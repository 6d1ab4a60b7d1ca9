"""What a merge did that none of its sides did."""

from __future__ import annotations

from collections.abc import Iterator

from extractor.history.compare import main_use
from extractor.history.log import Change, Commit
from extractor.history.objects import Objects
from extractor.history.pair import Difference
from extractor.history.study import Edit, Seen, Studies, Study, tells, without_moves
from extractor.history.version import Use, Version, lines_of

_Key = tuple[str, str, str, str, str]


def of_merge(studies: Studies, commit: Commit, base: Iterator[dict[str, str]]) -> Study:
    """What a merge did that none of its sides did: mechanisms that no parent has, or that got lost.

    ``base`` gives, when asked, the files of the merge base by path.
    """
    files: dict[str, list[Change]] = {}
    for side in commit.sides:
        for change in side:
            files.setdefault(change.path, []).append(change)
    seen: list[Seen] = []
    known: dict[str, str] | None = None
    for path, changes in files.items():
        if not studies.is_wanted(path) or not _may_differ(studies.objects, changes, len(commit.sides)):
            continue
        result = studies.version(changes[0].after, path)
        sides = [v for c in changes if (v := studies.version(c.before, c.old_path)) is not None]
        if result is None or len(sides) != len(changes):
            continue
        sides += [result] * (len(commit.sides) - len(changes))
        uses = _keys(result)
        new = set(uses) - {key for side in sides for key in _keys(side)}
        lost = {
            key: (change, side, use)
            for change, side in zip(changes, sides, strict=False)
            for key, use in _keys(side).items()
            if key not in uses
        }
        if lost and not all(key in _keys(side) for key in lost for side in sides):
            if known is None:
                known = next(base)
            older = studies.version(known.get(path), path)
            old_keys = _keys(older) if older is not None else {}
            # What one side took away on purpose was there at the base; what came since and is gone, the merge lost.
            lost = {k: v for k, v in lost.items() if k not in old_keys or all(k in _keys(s) for s in sides)}
        for use, lines in _objects([uses[key] for key in new]):
            edit = Edit(changes[0], sides[0], result, (), lines)
            detail = f"{use.mechanism} {use.target}, by the merge itself"
            seen.append(Seen(edit, Difference("added", use, detail, (), lines)))
        for change, parent in zip(changes, sides, strict=False):
            for use, lines in _objects([use for at, _, use in lost.values() if at is change]):
                edit = Edit(change, parent, result, lines, ())
                detail = f"{use.mechanism} {use.target} got lost in the merge"
                seen.append(Seen(edit, Difference("removed", use, detail, lines, ())))
    return Study(commit, tuple(one.edit for one in seen), tuple(without_moves(seen)))


def _may_differ(objects: Objects, changes: list[Change], sides: int) -> bool:
    """Whether the lines with telling words are not simply those of the parents together."""
    texts = [objects.blob(change.before) for change in changes]
    result = objects.blob(changes[0].after)
    if result is None or any(text is None for text in texts):
        return False
    told = _telling(result)
    parents = [_telling(text or b"") for text in texts] + [told] * (sides - len(changes))
    return told != frozenset().union(*parents)


def _keys(version: Version) -> dict[_Key, Use]:
    return {(use.mechanism, use.operation, use.scope, use.target, use.function): use for use in reversed(version.uses)}


def _objects(uses: list[Use]) -> Iterator[tuple[Use, tuple[int, ...]]]:
    """Each object among these uses by the use that says most, with the lines of all."""
    groups: dict[tuple[str, str, str], list[Use]] = {}
    for use in sorted(uses, key=lambda u: u.line):
        groups.setdefault((use.mechanism, *use.group), []).append(use)
    for group in groups.values():
        yield main_use(group), tuple(dict.fromkeys(use.line for use in group))


def _telling(data: bytes) -> frozenset[str]:
    return frozenset(line.strip() for line in lines_of(data) if tells(line))
