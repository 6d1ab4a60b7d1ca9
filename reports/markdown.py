"""The report as GitHub-flavoured Markdown, for a pull-request comment."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from reports import wording
from reports.result import Result, ViolationResult
from reports.text import clip
from reports.wording import Change

# A comment on GitHub holds 65,536 characters; beyond this the remaining findings are counted, not shown.
_SIZE_LIMIT = 60_000
_CELL_LIMIT = 160
_LIST_LIMIT = 40

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
    """Return ``result`` as Markdown that ends with a newline; text of the target is shown, never obeyed."""
    head = [f"## {prose(wording.verdict_sentence(result))}", *_paragraph(result.reason)]
    parts = wording.sections(result)
    tail: list[str] = []
    for part in parts:
        tail += _leans_on(part, _part_title(part) if len(parts) > 1 else "")
    tail += _bullets("Not covered", map(prose, wording.not_covered(result)))
    tail.append("\n\n".join(prose(line) for line in (wording.tlc_words(result), wording.cost_words(result)) if line))

    blocks: list[str] = []
    number = shown = 0
    size = sum(map(len, head)) + sum(map(len, tail))
    for part in parts:
        if len(parts) > 1:
            blocks += [f"## {prose(_part_title(part))}", *_paragraph(part.reason)]
        for violation in part.violations:
            number += 1
            text = "\n\n".join(_finding(violation, number))
            if size + len(text) <= _SIZE_LIMIT:
                size += len(text)
                shown += 1
                blocks.append(text)
    if shown < number:
        left_out = wording.count(number - shown, "finding")
        blocks.append(f"**{left_out} left out here for want of room; the HTML report and the JSON result hold all.**")
    return _fit("\n\n".join(block for block in [*head, *blocks, *tail] if block))


def _fit(text: str) -> str:
    if len(text) <= _SIZE_LIMIT:
        return text + "\n"
    end = text.rfind("\n\n", 0, _SIZE_LIMIT)
    return text[: max(end, 0)] + "\n\n**The rest is left out here for want of room; the HTML report holds all.**\n"


def _part_title(part: Result) -> str:
    return f"{wording.subject(part)}: {wording.VERDICT_WORDS[part.verdict].lower()}"


def _paragraph(text: str) -> list[str]:
    return [prose(text)] if text else []


def _finding(violation: ViolationResult, number: int) -> list[str]:
    replay = prose(wording.replayed(violation.replay))
    kind = prose(wording.kind_name(violation.kind))
    blocks = [
        f"### Finding {number}: {prose(violation.summary or violation.property)}",
        f"{kind}: {code(violation.property)}, {replay}.",
    ]
    if violation.trace:
        blocks.append(_table(violation))
    if violation.outcome:
        blocks.append(f"**What happened here:** {code(violation.outcome, 1000)}")
    if violation.serial:
        lines = [f"- {code(outcome, 1000)}" for outcome in violation.serial[:_LIST_LIMIT]]
        if len(violation.serial) > _LIST_LIMIT:
            lines.append(f"- and {len(violation.serial) - _LIST_LIMIT:,} more")
        blocks.append("**One call at a time would have given one of these:**\n\n" + "\n".join(lines))
    return blocks


def _table(violation: ViolationResult) -> str:
    rows = [
        "| Step | Process | Function | Where | Source line | What changed |",
        "| ---: | --- | --- | --- | --- | --- |",
    ]
    for step, changed in zip(violation.trace, wording.changes(violation), strict=True):
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


def _leans_on(part: Result, title: str) -> list[str]:
    suffix = f" ({title})" if title else ""
    assumed = [f"{prose(item.text)}{_at(item)}, {item.status}" for item in part.assumptions]
    approximated = [f"{prose(item.text)}{_at(item)}" for item in wording.approximations(part.spec)]
    return [
        *_bullets(f"Properties{suffix}", map(prose, wording.checked(part.properties))),
        *_bullets(f"Assumptions{suffix}", assumed),
        *_bullets(f"Approximations{suffix}", approximated),
        *(_bullets(f"Not covered{suffix}", map(prose, wording.gaps(part))) if title else []),
    ]


def _at(item: object) -> str:
    where = wording.place(getattr(item, "source", None))
    return f" ({code(where)})" if where else ""


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
    marked = _SPECIAL.sub(_reference, clip(text, limit))
    marked = _START.sub(lambda m: m.group() + _ZERO_WIDTH_SPACE if m.group(1).isdigit() else _reference(m), marked)
    marked = _REFERENCE.sub(rf"\1{_ZERO_WIDTH_SPACE}-", marked)
    marked = _LINK.sub(_reference, marked)
    return _MENTION.sub(lambda m: _reference(m) + _ZERO_WIDTH_SPACE, marked)


def _reference(match: re.Match[str]) -> str:
    return "".join(f"&#{ord(char)};" for char in match.group())
