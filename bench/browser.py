"""Headless Chromium for what measures or pictures a report.

Playwright is only the driver; the browser is the one that is installed: ``CHROMIUM``, or the first of the usual names
on PATH.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Browser, sync_playwright

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


class NoBrowser(Exception):
    """There is no Chromium on this machine."""


def path() -> str | None:
    """The browser's file; None where there is none."""
    return os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, NAMES)), None)


@contextmanager
def chromium(executable: str | None = None) -> Iterator[Browser]:
    """A running browser. Raises NoBrowser."""
    found = executable or path()
    if found is None:
        raise NoBrowser("no Chromium found; install one or name it with CHROMIUM")
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=found, args=list(ARGUMENTS))
        yield browser
        browser.close()
