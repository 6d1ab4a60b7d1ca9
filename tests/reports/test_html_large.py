"""Pages of many findings: what is in them once, and how fast they are."""

import dataclasses
from html.parser import HTMLParser
from pathlib import Path

import pytest
from opened_page import current_line, opened
from playwright.sync_api import Browser

from reports import html
from reports.result import Result

Sources = dict[str, list[str]]


@pytest.mark.browser
def test_the_whole_module_holds_its_actions(browser: Browser, tmp_path: Path, result: Result, sources: Sources) -> None:
    action = result.spec.actions[0]
    assert action.text in result.spec.text
    text = html.render(result, sources)
    assert text.count("hold_14(c) ==") == 1
    page = opened(browser, tmp_path, text).page
    page.locator("details.whole summary").click()
    assert page.locator("details.whole code.tla").evaluate("code => code.textContent") == result.spec.text


def many_findings(result: Result, number: int) -> Result:
    """Findings that look alike but for their outcome."""
    finding = result.violations[1]
    last = finding.trace[-1]
    ends = [dataclasses.replace(last, outcome=f"returned {n}") for n in range(number)]
    many = tuple(
        dataclasses.replace(finding, property=f"p{n}", trace=(*finding.trace[:-1], end)) for n, end in enumerate(ends)
    )
    return dataclasses.replace(result, violations=many)


@pytest.mark.browser
def test_what_later_findings_share_is_in_the_page_once(
    browser: Browser, tmp_path: Path, result: Result, sources: Sources
) -> None:
    sizes = [len(html.render(many_findings(result, number), sources).encode()) for number in (10, 50, 90)]
    assert sizes[2] - sizes[1] < 40 * 6_000
    seen = opened(browser, tmp_path, html.render(many_findings(result, 12), sources))
    page = seen.page
    assert page.locator("[data-same]").count() == 0
    steps = [page.locator(f"#f{number} .cards").inner_text() for number in (1, 10, 12)]
    assert [text.replace("returned 0", "returned 11") for text in steps[::2]] == [steps[2]] * 2
    assert steps[1].replace("returned 9", "returned 11") == steps[2]
    codes = [page.locator(f"#f{number} .beside .code").inner_text() for number in (1, 10, 12)]
    assert codes[0] == codes[1] == codes[2]
    page.locator("#f12-s6 .card").click()
    assert current_line(page, 12) == "22"
    assert page.locator("#f12 .at").inner_text() == "Step 6 of 9"
    assert page.locator("#f1 .at").inner_text() == "Step 1 of 9"
    assert seen.complaints == []


@pytest.mark.browser
def test_a_large_report_opens_and_steps_at_once(
    browser: Browser, tmp_path: Path, result: Result, sources: Sources
) -> None:
    step = result.violations[1].trace
    trace = tuple(dataclasses.replace(step[i % 9], step=i + 1) for i in range(60))
    many = tuple(dataclasses.replace(result.violations[1], property=f"p{i}", trace=trace) for i in range(25))
    text = html.render(dataclasses.replace(result, violations=many), sources)
    assert len(text.encode()) < 3_000_000
    page = opened(browser, tmp_path, text).page
    # The page's own time on the processor, which does not grow with what else the machine is doing.
    numbers = page.context.new_cdp_session(page)
    numbers.send("Performance.enable", {"timeDomain": "threadTicks"})
    page.reload()
    taken = {m["name"]: m["value"] for m in numbers.send("Performance.getMetrics")["metrics"]}
    assert 0 < taken["ScriptDuration"] < 0.5
    assert taken["TaskDuration"] < 2
    page.locator("#f20-s1 .card").focus()
    per_step = page.evaluate(
        "() => { const t = performance.now();"
        "for (let i = 0; i < 20; i++) document.activeElement.dispatchEvent("
        "new KeyboardEvent('keydown', {key: 'ArrowRight', bubbles: true, cancelable: true}));"
        "return (performance.now() - t) / 20; }"
    )
    assert page.locator("#f20 .at").inner_text() == "Step 21 of 60"
    assert per_step < 100


class Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.ids: list[str] = []
        self.refers: list[str] = []
        self.links: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if identifier := given.get("id"):
            self.ids.append(identifier)
        if (href := given.get("href")) and tag == "a":
            self.refers.append(href.removeprefix("#"))
        for name in ("data-to", "data-do", "data-same"):
            self.refers += (given.get(name) or "").split()
        self.links += [
            value for name, value in attrs if name in {"src", "href"} and value and not value.startswith("#")
        ]


def test_ids_are_unique_and_every_reference_has_its_end(two_parts: Result, sources: Sources) -> None:
    tags = Tags()
    many = many_findings(two_parts.parts[0], 12)
    tags.feed(html.render(dataclasses.replace(two_parts, parts=(many, two_parts.parts[1])), sources))
    assert len(tags.ids) == len(set(tags.ids))
    assert tags.refers
    assert set(tags.refers) <= set(tags.ids)
    assert tags.links == ["data:,"]
