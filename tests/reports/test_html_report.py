import dataclasses
import re
import subprocess
import sys
from pathlib import Path

import pytest
from markupsafe import Markup
from opened_page import current_line, numbers, opened
from playwright.sync_api import Browser
from seats_result import PATH

from reports import html, jsonio
from reports.excerpt import excerpt
from reports.highlight import code
from reports.result import Question, Result, Source

Sources = dict[str, list[str]]


@pytest.mark.browser
def test_the_arrow_keys_step_through_a_finding(
    browser: Browser, tmp_path: Path, result: Result, sources: Sources
) -> None:
    seen = opened(browser, tmp_path, html.render(result, sources))
    page = seen.page
    page.locator("#f1 .controls").scroll_into_view_if_needed()
    lines = []
    for step, expected in enumerate(result.violations[0].trace, 1):
        assert page.locator("#f1 .at").inner_text() == f"Step {step} of 6"
        assert page.locator("#f1 .now .card > code").inner_text() == expected.text
        lines.append(current_line(page, 1))
        page.keyboard.press("ArrowRight")
    assert lines == ["14", "14", "16", "16", "17", "17"]
    assert page.locator("#f1 .at").inner_text() == "Step 6 of 6"
    values = page.locator("#f1 .state tr.changed")
    assert values.all_inner_texts() == ["left\t0 → -1"]
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("ArrowLeft")
    assert current_line(page, 1) == "16"
    assert (
        page.locator("#f1 .state").inner_text().split("\n")[-1]
        == "store\t{'v1': 'held'} → {'v1': 'held', 'v2': 'held'}"
    )
    assert page.locator("#f1 .beside li.current .here").inner_text().split() == ["c1", "c2"]
    assert seen.complaints == []
    assert seen.foreign == []


@pytest.mark.browser
def test_it_is_operable_by_keyboard_alone(browser: Browser, tmp_path: Path, result: Result, sources: Sources) -> None:
    page = opened(browser, tmp_path, html.render(result, sources)).page
    reached = set()
    for _ in range(60):
        page.keyboard.press("Tab")
        reached.add(
            page.evaluate(
                "(e => e.dataset.go || (e.classList.contains('card') && e.closest('.finding').id) || e.tagName)"
                "(document.activeElement)"
            )
        )
    assert {"first", "back", "forward", "last", "f1", "f2", "A", "SUMMARY", "PRE"} <= reached
    # With the focus in a card of the second finding, the keys mean that one and the focus goes along.
    page.locator("#f2 .cards .card").first.focus()
    page.keyboard.press("End")
    assert page.locator("#f2 .at").inner_text() == "Step 9 of 9"
    assert page.evaluate("document.activeElement.parentElement.id") == "f2-s9"
    page.keyboard.press("ArrowUp")
    assert page.evaluate("document.activeElement.parentElement.id") == "f2-s8"
    assert page.locator("#f1 .at").inner_text() == "Step 1 of 6"
    page.locator("#f2 [data-go=first]").focus()
    page.keyboard.press("Enter")
    page.keyboard.press("Enter")
    assert page.locator("#f2 .at").inner_text() == "Step 1 of 9"
    assert page.evaluate("document.activeElement.dataset.go") == "first"


@pytest.mark.browser
def test_cards_and_links_open_a_step(browser: Browser, tmp_path: Path, result: Result, sources: Sources) -> None:
    seen = opened(browser, tmp_path, html.render(result, sources))
    page = seen.page
    page.locator("#f2-s6 .card").click()
    assert current_line(page, 2) == "22"
    assert page.locator("#f2-s7.later").count() == 1
    assert page.locator("#f2 .beside .here span").all_inner_texts() == ["c2", "c1"]
    # The set-up is over; a call's own variable is gone when the call has ended.
    table = page.locator("#f2 .state")
    assert table.inner_text().split("\n")[-2:] == ["c1.state\t'held'", "c2.state\t'held'"]
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    assert table.inner_text().split("\n")[-2:] == ["c1.state\t–", "c2.state\t'held'"]
    assert page.locator("#f2 .beside .here span").all_inner_texts() == ["c2", "c1"]
    page.keyboard.press("ArrowRight")
    assert page.locator("#f2 .beside .here span").all_inner_texts() == ["c2"]
    page.goto(page.url.partition("#")[0] + "#f1-s5")
    assert current_line(page, 1) == "17"


