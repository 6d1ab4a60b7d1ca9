"""Nothing of the target runs unless asked for; what runs is limited, and what came of it is in the result."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from replay import run
from replay.sandbox import Limits, ProcessSandbox
from reports import jsonio
from reports.result import Result

COUNTER = """
class Counter:
    def __init__(self) -> None:
        self.count = 0

    def add(self) -> int:
        self.count += 1
        return self.count
"""


def command(*words: str, env: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "code2tla", *words],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
        env={k: v for k, v in os.environ.items() if not k.startswith("CODE2TLA")} | (env or {}),
    )


def stored(spec_dir: Path) -> Result:
    return jsonio.loads((spec_dir / "result.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def target(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A race in a module that tells the world when it is imported, with a conftest and a package that do so too."""
    repo = tmp_path_factory.mktemp("target")
    told = "from pathlib import Path\n\n(Path(__file__).parent / 'imported').touch()\n"
    (repo / "counter.py").write_text(told + COUNTER)
    (repo / "conftest.py").write_text(told.replace("'imported'", "'configured'"))
    return repo


@pytest.fixture(scope="module")
def spec_dir(target: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("out")
    words = ("run", str(target), "counter.py", "--out", str(place), "--quiet", "--callers", "2", "--before", "0")
    done = command(*words, env={"CODE2TLA_CACHE": str(place / "cache")})
    assert done.returncode == 1, done.stderr
    return place / "specs" / "counter"


def test_a_run_and_a_replay_without_execute_let_nothing_of_the_target_run(target: Path, spec_dir: Path) -> None:
    assert (spec_dir / "repro" / "test_Serializable_add_add.py").is_file()
    done = command("replay", str(spec_dir), "--quiet")
    assert "--execute" in done.stdout
    assert done.returncode == 3
    assert [v.replay.status for v in stored(spec_dir).violations] == ["not_run"]
    assert not (target / "imported").exists()
    assert not (target / "configured").exists()


def test_with_execute_the_finding_is_confirmed_and_the_reports_say_so(target: Path, spec_dir: Path) -> None:
    done = command("replay", str(spec_dir), "--execute", "--sandbox", "process", "--quiet")
    assert done.returncode == 1, done.stderr
    (violation,) = stored(spec_dir).violations
    assert (violation.replay.status, violation.replay.exact) == ("confirmed", True)
    assert violation.replay.test == "repro/test_Serializable_add_add.py"
    assert "seen on the real code, along these steps" in (spec_dir / "report.md").read_text()
    assert "seen on the real code" in (spec_dir / "report.html").read_text()
    assert (target / "imported").exists()
    (target / "imported").unlink()
    assert not (target / "configured").exists(), "the target's own test settings are none of ours"


def test_mended_code_makes_the_finding_doubtful(target: Path, spec_dir: Path, tmp_path: Path) -> None:
    mended = "import threading\n" + COUNTER.replace("        self.count = 0", MAKE).replace(ADD, LOCKED)
    (tmp_path / "counter.py").write_text(mended)
    done = command("replay", str(spec_dir), "--repo", str(tmp_path), "--execute", "--sandbox", "process", "--quiet")
    assert done.returncode == 0, done.stderr
    (violation,) = stored(spec_dir).violations
    assert violation.replay.status == "not_reproduced"
    assert "had to wait" in violation.replay.reason
    assert "doubtful" in (spec_dir / "report.md").read_text()


MAKE = "        self.count = 0\n        self.lock = threading.Lock()"
ADD = "        self.count += 1\n        return self.count"
LOCKED = "        with self.lock:\n            self.count += 1\n            return self.count"


def replayed(spec_dir: Path, repo: Path, place: Path, limits: Limits) -> str:
    result, made = run.prepare(stored(spec_dir), repo, place)
    (violation,) = run.execute(result, made, repo, place, ProcessSandbox(), limits).violations
    return f"{violation.replay.status}: {violation.replay.reason}"


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("while True: pass", "not_run: it did not end within"),
        ("held = bytearray(1 << 31)", "MemoryError"),
        ("import no_such_module", "No module named 'no_such_module'"),
        ("import os; os._exit(0)", "not_run: the test could not run"),
        ("import os; assert 'SECRET' not in os.environ, 'leaked'", "confirmed"),
        ("import socket; socket.create_connection(('127.0.0.1', PORT), 2)", "not_run"),
    ],
)
def test_the_code_is_held_within_limits(
    spec_dir: Path, tmp_path: Path, code: str, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SECRET", "x")
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        (tmp_path / "counter.py").write_text(code.replace("PORT", str(port)) + "\n" + COUNTER)
        limits = Limits(seconds=3 if "while" in code else 20, memory_mb=1024)
        assert said in replayed(spec_dir, tmp_path, tmp_path / "spec", limits)


def test_the_target_cannot_allow_its_own_execution(target: Path, tmp_path: Path) -> None:
    (tmp_path / "counter.py").write_text(COUNTER)
    (tmp_path / "code2tla.toml").write_text("execute = true\n")
    done = command("run", str(tmp_path), "counter.py", "--out", str(tmp_path / "out"), "--quiet")
    assert done.returncode == 2
    assert "execute: not allowed here" in done.stderr
