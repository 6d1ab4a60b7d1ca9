"""Writes the worked example anew: its answers go through the command, task by task, and what comes of it is kept.

``python -m corpora.worked.record before after`` gives the answers of ``before.toml`` and ``after.toml``, which lie
beside this file, to ``code2tla run --author agent`` and ``code2tla answer``, and keeps what comes of them: each run's
``transcript.jsonl`` as ``before.jsonl`` and ``after.jsonl``, its specification as ``before.tla`` and ``after.tla``.
The second run goes on from the first one's specification directory, so its transcript begins with the first one's.
That is to be done again when a prompt changes, since a transcript answers the questions that were asked and no others.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, TypeAlias

import corpora

#: A run of the example: on the commit before the fix, or from there on the one that brings it.
Run: TypeAlias = Literal["before", "after"]

HERE = Path(__file__).parent
CASE = "refcount"
TWINS: Mapping[str, corpora.Twin] = {"before": "buggy", "after": "fixed"}
_START: Mapping[str, str] = {"before": "facts", "after": "kept"}
#: The exit status of a run that waits for an answer.
_WAITING = 5


class Unanswered(Exception):
    """The example has no answer to a task; the message names it."""


def transcript(run: Run) -> Path:
    """The recorded answers of a run."""
    return HERE / f"{run}.jsonl"


def specification(run: Run) -> Path:
    """The specification that came of them."""
    return HERE / f"{run}.tla"


def words(run: Run, repo: Path, out: Path) -> list[str]:
    """The arguments of ``code2tla`` that a run of the example begins with; the author comes on top."""
    budgets = ["--budget", "300", "--audit-budget", "300"]
    return ["run", str(repo), corpora.load(CASE).feature, "--from", _START[run], *budgets, "--out", str(out)]


@dataclass(frozen=True, slots=True)
class Answers:
    """The answers of one run by kind and subject of the task; a list holds one for each attempt."""

    by_task: Mapping[str, Any]

    @classmethod
    def of(cls, run: Run) -> Answers:
        """Those that lie beside this file."""
        return cls(tomllib.loads((HERE / f"{run}.toml").read_text(encoding="utf-8")))

    def to(self, task: Mapping[str, Any]) -> str:
        """The answer to a task, as JSON. Raises Unanswered."""
        for name in (f"{task['kind']} {task['subject']}", str(task["kind"])):
            if name in self.by_task:
                found = self.by_task[name]
                chosen = found[min(task["attempt"], len(found)) - 1] if isinstance(found, list) else found
                return json.dumps(_whole(chosen), indent=1, ensure_ascii=False) + "\n"
        raise Unanswered(f"no answer to {task['kind']} {task['subject']!r}, attempt {task['attempt']}")


def record(run: Run, directory: Path) -> Path:
    """Run the example in ``directory``, keep what comes of it, and return the specification directory.

    Raises Unanswered, and CalledProcessError when the command fails.
    """
    if run == "after":
        _command([*_words("before", directory), "--replay", str(transcript("before"))])
    answers = Answers.of(run)
    status = _command([*_words(run, directory), "--author", "agent"])
    (spec_dir,) = (directory / "out" / "specs").iterdir()
    while status == _WAITING:
        file = directory / "answer.json"
        file.write_text(answers.to(json.loads((spec_dir / "task.json").read_text(encoding="utf-8"))), encoding="utf-8")
        status = _command(["answer", str(spec_dir), str(file)])
    shutil.copyfile(spec_dir / "transcript.jsonl", transcript(run))
    shutil.copyfile(spec_dir / "References.tla", specification(run))
    return spec_dir


def _words(run: Run, directory: Path) -> list[str]:
    repo = corpora.build(CASE, directory / run, TWINS[run]).repo
    return words(run, repo, directory / "out")


def _command(words: Sequence[str]) -> int:
    done = subprocess.run([sys.executable, "-m", "code2tla", *words, "--quiet"], stdout=sys.stderr, check=False)
    if done.returncode not in (0, 1, 3, _WAITING):
        raise subprocess.CalledProcessError(done.returncode, words)
    return done.returncode


def _whole(answer: Mapping[str, Any]) -> dict[str, Any]:
    """An answer with the nulls that TOML cannot write: a variable that the code makes nowhere has no source."""
    whole = dict(answer)
    if "variables" in whole:
        whole["variables"] = [{"source": None, **variable} for variable in whole["variables"]]
    return whole


def main() -> None:
    """Record the runs that are named."""
    parser = argparse.ArgumentParser(prog="python -m corpora.worked.record", description=__doc__)
    parser.add_argument("run", nargs="+", choices=sorted(TWINS))
    parser.add_argument("--keep", type=Path, metavar="DIR", help="leave the specifications there")
    options = parser.parse_args()
    for run in options.run:
        with tempfile.TemporaryDirectory() as scratch:
            spec_dir = record(run, Path(scratch))
            if options.keep:
                shutil.copytree(spec_dir, options.keep / run)


if __name__ == "__main__":
    main()
