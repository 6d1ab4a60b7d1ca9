"""Mutants in runs of their own, for what many in one run cannot be asked: temporal properties."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Literal

from tlc_runner.audit.cfg import Cfg
from tlc_runner.audit.kit import Prepared
from tlc_runner.audit.mutate import mutated
from tlc_runner.audit.run import Session
from tlc_runner.audit.syntax import Tree
from tlc_runner.audit.types import Mutation
from tlc_runner.types import CheckResult, Outcome

#: Starts of TLC at the same time.
_JOBS = 2
#: Seconds that one mutant may take.
_MOST = 10.0


class Plain:
    """The specification, or a mutant of it, with one property in view."""

    def __init__(self, session: Session, modules: Mapping[str, str], tree: Tree, cfg: Cfg) -> None:
        self._session = session
        self._modules = modules
        self._tree = tree
        self._cfg = cfg

    def status(self, name: str) -> Literal["holds", "violated", "unchecked"]:
        """Whether the specification itself has the property."""
        if self._session.over:
            return "unchecked"
        result = self._run(name, None)
        if result.outcome is Outcome.PASSED:
            return "holds"
        return "violated" if result.outcome is Outcome.VIOLATED else "unchecked"

    def until_noticed(self, name: str, mutations: Sequence[Mutation]) -> Iterator[tuple[Mutation, bool | None]]:
        """Mutants with whether the property notices them (None: TLC cannot say), until one is noticed."""
        with ThreadPoolExecutor(_JOBS) as pool:
            for at in range(0, len(mutations), _JOBS):
                pair = mutations[at : at + _JOBS]
                if self._session.over:
                    return
                results = list(pool.map(lambda m: self._run(name, m), pair))
                for mutation, result in zip(pair, results, strict=True):
                    if result.outcome is Outcome.INCOMPLETE:
                        continue
                    known = result.outcome in (Outcome.PASSED, Outcome.VIOLATED)
                    yield mutation, (result.outcome is Outcome.VIOLATED) if known else None
                if any(result.outcome is Outcome.VIOLATED for result in results):
                    return

    def _run(self, name: str, mutation: Mutation | None) -> CheckResult:
        modules = dict(self._modules)
        if mutation is not None:
            modules[f"{mutation.module}.tla"] = mutated(self._tree.modules[mutation.module].text, mutation)
        cfg = replace(self._cfg, invariants=(), properties=(name,)).text()
        return self._session.run(Prepared(modules, self._tree.root, cfg), seconds=_MOST)
