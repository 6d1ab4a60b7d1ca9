import dataclasses
import re
from collections.abc import Iterator

from markdown_it import MarkdownIt
from markdown_it.token import Token

from reports import markdown
from reports.result import Result, ViolationResult


def parsed(text: str) -> Iterator[Token]:
    for token in MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"]).parse(text):
        yield token
        yield from token.children or ()


MARKUP = {"link_open", "image", "fence", "code_block", "html_block", "hr", "blockquote_open", "em_open", "s_open"}


def test_it_says_everything_a_reader_needs(result: Result) -> None:
    text = markdown.render(result)
    assert text.startswith("## Violated: 2 findings in Seats within 2 overlapping calls after at most 1 earlier call.")
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
            if token.type == "tr_open":
                columns = 0
            if token.type in {"td_open", "th_open"}:
                columns += 1
            if token.type == "tr_close":
                assert columns == 6
        headings = re.findall(r"(?m)^#+ (\w+)", rendered)
        assert set(headings) == {"Violated", "Finding", "Properties", "Assumptions", "Approximations", "Not"}
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
        prose = re.sub(r"`[^`\n]*`", "", markdown.render(each))
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


def test_it_fits_into_a_comment_whatever_was_found(result: Result) -> None:
    many: tuple[ViolationResult, ...] = tuple(
        dataclasses.replace(result.violations[i % 2], property=f"property_{i}") for i in range(400)
    )
    text = markdown.render(dataclasses.replace(result, violations=many))
    assert len(text) < 65_536
    assert "Violated: 400 findings" in text
    assert re.search(r"\*\*3\d\d findings left out here", text)
    assert "### Not covered" in text


def test_verified_says_what_it_does_not_cover(verified: Result) -> None:
    text = markdown.render(verified)
    assert text.startswith("## Verified: Seats keeps every checked property within 2 overlapping calls")
    assert "were not explored" in text
