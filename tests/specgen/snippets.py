"""Snippets of Python compiled, and what TLC finds in them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

import extractor
from specgen import printing
from specgen.ir import Program
from specgen.plan import operations
from specgen.static import StaticAuthor, WrittenInvariant
from specgen.steps import build
from specgen.types import Bounds, Spec
from tlc_runner.embedded import EmbeddedRunner
from tlc_runner.types import Budget, CheckResult, Job, Outcome


@dataclass(frozen=True)
class Compiled:
    """One target of a feature: the program between Python and TLA+, and the specification."""

    program: Program
    spec: Spec


@lru_cache(maxsize=1)
def runner() -> EmbeddedRunner:
    return EmbeddedRunner()


def compile_all(
    directory: Path, source: str, only: Iterable[str] = (), invariants: Iterable[WrittenInvariant] = ()
) -> dict[str, Compiled]:
    """The targets of a feature of one file, by class name ("" for the module)."""
    (directory / "feature").mkdir(parents=True, exist_ok=True)
    (directory / "feature" / "it.py").write_text(source, encoding="utf-8")
    facts = extractor.index(directory, "feature", directory / "index.sqlite")
    author = StaticAuthor(facts)
    out: dict[str, Compiled] = {}
    for target in author.plan(list(only)).targets:
        whole = target
        if target.cls:  # more than a plan takes, so that one run covers many forms
            found = author.sources.modules[target.path].classes[target.cls]
            whole = replace(target, operations=tuple(f.name for f in operations(author.sources, found)))
        program = author.program(whole, invariants)
        out[target.cls or ""] = Compiled(program, build(program))
    return out


def compile_one(
    directory: Path, source: str, only: Iterable[str] = (), invariants: Iterable[WrittenInvariant] = ()
) -> Compiled:
    found = compile_all(directory, source, only, invariants)
    assert len(found) == 1, f"one target expected, found {sorted(found)}"
    return next(iter(found.values()))


def tlc(spec: Spec, cfg: str, outcomes: tuple[str, ...] = (), seconds: float = 120.0) -> CheckResult:
    name, serial = printing.serial_module(spec, outcomes)
    modules = {f"{spec.module}.tla": printing.module_text(spec), name: serial}
    return runner().check(Job(modules=modules, root=spec.module, cfg=cfg, budget=Budget(seconds), coverage=False))


def races(made: Compiled, bounds: Bounds = Bounds(2, 1, 0)) -> set[str]:
    """The names of the violated properties that speak of at most that many calls."""
    serial = tlc(made.spec, printing.cfg(made.spec, bounds, False))
    assert serial.outcome is Outcome.PASSED, f"{serial.reason}\n{serial.errors}\n{made.spec.text}"
    asked = [p for p in made.spec.properties if len(p.operations) <= bounds.callers]
    name, outcomes = printing.serial_module(made.spec, tuple(sorted(set(serial.prints))))
    modules = {f"{made.spec.module}.tla": printing.module_text(made.spec), name: outcomes}
    cfg = printing.cfg(made.spec, bounds, True, asked)
    job = Job(modules=modules, root=made.spec.module, cfg=cfg, budget=Budget(120.0), coverage=False, keep_going=True)
    result = runner().check(job)
    assert result.outcome in {Outcome.PASSED, Outcome.VIOLATED}, f"{result.reason}\n{result.errors}\n{made.spec.text}"
    return {v.name for v in result.violations}
