"""``code2tla conform``: a specification directory against the real code."""

from __future__ import annotations

import argparse

from rich.console import Console
from rich.text import Text

from code2tla import commands, conforming, output, pipeline
from code2tla.errors import UsageError
from code2tla.progress import Display
from reports import jsonio, worth
from reports.result import Result
from reports.text import visible


def run(options: argparse.Namespace, out: Console, err: Console) -> int:
    """0 if every step was one of the specification's, 1 if one was not, 3 if nothing could be compared."""
    result = commands.stored(options.spec_dir)
    repo = commands.target(options.repo, options.spec_dir, result)
    settings = commands.settings_of(options, repo)
    if not settings.execute:
        raise UsageError("conform runs the target's own code; give --execute to let it")
    with Display(err, 0, options.quiet):
        facts = pipeline.index(repo, result.feature.path, settings)
        specs = conforming.read_specs(options.spec_dir, result, facts)
        result = conforming.conformed(result, specs, facts, repo, settings)
    output.write_result(options.spec_dir, result)
    output.write_reports(options.spec_dir, result, commands.lines_of(result, repo))
    if options.json:
        commands.write(out, jsonio.dumps(result))
    else:
        _print(result, out)
    conformance = result.conformance
    if conformance is None or not conformance.schedules:
        return 3
    return 1 if conformance.refused else 0


def _print(result: Result, out: Console) -> None:
    """One line a shared object, one an action, one a step that the specification forbids."""
    for part in result.parts or (result,):
        if part.conformance is None:
            continue
        out.print(
            Text(visible(f"{', '.join(part.feature.classes)}: {worth.conformed(part.conformance)}")), soft_wrap=True
        )
        for action in part.conformance.actions:
            told = f"{action.agreed} of {action.seen}" if action.seen else "not seen"
            out.print(Text(f"  {visible(action.action)}: {told}"), soft_wrap=True)
        for refusal in part.conformance.refused:
            out.print(Text(f"  refused: {visible(refusal)}", style="red"), soft_wrap=True)