@pytest.mark.browser
def test_actions_and_lines_point_at_each_other(
    browser: Browser, tmp_path: Path, result: Result, sources: Sources
) -> None:
    seen = opened(browser, tmp_path, html.render(result, sources))
    page = seen.page
    page.locator("#action-hold_14").hover()
    assert numbers(page, ".pair li.linked") == ["14", "15"]
    page.locator(".pair li", has_text='await self.store.put(visitor, "held")').hover()
    assert page.locator(".action.linked .action-head b").all_inner_texts() == ["hold_16"]
    page.locator(".pair li > a", has_text="22").click()
    assert page.evaluate("document.querySelector(':target .action-head b').textContent") == "cancel_22"
    page.locator("#action-hold_17 a.place").click()
    assert page.evaluate("document.querySelector(':target code').textContent.trim()") == "self.left -= 1"
    assert seen.complaints == []


@pytest.mark.browser
def test_the_slider_steps_too(browser: Browser, tmp_path: Path, result: Result, sources: Sources) -> None:
    seen = opened(browser, tmp_path, html.render(result, sources))
    page = seen.page
    slider = page.locator("#f2 .slider")
    slider.focus()
    page.keyboard.press("ArrowRight")
    assert page.locator("#f2 .at").inner_text() == "Step 2 of 9"
    page.keyboard.press("End")
    assert page.locator("#f2 .at").inner_text() == "Step 9 of 9"
    box = slider.bounding_box()
    assert box is not None
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    assert page.locator("#f2 .at").inner_text() == "Step 5 of 9"
    assert page.locator("#f2-s5.now").count() == 1
    page.locator("#f2-s1 .card").click()
    assert slider.input_value() == "1"
    assert seen.complaints == []


@pytest.mark.browser
def test_a_step_leads_to_its_action_to_the_code_and_back(
    browser: Browser, tmp_path: Path, result: Result, sources: Sources
) -> None:
    seen = opened(browser, tmp_path, html.render(result, sources))
    page = seen.page
    page.locator("#f1-s5 .card").click()
    page.locator("#f1 .follow a").click()
    action = page.locator(":target")
    assert action.get_attribute("id") == "action-hold_17"
    assert action.is_visible()
    action.locator("a.place").click()
    line = page.locator(":target")
    assert line.get_attribute("id") == f"{PATH}-17"
    assert line.inner_text().split() == ["17", "self.left", "-=", "1"]
    line.locator("code").click()
    assert page.locator(":target").get_attribute("id") == "action-hold_17"
    page.go_back()
    page.go_back()
    page.go_back()
    assert page.locator("#f1 .at").inner_text() == "Step 5 of 6"
    assert seen.complaints == []
    assert seen.foreign == []


@pytest.mark.browser
def test_a_link_unfolds_what_it_leads_into(browser: Browser, tmp_path: Path, result: Result, sources: Sources) -> None:
    many = tuple(dataclasses.replace(result.properties[2], name=f"p{n}") for n in range(9))
    text = html.render(dataclasses.replace(result, properties=(*result.properties, *many)), sources)
    page = opened(browser, tmp_path, text.replace('data-id="p7"', 'data-id="p7" id="folded"')).page
    fold = page.locator("details.fold", has_text="not checked for 10 combinations of operations")
    assert fold.get_attribute("open") is None
    page.evaluate("location.hash = 'folded'")
    page.wait_for_selector("#folded", state="visible")
    page.evaluate("location.hash = '%E0%A4%A'")
    assert fold.get_attribute("open") == ""


