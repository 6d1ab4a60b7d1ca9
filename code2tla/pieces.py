"""From specifications and what checking them gave to one result, and the files of each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from code2tla import assemble, itf
from code2tla.authors import Author
from code2tla.bounds import LADDER
from code2tla.checked import Checked
from code2tla.source import Lines
from code2tla.trace import Context
from extractor.types import Facts
from reports.result import Result
from specgen import printing
from specgen.types import Plan, Spec, Target

if TYPE_CHECKING:  # what answers tasks is loaded where somebody answers
    from code2tla.authoring.author import WritingAuthor


@dataclass(frozen=True, slots=True)
class Written:
    """What the author wrote: a specification per shared object, and the objects it could not write one for."""

    specs: tuple[tuple[Target, Spec], ...]
    refused: tuple[tuple[Target, str], ...]


@dataclass(frozen=True, slots=True)
class Piece:
    """One shared object's share of the output: its specification, other files by name, and its result.

    ``provenance.json`` is made of the specification unless it is among the files.
    """

    spec: Spec
    files: Mapping[str, str]
    result: Result


def concluded(
    facts: Facts, author: Author | WritingAuthor, plan: Plan, written: Written, checked: Sequence[Checked]
) -> tuple[Result, list[Piece]]:
    """One result of everything, and a piece for each specification; ``checked`` is in the order of those."""
    lines = Lines.of(facts)
    notes = [f"{p.span.path}:{p.span.line} was not read: {p.text}." for p in facts.problems]
    if plan.skipped:
        notes.append(f"Not modelled (plan.json says why): {', '.join(plan.skipped)}.")
    pieces = [
        Piece(
            spec,
            {
                **_files(spec, seen),
                **itf.files(Context.of(spec, facts, lines), seen.findings),
                **author.files(spec),
            },
            author.result(assemble.part(facts, target, spec, seen, lines), seen),
        )
        for (target, spec), seen in zip(written.specs, checked, strict=True)
    ]
    parts = [piece.result for piece in pieces]
    parts += [
        author.result(assemble.unmodelled(facts, "inconclusive", why, (t.cls or t.path,)), None)
        for t, why in written.refused
    ]
    if not parts:
        parts = [assemble.unmodelled(facts, "inconclusive", _nothing(facts, author))]
    return assemble.merged(facts, parts, notes), pieces


def with_results(pieces: Sequence[Piece], result: Result) -> list[Piece]:
    """The pieces with their parts of the result; parts that have no specification come last there."""
    parts = result.parts or (result,)
    return [replace(piece, result=part) for piece, part in zip(pieces, parts, strict=False)]


def _nothing(facts: Facts, author: Author | WritingAuthor) -> str:
    """Why no shared object of the feature was modelled, and what to do where another author could."""
    languages = sorted({file.language for file in facts.files})
    if not isinstance(author, Author) or "python" in languages:
        return "nothing to model: no class or module of the feature has operations on shared state"
    return (
        f"the feature has no Python, which is all that the static author models: it is {', '.join(languages)}; "
        "run again with --author llm or --author agent"
    )


def _files(spec: Spec, checked: Checked) -> dict[str, str]:
    """The module, and a configuration with its serial outcomes; the first rung's where none was explored."""
    cfg = printing.cfg(spec, LADDER[0], True, spec.properties)
    return {f"{spec.module}.tla": printing.module_text(spec), f"{spec.module}.cfg": cfg, **checked.files}
