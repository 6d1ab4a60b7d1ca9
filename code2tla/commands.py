"""What each command does once its words are read."""

from __future__ import annotations

import argparse
import dataclasses
import json
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Column, Table
from rich.text import Text

from code2tla import model_settings, output, pipeline, replaying
from code2tla.errors import UsageError
from code2tla.progress import Display
from code2tla.settings import Settings, load
from code2tla.source import Lines
from code2tla.version import version
from extractor import show
from extractor.types import Facts
from reports import jsonio, terminal
from reports.result import Result
from reports.text import clip, visible
from reports.wording import replayed
from tlc_runner.choose import describe


def run(options: argparse.Namespace, out: Console, err: Console) -> int:
    """``code2tla run``."""
    settings = settings_of(options, options.repo)
    if settings.author == "agent" and settings.replay is None:
        from code2tla.agent import command as agent  # noqa: PLC0415 - it prints with this module's words

        return agent.begin(options, given_settings(options), out, err)
    with Display(err, settings.budget, options.quiet) as display:
        done = pipeline.run(options.repo, options.feature, settings, display)
    return print_run(done, options, out)


def print_run(done: pipeline.Run, options: argparse.Namespace, out: Console) -> int:
    """Print what a run left; returns its exit status."""
    output.summarise(done.result)
    _print_result(done.result, options, out)
    if not options.json:
        out.print(
            Text(f"Written to {visible(str(done.spec_dir))}; open report.html there in a browser", style="dim"),
            soft_wrap=True,
        )
    return done.exit_status


def index(options: argparse.Namespace, out: Console, err: Console) -> int:
    """``code2tla index``."""
    with Display(err, 0, options.quiet):
        facts = pipeline.index(options.repo, options.feature, settings_of(options, options.repo))
    if options.json:
        _print_json(show.to_json(facts), out)
    else:
        _print_facts(facts, out)
    return 0


def report(options: argparse.Namespace, out: Console, err: Console) -> int:  # noqa: ARG001 - as every command
    """``code2tla report``."""
    result = stored(options.spec_dir)
    output.write_reports(options.spec_dir, result, lines_of(result, repository(options.repo, options.spec_dir, result)))
    _print_result(result, options, out)
    return 0


def replay(options: argparse.Namespace, out: Console, err: Console) -> int:
    """``code2tla replay``: 0 if no finding was confirmed, 1 if one was, 3 if none could be run."""
    result = stored(options.spec_dir)
    repo = target(options.repo, options.spec_dir, result)
    with Display(err, 0, options.quiet):
        result = replaying.replay(result, repo, options.spec_dir, settings_of(options, repo))
    output.write_result(options.spec_dir, result)
    output.write_reports(options.spec_dir, result, lines_of(result, repo))
    if options.json:
        write(out, jsonio.dumps(result))
    else:
        _print_replays(result, options.spec_dir, out)
    statuses = {v.replay.status for v in result.violations}
    return 1 if "confirmed" in statuses else 3 if "not_run" in statuses else 0


def stored(spec_dir: Path) -> Result:
    """The result in a specification directory. Raises UsageError and InputError."""
    try:
        return output.read_result(spec_dir)
    except jsonio.ResultUnreadable as error:
        raise UsageError(f"{spec_dir}: {error}") from error


def target(given: Path | None, spec_dir: Path, result: Result) -> Path:
    """The repository that a stored result speaks of. Raises UsageError where it is not to be found."""
    repo = repository(given, spec_dir, result)
    if repo is None or not repo.is_dir():
        raise UsageError(f"{given or result.feature.repo}: not found from here; name the target with --repo")
    return repo


def _print_replays(result: Result, spec_dir: Path, out: Console) -> None:
    if not result.violations:
        out.print("There is no finding to replay.")
    for violation in result.violations:
        seen = violation.replay
        test = f"{spec_dir / seen.test}: " if seen.test else ""
        line = f"{test}{violation.property}: {replayed(seen)}"
        out.print(Text(visible(line), style="red" if seen.status == "confirmed" else ""), soft_wrap=True)


