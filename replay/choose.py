"""Which sandbox code of the target runs in."""

from __future__ import annotations

from typing import Literal, TypeAlias

from replay.sandbox import ContainerUnavailable, ProcessSandbox, Sandbox

SandboxName: TypeAlias = Literal["auto", "docker", "process"]


def sandbox(name: SandboxName) -> Sandbox:
    """The sandbox of this name; ``auto`` is Docker where it can be had, else a process.

    Raises ContainerUnavailable.
    """
    if name == "process":
        return ProcessSandbox()
    from replay.container import ContainerSandbox  # noqa: PLC0415 - Docker's client loads slowly

    try:
        return ContainerSandbox()
    except ContainerUnavailable:
        if name == "docker":
            raise
        return ProcessSandbox()
