"""TLC in a container that can reach nothing."""

from __future__ import annotations

import os

import docker
from docker.errors import DockerException
from requests.exceptions import RequestException

from tlc_runner.errors import DockerUnavailable
from tlc_runner.types import CheckResult, Job, OnProgress

_MEND = "start the daemon (or set DOCKER_HOST), or use the embedded runner"


def daemon_version() -> str:
    """The version of the Docker daemon; raises DockerUnavailable."""
    try:
        return str(docker.from_env(timeout=10).version()["Version"])
    except (DockerException, RequestException, OSError) as error:
        raise DockerUnavailable(f"the Docker daemon does not answer ({_short(error)}); {_MEND}") from None


def _short(error: Exception) -> str:
    return str(error).strip().partition("\n")[0][:200]


class DockerRunner:
    """Runs jobs in a container; raises JarNotFound or DockerUnavailable when made."""

    name = "docker"

    def __init__(self, jar: str | os.PathLike[str] | None = None) -> None:
        raise DockerUnavailable(f"no Docker runner yet; {_MEND} {jar or ''}")

    def check(self, job: Job, on_progress: OnProgress | None = None) -> CheckResult:
        """Runs ``job``."""
        raise NotImplementedError