@pytest.mark.browser
def test_a_server_may_add_its_script_and_ask_itself(browser: Browser, tmp_path: Path, result: Result) -> None:
    hooks = html.ReviewHooks(
        "document.title = [...document.querySelectorAll('[data-kind]')].map(e => e.dataset.kind).join(' ');",
        "h1 { color: rgb(1, 2, 3); }",
    )
    text = html.render(result, {}, hooks)
    assert "connect-src 'self'" in text
    assert "connect-src" not in html.render(result, {})
    seen = opened(browser, tmp_path, text)
    kinds = set(seen.page.title().split())
    assert {"finding", "action", "property", "assumption", "question", "approximation", "audit", "flag"} <= kinds
    assert seen.page.evaluate("getComputedStyle(document.querySelector('h1')).color") == "rgb(1, 2, 3)"
    assert seen.complaints == []


@pytest.mark.browser
@pytest.mark.parametrize("width", [1280, 400])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_word_has_contrast_and_room(
    browser: Browser, tmp_path: Path, two_parts: Result, sources: Sources, width: int, scheme: str
) -> None:
    seen = opened(browser, tmp_path, html.render(two_parts, sources), width, scheme)
    page = seen.page
    page.evaluate("document.querySelectorAll('details').forEach(d => { d.open = true; })")
    page.locator("#f1-s3 .card").click()
    page.mouse.move(0, 0)
    page.wait_for_timeout(50)
    assert page.evaluate(POOR_CONTRAST) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert seen.complaints == []


# Every element with words of its own against the nearest painted background, by the formula of WCAG 2.
POOR_CONTRAST = """() => {
  const rgb = text => text.match(/[\\d.]+/g).map(Number);
  const light = ([r, g, b]) => [r, g, b].map(v => v / 255)
    .map(v => v <= .04045 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4)
    .reduce((sum, v, i) => sum + v * [.2126, .7152, .0722][i], 0);
  const behind = e => {
    for (; e; e = e.parentElement) {
      const colour = rgb(getComputedStyle(e).backgroundColor);
      if (colour.length === 3 || colour[3] > .99) return colour;
    }
    return [255, 255, 255];
  };
  const poor = [];
  for (const e of document.body.querySelectorAll("*")) {
    if (["SCRIPT", "STYLE"].includes(e.tagName) || !e.getClientRects().length) continue;
    const words = [...e.childNodes].filter(n => n.nodeType === 3 && n.data.trim()).map(n => n.data.trim());
    if (!words.length) continue;
    const style = getComputedStyle(e);
    const [a, b] = [light(rgb(style.color)), light(behind(e))].sort((x, y) => y - x);
    const large = parseFloat(style.fontSize) >= 24 || (parseFloat(style.fontSize) >= 18.7 && style.fontWeight >= 700);
    const ratio = (a + .05) / (b + .05);
    const what = `${e.tagName}.${e.className} ${words[0].slice(0, 30)}`;
    if (ratio < (large ? 3 : 4.5)) poor.push(`${what} ${ratio.toFixed(2)}`);
  }
  return poor;
}"""


@pytest.mark.browser
def test_hostile_text_stays_text(browser: Browser, tmp_path: Path, hostile_results: list[Result]) -> None:
    for index, each in enumerate(hostile_results):
        paths = [step.source.path for v in each.violations for step in v.trace if step.source]
        paths += [source.path for action in each.spec.actions for source in action.sources]
        lines = [*("</code></li></ol><script>window.hacked = 1</script>", '"""\x1b[31m\u202e</style>')] * 15
        text = html.render(each, dict.fromkeys(paths[::2], lines))
        (tmp_path / str(index)).mkdir()
        seen = opened(browser, tmp_path / str(index), text)
        page = seen.page
        for _ in range(3):
            page.keyboard.press("ArrowRight")
        page.mouse.move(640, 450)
        assert page.evaluate("window.hacked") is None
        assert page.evaluate("document.scripts.length") == 1
        assert page.locator("img, iframe, form, object, embed, base, a[href]:not([href^='#'])").count() == 0
        assert page.locator("[style], [onmouseover], [onfocus], [onerror]").count() == 0
        assert page.evaluate("document.documentElement.scrollWidth") <= 1280
        # The one complaint could be the policy at work; there is nothing for it to refuse either.
        assert seen.complaints == []
        assert seen.foreign == []
        page.close()