def doctor(options: argparse.Namespace, out: Console, err: Console) -> int:  # noqa: ARG001 - as every command
    """``code2tla doctor``: 0 if a run could check here, 4 if not."""
    from code2tla import models  # noqa: PLC0415 - a run that asks no model loads none of it

    findings = [*describe(options.jar), *models.describe(settings_of(options, Path()).models)]
    by_name = {f.what: f.found for f in findings}
    able = by_name["tla2tools.jar"] and (by_name["Java"] or by_name["Docker"])
    if options.json:
        _print_json([dataclasses.asdict(f) for f in findings], out)
        return 0 if able else 4
    out.print(f"code2tla {version()}")
    for f in findings:
        mark = Text("found    ", style="green") if f.found else Text("missing  ", style="yellow")
        out.print(Text.assemble(mark, f"{f.what}: {visible(f.detail)}"), soft_wrap=True)
        if f.mend:
            out.print(Text(f"         to mend: {visible(f.mend)}"), soft_wrap=True)
    runner = "embedded" if by_name["Java"] else "docker" if by_name["Docker"] else ""
    ready = f"Ready: runs use the {runner} runner." if able else "Not ready: no run can be checked here."
    out.print(Text(ready, style="green" if able else "red"))
    return 0 if able else 4


def settings_of(options: argparse.Namespace, repo: Path) -> Settings:
    """The settings for a run on ``repo``, of which the command line gave some. Raises SettingError."""
    return load(repo, given_settings(options))


def given_settings(options: argparse.Namespace) -> dict[str, Any]:
    """The settings that the command line gave, None for the others."""
    words = {"classes": "class", "start": "from"}
    return {words.get(key, key.replace("_", "-")): value for key, value in vars(options).items() if key in _SETTINGS}


#: Options of the command line that are settings.
_SETTINGS = frozenset(
    {
        *("out", "budget", "audit_budget", "memory", "states", "workers", "runner", "jar"),
        *("classes", "callers", "before", "sweep"),
        *("author", "start", "repairs", "rounds", "replay"),
        *("execute", "sandbox", "conformance", "schedules", "seed"),
        *(key.replace("-", "_") for key in model_settings.ALLOWED),
    }
)


def _print_result(result: Result, options: argparse.Namespace, out: Console) -> None:
    if options.json:
        write(out, jsonio.dumps(result))
    else:
        terminal.render(result, out)


def _print_json(value: object, out: Console) -> None:
    write(out, json.dumps(value, indent=2) + "\n")


def write(out: Console, text: str) -> None:
    """As it is: no wrapping, no markup."""
    out.file.write(text.encode("utf-8", "backslashreplace").decode("utf-8"))
    out.file.flush()


def repository(given: Path | None, spec_dir: Path, result: Result) -> Path | None:
    """The target of a stored result: as given, else the place around it, or a directory of its name, with the feature.

    A specification directory is meant to be committed, so it names its repository without saying where it lay. A
    feature that was renamed since is looked for in the work tree around the specification directory.
    """
    if given is not None:
        return given.resolve()
    around = [place for place in (spec_dir.resolve(), *spec_dir.resolve().parents) if (place / ".git").exists()]
    here = Path.cwd()
    named = [
        repo
        for place in (*spec_dir.resolve().parents, here, *here.parents)
        for repo in (place, place / result.feature.repo)
    ]
    candidates = [*around, *(repo for repo in named if repo.name == result.feature.repo)]
    return next((repo for repo in candidates if (repo / result.feature.path).exists()), next(iter(around), None))


def lines_of(result: Result, repo: Path | None) -> Lines:
    """The source that a stored result speaks of, read from ``repo``; nothing outside it is read."""
    if repo is None:
        return Lines({})
    root = repo.resolve()
    texts: dict[str, str] = {}
    for path in output.paths(result):
        file = (root / path).resolve()
        try:
            if file.is_relative_to(root) and file.is_file():
                texts[path] = file.read_text(encoding="utf-8", errors="replace")
        except OSError:
            continue
    return Lines(texts)


def _print_facts(facts: Facts, out: Console) -> None:
    """Counts first, then one table a kind."""
    for line in show.summary(facts):
        out.print(Text(visible(line)), soft_wrap=True)
    for section in show.sections(facts):
        title = f"{section.title} ({len(section.rows)})"
        # Folded, not clipped: a place without its line is none.
        columns = (Column(name, overflow="fold") for name in ("place", "function", "what"))
        table = Table(*columns, title=title, title_justify="left", box=None)
        for row in section.rows:
            table.add_row(*(Text(clip(cell, 100)) for cell in row))
        out.print(table)
