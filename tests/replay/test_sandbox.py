"""What code of the target can reach where it runs: in a container, and in a process where there is none."""

from __future__ import annotations

import os
import socket
from pathlib import Path

import docker
import pytest

from replay import choose
from replay.container import ContainerSandbox
from replay.sandbox import ContainerUnavailable, Limits, ProcessSandbox, Sandbox, Told

LIMITS = Limits(seconds=20, memory_mb=512)


@pytest.fixture(scope="module")
def container() -> ContainerSandbox:
    return ContainerSandbox()


@pytest.fixture(params=["process", "docker"])
def sandbox(request: pytest.FixtureRequest, container: ContainerSandbox) -> Sandbox:
    return container if request.param == "docker" else ProcessSandbox()


def told(sandbox: Sandbox, place: Path, body: str, limits: Limits = LIMITS) -> Told:
    """What a test of this body leaves; ``note`` writes a value down."""
    repo = place / "repo"
    repo.mkdir(exist_ok=True)
    (repo / "data.txt").write_text("seven")
    test = place / "test_it.py"
    lines = "\n".join(f"    {line}" for line in body.splitlines())
    test.write_text(f"import json, os, socket, sys\n\n{NOTE}\n\ndef test_it():\n{lines}\n")
    return sandbox.run(test, repo, limits)


NOTE = """
def note(value):
    with open(os.environ["CODE2TLA_REPLAY_OUT"], "a") as out:
        out.write(json.dumps({"it": value}) + "\\n")
"""


def test_the_repository_is_read_and_notes_come_back(sandbox: Sandbox, tmp_path: Path) -> None:
    found = told(sandbox, tmp_path, "note(open(os.environ['CODE2TLA_REPO'] + '/data.txt').read())\nnote(2)")
    assert found.notes == ({"it": "seven"}, {"it": 2})
    assert not found.late


def test_what_it_raises_is_the_last_line_that_is_printed(sandbox: Sandbox, tmp_path: Path) -> None:
    found = told(sandbox, tmp_path, "raise ValueError('wrong')")
    assert found.text.splitlines()[-1] == "ValueError: wrong"
    assert found.notes == ()


def test_it_has_no_environment_but_what_is_named(
    sandbox: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SECRET", "x")
    (found,) = told(sandbox, tmp_path, "note(sorted(os.environ))").notes
    names = found["it"]
    assert isinstance(names, list)
    assert set(names) - {"HOSTNAME"} == {
        *("CODE2TLA_REPO", "CODE2TLA_REPLAY_OUT", "HOME", "TMPDIR", "PATH", "LC_ALL", "PYTHONHASHSEED")
    }


def test_it_is_killed_when_its_time_is_over(sandbox: Sandbox, tmp_path: Path) -> None:
    assert told(sandbox, tmp_path, "while True: pass", Limits(seconds=2)).late


def test_it_has_only_so_much_memory(sandbox: Sandbox, tmp_path: Path) -> None:
    assert "MemoryError" in told(sandbox, tmp_path, "held = bytearray(1 << 31)").text


def test_it_reaches_no_network(sandbox: Sandbox, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        assert "Error" in told(sandbox, tmp_path, f"socket.create_connection(('127.0.0.1', {port}), 2)").text


@pytest.mark.parametrize("where", ["os.environ['CODE2TLA_REPO']", "'/etc'", "'/opt/code2tla/replay'", "'/test'"])
def test_a_container_writes_to_memory_alone(container: ContainerSandbox, tmp_path: Path, where: str) -> None:
    found = told(container, tmp_path, f"open({where} + '/new', 'w')")
    assert "Read-only file system" in found.text or "Permission denied" in found.text


def test_a_container_s_code_is_nobody_with_no_rights(container: ContainerSandbox, tmp_path: Path) -> None:
    body = (
        "rights = [l.split()[1] for l in open('/proc/self/status') if l.startswith('Cap')]\nnote([os.getuid(), rights])"
    )
    (found,) = told(container, tmp_path, body).notes
    assert found["it"] == [10001, ["0" * 16] * 5]


def test_containers_are_removed_even_when_they_are_killed(container: ContainerSandbox, tmp_path: Path) -> None:
    told(container, tmp_path, "while True: pass", Limits(seconds=1))
    client = docker.from_env()
    mine = client.containers.list(all=True, filters={"label": f"code2tla={os.getpid()}"})
    client.close()
    assert mine == []


@pytest.fixture
def no_docker(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOCKER_HOST", "tcp://127.0.0.1:1")


@pytest.mark.usefixtures("no_docker")
def test_without_docker_auto_is_a_process_and_docker_is_an_error() -> None:
    assert choose.sandbox("auto").name == "process"
    with pytest.raises(ContainerUnavailable, match="daemon"):
        choose.sandbox("docker")


def test_with_docker_auto_is_a_container() -> None:
    assert choose.sandbox("auto").name == "docker"