@pytest.mark.browser
def test_the_policy_refuses_what_got_in_all_the_same(browser: Browser, tmp_path: Path, result: Result) -> None:
    text = html.render(result, {})
    injected = "<script>window.hacked = 1</script><img src='https://evil.example/x.png' onerror='window.hacked = 2'>"
    seen = opened(browser, tmp_path, text.replace("</header>", f"</header>{injected}", 1))
    assert seen.page.evaluate("window.hacked") is None
    for _ in range(50):  # the browser says so when it gets to it
        if seen.complaints:
            break
        seen.page.wait_for_timeout(20)
    assert any("Content Security Policy" in complaint for complaint in seen.complaints)


@pytest.mark.browser
def test_it_prints_every_step_and_needs_no_script(
    browser: Browser, tmp_path: Path, result: Result, sources: Sources
) -> None:
    text = html.render(result, sources)
    bare = re.sub(r"<script>.*?</script>", "", text, flags=re.DOTALL)
    page = opened(browser, tmp_path, bare).page
    assert page.locator("#f1 .card:visible").count() == 6
    assert page.locator("#f1 .controls:visible").count() == 0
    assert "left\t-1" in page.locator("#f1 .state").inner_text()
    page = opened(browser, tmp_path, text).page
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert page.locator("#f1 .state").inner_text().startswith("Values after step 6")
    assert page.locator("details:not([open])").count() == 0
    page.evaluate("dispatchEvent(new Event('afterprint'))")
    assert page.locator("#f1 .at").inner_text() == "Step 1 of 6"
    page.emulate_media(media="print")
    assert page.locator("#f2 .card:visible").count() == 9
    assert page.locator(".controls:visible, nav:visible").count() == 0


def test_the_order_is_a_reviewers(result: Result, sources: Sources) -> None:
    text = html.render(result, sources)
    wanted = [
        "Violated</span>: Seats goes wrong in 2 ways, with 2 overlapping calls after at most 1 earlier call.",
        "What this does not cover",
        "Two overlapping hold calls both get a seat",
        "What happened here",
        "What one call at a time can give",
        "The specification, beside the code it models",
        "Properties</h2>",
        "Assumptions</h2>",
        "Approximations</h2>",
        "Sources of nondeterminism</h2>",
        "What the history says</h2>",
        "Audit: what a pass is worth</h2>",
        "Compared with the real code</h2>",
        "Changes that weaken what a pass means</h2>",
        "Numbers, cost and time",
    ]
    places = [text.index(words) for words in wanted]
    assert places == sorted(places)


def test_what_a_pass_is_worth_is_told(result: Result, sources: Sources) -> None:
    text = html.render(result, sources)
    for words in (
        "noticed 11 of 12 deliberate mistakes",
        "2 deliberate mistakes in the specification, one at a time: 1 noticed, 1 not.",
        "<b>A weak property:</b> NoDeadlock noticed none of 4 mistakes.",
        '<a href="#action-cancel_23">effect dropped in cancel_23 (booking/seats.py:23)</a>',
        '<span class="removed">-    /\\ left\' = left + 1</span>',
        "It removed a lock around hold, then at",
        "not modelled</span>",
        "the specification allows 77 of the 78 steps it took",
        "A property now asks for less: NoDeadlock. It no longer speaks of cancel, and nobody has accepted it yet.",
        "May one visitor hold two seats?",
        "accepted by kim on 2026-01-05 until 2026-07-01: one process only",
        "when a message arrives",
    ):
        assert words in text


