"""What the tests of the back end share: hand-built programs, and a small oracle driver on the real TLC."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

import pytest

from specgen import printing
from specgen.types import Bounds, Spec
from tlc_runner.embedded import EmbeddedRunner
from tlc_runner.types import CheckResult, Job, Outcome


@dataclass(frozen=True)
class Seen:
    """Outcomes of the serial run; violated properties with the actions of their traces; states of the last run."""

    outcomes: tuple[str, ...]
    violated: dict[str, list[str]]
    distinct: int


Explore = Callable[..., Seen]


@pytest.fixture(scope="session")
def programs() -> ModuleType:
    """The module of hand-built programs."""
    found = importlib.util.spec_from_file_location("backend_programs", Path(__file__).with_name("backend_programs.py"))
    assert found is not None
    assert found.loader is not None
    module = importlib.util.module_from_spec(found)
    sys.modules["backend_programs"] = module
    found.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def explore() -> Explore:
    """Runs one specification serially and overlapping, leaving out what is violated until the rest holds."""
    runner = EmbeddedRunner()

    def tlc(spec: Spec, cfg: str, outcomes: tuple[str, ...]) -> CheckResult:
        name, serial = printing.serial_module(spec, outcomes)
        modules = {f"{spec.module}.tla": printing.module_text(spec), name: serial}
        return runner.check(Job(modules=modules, root=spec.module, cfg=cfg, coverage=False))

    def run(spec: Spec, bounds: Bounds = Bounds(2, 1, 0)) -> Seen:
        serial = tlc(spec, printing.cfg(spec, bounds, False), ())
        assert serial.outcome is Outcome.PASSED, (serial.reason, serial.errors)
        outcomes = tuple(sorted(set(serial.prints)))
        left = [p for p in spec.properties if len(p.operations) <= bounds.callers]
        violated: dict[str, list[str]] = {}
        while True:
            result = tlc(spec, printing.cfg(spec, bounds, True, left), outcomes)
            if result.outcome is Outcome.PASSED:
                return Seen(outcomes, violated, result.distinct)
            assert result.outcome is Outcome.VIOLATED, (result.reason, result.errors)
            violation = result.violations[0]
            assert violation.name != "TypeOK"
            violated[violation.name] = [s.action for s in violation.trace if s.action]
            left = [p for p in left if p.name != violation.name]

    return run
