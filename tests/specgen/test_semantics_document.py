"""The examples of docs/semantics.md are what the compiler prints.

``python tests/specgen/test_semantics_document.py`` writes them anew.
"""

from __future__ import annotations

import re
import sys
import tempfile
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from snippets import compile_one

DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "semantics.md"
#: A class in Python, and after it the actions named, as the compiler prints them.
EXAMPLE = re.compile(r"```python\n(?P<python>.*?)```\n\n```tla (?P<actions>[^\n]*)\n(?P<tla>.*?)```", re.DOTALL)


def examples() -> list[re.Match[str]]:
    return list(EXAMPLE.finditer(DOCUMENT.read_text(encoding="utf-8")))


def printed(directory: Path, example: re.Match[str]) -> str:
    made = compile_one(directory, example["python"])
    texts = {a.name: a.text for a in made.spec.actions}
    missing = [n for n in example["actions"].split() if n not in texts]
    assert not missing, f"no action {missing}; there are {sorted(texts)}"
    return "\n\n".join(texts[n].strip("\n") for n in example["actions"].split()) + "\n"


@pytest.mark.parametrize("number", range(len(examples())))
def test_an_example_is_what_the_compiler_prints(number: int, tmp_path: Path) -> None:
    example = examples()[number]
    assert example["tla"] == printed(tmp_path, example)


def test_every_block_of_tla_belongs_to_an_example() -> None:
    assert len(examples()) == DOCUMENT.read_text(encoding="utf-8").count("```tla") >= 8


def rewrite() -> None:
    """Write every example anew."""

    def anew(example: re.Match[str]) -> str:
        with tempfile.TemporaryDirectory() as directory:
            tla = printed(Path(directory), example)
        return f"```python\n{example['python']}```\n\n```tla {example['actions']}\n{tla}```"

    DOCUMENT.write_text(EXAMPLE.sub(anew, DOCUMENT.read_text(encoding="utf-8")), encoding="utf-8")


if __name__ == "__main__":
    rewrite()