def test_the_verdict_names_what_goes_wrong(two_parts: Result) -> None:
    text = html.render(two_parts, {})
    assert "Violated</span>: Seats goes wrong in 2 ways" in text
    assert "Seats and Rooms" in text.partition("</title>")[0]


def test_an_assumption_is_asked_about_where_it_stands(result: Result) -> None:
    (assumption, *_) = result.assumptions
    question = Question("ask", f"Does this hold? {assumption.text}", f"Seats.{assumption.id}")
    text = html.render(dataclasses.replace(result, questions=(*result.questions, question)), {})
    assert text.count(Markup.escape(assumption.text.split("`")[0].strip())) == 1
    assert 'data-kind="question" data-id="ask"' in text
    assert "Nobody has said yet whether this holds." in text
    answered = dataclasses.replace(question, answer="Yes, <always>.")
    assert "Answered: Yes, &lt;always&gt;." in html.render(dataclasses.replace(result, questions=(answered,)), {})


def test_names_in_backticks_are_code(result: Result) -> None:
    notes = ("`a<b` is `c`.", "one ` and no more", "``")
    text = html.render(dataclasses.replace(result, notes=notes), {})
    assert "<li><code>a&lt;b</code> is <code>c</code>.</li>" in text
    assert "<li>one ` and no more</li>" in text


def test_what_belongs_to_no_part_is_shown_once(two_parts: Result, sources: Sources) -> None:
    parts = tuple(dataclasses.replace(p, history=(), audit=None, nondeterminism=()) for p in two_parts.parts)
    text = html.render(dataclasses.replace(two_parts, parts=parts), sources)
    assert text.count("What the history says</h3>") == 1
    assert text.count("Sources of nondeterminism</h3>") == 1


def test_actions_of_one_name_in_two_modules_are_told_apart(two_parts: Result, sources: Sources) -> None:
    text = html.render(two_parts, sources)
    assert 'id="action-Seats.hold_14"' in text
    assert 'id="action-Rooms.hold_14"' in text


def test_attributes_of_the_templates_are_in_double_quotes() -> None:
    # Values are escaped for those alone.
    for template in (Path(html.__file__).parent / "templates").glob("*.j2"):
        assert not re.search(r"=\s*(?:'[^'\"]*)?{{", template.read_text(encoding="utf-8")), template


def test_invisible_characters_are_shown(hostile_results: list[Result]) -> None:
    for each in hostile_results:
        text = html.render(each, {})
        text.encode()
        assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff]", text)


def test_without_the_sources_the_trace_stands_for_them(result: Result) -> None:
    text = html.render(result, {})
    assert text.count("<i class=k>await</i>") > 2
    other = dataclasses.replace(result.violations[0].trace[0], source=Source("gone.py", 999, 9))
    finding = dataclasses.replace(result.violations[0], trace=(other,))
    assert "gone.py:999" in html.render(dataclasses.replace(result, violations=(finding,)), {"gone.py": ["x = 1"]})


def test_many_serial_outcomes_are_folded(result: Result) -> None:
    many = dataclasses.replace(result.violations[0], serial=tuple(f"outcome number {i}." for i in range(400)))
    text = html.render(dataclasses.replace(result, violations=(many,)), {})
    assert "and 396 more" in text
    assert "outcome number 299." in text
    assert "outcome number 300." not in text
    assert "100 are left out here" in text


def test_every_verdict_has_its_page(result: Result) -> None:
    bare = dataclasses.replace(result, violations=(), properties=(), assumptions=(), notes=(), bounds={}, seconds={})
    for verdict, words in (
        ("verified", "keeps every checked property"),
        ("violated", "goes wrong in 0 ways"),
        ("inconclusive", "was neither verified nor shown wrong"),
        ("failed", "could not be checked"),
    ):
        text = html.render(dataclasses.replace(bare, verdict=verdict), {})  # type: ignore[arg-type]
        assert words in text


