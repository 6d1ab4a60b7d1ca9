"""Code of the target in a container that can reach nothing: no network, nothing to write to but memory, no rights."""

from __future__ import annotations

import contextlib
import hashlib
import io
import os
import shutil
import sys
import sysconfig
import tempfile
import threading
from collections.abc import Iterator, Mapping
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING

import docker
from docker.errors import BuildError, DockerException, ImageNotFound
from docker.types import LogConfig, Mount
from requests.exceptions import RequestException

from replay.sandbox import ContainerUnavailable, Limits, Told, environment, parsed

if TYPE_CHECKING:
    from docker.client import DockerClient
    from docker.models.containers import Container

_LABEL = "code2tla"
_FAILURES = (DockerException, RequestException, OSError)
_MEGABYTE = 1 << 20
_SCRATCH_MB = 64
#: What the interpreter needs beside the address space that the test may use.
_PYTHON_MB = 64
#: Of a repository so much is copied for the container to read.
_LARGEST_COPY = 512 * _MEGABYTE
_REPO, _TEST, _CODE, _PACKAGES = "/repo", "/test", "/opt/code2tla", "/opt/packages"
_OUT = "/tmp/out.jsonl"  # noqa: S108 - the container's own, in memory

#: Runs the test, then tells on stderr what it noted down; the test's own output goes to stdout.
_ENTRY = f"""
import os, sys
from pathlib import Path
sys.path.insert(0, {_CODE!r})
sys.path.append({_PACKAGES!r})
from replay.child import main
told = os.dup(2)
os.dup2(1, 2)
status = main(int(sys.argv[1]), int(sys.argv[2]), Path(sys.argv[3]))
sys.stdout.flush()
if os.path.exists({_OUT!r}):
    with open({_OUT!r}, "rb") as notes, open(told, "wb") as stream:
        stream.write(notes.read())
os._exit(status)
"""


class ContainerSandbox:
    """A container for each test, removed when it has ended; the repository is read from a copy without its history.

    Raises ContainerUnavailable when made, if no daemon answers or the image can neither be found nor built.
    """

    name = "docker"

    def __init__(self) -> None:
        with _client() as client:
            self._image = _image(client)
        self._home = tempfile.TemporaryDirectory(prefix="code2tla-container-")
        self._copies: dict[Path, Path] = {}
        self._lock = threading.Lock()

    def run(self, test: Path, repo: Path, limits: Limits) -> Told:
        """As Sandbox.run. Raises ContainerUnavailable."""
        with self._lock:
            copied = self._copies.get(repo) or self._copies.setdefault(repo, self._copy(repo))
        with tempfile.TemporaryDirectory(dir=self._home.name) as place, _client() as client:
            Path(place).chmod(0o755)
            shown = Path(place) / test.name
            shutil.copyfile(test, shown)
            shown.chmod(0o644)
            mounts = {_REPO: copied, _TEST: Path(place), f"{_CODE}/replay": Path(__file__).parent}
            try:
                container = self._create(client, mounts | _packages(), f"{_TEST}/{test.name}", limits)
            except _FAILURES as error:
                raise ContainerUnavailable(f"cannot make a container of {self._image}: {_short(error)}") from None
            try:
                return _run(container, limits)
            finally:
                with contextlib.suppress(*_FAILURES):
                    container.remove(force=True, v=True)

    def _create(self, client: DockerClient, mounts: Mapping[str, Path], test: str, limits: Limits) -> Container:
        memory = (limits.memory_mb + _SCRATCH_MB + _PYTHON_MB) * _MEGABYTE
        container: Container = client.containers.create(
            self._image,
            ["-c", _ENTRY, str(limits.seconds), str(limits.memory_mb), test],
            environment=environment(_REPO, _OUT, "/tmp"),  # noqa: S108 - the container's own
            mounts=[Mount(to, str(of), type="bind", read_only=True) for to, of in mounts.items()],
            tmpfs={"/tmp": f"rw,noexec,nosuid,nodev,size={_SCRATCH_MB}m,mode=1777"},  # noqa: S108
            read_only=True,
            network_mode="none",
            ipc_mode="none",
            cap_drop=["ALL"],
            security_opt=["no-new-privileges"],
            user="10001:10001",
            pids_limit=128,
            mem_limit=memory,
            memswap_limit=memory,
            nano_cpus=1_000_000_000,
            log_config=LogConfig(type=LogConfig.types.NONE),
            labels={_LABEL: str(os.getpid())},
            stdin_open=False,
        )
        return container

    def _copy(self, repo: Path) -> Path:
        """The repository's files where the container's user may read them. Raises ContainerUnavailable."""
        Path(self._home.name).chmod(0o755)
        size = sum(f.stat().st_size for f in repo.rglob("*") if f.is_file() and not f.is_symlink())
        if size > _LARGEST_COPY:
            limit = f"{_LARGEST_COPY // _MEGABYTE} MB"
            raise ContainerUnavailable(f"{repo.name} is larger than {limit}; use --sandbox process")
        place = Path(self._home.name) / f"repo{len(self._copies)}"
        shutil.copytree(repo, place, symlinks=True, ignore=shutil.ignore_patterns(".git"))
        for path in (place, *place.rglob("*")):
            if not path.is_symlink():
                path.chmod(0o755 if path.is_dir() else 0o644)
        return place


