"""First values that the constructor computes stand in the specification as TLA+ that SANY accepts."""

from pathlib import Path

import extractor
from specgen import printing
from specgen.static import StaticAuthor
from tlc_runner.embedded import EmbeddedRunner

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
