"""The audit of one specification: what never happens in it, and which changes to it its properties notice."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from typing import Literal

from tlc_runner.audit import cfg as cfgs
from tlc_runner.audit import kit, structure
from tlc_runner.audit.hunt import Hunt, most_likely
from tlc_runner.audit.implied import by_types
from tlc_runner.audit.mutate import first_values, mutations
from tlc_runner.audit.nodes import one_line
from tlc_runner.audit.run import Session, printed
from tlc_runner.audit.syntax import Definition, Tree
from tlc_runner.audit.types import ActionCount, Audit, Finding, Limits, Mutant, Mutation, PropertyAudit, Scope, Subject
from tlc_runner.types import CheckResult, Outcome, Runner

#: The part of an audit's time that the specification itself may take before its mutants get theirs.
_OWN_SHARE = 0.3
#: Seconds that it gets even where that is more.
_OWN_LEAST = 5.0


def audit(subject: Subject, runner: Runner, limits: Limits = Limits(), scope: Scope = Scope()) -> Audit:
    """Audits ``subject``.

    What cannot be parsed or evaluated gives an Audit that says so in ``unreadable``. Raises BadJob and UnsafeModule for
    modules that TLC may not be given.
    """
    began = time.monotonic()
    session = Session(runner, limits)
    made = _Auditor(subject, session, scope).audit()
    return replace(made, runs=session.runs, seconds=round(time.monotonic() - began, 2))


def proposed(subject: Subject, runner: Runner, scope: Scope) -> tuple[Mutation, ...]:
    """The mutations that an audit would make, those first that most properties are likely to notice; none is run."""
    return tuple(sorted(_Auditor(subject, Session(runner, Limits()), scope).mutations(), key=most_likely))


class _Auditor:
    def __init__(self, subject: Subject, session: Session, scope: Scope) -> None:
        self.subject = subject
        self.session = session
        self.scope = scope
        self.cfg = cfgs.read(subject.cfg)
        self.tree = Tree(subject.modules, subject.root)
        self.names = kit.Names.free_in(subject.modules, subject.cfg)
        self.behaviour = self.tree.behaviour(self.cfg.specification, self.cfg.init, self.cfg.next)
        self.deadlock = subject.deadlock and self.cfg.deadlock is not False

    def audit(self) -> Audit:
        if not self.tree.variables:
            return Audit(unreadable="it declares no variable, so it has no behaviour to audit")
        if self.scope.depth:
            return self._mutants_alone()
        own = self._own_run()
        if own.outcome in (Outcome.SPEC_ERROR, Outcome.TOOL_ERROR):
            return Audit(unreadable=own.reason)
        seen = _Seen(self, own)
        hunt = self._hunt()
        found = self.mutations()
        invariants = [p.name for p in seen.properties if p.kind != "temporal" and p.status == "holds"]
        temporal = [p.name for p in seen.properties if p.kind == "temporal"]
        hunt.reach(found, seen.levels, own)
        hunt.hunt(found, invariants, temporal)
        mutants = hunt.mutants()
        statuses = {**{p.name: p.status for p in seen.properties}, **hunt.temporal_status}
        properties = [
            replace(p, status=statuses[p.name], mutants=hunt.asked(p.name), killed=hunt.kills[p.name])
            for p in seen.properties
        ]
        findings = [
            *structure.findings(self.tree, self.cfg, deadlock=self.deadlock),
            *seen.findings(),
            *_idle_guards(mutants, {f.subject for f in seen.findings() if f.kind == "dead-action"}, hunt.cut),
            *structure.weak(self.tree, properties, self._implied(properties)),
        ]
        return Audit(
            actions=tuple(seen.actions),
            variables=self.tree.variables,
            properties=tuple(properties),
            findings=tuple(findings),
            mutants=tuple(mutants),
            notes=(*seen.notes, *hunt.notes),
            distinct=own.distinct,
            generated=own.generated,
            own_depth=own.depth,
            version=own.version,
            runner=own.runner,
            jar_sha256=own.jar_sha256,
            complete=seen.complete,
            depth=hunt.depth,
        )

    def _implied(self, properties: Sequence[PropertyAudit]) -> tuple[str, ...]:
        asked = [p.name for p in properties if p.kind == "invariant" and p.status == "holds" and not p.killed]
        return by_types(self.session, self.subject.modules, self.tree, self.cfg, self.names, asked)

    def _mutants_alone(self) -> Audit:
        """The mutants of a specification that is known to have its invariants."""
        hunt, found = self._hunt(), self.mutations()
        hunt.depth = self.scope.depth
        hunt.hunt(found, self.cfg.invariants, ())
        return Audit(
            properties=tuple(
                PropertyAudit(name, "invariant", "holds", hunt.asked(name), hunt.kills[name])
                for name in self.cfg.invariants
            ),
            findings=tuple(_idle_guards(hunt.mutants(), set(), hunt.cut)),
            mutants=tuple(hunt.mutants()),
            notes=tuple(hunt.notes),
        )

    def _hunt(self) -> Hunt:
        modules = self.subject.modules
        return Hunt(self.session, modules, self.tree, self.cfg, self.names, self.behaviour, self.scope)

    def mutations(self) -> tuple[Mutation, ...]:
        """The chosen mutations, or all."""
        if self.scope.chosen is not None:
            return self.scope.chosen
        first = first_values(self.tree, self.behaviour.definitions if self.behaviour else ())
        most, answering = self.session.limits.mutants, self.scope.answering
        return tuple(mutations(self.tree, self._mutable(), first, most, answering))

    def _own_run(self) -> CheckResult:
        enabled = self.behaviour.next if self.behaviour and self.deadlock else ""
        prepared = kit.probe(self.subject.modules, self.tree, self.cfg, self.names, self.cfg.invariants, enabled)
        seconds = max(self.session.limits.seconds * _OWN_SHARE, _OWN_LEAST)
        return self.session.run(prepared, seconds=seconds, coverage=True)

    def _mutable(self) -> set[Definition]:
        """What the behaviour leads to and no property does, so that a mutant cannot weaken what it is judged by."""
        if self.behaviour is None:
            return set()
        judged = [*self.cfg.invariants, *self.cfg.properties, *self.cfg.constraints, *self.cfg.action_constraints]
        judged += [self.cfg.symmetry, self.cfg.view]
        judges = [self.tree.scope[name] for name in judged if name in self.tree.scope]
        behaving = self.tree.reachable(self.behaviour.definitions)
        judging = {d for d in self.tree.reachable(judges) if not self.tree.is_step(d.module, d.body)}
        return {d for d in behaving - judging if not self.scope.only or d.name in self.scope.only}


class _Seen:
    """What the run of the specification itself showed."""

    def __init__(self, auditor: _Auditor, result: CheckResult) -> None:
        self._tree = auditor.tree
        self._cfg = auditor.cfg
        self._result = result
        self.complete = result.complete
        self._printed: Counter[tuple[object, ...]] = Counter()
        self.levels: list[tuple[int, int]] = []
        for what, *numbers in printed(result):
            if what == "level":
                self.levels.append((int(str(numbers[0])), int(str(numbers[1]))))
            else:
                self._printed[what, *numbers] += 1
        self.properties = self._properties(auditor)
        self.actions = [
            ActionCount(name, count.distinct, count.generated, *structure.whereabouts(self._tree, name))
            for name, count in sorted(result.coverage.items())
            if not name.startswith(auditor.names.stem)
        ]
        self.notes: list[str] = []
        if auditor.behaviour is None:
            self.notes.append(
                "The specification's initial predicate and next-state relation cannot be told from its text."
            )
        if auditor.cfg.left_out:
            self.notes.append(f"Left out, as TLC 2.15 does not know it: {', '.join(auditor.cfg.left_out)}.")

    def _properties(self, auditor: _Auditor) -> list[PropertyAudit]:
        found: list[PropertyAudit] = []
        for number, name in enumerate(self._cfg.invariants, 1):
            found.append(PropertyAudit(name, "invariant", self._status(number)))
        if auditor.deadlock and auditor.behaviour:
            found.append(PropertyAudit(kit.DEADLOCK, "deadlock", self._status(len(self._cfg.invariants) + 1)))
        return [*found, *(PropertyAudit(name, "temporal", "unchecked") for name in self._cfg.properties)]

    def _status(self, number: int) -> Literal["holds", "violated"]:
        return "violated" if self._printed["violated", number] else "holds"

    def findings(self) -> list[Finding]:
        found: list[Finding] = []
        states = f"in {self._result.distinct:,} states"
        for action in self.actions:
            definition = self._tree.scope.get(action.name)
            if (
                not action.generated
                and definition is not None
                and self._tree.is_step(definition.module, definition.body)
            ):
                found.append(structure.dead_action(definition, self._result.idle.get(action.name, ()), states))
        offset = len(self._cfg.invariants) + 1
        for number, name in enumerate(self._tree.variables, offset + 1):
            if not self._printed["changed", number]:
                text = f"{name} has its first value {states}: no step changes it"
                found.append(Finding("unchanged-variable", name, text, structure.variable(self._tree, name)))
        offset += len(self._tree.variables)
        for number, name in enumerate([*self._cfg.constraints, *self._cfg.action_constraints], offset + 1):
            if self._printed["cut", number]:
                text = f"{name} cuts states off: what lies behind them was not looked at"
                found.append(Finding("constraint", name, text, structure.place(self._tree, name)))
        if not self.complete:
            found.append(self._unbounded())
        return found

    def _unbounded(self) -> Finding:
        result = self._result
        text = (
            f"the search did not end: {result.distinct:,} states after {result.seconds:.0f} s, {result.queue:,} still"
            f" to look at, depth {result.depth}"
        )
        widths = [after[1] - before[1] for before, after in zip(self.levels, self.levels[1:], strict=False)]
        if len(widths) > 2 and widths[-1] >= widths[-2] >= widths[-3]:
            text += "; each level has more states than the one before, so that a bound seems to be missing"
        return Finding("unbounded", self._cfg.specification or self._cfg.next, text)


def _idle_guards(mutants: Sequence[Mutant], dead: set[str], depth: int) -> list[Finding]:
    """Guards of living actions without which not one step more is possible; not beyond ``depth``, if given."""
    nothing = f"changes nothing: not one step more is possible{f' down to depth {depth}' if depth else ''}"
    return [
        Finding(
            "idle-guard",
            m.mutation.action,
            f"dropping the guard `{one_line(m.mutation.dropped)}` {nothing}",
            structure.line(m.mutation.module, m.mutation.line),
        )
        for m in mutants
        if m.status == "equivalent" and m.mutation.action not in dead
    ]
