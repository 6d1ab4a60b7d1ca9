"""First values that the constructor computes stand in the specification as TLA+ that TLC accepts."""

from pathlib import Path

import extractor
from specgen import printing
from specgen.static import StaticAuthor
from specgen.types import Bounds
from tlc_runner.embedded import EmbeddedRunner
from tlc_runner.types import Job, Outcome

SOURCE = """
class Door:
    def __init__(self, width: int):
        self._hinges = width + 1
        self._wide = self._hinges > 2
        self._open = False

    def toggle(self):
        self._wide = not self._wide
        self._open = not self._open
"""


def test_a_comparison_as_first_value(tmp_path: Path) -> None:
    (tmp_path / "door.py").write_text(SOURCE)
    author = StaticAuthor(extractor.index(tmp_path, "door.py", tmp_path / "index.sqlite"))
    spec = author.write(author.plan().targets[0])
    name, serial = printing.serial_module(spec, ())
    assert "wide = (Width + 1 > 2)" in " ".join(spec.text.split())
    assert EmbeddedRunner().sany({f"{spec.module}.tla": spec.text, name: serial}, spec.module) == ()


RECKONED = """
from elsewhere import signature_of


class Pool:
    def __init__(self, creator):
        found = self._signature(creator)
        if found.defaults is not None:
            given = len(found.defaults)
        else:
            given = 0
        self.alone = "yes" if len(found[0]) - given == 1 else "no"
        self.n = 0

    def _signature(self, creator):
        try:
            return signature_of(creator)
        except TypeError:
            return None

    def take(self):
        if self.alone == "yes":
            self.n += 1
        return self.n
"""


def test_arithmetic_with_what_other_code_gave(tmp_path: Path) -> None:
    (tmp_path / "pool.py").write_text(RECKONED)
    author = StaticAuthor(extractor.index(tmp_path, "pool.py", tmp_path / "index.sqlite"))
    spec = author.write(author.plan().targets[0])
    name, serial = printing.serial_module(spec, ())
    modules = {f"{spec.module}.tla": spec.text, name: serial}
    result = EmbeddedRunner().check(Job(modules, spec.module, printing.cfg(spec, Bounds(2, 0, 0), False)))
    assert result.outcome is Outcome.PASSED, result.errors
    assert any(a.construct == "arithmetic on a value of unknown type" for a in spec.abstractions)
