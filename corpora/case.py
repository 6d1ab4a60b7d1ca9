"""``case.toml``: what a case is about and what the product must say of its two twins."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Literal, TypeAlias

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

HOME = Path(__file__).resolve().parent

#: The commit with the planted bug, and the later commit that mends it.
Twin: TypeAlias = Literal["buggy", "fixed"]
Kind: TypeAlias = Literal["serializable", "deadlock", "assertion", "invariant"]


class CaseError(Exception):
    """A case that does not exist or whose description cannot be used. The text is one line."""


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Line(_Model):
    """A source line given by its text, without indent, so that edits elsewhere in the file do no harm."""

    path: str
    text: str = Field(min_length=1)

    def numbers(self, root: Path) -> tuple[int, ...]:
        """The 1-based numbers of every line with this text below ``root``. Raises CaseError if there is none."""
        try:
            lines = (root / self.path).read_text(encoding="utf-8").splitlines()
        except OSError as error:
            raise CaseError(f"{self.path}: {error.strerror}; correct the path in case.toml") from error
        found = tuple(number for number, line in enumerate(lines, 1) if line.strip() == self.text)
        if not found:
            raise CaseError(f"{self.path}: no line reads {self.text!r}; correct the text in case.toml")
        return found


class Expected(_Model):
    """What the product must say of the buggy twin; the fixed one must come out without a violation.

    A violation is the planted bug if its property is of one of ``kinds``, one of ``operations`` takes part in
    it, and its trace passes through one of ``lines``.
    """

    verdict: Literal["violated"] = "violated"
    kinds: tuple[Kind, ...] = Field(min_length=1)
    operations: tuple[str, ...] = Field(min_length=1)
    lines: tuple[Line, ...] = Field(min_length=1)


class Case(_Model):
    """One case. ``buggy`` and ``fixed`` count the patches of its history from 1.

    ``feature`` is a directory or file of the repository; ``classes`` are the shared objects that must be modelled,
    the path of a module standing for its globals.
    """

    name: str
    description: str
    feature: str
    classes: tuple[str, ...] = Field(min_length=1)
    mode: Literal["threads", "asyncio"]
    buggy: int = Field(ge=1)
    fixed: int = Field(ge=2)
    expected: Expected

    @model_validator(mode="after")
    def _fix_comes_later(self) -> Case:
        if self.fixed <= self.buggy:
            raise ValueError("the fix must be a later commit than the bug")
        return self

    @property
    def home(self) -> Path:
        """The directory that holds the case."""
        return HOME / self.name

    @property
    def patches(self) -> tuple[Path, ...]:
        """The commits, oldest first."""
        return tuple(sorted((self.home / "history").glob("*.patch")))


def names() -> tuple[str, ...]:
    """The names of all cases, in alphabetical order."""
    return tuple(sorted(path.parent.name for path in HOME.glob("*/case.toml")))


def load(name: str) -> Case:
    """The case called ``name``. Raises CaseError if there is none or its description is wrong."""
    if name not in names():
        raise CaseError(f"no case is called {name!r}; choose one of {', '.join(names())}")
    path = HOME / name / "case.toml"
    try:
        case = Case.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
    except (tomllib.TOMLDecodeError, ValidationError) as error:
        raise CaseError(f"corpora/{name}/case.toml: {' '.join(str(error).split())}") from error
    if case.name != name:
        raise CaseError(f"corpora/{name}/case.toml: the name must be that of the directory, not {case.name!r}")
    if case.fixed > len(case.patches):
        raise CaseError(f"corpora/{name}/case.toml: there are {len(case.patches)} commits, not {case.fixed}")
    return case
