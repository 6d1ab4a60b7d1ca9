"""TLC in a real container. These need a Docker daemon; see CODE2TLA_REQUIRE_DOCKER in conftest.py."""

from __future__ import annotations

import dataclasses
import os
import threading
import time
from collections.abc import Callable

import docker
import pytest

from tlc_runner.docker import LABEL, DockerRunner, daemon_version, image_tag
from tlc_runner.embedded import EmbeddedRunner
from tlc_runner.errors import DockerUnavailable
from tlc_runner.types import Budget, CheckResult, Job, Outcome, Progress

pytestmark = pytest.mark.docker
Spec = Callable[..., Job]

#: What may differ: who ran it, for how long, and messages in which TLC names the machine and the time.
OWN = {"runner": "", "seconds": 0.0, "messages": (), "version": ""}


class EnoughSeen(Exception):
    """Ends a run from its progress report."""


@pytest.fixture(scope="module")
def contained() -> DockerRunner:
    return DockerRunner()


def comparable(result: CheckResult) -> CheckResult:
    return dataclasses.replace(result, **OWN)


@pytest.mark.parametrize(
    "name",
    ["Clean", "Violated", "Deadlocked", "Asserted", "BadStep", "Syntax", "Misspelt", "Printing"],
)
def test_the_same_result_from_both_runners(
    contained: DockerRunner, embedded: EmbeddedRunner, spec: Spec, name: str
) -> None:
    inside, here = contained.check(spec(name)), embedded.check(spec(name))
    assert comparable(inside) == comparable(here)
    assert (inside.runner, here.runner) == ("docker", "embedded")
    assert inside.version == here.version


def test_budgets_hold_in_a_container(contained: DockerRunner, spec: Spec) -> None:
    states = contained.check(spec("Endless", budget=Budget(seconds=30.0, memory_mb=256, states=2000)))
    assert (states.outcome, states.reason) == (Outcome.INCOMPLETE, "stopped at the budget of 2000 distinct states")
    seen: list[Progress] = []
    timed = contained.check(spec("Endless", budget=Budget(seconds=4.0, memory_mb=256)), seen.append)
    assert (timed.outcome, timed.reason) == (Outcome.INCOMPLETE, "stopped at the time budget of 4 s")
    assert seen
    memory = contained.check(spec("Greedy", budget=Budget(seconds=30.0, memory_mb=48)))
    assert (memory.outcome, memory.reason) == (Outcome.INCOMPLETE, "the memory budget of 48 MB is used up")


def test_a_container_that_hangs_is_killed_and_removed(contained: DockerRunner, spec: Spec) -> None:
    began = time.monotonic()
    result = contained.check(spec("OneLongStep", budget=Budget(seconds=1.0, memory_mb=256)))
    assert time.monotonic() - began < 8.0
    assert (result.outcome, result.exit_code) == (Outcome.INCOMPLETE, -9)
    assert _containers() == []


def test_the_container_can_do_nothing_but_compute(contained: DockerRunner, spec: Spec) -> None:
    """What the daemon says of a running container, taken while it runs."""
    seen: list[dict[str, object]] = []

    def look(_: Progress) -> None:
        seen.extend(container.attrs for container in _containers())
        raise EnoughSeen

    with pytest.raises(EnoughSeen):
        contained.check(spec("Endless", budget=Budget(seconds=20.0, memory_mb=256)), look)
    (attributes,) = seen
    host = attributes["HostConfig"]
    assert host["NetworkMode"] == "none"
    assert host["ReadonlyRootfs"] is True
    assert host["CapDrop"] == ["ALL"]
    assert host["SecurityOpt"] == ["no-new-privileges"]
    assert not host["Privileged"]
    assert 0 < host["PidsLimit"] <= 256
    assert 0 < host["Memory"] == host["MemorySwap"] <= 1100 * 1024 * 1024
    assert host["NanoCpus"] > 0
    assert list(host["Tmpfs"]) == ["/tmp"]
    assert attributes["Config"]["User"] == "10001:10001"
    assert [(mount["Destination"], mount["RW"]) for mount in attributes["Mounts"]] == [("/spec", False)]
    assert _containers() == []


def test_an_interrupted_run_leaves_no_container(contained: DockerRunner, spec: Spec) -> None:
    def interrupt(_: Progress) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        contained.check(spec("Endless", budget=Budget(seconds=20.0, memory_mb=256)), interrupt)
    assert _containers() == []


def test_a_container_that_dies_is_a_failure_of_the_tool(contained: DockerRunner, spec: Spec) -> None:
    def kill(_: Progress) -> None:
        for container in _containers():
            threading.Thread(target=container.kill).start()

    result = contained.check(spec("Endless", budget=Budget(seconds=20.0, memory_mb=256)), kill)
    assert (result.outcome, result.exit_code) == (Outcome.TOOL_ERROR, -9)


def test_sany_in_a_container(contained: DockerRunner, embedded: EmbeddedRunner) -> None:
    modules = {"A.tla": "---- MODULE A ----\nEXTENDS Integers\nX == 1 + y\n===="}
    assert contained.sany(modules, "A") == embedded.sany(modules, "A") != ()


def test_another_jar_makes_another_image(contained: DockerRunner) -> None:
    other = dataclasses.replace(contained.jar, sha256="0" * 64)
    assert image_tag(other) != image_tag(contained.jar) == contained.image
    assert daemon_version()


def test_a_daemon_that_is_not_there(monkeypatch: pytest.MonkeyPatch, tmp_path: object) -> None:
    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/no.sock")
    with pytest.raises(DockerUnavailable, match="start the daemon"):
        DockerRunner()


def _containers() -> list[docker.models.containers.Container]:
    """Those of this process: other tests may run beside it."""
    found = docker.from_env().containers.list(all=True, filters={"label": f"{LABEL}={os.getpid()}"})
    return list(found)
