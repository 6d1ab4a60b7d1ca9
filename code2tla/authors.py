"""The author of specifications, in the pipeline's words: which invariant goes where, and what it could not write."""

from __future__ import annotations

import traceback

from code2tla.checked import Checked
from code2tla.errors import SettingError, UsageError
from code2tla.rundir import RunDirectory, digest
from code2tla.settings import FILE_NAME, Invariant, Settings
from extractor.types import Facts
from reports.result import HistoryResult, Result
from specgen.ir import Program
from specgen.static import Extraction, InvariantUnsupported, NothingToModel, StaticAuthor, WrittenInvariant
from specgen.types import Plan, Spec, Target

#: The stage of the run directory under which an extraction is kept.
EXTRACTED = "extracted"


class Author:
    """The static author at work on one set of facts; with ``directory``, from where the last extraction left off."""

    def __init__(self, facts: Facts, settings: Settings, directory: RunDirectory | None = None) -> None:
        self._author = StaticAuthor(facts)
        self._settings = settings
        self._facts = facts
        self._directory = directory
        #: What it took to write each specification, by module.
        self.extracted: dict[str, Extraction] = {}
        #: Tracebacks of targets that the author failed on by a mistake of its own, for the log.
        self.mistakes: list[str] = []

    def plan(self) -> Plan:
        """What to model. Raises UsageError for a class that is not there, SettingError for an invariant of none."""
        classes = {s.name for s in self._facts.symbols if s.kind == "class"}
        for name in self._settings.classes:
            if name not in classes:
                known = f"there are {', '.join(sorted(classes))}" if classes else "it has no classes"
                raise UsageError(f"--class {name}: no such class in {self._facts.feature}; {known}")
        plan = self._author.plan(self._settings.classes)
        for invariant in self._settings.invariants:
            self._check(invariant, plan, classes)
        return plan

    def write(self, target: Target) -> Spec | str:
        """The specification of a target, or why there is none."""
        try:
            return self._extracted(target)
        except NothingToModel as error:
            return str(error)
        except InvariantUnsupported as error:
            raise SettingError(f"{FILE_NAME}: {error}") from error
        except Exception as error:  # noqa: BLE001 - one class that the compiler trips over must not lose the others
            self.mistakes.append(traceback.format_exc())
            where = f"{target.path}:{target.span.line}"
            return (
                f"the compiler failed on it, which is a mistake of this tool ({where}: {type(error).__name__}: {error})"
            )

    def _extracted(self, target: Target) -> Spec:
        """Take over what the last extraction in the run directory left of it, and leave as much."""
        if self._directory is None:
            return self._author.write(target, self._written(target))
        key = digest(self._author.name_of(target))
        remembered = self._directory.get(EXTRACTED, key)
        spec = self._author.write(target, self._written(target), remembered if isinstance(remembered, str) else "")
        extraction = self.extracted[spec.module] = self._author.extraction(target)
        if extraction.remembered != remembered:
            self._directory.put(EXTRACTED, key, extraction.remembered)
        return spec

    def program(self, target: Target) -> Program:
        """What the specification of a target was written from."""
        return self._author.program(target, self._written(target))

    def rewritten(self, target: Target, facts: Facts) -> Program | None:
        """What the specification of a target would be written from if the facts were these; None where it cannot be."""
        author = StaticAuthor(facts)
        again = next(
            (t for t in author.plan(self._settings.classes).targets if (t.path, t.cls) == _place(target)), None
        )
        try:
            return author.program(again, self._written(again)) if again else None
        except Exception:  # noqa: BLE001 - code of another day, which nobody waits for
            return None

    def _written(self, target: Target) -> list[WrittenInvariant]:
        return [WrittenInvariant(i.name, i.expr, i.when) for i in self._settings.invariants if _of(i, target)]

    def result(self, part: Result, checked: Checked | None) -> Result:  # noqa: ARG002 - as every author's
        """The part of the result as it is: what this author knows is in the specification."""
        return part

    def files(self, spec: Spec) -> dict[str, str]:  # noqa: ARG002 - as every author's
        """What is written beside a specification: nothing."""
        return {}

    def remembered(self, found: tuple[HistoryResult, ...]) -> tuple[HistoryResult, ...]:
        """What is known of the history, as it is."""
        return found

    def _check(self, invariant: Invariant, plan: Plan, classes: set[str]) -> None:
        where = f"{FILE_NAME}: invariants.{invariant.name}"
        if invariant.cls is not None and invariant.cls not in classes and not self._settings.classes:
            raise SettingError(f"{where}: no class {invariant.cls} in {self._facts.feature}; correct its `class`")
        if invariant.cls is None and len(plan.targets) > 1:
            names = ", ".join(t.cls or t.path for t in plan.targets)
            raise SettingError(f'{where}: give the class it speaks of with class = "...", one of {names}')


def _place(target: Target) -> tuple[str, str | None]:
    return target.path, target.cls


def _of(invariant: Invariant, target: Target) -> bool:
    return invariant.cls is None or invariant.cls == target.cls
