"""The report as one HTML file that needs nothing else: no network, no build step, no server."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from html import escape
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from reports import whole, wording, worth
from reports.compiled import KeptTemplates
from reports.files import Files
from reports.page import part_views
from reports.result import Result
from reports.text import clip, visible

# Characters of one line of a specification.
_BLOCK_LIMIT = 400

_TEMPLATES = Path(__file__).parent / "templates"


@dataclass(frozen=True, slots=True)
class ReviewHooks:
    """What a server that takes decisions adds to the page: its own script and style, and leave to ask it.

    The script finds what may be decided on by ``data-kind`` and ``data-id``.
    """

    script: str
    style: str = ""


def render(
    result: Result,
    sources: Mapping[str, Sequence[str]],
    review: ReviewHooks | None = None,
    templates: Path | None = None,
) -> str:
    """Return the report as one HTML document.

    ``sources`` maps a path, as ``Source.path`` gives it, to the lines of that file without line ends; for a file
    that is missing there the lines known from the traces stand in. The document's own content policy forbids it
    every request and every script but its own, whatever text of the target it shows; with ``review`` it may ask the
    server it came from, and no other. In the directory ``templates`` the compiled templates are kept for the next time.
    """
    files = Files(result, sources)
    parts = part_views(result, files)
    styles = [_asset("report.css"), *([review.style] if review and review.style else [])]
    scripts = [_asset("report.js"), *([review.script] if review else [])]
    template = _environment(templates).get_template("report.html.j2")
    return template.render(
        result=result,
        parts=parts,
        files=files,
        several=len(parts) > 1,
        # They go in as they are, or their digests would not fit; none of them is text of the target.
        styles=[Markup(style) for style in styles],  # noqa: S704
        scripts=[Markup(script) for script in scripts],  # noqa: S704
        policy=_policy(styles, scripts, asks=review is not None),
    )


def _policy(styles: Sequence[str], scripts: Sequence[str], *, asks: bool) -> str:
    rules = {
        "default-src": "'none'",
        "style-src": " ".join(map(_digest, styles)),
        "script-src": " ".join(map(_digest, scripts)),
        "img-src": "data:",
        "base-uri": "'none'",
        "form-action": "'none'",
    }
    if asks:
        rules["connect-src"] = "'self'"
    return "; ".join(f"{name} {value}" for name, value in rules.items())


class _Templates(FileSystemLoader):
    """The templates without the indent of their lines, which would be a tenth of a large page."""

    def get_source(self, environment: Environment, template: str) -> tuple[str, str, Callable[[], bool]]:
        text, name, unchanged = super().get_source(environment, template)
        return re.sub(r"(?m)^[ ]+", "", text), name, unchanged


@cache
def _environment(kept: Path | None) -> Environment:
    environment = Environment(
        loader=_Templates(_TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_shown,
        bytecode_cache=KeptTemplates(kept) if kept else None,
    )
    environment.globals.update(whole=whole, wording=wording, worth=worth)
    environment.filters["clip"] = clip
    environment.filters["block"] = _block
    environment.filters["words"] = _words
    return environment


def _block(text: str) -> Markup:
    """Lines that stay lines, for the inside of ``pre``, where quotation marks are letters."""
    return Markup("\n".join(escape(clip(line, _BLOCK_LIMIT), quote=False) for line in text.split("\n")))  # noqa: S704


def _words(text: str, limit: int) -> Markup:
    """A sentence whose `names` in backticks are code."""
    pieces = [escape(piece) for piece in clip(text, limit).split("`")]
    if len(pieces) % 2 == 0:  # one of them is a backtick and no more
        return Markup("`".join(pieces))  # noqa: S704
    marked = (f"<code>{piece}</code>" if at % 2 else piece for at, piece in enumerate(pieces))
    return Markup("".join(marked))  # noqa: S704


def _shown(value: object) -> object:
    # Every expression of the template passes here: nothing invisible gets into the page. Values of Python are full of
    # single quotes, which end nothing here, since all attributes of the templates are in double ones.
    if not isinstance(value, str) or isinstance(value, Markup):
        return value
    return Markup(escape(visible(value), quote=False).replace('"', "&#34;"))  # noqa: S704


@cache
def _asset(name: str) -> str:
    return (_TEMPLATES / name).read_text(encoding="utf-8")


def _digest(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"
