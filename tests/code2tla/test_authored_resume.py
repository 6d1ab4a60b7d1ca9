"""A run that is killed at any moment goes on where it was: the same specification, and nothing asked twice."""

from __future__ import annotations

import json
import multiprocessing
import os
import random
import signal
import subprocess
import time
from pathlib import Path

from authored_scripts import SOURCE, script

from code2tla.cli import main

KILLS = 50
#: What a run leaves that may depend on when it was made: times, and which answers came from the transcript.
PASSING = frozenset({"calls", "cached_calls", "seconds"})


def start(repo: Path, home: Path, name: str) -> multiprocessing.Process:
    """A run in a process of its own, forked so that nothing has to be imported again."""
    answers = home / f"{name}.json"
    if not answers.exists():
        answers.write_text(json.dumps(script()))
    words = ["run", str(repo), "counter.py", "--from", "facts", "--author", f"scripted:{answers}", "--quiet"]

    def child() -> None:
        quiet = os.open(os.devnull, os.O_WRONLY)
        os.dup2(quiet, 1)
        os.dup2(quiet, 2)
        os._exit(main([*words, "--out", str(home / name)]))

    process = multiprocessing.get_context("fork").Process(target=child)
    process.start()
    return process


def left(spec_dir: Path) -> dict[str, bytes]:
    """Every file of the specification but the reports, which draw times; results without what may differ."""
    found = {}
    for path in sorted(spec_dir.rglob("*")):
        if path.is_file() and path.suffix not in (".html", ".md", ".xml"):
            found[str(path.relative_to(spec_dir))] = path.read_bytes()
    result = json.loads(found.pop("result.json"))
    for table in (result, result["author"]):
        for key in PASSING & table.keys():
            del table[key]
    return found | {"result.json": json.dumps(result).encode()}


def test_killed_at_fifty_moments_it_resumes_to_the_same_and_asks_nothing_twice(tmp_path: Path, home: Path) -> None:
    repo = tmp_path / "target"
    repo.mkdir()
    (repo / "counter.py").write_text(SOURCE)
    who = ["-c", "user.name=t", "-c", "user.email=t@example.org"]
    for words in (["init", "-q"], ["add", "-A"], ["commit", "-q", "-m", "Count under a lock"]):
        subprocess.run(["git", *who, *words], cwd=repo, check=True)
    whole = start(repo, home, "whole")
    whole.join()
    assert whole.exitcode == 1
    wanted = left(home / "whole" / "specs" / "counter")
    asked = (home / "whole.json.log").read_text()
    began = time.monotonic()
    again = start(repo, home, "warm")  # TLC's answers are kept now
    again.join()
    takes = time.monotonic() - began

    moments = random.Random(20)
    killed = 0
    number = 0
    while killed < KILLS:
        number += 1
        name = f"killed{number}"
        for _ in range(5):  # each run is killed up to five times before it may end
            process = start(repo, home, name)
            process.join(moments.uniform(0, takes))
            if not process.is_alive():
                break
            os.kill(process.pid or 0, signal.SIGKILL)
            process.join()
            killed += process.exitcode == -signal.SIGKILL
        process = start(repo, home, name)
        process.join()
        assert process.exitcode == 1
        assert left(home / name / "specs" / "counter") == wanted
        log = (home / f"{name}.json.log").read_text().splitlines()
        answered = [json.loads(x)["digest"] for x in (home / name / "specs/counter/transcript.jsonl").open()]
        assert len(answered) == len(set(answered)) == len(asked.splitlines()), "no answer is recorded twice"
        # A call whose answer a kill swallowed before it was recorded is made again, and no other.
        assert len(log) - len(set(log)) <= 1
        assert set(log) == set(asked.splitlines())
