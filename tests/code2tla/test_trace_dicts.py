"""Traces tell an empty dict from an empty list, which TLC prints alike."""

from __future__ import annotations

from pathlib import Path

import extractor
from code2tla.source import Lines
from code2tla.trace import Context, steps
from specgen import printing
from specgen.static import StaticAuthor
from specgen.types import Bounds
from tlc_runner.embedded import EmbeddedRunner
from tlc_runner.types import Budget, Job

SOURCE = """
class Totals:
    def __init__(self):
        self.by_name = {}
        self.names = []

    def tally(self, name):
        found = {}
        listed = []
        if self.names:
            found[name] = 1
            listed.append(name)
        self.names.append(name)
        assert not self.by_name
        self.by_name = found
        self.names = listed
"""


def test_an_empty_dict_in_a_local_reads_as_a_dict(tmp_path: Path) -> None:
    (tmp_path / "feature").mkdir()
    (tmp_path / "feature" / "it.py").write_text(SOURCE, encoding="utf-8")
    facts = extractor.index(tmp_path, "feature", tmp_path / "index.sqlite")
    author = StaticAuthor(facts)
    (target,) = author.plan().targets
    spec = author.write(target)
    name, serial = printing.serial_module(spec, ())
    asked = [p for p in spec.properties if p.kind == "assertion"]
    job = Job(
        modules={f"{spec.module}.tla": printing.module_text(spec), name: serial},
        root=spec.module,
        cfg=printing.cfg(spec, Bounds(2, 0, 0), True, asked),
        budget=Budget(120.0),
    )
    (found,) = EmbeddedRunner().check(job).violations
    told = [step.changed for step in steps(Context.of(spec, facts, Lines.of(facts)), found.trace)]
    shown = {(name.partition(".")[2], text) for changed in told for name, text in changed.items()}
    assert {("found", "{}"), ("listed", "[]")} <= shown
