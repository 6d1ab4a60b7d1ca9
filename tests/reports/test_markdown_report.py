import dataclasses
import re
from collections.abc import Iterator

from markdown_it import MarkdownIt
from markdown_it.token import Token

from reports import markdown
from reports.result import Result


def parsed(text: str) -> Iterator[Token]:
    for token in MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"]).parse(text):
        yield token
        yield from token.children or ()


MARKUP = {"link_open", "image", "code_block", "hr", "blockquote_open", "em_open", "s_open"}
FOLDS = {"<details><summary>Every step with its line and what it changes</summary>", "</details>"}

# A line of a diagram is of one of these forms, and what it says holds nothing that Mermaid or HTML would read.
SAYS = r"(?:[\w .,='()]|#\d+;|<br/>)*"
DIAGRAM = re.compile(
    rf"sequenceDiagram|    participant (?:p\d|state) as {SAYS}|    p\d->>(?:p\d|state): {SAYS}"
    rf"|    Note (?:right of state|over p\d): {SAYS}"
)


def test_it_says_everything_a_reader_needs(result: Result) -> None:
    text = markdown.render(result)
    assert text.startswith(
        "## Violated: Seats goes wrong in 2 ways, with 2 overlapping calls after at most 1 earlier call."
    )
    assert (
        "| 6 | `c2` `hold('v2')` | `Seats.hold` | `booking/seats.py:17` | `self.left -= 1` "
        "| `left` `0` → `-1`<br>ends: `returned None` |" in text
    )
    assert "- `hold('v1') returned None, hold('v2') raised SoldOut; left = 0, store = {'v1': 'held'}`" in text
    for heading in ("### Properties", "### Assumptions", "### Approximations", "### Not covered"):
        assert heading in text
    assert "1,974 distinct states" in text


def test_no_text_of_the_target_becomes_markup(hostile_results: list[Result]) -> None:
    for each in hostile_results:
        rendered = markdown.render(each)
        columns = 0
        for token in parsed(rendered):
            assert token.type not in MARKUP
            if token.type == "html_inline":
                assert token.content in {"<br>", "<code>", "</code>"}
            if token.type == "html_block":
                assert token.content.strip() in FOLDS
            if token.type == "fence":
                assert token.info == "mermaid"
                assert all(DIAGRAM.fullmatch(line) for line in token.content.splitlines())
            if token.type == "tr_open":
                columns = 0
            if token.type in {"td_open", "th_open"}:
                columns += 1
            if token.type == "tr_close":
                assert columns == 6
        headings = re.findall(r"(?m)^#+ (\w+)", rendered)
        assert set(headings) == {
            "Violated", "Finding", "Properties", "What", "Assumptions", "Approximations", "Not",
            "Mistakes", "Real", "History", "Sources",
        }  # fmt: skip
        assert not re.search(r"[@#]\w", seen_outside_code(rendered))
        assert "\x1b" not in rendered
        assert "\u202e" not in rendered


def seen_outside_code(text: str) -> str:
    """What a reader sees outside of code: there a renderer may make mentions and references of it."""
    out: list[str] = []
    inside = False
    for token in parsed(text):
        if token.type == "html_inline" and token.content in {"<code>", "</code>"}:
            inside = token.content == "<code>"
        elif token.type == "text" and not inside:
            out.append(token.content)
    return "".join(out)


def test_links_are_broken_for_renderers_that_make_their_own(hostile_results: list[Result]) -> None:
    for each in hostile_results:
        without_diagrams = re.sub(r"(?s)```mermaid\n.*?\n```", "", markdown.render(each))
        prose = re.sub(r"`[^`\n]*`", "", without_diagrams)
        assert not re.search(r"https?://|www\.|mailto:", prose)


def test_code_is_shown_to_the_letter(result: Result) -> None:
    lines = ("a | b", "x = `y`", "s = '\\|'", "a \\", "<b>&amp;</b>", "_a_ *b* ~~c~~", "``", "a  b", "f'{x!r:>{w}}'")
    for line in lines:
        first = dataclasses.replace(result.violations[0].trace[0], text=line)
        finding = dataclasses.replace(result.violations[0], trace=(first,))
        rendered = markdown.render(dataclasses.replace(result, violations=(finding,)))
        rows = [t for t in parsed(rendered) if t.type == "inline"]
        cell = rows[next(i for i, t in enumerate(rows) if t.content == "`booking/seats.py:14`") + 1]
        shown = "".join(t.content for t in cell.children or () if t.type in {"text", "code_inline"})
        assert shown == line


def test_long_lines_are_cut_and_say_so(result: Result) -> None:
    step = dataclasses.replace(result.violations[0].trace[0], text="y" * 10_000)
    finding = dataclasses.replace(result.violations[0], trace=(step,))
    text = markdown.render(dataclasses.replace(result, violations=(finding,)))
    assert "more characters)" in text
    assert max(map(len, text.splitlines())) < 1000


def many(result: Result, number: int) -> Result:
    findings = [dataclasses.replace(result.violations[i % 2], property=f"property_{i}") for i in range(number)]
    return dataclasses.replace(result, violations=tuple(findings))


def test_it_fits_into_a_comment_whatever_was_found(result: Result) -> None:
    text = markdown.render(many(result, 400))
    assert len(text) < 65_536
    assert "goes wrong in 400 ways" in text
    assert re.search(r"\*\*\d{3} findings and .* left out here for want of room", text)
    assert "### Not covered" in text


def test_steps_go_before_findings_and_findings_before_the_verdict(result: Result) -> None:
    text = markdown.render(many(result, 40))
    assert len(text) < 65_536
    assert text.count("### Finding ") == 40
    drawn = text.count("```mermaid")
    assert 5 < drawn < 40
    assert f"**the steps of {40 - drawn} findings" in text
    assert "property_39" in text
    assert markdown.render(many(result, 3)).count("```mermaid") == 3


def test_a_trace_too_large_for_a_diagram_has_its_table(result: Result) -> None:
    step = result.violations[0].trace[0]
    long = tuple(dataclasses.replace(step, step=number) for number in range(1, 80))
    finding = dataclasses.replace(result.violations[0], trace=long)
    text = markdown.render(dataclasses.replace(result, violations=(finding,)))
    assert "mermaid" not in text
    assert "| 79 |" in text


def test_verified_says_what_it_does_not_cover(verified: Result) -> None:
    text = markdown.render(verified)
    assert text.startswith("## Verified: Seats keeps every checked property, with 2 overlapping calls")
    assert "were not explored" in text
