"""``code2tla audit``: what a pass of a specification means that someone else wrote."""

from __future__ import annotations

import argparse
from pathlib import Path

from rich.console import Console
from rich.table import Table
from rich.text import Text

from code2tla import auditing, runners
from code2tla.errors import ToolError, UsageError
from code2tla.progress import Display
from code2tla.settings import load
from reports import jsonio
from reports.result import ActionResult, Author, Feature, PropertyResult, Result, Source, SpecResult, Tlc, Verdict
from reports.text import visible
from tlc_runner.audit.audit import audit
from tlc_runner.audit.proofs import PROOF_MODULES
from tlc_runner.audit.types import Audit, Limits, Subject
from tlc_runner.errors import BadJob, TlcRunnerError, UnsafeModule
from tlc_runner.modules import STANDARD_MODULES, used_modules

_STATUS: dict[Verdict, int] = {"verified": 0, "violated": 1, "inconclusive": 3, "failed": 4}


def run(options: argparse.Namespace, out: Console, err: Console) -> int:
    """``code2tla audit``."""
    spec: Path = options.spec
    given = {name: getattr(options, name) for name in ("budget", "memory", "runner", "jar")}
    settings = load(spec.parent, given)
    subject = read(spec, options.cfg)
    runner, _ = runners.choose(settings)
    limits = Limits(seconds=settings.budget, memory_mb=settings.memory_mb)
    with Display(err, settings.budget, options.quiet):
        try:
            made = audit(subject, runner, limits)
        except (BadJob, UnsafeModule) as error:
            raise UsageError(f"{spec}: {error}") from error
        except TlcRunnerError as error:
            raise ToolError(str(error)) from error
    result = as_result(spec, subject, made)
    if options.json:
        out.file.write(jsonio.dumps(result))
        out.file.flush()
    else:
        show(result, made, out)
    return _STATUS[result.verdict]


def read(spec: Path, cfg: Path | None) -> Subject:
    """The specification in the file ``spec``, with the modules beside it that it uses. Raises UsageError."""
    if spec.suffix != ".tla":
        raise UsageError(f"{spec}: name a module's file, which ends in .tla")
    modules: dict[str, str] = {}
    todo = [spec.stem]
    while todo:
        name = todo.pop()
        file = spec.parent / f"{name}.tla"
        if file.name in modules or (name in STANDARD_MODULES and name != spec.stem):
            continue
        if name == spec.stem or file.is_file():
            modules[file.name] = _text(file)
            todo += [used for used, _ in used_modules(modules[file.name])]
        elif file.name in PROOF_MODULES:
            modules[file.name] = PROOF_MODULES[file.name]
    config = cfg or spec.with_suffix(".cfg")
    if cfg is None and not config.is_file():
        raise UsageError(f"{spec}: no {config.name} beside it; name TLC's configuration with --cfg")
    return Subject(modules, spec.stem, _text(config))


def _text(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except OSError as error:
        raise UsageError(f"{file}: cannot be read ({error.strerror})") from error
    except UnicodeDecodeError as error:
        raise UsageError(f"{file}: is not UTF-8 text; convert it") from error


def as_result(spec: Path, subject: Subject, made: Audit) -> Result:
    """An audit in the words of every other result; the lines are those of the modules."""
    verdict, reason = auditing.judged(made)
    return Result(
        verdict=verdict,
        reason=reason,
        feature=Feature(repo=spec.resolve().parent.name, path=spec.name, commit=None, classes=()),
        author=Author(name="unknown"),
        spec=SpecResult(
            module=subject.root,
            variables=made.variables,
            actions=tuple(
                ActionResult(a.name, (Source(f"{a.module}.tla", a.line, a.line),) if a.line else (), a.generated)
                for a in made.actions
            ),
            text=subject.modules[spec.name],
        ),
        properties=tuple(PropertyResult(p.name, p.kind, p.status, "", p.mutants, p.killed) for p in made.properties),
        bounds={"mutant_depth": made.depth} if made.depth else {},
        tlc=Tlc(
            version=made.version,
            runner=made.runner,
            distinct_states=made.distinct,
            generated_states=made.generated,
            depth=made.own_depth,
            seconds=made.seconds,
            jar_sha256=made.jar_sha256,
        ),
        notes=made.notes,
        seconds={"audit": made.seconds},
        audit=auditing.translated(made),
    )


def show(result: Result, made: Audit, out: Console) -> None:
    """The tables of an audit."""
    out.print(Text(f"{result.spec.module}: {result.verdict}, {visible(result.reason)}", style="bold"), soft_wrap=True)
    if made.unreadable:
        return
    explored = "all" if made.complete else "not all"
    out.print(f"{made.distinct:,} distinct states, {explored} of them explored; {made.runs} runs of TLC.")
    actions = Table("action", "line", title="Actions", title_justify="left", box=None)
    actions.add_column("taken", justify="right")
    actions.add_column("new states", justify="right")
    for action in made.actions:
        style = "" if action.generated else "red"
        cells = (action.name, str(action.line or ""), f"{action.generated:,}", f"{action.distinct:,}")
        actions.add_row(*(Text(cell, style=style) for cell in cells))
    out.print(actions)
    if made.properties:
        properties = Table("property", "kind", "status", title="Properties", title_justify="left", box=None)
        properties.add_column("mutants", justify="right")
        properties.add_column("noticed", justify="right")
        for p in made.properties:
            style = "red" if p.status == "violated" or not p.killed else ""
            row = (p.name, p.kind, p.status, str(p.mutants), str(p.killed))
            properties.add_row(*(Text(cell, style=style) for cell in row))
        out.print(properties)
    for finding in made.findings:
        where = f"{finding.location.module}.tla:{finding.location.line}: " if finding.location else ""
        out.print(Text(f"{finding.kind}: {where}{visible(finding.text)}", style="yellow"), soft_wrap=True)
    out.print(Text(auditing.fates(made)))
    for note in made.notes:
        out.print(Text(visible(note), style="dim"), soft_wrap=True)
    for mutant in made.mutants:
        if mutant.status == "survived":
            out.print(Text(f"\nNoticed by no property: {mutant.mutation.kind} in {mutant.mutation.action}"))
            for line in mutant.diff.splitlines()[2:]:
                out.print(Text(visible(line), style="red" if line[:1] == "-" else "green"), soft_wrap=True)
