"""What a run tells while it goes on: one frozen value per thing that happened."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

from tlc_runner.types import Progress


@dataclass(frozen=True, slots=True)
class StageBegan:
    """A stage of the pipeline begins; ``stage`` is its name in one word, ``text`` says to people what goes on."""

    stage: str
    text: str


@dataclass(frozen=True, slots=True)
class StageEnded:
    """A stage ended after so many seconds."""

    stage: str
    seconds: float


@dataclass(frozen=True, slots=True)
class RunBegan:
    """One TLC run begins. ``what`` says which, in words; ``remaining`` are the seconds that it may take."""

    module: str
    what: str
    remaining: float


@dataclass(frozen=True, slots=True)
class RunProgress:
    """TLC reported progress; ``per_second`` is the rate of generated states since its last report."""

    module: str
    what: str
    progress: Progress
    per_second: float


@dataclass(frozen=True, slots=True)
class RunEnded:
    """One TLC run ended: how, with so many distinct states; ``kept`` when an earlier run's result was taken."""

    module: str
    what: str
    outcome: str
    distinct: int
    seconds: float
    kept: bool


@dataclass(frozen=True, slots=True)
class Found:
    """A property was violated, with a trace of so many steps."""

    module: str
    property: str
    steps: int


Event: TypeAlias = StageBegan | StageEnded | RunBegan | RunProgress | RunEnded | Found
OnEvent: TypeAlias = Callable[[Event], None]
