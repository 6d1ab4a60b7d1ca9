"""TLC in a container that can reach nothing: no network, nothing to write to but memory, nobody's rights."""

from __future__ import annotations

import contextlib
import hashlib
import io
import os
import tarfile
import tempfile
import time
from collections.abc import Iterable, Iterator
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any

import docker
from docker.errors import APIError, BuildError, DockerException, ImageNotFound
from docker.types import LogConfig, Mount
from requests.exceptions import RequestException

from tlc_runner.base import Feed, JavaRunner, spec_files
from tlc_runner.command import GRACE, Launch, java_arguments
from tlc_runner.deadline import Deadline
from tlc_runner.errors import DockerUnavailable
from tlc_runner.locate import JAR_NAME, Jar, find_jar
from tlc_runner.verdict import Ending, Stop

if TYPE_CHECKING:
    from docker.client import DockerClient
    from docker.models.containers import Container

#: Every container and image of this program carries this label; a container's value is the process that runs it.
LABEL = "code2tla"

_REPOSITORY = "code2tla-tlc"
_MEND = "start the daemon (or name one in DOCKER_HOST), or use the embedded runner"
_FAILURES = (DockerException, RequestException, OSError)
_SPEC, _SCRATCH, _JAR = "/spec", "/tmp", f"/opt/{JAR_NAME}"  # noqa: S108  the container's own /tmp, in memory
#: What Java needs beside its heap: code, threads, class data, in megabytes.
_JAVA_MB = 512
_MEGABYTE = 1024 * 1024


def daemon_version() -> str:
    """The version of the Docker daemon; raises DockerUnavailable."""
    with _client() as client:
        return str(client.version()["Version"])


def image_tag(jar: Jar) -> str:
    """The name of the image of ``jar``: another Dockerfile or jar makes another image."""
    digest = hashlib.sha256(_dockerfile() + jar.sha256.encode()).hexdigest()
    return f"{_REPOSITORY}:{digest[:16]}"


class DockerRunner(JavaRunner):
    """Runs jobs in containers; raises JarNotFound or DockerUnavailable when made. Builds its image where missing."""

    name = "docker"

    def __init__(self, jar: str | os.PathLike[str] | None = None) -> None:
        super().__init__(find_jar(jar))
        self.image = image_tag(self.jar)
        with _client() as client:
            _ensure_image(client, self.image, self.jar)
            self._processors = max(1, int(client.info().get("NCPU") or 1))

    def _start(self, launch: Launch, feed: Feed) -> Ending:
        # The files' own directory is open to the container's user, the one around it to nobody else on this machine.
        with tempfile.TemporaryDirectory(prefix="code2tla-tlc-") as directory, _client() as client:
            spec = Path(directory) / "spec"
            spec.mkdir()
            spec_files(launch.files, spec)
            for path in (spec, *spec.iterdir()):
                path.chmod(0o755 if path.is_dir() else 0o644)
            try:
                container = self._create(client, launch, spec)
            except _FAILURES as error:
                raise DockerUnavailable(f"cannot make a container of {self.image}: {_short(error)}; {_MEND}") from None
            try:
                return _run(container, launch.limit, feed)
            finally:
                with contextlib.suppress(*_FAILURES):
                    container.remove(force=True, v=True)

    def _create(self, client: DockerClient, launch: Launch, spec: Path) -> Container:
        scratch_mb = max(256, launch.memory_mb)
        memory = (launch.memory_mb + scratch_mb + _JAVA_MB) * _MEGABYTE
        container: Container = client.containers.create(
            self.image,
            java_arguments(launch, jar=_JAR, scratch=_SCRATCH),
            working_dir=_SPEC,
            mounts=[Mount(_SPEC, str(spec), type="bind", read_only=True)],
            tmpfs={_SCRATCH: f"rw,noexec,nosuid,nodev,size={scratch_mb}m,mode=1777"},
            read_only=True,
            network_mode="none",
            ipc_mode="none",
            cap_drop=["ALL"],
            security_opt=["no-new-privileges"],
            user="10001:10001",
            pids_limit=128 + 8 * launch.workers,
            mem_limit=memory,
            memswap_limit=memory,
            nano_cpus=min(self._processors, launch.workers + 1) * 1_000_000_000,
            log_config=LogConfig(type=LogConfig.types.NONE),
            labels={LABEL: str(os.getpid())},
            stdin_open=False,
        )
        return container


