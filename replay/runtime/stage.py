"""Where code runs under a scheduler of ours: the target opened for import, its clock, and its chance."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from replay.runtime import modules, standins, tasks
from replay.runtime.chance import Chance
from replay.runtime.clock import Clock, TimeModule
from replay.runtime.scenario import Mode
from replay.runtime.target import Target


@dataclass(frozen=True, slots=True)
class Stage:
    """A target whose modules can be imported and see stand-ins; ``clock`` and ``chance`` are those they see."""

    target: Target
    clock: Clock
    chance: Chance


@contextmanager
def opened(mode: Mode, repo: str | None = None) -> Iterator[Stage]:
    """A stage for the repository in ``CODE2TLA_REPO``, else in ``repo``, else in the current directory."""
    root = Path(os.environ.get("CODE2TLA_REPO") or repo or ".").resolve()
    clock = Clock()
    threads = mode == "threads"
    chance = Chance(standins.who if threads else tasks.who)
    ours = modules.stand_ins() if threads else {}
    target = Target(root, {**ours, **chance.modules(), "time": TimeModule(clock)})
    with target.open():
        yield Stage(target, clock, chance)
