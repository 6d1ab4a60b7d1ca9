"""The report as GitHub-flavoured Markdown, for a pull-request comment."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from reports import sequence, trace, whole, wording, worth
from reports.result import Result, Source, ViolationResult
from reports.text import clip
from reports.trace import Change

# A comment on GitHub holds 65,536 characters; beyond this the remaining findings are counted, not shown.
_SIZE_LIMIT = 60_000
_CELL_LIMIT = 160
_LIST_LIMIT = 40
_SERIAL_LIMIT = 8

_ZERO_WIDTH_SPACE = "&#8203;"

# Characters that Markdown may read as markup inside a line, and those that start a block at its beginning.
_SPECIAL = re.compile(r"[\\`*_\[\]<>|~$&]")
_START = re.compile(r"^\s*([-+#=>:]|\d+(?=[.)]))")
# What GitHub turns into a link, a mention or a reference by itself.
_LINK = re.compile(r"(?i)(?<=https):|(?<=http):|(?<=ftp):|(?<=mailto):|(?<=xmpp):|(?<=www)\.")
_REFERENCE = re.compile(r"(?i)\b(GH)-(?=\d)")
_MENTION = re.compile(r"(?<!&)[@#]")
_NOT_PLAIN = re.compile(r"[^A-Za-z0-9 ,;()/'\"-]")


def render(result: Result) -> str:
    """Return ``result`` as Markdown that ends with a newline; text of the target is shown, never obeyed.

    Where a comment has no room for all, the steps of the last findings go first, then what the history and the audit
    say in detail, then the last findings themselves; what is left out is counted.
    """
    parts = whole.sections(result)
    titles = [_part_title(part) if len(parts) > 1 else "" for part in parts]
    head = [f"## {prose(wording.verdict_sentence(result))}", *_paragraph(result.reason)]
    tail: list[str] = []
    for part, title in zip(parts, titles, strict=True):
        tail += _rests_on(part, title)
    tail += _bullets("Not covered", map(prose, wording.not_covered(result)))
    tail.append("\n\n".join(prose(line) for line in (wording.tlc_words(result), wording.cost_words(result)) if line))

    room = _Room(_SIZE_LIMIT - _size(head) - _size(tail))
    # First a line for each finding, then the steps of as many as there is room for, then the details.
    headings: dict[int, list[str]] = {}
    steps: dict[int, list[str]] = {}
    found = [violation for part in parts for violation in part.violations]
    for number, violation in enumerate(found, 1):
        heading = _heading(violation, number)
        if not room.take(heading):
            break
        headings[number] = heading
    for number in headings:
        drawn = _steps(found[number - 1])
        if not room.take(drawn):
            break
        steps[number] = drawn
    details = [block for part, title in zip(parts, titles, strict=True) if room.take(block := _details(part, title))]

    blocks: list[str] = []
    number = 0
    for part, title in zip(parts, titles, strict=True):
        if title:
            blocks += [f"## {prose(title)}", *_paragraph(part.reason)]
        for _ in part.violations:
            number += 1
            blocks += [*headings.get(number, []), *steps.get(number, [])]
    blocks += _left_out(len(found), len(headings), len(steps), len(details) == len(parts))
    return _fit("\n\n".join(filter(None, [*head, *blocks, *tail, *(line for block in details for line in block)])))


class _Room:
    """Characters that are left."""

    def __init__(self, left: int) -> None:
        self._left = left

    def take(self, blocks: Sequence[str]) -> bool:
        """Use room for ``blocks``, if there is enough."""
        if (size := _size(blocks)) > self._left:
            return False
        self._left -= size
        return True


def _size(blocks: Sequence[str]) -> int:
    return sum(len(block) + 2 for block in blocks)


def _left_out(found: int, headings: int, steps: int, details: bool) -> list[str]:
    missing = [wording.count(found - headings, "finding")] if found > headings else []
    missing += [f"the steps of {wording.count(headings - steps, 'finding')}"] if headings > steps else []
    missing += ["the details of history and audit"] if not details else []
    if not missing:
        return []
    return [
        f"**{' and '.join(missing)} left out here for want of room; the HTML report and the JSON result hold all.**"
    ]


def _fit(text: str) -> str:
    if len(text) <= _SIZE_LIMIT:
        return text + "\n"
    end = text.rfind("\n\n", 0, _SIZE_LIMIT)
    return text[: max(end, 0)] + "\n\n**The rest is left out here for want of room; the HTML report holds all.**\n"


def _part_title(part: Result) -> str:
    return f"{wording.subject(part)}: {wording.VERDICT_WORDS[part.verdict].lower()}"


def _paragraph(text: str) -> list[str]:
    return [prose(text)] if text else []


def _heading(violation: ViolationResult, number: int) -> list[str]:
    """What was found, what came of it, and what should have."""
    replay = prose(wording.replayed(violation.replay))
    kind = prose(wording.kind_name(violation.kind))
    blocks = [
        f"### Finding {number}: {prose(wording.headline(violation))}",
        f"{kind}: {code(violation.property)}, {replay}.",
    ]
    if violation.decision:
        blocks.append(f"Decided: {prose(worth.decided(violation.decision))}")
    if violation.outcome:
        blocks.append(f"**What happened here:** {code(violation.outcome, 1000)}")
    if violation.serial:
        lines = [f"- {code(outcome, 1000)}" for outcome in violation.serial[:_SERIAL_LIMIT]]
        if len(violation.serial) > _SERIAL_LIMIT:
            lines.append(f"- and {len(violation.serial) - _SERIAL_LIMIT:,} more")
        blocks.append("**One call at a time would have given one of these:**\n\n" + "\n".join(lines))
    return blocks


def _steps(violation: ViolationResult) -> list[str]:
    """The trace as a diagram, with the table folded below it; the table alone where a diagram would be too large."""
    if not violation.trace:
        return []
    diagram = sequence.draw(violation)
    if not diagram:
        return [_table(violation)]
    folded = "<details><summary>Every step with its line and what it changes</summary>"
    return [f"```mermaid\n{diagram}\n```", folded, _table(violation), "</details>"]


def _table(violation: ViolationResult) -> str:
    rows = [
        "| Step | Process | Function | Where | Source line | What changed |",
        "| ---: | --- | --- | --- | --- | --- |",
    ]
    for step, changed in zip(violation.trace, trace.changes(violation), strict=True):
        ended = [f"ends: {code(step.outcome)}"] if step.outcome is not None else []
        cells = [
            str(step.step),
            " ".join(filter(None, [code(step.process), code(step.operation)])),
            code(step.function or step.action),
            code(wording.place(step.source)),
            code(step.text),
            "<br>".join([*map(_change, changed), *ended]),
        ]
        rows.append(f"| {' | '.join(cells)} |")
    return "\n".join(rows)


def _change(change: Change) -> str:
    old = f"{code(change.old)} → " if change.old is not None else ""
    return f"{code(change.name)} {old}{code(change.new)}"


def _rests_on(part: Result, title: str) -> list[str]:
    suffix = f" ({title})" if title else ""
    assumed = [f"{prose(item.text)}{_at(item)}, {item.status}" for item in part.assumptions]
    approximated = [f"{prose(item.text)}{_at(item)}" for item in wording.approximations(part.spec)]
    return [
        *_bullets(f"Properties{suffix}", map(prose, wording.checked(part))),
        *_bullets(f"What a pass is worth{suffix}", map(prose, worth.worthy(part))),
        *_bullets(f"Open questions{suffix}", map(prose, wording.open_questions(part))),
        *_bullets(f"Assumptions{suffix}", assumed),
        *_bullets(f"Approximations{suffix}", approximated),
        *(_bullets(f"Not covered{suffix}", map(prose, wording.gaps(part))) if title else []),
    ]


def _details(part: Result, title: str) -> list[str]:
    """What a reader of a comment seldom needs: history, unnoticed mistakes, refused steps, nondeterminism."""
    suffix = f" ({title})" if title else ""
    survivors = [m for m in part.audit.mutants if m.status == "survived"] if part.audit else []
    refused = part.conformance.refused if part.conformance else ()
    past = [
        f"{code(item.commit[:10])} {prose(item.date[:10])} {prose(item.subject, 200)}: "
        + prose(worth.changed(item), 200)
        + _place(item.now or item.then)
        + ("" if item.now else ", gone today")
        for item in part.history
    ]
    unsure = [
        f"{prose(worth.CHANCES.get(item.kind, item.kind))}: {code(item.text)}{_place(item.source)}"
        for item in part.nondeterminism
    ]
    return [
        *_bullets(f"Mistakes that nothing noticed{suffix}", [prose(worth.mutant(m)) for m in survivors]),
        *_bullets(f"Real steps that the specification forbids{suffix}", map(prose, refused)),
        *_bullets(f"History{suffix}", past),
        *_bullets(f"Sources of nondeterminism{suffix}", unsure),
    ]


def _place(source: Source | None) -> str:
    return f" ({code(wording.place(source))})" if source else ""


def _at(item: object) -> str:
    return _place(getattr(item, "source", None))


def _bullets(title: str, items: Iterable[str]) -> list[str]:
    lines: Sequence[str] = list(items)
    if not lines:
        return []
    shown = [f"- {line}" for line in lines[:_LIST_LIMIT]]
    if len(lines) > _LIST_LIMIT:
        shown.append(f"- and {len(lines) - _LIST_LIMIT:,} more")
    return [f"### {prose(title)}", "\n".join(shown)]


def code(text: str, limit: int = _CELL_LIMIT) -> str:
    """Return ``text`` as inline code, in a table's cell too; "" for ""."""
    shown = clip(text, limit).strip()
    if not shown:
        return ""
    # A backslash ahead of a pipe means different things to different table parsers, and a backtick ends a span:
    # such text becomes an element whose every odd character is a reference, which no Markdown syntax can see.
    if "`" in shown or "|" in shown or "\\" in shown:
        return f"<code>{_NOT_PLAIN.sub(_reference, shown)}</code>"
    return f"`{shown}`"


def prose(text: str, limit: int = 600) -> str:
    """Return ``text`` as plain words: no markup, links, mentions, references or mathematics come of it."""
    marked = _SPECIAL.sub(_reference, clip(text, limit).strip())
    marked = _START.sub(lambda m: m.group() + _ZERO_WIDTH_SPACE if m.group(1).isdigit() else _reference(m), marked)
    marked = _REFERENCE.sub(rf"\1{_ZERO_WIDTH_SPACE}-", marked)
    marked = _LINK.sub(_reference, marked)
    return _MENTION.sub(lambda m: _reference(m) + _ZERO_WIDTH_SPACE, marked)


def _reference(match: re.Match[str]) -> str:
    return "".join(f"&#{ord(char)};" for char in match.group())
