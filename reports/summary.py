"""The result on one page for ``$GITHUB_STEP_SUMMARY``: verdict, a line a finding, what it does not say."""

from __future__ import annotations

from pathlib import Path

from reports import plain, whole, wording
from reports.markdown import code, prose
from reports.result import Result

_FINDINGS_LIMIT = 50


def append(result: Result, file: Path) -> None:
    """Append the page to ``file``, as GitHub's runner asks. Raises OSError if it can't."""
    with file.open("a", encoding="utf-8") as stream:
        stream.write(render(result))


def render(result: Result) -> str:
    """Return the page as Markdown; ends with an empty line, since other steps may append to the same file."""
    blocks = [f"## {prose(wording.verdict_sentence(result))}", prose(result.reason)]
    found = whole.findings(result)
    if found:
        rows = ["| | Finding | Where | On the real code |", "| ---: | --- | --- | --- |"]
        for number, violation in enumerate(found[:_FINDINGS_LIMIT], 1):
            cells = [
                str(number),
                prose(violation.summary or violation.property, 300),
                code(wording.place(plain.main_place(violation))),
                prose(wording.replayed(violation.replay), 200),
            ]
            rows.append(f"| {' | '.join(cells)} |")
        if len(found) > _FINDINGS_LIMIT:
            rows.append(f"| | and {len(found) - _FINDINGS_LIMIT:,} more | | |")
        blocks.append("\n".join(rows))
    properties = [prop for part in whole.sections(result) for prop in part.properties]
    counts = [
        f"{number} {word}"
        for status, word in wording.STATUS_WORDS.items()
        if (number := sum(prop.status == status for prop in properties))
    ]
    if counts:
        blocks.append(f"Properties: {', '.join(counts)}.")
    blocks.append("\n".join(f"- {prose(line)}" for line in wording.not_covered(result)))
    blocks += [prose(line) for line in (wording.tlc_words(result), wording.cost_words(result)) if line]
    return "\n\n".join(block for block in blocks if block) + "\n\n"
