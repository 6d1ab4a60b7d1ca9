"""Input that cannot be used: one clear line, the documented exit status, no traceback."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from pipeline_targets import COUNTER, LOCKED, Make

from code2tla.cli import main
from reports import jsonio

FAST = ("--callers", "2", "--before", "1", "--audit-budget", "0")


def refused(capsys: pytest.CaptureFixture[str], *words: str) -> str:
    """The one line that a refusal prints."""
    assert main(list(words)) == 2
    out, err = capsys.readouterr()
    assert out == ""
    lines = [line for line in err.splitlines() if line.startswith("code2tla: ")]
    assert len(lines) == 1
    assert "Traceback" not in err
    return lines[0]


def test_missing_repository(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert "does not exist" in refused(capsys, "run", str(home / "nowhere"), "x")


def test_missing_feature(make: Make, home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert "'b.py' not found" in refused(capsys, "run", str(make({"a.py": COUNTER})), "b.py", "--out", str(home))


def test_feature_outside_the_repository(make: Make, home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (home / "secret.py").write_text(COUNTER)
    repo = make({"a.py": COUNTER})
    assert "outside the repository" in refused(capsys, "run", str(repo), "../secret.py")
    assert "outside the repository" in refused(capsys, "index", str(repo), str(home / "secret.py"))


def test_feature_without_source(make: Make, home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert "no readable source" in refused(capsys, "run", str(make({"docs/x.txt": "x"})), "docs", "--out", str(home))


def test_settings_that_make_no_sense(make: Make, home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    repo = make({"a.py": COUNTER, "code2tla.toml": "budget = 'long'"})
    assert "code2tla.toml: budget: 'long' is not allowed" in refused(capsys, "run", str(repo), "a.py")
    (repo / "code2tla.toml").unlink()
    assert "--states: 'none' is not allowed" in refused(
        capsys, "run", str(repo), "a.py", "--states", "none", "--budget", "5"
    )


def test_class_that_is_not_there(make: Make, home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    line = refused(capsys, "run", str(make({"a.py": COUNTER})), "a.py", "--class", "Ghost", "--out", str(home))
    assert line == "code2tla: --class Ghost: no such class in a.py; there are Counter"


def test_invariant_that_is_no_expression(make: Make, home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    repo = make({"a.py": COUNTER, "code2tla.toml": '[invariants]\nBad = "self.n >="'})
    assert "Bad" in refused(capsys, "run", str(repo), "a.py", "--out", str(home))


def test_output_directory_that_cannot_be_written(make: Make, home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (home / "file").write_text("")
    repo = make({"a.py": LOCKED})
    assert "cannot be written" in refused(capsys, "run", str(repo), "a.py", "--out", str(home / "file"), *FAST)


def test_findings_whose_tests_cannot_be_written(make: Make, home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (home / "file").write_text("")
    repo = make({"a.py": COUNTER})
    assert "cannot be written" in refused(capsys, "run", str(repo), "a.py", "--out", str(home / "file"), *FAST)


def test_cache_that_cannot_be_written(
    make: Make, home: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (home / "file").write_text("")
    monkeypatch.setenv("CODE2TLA_CACHE", str(home / "file"))
    line = refused(capsys, "run", str(make({"a.py": LOCKED})), "a.py", "--out", str(home))
    assert line.endswith("name a directory for what runs keep in CODE2TLA_CACHE")


def test_repository_that_is_a_file(make: Make, home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert "is not a directory" in refused(capsys, "run", str(make({"a.py": COUNTER}) / "a.py"), "a.py")


def test_more_memory_than_there_is(make: Make, home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    line = refused(capsys, "run", str(make({"a.py": COUNTER})), "a.py", "--memory", "1000000000")
    assert "'1000000000' is not allowed; give megabytes" in line


@pytest.mark.parametrize("words", [(), ("fly",), ("run", "."), ("run", ".", "x", "--swim"), ("doctor", "--x")])
def test_words_that_are_not_understood(capsys: pytest.CaptureFixture[str], words: tuple[str, ...]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(list(words))
    assert ended.value.code == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("code2tla: ")
    assert line.endswith("--help` lists what can be given")


def test_result_that_is_damaged_or_absent(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert "cannot be read" in refused(capsys, "report", str(home))
    (home / "result.json").write_text('{"schema": "other"}')
    assert "schema" in refused(capsys, "report", str(home))


def test_nothing_to_model_is_inconclusive(make: Make, home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    repo = make({"a.py": "class Empty:\n    pass\n\n\nX = 1\n"})
    assert main(["run", str(repo), "a.py", "--out", str(home), "--json"]) == 3
    assert "nothing to model" in jsonio.loads(capsys.readouterr().out).reason


def test_unreadable_files_beside_a_good_one(make: Make, home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    repo = make(
        {
            "f/good.py": LOCKED,
            "f/broken.py": "class Broken(:\n    def f(self)\n",
            "f/bytes.py": b"x = '\xff\xfe'\n",
            "f/large.py": "x = 1\n" * 900_000,
            "f/deep.py": "x = " + "(" * 3000 + "1" + ")" * 3000 + "\n",
        },
        git=False,
    )
    (repo / "f" / "link.py").symlink_to("/etc/passwd")
    assert main(["run", str(repo), "f", "--out", str(home), "--json", *FAST]) == 0
    result = jsonio.loads(capsys.readouterr().out)
    assert result.feature.commit is None
    for name in ("broken.py", "bytes.py", "large.py", "deep.py", "link.py"):
        assert any(name in note for note in result.notes), name


def test_hostile_text_does_not_reach_the_terminal(make: Make, home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    nasty = COUNTER.replace("seen = self.n", "seen = self.n  # \x1b[2J\u202e [red]x[/red]")
    repo = make({"a.py": nasty})
    assert main(["run", str(repo), "a.py", "--out", str(home), *FAST]) == 1
    out, err = capsys.readouterr()
    assert "[red]x[/red]" in out
    for text in (out, err, (home / "specs" / "a" / "report.md").read_text()):
        assert "\x1b[2J" not in text
        assert "\u202e" not in text


def test_no_java_and_no_docker(
    make: Make, home: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    repo = make({"a.py": COUNTER})
    monkeypatch.setenv("CODE2TLA_TLA2TOOLS", str(home / "none.jar"))
    assert main(["run", str(repo), "a.py", "--out", str(home)]) == 4
    assert "none.jar" in capsys.readouterr().err
    assert main(["doctor"]) == 4


def test_interrupt_ends_cleanly(make: Make, home: Path) -> None:
    fields = "".join(f"        self.a{i} = 0\n" for i in range(3))
    methods = "".join(
        f"\n    def step{i}(self, by):\n        seen = self.a{i % 3}\n"
        f"        self.a{(i + 1) % 3} = seen + by\n        return seen\n"
        for i in range(6)
    )
    repo = make({"a.py": f"class Many:\n    def __init__(self):\n{fields}{methods}"})
    # A shell starts its background jobs deaf to Ctrl-C, and whatever they start inherits that.
    hear = "import os, signal, sys; signal.signal(2, signal.SIG_DFL); os.execv(sys.executable, sys.argv[1:])"
    words = [sys.executable, "-m", "code2tla", "run", str(repo), "a.py", "--out", str(home), "--budget", "300"]
    words = [sys.executable, "-c", hear, *words]
    process = subprocess.Popen(
        words, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True, env=dict(os.environ)
    )
    assert process.stderr is not None
    begun = next(
        line for line in process.stderr if line.startswith("write:")
    )  # the specification is written; TLC is next
    process.send_signal(signal.SIGINT)
    err = begun + process.stderr.read()
    assert process.wait(30) == 130, err
    assert "Traceback" not in err
    assert err.splitlines()[-1].startswith("code2tla: interrupted")