def test_an_excerpt_is_the_function_around_a_line(sources: Sources) -> None:
    (lines,) = sources.values()
    assert excerpt(lines, [14]) == [(13, 17)]
    assert excerpt(lines, [14, 23]) == [(13, 23)]
    assert excerpt(lines, [0, 99]) == []
    long = ["def f():", *["    x = 1"] * 100, "y = 2"]
    assert excerpt(long, [50]) == [(1, 1), (46, 54)]
    assert excerpt(long, [102]) == [(98, 102)]


def test_colours_keep_every_line_to_the_letter() -> None:
    lines = [
        '"""doc',
        "  <b>&</b>",
        '"""',
        "async def f(x: str) -> None:",
        "\treturn 'a\\'b' if x else 0x1f",
        "",
        "# end",
    ]
    shown = [re.sub(r"<[^>]*>", "", row) for row in map(str, code("a.py", lines))]
    assert shown[1] == "  &lt;b&gt;&amp;&lt;/b&gt;"
    assert shown[3] == "async def f(x: str) -&gt; None:"
    assert len(shown) == len(lines)


@pytest.mark.browser
def test_tla_is_coloured_to_the_letter(browser: Browser, tmp_path: Path, result: Result, sources: Sources) -> None:
    text = 'a == /\\ b\' = 1 (* two\nlines *) /\\ c = "x" \\* end\n(*) still *) UNCHANGED <<d>>\nIN_ == 2 \\in 1..3'
    actions = (dataclasses.replace(result.spec.actions[0], text=text), *result.spec.actions[1:])
    shown = dataclasses.replace(result, spec=dataclasses.replace(result.spec, actions=actions))
    page = opened(browser, tmp_path, html.render(shown, sources)).page
    block = page.locator(f"#action-{actions[0].name} .tla")
    block.scroll_into_view_if_needed()
    block.locator("i").first.wait_for()
    assert block.evaluate("code => code.textContent") == text
    pieces = block.locator("i").evaluate_all("all => all.map(i => `${i.className} ${i.textContent}`)")
    assert pieces == [
        "f a", "b b'", "n 1", "c (* two\nlines *)", 's "x"', "c \\* end", "c (*) still *)", "k UNCHANGED",
        "f IN_", "n 2", "n 1", "n 3",
    ]  # fmt: skip


@pytest.mark.browser
def test_a_step_of_several_lines_marks_them_all(
    browser: Browser, tmp_path: Path, result: Result, sources: Sources
) -> None:
    step = dataclasses.replace(result.violations[0].trace[0], source=Source(PATH, 14, 16))
    finding = dataclasses.replace(result.violations[0], trace=(step, *result.violations[0].trace[1:]))
    page = opened(browser, tmp_path, html.render(dataclasses.replace(result, violations=(finding,)), sources)).page
    assert current_line(page, 1) == "14"
    assert numbers(page, "#f1 .beside li.within") == ["15", "16"]
    page.keyboard.press("ArrowRight")
    assert page.locator("#f1 .beside li.within").count() == 0


def test_compiled_templates_are_kept_and_never_needed(tmp_path: Path, result: Result) -> None:
    kept, full = tmp_path / "kept", tmp_path / "file"
    full.write_text("no directory")
    # A process has its own templates, so that each of these is another program.
    render = (
        "import sys; from pathlib import Path; from reports import html, jsonio; "
        "sys.stdout.write(html.render(jsonio.loads(Path(sys.argv[1]).read_text()), {}, templates=Path(sys.argv[2])))"
    )
    stored = tmp_path / "result.json"
    stored.write_text(jsonio.dumps(result))
    plain = html.render(result, {})

    def drawn(templates: Path) -> str:
        words = [sys.executable, "-c", render, str(stored), str(templates)]
        return subprocess.run(words, capture_output=True, text=True, check=True).stdout

    assert drawn(kept) == plain
    compiled = sorted(kept.iterdir())
    assert compiled
    assert drawn(kept) == plain
    assert sorted(kept.iterdir()) == compiled
    for file in compiled:
        file.write_bytes(file.read_bytes()[:40])
    assert drawn(kept) == plain
    assert drawn(full) == plain
