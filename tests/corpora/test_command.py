"""``python -m corpora`` from outside."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path


def run(*args: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-m", "corpora", *args], capture_output=True, text=True, check=False)


def test_both_twins_of_a_case_go_through_the_product(tmp_path: Path) -> None:
    done = run("--case", "cancelled_waiter", "--budget", "6", "--json", "--jobs", "2", "--keep", str(tmp_path))
    buggy, fixed = json.loads(done.stdout)
    assert done.returncode == 0, done.stdout
    assert (buggy["case"], buggy["twin"], buggy["verdict"]) == ("cancelled_waiter", "buggy", "violated")
    assert buggy["line"].startswith("scanner/slots.py:")
    assert buggy["states"] > 0
    assert (fixed["twin"], fixed["findings"], fixed["ok"]) == ("fixed", 0, True)
    assert list(tmp_path.glob("cancelled_waiter-fixed/out/specs/*/*.tla"))


def test_repositories_alone(tmp_path: Path) -> None:
    done = run("--case", "seats", "--build", str(tmp_path))
    assert done.returncode == 0
    assert [line.split()[2] for line in done.stdout.splitlines()] == ["desk/booking", "desk/booking"]
    assert (tmp_path / "seats-buggy" / "desk" / "booking" / "seats.py").is_file()


def test_wrong_use_is_one_line() -> None:
    done = run("--case", "nothing")
    assert done.returncode == 2
    assert done.stderr.startswith("corpora: no case is called 'nothing'; choose one of ")
    assert done.stderr.count("\n") == 1
