"""The report as one HTML file that needs nothing else: no network, no build step, no server."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from reports import wording
from reports.page import Files, part_view
from reports.result import Result
from reports.text import clip, visible

_TEMPLATES = Path(__file__).parent / "templates"


def render(result: Result, sources: Mapping[str, Sequence[str]]) -> str:
    """Return the report as one HTML document.

    ``sources`` maps a path, as ``Source.path`` gives it, to the lines of that file without line ends; for a file
    that is missing there the lines known from the traces stand in. The document's own content policy forbids it
    every request and every script but its own, whatever text of the target it shows.
    """
    files = Files(result, sources)
    sections = wording.sections(result)
    numbers = [sum(len(part.violations) for part in sections[:index]) for index in range(len(sections))]
    parts = [
        part_view(part, index, first, files) for index, (part, first) in enumerate(zip(sections, numbers, strict=True))
    ]
    style, script = _asset("report.css"), _asset("report.js")
    policy = (
        f"default-src 'none'; style-src '{_digest(style)}'; script-src '{_digest(script)}'; img-src data:; "
        "base-uri 'none'; form-action 'none'"
    )
    template = _environment().get_template("report.html.j2")
    return template.render(
        result=result,
        parts=parts,
        several=len(parts) > 1,
        # The assets go in as they are, or their digests would not fit; they are this package's own files.
        style=Markup(style),  # noqa: S704
        script=Markup(script),  # noqa: S704
        policy=policy,
    )


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_shown,
    )
    environment.globals["wording"] = wording
    environment.filters["clip"] = clip
    return environment


def _shown(value: object) -> object:
    # Every expression of the template passes here ahead of its escaping: nothing invisible gets into the page.
    return visible(value) if isinstance(value, str) and not isinstance(value, Markup) else value


@cache
def _asset(name: str) -> str:
    return (_TEMPLATES / name).read_text(encoding="utf-8")


def _digest(text: str) -> str:
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"
