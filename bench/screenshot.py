"""A picture of a report: ``python -m bench.screenshot REPORT.html OUT.png [--dark]``, by headless Chromium.

It says how long the report took to open.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from bench.browser import NoBrowser, chromium


def main() -> int:
    """Take the picture; 2 if there is no such report, 4 if there is no browser."""
    parser = argparse.ArgumentParser(prog="python -m bench.screenshot", description="A picture of a report.")
    parser.add_argument("report", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--dark", action="store_true", help="the dark colours")
    parser.add_argument("--print", action="store_true", help="as on paper")
    parser.add_argument("--width", type=int, default=1280, help="of the window, in CSS pixels")
    parser.add_argument("--height", type=int, default=860, help="of the window, in CSS pixels")
    parser.add_argument("--scale", type=float, default=1.5, help="device pixels to a CSS pixel")
    parser.add_argument("--full", action="store_true", help="the whole page, not one window of it")
    parser.add_argument("--only", metavar="SELECTOR", help="one element, such as '#f1'")
    parser.add_argument("--finding", type=int, default=1, metavar="N", help="whose step --step chooses")
    parser.add_argument("--step", type=int, metavar="N", help="show the finding at this step")
    parser.add_argument("--chromium", help="path of the browser (default: CHROMIUM, or the one that is installed)")
    options = parser.parse_args()
    if not options.report.is_file():
        print(f"screenshot: there is no report {options.report}; write one with code2tla run", file=sys.stderr)
        return 2
    try:
        return _picture(options)
    except NoBrowser as error:
        print(f"screenshot: {error}", file=sys.stderr)
        return 4


def _picture(options: argparse.Namespace) -> int:
    with chromium(options.chromium) as browser:
        page = browser.new_page(
            viewport={"width": options.width, "height": options.height},
            device_scale_factor=options.scale,
            color_scheme="dark" if options.dark else "light",
            reduced_motion="reduce",
        )
        if options.print:
            page.emulate_media(media="print")
        page.goto(options.report.resolve().as_uri())
        opening = page.evaluate("performance.getEntriesByType('navigation')[0].domComplete")
        print(f"{options.report.stat().st_size / 1024:,.0f} KB, opened in {opening:.0f} ms")
        if options.print:
            page.evaluate("dispatchEvent(new Event('beforeprint'))")
        if options.step:
            page.click(f"#f{options.finding}-s{options.step} .card")
            page.evaluate("scrollTo(0, 0)")
        if options.only:
            # In a window smaller than the element, what sticks to the window's edge would lie across the picture.
            box = page.locator(options.only).bounding_box()
            page.set_viewport_size({"width": options.width, "height": int(box["height"] if box else 0) + 200})
            page.locator(options.only).screenshot(path=options.out)
        else:
            page.screenshot(path=options.out, full_page=options.full)
    return 0


if __name__ == "__main__":
    sys.exit(main())