def _packages() -> dict[str, Path]:
    """The packages of this interpreter, for what the target imports, where the image's interpreter can load them."""
    return {_PACKAGES: Path(sysconfig.get_path("purelib"))} if sys.version_info[:2] == (3, 11) else {}


def _run(container: Container, limits: Limits) -> Told:
    """Start it, and kill it after its time."""
    late = threading.Event()

    def kill() -> None:
        late.set()
        # A client of its own: the other one is busy reading.
        with contextlib.suppress(*_FAILURES), contextlib.closing(docker.from_env()) as client:
            client.api.kill(str(container.id))

    output = container.attach(stdout=True, stderr=True, stream=True, demux=True)
    timer = threading.Timer(limits.seconds, kill)
    text, told = bytearray(), bytearray()
    try:
        container.start()
        timer.start()
        for out, err in output:
            text += out or b""
            told += err or b""
        container.wait()
    except _FAILURES as error:
        raise ContainerUnavailable(f"the Docker daemon failed: {_short(error)}") from None
    finally:
        timer.cancel()
    return Told(parsed(told.decode("utf-8", "replace")), text.decode("utf-8", "replace"), late.is_set())


def _image(client: DockerClient) -> str:
    """The image's name; it is built where it is missing. Raises ContainerUnavailable."""
    text = resources.files("replay").joinpath("Dockerfile").read_bytes()
    tag = f"code2tla-replay:{hashlib.sha256(text).hexdigest()[:16]}"
    try:
        with contextlib.suppress(ImageNotFound):
            client.images.get(tag)
            return tag
        # Building fetches Python; with the host's network a daemon without a bridge can do that too.
        client.images.build(
            fileobj=io.BytesIO(text), tag=tag, rm=True, forcerm=True, network_mode="host", labels={_LABEL: "replay"}
        )
    except (BuildError, *_FAILURES) as error:
        raise ContainerUnavailable(f"cannot build the image {tag}: {_short(error)}") from None
    return tag


@contextlib.contextmanager
def _client() -> Iterator[DockerClient]:
    try:
        client = docker.from_env()
    except _FAILURES as error:
        raise ContainerUnavailable(f"the Docker daemon cannot be reached ({_short(error)})") from None
    with contextlib.closing(client):
        try:
            client.ping()
        except _FAILURES as error:
            raise ContainerUnavailable(f"the Docker daemon does not answer ({_short(error)})") from None
        yield client


def _short(error: Exception) -> str:
    return str(error).strip().partition("\n")[0][:300]