def _run(container: Container, limit: float, feed: Feed) -> Ending:
    """Starts ``container``, its lines to ``feed``, and kills it after ``limit`` seconds."""
    stderr: list[bytes] = []
    output = container.attach(stdout=True, stderr=True, stream=True, demux=True)

    def kill() -> None:
        # A client of its own: the other one is busy reading.
        with contextlib.suppress(*_FAILURES), contextlib.closing(docker.from_env()) as client:
            client.api.kill(str(container.id))

    began = time.monotonic()
    deadline: Deadline | None = None
    try:
        container.start()
        deadline = Deadline(limit, kill)  # the budget is TLC's: making the container doesn't count
        for line in _lines(output, stderr):
            if feed(line):
                deadline.bring_near(GRACE)
        exit_code = int(container.wait()["StatusCode"])
        seconds = time.monotonic() - began
        container.reload()
    except _FAILURES as error:
        return Ending(1, None, f"the Docker daemon failed: {_short(error)}", time.monotonic() - began)
    finally:
        if deadline is not None:
            deadline.cancel()
    reason: Stop | None = None
    if container.attrs["State"].get("OOMKilled"):
        reason = Stop.MEMORY
    elif deadline.passed and exit_code != 0:
        reason = Stop.TIME
    return Ending(_signal(exit_code), reason, b"".join(stderr).decode("utf-8", "replace"), seconds)


def _lines(output: Iterable[tuple[bytes | None, bytes | None]], stderr: list[bytes]) -> Iterator[str]:
    """The lines of standard output, whatever pieces they come in; the rest is put aside in ``stderr``."""
    rest = b""
    for out, err in output:
        if err:
            stderr.append(err)
        if out:
            *whole, rest = (rest + out).split(b"\n")
            for line in whole:
                yield line.decode("utf-8", "replace").rstrip("\r")
    if rest:
        yield rest.decode("utf-8", "replace")


def _signal(exit_code: int) -> int:
    """Docker's exit status with death by a signal as a negative number, as a process of this machine has it.

    Only of the signals that end a Java from outside: TLC's own statuses go from 150 up.
    """
    return 128 - exit_code if exit_code in (134, 137, 139, 143) else exit_code


def _dockerfile() -> bytes:
    return resources.files("tlc_runner").joinpath("Dockerfile").read_bytes()


def _ensure_image(client: DockerClient, tag: str, jar: Jar) -> None:
    try:
        client.images.get(tag)
        return
    except ImageNotFound:
        pass
    context = io.BytesIO()
    with tarfile.open(fileobj=context, mode="w") as archive:
        for name, data in (("Dockerfile", _dockerfile()), (JAR_NAME, jar.path.read_bytes())):
            entry = tarfile.TarInfo(name)
            entry.size, entry.mode = len(data), 0o644
            archive.addfile(entry, io.BytesIO(data))
    context.seek(0)
    try:
        client.images.build(
            fileobj=context,
            custom_context=True,
            tag=tag,
            rm=True,
            forcerm=True,
            network_mode="host",  # only to build, which fetches Java: a daemon without a bridge can do that too
            labels={LABEL: "tlc"},
        )
    except BuildError as error:
        log = "".join(str(step.get("stream") or step.get("error") or "") for step in _steps(error.build_log))
        said = _short(error) or log.strip()[-300:]
        raise DockerUnavailable(f"cannot build the image {tag}: {said}; see that Docker can fetch debian") from None
    except (APIError, RequestException) as error:
        raise DockerUnavailable(
            f"cannot build the image {tag}: {_short(error)}; see that Docker can fetch debian:bookworm-slim"
        ) from None


def _steps(log: Iterable[Any]) -> Iterator[dict[str, Any]]:
    return (step for step in log if isinstance(step, dict))


@contextlib.contextmanager
def _client() -> Iterator[DockerClient]:
    """A client of the daemon, closed afterwards; raises DockerUnavailable where none answers."""
    try:
        client = docker.from_env()
    except _FAILURES as error:
        raise DockerUnavailable(f"the Docker daemon cannot be reached ({_short(error)}); {_MEND}") from None
    with contextlib.closing(client):
        try:
            client.ping()
        except _FAILURES as error:
            raise DockerUnavailable(f"the Docker daemon does not answer ({_short(error)}); {_MEND}") from None
        yield client


def _short(error: Exception) -> str:
    return str(error).strip().partition("\n")[0][:300]
