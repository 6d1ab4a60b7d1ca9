"""A report in a real browser."""

from pathlib import Path

from playwright.sync_api import Browser, Page


class Opened:
    """A page with everything it complained about and everything it asked for."""

    def __init__(self, page: Page, file: Path) -> None:
        self.page = page
        self.complaints: list[str] = []
        self.requests: list[str] = []
        page.on("console", lambda message: self.complaints.append(f"{message.type}: {message.text}"))
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("dialog", lambda dialog: self.complaints.append(f"dialog: {dialog.message}"))
        page.on("request", lambda request: self.requests.append(request.url))
        page.goto(file.as_uri())
        self.allowed = {file.as_uri(), "data:,"}

    @property
    def foreign(self) -> list[str]:
        return [url for url in self.requests if url.partition("#")[0] not in self.allowed]


def opened(browser: Browser, tmp_path: Path, text: str, width: int = 1280, scheme: str = "light") -> Opened:
    file = tmp_path / "report.html"
    file.write_text(text, encoding="utf-8")
    dark = scheme == "dark"
    page = browser.new_page(
        viewport={"width": width, "height": 900}, color_scheme="dark" if dark else "light", reduced_motion="reduce"
    )
    return Opened(page, file)


def current_line(page: Page, finding: int) -> str:
    return page.locator(f"#f{finding} .beside li.current").get_attribute("data-n") or ""


def numbers(page: Page, selector: str) -> list[str]:
    """The numbers of the lines that are chosen."""
    found: list[str] = page.locator(selector).evaluate_all("lines => lines.map(line => line.dataset.n)")
    return found
