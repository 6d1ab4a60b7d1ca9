"""The command line: reads the words, calls the pipeline, prints, and turns every known error into one line."""

from __future__ import annotations

import argparse
import pkgutil
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NoReturn

from rich.console import Console

from code2tla.errors import ToolError, UsageError
from code2tla.version import version
from reports.text import visible

_EPILOG = """exit status: 0 verified, 1 violation, 2 wrong use or unreadable input, 3 inconclusive, 4 a tool failed,
5 waiting for an agent's answer

Settings come from the command line, then CODE2TLA_* in the environment (CODE2TLA_BUDGET=30), then code2tla.toml
in the target repository."""


class _Console(Console):
    """A console that lets a closed pipe through; rich would end with the exit status of a violation."""

    def on_broken_pipe(self) -> None:
        """Leave it to ``main``."""
        raise BrokenPipeError


class _Parser(argparse.ArgumentParser):
    """A parser that refuses words in one line, as everything else is refused; the usage is for ``--help``."""

    def error(self, message: str) -> NoReturn:
        """End the process."""
        raise SystemExit(_fail(f"{message}; `{self.prog} --help` lists what can be given", 2))


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; returns the exit status. Bad input raises nothing but SystemExit, for words it does not know."""
    options = _parser().parse_args(argv)
    out = _Console(no_color=options.no_color or None, highlight=False)
    err = _Console(stderr=True, no_color=options.no_color or None, highlight=False)
    command: Callable[[argparse.Namespace, Console, Console], int] = pkgutil.resolve_name(
        f"{__package__}.{options.command}"
    )
    try:
        return command(options, out, err)
    except KeyboardInterrupt:
        return _fail("interrupted; what was finished is kept, and the same command goes on from there", 130)
    except BrokenPipeError:
        sys.stderr.close()
        return 141
    except (UsageError, ToolError) as error:
        return _fail(str(error), error.status)


def _fail(text: str, status: int) -> int:
    line = visible(" ".join(text.split()))
    sys.stderr.write(
        f"code2tla: {line}\n".encode(sys.stderr.encoding or "utf-8", "backslashreplace").decode("utf-8", "replace")
    )
    return status


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog="code2tla",
        description="Writes a TLA+ specification of a feature's concurrent code, checks it with TLC, and shows each "
        "race on the source lines.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"%(prog)s {version()}")
    verbs = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")

    _run(verbs)

    check = _verb(verbs, "check", "nightly.command:check", "a specification against its code as it is now")
    check.add_argument("spec_dir", type=Path, metavar="SPEC_DIR")
    check.add_argument("--repo", type=Path, help="the target (default: the work tree around SPEC_DIR)")
    check.add_argument("--all", action="store_true", help="every specification directory under SPEC_DIR")
    check.add_argument(
        "--fail-on",
        choices=("violation", "stale", "inconclusive", "never"),
        help="end with 0 unless it is at least this bad (default: the exit status below)",
    )
    check.add_argument(
        "--author",
        metavar="NAME",
        help="who brings stale actions up to date that a model or agent wrote (default: nobody)",
    )
    _models(check)
    _spending(check)
    _checking(check)
    _execute(check)
    _common(check)

    _audit(verbs)

    index = _verb(verbs, "index", "commands:index", "the facts alone: what the code shares, locks and waits for")
    _target(index)
    _common(index)

    past = _verb(
        verbs, "history", "history:command", "the commits that changed what keeps a feature safe, or mended it"
    )
    _target(past)
    past.add_argument("--limit", metavar="N", help="findings at most, the newest first (default: 1000)")
    _common(past)

    report = _verb(verbs, "report", "commands:report", "draws the reports of a specification directory again")
    report.add_argument("spec_dir", type=Path, metavar="SPEC_DIR")
    report.add_argument("--repo", type=Path, help="the target, for its source text (default: the one in result.json)")
    _common(report)

    _replay(verbs)

    _conform(verbs)

    review = _verb(verbs, "review", "review.command:review", "serves the report on this machine, with leave to decide")
    review.add_argument("spec_dir", type=Path, metavar="SPEC_DIR")
    review.add_argument("--repo", type=Path, help="the target, for its source text (default: the work tree around)")
    review.add_argument("--port", type=int, default=0, help="the port on loopback (default: a free one)")
    _common(review)

    answer = _verb(
        verbs,
        "answer",
        "agent.command:answer",
        "hands in the answer to the task that a run by an agent waits for",
    )
    answer.add_argument("run", type=Path, metavar="RUN", help="the run's specification directory")
    answer.add_argument("file", type=Path, metavar="FILE", help="the answer as JSON; - reads it from standard input")
    answer.add_argument("--task", metavar="DIGEST", help="the task it is for; refused if another one waits")
    _common(answer)

    serve = _verb(verbs, "mcp", "agent.server:mcp", "the same pipeline as a server for coding agents, on stdio")
    serve.add_argument("repo", type=Path, metavar="REPO", help="the only repository that it reads")
    serve.add_argument("--out", type=Path, metavar="DIR", help="where specs/ is written (default: REPO)")
    serve.add_argument("--http", type=int, metavar="PORT", help="serve over HTTP on this port of 127.0.0.1 instead")
    _common(serve)

    doctor = _verb(verbs, "doctor", "commands:doctor", "what would be used here, and the mend for what is missing")
    doctor.add_argument("--jar", metavar="PATH", help="the tla2tools.jar to use")
    _models(doctor)
    _common(doctor)
    return parser


def _run(verbs: argparse._SubParsersAction[_Parser]) -> None:
    run = _verb(verbs, "run", "commands:run", "the whole way: facts, specification, TLC, report")
    _target(run)
    _common(run)
    run.add_argument("--out", metavar="DIR", help="where specs/<feature>/ is written (default: here)")
    _checking(run)
    run.add_argument(
        "--class", dest="classes", action="append", metavar="NAME", help="model this class only; repeatable"
    )
    _authored(run)
    _models(run)
    _spending(run)
    _execute(run)
    run.add_argument(
        "--conformance", action="store_const", const=True, help="with --execute: compare random schedules of the code"
    )
    _schedules(run)


def _verb(verbs: argparse._SubParsersAction[_Parser], name: str, command: str, text: str) -> argparse.ArgumentParser:
    """``command`` is ``module:function`` of this room: what one command needs is loaded for that one alone."""
    parser = verbs.add_parser(
        name,
        help=text,
        description=text[0].upper() + text[1:] + ".",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.set_defaults(command=command)
    return parser


def _target(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("repo", type=Path, metavar="REPO", help="the repository's directory")
    parser.add_argument("feature", metavar="FEATURE", help="a directory or file inside it")


def _checking(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--budget", metavar="SECONDS", help="wall clock for model checking (default: 60)")
    parser.add_argument("--audit-budget", metavar="SECONDS", help="wall clock for the audit of a pass (default: 20)")
    parser.add_argument("--memory", metavar="MB", help="heap of TLC (default: 2048)")
    parser.add_argument("--states", metavar="N", help="distinct states of one TLC run at most (default: no limit)")
    parser.add_argument("--runner", metavar="NAME", help="auto, embedded or docker (default: auto)")
    parser.add_argument("--jar", metavar="PATH", help="the tla2tools.jar to use")
    parser.add_argument(
        "--sweep", action="store_const", const=True, help="go on to larger scenarios until the budget is spent"
    )
    parser.add_argument("--workers", metavar="N", help="threads of one TLC, for large state spaces (default: 1)")
    parser.add_argument("--callers", metavar="N", help="overlapping calls at most (default: 3)")
    parser.add_argument("--before", metavar="N", help="earlier calls at most (default: 2)")


def _authored(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--author", metavar="NAME", help="who writes: static, llm or agent (default: static)")
    parser.add_argument(
        "--from",
        dest="start",
        metavar="START",
        help="what an author starts from: draft, facts, or kept, what was written before (default: draft)",
    )
    parser.add_argument("--repairs", metavar="N", help="further attempts at an answer that fails (default: 2)")
    parser.add_argument("--rounds", metavar="N", help="rounds of checking and changing at most (default: 4)")
    parser.add_argument("--replay", metavar="TRANSCRIPT", help="answer from the transcript of an earlier run alone")


def _models(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--model", metavar="MODEL", help="PROVIDER:NAME of the model that the llm author asks")
    parser.add_argument("--planner-model", metavar="MODEL", help="another for plan, documents and properties")
    parser.add_argument("--model-url", metavar="URL", help="where models of the openai provider are served")


def _spending(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--answer-tokens", metavar="N", help="the longest answer (default: 8192)")
    parser.add_argument("--max-calls", metavar="N", help="model calls of a run at most (default: 200)")
    parser.add_argument("--max-tokens", metavar="N", help="tokens of prompts and answers at most (default: 2000000)")
    parser.add_argument("--max-usd", metavar="DOLLARS", help="cost at most (default: no limit)")
    parser.add_argument("--max-minutes", metavar="N", help="minutes until the last model call (default: 60)")
    parser.add_argument(
        "--price", action="append", metavar="MODEL=IN,OUT", help="dollars per million tokens of a model; repeatable"
    )


def _execute(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--execute",
        action="store_const",
        const=True,
        help="let the target's own code run, to replay findings on it (default: it does not run)",
    )
    parser.add_argument("--sandbox", metavar="NAME", help="what it runs in: auto, docker or process (default: auto)")


def _audit(verbs: argparse._SubParsersAction[_Parser]) -> None:
    audit = _verb(verbs, "audit", "audit_command:run", "what a pass of any TLA+ specification means")
    audit.add_argument("spec", type=Path, metavar="SPEC.tla")
    audit.add_argument("--cfg", type=Path, metavar="FILE", help="TLC's configuration (default: SPEC.cfg)")
    audit.add_argument("--budget", metavar="SECONDS", help="wall clock of the audit (default: 60)")
    audit.add_argument("--memory", metavar="MB", help="heap of one TLC (default: 2048)")
    audit.add_argument("--runner", metavar="NAME", help="auto, embedded or docker (default: auto)")
    audit.add_argument("--jar", metavar="PATH", help="the tla2tools.jar to use")
    _common(audit)


def _replay(verbs: argparse._SubParsersAction[_Parser]) -> None:
    replay = _verb(verbs, "replay", "commands:replay", "writes each finding as a test of the real code, and runs it")
    replay.add_argument("spec_dir", type=Path, metavar="SPEC_DIR")
    replay.add_argument("--repo", type=Path, help="the target (default: the one in result.json)")
    _execute(replay)
    _common(replay)


def _conform(verbs: argparse._SubParsersAction[_Parser]) -> None:
    conform = _verb(verbs, "conform", "conform_command:run", "whether steps of the real code are the specification's")
    conform.add_argument("spec_dir", type=Path, metavar="SPEC_DIR")
    conform.add_argument("--repo", type=Path, help="the target (default: the one in result.json)")
    conform.add_argument("--runner", metavar="NAME", help="auto, embedded or docker (default: auto)")
    conform.add_argument("--jar", metavar="PATH", help="the tla2tools.jar to use")
    _execute(conform)
    _schedules(conform)
    _common(conform)


def _schedules(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--schedules", metavar="N", help="random schedules to compare (default: 60)")
    parser.add_argument("--seed", metavar="S", help="where they begin (default: 0)")


def _common(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="print JSON instead of prose")
    parser.add_argument("--quiet", action="store_true", help="no progress")
    parser.add_argument("--no-color", action="store_true", help="no colour")
